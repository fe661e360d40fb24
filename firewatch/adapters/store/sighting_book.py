"""Reads the sightings, highest revisions only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from firewatch.adapters.store.database import last_mark
from firewatch.adapters.store.instants import from_us, to_us
from firewatch.adapters.store.schema import memberships, sighting_heads, sightings
from firewatch.domain.ids import IncidentId
from firewatch.services.ports import StoredSighting
from firewatch.wire import codec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row, Select

    from firewatch.adapters.store.database import Database
    from firewatch.domain.ids import SightingId

__all__ = ["SqlSightingBook"]

_heads = sighting_heads.c
_BY_FIRST_SIGHT = (_heads.first_seen_at, _heads.sighting_id)


class SqlSightingBook:
    """Fulfils `firewatch.services.ports.SightingBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_mark(self) -> int:
        """Return the highest mark, 0 where there is no sighting."""
        with self._database.reading() as connection:
            return last_mark(connection, "sightings")

    def observed_between(self, since: datetime, until: datetime) -> tuple[StoredSighting, ...]:
        """Return the sightings that lasted into this period, in the order of (first_seen_at, sighting_id)."""
        lasted = (_heads.observed_at >= to_us(since)) & (_heads.first_seen_at <= to_us(until))
        return self._read(_highest().where(lasted).order_by(*_BY_FIRST_SIGHT))

    def changed_after(self, mark: int, limit: int) -> tuple[StoredSighting, ...]:
        """Return at most `limit` sightings with a later mark, in the order of marks."""
        return self._read(_highest().where(_heads.mark > mark).order_by(_heads.mark).limit(limit))

    def sightings(self, sighting_ids: Sequence[SightingId]) -> tuple[StoredSighting, ...]:
        """Return those that exist, in the order of (first_seen_at, sighting_id)."""
        if not sighting_ids:
            return ()
        return self._read(_highest().where(_heads.sighting_id.in_(sighting_ids)).order_by(*_BY_FIRST_SIGHT))

    def _read(self, query: Select[Any]) -> tuple[StoredSighting, ...]:
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(_stored(row) for row in rows)


def _highest() -> Select[Any]:
    of_head = (sightings.c.sighting_id == _heads.sighting_id) & (sightings.c.revision == _heads.revision)
    joined = sighting_heads.join(sightings, of_head).outerjoin(
        memberships,
        memberships.c.sighting_id == _heads.sighting_id,
    )
    return select(_heads.mark, sightings.c.body, _heads.first_received_at, memberships.c.incident_id).select_from(
        joined
    )


def _stored(row: Row[Any]) -> StoredSighting:
    return StoredSighting(
        mark=row.mark,
        sighting=codec.decode_sighting(row.body.encode()).value,
        received_at=from_us(row.first_received_at),
        incident_id=None if row.incident_id is None else IncidentId(row.incident_id),
    )
