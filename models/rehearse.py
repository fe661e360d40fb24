"""Play the demo's fires to a model folder, frame by frame, without broker, node or centre.

Example
-------
    python -m models.rehearse --model models/smoke --seeds 20000 20001 20002

For each tower: how far the fire is, when its smoke could first be seen, when the detector first flagged it in place,
when it was confirmed in place, and how many frames without fire were flagged. The node's detector, verifier and
confirmation look on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from firewatch.demo.world import make_ground, make_world
from firewatch.geodesy import inverse
from firewatch.scene import render
from models.evaluate.eyes import EdgeEye
from models.evaluate.rendered import through_jpeg
from models.evaluate.strata import DISTANCES
from models.evaluate.watching import decode_picture, watch
from models.measures import middle_is_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.demo.world import Fire, TowerSight, World
    from firewatch.scene import Plume, RenderedFrame
    from models.data.frames import Boxes
    from models.evaluate.watching import Moment

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
    parser.add_argument("--no-temporal", action="store_true", help="leave the verifier out, where the model has one")
    given = parser.parse_args()
    eye = EdgeEye(given.model, threads=1, is_temporal=not given.no_temporal)
    rows = []
    for seed in given.seeds:
        world = make_world(make_ground(seed), ignites_at_s=IGNITES_S)
        for sight in world.sights:
            row = play(eye, world, sight, np.arange(0.0, given.until + 1, given.cadence))
            row |= quiet(eye, world, sight, given.quiet)
            rows.append({"seed": seed, "tower": str(sight.tower.tower_id), **row})
            print(json.dumps(rows[-1]), flush=True)
    print(json.dumps(summary(rows)))


def play(eye: EdgeEye, world: World, sight: TowerSight, times: npt.NDArray[np.floating]) -> dict[str, object]:
    """Watch the fire from one tower."""
    plumes = [] if world.fire is None else [world.fire.plume]
    frames = film(world, sight, plumes, IGNITES_S + times)
    moments = look_on(eye, frames, times.tolist())
    truths = [frame.truths[0] for frame in frames]
    boxes = [None if truth.box is None else np.array([truth.box], np.float32) for truth in truths]
    in_place = [_is_in_place(m.detections.boxes[:1], box) for m, box in zip(moments, boxes, strict=True)]
    bests = [moment.detections.best_score for moment in moments]
    hit = [there and m.is_flagged(eye.confirmation.threshold) for there, m in zip(in_place, moments, strict=True)]
    return {
        "distance_m": None if world.fire is None else round(distance_m(sight, world.fire)),
        "visible_s": first(times, [truth.visible for truth in truths]),
        "seen_s": first(times, hit),
        "confirmed_s": first(times, [_is_in_place(m.confirmed, b) for m, b in zip(moments, boxes, strict=True)]),
        "scores": [round(best, 2) for best in bests],
        "in_box": [int(there) for there in in_place],
    }


def distance_m(sight: TowerSight, fire: Fire) -> float:
    """Return how far a fire burns from a tower over the ground [m]."""
    return inverse(sight.tower.position, fire.position).distance_m


def quiet(eye: EdgeEye, world: World, sight: TowerSight, number: int) -> dict[str, object]:
    """Watch the same view without fire, its clouds moving."""
    times = 300.0 * np.arange(number)
    moments = look_on(eye, film(world, sight, [], times), times.tolist())
    bests = [moment.detections.best_score for moment in moments]
    flagged = sum(moment.is_flagged(eye.confirmation.threshold) for moment in moments)
    return {"quiet_frames": number, "quiet_flagged": flagged, "quiet_best": round(max(bests, default=0.0), 3)}


def film(
    world: World, sight: TowerSight, plumes: Sequence[Plume], times: npt.NDArray[np.floating]
) -> list[RenderedFrame]:
    """Render one tower's view at scene times."""
    return [render(sight.backdrop, plumes, float(at_s), seed=world.seed) for at_s in times]


def look_on(eye: EdgeEye, frames: Sequence[RenderedFrame], times: Sequence[float]) -> list[Moment]:
    """Watch rendered frames as a camera's snapshots would bring them."""
    pictures = (
        decode_picture("rendered", through_jpeg(frame.image), at_s) for frame, at_s in zip(frames, times, strict=True)
    )
    return list(watch(eye, pictures, times))


def _is_in_place(found: Boxes, truth: Boxes | None) -> bool:
    return truth is not None and any(middle_is_within(box, truth) for box in found)


def first(times: npt.NDArray[np.floating], facts: Sequence[bool]) -> float | None:
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
        "confirmed by distance": by_distance(could),
        "seconds from visible to confirmed": sorted(late),
        "quiet frames": sum(int(str(row["quiet_frames"])) for row in rows),
        "quiet frames flagged": sum(int(str(row["quiet_flagged"])) for row in rows),
    }


def by_distance(rows: list[dict[str, object]]) -> dict[str, str]:
    """Count the towers that confirmed, of those that could see the smoke, by their distance from the fire."""
    table: dict[str, str] = {}
    for nearest, (limit, name) in zip((0.0, *(far for far, _ in DISTANCES)), DISTANCES, strict=False):
        there = [row for row in rows if nearest <= float(str(row["distance_m"])) < limit]
        if there:
            table[name] = f"{sum(row['confirmed_s'] is not None for row in there)} of {len(there)}"
    return table


if __name__ == "__main__":
    main()
