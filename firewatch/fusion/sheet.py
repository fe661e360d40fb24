"""Rays as aligned arrays on a plane, so that thousands of crossings are weighed at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.geodesy import LocalPlane, inverse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.geo import Position
    from firewatch.fusion.rays import Ray
    from firewatch.fusion.watchers import Watcher

__all__ = ["Eyes", "Floats", "Ints", "Sheet", "lay_out"]

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Ints = np.ndarray[tuple[int, ...], np.dtype[np.intp]]

# A degree of latitude is at least this long [m]: masts farther apart in latitude than they reach need no geodesic.
_LEAST_DEGREE_M = 110_000.0


@dataclass(frozen=True, slots=True)
class Eyes:
    """The masts that look around on a sheet, whether they see anything or not.

    Parameters
    ----------
    at : array (w, 2)
        East and north [m].
    reach_m : array (w,)
        How far each sees [m].
    mast : array (w,)
        The mast's number, -1 for one that has no ray.
    sectors : tuple, length w
        Of each, pairs of middle and half width on the plane [rad]; none: all around.
    """

    at: Floats
    reach_m: Floats
    mast: Ints
    sectors: tuple[tuple[tuple[float, float], ...], ...]


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
    eyes : Eyes
        Who looks.
    """

    rays: tuple[Ray, ...]
    at: Floats
    azimuth: Floats
    sigma: Floats
    reach_m: Floats
    since_s: Floats
    until_s: Floats
    mast: Ints
    eyes: Eyes


def lay_out(rays: Sequence[Ray], watchers: Sequence[Watcher] = ()) -> list[Sheet]:
    """Return the rays on sheets: two of one fire are always on one.

    Parameters
    ----------
    rays : sequence of Ray
        In canonical order.
    watchers : sequence of Watcher
        Who else looks: those of masts without a ray. Each counts on every sheet where it can see something.

    Returns
    -------
    list of Sheet
        In the order of their first rays; every ray is on exactly one.
    """
    home = _neighbours(rays)
    by_home: dict[int, list[Ray]] = {}
    for ray in rays:
        by_home.setdefault(home[ray.mast], []).append(ray)
    return [_sheet(together, watchers) for together in by_home.values()]


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
            for other in places:
                # One sigma beyond the range is allowed to a crossing: hence twice the reach.
                reach_m = 2.0 * (reaches[one] + reaches[other])
                if other not in home and _is_within(places[one], places[other], reach_m):
                    home[other] = mast
                    waiting.append(other)
    return home


def _is_within(one: Position, other: Position, reach_m: float) -> bool:
    if abs(one.lat_deg - other.lat_deg) * _LEAST_DEGREE_M > reach_m:
        return False
    return inverse(one, other).distance_m <= reach_m


def _sheet(rays: Sequence[Ray], watchers: Sequence[Watcher]) -> Sheet:
    plane = LocalPlane(rays[0].position)
    start = rays[0].first_seen_at
    feet = {ray.mast: _foot(plane, ray.position) for ray in rays}
    # On the plane the meridian of another place is turned by the convergence, the same for all rays of a mast.
    turns = {ray.mast: plane.grid_azimuth_deg(ray.position, 0.0) for ray in rays}
    at = np.array([feet[ray.mast] for ray in rays])
    reach_m = np.array([ray.range_m for ray in rays])
    return Sheet(
        tuple(rays),
        at,
        np.radians([ray.bearing.azimuth_deg + turns[ray.mast] for ray in rays]),
        np.radians([ray.bearing.sigma_deg for ray in rays]),
        reach_m,
        np.array([_seconds(ray.first_seen_at, start) for ray in rays]),
        np.array([_seconds(ray.observed_at, start) for ray in rays]),
        np.array([ray.mast for ray in rays], dtype=np.intp),
        _eyes(rays, watchers, plane, float(np.abs(at).max() * math.sqrt(2.0) + 2.0 * reach_m.max())),
    )


def _foot(plane: LocalPlane, place: Position) -> tuple[float, float]:
    foot = plane.project(place)
    return foot.east_m, foot.north_m


def _seconds(at: datetime, start: datetime) -> float:
    return (at - start).total_seconds()


def _eyes(rays: Sequence[Ray], watchers: Sequence[Watcher], plane: LocalPlane, extent_m: float) -> Eyes:
    """Return the masts of the rays, then the watchers of other masts whose reach comes near."""
    known: dict[int, tuple[Position, float, tuple[tuple[float, float], ...]]] = {}
    by_tower = {watcher.tower_id: watcher for watcher in watchers}
    for ray in rays:
        said = by_tower.get(ray.members[0].tower_id)
        reach_m = max(ray.range_m, known[ray.mast][1] if ray.mast in known else 0.0)
        known[ray.mast] = (ray.position, reach_m, said.sectors if said else ())
    towers = {member.tower_id for ray in rays for member in ray.members}
    found = [(at, reach_m, mast, sectors) for mast, (at, reach_m, sectors) in known.items()]
    for watcher in sorted(watchers, key=lambda one: one.tower_id):
        near_m = extent_m + watcher.range_m
        if watcher.tower_id not in towers and _is_within(plane.origin, watcher.position, near_m):
            found.append((watcher.position, watcher.range_m, -1, watcher.sectors))
    return Eyes(
        np.array([_foot(plane, at) for at, _, _, _ in found]),
        np.array([reach_m for _, reach_m, _, _ in found]),
        np.array([mast for _, _, mast, _ in found], dtype=np.intp),
        tuple(_turned(sectors, plane.grid_azimuth_deg(at, 0.0)) for at, _, _, sectors in found),
    )


def _turned(sectors: Sequence[tuple[float, float]], turn_deg: float) -> tuple[tuple[float, float], ...]:
    return tuple((math.radians(middle + turn_deg), math.radians(width / 2.0)) for middle, width in sectors)
