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
from firewatch.domain.incident import AlertRaised, Confirmed, Incident, IncidentEvent, IncidentState, Opened, Reopened
from firewatch.domain.roster import SYSTEM, Role
from firewatch.errors import DeliveryError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor, Future
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
# What a decision makes idle.
_OF_SUSPICION = frozenset({NotifyReason.FIRST, NotifyReason.REOPENED})


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
        case Reopened():
            # Its first alert may have been dropped as settled; and who was told of a smoke may since know of none.
            return NotifyReason.REOPENED
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
        if reason in _OF_SUSPICION and self._is_merged(event):
            # People are told of the incident in which it goes on: that one was opened too.
            logger.info("alert.merged_before", extra={"incident_id": event.incident_id})
            return
        now = self._clock.now()
        key = f"{event.incident_id}/{reason}"
        if reason is NotifyReason.REOPENED:
            # Each time anew; the others once in an incident's life.
            key = f"{key}/{event.event_id}"
        alert = Alert(AlertId(_derived_id(event, key)), event.incident_id, reason, now, key)
        people = _told_of_fires(self._roster.on_duty(now))
        if not people:
            logger.error("alert.nobody_on_duty", extra={"incident_id": event.incident_id, "reason": str(reason)})
        if self._alerts.raise_alert(alert, self._notifications(alert, people, now)):
            is_exercise = (incident := self._log.incident(event.incident_id)) is not None and incident.is_exercise
            facts = {"incident_id": event.incident_id, "reason": str(reason), "is_exercise": is_exercise}
            logger.info("alert.raised", extra=facts)
        self._note(event, alert, now)

    def _is_merged(self, event: IncidentEvent) -> bool:
        incident = self._log.incident(event.incident_id)
        return incident is not None and incident.state is IncidentState.MERGED

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


def _told_of_fires(on_duty: Sequence[Person]) -> Sequence[Person]:
    """Return who is told: a technician cares for cameras, and is told of a fire only where nobody else is on duty."""
    return tuple(person for person in on_duty if person.role is not Role.TECHNICIAN) or on_duty


def _derived_id(cause: IncidentEvent, key: str) -> str:
    """Return the same ULID every time for the same event and key."""
    return make_ulid(cause.recorded_at, hashlib.sha256(f"{cause.event_id}/{key}".encode()).digest()[:10])


class NotificationSender:
    """Sends what is due.

    A crash between the channel's yes and its record sends the same notification once more: its id goes with it, so that
    the receiver can tell. What a person's decision made idle is not sent any more.

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
    executor : Executor, optional
        Sends in its threads, so that a channel that does not answer delays no other; without one, one after the other.
    """

    def __init__(  # noqa: PLR0913 - the ports and rules of one use case
        self,
        *,
        alerts: AlertBook,
        log: IncidentLog,
        notifiers: Sequence[Notifier],
        words: WordSmith,
        clock: Clock,
        retries: Retries,
        executor: Executor | None = None,
    ) -> None:
        self._alerts = alerts
        self._log = log
        self._notifiers = notifiers
        self._words = words
        self._clock = clock
        self._retries = retries
        self._executor = executor
        self._in_flight: set[NotificationId] = set()
        # What became of tries that the store could not take: recorded before anything is sent again.
        self._unrecorded: dict[NotificationId, tuple[Notification, datetime | None]] = {}

    def step(self, limit: int = 50) -> int:
        """Try at most `limit` due notifications; return how many were taken up."""
        in_flight = set(self._in_flight)
        longest = timedelta(seconds=self._retries.longest_s)
        due = self._alerts.due(self._clock.now(), limit + len(in_flight), longest)
        fresh = [pair for pair in due if pair[1].notification_id not in in_flight][:limit]
        for alert, notification in fresh:
            if self._executor is None:
                self._try(alert, notification)
            else:
                self._in_flight.add(notification.notification_id)
                future = self._executor.submit(self._try, alert, notification)
                future.add_done_callback(_Landed(self._in_flight, notification.notification_id))
        return len(fresh)

    def _try(self, alert: Alert, notification: Notification) -> None:
        unrecorded = self._unrecorded.get(notification.notification_id)
        if unrecorded is not None:
            self._record(*unrecorded)
            return
        incident = None if alert.incident_id is None else self._log.incident(alert.incident_id)
        idle = _why_idle(alert, incident)
        if idle:
            self._record(replace(notification, failed=idle), None)
            logger.info("notification.idle", extra={**_facts(notification), "why": idle})
            return
        attempted = replace(notification, attempts=notification.attempts + 1)
        try:
            self._send(alert, incident, notification)
        except DeliveryError as err:
            self._failed(attempted, err)
        except StoreError:
            raise
        except Exception as err:
            # Whatever a channel or a text has: it must be seen, tried again, and keep no other one waiting.
            logger.exception("notification.broke", extra=_facts(notification))
            self._failed(attempted, DeliveryError("sending", f"{type(err).__name__}: {err}", retryable=True))
        else:
            self._record(replace(attempted, sent_at=self._clock.now(), failed=""), None)
            logger.info("notification.sent", extra=_facts(notification))

    def _failed(self, attempted: Notification, err: DeliveryError) -> None:
        again_at = self._retries.next_try_at(attempted.attempts, self._clock.now()) if err.retryable else None
        self._record(replace(attempted, failed=str(err)), again_at)
        facts = {**_facts(attempted), "why": str(err), "given_up": again_at is None}
        logger.log(logging.ERROR if again_at is None else logging.WARNING, "notification.failed", extra=facts)

    def _record(self, notification: Notification, again_at: datetime | None) -> None:
        self._unrecorded[notification.notification_id] = (notification, again_at)
        self._alerts.record(notification, again_at)
        del self._unrecorded[notification.notification_id]

    def _send(self, alert: Alert, incident: Incident | None, notification: Notification) -> None:
        for notifier in self._notifiers:
            if notifier.accepts(notification.channel):
                words = self._words.words(alert, incident, notification)
                notifier.send(notification.channel, notification.notification_id, alert.alert_id, words)
                return
        kind = notification.channel.partition(":")[0]
        raise DeliveryError(kind, "no such channel is set up; use webhook: or mailto:", retryable=False)


@dataclass(frozen=True, slots=True)
class _Landed:
    """Forgets a notification that is no longer under way, and tells of what broke."""

    in_flight: set[NotificationId]
    notification_id: NotificationId

    def __call__(self, future: Future[None]) -> None:
        self.in_flight.discard(self.notification_id)
        if not future.cancelled() and future.exception() is not None:
            logger.error("notification.not_recorded", exc_info=future.exception())


def _facts(notification: Notification) -> dict[str, object]:
    return {"notification_id": notification.notification_id, "person_id": notification.person_id}


def _why_idle(alert: Alert, incident: Incident | None) -> str:
    """Return why there is nothing to tell any more; empty where there is."""
    if incident is None or alert.reason not in _OF_SUSPICION:
        return ""
    match incident.state:
        case IncidentState.FALSE_ALARM:
            return "not sent: a person rejected the incident before"
        case IncidentState.MERGED:
            return f"not sent: goes on in incident {incident.merged_into}, which people are told of"
        case IncidentState.SUSPECTED:
            return ""
    return "not sent: the incident was confirmed before, which people are told of"
