"""Random rendered scenes: a place, its light, a camera, and fires that it can see."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from firewatch.demo.world import make_ground, make_world
from firewatch.scene import (
    Air,
    Backdrop,
    Drop,
    ExposureStep,
    FireGrowth,
    FogBank,
    Landscape,
    LowCloud,
    Plume,
    Sun,
    View,
    Weathering,
    Wind,
    make_backdrop,
    make_cover,
    make_hills,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator

# Seeds below this belong to the demo and to evaluation: training never sees those places.
FIRST_TRAINING_SEED = 10_000
# Share of fires that burn behind the ground that is seen, so that their smoke first shows over a crest.
BEHIND_SHARE = 0.35
TOWER_M = (12.0, 40.0)
NEAREST_FIRE_M, FARTHEST_FIRE_M = 1200.0, 15_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A view with its wind: what frames are rendered from; with a fire if the place has one of its own."""

    backdrop: Backdrop
    wind: Wind
    landscape: Landscape | None = None
    fire: Plume | None = None


def stages(seed: int, views: int) -> Iterator[Stage]:
    """Yield views of one made place.

    Parameters
    ----------
    seed : int
        Of the place, its light and its towers.
    views : int
        How many.
    """
    rng = np.random.default_rng(seed)
    summit = rng.uniform(500.0, 1400.0)
    landscape, cover = make_hills(rng, summit_m=summit), make_cover(rng)
    for _ in range(views):
        wind, sun = random_wind(rng), random_sun(rng)
        east, north = landscape.summit_near(*rng.uniform(-12_000.0, 12_000.0, 2), rng.uniform(800.0, 4000.0))
        eye = landscape.elevation_at(east, north) + rng.uniform(*TOWER_M)
        view = View(
            east_m=east,
            north_m=north,
            elevation_m=eye,
            azimuth_deg=float(rng.uniform(0.0, 360.0)),
            tilt_deg=float(rng.uniform(-7.0, 0.5)),
            hfov_deg=float(rng.choice((35.0, 50.0, 60.0, 70.0, 80.0))),
        )
        yield Stage(make_backdrop(landscape, cover, view, sun, random_air(rng, wind)), wind, landscape)


def demo_stages(seed: int) -> Iterator[Stage]:
    """Yield the views of one of the demo's worlds, with its fire."""
    world = make_world(make_ground(seed), ignites_at_s=0.0)
    plume = None if world.fire is None else world.fire.plume
    for sight in world.sights:
        yield Stage(sight.backdrop, sight.backdrop.air.wind, None, plume)


def moved(plume: Plume, at_s: float, rng: Generator) -> Plume:
    """Light a fire anew, so that it has burned for twenty seconds to seven minutes at a scene time."""
    age = float(np.exp(rng.uniform(np.log(20.0), np.log(420.0))))
    return replace(plume, ignited_at_s=at_s - age, seed=int(rng.integers(0, 1_000_000)))


def random_wind(rng: Generator) -> Wind:
    """Draw a wind."""
    return Wind(float(rng.gamma(2.0, 1.4)) % 20.0, float(rng.uniform(0.0, 360.0)))


def random_sun(rng: Generator) -> Sun:
    """Draw a daylight sun: low and high ones alike."""
    return Sun(float(rng.uniform(60.0, 300.0)), float(rng.uniform(6.0, 80.0)))


def random_air(rng: Generator, wind: Wind) -> Air:
    """Draw air from hazy to clear and a sky from blue to grey."""
    return Air(
        visibility_m=float(np.exp(rng.uniform(np.log(6_000.0), np.log(80_000.0)))),
        wind=wind,
        cloud_cover=float(rng.choice((0.0, 0.15, 0.25, 0.4, 0.6, 0.9))),
        cloud_base_m=float(rng.uniform(700.0, 3000.0)),
        haze_depth_m=float(rng.uniform(500.0, 2500.0)),
    )


def random_weathering(rng: Generator, stage: Stage) -> Weathering:
    """Draw what may look like smoke, or hide it: nothing in half of the frames."""
    kind = str(rng.choice(("none", "fog", "cloud", "drops", "glare", "step"), p=(0.5, 0.2, 0.1, 0.07, 0.07, 0.06)))
    ground = stage.backdrop.up_m[np.isfinite(stage.backdrop.depth_m)]
    low, high = (float(v) for v in np.quantile(ground, (0.02, 0.95))) if len(ground) else (100.0, 500.0)
    if kind == "fog":
        top = low + rng.uniform(0.05, 0.5) * (high - low)
        return Weathering(fog=FogBank(float(top), float(rng.uniform(0.2, 3.0)), float(rng.uniform(600.0, 5000.0))))
    if kind == "cloud":
        return Weathering(low_cloud=LowCloud(float(rng.uniform(low, high) + 50.0)))
    if kind == "drops":
        return Weathering(drops=tuple(Drop(*_drop(rng)) for _ in range(int(rng.integers(1, 8)))))
    if kind == "glare":
        return Weathering(glare=float(rng.uniform(0.1, 0.8)))
    if kind == "step":
        return Weathering(steps=(ExposureStep(0.0, float(rng.uniform(0.6, 1.7))),))
    return Weathering()


def _drop(rng: Generator) -> tuple[float, float, float]:
    x, y = rng.uniform(0.0, 1.0, 2)
    return float(x), float(y), float(rng.uniform(0.005, 0.06))


def random_plume(rng: Generator, stage: Stage, at_s: float) -> Plume | None:
    """Light a fire on a place that the view sees; None where it sees no ground at a fire's distance.

    Parameters
    ----------
    at_s : float
        Scene time at which the frame is taken [s]; the fire's age is drawn, young ones most often.
    """
    backdrop = stage.backdrop
    rows, columns = np.nonzero(np.isfinite(backdrop.depth_m) & (backdrop.depth_m > NEAREST_FIRE_M))
    if not len(rows):
        return None
    # Evenly in the logarithm of distance: pixels alone would put most fires near the tower or on the horizon.
    distances = backdrop.depth_m[rows, columns]
    wanted = math.exp(rng.uniform(math.log(NEAREST_FIRE_M), math.log(FARTHEST_FIRE_M)))
    near = np.argsort(np.abs(np.log(distances / wanted)))[:200]
    pick = int(near[int(rng.integers(len(near)))])
    view = backdrop.view
    turn = math.atan2(columns[pick] + 0.5 - view.width_px / 2, view.focal_px) + math.radians(view.azimuth_deg)
    away = float(distances[pick])
    ground = float(backdrop.up_m[rows[pick], columns[pick]])
    if stage.landscape is not None and rng.random() < BEHIND_SHARE:
        away += float(rng.uniform(50.0, 1500.0))
        ground = stage.landscape.elevation_at(view.east_m + away * math.sin(turn), view.north_m + away * math.cos(turn))
    age = float(np.exp(rng.uniform(np.log(12.0), np.log(700.0))))
    growth = FireGrowth(
        heat_kw_per_s2=float(np.exp(rng.uniform(np.log(0.4), np.log(10.0)))),
        heat_most_mw=float(np.exp(rng.uniform(np.log(5.0), np.log(80.0)))),
        smoke_m2_per_mj=float(rng.uniform(4.0, 14.0)),
        smoulder_m2_per_s=float(rng.uniform(5.0, 60.0)),
        whiteness=float(rng.uniform(0.55, 1.0)),
    )
    return Plume(
        east_m=view.east_m + away * math.sin(turn),
        north_m=view.north_m + away * math.cos(turn),
        elevation_m=ground,
        ignited_at_s=at_s - age,
        wind=stage.wind,
        seed=int(rng.integers(0, 1_000_000)),
        growth=growth,
    )
