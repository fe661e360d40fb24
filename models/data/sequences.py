"""Sequences of one view: `index.json` with each frame's seconds from ignition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.data.checks import inside, measured, number, present
from models.data.frames import Frame, no_boxes
from models.data.problems import read_object, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from models.data.problems import Findings

FILE = "index.json"


def read_sequence(folder: Path, found: Findings) -> list[Frame]:
    """Read one sequence, in time order, adding what is wrong to the findings."""
    path = folder / FILE
    index = read_object(path, folder)
    try:
        visible = number(index.get("first_smoke_visible_t"), "first_smoke_visible_t")
    except ValueError as err:
        found.wrong(path, "", str(err))
        return []
    frames: list[Frame] = []
    for entry in rows_of(index, "frames", path, found):
        try:
            at = number(entry.get("t"), "t")
            image = present(inside(folder, entry.get("file")))
            frames.append(_frame(image, at, visible))
        except ValueError as err:
            found.wrong(path, str(entry.get("file")), str(err))
    _refuse_repeats(frames, path, found)
    return sorted(frames, key=lambda frame: frame.t_seconds or 0.0)


def _frame(image: Path, at: float, visible: float) -> Frame:
    label = "none" if at < 0 else "ignore" if at < visible else "smoke"
    name = image.parent.name
    return Frame(
        path=image,
        label=label,
        boxes=no_boxes() if label == "none" else None,
        camera=name,
        source="sequence",
        sequence=name,
        t_seconds=at,
        size=measured(image, {}),
    )


def _refuse_repeats(frames: list[Frame], path: Path, found: Findings) -> None:
    times: set[float | None] = set()
    names: set[Path] = set()
    for frame in frames:
        if frame.t_seconds in times:
            found.wrong(path, frame.path.name, f"a second frame at t {frame.t_seconds:g}; a view has one at a time")
        if frame.path in names:
            found.wrong(path, frame.path.name, "is listed twice")
        times.add(frame.t_seconds)
        names.add(frame.path)
