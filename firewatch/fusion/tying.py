"""Fires that people tied together though their bearings do not cross, and those that lost a ray by that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.fusion.fires import Found, locate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.fusion.links import Links
    from firewatch.fusion.rays import Ray

__all__ = ["tie"]


def tie(fires: Sequence[Found], links: Links) -> list[Found]:
    """Return the fires with those united that hold sightings of one fire by what people said.

    Parameters
    ----------
    fires : sequence of Found
        Those with a single ray among them, without a place.
    links : Links
        What people said.

    Returns
    -------
    list of Found
        The one with a place from most rays, of equal ones the earliest, keeps its place and takes the rays of the
        others; of a fire with another ray that a person told apart from it, only those that were named.
    """
    tied = list(fires)
    for block in links.together:
        named = [one for one in tied if _rays_of(one, block)]
        if len(named) > 1:
            tied = _united(tied, named, block, links)
    return tied


def _rays_of(one: Found, block: frozenset[str]) -> list[Ray]:
    return [ray for ray in one.all_rays if any(member.sighting_id in block for member in ray.members)]


def _united(tied: Sequence[Found], named: Sequence[Found], block: frozenset[str], links: Links) -> list[Found]:
    home = min(named, key=lambda one: (one.crossed is None, -len(one.rays), one.all_rays[0].number))
    later = list(home.later)
    left: list[Found] = []
    for other in (one for one in named if one is not home):
        if _are_apart(home, other, links):
            moved = _rays_of(other, block)
            left += _without(other, moved)
        else:
            moved = list(other.all_rays)
        later += moved
    united = Found(home.rays, home.crossed, home.chance, home.rivals, home.possible_places, tuple(later))
    return [*(one for one in tied if one not in named), united, *left]


def _are_apart(one: Found, other: Found, links: Links) -> bool:
    mine, its = ([m.sighting_id for ray in found.all_rays for m in ray.members] for found in (one, other))
    return any(links.are_apart(a, b) for a in mine for b in its)


def _without(one: Found, moved: Sequence[Ray]) -> list[Found]:
    """Return what is left of a fire that lost rays: with its place anew where two masts still see it, else each ray."""
    gone = {ray.number for ray in moved}
    rays = [ray for ray in one.all_rays if ray.number not in gone]
    crossed = locate(rays) if len({ray.mast for ray in rays}) > 1 else None
    if crossed is not None:
        return [Found(tuple(rays), crossed)]
    return [Found((ray,), None) for ray in rays]
