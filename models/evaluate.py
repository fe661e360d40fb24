"""Measure a model folder on labelled frames and on sequences.

Example
-------
    python -m models.evaluate --model models/smoke --split val
    python -m models.evaluate --model models/smoke --split test --sequences ../shared/data/smoke/sequences/test
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.confirm import confirm
from models.data.frames import load_annotated, load_made, load_sequence
from models.detector import Detector, read_sheet
from models.measures import (
    Look,
    ap_at_overlap,
    auroc,
    average_precision,
    counts_at,
    interval,
    judged,
    peak_in_box,
    recall_at_false_rate,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.detector import Sheet

Row = dict[str, object]


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m models.evaluate",
        description="Measure a model folder with onnxruntime: image-level AUROC, average precision, recall at 5 % "
        "false alarms, F1 and counts at the shipped threshold; the share of smoke frames whose best box lies in the "
        "smoke; AP50; the same for every camera; and, for sequences, the first sighting and false sightings.",
        epilog="Use val to choose and test once, at the end.",
    )
    parser.add_argument("--model", type=Path, default=Path("models/smoke"), help="model folder (default models/smoke)")
    parser.add_argument(
        "--real", type=Path, default=Path("../shared/data/smoke"), help="folder with train, val, test, empty"
    )
    parser.add_argument("--split", action="append", default=[], help="val, test, empty-val ... (may be repeated)")
    parser.add_argument("--made", type=Path, nargs="*", default=[], help="folders of made frames: their held-out part")
    parser.add_argument("--sequences", type=Path, action="append", default=[], help="folder of sequence folders")
    parser.add_argument("--speed", action="store_true", help="time the network on one and two threads")
    parser.add_argument("--json", type=Path, help="write everything into this file as well")
    given = parser.parse_args()
    sheet = read_sheet(given.model)
    detector = Detector(sheet)
    report: Row = {}
    for split in given.split:
        folder, _, subset = split.partition("-")
        frames = load_annotated(given.real / folder, subset or None)
        report[split] = measure(detector, [detector.look(frame) for frame in frames])
    if given.made:
        held = load_made(given.made, "val")
        report["made"] = measure(detector, [detector.look(frame) for frame in held])
    for folder in given.sequences:
        for sequence in sorted(p for p in folder.iterdir() if p.is_dir()):
            report[sequence.name] = follow(detector, sequence)
    if given.speed:
        report["milliseconds a frame"] = {f"{n} threads": speed(sheet, n) for n in (1, 2)}
    text = json.dumps(report, indent=1)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")


def measure(detector: Detector, all_looks: Sequence[Look]) -> Row:
    """Score single frames."""
    looks = judged(all_looks)
    likely = [detector.calibrated(look) for look in looks]
    counts = counts_at(likely, detector.sheet.threshold)
    drawn = [look for look in looks if look.frame.boxes is not None and len(look.frame.boxes)]
    row: Row = {
        "frames": len(looks),
        "smoke": counts.hits + counts.missed,
        "drawn": len(drawn),
        "auroc": number(auroc(looks)),
        "auroc_95": rounded(interval(looks, auroc)),
        "average_precision": number(average_precision(looks)),
        "recall_at_5_percent_false": number(recall_at_false_rate(looks, 0.05)),
        "peak_in_box": number(peak_in_box(looks)),
        "peak_in_box_95": rounded(interval(drawn, peak_in_box)) if drawn else [],
        "ap50": number(ap_at_overlap(looks)),
        "at_threshold": {
            "f1": round(counts.f1, 3),
            "recall": round(counts.recall, 3),
            "false_rate": round(counts.false_rate, 3),
            **{name: getattr(counts, name) for name in ("hits", "missed", "false", "clear")},
            "hits_in_box": sum(look.peak_is_in_box for look in likely if look.best >= detector.sheet.threshold),
        },
        "cameras": cameras(likely, detector.sheet),
    }
    return row


def cameras(likely: Sequence[Look], sheet: Sheet) -> Row:
    """Count by camera: smoke frames, found, with the peak in a box; clear frames, flagged."""
    groups: dict[str, list[Look]] = defaultdict(list)
    for look in likely:
        groups[look.frame.camera].append(look)
    table: Row = {}
    for camera, looks in sorted(groups.items()):
        counts = counts_at(looks, sheet.threshold)
        table[camera] = (
            f"smoke {counts.hits}/{counts.hits + counts.missed} found, "
            f"{sum(look.peak_is_in_box for look in looks)} peaks in a box; "
            f"clear {counts.false}/{counts.false + counts.clear} flagged"
        )
    return table


def follow(detector: Detector, folder: Path) -> Row:
    """Play a sequence of one view through detection and confirmation."""
    looks = [detector.calibrated(detector.look(frame)) for frame in load_sequence(folder)]
    times = [look.frame.t_seconds or 0.0 for look in looks]
    marks = confirm(looks, detector.sheet)
    before = [t for t, mark in zip(times, marks, strict=True) if mark and t < 0]
    after = [t for t, mark in zip(times, marks, strict=True) if mark and t >= 0]
    return {
        "frames": len(looks),
        "auroc before and after ignition": number(auroc(judged(looks))),
        "frames before ignition over the confirmation score": sum(
            look.best >= detector.sheet.confirm_threshold for look in looks if look.frame.label == "none"
        ),
        "first_confirmed_s": after[0] if after else None,
        "confirmations before ignition": len(before),
        "scores": {f"{t:+.0f}": round(look.best, 3) for t, look in zip(times, looks, strict=True)},
        "boxes": {f"{t:+.0f}": rounded(look.boxes[0]) for t, look in zip(times, looks, strict=True) if len(look.boxes)},
    }


def speed(sheet: Sheet, threads: int, rounds: int = 30) -> float:
    """Return the median time of one frame through the network alone [ms]."""
    detector = Detector(sheet, threads)
    planes = np.zeros((1, 3, sheet.size[1], sheet.size[0]), np.uint8)
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        detector.session.run(None, {"images": planes})
        took.append((time.perf_counter() - began) * 1e3)
    return round(float(np.median(took)), 1)


def number(value: float) -> float | None:
    """Round for reading; what cannot be measured (no smoke frames, or only those) is null."""
    return None if np.isnan(value) else round(float(value), 3)


def rounded(values: Sequence[float]) -> list[float | None]:
    """Round several."""
    return [number(value) for value in values]


if __name__ == "__main__":
    main()
