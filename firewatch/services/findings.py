"""What is known of an incident from its sightings: where it is, how likely it is a fire, how dangerous the day is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.incident import BeliefChanged, Change, Located, PossiblePlace, Rated
from firewatch.fusion import ONE_PLACE_ONLY, AssociationRules, partition
from firewatch.geodesy import inverse
from firewatch.services.believing import Circumstances, Seen, believed
from firewatch.services.locating import Locator
from firewatch.services.sight_lines import calibrations_today, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo

    from firewatch.domain.danger import DangerRating
    from firewatch.domain.incident import Incident, UsedCalibration
    from firewatch.domain.sites import SiteMap
    from firewatch.domain.vision import Sighting
    from firewatch.fusion import Group, Placed
    from firewatch.services.weather_ports import RatingBook

__all__ = ["NearestRating", "Neighbourhood", "find_changes"]

# A rating older than this says nothing of today; without one nothing is muted.
_OLDEST_RATING_DAYS = 2
# One degree of latitude is 111 km: four decimals are 11 m. Findings are kept rounded, so that noise below what they can
# mean is no event, and so that the same sightings give the same finding in whatever order they came.
_POSITION_DECIMALS = 4
_ELLIPSE_STEP_M = 10.0
_CHANCE_DECIMALS = 1


@dataclass(frozen=True, slots=True)
class NearestRating:
    """A rating, and how far its station is [m]."""

    rating: DangerRating
    distance_m: float


class Neighbourhood:
    """Finds the rating of the nearest station and day.

    Parameters
    ----------
    sites : SiteMap
        The stations.
    ratings : RatingBook
        Their ratings.
    zone : tzinfo
        The bureau's time zone: it says which day it is.
    """

    def __init__(self, sites: SiteMap, ratings: RatingBook, zone: tzinfo) -> None:
        self._sites = sites
        self._ratings = ratings
        self._zone = zone

    def rating(self, near: Position, at: datetime) -> NearestRating | None:
        """Return the rating of the nearest station that has one for that day or the two before; None without."""
        day = at.astimezone(self._zone).date()
        by_distance = sorted(
            (inverse(near, station.position).distance_m, station.station_id) for station in self._sites.stations
        )
        for distance_m, station_id in by_distance:
            # Day by day, not the latest: a late sighting has the danger of its own day, not of the day it arrived.
            for back in range(_OLDEST_RATING_DAYS + 1):
                rating = self._ratings.rating(station_id, day - timedelta(days=back))
                if rating is not None:
                    return NearestRating(rating, distance_m)
        return None


def find_changes(  # noqa: PLR0913 - an incident, what is seen of it, and what is known around it
    incident: Incident,
    sightings: Sequence[Sighting],
    sites: SiteMap,
    neighbourhood: Neighbourhood,
    at: datetime,
    *,
    group: Group | None = None,
    around: Circumstances | None = None,
    locator: Locator | None = None,
) -> tuple[Change, ...]:
    """Return what changed in meaning about an incident.

    Parameters
    ----------
    incident : Incident
        As it stands in the log.
    sightings : sequence of Sighting
        The highest revisions of its members.
    sites : SiteMap
        Towers and stations.
    neighbourhood : Neighbourhood
        The ratings.
    at : datetime
        UTC instant of the latest frame of them: its day is the rating's.
    group : Group or None
        What they are by all sightings around them: two bearings that cross alone may be a ghost among four. None where
        they are no group of their own, as those of an incident that a person confirmed need not be: then they are
        located by themselves.
    around : Circumstances, optional
        What else is known and what it is worth; by default nothing, weighed by the expert table.
    locator : Locator, optional
        Says where a fire is that several places see; by default on the plane, by bearings alone.

    Returns
    -------
    tuple of Change
        `Located`, `Rated`, `BeliefChanged`, each only if it differs from the log.
    """
    placed = [p for p in (place(sighting, sites) for sighting in sightings) if p is not None]
    located = _located(_alone(placed) if group is None else group, sightings, locator or Locator(sites))
    where = located.fix.position if located.fix else (placed[0].position if placed else None)
    nearest = None if where is None else neighbourhood.rating(where, at)
    rated = Rated(None) if nearest is None else Rated(nearest.rating, round(nearest.distance_m, -2))
    belief = _believe(sightings, placed, located, rated, around)
    changes: list[Change] = []
    located = _read_by(located, calibrations_today(sightings, sites), incident)
    known = (incident.fix, incident.why_not, incident.possible_places)
    if located.recalibrated or (located.fix, located.why_not, located.possible_places) != known:
        changes.append(located)
    if (rated.rating, rated.distance_m) != (incident.rating, incident.rating_distance_m):
        changes.append(rated)
    if belief != BeliefChanged(incident.probability or 0.0, incident.belief_parts, incident.belief_facts):
        changes.append(belief)
    return tuple(changes)


def _alone(placed: Sequence[Placed]) -> Group | None:
    """Return the best-located group of some sightings by themselves; None where no two of them cross."""
    crossing = [group for group in partition(placed, AssociationRules()) if group.why_not != ONE_PLACE_ONLY]
    return max(
        crossing,
        key=lambda group: (group.fix is not None, len(group.towers), len(group.members), group.members[0]),
        default=None,
    )


def _located(group: Group | None, sightings: Sequence[Sighting], locator: Locator) -> Located:
    if group is None:
        return Located(None, ONE_PLACE_ONLY)
    fix = group.fix
    if fix is not None:
        # Whether it may be shown is said by the bearings of all fires around; where, by all that is known of this one.
        fix = locator.fix(one for one in sightings if one.sighting_id in group.members) or fix
    return Located(None if fix is None else _rounded(fix), group.why_not, _possible(group.possible_places))


def _read_by(located: Located, calibrations: tuple[UsedCalibration, ...], incident: Incident) -> Located:
    """Return a finding with the calibrations that it rests on, and those that were corrected since the last one."""
    before = set(incident.calibrations)
    read = {_sent(one) for one in before}
    changed = tuple(one for one in calibrations if _sent(one) in read and one not in before)
    return replace(located, calibrations=calibrations, recalibrated=changed)


def _sent(one: UsedCalibration) -> tuple[str, ...]:
    return one.tower_id, one.camera_id, one.pose_id, one.sent


def _possible(places: Iterable[PossiblePlace]) -> tuple[PossiblePlace, ...]:
    rounded = [PossiblePlace(_rounded(p.fix), p.towers, round(p.chance, _CHANCE_DECIMALS)) for p in places]
    likely = [place for place in rounded if place.chance > 0.0]
    return tuple(sorted(likely, key=lambda p: (-p.chance, p.fix.position.lat_deg, p.fix.position.lon_deg)))


def _rounded(fix: Fix) -> Fix:
    lat, lon = (round(v, _POSITION_DECIMALS) for v in (fix.position.lat_deg, fix.position.lon_deg))
    ellipse = fix.ellipse
    major = _rounded_up(ellipse.major_m)
    minor = min(major, _rounded_up(ellipse.minor_m))
    return Fix(Position(lat, lon), ErrorEllipse(major, minor, round(ellipse.azimuth_deg) % 180.0))


def _rounded_up(length_m: float) -> float:
    return -(-length_m // _ELLIPSE_STEP_M) * _ELLIPSE_STEP_M


def _believe(
    sightings: Sequence[Sighting],
    placed: Sequence[Placed],
    located: Located,
    rated: Rated,
    around: Circumstances | None,
) -> BeliefChanged:
    grade = None if rated.rating is None else rated.rating.grade
    return believed(Seen(sightings, placed, located.fix, grade), around or Circumstances())
