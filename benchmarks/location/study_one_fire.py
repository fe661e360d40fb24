"""One fire, 1 to 4 towers: errors and coverage, beside the method of cones and the Cramer-Rao limit."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.location.cone_method import locate_by_cones
from benchmarks.location.country import HALF_M, make_country
from benchmarks.location.simulate import Case, Lens, draw
from firewatch.fusion.posterior import locate_fire
from firewatch.fusion.sight import Ground, SightRules
from firewatch.terrain import TerrainGrid

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from benchmarks.location.country import Country
    from benchmarks.location.simulate import Draw
    from firewatch.fusion.posterior import Posterior

    Numbers = npt.NDArray[np.float64]

__all__ = ["LENSES", "Row", "cases", "run_case", "run_study"]

LENSES = (Lens(54.0, -0.12, 0.02), Lens(90.0, -0.20, 0.05))
_CALIBRATIONS_DEG = (0.0, 0.5, 1.0)
_HALF_CELL_M = 60.0
_OUTSIDE = -60.0


@dataclass(frozen=True, slots=True)
class Row:
    """What one case gave: errors [m], shares, milliseconds of processor time."""

    name: str
    towers: int
    hfov_deg: float
    calibration_deg: float
    uses_terrain: bool
    draws: int
    p50_m: float
    p90_m: float
    mean_p50_m: float
    relative_p50: float
    limit_p50_m: float
    limit_p90_m: float
    covered50: float
    covered90: float
    cones_p50_m: float
    cones_p90_m: float
    cones_located: float
    suspected: float
    misnamed: float
    ms: float


def cases() -> Iterator[tuple[str, Case]]:
    """Yield the rows: matched ones, then what is not as the model believes."""
    for uses_terrain in (False, True):
        for towers in (1, 2, 3, 4)[0 if uses_terrain else 1 :]:
            for lens in LENSES:
                for calibration_deg in _CALIBRATIONS_DEG:
                    yield "matched", Case(towers, lens, calibration_deg, uses_terrain)
    for uses_terrain in (False, True):
        for towers in (1, 2, 3, 4)[0 if uses_terrain else 1 :]:
            usual = Case(towers, LENSES[0], 0.5, uses_terrain)
            yield "first azimuth 1 deg off", replace(usual, bias_deg=1.0)
            yield "first azimuth 3 deg off", replace(usual, bias_deg=3.0)
            yield "first azimuth 6 deg off", replace(usual, bias_deg=6.0)
            yield "sigmas stated 1.5 times too small", replace(usual, overconfidence=1.5)
            yield "distortion not undone, 90 deg", replace(usual, lens=LENSES[1], knows_lens=False)
            if uses_terrain:
                yield "terrain model 10 m too high", replace(usual, model_off_m=10.0)


def run_study(draws: int, seed: int = 6) -> list[Row]:
    """Return the rows of all cases; the same for the same numbers."""
    country = make_country()
    return [run_case(country, name, case, draws, seed + number) for number, (name, case) in enumerate(cases())]


def run_case(country: Country, name: str, case: Case, draws: int, seed: int) -> Row:
    """Return one row."""
    rng = np.random.default_rng(seed)
    ground = _ground(country, case)
    errors, means, limits, relative, cones = [], [], [], [], []
    held, named, took_s = np.zeros(2), np.zeros(2), 0.0
    for _ in range(draws):
        drawn = draw(rng, country, case)
        start = process_time()
        found = locate_fire(drawn.lines, ground=ground, prior=_on_the_map if ground else None)
        took_s += process_time() - start
        fire = _on(found, country, drawn)
        errors.append(math.dist(fire, (found.best.east_m, found.best.north_m)))
        means.append(math.dist(fire, (found.mean.east_m, found.mean.north_m)))
        first = drawn.eyes[0]
        range_m = math.hypot(drawn.fire.east_m - first.east_m, drawn.fire.north_m - first.north_m)
        relative.append(errors[-1] / range_m)
        density = float(found.log_density_at(np.array(fire[:1]), np.array(fire[1:]))[0])
        held += [density >= found.level(0.5), density >= found.level(0.9)]
        limits.append(_limit_m(rng, country, case, drawn))
        named += _is_named(found, drawn)
        by_cones = locate_by_cones(list(drawn.cones))
        if by_cones:
            cones.append(math.dist(by_cones, (drawn.fire.east_m, drawn.fire.north_m)))
    p50, p90 = np.quantile(errors, (0.5, 0.9))
    limit50, limit90 = np.quantile(limits, (0.5, 0.9))
    cones50, cones90 = np.quantile(cones, (0.5, 0.9)) if cones else (math.nan, math.nan)
    return Row(
        name,
        case.towers,
        case.lens.hfov_deg,
        case.calibration_deg,
        case.uses_terrain,
        draws,
        *(float(v) for v in (p50, p90, np.median(means), np.median(relative), limit50, limit90)),
        *(float(v) for v in held / draws),
        *(float(v) for v in (cones50, cones90, len(cones) / draws)),
        *(float(v) for v in named / draws),
        1000.0 * took_s / draws,
    )


def _ground(country: Country, case: Case) -> Ground | None:
    if not case.uses_terrain:
        return None
    if not case.model_off_m:
        return country.ground
    terrain = country.ground.terrain
    moved = (terrain.elevation_m + case.model_off_m).astype(np.float32)
    grid = TerrainGrid(terrain.plane, terrain.west_m, terrain.north_m, terrain.cell_m, moved)
    return Ground(grid, country.ground.least_visible_m)


def _on_the_map(east_m: Numbers, north_m: Numbers) -> Numbers:
    return np.where((np.abs(east_m) < HALF_M) & (np.abs(north_m) < HALF_M), 0.0, _OUTSIDE)


def _on(found: Posterior, country: Country, drawn: Draw) -> tuple[float, float]:
    """Return the fire on the posterior's plane, which without terrain is the first tower's."""
    place = found.plane.project(country.ground.terrain.plane.unproject(drawn.fire))
    return place.east_m, place.north_m


def _is_named(found: Posterior, drawn: Draw) -> tuple[bool, bool]:
    """Tell whether the first tower is rather wrong than right, and whether another one is said to be instead."""
    worst = max(found.disagreements, key=lambda told: told.probability)
    is_told = worst.probability > 0.5  # noqa: PLR2004 - more likely than not
    is_first = worst.tower_id == drawn.lines[0].eye.tower_id
    return is_told and is_first, is_told and not is_first


def _limit_m(rng: np.random.Generator, country: Country, case: Case, drawn: Draw) -> float:
    """Return an error drawn from the Cramer-Rao limit: the inverse of the Fisher information at the true place."""
    information = np.zeros((2, 2))
    for at, line in zip(drawn.eyes, drawn.lines, strict=True):
        east, north = drawn.fire.east_m - at.east_m, drawn.fire.north_m - at.north_m
        distance_m = math.hypot(east, north)
        sideways = np.array((north, -east)) / distance_m
        information += np.outer(sideways, sideways) / (distance_m * math.radians(case.sigma_deg)) ** 2
        if case.uses_terrain:
            slope = _angle_slope(country, drawn, (at.east_m, at.north_m), line.eye.height_m or 0.0)
            error = math.hypot(math.radians(case.tilt_sigma_deg), SightRules().base_sigma_m / distance_m)
            information += np.outer(slope, slope) / error**2
    # One tower before a slope seen edge-on tells nothing of the distance: a fifth of the map, as the prior would.
    information += np.eye(2) / (HALF_M / 2.5) ** 2
    return float(np.hypot(*rng.multivariate_normal((0.0, 0.0), np.linalg.inv(information))))


def _angle_slope(country: Country, drawn: Draw, at: tuple[float, float], eye_m: float) -> Numbers:
    """Return how the elevation angle of the ground changes eastward and northward [rad/m]."""
    east = drawn.fire.east_m + _HALF_CELL_M * np.array((1.0, -1.0, 0.0, 0.0))
    north = drawn.fire.north_m + _HALF_CELL_M * np.array((0.0, 0.0, 1.0, -1.0))
    distance_m = np.hypot(east - at[0], north - at[1])
    rise_m = np.nan_to_num(country.ground.terrain.height_at(east, north)) - eye_m
    angle = np.arctan2(rise_m, distance_m)
    return np.array((angle[0] - angle[1], angle[2] - angle[3])) / (2.0 * _HALF_CELL_M)
