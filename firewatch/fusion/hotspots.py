"""Which fire a satellite's hotspot belongs to, and which hotspots are one heat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between
from firewatch.domain.geo import difference_deg
from firewatch.geodesy import LocalPlane, inverse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from firewatch.domain.geo import ErrorEllipse, Fix, Position
    from firewatch.domain.hotspot import HeatSource, Hotspot
    from firewatch.domain.ids import IncidentId
    from firewatch.fusion.rays import Placed

__all__ = [
    "HotspotMatch",
    "HotspotRules",
    "SeenFire",
    "SmokeLine",
    "element_side_m",
    "group_hotspots",
    "heat_source_at",
    "match_hotspot",
    "smoke_lines",
]

# Sides of the elements at the nadir [m]: VIIRS I bands 375 m, MODIS 1 km, Himawari's 3.9 um band 2 km. The first that
# the satellite's name holds counts; FIRMS calls MODIS by its platforms, Terra and Aqua.
_SIDES_M = (
    ("himawari", 2000.0),
    ("terra", 1000.0),
    ("aqua", 1000.0),
    ("modis", 1000.0),
    ("n20", 375.0),
    ("n21", 375.0),
    ("npp", 375.0),
)
_UNKNOWN_SIDE_M = 1000.0
# A fire is anywhere in its element: a side over the root of 12 is the standard deviation; the element itself is placed
# to a quarter of a side.
_ANYWHERE = 1.0 / math.sqrt(12.0)
_PLACED = 0.25
_M_PER_KM = 1000.0


@dataclass(frozen=True, slots=True)
class HotspotRules:
    """How near in space and time a hotspot must be.

    Parameters
    ----------
    chance : float
        A hotspot that lies so far that only this share of true ones do is no match, above 0 and below 1.
    before, after : timedelta
        How long before the first and after the last frame of an incident a hotspot may be its own: smoke is seen
        later than heat in a valley, and a fire smoulders on.
    together : timedelta
        Hotspots of one heat are not further apart in time.
    """

    chance: float = 0.01
    before: timedelta = timedelta(hours=3)
    after: timedelta = timedelta(hours=3)
    together: timedelta = timedelta(hours=6)

    def __post_init__(self) -> None:
        require_between("chance of a lost match", self.chance, 1e-9, 0.5)

    @property
    def furthest(self) -> float:
        """The largest chi-square of a match: at two degrees of freedom its tail is exp(-x / 2)."""
        return -2.0 * math.log(self.chance)


@dataclass(frozen=True, slots=True)
class SmokeLine:
    """A camera's line of sight to a smoke: whence, true azimuth and its standard deviation [deg], and reach [m]."""

    start: Position
    azimuth_deg: float
    sigma_deg: float
    reach_m: float


@dataclass(frozen=True, slots=True)
class SeenFire:
    """An incident as matching needs it.

    Parameters
    ----------
    incident_id : IncidentId
        Which.
    first_at, last_at : datetime
        UTC instants of the first and the latest frame.
    fix : Fix or None
        Where it is.
    lines : tuple of SmokeLine
        Where its cameras look: they count where there is no fix.
    """

    incident_id: IncidentId
    first_at: datetime
    last_at: datetime
    fix: Fix | None
    lines: tuple[SmokeLine, ...] = ()


@dataclass(frozen=True, slots=True)
class HotspotMatch:
    """A hotspot that may well be of an incident.

    Parameters
    ----------
    incident_id : IncidentId
        Of which.
    distance_m : float
        From its fix, or from the nearest of its lines [m].
    minutes : float
        From its first frame on, negative before it [min].
    chi_square : float
        How far that is, against the errors of both; 2 is usual, 9.2 the 99th of a hundred.
    apart_min : float
        Before the first or after the last frame, at least 0; 0 between them [min].
    is_located : bool
        Whether it is near the fix, or only near a line of sight.
    """

    incident_id: IncidentId
    distance_m: float
    minutes: float
    chi_square: float
    apart_min: float
    is_located: bool


def smoke_lines(placed: Iterable[Placed]) -> tuple[SmokeLine, ...]:
    """Return where the cameras of some sightings look."""
    return tuple(SmokeLine(p.position, p.bearing.azimuth_deg, p.bearing.sigma_deg, p.range_m) for p in placed)


def element_side_m(hotspot: Hotspot) -> float:
    """Return the side of a hotspot's element [m]: of its told area, else by its satellite."""
    if hotspot.size_km2:
        return math.sqrt(hotspot.size_km2) * _M_PER_KM
    name = hotspot.satellite.casefold()
    return next((side for word, side in _SIDES_M if word in name), _UNKNOWN_SIDE_M)


def _sigma_m(hotspot: Hotspot) -> float:
    return element_side_m(hotspot) * math.hypot(_ANYWHERE, _PLACED)


def match_hotspot(
    hotspot: Hotspot, fires: Sequence[SeenFire], rules: HotspotRules = HotspotRules()
) -> HotspotMatch | None:
    """Return the incident that a hotspot most likely belongs to; None where none is near enough in space and time.

    Parameters
    ----------
    hotspot : Hotspot
        What the satellite saw.
    fires : sequence of SeenFire
        The incidents.
    rules : HotspotRules
        How near it must be.

    Returns
    -------
    HotspotMatch or None
        Of several the one with the least chi-square, of equals the earlier opened.
    """
    matches = (_match(hotspot, fire, rules) for fire in fires)
    found = [match for match in matches if match is not None]
    return min(found, key=lambda one: (one.chi_square, one.incident_id), default=None)


def _match(hotspot: Hotspot, fire: SeenFire, rules: HotspotRules) -> HotspotMatch | None:
    if not fire.first_at - rules.before <= hotspot.at <= fire.last_at + rules.after:
        return None
    places = [_from_fix(hotspot, fire.fix)] if fire.fix is not None else [_from_line(hotspot, x) for x in fire.lines]
    distance_m, chi_square = min(places, key=lambda one: one[1], default=(math.inf, math.inf))
    if chi_square > rules.furthest:
        return None
    minutes, after_min = ((hotspot.at - at) / timedelta(minutes=1) for at in (fire.first_at, fire.last_at))
    apart_min = max(0.0, -minutes, after_min)
    return HotspotMatch(fire.incident_id, distance_m, minutes, chi_square, apart_min, fire.fix is not None)


def _from_fix(hotspot: Hotspot, fix: Fix) -> tuple[float, float]:
    """Return distance [m] and chi-square of a hotspot from a fix."""
    at = LocalPlane(fix.position).project(hotspot.position)
    return math.hypot(at.east_m, at.north_m), _mahalanobis(at.east_m, at.north_m, fix.ellipse, _sigma_m(hotspot))


def _mahalanobis(east_m: float, north_m: float, ellipse: ErrorEllipse, sigma_m: float) -> float:
    theta = math.radians(ellipse.azimuth_deg)
    along = east_m * math.sin(theta) + north_m * math.cos(theta)
    across = east_m * math.cos(theta) - north_m * math.sin(theta)
    return along**2 / (ellipse.major_m**2 + sigma_m**2) + across**2 / (ellipse.minor_m**2 + sigma_m**2)


def _from_line(hotspot: Hotspot, line: SmokeLine) -> tuple[float, float]:
    """Return distance [m] and chi-square of a hotspot from a line of sight; beyond its end it is not seen."""
    leg = inverse(line.start, hotspot.position)
    sigma_m = _sigma_m(hotspot)
    turn = math.radians(difference_deg(leg.azimuth_deg, line.azimuth_deg))
    if math.cos(turn) <= 0.0 or leg.distance_m > line.reach_m + 2.0 * sigma_m:
        return math.inf, math.inf
    aside = leg.distance_m * abs(math.sin(turn))
    error = math.hypot(sigma_m, leg.distance_m * math.radians(line.sigma_deg))
    # One dimension is known only: the bar of two is the more generous one, so that fewer sightings go unmatched.
    return aside, (aside / error) ** 2


def group_hotspots(hotspots: Sequence[Hotspot], rules: HotspotRules = HotspotRules()) -> list[list[int]]:
    """Return which hotspots are one heat: elements that touch, or nearly, within some hours of each other.

    Parameters
    ----------
    hotspots : sequence of Hotspot
        In any order.
    rules : HotspotRules
        How long apart they may be.

    Returns
    -------
    list of list of int
        Indices, each group and the list of groups by (instant, index) of what they begin with; independent of order.
    """
    order = sorted(range(len(hotspots)), key=lambda index: (hotspots[index].at, index))
    parents = list(range(len(hotspots)))
    for place, index in enumerate(order):
        for other in reversed(order[:place]):
            if hotspots[index].at - hotspots[other].at > rules.together:
                break
            if _find(parents, index) != _find(parents, other) and _touch(hotspots[index], hotspots[other]):
                parents[_find(parents, index)] = _find(parents, other)
    groups: dict[int, list[int]] = {}
    for index in order:
        groups.setdefault(_find(parents, index), []).append(index)
    return sorted(groups.values(), key=lambda group: (hotspots[group[0]].at, group[0]))


def _find(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index


# A degree of latitude is 110.6 km at least: a quick look before the geodesic.
_LEAST_DEGREE_M = 110_574.0


def _touch(one: Hotspot, other: Hotspot) -> bool:
    # The diagonal of an element, and half of it more: one between them may be missing.
    limit_m = (element_side_m(one) + element_side_m(other)) * math.sqrt(0.5) * 1.5
    if abs(one.position.lat_deg - other.position.lat_deg) * _LEAST_DEGREE_M > limit_m:
        return False
    return inverse(one.position, other.position).distance_m <= limit_m


def heat_source_at(hotspot: Hotspot, sources: Sequence[HeatSource]) -> HeatSource | None:
    """Return the place known to be warm whose radius, or the element's half diagonal around it, holds a hotspot."""
    half_m = element_side_m(hotspot) * math.sqrt(0.5)
    near = ((inverse(one.position, hotspot.position).distance_m - one.radius_m, one) for one in sources)
    within = [(distance_m, one) for distance_m, one in near if distance_m <= half_m]
    return min(within, key=lambda pair: pair[0])[1] if within else None
