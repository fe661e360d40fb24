"""Which rays from different masts may cross at one fire."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from firewatch.domain.geo import Position, difference_deg
from firewatch.errors import NoFixError
from firewatch.fusion.intersect import LEAST_CROSSING_SIGMAS, CrossedFix, cross
from firewatch.geodesy import Leg, direct, inverse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firewatch.fusion.rays import AssociationRules, Ray

__all__ = ["Candidate", "Seed", "find_seeds", "grow", "locate", "misfit_sigmas"]

# Lines that meet more sharply than this have lost their crossing to rounding [rad].
_SHARPEST = 1e-4
# Nearer to a mast than this an error in degrees is none in metres.
_NEAREST_M = 1.0
# A ray farther than this from a crossing, in the standard deviation of both, does not see it: 1 true ray in 16,000.
_GATE_SIGMAS = 4.0


@dataclass(frozen=True, slots=True)
class Seed:
    """Two rays that cross within the range of both.

    Parameters
    ----------
    one, other : Ray
        From different masts, `one` the earlier of the two in the canonical order.
    at : Position
        Where they cross (to some metres).
    variance : tuple of float
        Of that place: east, both, north [m2].
    """

    one: Ray
    other: Ray
    at: Position
    variance: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Rays, each from another mast, that agree on one place."""

    rays: tuple[Ray, ...]
    crossed: CrossedFix

    @property
    def numbers(self) -> frozenset[int]:
        """The rays' numbers."""
        return frozenset(ray.number for ray in self.rays)


def find_seeds(rays: Sequence[Ray], rules: AssociationRules) -> list[Seed]:
    """Return every pair of rays that may be of one fire, in canonical order."""
    legs: dict[tuple[int, int], Leg] = {}
    seeds = []
    for one, other in combinations(rays, 2):
        if one.mast == other.mast or not one.is_near_in_time(other.first_seen_at, other.observed_at, rules.gap):
            continue
        masts = (one.mast, other.mast)
        if masts not in legs:
            legs[masts] = inverse(one.position, other.position)
        seed = _seed(one, other, legs[masts])
        if seed is not None:
            seeds.append(seed)
    return seeds


def _seed(one: Ray, other: Ray, leg: Leg) -> Seed | None:
    """Solve the triangle over the way from one mast to the other.

    On the plane: sides from the law of sines, errors by their derivatives. The curvature of the Earth within a
    camera's range moves the crossing by metres; `cross` has the last word.
    """
    alpha = math.radians(difference_deg(one.bearing.azimuth_deg, leg.azimuth_deg))
    beta = math.radians(difference_deg(other.bearing.azimuth_deg, leg.arrival_azimuth_deg))
    sine, cosine = math.sin(beta - alpha), abs(math.cos(beta - alpha))
    sigma_one, sigma_other = math.radians(one.bearing.sigma_deg), math.radians(other.bearing.sigma_deg)
    sharpest = max(_SHARPEST, LEAST_CROSSING_SIGMAS * math.hypot(sigma_one, sigma_other))
    if math.asin(min(1.0, abs(sine))) < sharpest:
        return None
    to_one = leg.distance_m * math.sin(beta) / sine
    to_other = leg.distance_m * math.sin(alpha) / sine
    if to_one <= 0.0 or to_other <= 0.0:
        return None
    # A fire just within range may seem just beyond it: one sigma is allowed.
    slack_one = math.hypot(to_one * cosine * sigma_one, to_other * sigma_other) / abs(sine)
    slack_other = math.hypot(to_other * cosine * sigma_other, to_one * sigma_one) / abs(sine)
    if to_one - slack_one > one.range_m or to_other - slack_other > other.range_m:
        return None
    grid_deg = (one.bearing.azimuth_deg, other.bearing.azimuth_deg + leg.azimuth_deg - leg.arrival_azimuth_deg)
    # Shifting one line sideways moves the crossing along the other.
    along_other = _variance(grid_deg[1], to_one * sigma_one / sine)
    along_one = _variance(grid_deg[0], to_other * sigma_other / sine)
    variance = (along_other[0] + along_one[0], along_other[1] + along_one[1], along_other[2] + along_one[2])
    return Seed(one, other, direct(one.position, one.bearing.azimuth_deg, to_one), variance)


def _variance(azimuth_deg: float, error_m: float) -> tuple[float, float, float]:
    """Return the variance of an error along one direction: east, both, north."""
    east_m = error_m * math.sin(math.radians(azimuth_deg))
    north_m = error_m * math.cos(math.radians(azimuth_deg))
    return east_m * east_m, east_m * north_m, north_m * north_m


def grow(seed: Seed, by_mast: Mapping[int, Sequence[Ray]], rules: AssociationRules) -> Candidate | None:
    """Return the seed with the best-fitting ray of every other mast that agrees, or None if none agrees.

    Rays are dropped, the worst first, until the joint fix passes the chi-square gate.
    """
    joined: list[tuple[float, int, Ray]] = []
    for mast, rays in by_mast.items():
        if mast in (seed.one.mast, seed.other.mast):
            continue
        view = _view(rays[0].position, seed.at, seed.variance)
        misfits = [(view.misfit_sigmas(ray), ray.number, ray) for ray in rays]
        fitting = [item for item in misfits if item[0] <= _GATE_SIGMAS and _sees_both(item[2], seed, rules)]
        if fitting:
            joined.append(min(fitting, key=_by_misfit))
    joined.sort(key=_by_misfit)
    while joined:
        members = sorted([seed.one, seed.other, *(ray for _, _, ray in joined)], key=lambda ray: ray.number)
        crossed = locate(members)
        if crossed is not None:
            return Candidate(tuple(members), crossed)
        joined.pop()
    return None


def _by_misfit(item: tuple[float, int, Ray]) -> tuple[float, int]:
    return item[0], item[1]


def _sees_both(ray: Ray, seed: Seed, rules: AssociationRules) -> bool:
    return all(ray.is_near_in_time(r.first_seen_at, r.observed_at, rules.gap) for r in (seed.one, seed.other))


@dataclass(frozen=True, slots=True)
class _View:
    """How a place with its error looks from one mast."""

    azimuth_deg: float
    nearest_m: float
    place_deg: float

    def misfit_sigmas(self, ray: Ray) -> float:
        """Return by how many standard deviations, of itself and of the place, a ray of the mast misses the place."""
        turn_deg = abs(difference_deg(ray.bearing.azimuth_deg, self.azimuth_deg))
        if turn_deg > 90.0 or self.nearest_m > ray.range_m:  # noqa: PLR2004 - a right angle
            return math.inf
        return turn_deg / math.hypot(ray.bearing.sigma_deg, self.place_deg)


def _view(mast: Position, at: Position, variance: tuple[float, float, float]) -> _View:
    leg = inverse(mast, at)
    arrival = math.radians(leg.arrival_azimuth_deg)
    east, both, north = variance
    sin, cos = math.sin(arrival), math.cos(arrival)
    across_m2 = max(0.0, cos * cos * east - 2.0 * cos * sin * both + sin * sin * north)
    along_m2 = max(0.0, sin * sin * east + 2.0 * cos * sin * both + cos * cos * north)
    place_deg = math.degrees(math.sqrt(across_m2) / max(_NEAREST_M, leg.distance_m))
    return _View(leg.azimuth_deg, leg.distance_m - math.sqrt(along_m2), place_deg)


def misfit_sigmas(ray: Ray, at: Position, variance: tuple[float, float, float]) -> float:
    """Return by how many standard deviations, of itself and of the place, a ray misses a place.

    Infinite where the place lies behind the ray, or beyond its range by more than one standard deviation.
    """
    return _view(ray.position, at, variance).misfit_sigmas(ray)


def locate(rays: Sequence[Ray]) -> CrossedFix | None:
    """Return the joint fix of some rays, or None where they have none within the range of each."""
    reach_m = max(ray.range_m for ray in rays)
    try:
        # One sigma beyond the range is allowed below; the bound here only stops the impossible.
        crossed = cross([ray.tower_bearing for ray in rays], 2.0 * reach_m)
    except NoFixError:
        return None
    pairs = zip(rays, crossed.residuals, strict=True)
    slack_m = crossed.fix.ellipse.major_m
    return crossed if all(found.distance_m - slack_m <= ray.range_m for ray, found in pairs) else None
