"""From an event to a person: which alerts are raised, and how their notifications are sent.

Two steps, each safe to repeat after a crash. Raising follows the event log: an alert's key makes it exist once. Sending
follows the stored notifications: what the channel accepted is recorded, what failed is tried again.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from firewatch.domain.alert import Alert, Notification, NotifyReason
from firewatch.domain.ids import AlertId, NotificationId, make_ulid
from firewatch.domain.incident import AlertRaised, Confirmed, Incident, IncidentEvent, Opened
from firewatch.domain.roster import SYSTEM
from firewatch.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from firewatch.domain.roster import Person
    from firewatch.services.ports import (
        AlertBook,
        Clock,
        Cursors,
        IncidentLog,
        LoggedEvent,
        Notifier,
        Roster,
        Words,
    )

__all__ = ["AlertRaiser", "NotificationSender", "Retries", "WordSmith", "reason_of"]

logger = logging.getLogger(__name__)

_CURSOR = "alerting"


class WordSmith(Protocol):
    """Puts a notification in words."""

    def words(self, alert: Alert, incident: Incident | None, notification: Notification) -> Words:
        """Return subject, text, link and facts for one person."""
        ...


@dataclass(frozen=True, slots=True)
class Retries:
    """When a failed notification is tried again: after `first_s`, doubling up to `longest_s`, `most` tries in all."""

    first_s: float = 2.0
    longest_s: float = 60.0
    most: int = 60

    def next_try_at(self, attempts: int, at: datetime) -> datetime | None:
        """Return the instant of the next try after `attempts` failed ones; None when that was the last."""
        if attempts >= self.most:
            return None
        wait_s = min(self.longest_s, self.first_s * 2.0 ** min(attempts - 1, 30))
        return at + timedelta(seconds=wait_s)


def reason_of(event: IncidentEvent) -> NotifyReason | None:
    """Return why people are told of an event; None for an event that only the pages show."""
    match event.change:
        case Opened():
            return NotifyReason.FIRST
        case Confirmed():
            return NotifyReason.CONFIRMED
    return None


class AlertRaiser:
    """Follows the event log and raises alerts.

    Parameters
    ----------
    log, alerts, roster, cursors, clock
        Ports.
    new_id : callable
        Makes a ULID for an instant.
    """

    def __init__(
        self,
        log: IncidentLog,
        alerts: AlertBook,
        roster: Roster,
        cursors: Cursors,
        clock: Clock,
        new_id: Callable[[datetime], str],
    ) -> None:
        self._log = log
        self._alerts = alerts
        self._roster = roster
        self._cursors = cursors
        self._clock = clock
        self._new_id = new_id

    def step(self, limit: int = 200) -> int:
        """Raise the alerts of at most `limit` further events; return how many events were read."""
        logged = self._log.events_after(self._cursors.cursor(_CURSOR), limit)
        for entry in logged:
            self._raise_for(entry)
        if logged:
            self._cursors.advance(_CURSOR, logged[-1].seq)
        return len(logged)

    def _raise_for(self, entry: LoggedEvent) -> None:
        event = entry.event
        reason = reason_of(event)
        if reason is None:
            return
        now = self._clock.now()
        key = f"{event.incident_id}/{reason}"
        alert = Alert(AlertId(_derived_id(event, key)), event.incident_id, reason, now, key)
        people = self._roster.on_duty(now)
        if not people:
            logger.error("alert.nobody_on_duty", extra={"incident_id": event.incident_id, "reason": str(reason)})
        if self._alerts.raise_alert(alert, self._notifications(alert, people, now)):
            logger.info("alert.raised", extra={"incident_id": event.incident_id, "reason": str(reason)})
        self._note(event, alert, now)

    def _notifications(self, alert: Alert, people: Sequence[Person], now: datetime) -> tuple[Notification, ...]:
        return tuple(
            Notification(NotificationId(self._new_id(now)), alert.alert_id, person.person_id, channel)
            for person in people
            for channel in person.channels
        )

    def _note(self, cause: IncidentEvent, alert: Alert, now: datetime) -> None:
        # Also after a crash between the alert and this event: the derived id makes it stand in the log once.
        event_id = _derived_id(cause, f"{alert.key}/raised")
        change = AlertRaised(alert.alert_id, str(alert.reason))
        self._log.append([IncidentEvent(event_id, cause.incident_id, cause.occurred_at, now, SYSTEM, change)])


def _derived_id(cause: IncidentEvent, key: str) -> str:
    """Return the same ULID every time for the same event and key."""
    return make_ulid(cause.recorded_at, hashlib.sha256(f"{cause.event_id}/{key}".encode()).digest()[:10])


class NotificationSender:
    """Sends what is due.

    A crash between the channel's yes and its record sends the same notification once more: its id goes with it, so that
    the receiver can tell.

    Parameters
    ----------
    alerts, log, clock
        Ports.
    notifiers : sequence of Notifier
        The channels; the first that accepts the address sends.
    words : WordSmith
        Puts a notification in words.
    retries : Retries
        When a failed one is tried again.
    """

    def __init__(
        self,
        alerts: AlertBook,
        log: IncidentLog,
        notifiers: Sequence[Notifier],
        words: WordSmith,
        clock: Clock,
        retries: Retries,
    ) -> None:
        self._alerts = alerts
        self._log = log
        self._notifiers = notifiers
        self._words = words
        self._clock = clock
        self._retries = retries

    def step(self, limit: int = 50) -> int:
        """Try at most `limit` due notifications; return how many were tried."""
        due = self._alerts.due(self._clock.now(), limit)
        for alert, notification in due:
            self._try(alert, notification)
        return len(due)

    def _try(self, alert: Alert, notification: Notification) -> None:
        incident = None if alert.incident_id is None else self._log.incident(alert.incident_id)
        facts = {"notification_id": notification.notification_id, "person_id": notification.person_id}
        attempted = replace(notification, attempts=notification.attempts + 1)
        try:
            self._send(alert, incident, notification)
        except DeliveryError as err:
            again_at = self._retries.next_try_at(attempted.attempts, self._clock.now()) if err.retryable else None
            self._alerts.record(replace(attempted, failed=str(err)), again_at)
            logger.warning("notification.failed", extra={**facts, "why": str(err), "given_up": again_at is None})
            return
        self._alerts.record(replace(attempted, sent_at=self._clock.now(), failed=""), None)
        logger.info("notification.sent", extra=facts)

    def _send(self, alert: Alert, incident: Incident | None, notification: Notification) -> None:
        for notifier in self._notifiers:
            if notifier.accepts(notification.channel):
                words = self._words.words(alert, incident, notification)
                notifier.send(notification.channel, notification.notification_id, alert.alert_id, words)
                return
        kind = notification.channel.partition(":")[0]
        raise DeliveryError(kind, "no such channel is set up; use webhook: or mailto:", retryable=False)
