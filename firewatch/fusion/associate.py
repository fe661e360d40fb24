"""Which sightings are of one fire: a partition that no order of arrival can change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.changes import PossiblePlace
from firewatch.fusion.fires import Found, find_fires, join_left_over
from firewatch.fusion.links import NO_LINKS, Links
from firewatch.fusion.rays import AssociationRules, Placed, gather_rays
from firewatch.fusion.sheet import lay_out
from firewatch.fusion.tying import tie

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firewatch.domain.geo import Fix
    from firewatch.domain.ids import SightingId, TowerId
    from firewatch.fusion.fires import GroundOf
    from firewatch.fusion.intersect import Residual

__all__ = ["ONE_PLACE_ONLY", "SEVERAL_PLACES", "AssociationRules", "Group", "Placed", "partition"]

ONE_PLACE_ONLY = "seen from one place only: no other bearing crosses this one within range, error and time"
SEVERAL_PLACES = "several places possible: the bearings could be of other fires as well; another tower would tell"


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
        Of two masts' rays: how many other crossings they could have made.
    chance : float
        How likely the sightings are of one fire, among all ways in which their rays could be of fires; 1 for one mast.
    possible_places : tuple of PossiblePlace
        Where it could also be, the likeliest first. Where no place is likely enough to be shown as the fix, the most
        likely one is the first of them.
    """

    members: tuple[SightingId, ...]
    towers: tuple[TowerId, ...]
    fix: Fix | None
    why_not: str
    chi_square: float = 0.0
    freedom: int = 0
    residuals: tuple[Residual, ...] = ()
    rivals: int = 0
    chance: float = 1.0
    possible_places: tuple[PossiblePlace, ...] = ()


def partition(
    sightings: Iterable[Placed],
    rules: AssociationRules | None = None,
    *,
    links: Links = NO_LINKS,
    ground_of: GroundOf | None = None,
) -> tuple[Group, ...]:
    """Divide sightings into fires.

    The result is a function of the set of sightings: order and repetition do not matter, because everything is
    computed from the canonical order (first_seen_at, sighting_id). In four steps:

    1. Sightings from one mast in one direction, without a pause longer than `gap`, become one ray.
    2. Sets of rays from different masts that agree on a place are candidates. Each has log-odds: how much likelier its
       bearings and first frames, and where the ground is known its elevation angles, are of one fire than of one for
       each ray.
    3. The disjoint candidates with the largest sum become fires. The probability of each is summed over all ways to
       divide the rays around it. One that is less sure than `sure` has no fix but possible_places: two masts cannot
       always tell two fires from their two ghosts, and a ghost on the map sends people to an empty hill.
    4. A ray left over that points at a fire found, at its time, joins it, unless its mast sees that fire in another
       direction then. All others are groups of their own.

    What a person said (`links`) holds before all of that.

    Parameters
    ----------
    sightings : iterable of Placed
        In any order; every sighting is in exactly one group.
    rules : AssociationRules, optional
        Directions, gap, and how often fires begin.
    links : Links
        Sightings that people said are, or are not, of one fire.
    ground_of : callable, optional
        From some towers to the ground around them, with what each sees; None without a model. Asked once for the towers
        whose bearings cross. A crossing is then weighed by whether the ground there lies at the elevation angles of the
        sightings, and in sight of their towers.

    Returns
    -------
    tuple of Group
        In the order of their first members.

    Notes
    -----
    Limits. Two fires within `same_direction_deg` of one another from one mast are one ray of it. A fire on the line
    between two towers cannot be crossed by them and opens two groups, until a third tower sees it. What a tower did not
    see is not asked.
    """
    rules = rules or AssociationRules()
    rays = gather_rays(sightings, rules, links)
    found = [fire for sheet in lay_out(rays) for fire in find_fires(sheet, rules, links, ground_of)]
    found, alone = join_left_over(found, rays, rules, links)
    fires = tie([*found, *(Found((ray,), None) for ray in alone)], links)
    groups = [_group(fire, rules.sure) for fire in fires]
    return tuple(group for _, group in sorted(groups, key=lambda item: item[0]))


def _group(fire: Found, sure: float) -> tuple[tuple[object, ...], Group]:
    placed = sorted((m for ray in fire.all_rays for m in ray.members), key=lambda m: (m.first_seen_at, m.sighting_id))
    members = tuple(member.sighting_id for member in placed)
    towers = tuple(dict.fromkeys(member.tower_id for member in placed))
    order = (placed[0].first_seen_at, members[0])
    crossed = fire.crossed
    if crossed is None:
        return order, Group(members, towers, None, ONE_PLACE_ONLY)
    if fire.chance < sure:
        own = PossiblePlace(crossed.fix, tuple(residual.tower_id for residual in crossed.residuals), fire.chance)
        places = sorted((own, *fire.possible_places), key=lambda place: -place.chance)
        return order, Group(
            members, towers, None, SEVERAL_PLACES, rivals=fire.rivals, chance=fire.chance, possible_places=tuple(places)
        )
    agreement = crossed.chi_square if crossed.freedom else 0.0
    group = Group(
        members,
        towers,
        crossed.fix,
        "",
        agreement,
        crossed.freedom,
        crossed.residuals,
        fire.rivals,
        fire.chance,
        fire.possible_places,
    )
    return order, group
