"""Which minutes cameras looked with open eyes, as their vitals told it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from firewatch.adapters.store.database import upsert
from firewatch.adapters.store.eyes_tables import camera_eyes
from firewatch.adapters.store.instants import from_us, to_us
from firewatch.domain.ids import TowerId
from firewatch.services.eyes_record import EyesHour

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from firewatch.adapters.store.database import Database

__all__ = ["SqlEyesRecord", "write_eyes"]

_columns = camera_eyes.c
_HOUR = timedelta(hours=1)


class SqlEyesRecord:
    """Fulfils `firewatch.services.eyes_record.EyesRecord` and `firewatch.services.weather_ports.AgingBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hours_between(self, since: datetime, until: datetime) -> tuple[EyesHour, ...]:
        """Return the hours that touch a period, in the order of tower, camera and hour."""
        touches = (_columns.hour > to_us(since - _HOUR), _columns.hour <= to_us(until))
        query = select(camera_eyes).where(*touches)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(_columns.tower_id, _columns.camera_id, _columns.hour)).all()
        return tuple(
            EyesHour(TowerId(row.tower_id), row.camera_id, from_us(row.hour), row.open_minutes, row.shut_minutes)
            for row in rows
        )

    def drop_older(self, than: timedelta, now: datetime, most: int) -> int:
        """Delete some hours older than so long behind both now and the newest; return how many."""
        with self._database.reading() as connection:
            newest = connection.execute(select(func.max(_columns.hour))).scalar()
            if newest is None:
                return 0
            is_old = _columns.hour < min(to_us(now), newest) - round(than.total_seconds() * 1e6)
            query = select(_columns.hour).where(is_old).order_by(_columns.hour)
            found = connection.execute(query.limit(most)).scalars().all()
        if not found:
            return 0
        with self._database.writing() as connection:
            return connection.execute(delete(camera_eyes).where(_columns.hour <= found[-1])).rowcount


def write_eyes(connection: Connection, hours: Sequence[EyesHour]) -> None:
    """Add the minutes of some hours, each camera's once, in the order of their names."""
    if not hours:
        return
    statement = upsert(connection, camera_eyes)
    changed = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["tower_id", "camera_id", "hour"],
        set_={name: _columns[name].bitwise_or(changed[name]) for name in ("open_minutes", "shut_minutes")},
    )
    rows = [
        {
            "tower_id": one.tower_id,
            "camera_id": one.camera_id,
            "hour": to_us(one.hour),
            "open_minutes": one.open_minutes,
            "shut_minutes": one.shut_minutes,
        }
        for one in hours
    ]
    connection.execute(statement, rows)
