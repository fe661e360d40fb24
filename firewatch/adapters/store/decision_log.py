"""The decisions in the log of incidents, each with what stands of its incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from firewatch.adapters.store.instants import from_us
from firewatch.adapters.store.schema import events, incident_states
from firewatch.adapters.store.value_codec import value_from
from firewatch.domain.incident import Incident
from firewatch.services.place_memory import DecidedIncident

if TYPE_CHECKING:
    from firewatch.adapters.store.database import Database

__all__ = ["SqlDecisionLog"]

# The names that `event_codec.KINDS` gives them.
_DECISIONS = ("confirmed", "rejected", "reopened")


class SqlDecisionLog:
    """Fulfils `firewatch.services.place_memory.DecisionLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def decided_after(self, seq: int, limit: int) -> tuple[DecidedIncident, ...]:
        """Return at most `limit` confirmations, dismissals and reopenings with a later seq, in order."""
        query = (
            select(events.c.seq, events.c.occurred_at, incident_states.c.body)
            .join(incident_states, incident_states.c.incident_id == events.c.incident_id)
            .where(events.c.seq > seq, events.c.kind.in_(_DECISIONS))
            .order_by(events.c.seq)
            .limit(limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(DecidedIncident(row.seq, from_us(row.occurred_at), value_from(Incident, row.body)) for row in rows)
