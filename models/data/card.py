"""The data card: a generated part between two marks, and what a person writes around it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from models.data.figures import (
    LIGHT_BANDS,
    SIZE_BANDS,
    SIZE_EDGES,
    by_camera,
    count,
    hours_of,
    in_bands,
    light_of,
    one_sided,
    plume_sizes,
)
from models.data.problems import refuse
from models.data.survey import by_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from models.data.frames import Frame
    from models.data.leaks import NearPair
    from models.data.survey import Survey

BEGIN, END = (
    "<!-- generated: begin; do not edit, python -m models.data card writes this part -->",
    "<!-- generated: end -->",
)
COUNTED = (
    "Drawn: smoke frames with boxes. Fires: sequences with smoke. Groups share no camera and no sequence. The "
    "effective number of cameras is Kish's: so many equal ones would tell as much."
)
LIT = (
    "Brightness is the mean grey of a frame, 0 to 255. Grey: hardly any colour (fog, snow, infrared). Flat: hardly any "
    "contrast (haze, fog, night). These are proxies; the clock is that of the label file, where it gives one."
)
NEW_CARD = f"""# Data card

What these frames are for, who holds them and under which licence, how boxes were drawn, what to beware of, what is
missing: a person writes that, above and below the generated part, which alone is written anew.

{BEGIN}
{END}
"""


def renewed(path: Path, generated: str) -> str:
    """Return a card's text with its generated part replaced; a new card if there is none yet.

    Raises
    ------
    DatasetError
        If the file is there without the two marks: what a person wrote is not overwritten.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else NEW_CARD
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise refuse(path, f"has no generated part; put these two lines where it shall stand: {BEGIN} {END}")
    return f"{before}{BEGIN}\n\n{generated.strip()}\n\n{END}{after}"


def generated_part(found: Survey, pictures: Mapping[str, str]) -> str:
    """Write the tables of a card.

    Parameters
    ----------
    found : Survey
    pictures : mapping of str to str
        What each shows, to its path from the card.
    """
    held = {(data.name, part): frames for data in found.datasets for part, frames in by_part(data.frames).items()}
    blocks = [
        "## Counts",
        _counts(held),
        COUNTED,
        "## Plume sizes",
        _sizes(held),
        "Boxes by their longer side, in pixels of a frame scaled to 1280 wide.",
        "## Light",
        _light(found, held),
        LIT,
        "## Sources and licences",
        _licences(held),
        "## Cameras",
        _cameras(held),
        _list(one_sided_lines(found)),
        "## Shared between parts",
        _list(_shared_lines(found)),
    ]
    if found.notes:
        blocks += ["## Notes", _list(found.notes)]
    if pictures:
        blocks += ["## Pictures", *(f"![{what}]({path})" for what, path in pictures.items())]
    return "\n\n".join(blocks)


_Held = dict[tuple[str, str], list["Frame"]]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table in Markdown."""
    lines = [[_cell(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in [list(head), ["---"] * len(head), *lines])


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|") or "-"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {' '.join(line.split())}" for line in lines)


def _counts(held: _Held) -> str:
    head = ("folder", "part", "frames", "smoke", "none", "ignore", "drawn", "boxes", "cameras", "sequences", "fires")
    rows = []
    for (name, part), frames in held.items():
        n = count(frames)
        row = (name, part, n.frames, n.smoke, n.clear, n.ignore, n.drawn, n.boxes, n.cameras, n.sequences, n.fires)
        rows.append((*row, n.groups, f"{n.effective_cameras:.1f}"))
    return table((*head, "groups", "effective cameras"), rows)


def _sizes(held: _Held) -> str:
    rows = [
        (name, part, *in_bands(plume_sizes(frames), SIZE_EDGES))
        for (name, part), frames in held.items()
        if len(plume_sizes(frames))
    ]
    return table(("folder", "part", *(f"{band} px" for band in SIZE_BANDS)), rows) if rows else "No box was drawn."


def _light(found: Survey, held: _Held) -> str:
    rows = []
    for (name, part), frames in held.items():
        bands, grey, flat = light_of([f for f in frames if f.path in found.looks], found.looks)
        clock = ", ".join(f"{when} {number}" for when, number in sorted(hours_of(frames).items()))
        rows.append((name, part, *bands, grey, flat, clock))
    return table(("folder", "part", *LIGHT_BANDS, "grey", "flat", "clock"), rows)


def _licences(held: _Held) -> str:
    kinds: Counter[tuple[str, str, str]] = Counter()
    parts: dict[tuple[str, str, str], Counter[str]] = {}
    for (_, part), frames in held.items():
        for frame in frames:
            drawn = frame.box_source if frame.boxes is not None and len(frame.boxes) else ""
            key = (frame.source or "(none)", frame.licence or "not stated", drawn or "no boxes")
            kinds[key] += 1
            parts.setdefault(key, Counter())[part] += 1
    rows = [
        (source, ", ".join(f"{part} {n}" for part, n in parts[source, licence, drawn].items()), licence, drawn)
        for source, licence, drawn in sorted(kinds)
    ]
    return table(("source", "frames", "licence", "boxes from"), rows)


def _cameras(held: _Held) -> str:
    rows = []
    for (name, part), frames in held.items():
        for camera, seen in by_camera(frames).items():
            n = count(seen)
            rows.append((name, part, camera, n.frames, n.smoke, n.drawn, n.clear, n.sequences))
    return table(("folder", "part", "camera", "frames", "smoke", "drawn", "none", "sequences"), rows)


def one_sided_lines(found: Survey) -> list[str]:
    """Say for each part how many cameras show smoke only, or none only."""
    lines = []
    for part, frames in found.parts.items():
        cameras = by_camera(frames)
        named = one_sided(frames)
        number = sum(len(cameras[camera]) for camera in named)
        lines.append(
            f"{part}: {len(named)} of {len(cameras)} cameras, with {number} frames, show only smoke or only none"
        )
    return lines


def _shared_lines(found: Survey) -> list[str]:
    lines = [f"Leak: {leak}." for leak in found.leaks]
    lines += [f"Known: {leak}." for leak in found.known]
    lines += [f"Caution: {site}." for site in found.sites]
    lines += near_lines(found.near)
    return lines or ["Nothing: no camera, sequence, site or file, and no frames that look almost the same."]


def near_lines(pairs: Sequence[NearPair]) -> list[str]:
    """Say which cameras of different parts have frames that look almost the same, how many, and the nearest two."""
    held: dict[tuple[str, str, str, str], list[NearPair]] = {}
    for pair in pairs:  # the nearest first
        one, other = pair.one, pair.other
        held.setdefault((one.split, one.camera, other.split, other.camera), []).append(pair)
    return [f"{len(group)} pair(s) look almost the same; the nearest: {near_line(group[0])}" for group in held.values()]


def near_line(pair: NearPair) -> str:
    """Say that two frames look almost the same."""
    one, other = (f"{f.split}: {f.path.name} ({f.camera or 'no camera'})" for f in (pair.one, pair.other))
    return f"{one} and {other}, {pair.bits} of 64 bits differ"
