"""Ratings, alerts, duties and people in memory, and a notifier that only remembers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.errors import DeliveryError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from firewatch.domain.alert import Acknowledgement, Alert, Notification
    from firewatch.domain.danger import DangerRating
    from firewatch.domain.ids import AlertId, IncidentId, NotificationId, PersonId, StationId
    from firewatch.domain.roster import Person
    from firewatch.services.ports import Words

__all__ = ["MemoryAlertBook", "MemoryCursors", "MemoryLeases", "MemoryRatingBook", "RosterFake", "Sent", "SinkNotifier"]


class MemoryRatingBook:
    """Fulfils `RatingBook` and `DangerChanges` of `firewatch.services.weather_ports`."""

    def __init__(self) -> None:
        self._ratings: dict[tuple[StationId, date], DangerRating] = {}
        self._changes = 0

    def put(self, ratings: Sequence[DangerRating]) -> None:
        """Store ratings by (station, day)."""
        self._changes += bool(ratings)
        self._ratings |= {(rating.station_id, rating.weather_day): rating for rating in ratings}

    def rating(self, station_id: StationId, day: date) -> DangerRating | None:
        """Return the rating of a station and weather day."""
        return self._ratings.get((station_id, day))

    def latest(self, station_id: StationId) -> DangerRating | None:
        """Return the rating of the latest day."""
        days = [day for station, day in self._ratings if station == station_id]
        return self._ratings[station_id, max(days)] if days else None

    def between(self, station_id: StationId, first_day: date, last_day: date) -> tuple[DangerRating, ...]:
        """Return the ratings of a station from one weather day to another, both included, in the order of days."""
        found = [one for (station, _), one in self._ratings.items() if station == station_id]
        within = [one for one in found if first_day <= one.weather_day <= last_day]
        return tuple(sorted(within, key=lambda one: one.weather_day))

    def changes(self) -> int:
        """Return how often ratings were stored."""
        return self._changes


class MemoryAlertBook:
    """Fulfils `AlertBook` and `DeliveryBook` of `firewatch.services.ports`."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._told: dict[NotificationId, tuple[Alert, Notification]] = {}
        self._next_try: dict[NotificationId, datetime | None] = {}

    def raise_alert(self, alert: Alert, notifications: Sequence[Notification]) -> bool:
        """Store an alert and its notifications; nothing if its key is known."""
        if alert.key in self._alerts:
            return False
        self._alerts[alert.key] = alert
        for notification in notifications:
            self._told[notification.notification_id] = (alert, notification)
            self._next_try[notification.notification_id] = alert.raised_at
        return True

    def due(self, at: datetime, limit: int, longest_wait: timedelta) -> tuple[tuple[Alert, Notification], ...]:
        """Return notifications whose next try is due, or too far off; not those that were answered before."""
        tries = sorted((next_at, key) for key, next_at in self._next_try.items() if next_at is not None)
        ready = [self._told[key] for next_at, key in tries if not at < next_at <= at + longest_wait]
        waiting = [pair for pair in ready if pair[1].sent_at is None and pair[1].acknowledged_at is None]
        return tuple(waiting[:limit])

    def record(self, notification: Notification, next_try_at: datetime | None) -> None:
        """Store what became of a try."""
        alert, known = self._known(notification.notification_id)
        self._told[notification.notification_id] = (
            alert,
            replace(
                notification,
                sent_at=known.sent_at or notification.sent_at,
                reached_at=known.reached_at or notification.reached_at,
                acknowledged_at=known.acknowledged_at or notification.acknowledged_at,
            ),
        )
        self._next_try[notification.notification_id] = next_try_at

    def acknowledge(self, acknowledgement: Acknowledgement) -> bool:
        """Store a person's answer; the first counts."""
        alert, known = self._known(acknowledgement.notification_id)
        if known.acknowledged_at is not None:
            return False
        self._told[known.notification_id] = (alert, replace(known, acknowledged_at=acknowledgement.at))
        return True

    def notification(self, notification_id: NotificationId) -> tuple[Alert, Notification] | None:
        """Return one notification with its alert."""
        return self._told.get(notification_id)

    def of_incident(self, incident_id: IncidentId) -> tuple[tuple[Alert, Notification], ...]:
        """Return all notifications about an incident, oldest first."""
        found = [pair for pair in self._told.values() if pair[0].incident_id == incident_id]
        return tuple(sorted(found, key=lambda pair: (pair[0].raised_at, pair[0].alert_id)))

    def of_incidents(
        self,
        incident_ids: Sequence[IncidentId],
    ) -> Mapping[IncidentId, tuple[tuple[Alert, Notification], ...]]:
        """Return all notifications about each of the incidents that has some."""
        told = {incident_id: self.of_incident(incident_id) for incident_id in incident_ids}
        return {incident_id: found for incident_id, found in told.items() if found}

    def mark_reached(self, notification_id: NotificationId, at: datetime) -> None:
        """Store that it was opened; the first time counts."""
        alert, known = self._known(notification_id)
        self._told[notification_id] = (alert, replace(known, reached_at=known.reached_at or at))

    def _known(self, notification_id: NotificationId) -> tuple[Alert, Notification]:
        if notification_id not in self._told:
            raise StoreError(f"there is no notification {notification_id}: nothing was stored")
        return self._told[notification_id]


# As far as the clocks of two centres may be apart.
_MOST_SKEW = timedelta(minutes=1)


class MemoryLeases:
    """Fulfils `firewatch.services.ports.Leases`."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, datetime]] = {}

    def take(self, name: str, holder: str, at: datetime, for_s: float) -> bool:
        """Take or renew a lease; return False while another holder's is unexpired."""
        held_by, expires_at = self._held.get(name, (holder, at))
        if held_by != holder and at < expires_at <= at + timedelta(seconds=for_s) + _MOST_SKEW:
            return False
        self._held[name] = (holder, at + timedelta(seconds=for_s))
        return True


class MemoryCursors:
    """Fulfils `firewatch.services.ports.Cursors`."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def cursor(self, name: str) -> int:
        """Return the last place read, 0 for a new reader."""
        return self._places.get(name, 0)

    def advance(self, name: str, to: int) -> None:
        """Store the last place read; never goes back."""
        self._places[name] = max(to, self.cursor(name))


class RosterFake:
    """Fulfils `firewatch.services.ports.Roster`: everybody is always on duty."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._people = tuple(people)

    def on_duty(self, at: datetime) -> tuple[Person, ...]:  # noqa: ARG002 - the port's
        """Return the people in the order in which they were given."""
        return self._people

    def person(self, person_id: PersonId) -> Person | None:
        """Return one person."""
        return next((person for person in self._people if person.person_id == person_id), None)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a channel was given."""

    channel: str
    notification_id: NotificationId
    alert_id: AlertId
    words: Words


class SinkNotifier:
    """Fulfils `firewatch.services.ports.Notifier`: remembers what it was given.

    Parameters
    ----------
    scheme : str
        It accepts addresses that start with it.
    refusals : int
        So many first sends fail; `retryable` says how.
    """

    def __init__(self, scheme: str = "", *, refusals: int = 0, retryable: bool = True) -> None:
        self.sent: list[Sent] = []
        self._scheme = scheme
        self._refusals = refusals
        self._retryable = retryable

    def accepts(self, channel: str) -> bool:
        """Tell whether the address is of this channel."""
        return channel.startswith(self._scheme)

    def send(self, channel: str, notification_id: NotificationId, alert_id: AlertId, words: Words) -> None:
        """Remember it, or refuse."""
        if self._refusals > 0:
            self._refusals -= 1
            raise DeliveryError(channel, "the test's refusal", retryable=self._retryable)
        self.sent.append(Sent(channel, notification_id, alert_id, words))
