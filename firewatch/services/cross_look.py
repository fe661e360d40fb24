"""From where else a smoke could be seen: which tower would most likely find it and tell most of where it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.geo import ErrorEllipse, Fix, wrap_deg
from firewatch.errors import NoFixError
from firewatch.fusion import Eye
from firewatch.fusion.looks import Onlooker, best_look, places_around, places_of
from firewatch.fusion.sight_density import view_from
from firewatch.geodesy import LocalPlane, inverse
from firewatch.services.locating import Locator, flat
from firewatch.services.sight_lines import pointing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firewatch.domain.geo import Position
    from firewatch.domain.sites import Camera, SiteMap, Tower
    from firewatch.fusion.looks import Look, Places
    from firewatch.services.locating import GroundOf
    from firewatch.services.views import IncidentCard

__all__ = ["PlainSight", "Vantage", "lookers", "vantages"]

_HALF_TURN_DEG = 180.0
# What smoke rises at once, beside canopy and the error of the model, is no hill in the way [m].
_PLAIN_M = 15.0
# Nobody says of a camera whether it can turn: a look outside all its views is worth half.
_OUTSIDE_VIEWS = 0.5
# Looks that differ by less are worth the same [bit]: then the nearer tower is asked, and of those the first by name.
_SAME_BITS = 0.05
# No mast stands stiller than this, whatever is stated [deg].
_LEAST_SIGMA_DEG = 0.01
# A place given without an error is good to this [m].
_PLACE_M = 100.0


class PlainSight(StrEnum):
    """Whether a tower can see a smoke over the ground between."""

    PLAIN = "plain"
    RISEN = "risen"
    FAR = "far"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Vantage:
    """A tower that could look.

    Parameters
    ----------
    tower : Tower
        Which.
    bearing_deg : float
        Where it would look, true azimuth [deg].
    distance_m : float
        To the fix, or to the nearest place where the smoke may be [m].
    span_deg : tuple of float or None
        First and last azimuth, clockwise, where the smoke is not located; None where it is [deg].
    is_near : bool
        Whether that is within what one of its cameras usually sees.
    reach_m : float
        What its farthest camera usually sees [m].
    is_in_view : bool
        Whether the bearing is within a view that one of its cameras has, so that no camera need turn.
    crossing_deg : float
        The least angle at which its line of sight crosses one that is there already, 0 to 90 [deg].
    chance : float
        That it finds a young plume there, 0 to 1.
    least_visible_m : float or None
        How high that plume must stand to be seen from there [m]; None where nobody knows the ground.
    bits : float
        What its look is worth, as `firewatch.fusion.looks` tells, less where a camera would have to turn.
    """

    tower: Tower
    bearing_deg: float
    distance_m: float
    span_deg: tuple[float, float] | None
    is_near: bool
    reach_m: float
    is_in_view: bool
    crossing_deg: float = 90.0
    chance: float = 0.0
    least_visible_m: float | None = None
    bits: float = 0.0

    @property
    def sight(self) -> PlainSight:
        """Whether it can see the smoke over the ground between."""
        if not self.is_near:
            return PlainSight.FAR
        if self.least_visible_m is None:
            return PlainSight.UNKNOWN
        return PlainSight.PLAIN if self.least_visible_m < _PLAIN_M else PlainSight.RISEN


@dataclass(frozen=True, slots=True)
class _Target:
    """What is looked for: where it may be, the fix where there is one, and the lines that are there already."""

    places: Places
    fix: Position | None
    lines: tuple[float, ...] = ()


def vantages(
    card: IncidentCard, sites: SiteMap, ground_of: GroundOf = flat, locator: Locator | None = None
) -> list[Vantage]:
    """Return the towers that have not seen an incident and could look, the most useful first.

    Parameters
    ----------
    card : IncidentCard
        Its sightings count by the bearings that the sites give them today.
    sites : SiteMap
        The towers.
    ground_of : callable
        From towers to heights and visibility around them; None for the plane.
    locator : Locator, optional
        Knows where the incident may be; by default one by its sightings and the ground.

    Returns
    -------
    list of Vantage
        By what their look is worth; equals by distance, then by name. None where nobody knows where it may be.
    """
    target = _target(card, sites, locator or Locator(sites, ground_of))
    others = [tower for tower in sites.towers if tower.tower_id not in set(card.incident.towers) and tower.cameras]
    return _useful([_vantage(tower, target, ground_of) for tower in others] if target else [])


def lookers(place: Position, sites: SiteMap, radius_m: float = _PLACE_M, ground_of: GroundOf = flat) -> list[Vantage]:
    """Return the towers whose cameras could look at a place within their reach, the most useful first.

    Parameters
    ----------
    place : Position
        The place.
    sites : SiteMap
        The towers.
    radius_m : float
        How well the place is known: it is within this [m].
    ground_of : callable
        As in `vantages`.

    Returns
    -------
    list of Vantage
        Only those that are near.
    """
    # A uniform disc spreads along each axis by half its radius.
    error = ErrorEllipse(radius_m / 2.0, radius_m / 2.0, 0.0)
    target = _Target(places_around(LocalPlane(place), [(Fix(place, error), 1.0)]), place)
    found = [_vantage(tower, target, ground_of) for tower in sites.towers if tower.cameras]
    return _useful([one for one in found if one.is_near])


def _useful(found: list[Vantage]) -> list[Vantage]:
    return sorted(found, key=lambda one: (-round(one.bits / _SAME_BITS), one.distance_m, one.tower.tower_id))


def _target(card: IncidentCard, sites: SiteMap, locator: Locator) -> _Target | None:
    """Return where the smoke is: its possible places, else by what was seen, else the fix."""
    incident = card.incident
    fix = None if incident.fix is None else incident.fix.position
    lines = tuple(pointing(sighting, sites).azimuth_deg for sighting in card.sightings)
    if incident.fix is None and incident.possible_places:
        fixes = [(place.fix, place.chance) for place in incident.possible_places]
        return _Target(places_around(LocalPlane(fixes[0][0].position), fixes), None, lines)
    try:
        located = locator.locate(card.sightings)
    except NoFixError:
        # Bearings that no place explains: the fix that the incident has is all there is.
        located = None
    if located is not None:
        return _Target(places_of(located.posterior), fix, lines)
    if incident.fix is None:
        return None
    return _Target(places_around(LocalPlane(incident.fix.position), [(incident.fix, 1.0)]), fix, lines)


def _vantage(tower: Tower, target: _Target, ground_of: GroundOf) -> Vantage:
    reach_m = max(camera.range_m for camera in tower.cameras)
    look = _look(tower, target, reach_m, ground_of)
    at = target.places.plane.project(tower.position)
    view = view_from(at.east_m, at.north_m, target.places.likely().patches)
    north_deg = target.places.plane.grid_azimuth_deg(tower.position, 0.0)
    span = _span((view.azimuth_deg - north_deg) % 360.0)
    nearest_m = float(np.min(view.distance_m)) if target.fix is None else inverse(tower.position, target.fix).distance_m
    is_in_view = any(_sees(camera, look.heading_deg) for camera in tower.cameras)
    return Vantage(
        tower=tower,
        bearing_deg=look.heading_deg,
        distance_m=nearest_m,
        span_deg=None if target.fix is not None else span,
        is_near=nearest_m <= reach_m,
        reach_m=reach_m,
        is_in_view=is_in_view,
        crossing_deg=min((_crossing(look.heading_deg, line) for line in target.lines), default=90.0),
        chance=look.chance,
        least_visible_m=look.least_visible_m,
        bits=look.bits * (1.0 if is_in_view else _OUTSIDE_VIEWS),
    )


def _look(tower: Tower, target: _Target, reach_m: float, ground_of: GroundOf) -> Look:
    looks = [pose.calibration for camera in tower.cameras for pose in camera.poses]
    return best_look(
        target.places,
        Onlooker(
            Eye(tower.tower_id, tower.position, reach_m),
            max(_LEAST_SIGMA_DEG, min(one.sigma_deg for one in looks)),
            max(one.hfov_deg for one in looks),
        ),
        ground_of([tower]),
        towards=target.fix,
    )


def _crossing(azimuth_deg: float, other_deg: float) -> float:
    turn = math.fabs(_turn(azimuth_deg - other_deg))
    return min(turn, _HALF_TURN_DEG - turn)


def _span(azimuths: Iterable[float]) -> tuple[float, float]:
    """Return the narrowest sector, clockwise, that holds all azimuths: what lies outside is the widest gap."""
    ordered = sorted(float(azimuth) for azimuth in azimuths)
    nexts = [*ordered[1:], ordered[0] + 360.0]
    gaps = [after - before for before, after in zip(ordered, nexts, strict=True)]
    widest = gaps.index(max(gaps))
    return wrap_deg(nexts[widest]), ordered[widest]


def _sees(camera: Camera, bearing_deg: float) -> bool:
    return any(
        math.fabs(_turn(bearing_deg - pose.calibration.azimuth_deg)) <= pose.calibration.hfov_deg / 2.0
        for pose in camera.poses
    )


def _turn(angle_deg: float) -> float:
    return (angle_deg + _HALF_TURN_DEG) % 360.0 - _HALF_TURN_DEG
