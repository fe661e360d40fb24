"""The demo's world: relief, three towers, a weather station and a fire, all from one seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.demo.places import AREAS, STATIONS
from firewatch.domain.geo import Position, difference_deg, wrap_deg
from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.sites import Camera, Name, Pose, SiteMap, Tower
from firewatch.errors import TerrainError
from firewatch.geodesy import LocalPlane, PlanePoint, inverse
from firewatch.scene import (
    Air,
    Backdrop,
    Cover,
    FireGrowth,
    Landscape,
    Plume,
    Sun,
    View,
    Wind,
    make_backdrop,
    make_cover,
    make_hills,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firewatch.domain.geo import Bearing

__all__ = ["CAMERA", "PLANE", "Fire", "Ground", "TowerSight", "World", "make_ground", "make_sights", "make_world"]

# Near Hengyang, so that danger, time zone and GCJ-02 are as at home; the relief is invented.
_ORIGIN = Position(26.95, 112.60)
PLANE = LocalPlane(_ORIGIN)
CAMERA = CameraId("c1")
_POSE = PoseId("main")
_WIDTH_PX, _HEIGHT_PX = 1280, 720
_HFOV_DEG = 62.0
_SIGMA_DEG = 0.5
_MAST_M = 38.0
_RANGE_M = 15_000.0
_NAMES = (Name("云雾岭", "Yunwu Ridge"), Name("石鼓岭", "Shigu Ridge"), Name("雁峰山", "Yanfeng Hill"))
# Where towers are looked for: a triangle round the middle [m east, m north], on the highest hilltop nearby.
_CORNERS = ((-5500.0, -3500.0), (5800.0, -3000.0), (300.0, 6500.0))
_HILLTOP_WITHIN_M = 1800.0
# The fire: so far from the middle at most, and from any tower at least [m].
_FIRE_WITHIN_M = 3500.0
_FIRE_APART_M = 2500.0
_PLACES_TRIED = 300
# Dry grass and shrubs on a slope: the usual start of a sacrifice fire. A head that runs 15 m/min has burnt some 150 m2
# after a minute; at 400 kW/m2 that is 54 MW, 15 kW/s2.
_GRASS_SLOPE = FireGrowth(heat_kw_per_s2=15.0, smoke_m2_per_mj=9.0, smoulder_m2_per_s=50.0)
# How high above the fire the smoke comes into a tower's sight [m]; higher than the last one is too late.
_HEIGHTS_M = (15.0, 40.0, 80.0, 150.0)
_TOO_HIGH_M = 400.0
_SIGHT_MARGIN = 0.985
_ENOUGH_SIGHTS = 2


@dataclass(frozen=True, slots=True, eq=False)
class TowerSight:
    """One tower and what its camera sees without smoke."""

    tower: Tower
    backdrop: Backdrop

    def true_bearing(self, to: Position) -> float:
        """Return the true azimuth of a place from this tower [deg]."""
        return inverse(self.tower.position, to).azimuth_deg

    def misses_by_deg(self, bearing: Bearing, to: Position) -> float:
        """Return by how much a bearing misses a place, without sign [deg]."""
        return abs(difference_deg(bearing.azimuth_deg, self.true_bearing(to)))


@dataclass(frozen=True, slots=True)
class Fire:
    """Where and when the demo's fire starts."""

    plume: Plume
    position: Position


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """All of the demo's nature and sites.

    Parameters
    ----------
    seed : int
        What it was made from.
    sights : tuple of TowerSight
        Three towers.
    sites : SiteMap
        The same towers and a weather station, marked as illustrative.
    fire : Fire or None
        None for a quiet day.
    """

    seed: int
    sights: tuple[TowerSight, ...]
    sites: SiteMap
    fire: Fire | None


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What of a world is made at once: relief, weather and sites; its views take longer.

    Parameters
    ----------
    seed : int
        What it was made from.
    landscape, cover, sun, air : Landscape, Cover, Sun, Air
        The ground, what grows on it, the light and the air.
    views : tuple of View
        The cameras, one for each tower of `sites`.
    sites : SiteMap
        Three towers and some weather stations, marked as illustrative.
    """

    seed: int
    landscape: Landscape
    cover: Cover
    sun: Sun
    air: Air
    views: tuple[View, ...]
    sites: SiteMap


def make_ground(seed: int) -> Ground:
    """Make relief, weather and sites of a seed (at least 0); takes about a second."""
    rng = np.random.default_rng([seed, 2026])
    landscape = make_hills(rng)
    wind = Wind(float(rng.uniform(1.5, 3.5)), float(rng.uniform(0.0, 360.0)))
    air = Air(float(rng.uniform(35_000.0, 55_000.0)), wind, cloud_cover=float(rng.uniform(0.05, 0.4)))
    sun = Sun(float(rng.uniform(190.0, 250.0)), float(rng.uniform(35.0, 60.0)))
    cover = make_cover(rng)
    made = [_tower(number, corner, landscape, rng) for number, corner in enumerate(_CORNERS)]
    sites = SiteMap(tuple(tower for tower, _ in made), STATIONS, is_illustrative=True, areas=AREAS)
    return Ground(seed, landscape, cover, sun, air, tuple(view for _, view in made), sites)


def make_sights(ground: Ground) -> Iterator[TowerSight]:
    """Make what each camera sees without smoke, one tower after the other; each takes some seconds and 130 MB."""
    for tower, view in zip(ground.sites.towers, ground.views, strict=True):
        yield TowerSight(tower, make_backdrop(ground.landscape, ground.cover, view, ground.sun, ground.air))


def make_world(ground: Ground, *, ignites_at_s: float | None, sights: Sequence[TowerSight] | None = None) -> World:
    """Make what the cameras see, and the fire.

    Parameters
    ----------
    ground : Ground
        The same ground gives the same world.
    ignites_at_s : float or None
        Scene time of the ignition [s]; None for no fire.
    sights : sequence of TowerSight, optional
        Of `make_sights`, where a caller has made them.

    Returns
    -------
    World
        Without `sights` it takes some seconds and 400 MB.

    Raises
    ------
    TerrainError
        If no place can be seen by two towers (another seed has one).
    """
    seen = tuple(make_sights(ground) if sights is None else sights)
    fire = None if ignites_at_s is None else _make_fire(ground, seen, ignites_at_s)
    return World(ground.seed, seen, ground.sites, fire)


def _make_fire(ground: Ground, sights: tuple[TowerSight, ...], ignites_at_s: float) -> Fire:
    rng = np.random.default_rng([ground.seed, 911])
    east_m, north_m = _fire_place(sights, ground.landscape, rng)
    ground_m = ground.landscape.elevation_at(east_m, north_m)
    turbulence = int(rng.integers(1 << 31))
    plume = Plume(east_m, north_m, ground_m, ignites_at_s, ground.air.wind, turbulence, _GRASS_SLOPE)
    place = PLANE.unproject(PlanePoint(east_m, north_m))
    return Fire(plume, Position(place.lat_deg, place.lon_deg, ground_m))


def _tower(
    number: int, corner: tuple[float, float], landscape: Landscape, rng: np.random.Generator
) -> tuple[Tower, View]:
    east_m, north_m = landscape.summit_near(*corner, _HILLTOP_WITHIN_M)
    eye_m = landscape.elevation_at(east_m, north_m) + _MAST_M
    place = PLANE.unproject(PlanePoint(east_m, north_m))
    position = Position(place.lat_deg, place.lon_deg, round(eye_m, 1))
    # Towards the middle, but as a technician would mount it: not exactly.
    towards = wrap_deg(inverse(position, _ORIGIN).azimuth_deg + float(rng.uniform(-6.0, 6.0)))
    azimuth_deg = round(towards, 1) % 360.0
    tilt_deg = -2.0 if eye_m < 600.0 else -4.0  # noqa: PLR2004 - a high tower looks down into the basin
    calibration = Calibration("demo-v1", azimuth_deg, tilt_deg, _HFOV_DEG, _SIGMA_DEG)
    camera = Camera(CAMERA, (Pose(_POSE, calibration),), _RANGE_M)
    tower = Tower(TowerId(f"tower-{number + 1}"), _NAMES[number], position, (camera,), mast_m=_MAST_M)
    grid_azimuth = PLANE.grid_azimuth_deg(position, azimuth_deg)
    view = View(east_m, north_m, eye_m, grid_azimuth, tilt_deg, _HFOV_DEG, _WIDTH_PX, _HEIGHT_PX)
    return tower, view


def _fire_place(sights: Sequence[TowerSight], landscape: Landscape, rng: np.random.Generator) -> tuple[float, float]:
    """Return a place on the ground near the middle whose smoke the towers see soonest."""
    best: tuple[float, float, float] | None = None
    for _ in range(_PLACES_TRIED):
        radius, turn = _FIRE_WITHIN_M * math.sqrt(rng.uniform()), rng.uniform(0.0, 2.0 * math.pi)
        east_m, north_m = float(radius * math.cos(turn)), float(radius * math.sin(turn))
        ground_m = landscape.elevation_at(east_m, north_m)
        heights = sorted(_seen_from_m(sight.backdrop, east_m, north_m, ground_m) for sight in sights)
        if heights[_ENOUGH_SIGHTS - 1] < _TOO_HIGH_M:
            candidate = (sum(heights), east_m, north_m)
            best = candidate if best is None else min(best, candidate)
    if best is None:
        raise TerrainError("this seed's hills leave no place for a fire that two towers see; try another --seed")
    return best[1:]


def _seen_from_m(backdrop: Backdrop, east_m: float, north_m: float, ground_m: float) -> float:
    seen = (up_m for up_m in _HEIGHTS_M if _sees(backdrop, east_m, north_m, ground_m + up_m))
    return next(seen, _TOO_HIGH_M)


def _sees(backdrop: Backdrop, east_m: float, north_m: float, up_m: float) -> bool:
    view = backdrop.view
    if math.hypot(east_m - view.east_m, north_m - view.north_m) < _FIRE_APART_M:
        return False
    pixel = view.pixel_of(east_m, north_m, up_m)
    margin_px = 40
    if pixel is None or not (
        margin_px < pixel.x_px < view.width_px - margin_px and margin_px < pixel.y_px < view.height_px - margin_px
    ):
        return False
    behind_m = float(backdrop.depth_m[int(pixel.y_px), int(pixel.x_px)])
    return behind_m >= pixel.distance_m * _SIGHT_MARGIN
