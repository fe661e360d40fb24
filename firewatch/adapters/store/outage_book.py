"""Outages of cameras that people were told of; rows are added and marked, never deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, or_, select, update

from firewatch.adapters.store.camera_tables import camera_outages
from firewatch.adapters.store.database import storable
from firewatch.adapters.store.instants import from_us, from_us_or_none, to_us
from firewatch.domain.alert import NotifyReason
from firewatch.domain.ids import AlertId, TowerId
from firewatch.services.outages import Outage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row

    from firewatch.adapters.store.database import Database

__all__ = ["SqlOutageBook"]

_columns = camera_outages.c


class SqlOutageBook:
    """Fulfils `firewatch.services.outages.OutageBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_outages(self) -> tuple[Outage, ...]:
        """Return those that have not ended."""
        return self._read(_columns.ended_at.is_(None))

    def of_alert(self, alert_id: AlertId) -> tuple[Outage, ...]:
        """Return those whose beginning or end an alert tells of, in the order of tower and camera."""
        return self._read(or_(_columns.alert_id == alert_id, _columns.back_alert_id == alert_id))

    def begin(self, outages: Sequence[Outage]) -> None:
        """Store new ones in one transaction."""
        rows = [
            {
                "outage_id": one.outage_id,
                "tower_id": one.tower_id,
                "camera_id": one.camera_id,
                "reason": storable(one.reason)[:64],
                "since": to_us(one.since),
                "alert_id": one.alert_id,
            }
            for one in outages
        ]
        with self._database.writing() as connection:
            connection.execute(insert(camera_outages), rows)

    def end(self, outage_ids: Sequence[str], at: datetime, back_alert_id: AlertId) -> None:
        """Store that they ended, in one transaction."""
        these = (_columns.outage_id.in_(outage_ids), _columns.ended_at.is_(None))
        told = {"ended_at": to_us(at), "back_alert_id": back_alert_id}
        with self._database.writing() as connection:
            connection.execute(update(camera_outages).where(*these).values(told))

    def untold(self) -> tuple[tuple[AlertId, NotifyReason], ...]:
        """Return the alerts that are still to be raised, oldest first."""
        with self._database.reading() as connection:
            begun = connection.execute(
                select(_columns.alert_id).where(_columns.told_at.is_(None)).distinct().order_by(_columns.alert_id)
            ).all()
            back = connection.execute(
                select(_columns.back_alert_id)
                .where(_columns.back_alert_id.is_not(None), _columns.back_told_at.is_(None))
                .distinct()
                .order_by(_columns.back_alert_id)
            ).all()
        return (
            *((AlertId(row.alert_id), NotifyReason.CAMERA_BLIND) for row in begun),
            *((AlertId(row.back_alert_id), NotifyReason.CAMERA_BACK) for row in back),
        )

    def told(self, alert_id: AlertId, at: datetime) -> None:
        """Store that an alert was raised."""
        with self._database.writing() as connection:
            for of, when in ((_columns.alert_id, "told_at"), (_columns.back_alert_id, "back_told_at")):
                connection.execute(update(camera_outages).where(of == alert_id).values({when: to_us(at)}))

    def _read(self, which: ColumnElement[bool]) -> tuple[Outage, ...]:
        query = select(camera_outages).where(which).order_by(_columns.tower_id, _columns.camera_id, _columns.since)
        with self._database.reading() as connection:
            return tuple(_outage(row) for row in connection.execute(query).all())


def _outage(row: Row[Any]) -> Outage:
    return Outage(
        outage_id=row.outage_id,
        tower_id=TowerId(row.tower_id),
        camera_id=row.camera_id,
        reason=row.reason,
        since=from_us(row.since),
        alert_id=AlertId(row.alert_id),
        ended_at=from_us_or_none(row.ended_at),
        back_alert_id=None if row.back_alert_id is None else AlertId(row.back_alert_id),
    )
