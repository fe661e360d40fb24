"""Writes what arrived, in one transaction a batch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import case, insert, select

from firewatch.adapters.store.command_book import write_replies
from firewatch.adapters.store.database import lock_marks, set_mark, storable, upsert
from firewatch.adapters.store.eyes_record import write_eyes
from firewatch.adapters.store.instants import to_us
from firewatch.adapters.store.schema import (
    evidence,
    node_statuses,
    node_vitals,
    observations,
    quarantine,
    sighting_heads,
    sightings,
)
from firewatch.adapters.store.value_codec import to_json
from firewatch.services.dates import is_same_sight
from firewatch.services.eyes_record import eyes_hours
from firewatch.services.ports import (
    EvidenceArrived,
    ObservationArrived,
    Quarantined,
    ReplyArrived,
    SightingArrived,
    StatusArrived,
    VitalsArrived,
)
from firewatch.wire import codec
from firewatch.wire.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

    from firewatch.adapters.store.database import Database
    from firewatch.services.ports import IntakeItem

__all__ = ["SqlIntakeWriter", "quarantine_digest"]

_Row = dict[str, Any]
_Item = TypeVar("_Item")


def quarantine_digest(topic: str, payload: bytes) -> str:
    """Return the key of a quarantined message: the same bytes on the same topic are counted, not kept twice."""
    return hashlib.sha256(topic.encode("utf-8", "surrogatepass") + b"\0" + payload).hexdigest()


@dataclass(frozen=True, slots=True)
class _Encoded:
    item: SightingArrived
    key: tuple[str, int]
    body: str


def _encoded(item: SightingArrived) -> _Encoded:
    key = (item.sighting.sighting_id, item.sighting.revision)
    return _Encoded(item, key, codec.encode_sighting(item.sighting, item.message_id).decode())


class SqlIntakeWriter:
    """Fulfils `firewatch.services.ports.IntakeWriter`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, items: Sequence[IntakeItem]) -> None:
        """Store all items in one transaction; return only after its commit."""
        # Encoded before the transaction, which others wait for.
        arrived = [_encoded(item) for item in _of(items, SightingArrived)]
        eyes = eyes_hours(_of(items, VitalsArrived))
        with self._database.writing() as connection:
            # The order of the logs' names, for the locks.
            _write_observations(connection, _of(items, ObservationArrived))
            conflicts = _write_sightings(connection, arrived)
            _write_evidence(connection, _of(items, EvidenceArrived))
            _write_nodes(connection, node_statuses, [_status_row(item) for item in _of(items, StatusArrived)])
            _write_nodes(connection, node_vitals, [_vitals_row(item) for item in _of(items, VitalsArrived)])
            write_eyes(connection, eyes)
            strangers = write_replies(connection, _of(items, ReplyArrived))
            _write_quarantine(connection, [*_of(items, Quarantined), *conflicts, *strangers])


def _of(items: Sequence[IntakeItem], kind: type[_Item]) -> list[_Item]:
    return [item for item in items if isinstance(item, kind)]


def _write_sightings(connection: Connection, arrived: list[_Encoded]) -> list[Quarantined]:
    if not arrived:
        return []
    mark = lock_marks(connection, "sightings")
    known = _known_sightings(connection, [encoded.item for encoded in arrived])
    fresh: dict[tuple[str, int], _Encoded] = {}
    conflicts: list[Quarantined] = []
    for encoded in arrived:
        item, key = encoded.item, encoded.key
        if key in known:
            is_same = _is_same_as_stored(connection, known[key], item)
        else:
            is_same = _is_same(fresh.setdefault(key, encoded).item, item)
        if not is_same:
            conflicts.append(_as_conflict(encoded))
    if fresh:
        rows = [_sighting_row(encoded, mark + place) for place, encoded in enumerate(fresh.values(), start=1)]
        connection.execute(insert(sightings), rows)
        _raise_heads(connection, rows, [encoded.item for encoded in fresh.values()])
        set_mark(connection, "sightings", mark + len(rows))
    return conflicts


def _known_sightings(connection: Connection, arrived: list[SightingArrived]) -> dict[tuple[str, int], str]:
    columns = sightings.c
    found = connection.execute(
        select(columns.sighting_id, columns.revision, columns.message_id).where(
            columns.sighting_id.in_(sorted({item.sighting.sighting_id for item in arrived})),
            columns.revision.in_(sorted({item.sighting.revision for item in arrived})),
        ),
    )
    return {(row.sighting_id, row.revision): row.message_id for row in found}


def _is_same_as_stored(connection: Connection, message_id: str, item: SightingArrived) -> bool:
    if message_id == item.message_id:
        return True
    columns = sightings.c
    key = (columns.sighting_id == item.sighting.sighting_id, columns.revision == item.sighting.revision)
    body = str(connection.execute(select(columns.body).where(*key)).scalar_one())
    return is_same_sight(codec.decode_sighting(body.encode()).value, item.sighting)


def _is_same(first: SightingArrived, second: SightingArrived) -> bool:
    return first.message_id == second.message_id or is_same_sight(first.sighting, second.sighting)


def _as_conflict(encoded: _Encoded) -> Quarantined:
    # Two different sightings under one id are a fault of a node (a broken random source): neither may be lost.
    item, sighting = encoded.item, encoded.item.sighting
    topic = str(Topic.of_camera(Kind.SIGHTINGS, sighting.tower_id, sighting.camera_id))
    reason = f"sighting {sighting.sighting_id} revision {sighting.revision} is stored already, with other content"
    return Quarantined(item.message_id, topic, encoded.body.encode(), item.received_at, reason)


def _sighting_row(encoded: _Encoded, mark: int) -> _Row:
    item = encoded.item
    return {
        "sighting_id": item.sighting.sighting_id,
        "revision": item.sighting.revision,
        "mark": mark,
        "message_id": item.message_id,
        "tower_id": item.sighting.tower_id,
        "camera_id": item.sighting.camera_id,
        "received_at": to_us(item.received_at),
        "body": encoded.body,
    }


def _raise_heads(connection: Connection, rows: list[_Row], arrived: list[SightingArrived]) -> None:
    heads: dict[str, _Row] = {}
    for row, item in zip(rows, arrived, strict=True):
        head = heads.get(row["sighting_id"])
        first_received_at = row["received_at"] if head is None else head["first_received_at"]
        if head is None or head["revision"] < row["revision"]:
            heads[row["sighting_id"]] = {
                "sighting_id": row["sighting_id"],
                "revision": row["revision"],
                "mark": row["mark"],
                "first_seen_at": to_us(item.sighting.first_seen_at),
                "observed_at": to_us(item.sighting.observed_at),
                "first_received_at": first_received_at,
            }
    statement = upsert(connection, sighting_heads)
    changed = statement.excluded
    names = ("revision", "mark", "first_seen_at", "observed_at")
    # `first_received_at` stays that of the revision which came first.
    statement = statement.on_conflict_do_update(
        index_elements=["sighting_id"],
        set_={name: changed[name] for name in names},
        where=sighting_heads.c.revision < changed.revision,
    )
    connection.execute(statement, list(heads.values()))


def _write_evidence(connection: Connection, arrived: list[EvidenceArrived]) -> None:
    if arrived:
        statement = upsert(connection, evidence).on_conflict_do_nothing(index_elements=["evidence_id"])
        connection.execute(statement, _in_order_of("evidence_id", [_evidence_row(item) for item in arrived]))


def _evidence_row(item: EvidenceArrived) -> _Row:
    picture = item.evidence
    return {
        "evidence_id": picture.evidence_id,
        "sighting_id": picture.sighting_id,
        "message_id": item.message_id,
        "tower_id": picture.tower_id,
        "camera_id": picture.camera_id,
        "kind": picture.kind.value,
        "captured_at": to_us(picture.stamp.captured_at),
        "received_at": to_us(item.received_at),
        "size_bytes": len(picture.jpeg),
        "stamp": to_json(picture.stamp),
        "box": None if picture.box is None else to_json(picture.box),
        "is_exercise": picture.is_exercise,
    }


def _write_observations(connection: Connection, arrived: list[ObservationArrived]) -> None:
    if not arrived:
        return
    mark = lock_marks(connection, "observations")
    ids = {item.message_id for item in arrived}
    found = connection.execute(select(observations.c.message_id).where(observations.c.message_id.in_(sorted(ids))))
    known = {row.message_id for row in found}
    fresh = list({item.message_id: item for item in reversed(arrived) if item.message_id not in known}.values())
    if fresh:
        rows = [_observation_row(item, mark + place) for place, item in enumerate(reversed(fresh), start=1)]
        connection.execute(insert(observations), rows)
        set_mark(connection, "observations", mark + len(rows))


def _observation_row(item: ObservationArrived, mark: int) -> _Row:
    reading = item.observation
    return {
        "message_id": item.message_id,
        "mark": mark,
        "station_id": reading.station_id,
        "observed_at": to_us(reading.observed_at),
        "received_at": to_us(item.received_at),
        "temp_c": reading.temp_c,
        "rh_pct": reading.rh_pct,
        "wind_kmh": reading.wind_kmh,
        "rain_mm": reading.rain_mm,
        "max_temp_c": reading.max_temp_c,
        "min_rh_pct": reading.min_rh_pct,
        "max_wind_ms": reading.max_wind_ms,
        "wind_from_deg": reading.wind_from_deg,
        "source": storable(reading.source),
        "doubts": storable(to_json(reading.doubts)),
    }


def _status_row(item: StatusArrived) -> _Row:
    return _node_row(item, codec.encode(item.status).decode())


def _vitals_row(item: VitalsArrived) -> _Row:
    return _node_row(item, codec.encode(item.vitals).decode())


def _node_row(item: StatusArrived | VitalsArrived, body: str) -> _Row:
    return {"tower_id": item.tower_id, "received_at": to_us(item.received_at), "body": body}


def _write_nodes(connection: Connection, table: Table, rows: list[_Row]) -> None:
    if rows:
        statement = upsert(connection, table)
        changed = statement.excluded
        # What was received last counts: a last will carries the instant at which it was left, not that of the death.
        statement = statement.on_conflict_do_update(
            index_elements=["tower_id"],
            set_={"received_at": changed.received_at, "body": changed.body},
            where=table.c.received_at <= changed.received_at,
        )
        connection.execute(statement, _in_order_of("tower_id", rows))


def _write_quarantine(connection: Connection, arrived: list[Quarantined]) -> None:
    if arrived:
        statement = upsert(connection, quarantine)
        changed = statement.excluded
        # What the quarantine is read again for has the instant at which it came first.
        last_at = case((changed.last_at > quarantine.c.last_at, changed.last_at), else_=quarantine.c.last_at)
        statement = statement.on_conflict_do_update(
            index_elements=["digest"],
            set_={"count": quarantine.c.count + 1, "last_at": last_at, "reason": changed.reason},
        )
        connection.execute(statement, _in_order_of("digest", [_quarantine_row(item) for item in arrived]))


def _quarantine_row(item: Quarantined) -> _Row:
    at = to_us(item.received_at)
    return {
        "digest": quarantine_digest(item.topic, item.payload),
        "topic": storable(item.topic),
        "payload": item.payload,
        "message_id": item.message_id,
        "reason": storable(item.reason),
        "count": 1,
        "first_at": at,
        "last_at": at,
    }


def _in_order_of(key: str, rows: list[_Row]) -> list[_Row]:
    # Writers that lock rows in one order cannot wait for each other in a ring. The sort is stable: arrival decides.
    return sorted(rows, key=lambda row: str(row[key]))
