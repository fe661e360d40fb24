"""From candidates to fires: the likeliest way to divide rays, and how sure each part of it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from firewatch.domain.changes import PossiblePlace
from firewatch.domain.geo import difference_deg
from firewatch.errors import NoFixError
from firewatch.fusion.crossings import find_candidates
from firewatch.fusion.ground_odds import GroundOdds
from firewatch.fusion.intersect import CrossedFix, cross
from firewatch.fusion.likelihood import gains
from firewatch.fusion.packing import Packing, pack
from firewatch.geodesy import inverse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from firewatch.domain.geo import ErrorEllipse
    from firewatch.domain.ids import TowerId
    from firewatch.fusion.crossings import Candidates
    from firewatch.fusion.links import Links
    from firewatch.fusion.plane_fit import Floats
    from firewatch.fusion.rays import AssociationRules, Ray
    from firewatch.fusion.sheet import Sheet
    from firewatch.fusion.sight import Ground

    # From some towers to the ground around them and what each sees; None without a model, or not yet.
    GroundOf: TypeAlias = Callable[[Sequence[TowerId]], Ground | None]

__all__ = ["Found", "find_fires", "join_left_over", "locate"]

# A later sighting of a located fire may lie this far off, in standard deviations of itself and of the fix.
_JOIN_SIGMAS = 4.0
_RIGHT_ANGLE_DEG = 90.0
_NEAREST_M = 1.0
# Other places less likely than this are not worth a look on the map.
_LEAST_CHANCE = 0.02
_MOST_PLACES = 6
# What a person said outweighs all that bearings say [log-odds].
_SAID = 1000.0


@dataclass(frozen=True, slots=True)
class Found:
    """Rays of one fire, on their way to a group.

    Parameters
    ----------
    rays : tuple of Ray
        Those that the position rests on.
    crossed : CrossedFix or None
        Their joint fix.
    chance : float
        How likely they are of one fire.
    rivals : int
        Of a crossing of two: how many others share one of its rays.
    possible_places : tuple of PossiblePlace
        Other places, the likeliest first.
    later : tuple of Ray
        Rays that joined without moving the position.
    """

    rays: tuple[Ray, ...]
    crossed: CrossedFix | None
    chance: float = 1.0
    rivals: int = 0
    possible_places: tuple[PossiblePlace, ...] = ()
    later: tuple[Ray, ...] = ()

    @property
    def all_rays(self) -> tuple[Ray, ...]:
        """All its rays."""
        return (*self.rays, *self.later)


def find_fires(sheet: Sheet, rules: AssociationRules, links: Links, ground_of: GroundOf | None = None) -> list[Found]:
    """Return the fires that two or more masts of a sheet see, in the likeliest division of its rays.

    Parameters
    ----------
    sheet : Sheet
        The rays.
    rules : AssociationRules
        When rays can be of one fire, and how likely that is.
    links : Links
        What people said.
    ground_of : callable, optional
        Returns the ground around the towers whose rays cross; None without a model.

    Returns
    -------
    list of Found
        No ray is in two.
    """
    sets, odds = _weighed(sheet, rules, links, ground_of)
    places: dict[int, CrossedFix | None] = {}
    while True:
        packing = pack(sets, odds)
        places |= {number: locate(_rays(sheet, sets[number])) for number in packing.chosen if number not in places}
        lost = [number for number in packing.chosen if places[number] is None]
        if not lost:
            return _as_found(sheet, sets, packing, places)
        # The ellipsoid refuses what the plane just allowed: beyond range, or disagreeing, by a hair.
        for number in lost:
            odds[number] = -math.inf


def _weighed(
    sheet: Sheet, rules: AssociationRules, links: Links, ground_of: GroundOf | None
) -> tuple[list[tuple[int, ...]], list[float]]:
    """Return the candidates and their log-odds."""
    home = {member.sighting_id: place for place, ray in enumerate(sheet.rays) for member in ray.members}
    apart = {(home[a], home[b]) for a, b in links.apart if a in home and b in home}
    ordered = frozenset((min(pair), max(pair)) for pair in apart)
    found = find_candidates(sheet, rules, ordered)
    worth = [gains(sheet, candidates, rules) for candidates in found]
    if ground_of is not None:
        worth = _with_ground(sheet, rules, list(zip(found, worth, strict=True)), ground_of)
    sets = [tuple(members) for candidates in found for members in candidates.members.tolist()]
    odds = [each for gained in worth for each in gained.tolist()]
    blocks = [{home[one] for one in block if one in home} for block in links.together]
    for block in (block for block in blocks if len(block) > 1):
        odds = [
            log_odds + _SAID * max(0, len(block & set(rays)) - 1) for rays, log_odds in zip(sets, odds, strict=True)
        ]
    return sets, odds


def _with_ground(
    sheet: Sheet, rules: AssociationRules, weighed: Sequence[tuple[Candidates, Floats]], ground_of: GroundOf
) -> list[Floats]:
    """Return the log-odds of candidates with what the ground says, where it is known."""
    crossing = {int(ray) for found, worth in weighed for ray in found.members[worth > 0.0].flat}
    ground = ground_of(_towers([sheet.rays[ray] for ray in sorted(crossing)])) if crossing else None
    if ground is None:
        return [worth for _, worth in weighed]
    odds = GroundOdds(sheet, ground, rules)
    return [worth + odds.gains(found, worth) for found, worth in weighed]


def _as_found(
    sheet: Sheet, sets: Sequence[tuple[int, ...]], packing: Packing, places: dict[int, CrossedFix | None]
) -> list[Found]:
    found = []
    for number, chances in zip(packing.chosen, packing.chances, strict=True):
        own = set(sets[number])
        agreeing = {other for other in chances if len(own & set(sets[other])) > 1}
        rivals = sorted((-chance, other) for other, chance in chances.items() if other not in agreeing)
        likely = [(other, -less) for less, other in rivals if -less >= _LEAST_CHANCE][:_MOST_PLACES]
        places |= {other: locate(_rays(sheet, sets[other])) for other, _ in likely if other not in places}
        others = [
            PossiblePlace(crossed.fix, _towers(_rays(sheet, sets[other])), chance)
            for other, chance in likely
            if (crossed := places[other]) is not None
        ]
        rays = _rays(sheet, sets[number])
        chance = min(1.0, math.fsum(chances[other] for other in agreeing))
        many = sum(len(sets[other]) == 2 for _, other in rivals) if len(rays) == 2 else 0  # noqa: PLR2004 - pairs
        found.append(Found(tuple(rays), places[number], chance, many, tuple(others)))
    return found


def _rays(sheet: Sheet, members: Sequence[int]) -> list[Ray]:
    return [sheet.rays[ray] for ray in members]


def _towers(rays: Sequence[Ray]) -> tuple[TowerId, ...]:
    return tuple(dict.fromkeys(ray.members[0].tower_id for ray in rays))


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


def join_left_over(
    found: Sequence[Found], rays: Sequence[Ray], rules: AssociationRules, links: Links
) -> tuple[list[Found], list[Ray]]:
    """Give each ray that points at a fire found, at its time, to the best-fitting one; return the rest too."""
    used = {ray.number for one in found for ray in one.all_rays}
    joined, alone = list(found), []
    for ray in rays:
        if ray.number in used:
            continue
        fits = [(_misfit(ray, one), number) for number, one in enumerate(joined) if _may_join(ray, one, rules, links)]
        misfit, number = min(fits, default=(math.inf, 0))
        if misfit > _JOIN_SIGMAS:
            alone.append(ray)
        else:
            joined[number] = replace(joined[number], later=(*joined[number].later, ray))
    return joined, alone


def _may_join(ray: Ray, one: Found, rules: AssociationRules, links: Links) -> bool:
    near = [r for r in one.all_rays if ray.is_near_in_time(r.first_seen_at, r.observed_at, rules.gap)]
    # Two rays of one mast at one time are two smokes, however wide the fix: joining them would hide one.
    if not near or any(r.mast == ray.mast for r in near):
        return False
    pairs = ((a.sighting_id, b.sighting_id) for r in one.all_rays for a in r.members for b in ray.members)
    return not (links.apart and any(links.are_apart(a, b) for a, b in pairs))


def _misfit(ray: Ray, one: Found) -> float:
    """Return by how many standard deviations, of itself and of the place, a ray misses a fire.

    Infinite where the place lies behind the ray, or beyond its range by more than one standard deviation.
    """
    assert one.crossed is not None  # noqa: S101 - for the type checker: fires found have a place
    fix = one.crossed.fix
    leg = inverse(ray.position, fix.position)
    turn_deg = abs(difference_deg(ray.bearing.azimuth_deg, leg.azimuth_deg))
    across_m, along_m = _seen_from(fix.ellipse, leg.arrival_azimuth_deg)
    if turn_deg > _RIGHT_ANGLE_DEG or leg.distance_m - along_m > ray.range_m:
        return math.inf
    place_deg = math.degrees(across_m / max(_NEAREST_M, leg.distance_m))
    return turn_deg / math.hypot(ray.bearing.sigma_deg, place_deg)


def _seen_from(ellipse: ErrorEllipse, azimuth_deg: float) -> tuple[float, float]:
    """Return the standard deviations of a place across and along a direction [m]."""
    turn = math.radians(azimuth_deg - ellipse.azimuth_deg)
    across = math.hypot(ellipse.major_m * math.sin(turn), ellipse.minor_m * math.cos(turn))
    return across, math.hypot(ellipse.major_m * math.cos(turn), ellipse.minor_m * math.sin(turn))
