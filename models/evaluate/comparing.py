"""`python -m models.evaluate compare`: several detectors on the same frames and sequences, with paired differences."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.errors import InvalidValue
from models.evaluate.bootstrap import differences
from models.evaluate.eyes import EdgeEye, see_all
from models.evaluate.foreign import ForeignEye, presets, read_adapter
from models.evaluate.frame_report import FrameReport, report_frames
from models.evaluate.frame_table import measures_at
from models.evaluate.markdown import comparison_page, fires_page
from models.evaluate.options import (
    EXIT_CODES,
    add_chosen_on,
    add_shared,
    add_splits,
    add_watched,
    hand_over,
    open_pictures,
    require_apart_from_test,
)
from models.evaluate.plain import plain_differences, plain_fires, plain_frames
from models.evaluate.progress import Bar
from models.evaluate.sequences import follow, read_fire
from models.evaluate.sources import frames_of, sequence_folders
from models.operating import choose_threshold, curve_of

if TYPE_CHECKING:
    from models.data.frames import Frame
    from models.evaluate.bootstrap import Difference
    from models.evaluate.eyes import Eye

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Entrant:
    """A detector with the threshold that it is compared at."""

    eye: Eye
    threshold: float
    how: str


@dataclass(slots=True)
class _Result:
    report: Row
    pages: list[str] = field(default_factory=list)


def main(arguments: list[str]) -> None:
    """Run the command."""
    given = read_command(arguments)
    pictures = open_pictures(given.pictures)
    sets = {split: frames_of(given.real, split) for split in given.split}
    fires = [read_fire(path, given.real) for folder in given.sequences for path in sequence_folders(folder)]
    entrants = enter(given)
    result = _Result({"detectors": {n: {"threshold": e.threshold, "how": e.how} for n, e in entrants.items()}})
    result.pages.append(
        "\n".join(f"- {name}: threshold {e.threshold:.4f}, {e.how}" for name, e in entrants.items()) + "\n"
    )
    if sets:
        all_frames = [frame for frames in sets.values() for frame in frames]
        title = " + ".join(sets)
        _compare_frames(given, entrants, title, all_frames, result)
    for name, entrant in entrants.items() if fires else ():
        with Bar(f"sequences, {name}", sum(len(fire.frames) for fire in fires)) as bar:
            outcomes = [follow(entrant.eye, fire, bar) for fire in fires]
        result.report.setdefault("sequences", {})[name] = plain_fires(outcomes)  # type: ignore[index]
        result.pages.append(fires_page(f"Sequences: {name}", outcomes))
        if pictures:
            from models.evaluate.pictures import draw_outcome

            for outcome in outcomes:
                draw_outcome(pictures, outcome, entrant.eye.confirmation.threshold)
    hand_over(given, result.report, result.pages)


def read_command(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m models.evaluate compare",
        description="Run several detectors through the same mill; differences are to the first, on the same draws of "
        "cameras. Another ONNX detector needs an adapter that says how it is fed and read.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--model", type=Path, action="append", default=[], help="model folder (may be repeated)")
    parser.add_argument("--onnx", type=Path, action="append", default=[], help="another detector (may be repeated)")
    parser.add_argument(
        "--adapter",
        action="append",
        default=[],
        help=f"for each --onnx, in the same order: {', '.join(presets())}, or a TOML file like those",
    )
    add_splits(parser)
    add_watched(parser)
    parser.add_argument(
        "--choose-anew", action="store_true", help="choose everyone's threshold, not only where a detector brings none"
    )
    add_chosen_on(parser)
    add_shared(parser)
    given = parser.parse_args(arguments)
    if len(given.model) + len(given.onnx) < 2:  # noqa: PLR2004 - a comparison
        parser.error("give two detectors or more: --model DIR, --onnx FILE --adapter NAME")
    if len(given.onnx) != len(given.adapter):
        parser.error(f"{len(given.onnx)} --onnx need as many --adapter, not {len(given.adapter)}")
    if not given.split and not given.sequences:
        parser.error("nothing to compare on: give --split or --sequences")
    return given


def enter(given: argparse.Namespace) -> dict[str, Entrant]:
    """Open every detector, with the threshold that it brings or one chosen for it."""
    entrants: dict[str, Entrant] = {}
    for folder in given.model:
        eye = EdgeEye(folder, given.threads, is_temporal=not given.no_temporal)
        _add(entrants, eye.name, _with_threshold(given, eye, eye.threshold))
    for path, name in zip(given.onnx, given.adapter, strict=True):
        other = ForeignEye(path, read_adapter(name), threads=given.threads)
        _add(entrants, other.name, _with_threshold(given, other, other.threshold))
    return entrants


def _add(entrants: dict[str, Entrant], name: str, entrant: Entrant) -> None:
    taken = sum(known == name or known.startswith(f"{name} (") for known in entrants)
    entrants[f"{name} ({taken + 1})" if taken else name] = entrant


def _with_threshold(given: argparse.Namespace, eye: EdgeEye | ForeignEye, own: float | None) -> Entrant:
    if own is not None and not given.choose_anew:
        return Entrant(eye, own, "its own")
    require_apart_from_test(given.chosen_on)
    frames = [frame for split in given.chosen_on for frame in frames_of(given.real, split)]
    with Bar(f"choosing, {eye.name}", len(frames)) as bar:
        looks = [one.look for one in see_all(eye, frames, bar)]
    chosen = choose_threshold(looks, given.least_specificity, given.draws).threshold
    how = f"chosen on {' '.join(given.chosen_on)} at specificity {given.least_specificity:.2f} or more"
    return Entrant(eye.at(chosen), chosen, how)


def _compare_frames(
    given: argparse.Namespace, entrants: dict[str, Entrant], title: str, frames: list[Frame], result: _Result
) -> None:
    reports: dict[str, FrameReport] = {}
    curves = {}
    for name, entrant in entrants.items():
        with Bar(f"frames, {name}", len(frames)) as bar:
            seen = see_all(entrant.eye, frames, bar)
        reports[name] = report_frames(seen, entrant.threshold, draws=given.draws)
        if reports[name].table.drawn.any() and not reports[name].table.smoke.all():
            curves[name] = curve_of([one.look for one in seen])
    gaps = gaps_to_first(reports, given.draws)
    result.report["frames"] = {name: plain_frames(report) for name, report in reports.items()}
    result.report["differences"] = {name: plain_differences(found) for name, found in gaps.items()}
    result.pages.append(comparison_page(title, reports, gaps))
    if given.pictures:
        from models.evaluate.pictures import draw_frames

        draw_frames(given.pictures, title, reports, curves)


def gaps_to_first(reports: dict[str, FrameReport], draws: int) -> dict[str, dict[str, Difference]]:
    """Compare every detector with the first."""
    (first, base), *others = reports.items()
    if not others:
        raise InvalidValue("detectors to compare", first, "two or more")
    return {
        name: differences(base.table, other.table, (measures_at(base.threshold), measures_at(other.threshold)), draws)
        for name, other in others
    }
