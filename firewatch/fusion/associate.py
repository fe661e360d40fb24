"""Which sightings are of one fire: a partition that no order of arrival can change."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from firewatch.fusion.crossings import Candidate, Seed, find_seeds, grow, locate, misfit_sigmas
from firewatch.fusion.rays import AssociationRules, Placed, Ray, gather_rays

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from firewatch.domain.geo import ErrorEllipse, Fix
    from firewatch.domain.ids import SightingId, TowerId
    from firewatch.fusion.intersect import Residual

__all__ = ["ONE_PLACE_ONLY", "AssociationRules", "Group", "Placed", "partition"]

ONE_PLACE_ONLY = "seen from one place only: no other bearing crosses this one within range, error and time"
# A later sighting of a located fire may lie this far off, in standard deviations of itself and of the fix.
_JOIN_SIGMAS = 4.0


@dataclass(frozen=True, slots=True)
class Group:
    """Sightings of one fire.

    Parameters
    ----------
    members : tuple of SightingId
        In the order of their first frames; the first one names the group.
    towers : tuple of TowerId
        Who sees it, each once, in the same order.
    fix : Fix or None
        Where it is; None with a reason in `why_not`.
    why_not : str
        Why there is no fix; empty where there is one.
    chi_square, freedom : float, int
        How well the bearings agree: 0 and 0 with fewer than three masts.
    residuals : tuple of Residual
        By how much each mast disagrees with the fix.
    rivals : int
        Of a fix from two masts: how many other crossings their rays could have made just as well. Above 0 it may be a
        ghost, and the page should say so.
    """

    members: tuple[SightingId, ...]
    towers: tuple[TowerId, ...]
    fix: Fix | None
    why_not: str
    chi_square: float = 0.0
    freedom: int = 0
    residuals: tuple[Residual, ...] = ()
    rivals: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """A located fire on its way to a group."""

    candidate: Candidate
    rivals: int = 0
    later: tuple[Ray, ...] = ()

    @property
    def rays(self) -> tuple[Ray, ...]:
        return (*self.candidate.rays, *self.later)


def partition(sightings: Iterable[Placed], rules: AssociationRules | None = None) -> tuple[Group, ...]:
    """Divide sightings into fires.

    The result is a function of the set of sightings: order and repetition do not matter, because everything is
    computed from the canonical order (first_seen_at, sighting_id). In four steps:

    1. Sightings from one mast in one direction, without a pause longer than `gap`, become one ray.
    2. Crossings that three or more masts agree on become fires, those with most masts first, then those with the
       smallest chi-square. A ray belongs to one fire.
    3. Rays left over are paired, the pair with the fewest other possibilities first, then the pair first seen at
       nearly the same time, then the smaller error. Two masts can never tell a fire from the ghost of two: such a
       fix carries its number of `rivals`.
    4. A ray left over that points at a fire found, at its time, joins it, unless its mast sees that fire in another
       direction then. All others are groups of their own.

    Parameters
    ----------
    sightings : iterable of Placed
        In any order; every sighting is in exactly one group.
    rules : AssociationRules, optional
        Directions and gap.

    Returns
    -------
    tuple of Group
        In the order of their first members.

    Notes
    -----
    Limits. Two fires within `same_direction_deg` of one another from one mast are one ray of it. A fire on the line
    between two towers cannot be crossed by them and opens two groups, until a third tower sees it. Nothing is known of
    terrain, smoke height or what a tower did not see.
    """
    rules = rules or AssociationRules()
    rays = gather_rays(sightings, rules)
    seeds = find_seeds(rays, rules)
    found = _corroborated(rays, seeds, rules)
    found += _paired(seeds, _used(found))
    found, alone = _join_left_over(found, rays, rules)
    groups = [_group(f.rays, f) for f in found] + [_group((ray,), None) for ray in alone]
    return tuple(group for _, group in sorted(groups, key=lambda item: item[0]))


def _used(found: Iterable[_Found]) -> set[int]:
    return {ray.number for one in found for ray in one.rays}


def _corroborated(rays: Sequence[Ray], seeds: Sequence[Seed], rules: AssociationRules) -> list[_Found]:
    """Return the fires that three or more masts agree on, best first, each ray once.

    A candidate that lost a ray to a better one is grown again from what is left, and waits for its new turn.
    """
    free = set(range(len(rays)))
    by_mast = _by_mast(rays, free)
    grown = ((number, grow(seed, by_mast, rules)) for number, seed in enumerate(seeds))
    heap = [(_rank(candidate), number, candidate) for number, candidate in grown if candidate]
    heapify(heap)
    found: list[_Found] = []
    while heap:
        _, number, candidate = heappop(heap)
        if candidate.numbers <= free:
            found.append(_Found(candidate))
            free -= candidate.numbers
            by_mast = _by_mast(rays, free)
        elif {seeds[number].one.number, seeds[number].other.number} <= free:
            again = grow(seeds[number], by_mast, rules)
            if again is not None:
                heappush(heap, (_rank(again), number, again))
    return found


def _by_mast(rays: Iterable[Ray], free: set[int]) -> Mapping[int, list[Ray]]:
    by_mast: dict[int, list[Ray]] = defaultdict(list)
    for ray in rays:
        if ray.number in free:
            by_mast[ray.mast].append(ray)
    return by_mast


def _rank(candidate: Candidate) -> tuple[int, float]:
    return -len(candidate.rays), candidate.crossed.chi_square


def _paired(seeds: Sequence[Seed], used: set[int]) -> list[_Found]:
    """Return the crossings of two masts, those with the fewest rivals first, each ray once."""
    left = [seed for seed in seeds if seed.one.number not in used and seed.other.number not in used]
    candidates = [(seed, locate((seed.one, seed.other))) for seed in left]
    pairs = [Candidate((seed.one, seed.other), crossed) for seed, crossed in candidates if crossed]
    first_chances = _chances(pairs)
    found = []
    while pairs:
        chances = _chances(pairs)
        best = min(pairs, key=lambda pair: (_rivals(pair, chances), *_preference(pair)))
        found.append(_Found(best, _rivals(best, first_chances)))
        pairs = [pair for pair in pairs if not pair.numbers & best.numbers]
    return found


def _chances(pairs: Iterable[Candidate]) -> Counter[int]:
    return Counter(number for pair in pairs for number in pair.numbers)


def _rivals(pair: Candidate, chances: Counter[int]) -> int:
    return sum(chances[number] - 1 for number in pair.numbers)


def _preference(pair: Candidate) -> tuple[float, float]:
    one, other = pair.rays
    apart_s = abs((other.first_seen_at - one.first_seen_at).total_seconds())
    return apart_s, pair.crossed.fix.ellipse.major_m


def _join_left_over(
    found: Sequence[_Found], rays: Sequence[Ray], rules: AssociationRules
) -> tuple[list[_Found], list[Ray]]:
    """Give each ray that points at a fire found, at its time, to the best-fitting one; return the rest too."""
    joined, alone = list(found), []
    for ray in rays:
        if ray.number in _used(found):
            continue
        fits = [(_misfit(ray, one), number) for number, one in enumerate(joined) if _may_join(ray, one, rules)]
        misfit, number = min(fits, default=(math.inf, 0))
        if misfit > _JOIN_SIGMAS:
            alone.append(ray)
        else:
            joined[number] = replace(joined[number], later=(*joined[number].later, ray))
    return joined, alone


def _misfit(ray: Ray, one: _Found) -> float:
    fix = one.candidate.crossed.fix
    return misfit_sigmas(ray, fix.position, _variance(fix.ellipse))


def _variance(ellipse: ErrorEllipse) -> tuple[float, float, float]:
    azimuth = math.radians(ellipse.azimuth_deg)
    sin, cos = math.sin(azimuth), math.cos(azimuth)
    major_m2, minor_m2 = ellipse.major_m**2, ellipse.minor_m**2
    east = major_m2 * sin * sin + minor_m2 * cos * cos
    north = major_m2 * cos * cos + minor_m2 * sin * sin
    return east, (major_m2 - minor_m2) * sin * cos, north


def _may_join(ray: Ray, one: _Found, rules: AssociationRules) -> bool:
    near = [r for r in one.rays if ray.is_near_in_time(r.first_seen_at, r.observed_at, rules.gap)]
    # Two rays of one mast at one time are two smokes, however wide the fix: joining them would hide one.
    return bool(near) and all(r.mast != ray.mast for r in near)


def _group(rays: Sequence[Ray], found: _Found | None) -> tuple[tuple[object, ...], Group]:
    placed = sorted((m for ray in rays for m in ray.members), key=lambda m: (m.first_seen_at, m.sighting_id))
    members = tuple(member.sighting_id for member in placed)
    towers = tuple(dict.fromkeys(member.tower_id for member in placed))
    order = (placed[0].first_seen_at, members[0])
    if found is None:
        return order, Group(members, towers, None, ONE_PLACE_ONLY)
    crossed = found.candidate.crossed
    agreement = crossed.chi_square if crossed.freedom else 0.0
    group = Group(members, towers, crossed.fix, "", agreement, crossed.freedom, crossed.residuals, found.rivals)
    return order, group
