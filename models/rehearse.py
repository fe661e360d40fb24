"""Play the demo's fires to a model folder, frame by frame, without broker, node or centre.

Example
-------
    python -m models.rehearse --model models/smoke --seeds 20000 20001 20002

For each tower: when the smoke could first be seen, when the detector first flagged it in place, when three of six
frames had confirmed it, and how many frames without fire were flagged. Runs in the project's own environment.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.demo.world import make_ground, make_world
from firewatch.scene import render
from models.confirm import confirm
from models.data.frames import Frame, no_boxes
from models.detector import Detector, read_sheet
from models.measures import Look

if TYPE_CHECKING:
    from firewatch.demo.world import TowerSight, World

IGNITES_S = 600.0


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m models.rehearse",
        description="Render the demo's worlds and measure how soon a model folder sees the fire in each tower's view, "
        "and how often it sees one where none is. One JSON object a tower, then a summary.",
    )
    parser.add_argument("--model", type=Path, default=Path("models/smoke"), help="model folder (default models/smoke)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[20000, 20001, 20002], help="worlds (from 20000 on)")
    parser.add_argument("--cadence", type=float, default=10.0, help="seconds between frames (default 10)")
    parser.add_argument("--until", type=float, default=240.0, help="seconds after ignition to stop at (default 240)")
    parser.add_argument("--quiet", type=int, default=12, help="frames without fire for each tower (default 12)")
    given = parser.parse_args()
    detector = Detector(read_sheet(given.model), threads=1)
    rows = []
    for seed in given.seeds:
        world = make_world(make_ground(seed), ignites_at_s=IGNITES_S)
        for sight in world.sights:
            row = play(detector, world, sight, np.arange(0.0, given.until + 1, given.cadence))
            row |= quiet(detector, world, sight, given.quiet)
            rows.append({"seed": seed, "tower": str(sight.tower.tower_id), **row})
            print(json.dumps(rows[-1]), flush=True)
    print(json.dumps(summary(rows)))


def play(detector: Detector, world: World, sight: TowerSight, times: np.ndarray) -> dict[str, object]:
    """Watch the fire from one tower."""
    looks, visible = [], []
    plumes = [] if world.fire is None else [world.fire.plume]
    for after in times:
        frame = render(sight.backdrop, plumes, IGNITES_S + float(after), seed=world.seed)
        truth = frame.truths[0]
        box = no_boxes() if truth.box is None else np.array([truth.box], np.float32)
        label = "smoke" if truth.visible else "ignore"
        known = Frame(Path(f"{after:+.0f}"), label, box, t_seconds=float(after))
        looks.append(detector.calibrated(Look(known, *detector.raw(through_jpeg(frame.image)))))
        visible.append(truth.visible)
    marks = confirm(looks, detector.sheet)
    sheet = detector.sheet
    hit = [look.peak_is_in_box and look.best >= sheet.confirm_threshold for look in looks]
    return {
        "visible_s": first(times, visible),
        "seen_s": first(times, hit),
        "confirmed_s": first(times, [m and look.peak_is_in_box for m, look in zip(marks, looks, strict=True)]),
        "scores": [round(look.best, 2) for look in looks],
        "in_box": [int(look.peak_is_in_box) for look in looks],
    }


def quiet(detector: Detector, world: World, sight: TowerSight, number: int) -> dict[str, object]:
    """Watch the same view without fire, its clouds moving."""
    flagged, best = 0, 0.0
    for step in range(number):
        frame = render(sight.backdrop, [], 300.0 * step, seed=world.seed)
        none = Frame(Path("none"), "none")
        look = detector.calibrated(Look(none, *detector.raw(through_jpeg(frame.image))))
        flagged += look.best >= detector.sheet.confirm_threshold
        best = max(best, look.best)
    return {"quiet_frames": number, "quiet_flagged": int(flagged), "quiet_best": round(best, 3)}


def through_jpeg(image: np.ndarray) -> np.ndarray:
    """Return the image as a camera's snapshot would bring it."""
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def first(times: np.ndarray, facts: list[bool]) -> float | None:
    """Return the first time at which a fact holds."""
    return next((float(t) for t, fact in zip(times, facts, strict=True) if fact), None)


def summary(rows: list[dict[str, object]]) -> dict[str, object]:
    """Count towers."""
    could = [row for row in rows if row["visible_s"] is not None]
    done = [row for row in could if row["confirmed_s"] is not None]
    late = [float(str(row["confirmed_s"])) - float(str(row["visible_s"])) for row in done]
    return {
        "towers that could see it": len(could),
        "confirmed": len(done),
        "seconds from visible to confirmed": sorted(late),
        "quiet frames": sum(int(str(row["quiet_frames"])) for row in rows),
        "quiet frames flagged": sum(int(str(row["quiet_flagged"])) for row in rows),
    }


if __name__ == "__main__":
    main()
