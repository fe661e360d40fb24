"""What is known near a smoke: hotspots, sources of smoke, and what operators decided there before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_utc
from firewatch.domain.geo import difference_deg
from firewatch.domain.hotspot import HotspotConfidence
from firewatch.fusion.evidence import NearHotspot, NearSource, PlaceHistory
from firewatch.fusion.hotspots import match_hotspot
from firewatch.geodesy import LocalPlane, PlanePoint, inverse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from firewatch.domain.geo import Fix, Position
    from firewatch.domain.hotspot import Hotspot
    from firewatch.domain.smoke_source import SmokeSource
    from firewatch.fusion.hotspots import SeenFire
    from firewatch.fusion.intersect import TowerBearing

__all__ = ["HISTORY_REACH_M", "Decided", "history_at", "near_hotspot", "source_at", "source_towards"]

# How sure each class, and a source that says nothing, is of a fire: design choices until matches say better.
_SURENESS = {HotspotConfidence.HIGH: 0.95, HotspotConfidence.NOMINAL: 0.8, HotspotConfidence.LOW: 0.4, None: 0.6}
# A position is never better known than the smoke is wide.
_LEAST_ERROR_M = 100.0
# A source farther off than this explains nothing: its strength would be 0.0003.
_FARTHEST_SIGMAS = 4.0
# No degree of latitude is shorter, nor of longitude up to 70 degrees from the equator.
_LEAST_M_A_LAT_DEG, _LEAST_M_A_LON_DEG = 110_000.0, 38_000.0
# Decisions count by a Gaussian of this scale and are not looked for beyond four of it; they count half after a year.
_HISTORY_SCALE_M = 400.0
HISTORY_REACH_M = 4.0 * _HISTORY_SCALE_M
_HISTORY_HALF_LIFE_DAYS = 365.0
_SECONDS_A_DAY = 86_400.0


def near_hotspot(hotspots: Iterable[Hotspot], fire: SeenFire) -> NearHotspot | None:
    """Return the hotspot that speaks most for a fire; None where none belongs to it.

    Parameters
    ----------
    hotspots : iterable of Hotspot
        In any order.
    fire : SeenFire
        The incident: which hotspots may be its own is for `match_hotspot` to say, as on the pages.
    """
    found = (
        NearHotspot(
            match.distance_m,
            match.chi_square,
            abs(match.minutes),
            match.apart_min,
            _SURENESS[one.confidence],
            match.is_located,
        )
        for one in hotspots
        if (match := match_hotspot(one, [fire])) is not None
    )
    return max(found, key=lambda near: (near.strength, -near.distance_m, -near.minutes), default=None)


def source_at(sources: Iterable[SmokeSource], fix: Fix, local: datetime) -> NearSource | None:
    """Return the known source that best explains a located smoke; None where none smokes then.

    Parameters
    ----------
    sources : iterable of SmokeSource
        In any order.
    fix : Fix
        Where the smoke is, with its error.
    local : datetime
        When, by the bureau's clock.
    """
    plane, error_m = LocalPlane(fix.position), _error_m(fix)
    found = [
        (max(0.0, _distance_m(plane, source) - source.radius_m) / error_m, source)
        for source in sources
        if _may_reach(source, fix.position, _FARTHEST_SIGMAS * error_m) and source.smokes_at(local)
    ]
    return _nearest(found, is_located=True)


def source_towards(
    sources: Iterable[SmokeSource], seen: TowerBearing, range_m: float, local: datetime
) -> NearSource | None:
    """Return the known source that best explains a smoke of which one bearing only is known.

    Parameters
    ----------
    sources : iterable of SmokeSource
        In any order.
    seen : TowerBearing
        From where, in which direction.
    range_m : float
        How far the camera sees [m]; sources beyond explain nothing.
    local : datetime
        When, by the bureau's clock.
    """
    found = []
    for source in sources:
        middle = _middle(source)
        leg = inverse(seen.position, middle)
        if leg.distance_m > range_m or not source.smokes_at(local):
            continue
        reach_m = source.radius_m + max(inverse(middle, corner).distance_m for corner in source.outline)
        half_width_deg = math.degrees(math.atan2(reach_m, leg.distance_m))
        beside_deg = max(0.0, abs(difference_deg(seen.bearing.azimuth_deg, leg.azimuth_deg)) - half_width_deg)
        found.append((beside_deg / seen.bearing.sigma_deg, source))
    return _nearest(found, is_located=False)


def _nearest(found: Sequence[tuple[float, SmokeSource]], *, is_located: bool) -> NearSource | None:
    near = [each for each in found if each[0] <= _FARTHEST_SIGMAS]
    if not near:
        return None
    sigmas, source = min(near, key=lambda each: (each[0], each[1].source_id))
    return NearSource(source.name.zh, source.name.en, sigmas, is_located)


def _may_reach(source: SmokeSource, place: Position, within_m: float) -> bool:
    """Return False where all of an outline lies too far to one side: most sources do, and need no geodesic."""
    lat_deg, lon_deg = (((within_m + source.radius_m) / m) for m in (_LEAST_M_A_LAT_DEG, _LEAST_M_A_LON_DEG))
    north = [corner.lat_deg - place.lat_deg for corner in source.outline]
    east = [corner.lon_deg - place.lon_deg for corner in source.outline]
    return min(north) <= lat_deg and max(north) >= -lat_deg and min(east) <= lon_deg and max(east) >= -lon_deg


def _error_m(fix: Fix) -> float:
    # The longer axis: a smoke may be anywhere along it.
    return max(_LEAST_ERROR_M, fix.ellipse.major_m)


def _middle(source: SmokeSource) -> Position:
    plane = LocalPlane(source.outline[0])
    points = [plane.project(corner) for corner in source.outline]
    count = len(points)
    return plane.unproject(PlanePoint(sum(p.east_m for p in points) / count, sum(p.north_m for p in points) / count))


def _distance_m(plane: LocalPlane, source: SmokeSource) -> float:
    """Return how far the plane's origin is from an outline; 0 inside it."""
    corners = [plane.project(corner) for corner in source.outline]
    if len(corners) == 1:
        return math.hypot(corners[0].east_m, corners[0].north_m)
    sides = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    # A ray to the east from the origin crosses the outline an odd number of times exactly where it starts inside.
    crossings = sum(_crosses_east(one, other) for one, other in sides)
    return 0.0 if crossings % 2 else min(_to_side_m(one, other) for one, other in sides)


def _crosses_east(one: PlanePoint, other: PlanePoint) -> bool:
    if (one.north_m > 0.0) == (other.north_m > 0.0):
        return False
    share = one.north_m / (one.north_m - other.north_m)
    return one.east_m + share * (other.east_m - one.east_m) > 0.0


def _to_side_m(one: PlanePoint, other: PlanePoint) -> float:
    east, north = other.east_m - one.east_m, other.north_m - one.north_m
    length = east**2 + north**2
    along = 0.0 if length == 0.0 else -(one.east_m * east + one.north_m * north) / length
    share = max(0.0, min(1.0, along))
    return math.hypot(one.east_m + share * east, one.north_m + share * north)


@dataclass(frozen=True, slots=True)
class Decided:
    """What an operator decided about a smoke at a place.

    Parameters
    ----------
    place : Position
        Where it was.
    at : datetime
        UTC instant of the decision.
    was_fire : bool
        Confirmed, or dismissed.
    """

    place: Position
    at: datetime
    was_fire: bool

    def __post_init__(self) -> None:
        require_utc("time of a decision", self.at)


def history_at(decisions: Iterable[Decided], place: Position, at: datetime) -> PlaceHistory | None:
    """Return what was decided near a place before an instant; None where nothing was.

    Parameters
    ----------
    decisions : iterable of Decided
        In any order; later ones, and those beyond `HISTORY_REACH_M`, do not count.
    place : Position
        Where.
    at : datetime
        UTC.
    """
    weights: dict[bool, list[float]] = {True: [], False: []}
    for decision in decisions:
        distance_m = inverse(decision.place, place).distance_m
        if decision.at <= at and distance_m <= HISTORY_REACH_M:
            near = math.exp(-0.5 * (distance_m / _HISTORY_SCALE_M) ** 2)
            age_days = (at - decision.at).total_seconds() / _SECONDS_A_DAY
            weights[decision.was_fire].append(near * 0.5 ** (age_days / _HISTORY_HALF_LIFE_DAYS))
    if not (weights[True] or weights[False]):
        return None
    return PlaceHistory(math.fsum(weights[True]), math.fsum(weights[False]))
