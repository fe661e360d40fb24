"""From where else a smoke could be seen: towers, bearings, and whether their cameras reach it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.geo import wrap_deg
from firewatch.geodesy import direct, inverse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.geo import Position
    from firewatch.domain.sites import Camera, SiteMap, Tower
    from firewatch.domain.vision import Sighting
    from firewatch.services.views import IncidentCard

__all__ = ["Vantage", "lookers", "vantages"]

_HALF_TURN_DEG = 180.0
# Along a bearing alone the smoke may stand anywhere between a ridge beside the tower and the camera's reach.
_NEAREST_M = 1_000.0
_STEPS = 24
# A camera whose reach nobody gave.
_REACH_M = 15_000.0
# Lines that cross at less do not say how far the smoke is.
_FLAT_DEG = 15.0


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
    """

    tower: Tower
    bearing_deg: float
    distance_m: float
    span_deg: tuple[float, float] | None
    is_near: bool
    reach_m: float
    is_in_view: bool
    crossing_deg: float = 90.0


def vantages(card: IncidentCard, sites: SiteMap) -> list[Vantage]:
    """Return the towers that have not seen an incident and could look, the most useful first."""
    places = _places(card, sites)
    others = [tower for tower in sites.towers if tower.tower_id not in set(card.incident.towers) and tower.cameras]
    lines = [sighting.bearing.azimuth_deg for sighting in card.sightings]
    return _useful([_vantage(tower, places, lines) for tower in others] if places else [])


def lookers(place: Position, sites: SiteMap) -> list[Vantage]:
    """Return the towers whose cameras could look at a place within their reach, the most useful first."""
    found = [_vantage(tower, [place]) for tower in sites.towers if tower.cameras]
    return _useful([one for one in found if one.is_near])


def _useful(found: list[Vantage]) -> list[Vantage]:
    # A look along a line that is there already tells hardly more than that line.
    return sorted(
        found,
        key=lambda one: (not one.is_near, not one.is_in_view, one.crossing_deg < _FLAT_DEG, one.distance_m),
    )


def _places(card: IncidentCard, sites: SiteMap) -> list[Position]:
    """Return where the smoke is: the fix, else its possible places, else places along the first bearing."""
    if card.incident.fix is not None:
        return [card.incident.fix.position]
    if card.incident.possible_places:
        return [place.fix.position for place in card.incident.possible_places]
    for sighting in card.sightings:
        tower = sites.tower(sighting.tower_id)
        if tower is not None:
            return _along(sighting, tower)
    return []


def _along(sighting: Sighting, tower: Tower) -> list[Position]:
    reach_m = next((one.range_m for one in tower.cameras if one.camera_id == sighting.camera_id), _REACH_M)
    lengths = (_NEAREST_M + (reach_m - _NEAREST_M) * step / _STEPS for step in range(_STEPS + 1))
    return [direct(tower.position, sighting.bearing.azimuth_deg, length) for length in lengths]


def _vantage(tower: Tower, places: Sequence[Position], lines: Sequence[float] = ()) -> Vantage:
    legs = [inverse(tower.position, place) for place in places]
    azimuths = [leg.azimuth_deg for leg in legs]
    first, last = _span(azimuths)
    bearing = wrap_deg(first + wrap_deg(last - first) / 2.0)
    nearest_m = min(leg.distance_m for leg in legs)
    reach_m = max(camera.range_m for camera in tower.cameras)
    return Vantage(
        tower=tower,
        bearing_deg=bearing,
        distance_m=nearest_m,
        span_deg=None if len(places) == 1 else (first, last),
        is_near=nearest_m <= reach_m,
        reach_m=reach_m,
        is_in_view=any(_sees(camera, bearing) for camera in tower.cameras),
        crossing_deg=min((_crossing(bearing, line) for line in lines), default=90.0),
    )


def _crossing(azimuth_deg: float, other_deg: float) -> float:
    turn = math.fabs(_turn(azimuth_deg - other_deg))
    return min(turn, _HALF_TURN_DEG - turn)


def _span(azimuths: Sequence[float]) -> tuple[float, float]:
    """Return the narrowest sector, clockwise, that holds all azimuths: what lies outside is the widest gap."""
    ordered = sorted(azimuths)
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
