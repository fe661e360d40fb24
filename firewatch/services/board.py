"""What the pages read, put together from the books of the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firewatch.services.views import (
    IncidentCard,
    IncidentDetail,
    NodeView,
    StationReading,
    Told,
)
from firewatch.services.weighing import ORDINARY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firewatch.domain.alert import Alert, Notification
    from firewatch.domain.danger import DangerRating
    from firewatch.domain.ids import IncidentId, PersonId, SightingId, TowerId
    from firewatch.domain.incident import Incident
    from firewatch.domain.roster import Person, Role
    from firewatch.domain.sites import SiteMap
    from firewatch.domain.weather import Observation
    from firewatch.services.ports import (
        DeliveryBook,
        EvidenceIndex,
        IncidentLog,
        IncidentTimeline,
        NodeBook,
        QuarantineBook,
        Roster,
        SightingBook,
        StoredSighting,
    )
    from firewatch.services.views import Picture, QuarantinedView
    from firewatch.services.weather_ports import RatingBook, ReadingBook
    from firewatch.services.weighing import Consequences

__all__ = ["Books", "IncidentPages", "SitePages", "living", "weather_behind"]

# A merged incident goes on in an earlier one; this many steps end a ring that no log should hold.
_MOST_MERGES = 20


@dataclass(frozen=True, slots=True)
class Books:
    """The books that an incident is told from."""

    log: IncidentLog
    timeline: IncidentTimeline
    sightings: SightingBook
    evidence: EvidenceIndex
    deliveries: DeliveryBook
    readings: ReadingBook
    roster: Roster


class IncidentPages:
    """Fulfils `firewatch.services.views.IncidentBoard`.

    Parameters
    ----------
    books : Books
        What it is told from.
    consequences : Consequences or None
        What incidents would do; without it every one is an ordinary fire.
    """

    def __init__(self, books: Books, consequences: Consequences | None = None) -> None:
        self._books = books
        self._consequences = consequences

    def incidents(self, limit: int) -> tuple[IncidentCard, ...]:
        """Return the open incidents, then the closed ones, the latest opened first in each; at most `limit`."""
        still_open = self._books.log.incidents(open_only=True, limit=limit)
        shown = {incident.incident_id: incident for incident in still_open}
        if len(shown) < limit:
            # As many as the limit: however many of them are open, enough closed ones are among them.
            latest = self._books.log.incidents(open_only=False, limit=limit)
            shown |= {incident.incident_id: incident for incident in latest if not incident.is_open}
        return self._cards(list(shown.values())[:limit])

    def card(self, incident_id: IncidentId) -> IncidentCard | None:
        """Return one incident as a line of the queue."""
        incident = self._books.log.incident(incident_id)
        return None if incident is None else self._cards([incident])[0]

    def incident(self, incident_id: IncidentId) -> IncidentDetail | None:
        """Return one incident with its events and weather."""
        card = self.card(incident_id)
        if card is None:
            return None
        events = self._books.timeline.events_of(incident_id)
        return IncidentDetail(card, events, weather_behind(self._books.readings, card.incident.rating))

    def _cards(self, incidents: Sequence[Incident]) -> tuple[IncidentCard, ...]:
        # One question to each book, however many incidents there are.
        members = [sighting_id for incident in incidents for sighting_id, _ in incident.members]
        ids = [incident.incident_id for incident in incidents]
        sightings = self._books.sightings.sightings(members)
        pictures = self._books.evidence.pictures(members)
        told = self._books.deliveries.of_incidents(ids)
        seqs = self._books.timeline.last_seqs(ids)
        people = self._people(told)
        cards = (
            _card(incident, sightings, pictures, _told(told.get(incident.incident_id, ()), people), seqs)
            for incident in incidents
        )
        weighed = self._consequences.of(incidents) if self._consequences is not None else {}
        return tuple(replace(card, consequence=weighed.get(card.incident.incident_id, ORDINARY)) for card in cards)

    def _people(self, told: Mapping[IncidentId, Sequence[tuple[Alert, Notification]]]) -> Mapping[PersonId, Person]:
        ids = {notification.person_id for found in told.values() for _, notification in found}
        people = (self._books.roster.person(person_id) for person_id in sorted(ids))
        return {person.person_id: person for person in people if person is not None}


def _card(
    incident: Incident,
    sightings: Sequence[StoredSighting],
    pictures: Sequence[Picture],
    told: tuple[Told, ...],
    seqs: Mapping[IncidentId, int],
) -> IncidentCard:
    members: set[SightingId] = {sighting_id for sighting_id, _ in incident.members}
    return IncidentCard(
        incident=incident,
        sightings=tuple(item.sighting for item in sightings if item.sighting.sighting_id in members),
        pictures=tuple(picture for picture in pictures if picture.sighting_id in members),
        told=told,
        seq=seqs.get(incident.incident_id, 0),
    )


def _told(found: Sequence[tuple[Alert, Notification]], people: Mapping[PersonId, Person]) -> tuple[Told, ...]:
    return tuple(_one_told(alert, notification, people.get(notification.person_id)) for alert, notification in found)


def _one_told(alert: Alert, notification: Notification, person: Person | None) -> Told:
    # Who left the roster since then is named by id: the record of having told them stays.
    name: str = notification.person_id if person is None else person.name
    role: Role | None = None if person is None else person.role
    return Told(alert, notification, name, role)


def weather_behind(readings: ReadingBook, rating: DangerRating | None) -> Observation | None:
    """Return the reading that a rating rests on: of its station, at its instant; None for an estimated one."""
    return None if rating is None else readings.observation_at(rating.station_id, rating.valid_at)


def living(log: IncidentLog, incident_id: IncidentId) -> Incident | None:
    """Return the incident, or the one in which it goes on after mergers."""
    incident = log.incident(incident_id)
    for _ in range(_MOST_MERGES):
        if incident is None or incident.merged_into is None:
            break
        incident = log.incident(incident.merged_into)
    return incident


class SitePages:
    """Fulfils `firewatch.services.views.SiteBoard`.

    Parameters
    ----------
    sites : SiteMap
        All towers, cameras and stations.
    ratings, readings, nodes, quarantine
        Ports.
    """

    def __init__(
        self,
        sites: SiteMap,
        ratings: RatingBook,
        readings: ReadingBook,
        nodes: NodeBook,
        quarantine: QuarantineBook,
    ) -> None:
        self._sites = sites
        self._ratings = ratings
        self._readings = readings
        self._nodes = nodes
        self._quarantine = quarantine

    def sites(self) -> SiteMap:
        """Return all towers, cameras and stations."""
        return self._sites

    def readings(self) -> tuple[StationReading, ...]:
        """Return one for every station, in the order of the site map."""
        found = []
        for station in self._sites.stations:
            rating = self._ratings.latest(station.station_id)
            found.append(StationReading(station.station_id, rating, weather_behind(self._readings, rating)))
        return tuple(found)

    def nodes(self) -> tuple[NodeView, ...]:
        """Return one for every tower, in the order of the site map, then towers that only spoke."""
        statuses = {item.tower_id: item for item in self._nodes.statuses()}
        vitals = {item.tower_id: item for item in self._nodes.vitals()}
        known: list[TowerId] = [tower.tower_id for tower in self._sites.towers]
        strangers = sorted({*statuses, *vitals} - set(known))
        return tuple(
            NodeView(tower_id, statuses.get(tower_id), vitals.get(tower_id)) for tower_id in [*known, *strangers]
        )

    def quarantined(self, limit: int) -> tuple[int, tuple[QuarantinedView, ...]]:
        """Return how many messages are in quarantine (repeats counted), and the latest kinds, at most `limit`."""
        return self._quarantine.quarantined(limit)
