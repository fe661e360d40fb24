"""An incident is a fold over its append-only events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from firewatch.domain.checks import require_between, require_utc
from firewatch.domain.ids import require_ulid
from firewatch.errors import IllegalTransition

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from firewatch.domain.danger import DangerRating
    from firewatch.domain.geo import Fix
    from firewatch.domain.ids import IncidentId, PersonId, SightingId, TowerId
    from firewatch.domain.roster import Actor

__all__ = [
    "Accepted",
    "AlertRaised",
    "BeliefChanged",
    "Change",
    "Confirmed",
    "Incident",
    "IncidentEvent",
    "IncidentState",
    "Located",
    "Merged",
    "Opened",
    "Rated",
    "RejectReason",
    "Rejected",
    "Reopened",
    "SightingEnded",
    "SightingJoined",
    "SightingLeft",
    "apply",
    "fold",
]


class IncidentState(StrEnum):
    """Where an incident is in its life; FALSE_ALARM is possible only while no fire was found."""

    SUSPECTED = "SUSPECTED"
    CONFIRMED = "CONFIRMED"
    DISPATCHED = "DISPATCHED"
    CONTAINED = "CONTAINED"
    CONTROLLED = "CONTROLLED"
    OUT = "OUT"
    FALSE_ALARM = "FALSE_ALARM"
    MERGED = "MERGED"


class RejectReason(StrEnum):
    """Why a suspected fire was none: the finer labels train the next detector."""

    FARM_BURNING = "farm_burning"
    SACRIFICE = "sacrifice"
    COOKING_SMOKE = "cooking_smoke"
    INDUSTRIAL = "industrial"
    FOG_CLOUD = "fog_cloud"
    DUST = "dust"
    GLARE = "glare"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Opened:
    """The first sighting opened the incident."""

    sighting_id: SightingId
    tower_id: TowerId


@dataclass(frozen=True, slots=True)
class SightingJoined:
    """Another sighting, or another tower, sees the same smoke."""

    sighting_id: SightingId
    tower_id: TowerId


@dataclass(frozen=True, slots=True)
class SightingLeft:
    """A sighting turned out to belong to another incident."""

    sighting_id: SightingId


@dataclass(frozen=True, slots=True)
class SightingEnded:
    """A camera no longer sees the smoke."""

    sighting_id: SightingId


@dataclass(frozen=True, slots=True)
class Located:
    """The position became known, moved by more than its error, or was lost (None)."""

    fix: Fix | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class BeliefChanged:
    """How likely it is a fire changed in meaning.

    Parameters
    ----------
    probability : float
        0 to 1.
    parts : tuple of (str, float)
        Each part's name and its log-odds.
    """

    probability: float
    parts: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        require_between("probability", self.probability, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Rated:
    """The fire danger of the nearest station and day, or None: nothing is muted without one."""

    rating: DangerRating | None
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """People are being told."""

    alert_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A ranger accepted the call."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A person says it is a fire."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A person says it is none."""

    reason: RejectReason
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reopened:
    """A person takes the rejection back."""


@dataclass(frozen=True, slots=True)
class Merged:
    """It was the same fire as an incident opened earlier; that one goes on."""

    into: IncidentId


Change = (
    Opened
    | SightingJoined
    | SightingLeft
    | SightingEnded
    | Located
    | BeliefChanged
    | Rated
    | AlertRaised
    | Accepted
    | Confirmed
    | Rejected
    | Reopened
    | Merged
)


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """One change of meaning.

    Parameters
    ----------
    event_id : str
        ULID.
    incident_id : IncidentId
        ULID.
    occurred_at, recorded_at : datetime
        UTC instants: when it happened, and when the centre learned it.
    actor : Actor
        Who did it.
    change : Change
        What changed.
    """

    event_id: str
    incident_id: IncidentId
    occurred_at: datetime
    recorded_at: datetime
    actor: Actor
    change: Change

    def __post_init__(self) -> None:
        require_ulid("event", self.event_id)
        require_ulid("incident", self.incident_id)
        require_utc("occurred", self.occurred_at)
        require_utc("recorded", self.recorded_at)


@dataclass(frozen=True, slots=True)
class Incident:
    """The state that the events add up to.

    Parameters
    ----------
    incident_id : IncidentId
        ULID.
    state : IncidentState
        Where it is in its life.
    opened_at, changed_at : datetime
        UTC instants of the first and the latest event (when they happened).
    members : tuple of (SightingId, TowerId)
        The sightings it rests on, in the order they joined.
    ended : frozenset of SightingId
        Those that no camera sees any more.
    fix : Fix or None
        Where; None with `why_not` while unlocated.
    probability, belief_parts
        How likely, and of what it is made.
    rating : DangerRating or None
        Of the nearest station and day.
    accepted_by : tuple of PersonId
        Rangers who accepted.
    merged_into : IncidentId or None
        Where it went on.
    reject_reason : RejectReason or None
        Of the standing rejection.
    """

    incident_id: IncidentId
    state: IncidentState
    opened_at: datetime
    changed_at: datetime
    members: tuple[tuple[SightingId, TowerId], ...]
    ended: frozenset[SightingId] = frozenset()
    fix: Fix | None = None
    why_not: str = ""
    probability: float | None = None
    belief_parts: tuple[tuple[str, float], ...] = ()
    rating: DangerRating | None = None
    rating_distance_m: float | None = None
    alert_ids: tuple[str, ...] = ()
    accepted_by: tuple[PersonId, ...] = ()
    merged_into: IncidentId | None = None
    reject_reason: RejectReason | None = None

    @property
    def towers(self) -> tuple[TowerId, ...]:
        """The towers that see it, each once, in the order they joined."""
        return tuple(dict.fromkeys(tower_id for _, tower_id in self.members))

    @property
    def is_open(self) -> bool:
        """Whether it still waits for something."""
        return self.state not in _CLOSED


_CLOSED = frozenset({IncidentState.OUT, IncidentState.FALSE_ALARM, IncidentState.MERGED})


def fold(events: Iterable[IncidentEvent]) -> Incident | None:
    """Add up the events of one incident, in the order of their log.

    Returns
    -------
    Incident or None
        None where there is no event.

    Raises
    ------
    IllegalTransition
        If the first event is not `Opened`, or a change is not possible in the state it meets.
    """
    incident: Incident | None = None
    for event in events:
        incident = apply(incident, event)
    return incident


def apply(incident: Incident | None, event: IncidentEvent) -> Incident:
    """Return the state after one more event; raise `IllegalTransition` if it is not possible."""
    change = event.change
    if incident is None:
        if not isinstance(change, Opened):
            raise IllegalTransition("incident", "not opened", type(change).__name__, "Opened")
        return Incident(
            event.incident_id,
            IncidentState.SUSPECTED,
            event.occurred_at,
            event.occurred_at,
            ((change.sighting_id, change.tower_id),),
        )
    changed = _apply_change(incident, change)
    opened_at = incident.opened_at
    if isinstance(change, SightingJoined):
        # A late message may tell of an earlier smoke: the incident is as old as its first sighting, in any order.
        opened_at = min(opened_at, event.occurred_at)
    return replace(changed, opened_at=opened_at, changed_at=max(incident.changed_at, event.occurred_at))


def _apply_change(incident: Incident, change: Change) -> Incident:
    match change:
        case Opened():
            raise IllegalTransition("incident", incident.state, "Opened", "any later change")
        case SightingJoined() | SightingLeft() | SightingEnded() | Merged():
            return _apply_membership(incident, change)
        case Located() | BeliefChanged() | Rated():
            return _apply_finding(incident, change)
        case AlertRaised():
            return replace(incident, alert_ids=(*incident.alert_ids, change.alert_id))
        case Accepted() | Confirmed() | Rejected() | Reopened():
            return _apply_decision(incident, change)
    assert_never(change)


def _apply_membership(incident: Incident, change: SightingJoined | SightingLeft | SightingEnded | Merged) -> Incident:
    match change:
        case SightingJoined():
            return replace(incident, members=(*incident.members, (change.sighting_id, change.tower_id)))
        case SightingLeft():
            return replace(incident, members=tuple(m for m in incident.members if m[0] != change.sighting_id))
        case SightingEnded():
            return replace(incident, ended=incident.ended | {change.sighting_id})
        case Merged():
            # A person's decision stands: only what is still suspected is merged away.
            _require_state(incident, "merging", IncidentState.SUSPECTED)
            return replace(incident, state=IncidentState.MERGED, merged_into=change.into, members=())
    assert_never(change)


def _apply_finding(incident: Incident, change: Located | BeliefChanged | Rated) -> Incident:
    match change:
        case Located():
            return replace(incident, fix=change.fix, why_not=change.why_not)
        case BeliefChanged():
            return replace(incident, probability=change.probability, belief_parts=change.parts)
        case Rated():
            return replace(incident, rating=change.rating, rating_distance_m=change.distance_m)
    assert_never(change)


def _apply_decision(incident: Incident, change: Accepted | Confirmed | Rejected | Reopened) -> Incident:
    match change:
        case Accepted():
            # Two officers may press at once: accepting, confirming and rejecting again change nothing.
            accepted = tuple(dict.fromkeys((*incident.accepted_by, change.person_id)))
            return replace(incident, accepted_by=accepted)
        case Confirmed():
            _require_state(incident, "confirming", IncidentState.SUSPECTED, IncidentState.CONFIRMED)
            return replace(incident, state=IncidentState.CONFIRMED)
        case Rejected():
            _require_state(incident, "rejecting", IncidentState.SUSPECTED, IncidentState.FALSE_ALARM)
            return replace(incident, state=IncidentState.FALSE_ALARM, reject_reason=change.reason)
        case Reopened():
            _require_state(incident, "reopening", IncidentState.FALSE_ALARM)
            return replace(incident, state=IncidentState.SUSPECTED, reject_reason=None)
    assert_never(change)


_POSSIBLE = {
    IncidentState.SUSPECTED: "confirming or rejecting",
    IncidentState.CONFIRMED: "the dispatch and what follows it",
    IncidentState.FALSE_ALARM: "reopening",
}


def _require_state(incident: Incident, change: str, *allowed: IncidentState) -> None:
    if incident.state not in allowed:
        possible = _POSSIBLE.get(incident.state, "nothing")
        raise IllegalTransition(f"incident {incident.incident_id}", incident.state, change, possible)
