"""What the pages read and do: the ports that `firewatch.web` needs, and the values that they give.

Nine small ports, so that an adapter can fulfil each by itself (one class may fulfil several):

========================  ==========================================================
`IncidentBoard`           incidents with their sightings, pictures, events, deliveries
`EvidencePictures`        the JPEG of a picture
`SiteBoard`               sites, ratings by station, nodes, quarantine
`LiveTail`                the log of events, for server-sent events
`ReviewDesk`              confirm, reject, reopen
`MatchDesk`               which sightings are of one fire: said, and taken back
`RangerDesk`              one call to one person: shown, opened, accepted
`Accounts`, `Sessions`    who is it, and who was it
========================  ==========================================================

Reading never changes anything. Every changing action names its actor and its instant. An unknown id is answered with
None by readers; `ReviewDesk` and `RangerDesk` are called for known ids only (the pages look first).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from firewatch.domain.checks import require_at_least, require_utc
from firewatch.domain.ids import require_ulid
from firewatch.domain.vision import EvidenceKind

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime

    from firewatch.domain.alert import Acknowledgement, Alert, Notification
    from firewatch.domain.danger import DangerRating
    from firewatch.domain.ids import EvidenceId, IncidentId, NotificationId, PersonId, SightingId, StationId, TowerId
    from firewatch.domain.incident import Incident, RejectReason
    from firewatch.domain.roster import Actor, Person, Role
    from firewatch.domain.sites import SiteMap
    from firewatch.domain.vision import Sighting
    from firewatch.domain.weather import Observation
    from firewatch.services.ports import LoggedEvent, StatusArrived, VitalsArrived

__all__ = [
    "Accounts",
    "EvidenceKind",
    "EvidencePictures",
    "IncidentBoard",
    "IncidentCard",
    "IncidentDetail",
    "LiveTail",
    "LiveWake",
    "MatchDesk",
    "NodeView",
    "Picture",
    "QuarantinedView",
    "RangerCall",
    "RangerDesk",
    "ReviewDesk",
    "Sessions",
    "SiteBoard",
    "StationReading",
    "Told",
]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that has arrived (its sighting names pictures that may still be on their way)."""

    evidence_id: EvidenceId
    sighting_id: SightingId
    kind: EvidenceKind

    def __post_init__(self) -> None:
        require_ulid("evidence", self.evidence_id)
        require_ulid("sighting", self.sighting_id)


@dataclass(frozen=True, slots=True)
class Told:
    """One notification about an incident.

    Parameters
    ----------
    alert, notification
        What is told, and what became of it.
    person_name : str
        Whom; the person's id where the roster no longer knows them.
    role : Role or None
        Their part in the roster; None where it no longer knows them.
    """

    alert: Alert
    notification: Notification
    person_name: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class IncidentCard:
    """An incident as a line of the queue.

    Parameters
    ----------
    incident : Incident
        Its state.
    sightings : tuple of Sighting
        The highest revision of each member, in the order of first sight; the map draws their bearings.
    pictures : tuple of Picture
        Those that have arrived, for these sightings.
    told : tuple of Told
        All notifications, oldest first.
    seq : int
        Place in the log of its latest event.
    consequence : float
        What it would do, relative to an ordinary fire; 1 where nothing is known of it.
    """

    incident: Incident
    sightings: tuple[Sighting, ...]
    pictures: tuple[Picture, ...]
    told: tuple[Told, ...]
    seq: int
    consequence: float = 1.0

    def __post_init__(self) -> None:
        require_at_least("event seq", self.seq, 0)


@dataclass(frozen=True, slots=True)
class IncidentDetail:
    """All that a person needs to decide about an incident.

    Parameters
    ----------
    card : IncidentCard
        As in the queue.
    events : tuple of LoggedEvent
        All its events, oldest first: the timeline.
    weather : Observation or None
        The reading behind its rating (same station and day).
    """

    card: IncidentCard
    events: tuple[LoggedEvent, ...]
    weather: Observation | None


class IncidentBoard(Protocol):
    """The incidents as people read them."""

    def incidents(self, limit: int) -> tuple[IncidentCard, ...]:
        """Return the open incidents, then the closed ones, the latest opened first in each; at most `limit`."""
        ...

    def card(self, incident_id: IncidentId) -> IncidentCard | None:
        """Return one incident as a line of the queue."""
        ...

    def incident(self, incident_id: IncidentId) -> IncidentDetail | None:
        """Return one incident with its events and weather."""
        ...


class EvidencePictures(Protocol):
    """The pictures themselves."""

    def read(self, evidence_id: EvidenceId) -> bytes | None:
        """Return the JPEG, or None where it has not arrived (`services.ports.EvidenceFiles` fulfils this)."""
        ...


@dataclass(frozen=True, slots=True)
class StationReading:
    """What is known of the danger at a station: its latest rating and the reading behind it."""

    station_id: StationId
    rating: DangerRating | None
    weather: Observation | None


@dataclass(frozen=True, slots=True)
class NodeView:
    """What a tower's node said last; None where it has never spoken."""

    tower_id: TowerId
    status: StatusArrived | None
    vitals: VitalsArrived | None


@dataclass(frozen=True, slots=True)
class QuarantinedView:
    """A kind of message that could not be read, with how often it came.

    Parameters
    ----------
    digest : str
        Its key in the quarantine.
    topic : str
        As spelled by the broker.
    reason : str
        The first thing wrong with it.
    count : int
        How often exactly these bytes came on this topic.
    first_at, last_at : datetime
        UTC instants at which they were received.
    payload : bytes
        The raw bytes (at most the first 2,000 are needed here).
    """

    digest: str
    topic: str
    reason: str
    count: int
    first_at: datetime
    last_at: datetime
    payload: bytes

    def __post_init__(self) -> None:
        # The topic is shown as it came: whoever can publish may have made it blank or long.
        require_at_least("count", self.count, 1)
        require_utc("first received", self.first_at)
        require_utc("last received", self.last_at)


class SiteBoard(Protocol):
    """What stands where and how it is."""

    def sites(self) -> SiteMap:
        """Return all towers, cameras and stations."""
        ...

    def readings(self) -> tuple[StationReading, ...]:
        """Return one for every station, in the order of the site map."""
        ...

    def nodes(self) -> tuple[NodeView, ...]:
        """Return one for every tower, in the order of the site map, then towers that only spoke."""
        ...

    def quarantined(self, limit: int) -> tuple[int, tuple[QuarantinedView, ...]]:
        """Return how many messages are in quarantine (repeats counted), and the latest kinds, at most `limit`."""
        ...


class LiveTail(Protocol):
    """The end of the log of events; `seq` rises in commit order."""

    def last_seq(self) -> int:
        """Return the seq of the latest event, 0 where there is none."""
        ...

    def events_after(self, seq: int, limit: int) -> tuple[LoggedEvent, ...]:
        """Return at most `limit` events with a later seq, in order (`services.ports.IncidentLog` fulfils this)."""
        ...


class LiveWake(Protocol):
    """Tells that the log of events may have grown, so that it need not be asked all the time."""

    def wakes(self) -> AsyncGenerator[None]:
        """Yield when the log may have grown, and now and then in any case; closing it ends the listening.

        It never ends or fails by itself: while it cannot listen it yields at a slower pace, and tries again.
        """
        ...


class ReviewDesk(Protocol):
    """A person's decision about an incident; doing the same again changes nothing.

    Every method returns after its commit and raises `IllegalTransition` where the state does not allow it.
    """

    def confirm(self, incident_id: IncidentId, actor: Actor, at: datetime) -> None:
        """Say that it is a fire."""
        ...

    def reject(self, incident_id: IncidentId, reason: RejectReason, actor: Actor, at: datetime) -> None:
        """Say that it is none, and what it is instead."""
        ...

    def reopen(self, incident_id: IncidentId, actor: Actor, at: datetime) -> None:
        """Take a rejection back."""
        ...


class MatchDesk(Protocol):
    """A person's word on which sightings are of one fire; saying the same again changes nothing.

    Every method returns after its commit; the incidents follow within a second or two. Raises `MatchRefused` where it
    cannot be, `InvalidValue` for a reason that is empty or too long.
    """

    def match(self, incident_id: IncidentId, other_id: IncidentId, reason: str, actor: Actor, at: datetime) -> None:
        """Say that two incidents are one fire."""
        ...

    def unmatch(
        self, incident_id: IncidentId, sighting_id: SightingId, reason: str, actor: Actor, at: datetime
    ) -> None:
        """Say that a sighting is not of an incident's fire."""
        ...

    def undo(self, incident_id: IncidentId, ruling_id: str, reason: str, actor: Actor, at: datetime) -> None:
        """Take back what was said."""
        ...


@dataclass(frozen=True, slots=True)
class RangerCall:
    """One call to one person: what the phone page shows."""

    person: Person
    alert: Alert
    notification: Notification
    card: IncidentCard
    weather: Observation | None


class RangerDesk(Protocol):
    """Calls to rangers."""

    def call(self, notification_id: NotificationId) -> RangerCall | None:
        """Return one call; None where it is unknown or not about an incident."""
        ...

    def opened(self, notification_id: NotificationId, at: datetime) -> None:
        """Record that the call was opened on a screen (`Notification.reached_at`); the first time counts."""
        ...

    def accept(self, acknowledgement: Acknowledgement) -> None:
        """Record that the person accepted: the notification's acknowledgement and the incident's `Accepted` event.

        Returns after its commit; accepting again changes nothing.
        """
        ...


class Accounts(Protocol):
    """People who may log in. Without any, the centre listens on loopback only and needs no log-in."""

    def any_configured(self) -> bool:
        """Tell whether there is at least one account."""
        ...

    def authenticate(self, name: str, password: str) -> Person | None:
        """Return the person if name and password fit (argon2; the same time is spent on unknown names)."""
        ...


class Sessions(Protocol):
    """Log-ins that stand. Only the SHA-256 of a token is kept."""

    def start(self, token: str, person_id: PersonId, at: datetime, expires_at: datetime) -> None:
        """Keep a new session under its token."""
        ...

    def person(self, token: str, at: datetime) -> Person | None:
        """Return whose session it is; None if unknown, expired at `at`, ended, or the account is gone."""
        ...

    def end(self, token: str) -> None:
        """Forget a session; an unknown one changes nothing."""
        ...
