"""What the nodes said of themselves, and what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from firewatch.adapters.store.instants import from_us
from firewatch.adapters.store.schema import node_statuses, node_vitals, quarantine
from firewatch.domain.ids import TowerId
from firewatch.services.ports import Arrived, Held, StatusArrived, VitalsArrived
from firewatch.services.views import QuarantinedView
from firewatch.wire import codec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from firewatch.adapters.store.database import Database

__all__ = ["SqlNodeBook", "SqlQuarantineBook"]

_columns = quarantine.c


class SqlNodeBook:
    """Fulfils `firewatch.services.ports.NodeBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def statuses(self) -> tuple[StatusArrived, ...]:
        """Return the latest status of every node that has one, in the order of the towers' names."""
        with self._database.reading() as connection:
            rows = connection.execute(select(node_statuses).order_by(node_statuses.c.tower_id)).all()
        return tuple(
            StatusArrived(TowerId(row.tower_id), codec.decode_status(row.body.encode()), from_us(row.received_at))
            for row in rows
        )

    def vitals(self) -> tuple[VitalsArrived, ...]:
        """Return the latest vitals of every node that sent some, in the order of the towers' names."""
        with self._database.reading() as connection:
            rows = connection.execute(select(node_vitals).order_by(node_vitals.c.tower_id)).all()
        return tuple(
            VitalsArrived(TowerId(row.tower_id), codec.decode_vitals(row.body.encode()), from_us(row.received_at))
            for row in rows
        )


class SqlQuarantineBook:
    """Fulfils `firewatch.services.ports.QuarantineBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def quarantined(self, limit: int) -> tuple[int, tuple[QuarantinedView, ...]]:
        """Return how many messages are in quarantine (repeats counted), and the latest kinds, at most `limit`."""
        query = select(quarantine).order_by(_columns.last_at.desc(), _columns.digest).limit(limit)
        with self._database.reading() as connection:
            count = connection.execute(select(func.coalesce(func.sum(_columns.count), 0))).scalar_one()
            rows = connection.execute(query).all()
        return int(count), tuple(_view(row) for row in rows)

    def found(self, start: str, limit: int) -> tuple[QuarantinedView, ...]:
        """Return at most `limit` kinds whose digests start so, in the order of the digests."""
        query = select(quarantine).where(_columns.digest.startswith(start, autoescape=True))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(_columns.digest).limit(limit)).all()
        return tuple(_view(row) for row in rows)

    def held_after(self, digest: str, limit: int) -> tuple[Held, ...]:
        """Return at most `limit` messages as they came first, in the order of their digests."""
        query = select(quarantine).where(_columns.digest > digest).order_by(_columns.digest).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(_held(row) for row in rows)

    def release(self, held: Sequence[Held]) -> int:
        """Forget messages that could be read and stored after all, unless they came again since; return how many.

        Those that the store itself put back count as come again.
        """
        released = 0
        with self._database.writing() as connection:
            for item in held:
                same = (_columns.digest == item.digest, _columns.count == item.count)
                released += connection.execute(delete(quarantine).where(*same)).rowcount
        return released


def _held(row: Row[Any]) -> Held:
    message = Arrived(row.topic, bytes(row.payload), from_us(row.first_at))
    return Held(row.digest, _count(row), message)


def _count(row: Row[Any]) -> int:
    # A row's own `count` is a method, which hides the column.
    return int(row._mapping["count"])  # noqa: SLF001 - public by its documentation


def _view(row: Row[Any]) -> QuarantinedView:
    return QuarantinedView(
        digest=row.digest,
        topic=row.topic,
        reason=row.reason,
        count=_count(row),
        first_at=from_us(row.first_at),
        last_at=from_us(row.last_at),
        payload=bytes(row.payload),
    )
