"""Rays as aligned arrays on a plane, so that thousands of crossings are weighed at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.geodesy import LocalPlane, inverse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.geo import Position
    from firewatch.fusion.plane_fit import Floats, Ints
    from firewatch.fusion.rays import Ray

__all__ = ["Sheet", "lay_out"]

# A degree of latitude is at least this long [m]: masts farther apart in latitude than they reach need no geodesic.
_LEAST_DEGREE_M = 110_000.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rays of masts near enough to one another to see one fire, as arrays of length n in the rays' order.

    Parameters
    ----------
    rays : tuple of Ray, length n
        In canonical order.
    at : array (n, 2)
        East and north of the masts [m].
    azimuth, sigma : array (n,)
        Direction on the plane, clockwise from its north, and its standard deviation [rad].
    reach_m : array (n,)
        How far the ray's camera sees [m].
    since_s, until_s : array (n,)
        First and latest frame, from one instant [s].
    mast : array (n,)
        The mast's number.
    """

    rays: tuple[Ray, ...]
    at: Floats
    azimuth: Floats
    sigma: Floats
    reach_m: Floats
    since_s: Floats
    until_s: Floats
    mast: Ints


def lay_out(rays: Sequence[Ray]) -> list[Sheet]:
    """Return the rays on sheets: two of one fire are always on one.

    Parameters
    ----------
    rays : sequence of Ray
        In canonical order.

    Returns
    -------
    list of Sheet
        In the order of their first rays; every ray is on exactly one.
    """
    home = _neighbours(rays)
    by_home: dict[int, list[Ray]] = {}
    for ray in rays:
        by_home.setdefault(home[ray.mast], []).append(ray)
    return [_sheet(together) for together in by_home.values()]


def _neighbours(rays: Sequence[Ray]) -> dict[int, int]:
    """Return for each mast the first mast of those that it is chained to by reaches that overlap."""
    places: dict[int, Position] = {}
    reaches: dict[int, float] = {}
    for ray in rays:
        places.setdefault(ray.mast, ray.position)
        reaches[ray.mast] = max(ray.range_m, reaches.get(ray.mast, 0.0))
    home: dict[int, int] = {}
    for mast in places:
        if mast in home:
            continue
        home[mast], waiting = mast, [mast]
        while waiting:
            one = waiting.pop()
            for other, place in places.items():
                # One sigma beyond the range is allowed to a crossing: hence twice the reach.
                reach_m = 2.0 * (reaches[one] + reaches[other])
                if other not in home and _is_within(places[one], place, reach_m):
                    home[other] = mast
                    waiting.append(other)
    return home


def _is_within(one: Position, other: Position, reach_m: float) -> bool:
    if abs(one.lat_deg - other.lat_deg) * _LEAST_DEGREE_M > reach_m:
        return False
    return inverse(one, other).distance_m <= reach_m


def _sheet(rays: Sequence[Ray]) -> Sheet:
    plane = LocalPlane(rays[0].position)
    start = rays[0].first_seen_at
    feet = {ray.mast: _foot(plane, ray.position) for ray in rays}
    # On the plane the meridian of another place is turned by the convergence, the same for all rays of a mast.
    turns = {ray.mast: plane.grid_azimuth_deg(ray.position, 0.0) for ray in rays}
    return Sheet(
        tuple(rays),
        np.array([feet[ray.mast] for ray in rays]),
        np.radians([ray.bearing.azimuth_deg + turns[ray.mast] for ray in rays]),
        np.radians([ray.bearing.sigma_deg for ray in rays]),
        np.array([ray.range_m for ray in rays]),
        np.array([_seconds(ray.first_seen_at, start) for ray in rays]),
        np.array([_seconds(ray.observed_at, start) for ray in rays]),
        np.array([ray.mast for ray in rays], dtype=np.intp),
    )


def _foot(plane: LocalPlane, place: Position) -> tuple[float, float]:
    foot = plane.project(place)
    return foot.east_m, foot.north_m


def _seconds(at: datetime, start: datetime) -> float:
    return (at - start).total_seconds()
