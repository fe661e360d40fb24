"""Draws of one fire and of what towers see of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.location.cone_method import Cone
from benchmarks.location.country import HALF_M
from firewatch.domain.geo import Bearing, wrap_deg
from firewatch.fusion.sight import ElevationAngle, SightLine, SightRules
from firewatch.geodesy import PlanePoint
from firewatch.terrain.sight import drop_m

if TYPE_CHECKING:
    from benchmarks.location.country import Country
    from firewatch.fusion.sight import Eye

__all__ = ["Case", "Draw", "Lens", "draw"]

_WIDTH_PX = 1920
# How well the middle of a box tells the plume's foot, and its lower edge the base [px].
_SIDE_PX, _BASE_PX = 6.0, 2.0
# What a tilt is known to, from the skyline [deg].
_TILT_DEG = 0.1
_PLUME_M = 150.0
_NEAREST_M, _FARTHEST_M = 3_000.0, 20_000.0


@dataclass(frozen=True, slots=True)
class Lens:
    """A camera's horizontal field of view [deg] and its Brown-Conrady coefficients."""

    hfov_deg: float
    k1: float
    k2: float

    @property
    def focal_px(self) -> float:
        """Focal length such that the picture's edge is half the field of view, distortion included [px]."""
        return _WIDTH_PX / 2.0 / self._bent(math.tan(math.radians(self.hfov_deg) / 2.0))

    @property
    def pixel_deg(self) -> float:
        """What a pixel in the middle of the picture spans [deg]."""
        return math.degrees(1.0 / self.focal_px)

    def _bent(self, straight: float) -> float:
        return straight * (1.0 + self.k1 * straight**2 + self.k2 * straight**4)

    def pixel_of(self, turn_deg: float) -> float:
        """Return where in the picture a direction is, from its middle [px]."""
        return self.focal_px * self._bent(math.tan(math.radians(turn_deg)))

    def turn_of(self, pixel: float) -> float:
        """Return the direction of a pixel, the distortion undone [deg]."""
        straight = bent = pixel / self.focal_px
        for _ in range(60):
            straight = bent / (1.0 + self.k1 * straight**2 + self.k2 * straight**4)
        return math.degrees(math.atan(straight))

    def straight_turn_of(self, pixel: float) -> float:
        """Return the direction of a pixel for one who knows of no distortion [deg]."""
        edge = math.tan(math.radians(self.hfov_deg) / 2.0)
        return math.degrees(math.atan(pixel / (_WIDTH_PX / 2.0) * edge))

    def linear_turn_of(self, pixel: float) -> float:
        """Return the direction of a pixel as the method of cones has it: linear in the picture [deg]."""
        return self.hfov_deg * pixel / _WIDTH_PX


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the study.

    Parameters
    ----------
    towers : int
        How many see the fire.
    lens : Lens
        Of all cameras.
    calibration_deg : float
        Standard deviation of each camera's azimuth, known to the method [deg].
    uses_terrain : bool
        Whether elevation angles and heights are used.
    bias_deg : float
        Added to the first tower's azimuth, and not known [deg].
    model_off_m : float
        By how much the terrain model is too high everywhere [m].
    knows_lens : bool
        Whether the distortion is undone.
    overconfidence : float
        By how much stated sigmas are too small: 1 is honest.
    """

    towers: int
    lens: Lens
    calibration_deg: float
    uses_terrain: bool
    bias_deg: float = 0.0
    model_off_m: float = 0.0
    knows_lens: bool = True
    overconfidence: float = 1.0

    @property
    def sigma_deg(self) -> float:
        """True standard deviation of an azimuth [deg]."""
        return math.hypot(self.calibration_deg, _SIDE_PX * self.lens.pixel_deg)

    @property
    def tilt_sigma_deg(self) -> float:
        """True standard deviation of an elevation angle [deg]."""
        return math.hypot(_TILT_DEG, _BASE_PX * self.lens.pixel_deg)


@dataclass(frozen=True, slots=True)
class Draw:
    """A fire and what is seen of it.

    Parameters
    ----------
    fire : PlanePoint
        Where it is.
    lines : tuple of SightLine
        What the posterior gets.
    cones : tuple of Cone
        What the method of cones gets.
    eyes : tuple of PlanePoint
        Where the towers stand.
    """

    fire: PlanePoint
    lines: tuple[SightLine, ...]
    cones: tuple[Cone, ...]
    eyes: tuple[PlanePoint, ...]


def draw(rng: np.random.Generator, country: Country, case: Case) -> Draw:
    """Return a fire, uniform over the map among those that all chosen towers see 3 to 20 km away, with its sightings.

    Errors are drawn from the model that the posterior has of them, the rare wrong azimuth and tilt included.
    """
    while True:
        chosen = rng.choice(len(country.eyes), case.towers, replace=False)
        for _ in range(20):
            fire = PlanePoint(*(float(v) for v in rng.uniform(-HALF_M, HALF_M, 2)))
            if all(_sees(rng, country, int(n), fire, uses_terrain=case.uses_terrain) for n in chosen):
                seen = [_sight(rng, country, case, int(n), fire) for n in chosen]
                if case.bias_deg:
                    seen[0] = _turned(seen[0], case.bias_deg)
                eyes = tuple(country.points[n] for n in chosen)
                return Draw(fire, tuple(s for s, _ in seen), tuple(c for _, c in seen), eyes)


def _hidden_m(country: Country, number: int, fire: PlanePoint) -> float:
    terrain = country.ground.terrain
    row, column = terrain.row_column(fire.east_m, fire.north_m)
    last_row, last_column = (size - 1 for size in terrain.shape)
    at = (min(max(round(float(row)), 0), last_row), min(max(round(float(column)), 0), last_column))
    return float(country.ground.least_visible_m[country.eyes[number].tower_id][at])


def _sees(rng: np.random.Generator, country: Country, number: int, fire: PlanePoint, *, uses_terrain: bool) -> bool:
    rules, eye, at = SightRules(), country.eyes[number], country.points[number]
    distance_m = math.hypot(fire.east_m - at.east_m, fire.north_m - at.north_m)
    if not _NEAREST_M <= distance_m <= _FARTHEST_M:
        return False
    chance = 1.0 / (1.0 + math.exp((distance_m / eye.range_m - 1.0) / rules.range_softness))
    if uses_terrain:
        # Within half a cell of the map's edge nobody knows the ground.
        if math.isnan(float(country.ground.terrain.height_at(np.float64(fire.east_m), np.float64(fire.north_m)))):
            return False
        chance *= math.exp(-_hidden_m(country, number, fire) / rules.rise_m)
    return bool(rng.uniform() < chance)


def _sight(
    rng: np.random.Generator, country: Country, case: Case, number: int, fire: PlanePoint
) -> tuple[SightLine, Cone]:
    eye, at, rules = country.eyes[number], country.points[number], SightRules()
    true_deg = math.degrees(math.atan2(fire.east_m - at.east_m, fire.north_m - at.north_m))
    distance_m = math.hypot(fire.east_m - at.east_m, fire.north_m - at.north_m)
    # The fire is anywhere in the picture but its outer twentieths; the camera's azimuth is known with an error.
    half = 0.45 * case.lens.hfov_deg
    turn_deg = float(rng.uniform(-half, half))
    pixel = case.lens.pixel_of(turn_deg) + float(rng.normal(0.0, _SIDE_PX))
    error_deg = float(rng.normal(0.0, case.calibration_deg)) if case.calibration_deg else 0.0
    if rng.uniform() < rules.off_share:
        error_deg += _wrong_deg(rng, rules)
    camera_deg = true_deg - turn_deg + error_deg
    seen_deg = case.lens.turn_of(pixel) if case.knows_lens else case.lens.straight_turn_of(pixel)
    grid_deg = country.ground.terrain.plane.grid_azimuth_deg(eye.position, 0.0)
    bearing = Bearing(wrap_deg(camera_deg + seen_deg - grid_deg), case.sigma_deg / case.overconfidence)
    opening_deg = math.degrees(_PLUME_M / distance_m)
    cone = Cone(at.east_m, at.north_m, camera_deg + case.lens.linear_turn_of(pixel), opening_deg)
    elevation = _elevation(rng, country, case, number, fire) if case.uses_terrain else None
    return SightLine(eye, bearing, elevation), cone


def _wrong_deg(rng: np.random.Generator, rules: SightRules) -> float:
    if rng.uniform() < rules.astray_share:
        return float(rng.uniform(-180.0, 180.0))
    return float(rng.normal(0.0, rules.off_sigma_deg))


def _elevation(rng: np.random.Generator, country: Country, case: Case, number: int, fire: PlanePoint) -> ElevationAngle:
    rules, eye, at = SightRules(), country.eyes[number], country.points[number]
    distance_m = math.hypot(fire.east_m - at.east_m, fire.north_m - at.north_m)
    ground_m = float(country.ground.terrain.height_at(np.float64(fire.east_m), np.float64(fire.north_m)))
    base_m = ground_m + _hidden_m(country, number, fire) + float(rng.normal(rules.base_m, rules.base_sigma_m))
    rise_m = base_m - _lens_m(eye) - float(drop_m(distance_m))
    error_deg = float(rng.normal(0.0, case.tilt_sigma_deg))
    if rng.uniform() < rules.tilt_off_share:
        error_deg += float(rng.normal(0.0, rules.tilt_off_sigma_deg))
    angle_deg = math.degrees(math.atan2(rise_m, distance_m)) + error_deg
    return ElevationAngle(angle_deg, case.tilt_sigma_deg / case.overconfidence)


def _lens_m(eye: Eye) -> float:
    assert eye.height_m is not None
    return eye.height_m


def _turned(seen: tuple[SightLine, Cone], by_deg: float) -> tuple[SightLine, Cone]:
    sight, cone = seen
    bearing = Bearing(wrap_deg(sight.bearing.azimuth_deg + by_deg), sight.bearing.sigma_deg)
    return (
        SightLine(sight.eye, bearing, sight.elevation),
        Cone(cone.east_m, cone.north_m, cone.azimuth_deg + by_deg, cone.opening_deg),
    )
