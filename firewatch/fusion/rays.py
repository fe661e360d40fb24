"""Sightings from one mast in one direction are one ray: the first step of association."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least, require_between, require_text, require_utc
from firewatch.domain.geo import Bearing, Position, difference_deg, wrap_deg
from firewatch.errors import InvalidValue
from firewatch.fusion.intersect import SAME_MAST_M, TowerBearing
from firewatch.fusion.links import NO_LINKS
from firewatch.geodesy import inverse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from firewatch.domain.ids import SightingId, TowerId
    from firewatch.fusion.links import Links
    from firewatch.fusion.sight import ElevationAngle

__all__ = ["AssociationRules", "Placed", "Ray", "gather_rays"]


@dataclass(frozen=True, slots=True)
class Placed:
    """What association needs to know of a sighting (of its highest revision).

    Parameters
    ----------
    sighting_id : SightingId
        Its name; a second one of the same name is the same sighting, and the one observed later counts.
    tower_id : TowerId
        Which tower saw it.
    position : Position
        Where that tower stands.
    bearing : Bearing
        In which direction.
    range_m : float
        How far the camera sees smoke [m].
    first_seen_at, observed_at : datetime
        UTC instants of the first and the latest frame of it.
    elevation : ElevationAngle or None
        Of the smoke's foot; None where the tilt of the camera is not known, or the foot is out of the picture.
    height_m : float or None
        Of the lens above the geoid [m]; None where unknown: the elevation angle then says nothing.
    """

    sighting_id: SightingId
    tower_id: TowerId
    position: Position
    bearing: Bearing
    range_m: float
    first_seen_at: datetime
    observed_at: datetime
    elevation: ElevationAngle | None = None
    height_m: float | None = None

    def __post_init__(self) -> None:
        require_text("sighting", self.sighting_id, 64)
        require_text("tower", self.tower_id, 64)
        require_between("range (m)", self.range_m, 100.0, 60_000.0)
        if self.height_m is not None:
            require_between("height of the lens (m)", self.height_m, -500.0, 9_500.0)
        require_utc("first seen", self.first_seen_at)
        require_utc("observed", self.observed_at)
        if self.observed_at < self.first_seen_at:
            raise InvalidValue("observed", self.observed_at.isoformat(), "not before the first frame")


@dataclass(frozen=True, slots=True)
class AssociationRules:
    """When sightings are of one fire; design choices until operators' matches say better.

    Parameters
    ----------
    gap : timedelta
        Longest pause between two sightings of one fire. 45 minutes outlast a fog bank or a restarted node, and are
        shorter than most second fires at one place.
    same_direction_deg : float
        Sightings from one mast within this turn are of one smoke, even where their sigmas are smaller [deg]: a plume
        drifts by some degrees in an hour.
    same_direction_sigmas : float
        The same, in their common standard deviation.
    births_per_km2_day : float
        How many fires begin on a square kilometre in a day. Low on purpose, as the next one is: two bearings that cross
        and could be nothing else are one fire, also where they were seen half an hour apart.
    false_alarms_per_day : float
        How many smokes a mast reports that no other could see.
    delay : timedelta
        By how much one tower is behind the first one to see a smoke, on average.
    sure : float
        How likely a crossing must be, among all ways in which its rays could be of fires, to be shown as a position.

    Notes
    -----
    The last four were chosen by `benchmarks/location/ghosts.py`.
    """

    gap: timedelta = timedelta(minutes=45)
    same_direction_deg: float = 4.0
    same_direction_sigmas: float = 3.0
    births_per_km2_day: float = 1e-5
    false_alarms_per_day: float = 0.01
    delay: timedelta = timedelta(minutes=6)
    sure: float = 0.95

    def __post_init__(self) -> None:
        require_at_least("longest gap (s)", self.gap.total_seconds(), 0.0)
        require_between("same direction (deg)", self.same_direction_deg, 0.0, 90.0)
        require_between("same direction (sigmas)", self.same_direction_sigmas, 0.0, 10.0)
        require_between("births (a km2 and day)", self.births_per_km2_day, 1e-12, 1e6)
        require_between("false alarms (a mast and day)", self.false_alarms_per_day, 1e-12, 1e6)
        require_at_least("mean delay (s)", self.delay.total_seconds(), 1.0)
        require_between("sure (probability)", self.sure, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Ray:
    """All sightings from one mast in one direction.

    Parameters
    ----------
    number : int
        Its place in the canonical order.
    mast : int
        Which mast; towers nearer to each other than `SAME_MAST_M` share one.
    members : tuple of Placed
        In the order of their first frames.
    bearing : Bearing
        The weighted mean of the members'. Its sigma is no smaller than theirs (they share the mast's error) and grows
        with their spread.
    first_seen_at, observed_at : datetime
        UTC instants of the first and the latest frame of all members.
    range_m : float
        How far its farthest-seeing camera sees [m].
    """

    number: int
    mast: int
    members: tuple[Placed, ...]
    bearing: Bearing = field(init=False)
    first_seen_at: datetime = field(init=False)
    observed_at: datetime = field(init=False)
    range_m: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bearing", _mean([member.bearing for member in self.members]))
        object.__setattr__(self, "first_seen_at", min(member.first_seen_at for member in self.members))
        object.__setattr__(self, "observed_at", max(member.observed_at for member in self.members))
        object.__setattr__(self, "range_m", max(member.range_m for member in self.members))

    @property
    def position(self) -> Position:
        """Where the mast stands."""
        return self.members[0].position

    @property
    def tower_bearing(self) -> TowerBearing:
        """The ray as `cross` wants it."""
        return TowerBearing(self.members[0].tower_id, self.position, self.bearing)

    def is_near_in_time(self, first_seen_at: datetime, observed_at: datetime, gap: timedelta) -> bool:
        """Return whether a span of time comes within `gap` of the ray's own."""
        return first_seen_at - self.observed_at <= gap and self.first_seen_at - observed_at <= gap


def gather_rays(sightings: Iterable[Placed], rules: AssociationRules, links: Links = NO_LINKS) -> tuple[Ray, ...]:
    """Return the rays of some sightings, the same for any order and any repetition of them.

    Parameters
    ----------
    sightings : iterable of Placed
        In any order.
    rules : AssociationRules
        Directions and gap.
    links : Links
        Those that a person told apart are never of one ray.

    Returns
    -------
    tuple of Ray
        In the order of (first_seen_at, sighting_id) of their first members. Each sighting is in exactly one.
    """
    ordered = _canonical(sightings)
    masts = _masts(ordered)
    rays: list[Ray] = []
    of_mast: dict[int, list[int]] = {}
    for placed in ordered:
        mast = masts[placed.tower_id]
        own = of_mast.setdefault(mast, [])
        ray = _best_fitting([rays[number] for number in own], placed, rules, links)
        if ray is None:
            own.append(len(rays))
            rays.append(Ray(len(rays), mast, (placed,)))
        else:
            rays[ray.number] = Ray(ray.number, mast, (*ray.members, placed))
    return tuple(rays)


def _canonical(sightings: Iterable[Placed]) -> list[Placed]:
    by_revision = sorted(sightings, key=lambda p: (p.observed_at, p.bearing.azimuth_deg, p.bearing.sigma_deg))
    latest = {placed.sighting_id: placed for placed in by_revision}
    return sorted(latest.values(), key=lambda p: (p.first_seen_at, p.sighting_id))


def _masts(ordered: Sequence[Placed]) -> dict[TowerId, int]:
    positions = {placed.tower_id: placed.position for placed in ordered}
    anchors: list[Position] = []
    masts: dict[TowerId, int] = {}
    for tower_id in sorted(positions):
        at = positions[tower_id]
        near = [n for n, anchor in enumerate(anchors) if inverse(anchor, at).distance_m < SAME_MAST_M]
        masts[tower_id] = near[0] if near else len(anchors)
        if not near:
            anchors.append(at)
    return masts


def _best_fitting(rays: Sequence[Ray], placed: Placed, rules: AssociationRules, links: Links) -> Ray | None:
    """Return the ray, of those of one mast, that a sighting is of."""
    best, best_share = None, 1.0
    for ray in rays:
        if not ray.is_near_in_time(placed.first_seen_at, placed.observed_at, rules.gap):
            continue
        if any(links.are_apart(placed.sighting_id, member.sighting_id) for member in ray.members):
            continue
        common_deg = math.hypot(ray.bearing.sigma_deg, placed.bearing.sigma_deg)
        limit_deg = max(rules.same_direction_sigmas * common_deg, rules.same_direction_deg, 1e-9)
        share = abs(difference_deg(placed.bearing.azimuth_deg, ray.bearing.azimuth_deg)) / limit_deg
        if share < best_share:
            best, best_share = ray, share
    return best


def _mean(bearings: Sequence[Bearing]) -> Bearing:
    if len(bearings) == 1:
        return bearings[0]
    weights = [bearing.sigma_deg**-2 for bearing in bearings]
    total = math.fsum(weights)
    turns = [difference_deg(bearing.azimuth_deg, bearings[0].azimuth_deg) for bearing in bearings]
    mean = math.fsum(w * turn for w, turn in zip(weights, turns, strict=True)) / total
    spread = math.fsum(w * (turn - mean) ** 2 for w, turn in zip(weights, turns, strict=True)) / total
    sigma_deg = math.sqrt(len(bearings) / total + spread)
    return Bearing(wrap_deg(bearings[0].azimuth_deg + mean), min(90.0, sigma_deg))
