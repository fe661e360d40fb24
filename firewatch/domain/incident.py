"""An incident is a fold over its append-only events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from firewatch.domain.changes import (
    Accepted,
    AlertRaised,
    BeliefChanged,
    BeliefFact,
    Change,
    Confirmed,
    IncidentEvent,
    Located,
    Matched,
    MatchUndone,
    Merged,
    Opened,
    PossiblePlace,
    Rated,
    Rejected,
    RejectReason,
    Reopened,
    SightingEnded,
    SightingJoined,
    SightingLeft,
    Unmatched,
    UsedCalibration,
)
from firewatch.errors import IllegalTransition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from firewatch.domain.danger import DangerRating
    from firewatch.domain.geo import Fix
    from firewatch.domain.ids import IncidentId, PersonId, SightingId, TowerId

__all__ = [
    "Accepted",
    "AlertRaised",
    "BeliefChanged",
    "BeliefFact",
    "Change",
    "Confirmed",
    "Incident",
    "IncidentEvent",
    "IncidentState",
    "Located",
    "MatchUndone",
    "Matched",
    "Merged",
    "Opened",
    "PossiblePlace",
    "Rated",
    "RejectReason",
    "Rejected",
    "Reopened",
    "SightingEnded",
    "SightingJoined",
    "SightingLeft",
    "Unmatched",
    "UsedCalibration",
    "admit",
    "apply",
    "fold",
    "require_one_home",
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
        UTC instants of its members' first frame, and of its latest event (when it happened). The former is a function
        of the members, in whatever order they came; one without any keeps its last.
    members : tuple of (SightingId, TowerId)
        The sightings it rests on, in the order of their first frames.
    first_seen_at : tuple of datetime, as long as `members`
        UTC instants of those frames.
    ended : frozenset of SightingId
        Those that no camera sees any more.
    fix : Fix or None
        Where; None with `why_not` while unlocated.
    probability, belief_parts, belief_facts
        How likely, of what it is made, and what that rests on.
    rating : DangerRating or None
        Of the nearest station and day.
    accepted_by : tuple of PersonId
        Rangers who accepted.
    merged_into : IncidentId or None
        Where it went on.
    reject_reason : RejectReason or None
        Of the standing rejection.
    is_exercise : bool
        Whether it is a drill's: nothing burns. Said by the sighting that opened it, and never changed.
    possible_places : tuple of PossiblePlace
        Where it could also be, the likeliest first.
    calibrations : tuple of UsedCalibration
        By which its sightings were read when it was last located.
    """

    incident_id: IncidentId
    state: IncidentState
    opened_at: datetime
    changed_at: datetime
    members: tuple[tuple[SightingId, TowerId], ...]
    first_seen_at: tuple[datetime, ...] = ()
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
    is_exercise: bool = False
    possible_places: tuple[PossiblePlace, ...] = ()
    belief_facts: tuple[BeliefFact, ...] = ()
    calibrations: tuple[UsedCalibration, ...] = ()

    @property
    def towers(self) -> tuple[TowerId, ...]:
        """The towers that see it, each once, in the order of their first frames."""
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
            (event.occurred_at,),
            is_exercise=change.is_exercise,
        )
    changed = _apply_change(incident, change, event.occurred_at)
    return replace(changed, changed_at=max(incident.changed_at, event.occurred_at))


def admit(incident: Incident | None, event: IncidentEvent) -> Incident:
    """Return the state after a new event, by rules that events of old logs need not keep.

    A smoke that joined a closed incident would be shown to nobody, and one matched with it would vanish: raise
    `IllegalTransition`, also where `apply` does, so that whoever planned it looks again.
    """
    if isinstance(event.change, SightingJoined) and incident is not None and not incident.is_open:
        members = {sighting_id for sighting_id, _ in incident.members}
        if event.change.sighting_id not in members:
            raise IllegalTransition(f"incident {incident.incident_id}", incident.state, "joining", "opening another")
    if isinstance(event.change, Matched | Unmatched) and incident is not None and not incident.is_open:
        raise IllegalTransition(f"incident {incident.incident_id}", incident.state, "matching", "reading")
    return apply(incident, event)


def require_one_home(homes: Mapping[SightingId, IncidentId], events: Iterable[IncidentEvent]) -> None:
    """Raise `IllegalTransition` if a sighting would belong to two incidents after some events.

    Parameters
    ----------
    homes : mapping of SightingId to IncidentId
        Where sightings belong before; at least those that the events have open or join an incident.
    events : iterable of IncidentEvent
        Of any incidents, in the order of their log.

    Notes
    -----
    No single incident's fold can tell: two associators at once, each right about what it read, would make two incidents
    and two alerts of one smoke.
    """
    claims = {sighting_id: {incident_id} for sighting_id, incident_id in homes.items()}
    for event in events:
        match event.change:
            case Opened(sighting_id=sighting_id) | SightingJoined(sighting_id=sighting_id):
                claims.setdefault(sighting_id, set()).add(event.incident_id)
            case SightingLeft(sighting_id=sighting_id):
                claims.get(sighting_id, set()).discard(event.incident_id)
            case Merged():
                for claim in claims.values():
                    claim.discard(event.incident_id)
            case _:
                pass
    for sighting_id, claim in claims.items():
        if len(claim) > 1:
            where = " and ".join(sorted(claim))
            raise IllegalTransition(f"sighting {sighting_id}", f"a member of {where}", "joining", "leaving one of them")


def _apply_change(incident: Incident, change: Change, at: datetime) -> Incident:
    match change:
        case Opened():
            raise IllegalTransition("incident", incident.state, "Opened", "any later change")
        case SightingJoined() | SightingLeft() | SightingEnded() | Merged():
            return _apply_membership(incident, change, at)
        case Located() | BeliefChanged() | Rated():
            return _apply_finding(incident, change)
        case AlertRaised():
            return replace(incident, alert_ids=(*incident.alert_ids, change.alert_id))
        case Accepted() | Confirmed() | Rejected() | Reopened():
            return _apply_decision(incident, change)
        case Matched() | Unmatched() | MatchUndone():
            # What follows from it are other events: association obeys, and moves the sightings.
            return incident
    assert_never(change)


def _apply_membership(
    incident: Incident, change: SightingJoined | SightingLeft | SightingEnded | Merged, at: datetime
) -> Incident:
    match change:
        case SightingJoined():
            # A drill's smoke among a fire's would hide the fire, and the reverse call people to nothing.
            if change.is_exercise is not incident.is_exercise:
                state = "an exercise" if incident.is_exercise else "of a fire"
                raise IllegalTransition(f"incident {incident.incident_id}", state, "joining the other kind", "its own")
            # Joining again corrects: the sighting was first seen at another instant, or goes on after all.
            left = _without(incident, change.sighting_id)
            return _of_members(left, [*_seen(left), (at, change.sighting_id, change.tower_id)])
        case SightingLeft():
            return _without(incident, change.sighting_id)
        case SightingEnded():
            return replace(incident, ended=incident.ended | {change.sighting_id})
        case Merged():
            # A person's decision stands: only what is still suspected is merged away.
            _require_state(incident, "merging", IncidentState.SUSPECTED)
            merged = replace(incident, state=IncidentState.MERGED, merged_into=change.into)
            return replace(merged, members=(), first_seen_at=())
    assert_never(change)


_Seen = tuple["datetime", "SightingId", "TowerId"]


def _seen(incident: Incident) -> list[_Seen]:
    dated = zip(incident.members, incident.first_seen_at, strict=True)
    return [(at, sighting_id, tower_id) for (sighting_id, tower_id), at in dated]


def _without(incident: Incident, sighting_id: SightingId) -> Incident:
    kept = [seen for seen in _seen(incident) if seen[1] != sighting_id]
    return _of_members(replace(incident, ended=incident.ended - {sighting_id}), kept)


def _of_members(incident: Incident, seen: list[_Seen]) -> Incident:
    """Return the incident with these members: as old as the first of them, whoever was a member before."""
    ordered = sorted(seen)
    return replace(
        incident,
        members=tuple((sighting_id, tower_id) for _, sighting_id, tower_id in ordered),
        first_seen_at=tuple(at for at, _, _ in ordered),
        opened_at=ordered[0][0] if ordered else incident.opened_at,
    )


def _apply_finding(incident: Incident, change: Located | BeliefChanged | Rated) -> Incident:
    match change:
        case Located():
            located = replace(incident, fix=change.fix, why_not=change.why_not)
            return replace(located, possible_places=change.possible_places, calibrations=change.calibrations)
        case BeliefChanged():
            believed = replace(incident, probability=change.probability, belief_parts=change.parts)
            return replace(believed, belief_facts=change.facts)
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
