"""The append-only events of incidents, and the states that they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, text

from firewatch.adapters.store.database import last_mark, lock_marks, set_mark, upsert
from firewatch.adapters.store.event_codec import StoredChange, decode_change, encode_change
from firewatch.adapters.store.instants import from_us, to_us
from firewatch.adapters.store.schema import events, incident_states, memberships
from firewatch.adapters.store.value_codec import to_json, value_from
from firewatch.domain.ids import IncidentId, SightingId
from firewatch.domain.incident import (
    Incident,
    IncidentEvent,
    Merged,
    Opened,
    SightingJoined,
    SightingLeft,
    admit,
    apply,
    require_one_home,
)
from firewatch.domain.roster import Actor
from firewatch.services.ports import LoggedEvent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from firewatch.adapters.store.database import Database

__all__ = ["CHANNEL", "Difference", "SqlIncidentLog"]

# Where PostgreSQL tells listeners of new events.
CHANNEL = "firewatch_events"
_RULINGS = ("matched", "unmatched", "match_undone")


@dataclass(frozen=True, slots=True)
class Difference:
    """An incident whose stored state is not what its events add up to.

    Parameters
    ----------
    incident_id : IncidentId
        Which.
    stored, folded : Incident or None
        The state in the table, and that of the events.
    stored_members, folded_members : frozenset of SightingId
        The same of the memberships.
    """

    incident_id: IncidentId
    stored: Incident | None
    folded: Incident | None
    stored_members: frozenset[SightingId]
    folded_members: frozenset[SightingId]


class SqlIncidentLog:
    """Fulfils `firewatch.services.ports.IncidentLog`, `IncidentTimeline` and `firewatch.services.views.LiveTail`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, given: Sequence[IncidentEvent]) -> tuple[LoggedEvent, ...]:
        """Append events and update the states and memberships of their incidents in one transaction."""
        if not given:
            return ()
        with self._database.writing() as connection:
            seq = lock_marks(connection, "events")
            fresh = _unknown(connection, given)
            if not fresh:
                return ()
            logged = tuple(LoggedEvent(seq + place, item) for place, item in enumerate(fresh, start=1))
            require_one_home(_homes(connection, fresh), fresh)
            states = _states(connection, sorted({item.incident_id for item in fresh}))
            after = _applied(states, logged)
            connection.execute(insert(events), [_event_row(item) for item in logged])
            _put_states(connection, after)
            for item in fresh:
                _move_members(connection, item)
            set_mark(connection, "events", logged[-1].seq)
            if self._database.is_postgresql:
                connection.execute(select(func.pg_notify(CHANNEL, str(logged[-1].seq))))
        return logged

    def incident(self, incident_id: IncidentId) -> Incident | None:
        """Return the state of one incident."""
        with self._database.reading() as connection:
            return _states(connection, [incident_id]).get(incident_id)

    def incidents(self, *, open_only: bool, limit: int) -> tuple[Incident, ...]:
        """Return incidents, the latest opened first."""
        columns = incident_states.c
        query = select(columns.body).order_by(columns.opened_at.desc(), columns.incident_id.desc()).limit(limit)
        if open_only:
            query = query.where(columns.is_open)
        with self._database.reading() as connection:
            bodies = connection.execute(query).scalars().all()
        return tuple(value_from(Incident, body) for body in bodies)

    def events_after(self, seq: int, limit: int) -> tuple[LoggedEvent, ...]:
        """Return at most `limit` events of all incidents with a later seq."""
        query = select(events).where(events.c.seq > seq).order_by(events.c.seq).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(_logged(row) for row in rows)

    def rulings_after(self, seq: int) -> tuple[LoggedEvent, ...]:
        """Return the events with a later seq by which people matched and unmatched sightings, or took that back."""
        query = select(events).where(events.c.seq > seq, events.c.kind.in_(_RULINGS)).order_by(events.c.seq)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(_logged(row) for row in rows)

    def last_seq(self) -> int:
        """Return the seq of the latest event, 0 where there is none."""
        with self._database.reading() as connection:
            return last_mark(connection, "events")

    def events_of(self, incident_id: IncidentId) -> tuple[LoggedEvent, ...]:
        """Return all events of one incident, oldest first."""
        query = select(events).where(events.c.incident_id == incident_id).order_by(events.c.seq)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(_logged(row) for row in rows)

    def last_seqs(self, incident_ids: Sequence[IncidentId]) -> Mapping[IncidentId, int]:
        """Return the seq of the latest event of each incident that exists."""
        columns = incident_states.c
        query = select(columns.incident_id, columns.seq).where(columns.incident_id.in_(incident_ids))
        with self._database.reading() as connection:
            return {IncidentId(row.incident_id): row.seq for row in connection.execute(query)}

    def recheck(self) -> tuple[Difference, ...]:
        """Add up the events of every incident again and return where the stored states or memberships differ."""
        with self._database.reading() as connection:
            if self._database.is_postgresql:
                # Else each of the queries sees what was committed before it, and a new event looks like a difference.
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            folded = _fold_all(connection)
            stored = {
                IncidentId(row.incident_id): value_from(Incident, row.body)
                for row in connection.execute(select(incident_states.c.incident_id, incident_states.c.body))
            }
            members = _members(connection)
        return tuple(_differences(stored, folded, members))


def _unknown(connection: Connection, given: Sequence[IncidentEvent]) -> list[IncidentEvent]:
    ids = {item.event_id for item in given}
    known = set(connection.execute(select(events.c.event_id).where(events.c.event_id.in_(sorted(ids)))).scalars())
    fresh: dict[str, IncidentEvent] = {}
    for item in given:
        if item.event_id not in known:
            fresh.setdefault(item.event_id, item)
    return list(fresh.values())


def _homes(connection: Connection, fresh: Sequence[IncidentEvent]) -> dict[SightingId, IncidentId]:
    ids = {item.change.sighting_id for item in fresh if isinstance(item.change, Opened | SightingJoined)}
    columns = memberships.c
    found = connection.execute(select(memberships).where(columns.sighting_id.in_(sorted(ids))))
    return {SightingId(row.sighting_id): IncidentId(row.incident_id) for row in found}


def _states(connection: Connection, incident_ids: Sequence[IncidentId]) -> dict[IncidentId, Incident]:
    columns = incident_states.c
    rows = connection.execute(
        select(columns.incident_id, columns.body).where(columns.incident_id.in_(incident_ids)),
    )
    return {IncidentId(row.incident_id): value_from(Incident, row.body) for row in rows}


def _applied(
    states: Mapping[IncidentId, Incident],
    logged: Sequence[LoggedEvent],
) -> dict[IncidentId, tuple[int, Incident]]:
    after: dict[IncidentId, tuple[int, Incident]] = {}
    for item in logged:
        incident_id = item.event.incident_id
        before = after[incident_id][1] if incident_id in after else states.get(incident_id)
        after[incident_id] = (item.seq, admit(before, item.event))
    return after


def _put_states(connection: Connection, after: Mapping[IncidentId, tuple[int, Incident]]) -> None:
    statement = upsert(connection, incident_states)
    changed = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["incident_id"],
        set_={name: changed[name] for name in ("seq", "is_open", "opened_at", "body")},
    )
    rows = [
        {
            "incident_id": incident_id,
            "seq": seq,
            "is_open": state.is_open,
            "opened_at": to_us(state.opened_at),
            "body": to_json(state),
        }
        for incident_id, (seq, state) in after.items()
    ]
    connection.execute(statement, rows)


def _move_members(connection: Connection, item: IncidentEvent) -> None:
    columns = memberships.c
    match item.change:
        case Opened(sighting_id=sighting_id) | SightingJoined(sighting_id=sighting_id):
            statement = upsert(connection, memberships).values(sighting_id=sighting_id, incident_id=item.incident_id)
            to_this = {"incident_id": item.incident_id}
            connection.execute(statement.on_conflict_do_update(index_elements=["sighting_id"], set_=to_this))
        case SightingLeft(sighting_id=sighting_id):
            # Only where it still belongs here: it may have joined another incident before it left this one.
            here = (columns.sighting_id == sighting_id) & (columns.incident_id == item.incident_id)
            connection.execute(delete(memberships).where(here))
        case Merged():
            connection.execute(delete(memberships).where(columns.incident_id == item.incident_id))
        case _:
            pass


def _event_row(item: LoggedEvent) -> dict[str, Any]:
    event, change = item.event, encode_change(item.event.change)
    return {
        "seq": item.seq,
        "event_id": event.event_id,
        "incident_id": event.incident_id,
        "occurred_at": to_us(event.occurred_at),
        "recorded_at": to_us(event.recorded_at),
        "actor_id": event.actor.actor_id,
        "actor_name": event.actor.name,
        "kind": change.kind,
        "version": change.version,
        "body": change.body,
    }


def _logged(row: Row[Any]) -> LoggedEvent:
    event = IncidentEvent(
        event_id=row.event_id,
        incident_id=IncidentId(row.incident_id),
        occurred_at=from_us(row.occurred_at),
        recorded_at=from_us(row.recorded_at),
        actor=Actor(row.actor_id, row.actor_name),
        change=decode_change(StoredChange(row.kind, row.version, row.body)),
    )
    return LoggedEvent(row.seq, event)


def _fold_all(connection: Connection) -> dict[IncidentId, Incident]:
    folded: dict[IncidentId, Incident] = {}
    in_order = select(events).order_by(events.c.seq)
    with connection.execute(in_order, execution_options={"yield_per": 1000}) as rows:
        for row in rows:
            event = _logged(row).event
            folded[event.incident_id] = apply(folded.get(event.incident_id), event)
    return folded


def _members(connection: Connection) -> dict[IncidentId, frozenset[SightingId]]:
    members: dict[IncidentId, set[SightingId]] = {}
    for row in connection.execute(select(memberships)):
        members.setdefault(IncidentId(row.incident_id), set()).add(SightingId(row.sighting_id))
    return {incident_id: frozenset(found) for incident_id, found in members.items()}


def _differences(
    stored: Mapping[IncidentId, Incident],
    folded: Mapping[IncidentId, Incident],
    members: Mapping[IncidentId, frozenset[SightingId]],
) -> Iterator[Difference]:
    for incident_id in sorted({*stored, *folded, *members}):
        state = folded.get(incident_id)
        expected = frozenset(sighting_id for sighting_id, _ in state.members) if state is not None else frozenset()
        present = members.get(incident_id, frozenset())
        if stored.get(incident_id) != state or present != expected:
            yield Difference(incident_id, stored.get(incident_id), state, present, expected)
