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
    if math.asin(min(1.0, abs(sine))) < LEAST_CROSSING_SIGMAS * math.hypot(sigma_one, sigma_other):
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
    variance = _variance(grid_deg, (to_one * sigma_one, to_other * sigma_other))
    return Seed(one, other, direct(one.position, one.bearing.azimuth_deg, to_one), variance)


def _variance(azimuths_deg: tuple[float, float], errors_m: tuple[float, float]) -> tuple[float, float, float]:
    ee = en = nn = 0.0
    for azimuth_deg, error_m in zip(azimuths_deg, errors_m, strict=True):
        azimuth = math.radians(azimuth_deg)
        east, north = math.cos(azimuth) / error_m, -math.sin(azimuth) / error_m
        ee, en, nn = ee + east * east, en + east * north, nn + north * north
    determinant = ee * nn - en * en
    return nn / determinant, -en / determinant, ee / determinant


def grow(seed: Seed, by_mast: Mapping[int, Sequence[Ray]], rules: AssociationRules) -> Candidate | None:
    """Return the seed with the best-fitting ray of every other mast that agrees, or None if none agrees.

    Rays are dropped, the worst first, until the joint fix passes the chi-square gate.
    """
    joined: list[Ray] = []
    for mast, rays in by_mast.items():
        if mast in (seed.one.mast, seed.other.mast):
            continue
        timely = [ray for ray in rays if _sees_both(ray, seed, rules)]
        misfits = [(misfit_sigmas(ray, seed.at, seed.variance), ray.number, ray) for ray in timely]
        if misfits and min(misfits)[0] <= _GATE_SIGMAS:
            joined.append(min(misfits)[2])
    while joined:
        members = sorted([seed.one, seed.other, *joined], key=lambda ray: ray.number)
        crossed = locate(members)
        if crossed is not None:
            return Candidate(tuple(members), crossed)
        joined.remove(max(joined, key=lambda ray: (misfit_sigmas(ray, seed.at, seed.variance), ray.number)))
    return None


def _sees_both(ray: Ray, seed: Seed, rules: AssociationRules) -> bool:
    return all(ray.is_near_in_time(r.first_seen_at, r.observed_at, rules.gap) for r in (seed.one, seed.other))


def misfit_sigmas(ray: Ray, at: Position, variance: tuple[float, float, float]) -> float:
    """Return by how many standard deviations, of itself and of the place, a ray misses a place.

    Infinite where the place lies behind the ray, or beyond its range by more than one standard deviation.
    """
    leg = inverse(ray.position, at)
    turn_deg = abs(difference_deg(ray.bearing.azimuth_deg, leg.azimuth_deg))
    arrival = math.radians(leg.arrival_azimuth_deg)
    east, both, north = variance
    sin, cos = math.sin(arrival), math.cos(arrival)
    across_m2 = max(0.0, cos * cos * east - 2.0 * cos * sin * both + sin * sin * north)
    along_m2 = max(0.0, sin * sin * east + 2.0 * cos * sin * both + cos * cos * north)
    if turn_deg > 90.0 or leg.distance_m - math.sqrt(along_m2) > ray.range_m:  # noqa: PLR2004 - a right angle
        return math.inf
    place_deg = math.degrees(math.sqrt(across_m2) / max(1.0, leg.distance_m))
    return turn_deg / math.hypot(ray.bearing.sigma_deg, place_deg)


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
