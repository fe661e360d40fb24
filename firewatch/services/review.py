"""A person's decision about an incident becomes an event with its actor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.incident import (
    Confirmed,
    IncidentEvent,
    IncidentState,
    Rejected,
    RejectReason,
    Reopened,
)
from firewatch.errors import IllegalTransition

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from firewatch.domain.ids import IncidentId
    from firewatch.domain.incident import Change, Incident
    from firewatch.domain.roster import Actor
    from firewatch.services.ports import Clock, IncidentLog, IncidentTimeline

__all__ = ["Review"]


class Review:
    """Fulfils `firewatch.services.views.ReviewDesk`.

    Parameters
    ----------
    log : IncidentLog
        Where the events go; it decides, inside its transaction, whether they are possible.
    timeline : IncidentTimeline
        The same log, by incident.
    clock : Clock
        When the centre learned it.
    new_id : callable
        Makes a ULID for an instant.
    """

    def __init__(
        self,
        log: IncidentLog,
        timeline: IncidentTimeline,
        clock: Clock,
        new_id: Callable[[datetime], str],
    ) -> None:
        self._log = log
        self._timeline = timeline
        self._clock = clock
        self._new_id = new_id

    def confirm(self, incident_id: IncidentId, actor: Actor, at: datetime) -> None:
        """Say that it is a fire; raise `IllegalTransition` if its state does not allow it."""
        if self._incident(incident_id, "confirming").state is not IncidentState.CONFIRMED:
            self._append(incident_id, Confirmed(), actor, at)

    def reject(self, incident_id: IncidentId, reason: RejectReason, actor: Actor, at: datetime) -> None:
        """Say that it is none; another reason corrects the first; raise `IllegalTransition` where not allowed."""
        incident = self._incident(incident_id, "rejecting")
        if (incident.state, incident.reject_reason) != (IncidentState.FALSE_ALARM, reason):
            self._append(incident_id, Rejected(reason), actor, at)

    def reopen(self, incident_id: IncidentId, actor: Actor, at: datetime) -> None:
        """Take a rejection back; raise `IllegalTransition` if there is none to take back."""
        incident = self._incident(incident_id, "reopening")
        if incident.state is IncidentState.SUSPECTED and self._was_reopened(incident_id):
            return
        self._append(incident_id, Reopened(), actor, at)

    def _incident(self, incident_id: IncidentId, change: str) -> Incident:
        incident = self._log.incident(incident_id)
        if incident is None:
            raise IllegalTransition(f"incident {incident_id}", "unknown", change, "nothing")
        return incident

    def _was_reopened(self, incident_id: IncidentId) -> bool:
        return any(isinstance(logged.event.change, Reopened) for logged in self._timeline.events_of(incident_id))

    def _append(self, incident_id: IncidentId, change: Change, actor: Actor, at: datetime) -> None:
        now = self._clock.now()
        self._log.append([IncidentEvent(self._new_id(now), incident_id, at, now, actor, change)])
