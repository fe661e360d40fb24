"""Boxes of the shipped detector on rendered frames: fires at known places, seen from four towers over made-up hills.

`python -m benchmarks.location.rendered --seeds 40000 40020 --out FILE` adds one line of JSON for each fire and tower
that has it in its picture, about 20 s of one core a world. The frames go the node's way: JPEG, the `Sight` of
`firewatch_edge.detect` with the tiles of the camera's field of view, the thresholds of the model.
`benchmarks.location.boxes` reads the lines.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.geo import Position, wrap_deg
from firewatch.domain.ids import TowerId
from firewatch.fusion.sight import Ground
from firewatch.geodesy import LocalPlane
from firewatch.scene import Air, FireGrowth, Plume, Sun, View, Wind, make_backdrop, make_cover, make_hills, render
from firewatch.terrain import AboveGround, TerrainGrid, least_visible_height
from firewatch_edge.capture import decode_frame
from firewatch_edge.detect import Detector, Sight, TilesWanted
from models.evaluate.rendered import through_jpeg
from models.measures import middle_is_within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.scene import Backdrop, Landscape

__all__ = ["PLANE", "Seen", "World", "make_world", "read_seen"]

PLANE = LocalPlane(Position(26.95, 112.60))
_NOON = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)
_MODEL = Path("models/smoke")
# Towers are looked for at the corners of a square, so far from its middle [m], on the highest hilltop nearby.
_CORNER_M, _HILLTOP_WITHIN_M, _MAST_M = (3_500.0, 9_500.0), 1_500.0, 30.0
_FIRES = 16
# Fires: within this share of the corner's distance, in the picture, not hidden by more than this [m].
_WITHIN, _NEAREST_M, _MOST_HIDDEN_M = 0.8, 2_000.0, 150.0
_BURNING_S = (60.0, 600.0)
_MARGIN_PX = 20.0


@dataclass(frozen=True, slots=True)
class World:
    """Hills, their four cameras, light and air, all from one seed."""

    seed: int
    landscape: Landscape
    views: tuple[View, ...]
    sun: Sun
    air: Air
    ground: Ground

    @property
    def towers(self) -> tuple[TowerId, ...]:
        """Their names, as the ground has them."""
        return tuple(TowerId(f"t{number}") for number in range(len(self.views)))


@dataclass(frozen=True, slots=True)
class Seen:
    """One fire in one tower's picture.

    Parameters
    ----------
    seed, fire, tower : int
        Which.
    east_m, north_m : float
        Where it burns [m].
    distance_m, hidden_m : float
        From the tower [m]; the least height above the fire that the tower sees [m].
    burning_s, wind_ms, crosswind : float
        Age of the fire [s]; wind [m/s]; the part of it that blows to the right in the picture, -1 to 1.
    foot_x, foot_y, base_y : float
        Where the burning ground would be seen, and the lowest visible place over it [px].
    visible : bool
        Whether a careful person sees the smoke.
    truth : tuple or None
        The tightest box round what such a person would outline [px].
    box : tuple or None
        The detector's best box in place [px].
    score : float
        Its calibrated probability; 0 without one.
    others : int
        Boxes that count and lie elsewhere.
    """

    seed: int
    fire: int
    tower: int
    east_m: float
    north_m: float
    distance_m: float
    hidden_m: float
    burning_s: float
    wind_ms: float
    crosswind: float
    foot_x: float
    foot_y: float
    base_y: float
    visible: bool
    truth: tuple[float, ...] | None
    box: tuple[float, ...] | None
    score: float
    others: int


def make_world(seed: int) -> World:
    """Return the world of a seed; one in three has cameras of 1920 pixels and 54 degrees, else of 1280 and 62."""
    rng = np.random.default_rng([seed, 37])
    landscape = make_hills(rng)
    terrain = TerrainGrid(
        PLANE,
        landscape.origin_east_m,
        landscape.origin_north_m + landscape.cell_m * (len(landscape.elevation_m) - 1),
        landscape.cell_m,
        np.ascontiguousarray(landscape.elevation_m[::-1]),
    )
    corner_m = float(rng.uniform(*_CORNER_M))
    is_large = seed % 3 == 0
    views = []
    for turn_deg in (45.0, 135.0, 225.0, 315.0):
        turn = math.radians(turn_deg + float(rng.uniform(-15.0, 15.0)))
        wanted = corner_m * math.sin(turn), corner_m * math.cos(turn)
        east_m, north_m = landscape.summit_near(*wanted, _HILLTOP_WITHIN_M)
        eye_m = landscape.elevation_at(east_m, north_m) + _MAST_M
        towards = wrap_deg(math.degrees(math.atan2(-east_m, -north_m)) + float(rng.uniform(-6.0, 6.0)))
        tilt_deg = -2.0 if eye_m < 600.0 else -4.0  # noqa: PLR2004 - as in the demo
        size = (54.0, 1920, 1080) if is_large else (62.0, 1280, 720)
        views.append(View(east_m, north_m, eye_m, towards, tilt_deg, *size))
    seen = {
        TowerId(f"t{number}"): least_visible_height(terrain, AboveGround(v.east_m, v.north_m, _MAST_M))
        for number, v in enumerate(views)
    }
    sun = Sun(float(rng.uniform(120.0, 250.0)), float(rng.uniform(30.0, 65.0)))
    air = Air(float(rng.uniform(20_000.0, 55_000.0)), _wind(rng), cloud_cover=float(rng.uniform(0.0, 0.5)))
    return World(seed, landscape, tuple(views), sun, air, Ground(terrain, seen))


def _wind(rng: np.random.Generator) -> Wind:
    return Wind(float(rng.uniform(0.5, 6.0)), float(rng.uniform(0.0, 360.0)))


def _plumes(world: World) -> Iterator[Plume]:
    """Yield fires, each with a wind of its own, that burn so long before the scene's time 0."""
    rng = np.random.default_rng([world.seed, 911])
    corner_m = float(np.mean([math.hypot(v.east_m, v.north_m) for v in world.views]))
    for _ in range(_FIRES):
        away_m, turn = _WITHIN * corner_m * math.sqrt(rng.uniform()), rng.uniform(0.0, math.tau)
        east_m, north_m = float(away_m * math.sin(turn)), float(away_m * math.cos(turn))
        burning_s = math.exp(rng.uniform(*np.log(_BURNING_S)))
        growth = FireGrowth(
            heat_kw_per_s2=math.exp(rng.uniform(math.log(1.5), math.log(20.0))),
            smoke_m2_per_mj=float(rng.uniform(4.0, 9.0)),
            whiteness=float(rng.uniform(0.75, 0.97)),
        )
        ground_m = world.landscape.elevation_at(east_m, north_m)
        yield Plume(east_m, north_m, ground_m, -burning_s, _wind(rng), int(rng.integers(1 << 31)), growth)


def watch(world: World, detector: Detector) -> Iterator[Seen]:
    """Render and look at every fire in every picture that has it."""
    plumes = tuple(_plumes(world))
    cover = make_cover(np.random.default_rng([world.seed, 5]))
    for tower, view in enumerate(world.views):
        backdrop = make_backdrop(world.landscape, cover, view, world.sun, world.air)
        sight = Sight(detector, TilesWanted(view.hfov_deg))
        for fire, plume in enumerate(plumes):
            found = _look(world, tower, (fire, plume), backdrop, sight, detector)
            if found is not None:
                yield found


def _look(
    world: World, tower: int, numbered: tuple[int, Plume], backdrop: Backdrop, sight: Sight, detector: Detector
) -> Seen | None:
    view, (fire, plume) = world.views[tower], numbered
    hidden_m = _hidden_m(world, tower, plume)
    foot = view.pixel_of(plume.east_m, plume.north_m, plume.elevation_m)
    base = view.pixel_of(plume.east_m, plume.north_m, plume.elevation_m + hidden_m)
    if foot is None or base is None or foot.distance_m < _NEAREST_M or hidden_m > _MOST_HIDDEN_M:
        return None
    if not (
        _MARGIN_PX < foot.x_px < view.width_px - _MARGIN_PX and _MARGIN_PX < base.y_px < view.height_px - _MARGIN_PX
    ):
        return None
    frame = render(backdrop, [plume], 0.0, seed=100 * world.seed + fire)
    truth = frame.truths[0]
    at = _NOON + timedelta(seconds=60.0 * fire)
    judged = detector.judge(sight.look(decode_frame("rendered", through_jpeg(frame.image), at))).detections
    truth_box = None if truth.box is None else np.array([truth.box], np.float32)
    in_place = [truth_box is not None and bool(middle_is_within(box, truth_box)) for box in judged.boxes]
    best = next((number for number, there in enumerate(in_place) if there), None)
    turn = math.radians(view.azimuth_deg)
    east, north = plume.wind.towards
    return Seen(
        world.seed,
        fire,
        tower,
        *(round(v, 2) for v in (plume.east_m, plume.north_m, foot.distance_m, hidden_m)),
        *(round(v, 3) for v in (-plume.ignited_at_s, plume.wind.speed_ms)),
        round(east * math.cos(turn) - north * math.sin(turn), 4),
        *(round(v, 2) for v in (foot.x_px, foot.y_px, base.y_px)),
        truth.visible,
        truth.box,
        None if best is None else tuple(round(float(v), 2) for v in judged.boxes[best]),
        0.0 if best is None else round(float(judged.scores[best]), 4),
        len(in_place) - sum(in_place),
    )


def _hidden_m(world: World, tower: int, plume: Plume) -> float:
    terrain = world.ground.terrain
    row, column = terrain.row_column(np.float64(plume.east_m), np.float64(plume.north_m))
    return float(world.ground.least_visible_m[world.towers[tower]][round(float(row)), round(float(column))])


def read_seen(paths: list[Path]) -> list[Seen]:
    """Return what the files say."""
    return [Seen(**json.loads(line)) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Add the worlds of a span of seeds to a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs=2, default=(40_000, 40_020), help="first, and one beyond the last")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    detector = Detector.load(_MODEL, 1)
    for seed in range(*given.seeds):
        lines = [json.dumps(asdict(seen)) + "\n" for seen in watch(make_world(seed), detector)]
        with given.out.open("a", encoding="utf-8") as file:
            file.writelines(lines)
        print(seed, len(lines), flush=True)


if __name__ == "__main__":
    main()
