"""What the services need of the outside: one adapter fulfils each port, and `firewatch.testing` has its fake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from firewatch.services.arrivals import (
    Arrived,
    EvidenceArrived,
    Held,
    IntakeItem,
    ObservationArrived,
    Oversize,
    Quarantined,
    ReplyArrived,
    SightingArrived,
    StatusArrived,
    StoredSighting,
    VitalsArrived,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    import numpy as np
    import numpy.typing as npt

    from firewatch.domain.alert import Acknowledgement, Alert, Notification
    from firewatch.domain.geo import ErrorEllipse, Position
    from firewatch.domain.ids import (
        AlertId,
        EvidenceId,
        IncidentId,
        NotificationId,
        PersonId,
        SightingId,
        TowerId,
    )
    from firewatch.domain.incident import Incident, IncidentEvent
    from firewatch.domain.land import LandShares
    from firewatch.domain.roster import Person
    from firewatch.domain.vision import Evidence
    from firewatch.services.views import Picture, QuarantinedView
    from firewatch.terrain.grid import TerrainGrid
    from firewatch.wire.v1 import ReceiptV1

__all__ = [
    "AlertBook",
    "Arrived",
    "BatchTaker",
    "Clock",
    "Cursors",
    "DeliveryBook",
    "EvidenceArrived",
    "EvidenceFiles",
    "EvidenceIndex",
    "Held",
    "IncidentLog",
    "IncidentTimeline",
    "IntakeItem",
    "IntakeWriter",
    "LandCoverMap",
    "Leases",
    "LoggedEvent",
    "NodeBook",
    "Notifier",
    "ObservationArrived",
    "Oversize",
    "QuarantineBook",
    "Quarantined",
    "ReplyArrived",
    "Roster",
    "SightingArrived",
    "SightingBook",
    "StatusArrived",
    "StoredSighting",
    "VitalsArrived",
    "Words",
]


class Clock(Protocol):
    """The wall clock, so that tests can hold it still."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class BatchTaker(Protocol):
    """Takes what arrived for good; the transport acknowledges a message only after its batch was taken."""

    def take(self, batch: Sequence[Arrived]) -> Mapping[TowerId, tuple[ReceiptV1, ...]]:
        """Decode, quarantine what cannot be decoded, and commit; return the receipts by tower.

        Taking a message again changes nothing and gives its receipt again. What has no receipt (a picture for which the
        disk has no room) its node sends again. Raises `StoreError`, having stored nothing: the transport then tries the
        same batch again.
        """
        ...


class IntakeWriter(Protocol):
    """Writes what arrived."""

    def write(self, items: Sequence[IntakeItem]) -> None:
        """Store all items in one transaction; return only after its commit.

        Idempotent: sightings by (sighting_id, revision), pictures by evidence_id, readings by message_id; a quarantined
        payload by its SHA-256 and topic, counting repeats; replies by (command_id, ordinal), and one to a command that
        the book does not have, or of another tower, is quarantined. Raises `StoreError`, having stored nothing.
        """
        ...


class EvidenceFiles(Protocol):
    """Keeps pictures as files."""

    def keep(self, evidence: Evidence) -> None:
        """Write, sync and rename the picture's file; keeping the same picture again changes nothing."""
        ...

    def read(self, evidence_id: EvidenceId) -> bytes | None:
        """Return the picture, or None where there is none."""
        ...


class SightingBook(Protocol):
    """The sightings, highest revisions only."""

    def last_mark(self) -> int:
        """Return the highest mark, 0 where there is no sighting."""
        ...

    def observed_between(self, since: datetime, until: datetime) -> tuple[StoredSighting, ...]:
        """Return the sightings that lasted into this period, in the order of (first_seen_at, sighting_id).

        They are those observed last at or after `since`, and first at or before `until`.
        """
        ...

    def changed_after(self, mark: int, limit: int) -> tuple[StoredSighting, ...]:
        """Return at most `limit` sightings with a later mark, in the order of marks."""
        ...

    def sightings(self, sighting_ids: Sequence[SightingId]) -> tuple[StoredSighting, ...]:
        """Return those that exist, in the order of (first_seen_at, sighting_id)."""
        ...


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event with its place in the log: `seq` rises in commit order."""

    seq: int
    event: IncidentEvent


class IncidentLog(Protocol):
    """The append-only events of all incidents, and the states that they add up to."""

    def append(self, events: Sequence[IncidentEvent]) -> tuple[LoggedEvent, ...]:
        """Append events and update the states and memberships of their incidents in one transaction.

        Each event is applied to the state as it is inside the transaction; raises `IllegalTransition` (nothing
        appended) if one is not possible there, if a new sighting would join a closed incident, or if one would belong
        to two incidents after them: somebody was quicker. Raises `StoreError` if the database fails. An event id that
        is already in the log is skipped.
        """
        ...

    def incident(self, incident_id: IncidentId) -> Incident | None:
        """Return the state of one incident."""
        ...

    def incidents(self, *, open_only: bool, limit: int) -> tuple[Incident, ...]:
        """Return incidents, the latest opened first."""
        ...

    def events_after(self, seq: int, limit: int) -> tuple[LoggedEvent, ...]:
        """Return at most `limit` events of all incidents with a later seq."""
        ...

    def rulings_after(self, seq: int) -> tuple[LoggedEvent, ...]:
        """Return the events with a later seq by which people matched and unmatched sightings, or took that back."""
        ...


class IncidentTimeline(Protocol):
    """The same log, read incident by incident."""

    def events_of(self, incident_id: IncidentId) -> tuple[LoggedEvent, ...]:
        """Return all events of one incident, oldest first."""
        ...

    def last_seqs(self, incident_ids: Sequence[IncidentId]) -> Mapping[IncidentId, int]:
        """Return the seq of the latest event of each of the incidents that exists."""
        ...


class EvidenceIndex(Protocol):
    """Which pictures have arrived."""

    def pictures(self, sighting_ids: Sequence[SightingId]) -> tuple[Picture, ...]:
        """Return the pictures of these sightings, in the order in which they were taken."""
        ...


class NodeBook(Protocol):
    """What the nodes said of themselves."""

    def statuses(self) -> tuple[StatusArrived, ...]:
        """Return the latest status of every node that has one, in the order of the towers' ids."""
        ...

    def vitals(self) -> tuple[VitalsArrived, ...]:
        """Return the latest vitals of every node that sent some, in the order of the towers' ids."""
        ...


class QuarantineBook(Protocol):
    """The messages that could not be read."""

    def quarantined(self, limit: int) -> tuple[int, tuple[QuarantinedView, ...]]:
        """Return how many messages are in quarantine (repeats counted), and the latest kinds, at most `limit`."""
        ...

    def held_after(self, digest: str, limit: int) -> tuple[Held, ...]:
        """Return at most `limit` messages as they came first, in the order of their digests, from after `digest`."""
        ...

    def release(self, held: Sequence[Held]) -> int:
        """Forget messages that could be read and stored after all, unless they came again since; return how many."""
        ...


class AlertBook(Protocol):
    """Alerts, their notifications and what became of them."""

    def raise_alert(self, alert: Alert, notifications: Sequence[Notification]) -> bool:
        """Store an alert and its notifications in one transaction; store nothing, return False if its key is known."""
        ...

    def due(self, at: datetime, limit: int, longest_wait: timedelta) -> tuple[tuple[Alert, Notification], ...]:
        """Return notifications that are neither sent nor given up and whose next try is due.

        One that would wait for longer than `longest_wait` from now is due as well: the clock was set back.
        """
        ...

    def record(self, notification: Notification, next_try_at: datetime | None) -> None:
        """Store what became of a try; `next_try_at` None when it was sent or given up."""
        ...

    def acknowledge(self, acknowledgement: Acknowledgement) -> bool:
        """Store a person's answer; return False if that notification was acknowledged before."""
        ...

    def notification(self, notification_id: NotificationId) -> tuple[Alert, Notification] | None:
        """Return one notification with its alert."""
        ...

    def of_incident(self, incident_id: IncidentId) -> tuple[tuple[Alert, Notification], ...]:
        """Return all notifications about an incident, oldest first."""
        ...

    def mark_reached(self, notification_id: NotificationId, at: datetime) -> None:
        """Store that it was opened; the first time counts."""
        ...


class DeliveryBook(Protocol):
    """The notifications about many incidents at once."""

    def of_incidents(
        self,
        incident_ids: Sequence[IncidentId],
    ) -> Mapping[IncidentId, tuple[tuple[Alert, Notification], ...]]:
        """Return all notifications about each of the incidents that has some, oldest first."""
        ...


class LandCoverMap(Protocol):
    """What covers the ground."""

    def weights_over(self, grid: TerrainGrid) -> npt.NDArray[np.float64]:
        """Return how dense fires are by what covers each cell, beside woodland, shape (rows, columns).

        NaN where nobody knows. The same object for the same raster, whose heights do not matter.
        """
        ...

    def shares_around(self, place: Position, error: ErrorEllipse, radius_m: float) -> LandShares | None:
        """Return what covers the ground within a radius [m] of a place that is known with an error; None without."""
        ...


class Leases(Protocol):
    """One active holder of a duty among several processes."""

    def take(self, name: str, holder: str, at: datetime, for_s: float) -> bool:
        """Take or renew a lease; return False while another holder's is unexpired.

        One that expires far later than any holder could have said by now does not stand: the clock was set back.
        """
        ...


class Cursors(Protocol):
    """How far a reader of a log has come, kept over restarts."""

    def cursor(self, name: str) -> int:
        """Return the last place read, 0 for a new reader."""
        ...

    def advance(self, name: str, to: int) -> None:
        """Store the last place read; never goes back."""
        ...


class Roster(Protocol):
    """Who is told."""

    def on_duty(self, at: datetime) -> tuple[Person, ...]:
        """Return the people on duty, in the order in which they are told."""
        ...

    def person(self, person_id: PersonId) -> Person | None:
        """Return one person."""
        ...


@dataclass(frozen=True, slots=True)
class Words:
    """A notification in words: ready texts, so that a channel holds no rule.

    Parameters
    ----------
    subject : str
        One line.
    text : str
        The message.
    link : str
        The signed address of the phone page.
    facts : dict of str to object
        The same as JSON values, for machines: incident, towers, position, grade ...
    crop_jpeg : bytes or None
        The smoke.
    is_exercise : bool
        Whether it is of a drill: subject and text begin with that word, and a channel that has a place of its own for
        it says it there, too.
    spoken : str
        What a voice reads aloud, without links and coordinates, an exercise named first; empty is as the subject.
    """

    subject: str
    text: str
    link: str
    facts: dict[str, object]
    crop_jpeg: bytes | None = None
    is_exercise: bool = False
    spoken: str = ""


class Notifier(Protocol):
    """One channel: sends to an address, once per call."""

    def accepts(self, channel: str) -> bool:
        """Tell whether the address is of this channel."""
        ...

    def send(self, channel: str, notification_id: NotificationId, alert_id: AlertId, words: Words) -> None:
        """Send; return when the channel said yes in its own words; raise `DeliveryError` otherwise."""
        ...
