"""The board in memory: fulfils the ports of `firewatch.services.views` over a real fold of real events."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.ids import EvidenceId, IncidentId, NotificationId, make_ulid
from firewatch.domain.incident import (
    Accepted,
    Change,
    Confirmed,
    IncidentEvent,
    IncidentState,
    Opened,
    Rejected,
    RejectReason,
    Reopened,
    SightingJoined,
    apply,
)
from firewatch.domain.roster import SYSTEM, Actor
from firewatch.services.ports import LoggedEvent
from firewatch.services.views import IncidentCard, IncidentDetail, Picture, RangerCall, Told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from firewatch.domain.alert import Acknowledgement, Alert, Notification
    from firewatch.domain.ids import SightingId
    from firewatch.domain.incident import Incident
    from firewatch.domain.roster import Person
    from firewatch.domain.sites import SiteMap
    from firewatch.domain.vision import Evidence, Sighting
    from firewatch.domain.weather import Observation
    from firewatch.services.views import NodeView, QuarantinedView, StationReading

__all__ = ["BoardFake", "Ulids"]


class Ulids:
    """Makes ULIDs from a seeded generator, so that a scene is the same every time."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)

    def make(self, at: datetime) -> str:
        """Return the next one."""
        return make_ulid(at, self._random.bytes(10))


@dataclass(slots=True)
class _Kept:
    """What the board knows of one incident."""

    incident: Incident
    events: list[LoggedEvent]
    sightings: dict[SightingId, Sighting]
    told: list[tuple[Alert, Notification]]


class BoardFake:
    """Fulfils IncidentBoard, EvidencePictures, EvidenceIndex, SiteBoard, LiveTail, ReviewDesk and RangerDesk.

    Parameters
    ----------
    sites : SiteMap
        What stands where.
    people : sequence of Person
        The roster.
    """

    def __init__(self, sites: SiteMap, people: Sequence[Person] = ()) -> None:
        self._sites = sites
        self._people: Mapping[str, Person] = {person.person_id: person for person in people}
        self._kept: dict[IncidentId, _Kept] = {}
        self._log: list[LoggedEvent] = []
        self._pictures: dict[EvidenceId, Picture] = {}
        self._jpegs: dict[EvidenceId, bytes] = {}
        self._ulids = Ulids(1)
        self._lock = threading.RLock()
        self.readings_now: tuple[StationReading, ...] = ()
        self.nodes_now: tuple[NodeView, ...] = ()
        self.quarantined_now: tuple[QuarantinedView, ...] = ()

    # what happens

    def open(self, sighting: Sighting, at: datetime) -> IncidentId:
        """Open an incident with its first sighting."""
        with self._lock:
            incident_id = IncidentId(self._ulids.make(at))
            self.happen(incident_id, Opened(sighting.sighting_id, sighting.tower_id, sighting.is_exercise), at)
            self._kept[incident_id].sightings[sighting.sighting_id] = sighting
            return incident_id

    def join(self, incident_id: IncidentId, sighting: Sighting, at: datetime) -> None:
        """Let another sighting join, or store a later revision of one that has."""
        with self._lock:
            is_new = sighting.sighting_id not in self._kept[incident_id].sightings
            self._kept[incident_id].sightings[sighting.sighting_id] = sighting
            if is_new:
                self.happen(
                    incident_id, SightingJoined(sighting.sighting_id, sighting.tower_id, sighting.is_exercise), at
                )

    def happen(self, incident_id: IncidentId, change: Change, at: datetime, actor: Actor = SYSTEM) -> None:
        """Append an event and fold it."""
        with self._lock:
            kept = self._kept.get(incident_id)
            event = IncidentEvent(self._ulids.make(at), incident_id, at, at, actor, change)
            incident = apply(kept.incident if kept else None, event)
            logged = LoggedEvent(len(self._log) + 1, event)
            self._log.append(logged)
            if kept is None:
                kept = self._kept[incident_id] = _Kept(incident, [], {}, [])
            kept.incident = incident
            kept.events.append(logged)

    def show(self, evidence: Evidence) -> None:
        """Let a picture arrive."""
        picture = Picture(evidence.evidence_id, evidence.sighting_id, evidence.kind)
        self._pictures[evidence.evidence_id] = picture
        self._jpegs[evidence.evidence_id] = evidence.jpeg

    def tell(self, alert: Alert, notification: Notification) -> None:
        """Record a notification, or what became of it."""
        if alert.incident_id is None:
            return
        told = self._kept[alert.incident_id].told
        told[:] = [(a, n) for a, n in told if n.notification_id != notification.notification_id]
        told.append((alert, notification))

    # IncidentBoard

    def incidents(self, limit: int) -> tuple[IncidentCard, ...]:
        """Fulfil `IncidentBoard`."""
        with self._lock:
            kept = sorted(self._kept.values(), key=lambda k: k.incident.opened_at, reverse=True)
            kept.sort(key=lambda k: not k.incident.is_open)
            return tuple(self._card(one) for one in kept[:limit])

    def card(self, incident_id: IncidentId) -> IncidentCard | None:
        """Fulfil `IncidentBoard`."""
        with self._lock:
            kept = self._kept.get(incident_id)
            return self._card(kept) if kept else None

    def incident(self, incident_id: IncidentId) -> IncidentDetail | None:
        """Fulfil `IncidentBoard`."""
        with self._lock:
            kept = self._kept.get(incident_id)
            if kept is None:
                return None
            return IncidentDetail(self._card(kept), tuple(kept.events), self._weather(kept.incident))

    def _card(self, kept: _Kept) -> IncidentCard:
        sightings = sorted(kept.sightings.values(), key=lambda s: (s.first_seen_at, s.sighting_id))
        pictures = tuple(p for p in self._pictures.values() if p.sighting_id in kept.sightings)
        told = tuple(self._told(alert, notification) for alert, notification in kept.told)
        return IncidentCard(kept.incident, tuple(sightings), pictures, told, kept.events[-1].seq)

    def _told(self, alert: Alert, notification: Notification) -> Told:
        person = self._people.get(notification.person_id)
        return Told(
            alert, notification, person.name if person else notification.person_id, person.role if person else None
        )

    def _weather(self, incident: Incident) -> Observation | None:
        rating = incident.rating
        found = (one.weather for one in self.readings_now if rating and one.station_id == rating.station_id)
        return next(found, None)

    # EvidencePictures, SiteBoard, LiveTail

    def read(self, evidence_id: EvidenceId) -> bytes | None:
        """Fulfil `EvidencePictures`."""
        return self._jpegs.get(evidence_id)

    def pictures(self, sighting_ids: Sequence[SightingId]) -> tuple[Picture, ...]:
        """Fulfil `firewatch.services.ports.EvidenceIndex`."""
        wanted = set(sighting_ids)
        return tuple(picture for picture in self._pictures.values() if picture.sighting_id in wanted)

    def sites(self) -> SiteMap:
        """Fulfil `SiteBoard`."""
        return self._sites

    def readings(self) -> tuple[StationReading, ...]:
        """Fulfil `SiteBoard`."""
        return self.readings_now

    def nodes(self) -> tuple[NodeView, ...]:
        """Fulfil `SiteBoard`."""
        return self.nodes_now

    def quarantined(self, limit: int) -> tuple[int, tuple[QuarantinedView, ...]]:
        """Fulfil `SiteBoard`."""
        return sum(one.count for one in self.quarantined_now), self.quarantined_now[:limit]

    def last_seq(self) -> int:
        """Fulfil `LiveTail`."""
        return len(self._log)

    def events_after(self, seq: int, limit: int) -> tuple[LoggedEvent, ...]:
        """Fulfil `LiveTail`."""
        return tuple(self._log[seq : seq + limit])

    # ReviewDesk, RangerDesk

    def confirm(self, incident_id: IncidentId, actor: Actor, at: datetime) -> None:
        """Fulfil `ReviewDesk`."""
        if self._kept[incident_id].incident.state is not IncidentState.CONFIRMED:
            self.happen(incident_id, Confirmed(), at, actor)

    def reject(self, incident_id: IncidentId, reason: RejectReason, actor: Actor, at: datetime) -> None:
        """Fulfil `ReviewDesk`."""
        if self._kept[incident_id].incident.state is not IncidentState.FALSE_ALARM:
            self.happen(incident_id, Rejected(reason), at, actor)

    def reopen(self, incident_id: IncidentId, actor: Actor, at: datetime) -> None:
        """Fulfil `ReviewDesk`."""
        self.happen(incident_id, Reopened(), at, actor)

    def call(self, notification_id: NotificationId) -> RangerCall | None:
        """Fulfil `RangerDesk`."""
        with self._lock:
            for kept in self._kept.values():
                for alert, notification in kept.told:
                    if notification.notification_id == notification_id:
                        person = self._people[notification.person_id]
                        weather = self._weather(kept.incident)
                        return RangerCall(person, alert, notification, self._card(kept), weather)
            return None

    def opened(self, notification_id: NotificationId, at: datetime) -> None:
        """Fulfil `RangerDesk`."""
        call = self.call(notification_id)
        if call is not None and call.notification.reached_at is None:
            self.tell(call.alert, replace(call.notification, reached_at=at))

    def accept(self, acknowledgement: Acknowledgement) -> None:
        """Fulfil `RangerDesk`."""
        call = self.call(acknowledgement.notification_id)
        if call is None or call.notification.acknowledged_at is not None:
            return
        self.tell(call.alert, replace(call.notification, acknowledged_at=acknowledgement.at))
        person = call.person
        actor = Actor(person.person_id, person.name)
        self.happen(call.card.incident.incident_id, Accepted(person.person_id), acknowledgement.at, actor)
