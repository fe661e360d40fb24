"""The log of incidents in memory."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from firewatch.domain.incident import (
    Confirmed,
    Matched,
    MatchUndone,
    Merged,
    Opened,
    Rejected,
    Reopened,
    SightingJoined,
    SightingLeft,
    Unmatched,
    admit,
    require_one_home,
)
from firewatch.services.place_memory import DecidedIncident
from firewatch.services.ports import LoggedEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firewatch.domain.ids import IncidentId, SightingId
    from firewatch.domain.incident import Incident, IncidentEvent

__all__ = ["MemoryIncidentLog"]


class MemoryIncidentLog:
    """Fulfils `IncidentLog` and `IncidentTimeline` of `services.ports`, `views.LiveTail`, and `DecisionLog`."""

    def __init__(self) -> None:
        self.members: dict[SightingId, IncidentId] = {}
        self._events: list[LoggedEvent] = []
        self._states: dict[IncidentId, Incident] = {}
        self._lock = threading.Lock()

    def append(self, events: Sequence[IncidentEvent]) -> tuple[LoggedEvent, ...]:
        """Append events; nothing at all if one is not possible."""
        with self._lock:
            known = {logged.event.event_id for logged in self._events}
            fresh = list({event.event_id: event for event in reversed(events) if event.event_id not in known}.values())
            require_one_home(self.members, fresh[::-1])
            states = dict(self._states)
            for event in reversed(fresh):
                states[event.incident_id] = admit(states.get(event.incident_id), event)
            first = len(self._events) + 1
            logged = tuple(LoggedEvent(seq, event) for seq, event in enumerate(reversed(fresh), start=first))
            self._events += logged
            self._states = states
            for item in logged:
                self._move(item.event)
            return logged

    def incident(self, incident_id: IncidentId) -> Incident | None:
        """Return the state of one incident."""
        return self._states.get(incident_id)

    def incidents(self, *, open_only: bool, limit: int) -> tuple[Incident, ...]:
        """Return incidents, the latest opened first."""
        found = [state for state in self._states.values() if state.is_open or not open_only]
        found.sort(key=lambda state: (state.opened_at, state.incident_id), reverse=True)
        return tuple(found[:limit])

    def events_after(self, seq: int, limit: int) -> tuple[LoggedEvent, ...]:
        """Return at most `limit` events with a later seq."""
        return tuple(self._events[seq : seq + limit])

    def rulings_after(self, seq: int) -> tuple[LoggedEvent, ...]:
        """Return the events with a later seq by which people matched and unmatched sightings, or took that back."""
        kinds = Matched | Unmatched | MatchUndone
        return tuple(logged for logged in self._events[seq:] if isinstance(logged.event.change, kinds))

    def last_seq(self) -> int:
        """Return the seq of the latest event, 0 where there is none."""
        return len(self._events)

    def events_of(self, incident_id: IncidentId) -> tuple[LoggedEvent, ...]:
        """Return all events of one incident, oldest first."""
        return tuple(logged for logged in self._events if logged.event.incident_id == incident_id)

    def decided_after(self, seq: int, limit: int) -> tuple[DecidedIncident, ...]:
        """Return at most `limit` confirmations, dismissals and reopenings with a later seq, in order."""
        decided = [one for one in self._events[seq:] if isinstance(one.event.change, Confirmed | Rejected | Reopened)]
        return tuple(
            DecidedIncident(one.seq, one.event.occurred_at, self._states[one.event.incident_id])
            for one in decided[:limit]
        )

    def last_seqs(self, incident_ids: Sequence[IncidentId]) -> Mapping[IncidentId, int]:
        """Return the seq of the latest event of each of the incidents that exists."""
        latest = {logged.event.incident_id: logged.seq for logged in self._events}
        return {incident_id: latest[incident_id] for incident_id in incident_ids if incident_id in latest}

    def _move(self, event: IncidentEvent) -> None:
        incident_id = event.incident_id
        match event.change:
            case Opened(sighting_id=sighting_id) | SightingJoined(sighting_id=sighting_id):
                self.members[sighting_id] = incident_id
            case SightingLeft(sighting_id=sighting_id) if self.members.get(sighting_id) == incident_id:
                del self.members[sighting_id]
            case Merged():
                for member in [member for member, home in self.members.items() if home == incident_id]:
                    del self.members[member]
            case _:
                pass
