"""What was asked of towers and what they answered: the record of remote hands, and the queue of what waits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from firewatch.adapters.store.command_tables import command_replies, commands
from firewatch.adapters.store.database import storable, upsert, was_written
from firewatch.adapters.store.instants import from_us, from_us_or_none, to_us
from firewatch.domain.ids import CommandId, IncidentId
from firewatch.domain.remote import Attachment
from firewatch.domain.roster import Actor
from firewatch.services.command_ports import CommandRecord, StoredReply
from firewatch.services.ports import Quarantined
from firewatch.wire import remote_codec
from firewatch.wire.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Row, Select

    from firewatch.adapters.store.database import Database
    from firewatch.domain.remote import Command
    from firewatch.services.command_ports import CommandsWanted
    from firewatch.services.ports import ReplyArrived

__all__ = ["MOST_REPLIES", "SqlCommandBook", "write_replies"]

_columns, _replies = commands.c, command_replies.c
_SHOWN = (_replies.received_at, _replies.body, _replies.attachment_name)
_LATEST_FIRST = (_columns.issued_at.desc(), _columns.command_id.desc())
# A command is accepted, and then done or not: a node that says more than this about one is out of order.
MOST_REPLIES = 20


class SqlCommandBook:
    """Fulfils `firewatch.services.command_ports.CommandBook` and `CommandQueue`, and the `AgingBook` of retention."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: CommandRecord) -> bool:
        """Store a command that is not sent yet; False, and nothing changed, if its id is known."""
        command = record.command
        row = {
            "command_id": command.command_id,
            "tower_id": command.tower_id,
            "kind": remote_codec.action_name(command.action),
            "issued_at": to_us(command.issued_at),
            "expires_at": to_us(command.expires_at),
            "actor_id": record.actor.actor_id,
            "actor_name": storable(record.actor.name),
            "asked_through": record.through,
            "incident_id": record.incident_id,
            "body": storable(remote_codec.encode_command(command).decode()),
        }
        with self._database.writing() as connection:
            statement = upsert(connection, commands).values(row).on_conflict_do_nothing(index_elements=["command_id"])
            return was_written(connection, statement, _columns.command_id)

    def command(self, command_id: CommandId) -> CommandRecord | None:
        """Return one command with its replies."""
        found = self._read(select(commands).where(_columns.command_id == command_id))
        return found[0] if found else None

    def latest(self, wanted: CommandsWanted, limit: int) -> tuple[CommandRecord, ...]:
        """Return commands with their replies, the latest issued first."""
        query = select(commands).order_by(*_LATEST_FIRST).limit(limit)
        if wanted.tower_id is not None:
            query = query.where(_columns.tower_id == wanted.tower_id)
        if wanted.incident_id is not None:
            query = query.where(_columns.incident_id == wanted.incident_id)
        return self._read(query)

    def attachment(self, command_id: CommandId) -> Attachment | None:
        """Return the file of the command's latest reply that has one."""
        has_file = (_replies.command_id == command_id, _replies.attachment.is_not(None))
        query = select(command_replies).where(*has_file).order_by(_replies.ordinal.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return Attachment(name=row.attachment_name, media_type=row.attachment_type, content=bytes(row.attachment))

    def unsent(self, at: datetime, limit: int) -> tuple[Command, ...]:
        """Return commands that were never sent and have not expired at `at`, the oldest first."""
        waits = (_columns.expires_at > to_us(at), _columns.sent_at.is_(None))
        query = select(_columns.body).where(*waits).order_by(_columns.issued_at, _columns.command_id).limit(limit)
        with self._database.reading() as connection:
            bodies = connection.execute(query).scalars().all()
        return tuple(remote_codec.decode_command(body.encode()) for body in bodies)

    def mark_sent(self, command_id: CommandId, at: datetime) -> None:
        """Note that the broker has a command."""
        is_it = (_columns.command_id == command_id, _columns.sent_at.is_(None))
        with self._database.writing() as connection:
            connection.execute(update(commands).where(*is_it).values(sent_at=to_us(at)))

    def drop_older(self, than: timedelta, now: datetime, most: int) -> int:
        """Delete some commands, with their replies, issued longer before both now and the newest; return how many."""
        with self._database.reading() as connection:
            newest = connection.execute(select(func.max(_columns.issued_at))).scalar()
            if newest is None:
                return 0
            limit = min(to_us(now), newest) - round(than.total_seconds() * 1e6)
            query = select(_columns.command_id).where(_columns.issued_at < limit).order_by(_columns.issued_at)
            ids = connection.execute(query.limit(most)).scalars().all()
        if not ids:
            return 0
        with self._database.writing() as connection:
            return connection.execute(delete(commands).where(_columns.command_id.in_(ids))).rowcount

    def _read(self, query: Select[Any]) -> tuple[CommandRecord, ...]:
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            ids = [row.command_id for row in rows]
            answered = select(*_SHOWN).where(_replies.command_id.in_(ids)).order_by(_replies.ordinal)
            replies = [_stored(*row) for row in connection.execute(answered).all()] if ids else []
        by_command: dict[str, list[StoredReply]] = {}
        for reply in replies:
            by_command.setdefault(reply.reply.command_id, []).append(reply)
        return tuple(_record(row, by_command.get(row.command_id, [])) for row in rows)


def _stored(received_at: int, body: str, attachment_name: str) -> StoredReply:
    return StoredReply(remote_codec.decode_reply(body.encode()).value, from_us(received_at), attachment_name)


def _record(row: Row[Any], replies: Sequence[StoredReply]) -> CommandRecord:
    return CommandRecord(
        command=remote_codec.decode_command(row.body.encode()),
        actor=Actor(row.actor_id, row.actor_name),
        through=row.asked_through,
        incident_id=None if row.incident_id is None else IncidentId(row.incident_id),
        sent_at=from_us_or_none(row.sent_at),
        replies=tuple(replies),
    )


def write_replies(connection: Connection, arrived: Sequence[ReplyArrived]) -> list[Quarantined]:
    """Store replies within a batch of the intake; return those that answer no command of their tower."""
    if not arrived:
        return []
    ids = sorted({item.reply.command_id for item in arrived})
    towers, known = _towers_of(connection, ids), _ordinals_of(connection, ids)
    fresh: list[ReplyArrived] = []
    strangers: list[Quarantined] = []
    for item in arrived:
        reply, ordinals = item.reply, known.setdefault(item.reply.command_id, set())
        if towers.get(reply.command_id) != reply.tower_id:
            strangers.append(_stranger(item, f"it answers {reply.command_id}, which was not asked of this tower"))
        elif len(ordinals | {reply.ordinal}) > MOST_REPLIES:
            strangers.append(_stranger(item, f"command {reply.command_id} has {MOST_REPLIES} replies already"))
        elif reply.ordinal not in ordinals:
            ordinals.add(reply.ordinal)
            fresh.append(item)
    _insert_replies(connection, fresh)
    return strangers


def _towers_of(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    found = connection.execute(select(_columns.command_id, _columns.tower_id).where(_columns.command_id.in_(ids)))
    return {row.command_id: row.tower_id for row in found}


def _ordinals_of(connection: Connection, ids: Sequence[str]) -> dict[str, set[int]]:
    found = connection.execute(select(_replies.command_id, _replies.ordinal).where(_replies.command_id.in_(ids)))
    known: dict[str, set[int]] = {}
    for row in found:
        known.setdefault(row.command_id, set()).add(row.ordinal)
    return known


def _insert_replies(connection: Connection, fresh: Sequence[ReplyArrived]) -> None:
    if fresh:
        statement = upsert(connection, command_replies).on_conflict_do_nothing(index_elements=["command_id", "ordinal"])
        rows = [_row(item) for item in fresh]
        # In one order, so that two writers never wait for each other in a ring.
        connection.execute(statement, sorted(rows, key=lambda row: (row["command_id"], row["ordinal"])))


def _stranger(item: ReplyArrived, why: str) -> Quarantined:
    topic = str(Topic.of_tower(Kind.REPLIES, item.reply.tower_id))
    payload = remote_codec.encode_reply(item.reply, item.message_id)
    return Quarantined(item.message_id, topic, payload, item.received_at, why)


def _row(item: ReplyArrived) -> dict[str, Any]:
    attached = item.reply.attachment
    bare = remote_codec.encode_reply(replace(item.reply, attachment=None), item.message_id)
    return {
        "command_id": item.reply.command_id,
        "ordinal": item.reply.ordinal,
        "received_at": to_us(item.received_at),
        "body": storable(bare.decode()),
        "attachment_name": "" if attached is None else storable(attached.name),
        "attachment_type": "" if attached is None else storable(attached.media_type),
        "attachment": None if attached is None else attached.content,
    }
