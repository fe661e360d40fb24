"""A person says which sightings are of one fire; association obeys, and the word can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.incident import (
    IncidentEvent,
    IncidentState,
    Matched,
    MatchUndone,
    Unmatched,
)
from firewatch.errors import MatchRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from firewatch.domain.ids import IncidentId, SightingId
    from firewatch.domain.incident import Change, Incident
    from firewatch.domain.roster import Actor
    from firewatch.services.ports import Clock, IncidentLog

__all__ = ["Matching", "standing_rulings"]


def standing_rulings(changes: Iterable[Change]) -> frozenset[str]:
    """Return the ids of the rulings among some changes that nobody has taken back."""
    said: set[str] = set()
    undone: set[str] = set()
    for change in changes:
        match change:
            case Matched() | Unmatched():
                said.add(change.ruling_id)
            case MatchUndone():
                undone.add(change.ruling_id)
            case _:
                pass
    return frozenset(said - undone)


class Matching:
    """Fulfils `firewatch.services.views.MatchDesk`.

    Parameters
    ----------
    log : IncidentLog
        Where the events go; the associator follows them.
    clock : Clock
        When the centre learned it.
    new_id : callable
        Makes a ULID for an instant.
    """

    def __init__(self, log: IncidentLog, clock: Clock, new_id: Callable[[datetime], str]) -> None:
        self._log = log
        self._clock = clock
        self._new_id = new_id

    def match(self, incident_id: IncidentId, other_id: IncidentId, reason: str, actor: Actor, at: datetime) -> None:
        """Say that two incidents are one fire; again: changes nothing.

        Raises
        ------
        MatchRefused
            If one of them is closed, or both are decided, or one is an exercise, or they are the same.
        InvalidValue
            If the reason is empty or too long.
        """
        one, other = self._open(incident_id), self._open(other_id)
        _require_one_fire_possible(one, other)
        members = tuple(sighting_id for incident in (one, other) for sighting_id, _ in incident.members)
        said = Matched(self._new_id(self._clock.now()), members, (incident_id, other_id), reason)
        if not any(_is_same(change, said) for change in self._standing(incident_id)):
            self._append([(incident_id, said), (other_id, said)], actor, at)

    def unmatch(
        self, incident_id: IncidentId, sighting_id: SightingId, reason: str, actor: Actor, at: datetime
    ) -> None:
        """Say that a sighting is not of an incident's fire; again: changes nothing.

        Raises
        ------
        MatchRefused
            If the incident is closed, the sighting is not in it, or alone in it.
        InvalidValue
            If the reason is empty or too long.
        """
        incident = self._open(incident_id)
        members = [member for member, _ in incident.members]
        if sighting_id not in members:
            raise MatchRefused(incident_id, "member", f"sighting {sighting_id} is not of it any more: look again")
        others = tuple(member for member in members if member != sighting_id)
        if not others:
            raise MatchRefused(incident_id, "alone", f"sighting {sighting_id} is all of it: reject it instead")
        said = Unmatched(self._new_id(self._clock.now()), sighting_id, others, reason)
        if not any(_is_same(change, said) for change in self._standing(incident_id)):
            self._append([(incident_id, said)], actor, at)

    def undo(self, incident_id: IncidentId, ruling_id: str, reason: str, actor: Actor, at: datetime) -> None:
        """Take back what was said; again: changes nothing.

        Raises
        ------
        MatchRefused
            If the incident's log has no such ruling, or the fire of matched sightings was decided on since: then they
            are taken out one by one.
        InvalidValue
            If the reason is empty or too long.
        """
        logged = self._log.rulings_after(0)
        said = [item.event for item in logged if _ruling_of(item.event.change) == ruling_id]
        if incident_id not in {event.incident_id for event in said}:
            raise MatchRefused(incident_id, "ruling", f"no ruling {ruling_id} is in its log: look again")
        if any(isinstance(event.change, MatchUndone) for event in said):
            return
        self._require_undecided(said)
        undone = MatchUndone(ruling_id, reason)
        self._append([(event.incident_id, undone) for event in said], actor, at)

    def _require_undecided(self, said: Iterable[IncidentEvent]) -> None:
        """Raise where a decision was made of the matched members: it stands, and undoing would silently do nothing."""
        for event in said:
            merged = self._log.incident(event.incident_id)
            if isinstance(event.change, Matched) and merged is not None and merged.merged_into is not None:
                into = self._log.incident(merged.merged_into)
                if into is not None and into.state is not IncidentState.SUSPECTED:
                    why = f"it is {into.state} with these members: take out single sightings instead"
                    raise MatchRefused(into.incident_id, "merged", why)

    def _open(self, incident_id: IncidentId) -> Incident:
        incident = self._log.incident(incident_id)
        if incident is None:
            raise MatchRefused(incident_id, "unknown", "it does not exist")
        if not incident.is_open:
            raise MatchRefused(incident_id, "closed", f"it is {incident.state}: only open ones are matched")
        return incident

    def _standing(self, incident_id: IncidentId) -> list[Change]:
        changes = [
            logged.event.change for logged in self._log.rulings_after(0) if logged.event.incident_id == incident_id
        ]
        standing = standing_rulings(changes)
        return [change for change in changes if _ruling_of(change) in standing]

    def _append(self, changes: Iterable[tuple[IncidentId, Change]], actor: Actor, at: datetime) -> None:
        now = self._clock.now()
        self._log.append([IncidentEvent(self._new_id(now), home, at, now, actor, change) for home, change in changes])


def _ruling_of(change: Change) -> str:
    return change.ruling_id if isinstance(change, Matched | Unmatched | MatchUndone) else ""


def _is_same(change: Change, said: Matched | Unmatched) -> bool:
    match change, said:
        case Matched(), Matched():
            return set(change.sighting_ids) == set(said.sighting_ids)
        case Unmatched(), Unmatched():
            return (change.sighting_id, change.others) == (said.sighting_id, said.others)
    return False


def _require_one_fire_possible(one: Incident, other: Incident) -> None:
    if one.incident_id == other.incident_id:
        raise MatchRefused(one.incident_id, "same", "it is the same: choose another one")
    if one.is_exercise is not other.is_exercise:
        raise MatchRefused(one.incident_id, "kind", "one of the two is an exercise, the other is not")
    if IncidentState.SUSPECTED not in (one.state, other.state):
        raise MatchRefused(one.incident_id, "decided", "both are confirmed: only a suspected one can go into another")
