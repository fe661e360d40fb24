"""Alerts, their notifications and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, or_, select, update

from firewatch.adapters.store.database import storable, upsert, was_written
from firewatch.adapters.store.instants import from_us, from_us_or_none, to_us, to_us_or_none
from firewatch.adapters.store.schema import alerts, notifications
from firewatch.domain.alert import Alert, Notification, NotifyReason
from firewatch.domain.ids import AlertId, IncidentId, NotificationId, PersonId
from firewatch.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Row, Select

    from firewatch.adapters.store.database import Database
    from firewatch.domain.alert import Acknowledgement

__all__ = ["SqlAlertBook"]

_columns = notifications.c
_OLDEST_FIRST = (alerts.c.raised_at, alerts.c.alert_id, _columns.place)


class SqlAlertBook:
    """Fulfils `firewatch.services.ports.AlertBook` and `DeliveryBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def raise_alert(self, alert: Alert, told: Sequence[Notification]) -> bool:
        """Store an alert and its notifications in one transaction; store nothing, return False if its key is known."""
        with self._database.writing() as connection:
            statement = upsert(connection, alerts).values(
                alert_id=alert.alert_id,
                incident_id=alert.incident_id,
                reason=alert.reason.value,
                raised_at=to_us(alert.raised_at),
                key=alert.key,
            )
            # The unique key decides between two services that raise the same alert at once.
            statement = statement.on_conflict_do_nothing(index_elements=["key"])
            if not was_written(connection, statement, alerts.c.key):
                return False
            if told:
                rows = [_notification_row(alert, item, place) for place, item in enumerate(told)]
                connection.execute(insert(notifications), rows)
        return True

    def due(self, at: datetime, limit: int, longest_wait: timedelta) -> tuple[tuple[Alert, Notification], ...]:
        """Return notifications that are neither sent nor given up and whose next try is due.

        One that was answered before it could be sent (on another screen) is not due any more.
        """
        query = _told().where(
            or_(_columns.next_try_at <= to_us(at), _columns.next_try_at > to_us(at + longest_wait)),
            _columns.sent_at.is_(None),
            _columns.acknowledged_at.is_(None),
        )
        return self._read(query.order_by(_columns.next_try_at, _columns.notification_id).limit(limit))

    def record(self, notification: Notification, next_try_at: datetime | None) -> None:
        """Store what became of a try; `next_try_at` None when it was sent or given up."""
        statement = (
            update(notifications)
            .where(_columns.notification_id == notification.notification_id)
            .values(
                # It may have been opened or answered while it was being sent: what is known is kept.
                sent_at=func.coalesce(_columns.sent_at, to_us_or_none(notification.sent_at)),
                reached_at=func.coalesce(_columns.reached_at, to_us_or_none(notification.reached_at)),
                acknowledged_at=func.coalesce(_columns.acknowledged_at, to_us_or_none(notification.acknowledged_at)),
                attempts=notification.attempts,
                failed=storable(notification.failed),
                next_try_at=to_us_or_none(next_try_at),
            )
        )
        with self._database.writing() as connection:
            if connection.execute(statement).rowcount == 0:
                raise _unknown(notification.notification_id)

    def acknowledge(self, acknowledgement: Acknowledgement) -> bool:
        """Store a person's answer; return False if that notification was acknowledged before."""
        this = _columns.notification_id == acknowledgement.notification_id
        answer = {"acknowledged_at": to_us(acknowledgement.at), "acknowledged_by": acknowledgement.person_id}
        with self._database.writing() as connection:
            statement = update(notifications).where(this, _columns.acknowledged_at.is_(None)).values(answer)
            if connection.execute(statement).rowcount:
                return True
            if connection.execute(select(_columns.notification_id).where(this)).first() is None:
                raise _unknown(acknowledgement.notification_id)
        return False

    def notification(self, notification_id: NotificationId) -> tuple[Alert, Notification] | None:
        """Return one notification with its alert."""
        found = self._read(_told().where(_columns.notification_id == notification_id))
        return found[0] if found else None

    def of_incident(self, incident_id: IncidentId) -> tuple[tuple[Alert, Notification], ...]:
        """Return all notifications about an incident, oldest first."""
        return self._read(_told().where(alerts.c.incident_id == incident_id).order_by(*_OLDEST_FIRST))

    def of_incidents(
        self, incident_ids: Sequence[IncidentId]
    ) -> Mapping[IncidentId, tuple[tuple[Alert, Notification], ...]]:
        """Return all notifications about each of the incidents that has some, oldest first."""
        told: dict[IncidentId, list[tuple[Alert, Notification]]] = {}
        for alert, item in self._read(_told().where(alerts.c.incident_id.in_(incident_ids)).order_by(*_OLDEST_FIRST)):
            if alert.incident_id is not None:
                told.setdefault(alert.incident_id, []).append((alert, item))
        return {incident_id: tuple(found) for incident_id, found in told.items()}

    def mark_reached(self, notification_id: NotificationId, at: datetime) -> None:
        """Store that it was opened; the first time counts."""
        this = _columns.notification_id == notification_id
        statement = update(notifications).where(this).values(reached_at=func.coalesce(_columns.reached_at, to_us(at)))
        with self._database.writing() as connection:
            if connection.execute(statement).rowcount == 0:
                raise _unknown(notification_id)

    def _read(self, query: Select[Any]) -> tuple[tuple[Alert, Notification], ...]:
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple((_alert(row), _notification(row)) for row in rows)


def _told() -> Select[Any]:
    return select(
        notifications,
        alerts.c.incident_id,
        alerts.c.reason,
        alerts.c.raised_at,
        alerts.c.key,
    ).join_from(notifications, alerts)


def _unknown(notification_id: NotificationId) -> StoreError:
    return StoreError(f"there is no notification {notification_id}: nothing was stored")


def _notification_row(alert: Alert, item: Notification, place: int) -> dict[str, Any]:
    return {
        "notification_id": item.notification_id,
        "alert_id": item.alert_id,
        "place": place,
        "person_id": item.person_id,
        "channel": item.channel,
        "sent_at": to_us_or_none(item.sent_at),
        "reached_at": to_us_or_none(item.reached_at),
        "acknowledged_at": to_us_or_none(item.acknowledged_at),
        "attempts": item.attempts,
        "failed": storable(item.failed),
        "next_try_at": to_us(alert.raised_at),
    }


def _alert(row: Row[Any]) -> Alert:
    return Alert(
        alert_id=AlertId(row.alert_id),
        incident_id=None if row.incident_id is None else IncidentId(row.incident_id),
        reason=NotifyReason(row.reason),
        raised_at=from_us(row.raised_at),
        key=row.key,
    )


def _notification(row: Row[Any]) -> Notification:
    return Notification(
        notification_id=NotificationId(row.notification_id),
        alert_id=AlertId(row.alert_id),
        person_id=PersonId(row.person_id),
        channel=row.channel,
        sent_at=from_us_or_none(row.sent_at),
        reached_at=from_us_or_none(row.reached_at),
        acknowledged_at=from_us_or_none(row.acknowledged_at),
        attempts=row.attempts,
        failed=row.failed,
    )
