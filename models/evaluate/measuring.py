"""`python -m models.evaluate`: one model folder, everything that is asked for, one report."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from firewatch_edge.detect import Detector
from models.evaluate.eyes import EdgeEye, see_all
from models.evaluate.frame_report import report_frames
from models.evaluate.markdown import empty_page, fires_page, frames_page
from models.evaluate.options import EXIT_CODES, add_shared, add_splits, add_watched, hand_over, open_pictures
from models.evaluate.plain import plain_empty, plain_fires, plain_frames
from models.evaluate.progress import Bar
from models.evaluate.rendered import frames_in, watch_empty
from models.evaluate.sequences import follow, read_fire
from models.evaluate.sources import frames_of, made_frames, sequence_folders
from models.operating import curve_of

if TYPE_CHECKING:
    from models.data.frames import Frame
    from models.evaluate.eyes import Seen

Row = dict[str, object]
_SPEED_ROUNDS = 30


def main(arguments: list[str]) -> None:
    """Run the command."""
    given = read_command(arguments)
    eye, pictures = (
        EdgeEye(given.model, given.threads, is_temporal=not given.no_temporal),
        open_pictures(given.pictures),
    )
    report, pages = begin(eye)
    sets = wanted_frames(given)
    if sets:
        report["frames"] = measure_sets(given, eye, sets, pages)
    if given.sequences:
        report["sequences"] = measure_sequences(given, eye, pages, pictures)
    if given.rendered_hours is not None:
        with Bar("rendered scenes", frames_in(given.rendered_hours)) as bar:
            views = list(watch_empty(eye, given.rendered_hours, bar))
        report["rendered"] = plain_empty(views, eye.threshold)
        pages.append(empty_page(views, eye.threshold))
    if given.speed:
        took = {f"{threads} threads": speed(given.model, threads) for threads in (1, 2)}
        report["milliseconds a frame"] = took
        pages.append(f"Milliseconds a frame of 1280 x 720 through the node's detector: {took}\n")
    hand_over(given, report, pages)


def begin(eye: EdgeEye) -> tuple[Row, list[str]]:
    """Begin the report and its pages with what is measured."""
    about = {"model": eye.name, "sha256": eye.spec.sha256, "threshold": eye.threshold, "stages": list(eye.stages)}
    return about, [f"# {eye.name}, sha256 {eye.spec.sha256[:12]}; watched by {', '.join(eye.stages)}\n"]


def read_command(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m models.evaluate",
        description="Measure a model folder with the node's own detector, verifier and confirmation. Single frames: "
        "localised recall and specificity at the shipped threshold, AUROC and more, by camera, size and light, with "
        "intervals. Sequences: the first confirmation in place, and false ones before ignition. Other commands: "
        "`choose` (a threshold), `compare` (several detectors); each has --help.",
        epilog=f"Use val to choose and test once, at the end. {EXIT_CODES}",
    )
    parser.add_argument("--model", type=Path, default=Path("models/smoke"), help="model folder (default models/smoke)")
    add_splits(parser)
    parser.add_argument("--made", type=Path, nargs="*", default=[], help="folders of made frames: their held-out part")
    add_watched(parser)
    parser.add_argument(
        "--rendered-hours", type=float, metavar="H", help="watch rendered views without fire for so long (24: a soak)"
    )
    parser.add_argument(
        "--without-camera",
        action="append",
        default=[],
        metavar="CAMERA",
        help="give figures without this camera too (default: each that has a third of the frames)",
    )
    parser.add_argument("--speed", action="store_true", help="time the detector on one and two threads")
    add_shared(parser)
    given = parser.parse_args(arguments)
    if not (given.split or given.made or given.sequences or given.speed or given.rendered_hours is not None):
        parser.error("nothing to measure: give --split, --made, --sequences, --rendered-hours or --speed")
    return given


def wanted_frames(given: argparse.Namespace) -> dict[str, list[Frame]]:
    """Read the frames that are asked for, by the name of their set."""
    sets = {split: frames_of(given.real, split) for split in given.split}
    if given.made:
        sets["made"] = made_frames(given.made)
    return sets


def measure_sets(given: argparse.Namespace, eye: EdgeEye, sets: dict[str, list[Frame]], pages: list[str]) -> Row:
    """Measure each set, and all splits together where there are several."""
    seen: dict[str, list[Seen]] = {}
    with Bar("frames", sum(len(frames) for frames in sets.values())) as bar:
        for name, frames in sets.items():
            seen[name] = see_all(eye, frames, bar)
    if len(given.split) > 1:
        seen[" + ".join(given.split)] = [one for split in given.split for one in seen[split]]
    rows: Row = {}
    for name, some in seen.items():
        result = report_frames(some, eye.threshold, leave_out=given.without_camera, draws=given.draws)
        rows[name] = plain_frames(result)
        pages.append(frames_page(name, result))
        if given.pictures:
            from models.evaluate.pictures import draw_frames

            has_both = result.table.drawn.any() and not result.table.smoke.all()
            curves = {eye.name: curve_of([one.look for one in some])} if has_both else {}
            draw_frames(given.pictures, name, {eye.name: result}, curves)
    return rows


def measure_sequences(given: argparse.Namespace, eye: EdgeEye, pages: list[str], pictures: Path | None) -> Row:
    """Watch each sequence."""
    fires = [read_fire(path, given.real) for folder in given.sequences for path in sequence_folders(folder)]
    with Bar("sequences", sum(len(fire.frames) for fire in fires)) as bar:
        outcomes = [follow(eye, fire, bar) for fire in fires]
    pages.append(fires_page("Sequences", outcomes))
    if pictures:
        from models.evaluate.pictures import draw_outcome

        for outcome in outcomes:
            draw_outcome(pictures, outcome, eye.confirmation.threshold)
    return plain_fires(outcomes)


def speed(folder: Path, threads: int) -> float:
    """Return the median time of one frame through the node's detector [ms]."""
    detector = Detector.load(folder, threads)
    noise = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    took = []
    for _ in range(_SPEED_ROUNDS):
        began = time.perf_counter()
        detector.score(noise)
        took.append((time.perf_counter() - began) * 1e3)
    return round(float(np.median(took)), 1)
