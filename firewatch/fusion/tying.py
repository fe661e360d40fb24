"""Fires that people tied together though their bearings do not cross, and those that lost sightings by that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.fusion.fires import Found, locate
from firewatch.fusion.rays import Ray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.fusion.links import Links

__all__ = ["tie"]


def tie(fires: Sequence[Found], links: Links) -> list[Found]:
    """Return the fires with those united that hold sightings of one fire by what people said.

    Parameters
    ----------
    fires : sequence of Found
        Those with a single ray among them, without a place; none holds sightings that a person told apart.
    links : Links
        What people said.

    Returns
    -------
    list of Found
        The one with a place from most rays, of equal ones the earliest, keeps its place and takes the rays of the
        others; of a fire with another sighting that a person told apart from it, only the sightings that were named.
    """
    tied = list(fires)
    for block in links.together:
        named = [one for one in tied if _has_named(one.all_rays, block)]
        if len(named) > 1:
            tied = _united(tied, named, block, links)
    return tied


def _has_named(rays: Sequence[Ray], block: frozenset[str]) -> bool:
    return any(member.sighting_id in block for ray in rays for member in ray.members)


def _united(tied: Sequence[Found], named: Sequence[Found], block: frozenset[str], links: Links) -> list[Found]:
    home = min(named, key=lambda one: (one.crossed is None, -len(one.rays), one.all_rays[0].number))
    later = list(home.later)
    left: list[Found] = []
    for other in (one for one in named if one is not home):
        if _are_apart([*home.rays, *later], other.all_rays, links):
            later += _part(other.all_rays, block, is_named=True)
            left += _without(_part(other.all_rays, block, is_named=False), links)
        else:
            later += other.all_rays
    united = Found(home.rays, home.crossed, home.chance, home.rivals, home.possible_places, tuple(later))
    return [*(one for one in tied if one not in named), united, *left]


def _are_apart(some: Sequence[Ray], others: Sequence[Ray], links: Links) -> bool:
    mine, its = ([m.sighting_id for ray in rays for m in ray.members] for rays in (some, others))
    return any(links.are_apart(a, b) for a in mine for b in its)


def _part(rays: Sequence[Ray], block: frozenset[str], *, is_named: bool) -> list[Ray]:
    """Return the rays with those members only that are, or are not, of a block."""
    kept = ((ray, tuple(m for m in ray.members if (m.sighting_id in block) == is_named)) for ray in rays)
    return [Ray(ray.number, ray.mast, members) for ray, members in kept if members]


def _without(rays: Sequence[Ray], links: Links) -> list[Found]:
    """Return what is left of a fire: with its place anew where two masts still see it, else what people tied, each."""
    crossed = locate(rays) if len({ray.mast for ray in rays}) > 1 else None
    if crossed is not None:
        return [Found(tuple(rays), crossed)]
    pieces = [[ray] for ray in rays]
    for block in links.together:
        tied = [piece for piece in pieces if _has_named(piece, block)]
        if len(tied) > 1:
            united = [ray for piece in tied for ray in piece]
            pieces = [*(piece for piece in pieces if piece not in tied), united]
    return [Found((piece[0],), None, later=tuple(piece[1:])) for piece in pieces]
