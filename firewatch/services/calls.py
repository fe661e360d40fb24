"""One call to one ranger: shown, opened, accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.incident import Accepted, IncidentEvent
from firewatch.domain.roster import Actor
from firewatch.services.board import IncidentPages, living, weather_behind
from firewatch.services.views import RangerCall

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from firewatch.domain.alert import Acknowledgement
    from firewatch.domain.ids import NotificationId
    from firewatch.services.board import Books
    from firewatch.services.ports import AlertBook, Clock

__all__ = ["Calls"]


class Calls:
    """Fulfils `firewatch.services.views.RangerDesk`.

    Parameters
    ----------
    books : Books
        What an incident is told from.
    alerts : AlertBook
        The notifications.
    clock : Clock
        When the centre learned of an answer.
    new_id : callable
        Makes a ULID for an instant.
    """

    def __init__(self, books: Books, alerts: AlertBook, clock: Clock, new_id: Callable[[datetime], str]) -> None:
        self._books = books
        self._alerts = alerts
        self._clock = clock
        self._new_id = new_id
        self._pages = IncidentPages(books)

    def call(self, notification_id: NotificationId) -> RangerCall | None:
        """Return one call; None where it is unknown or not about an incident.

        Its incident is the living one: a fire that was merged into an earlier incident is shown as that goes on.
        """
        found = self._alerts.notification(notification_id)
        if found is None or found[0].incident_id is None:
            return None
        alert, notification = found
        person = self._books.roster.person(notification.person_id)
        incident = living(self._books.log, found[0].incident_id)
        card = None if incident is None else self._pages.card(incident.incident_id)
        if person is None or card is None:
            return None
        weather = weather_behind(self._books.readings, card.incident.rating)
        return RangerCall(person, alert, notification, card, weather)

    def opened(self, notification_id: NotificationId, at: datetime) -> None:
        """Record that the call was opened on a screen; the first time counts."""
        self._alerts.mark_reached(notification_id, at)

    def accept(self, acknowledgement: Acknowledgement) -> None:
        """Record that the person accepted: the notification's acknowledgement, then the incident's event.

        Accepting again writes only what a crash between the two left out.
        """
        self._alerts.acknowledge(acknowledgement)
        found = self._alerts.notification(acknowledgement.notification_id)
        if found is None or found[0].incident_id is None:
            return
        incident = living(self._books.log, found[0].incident_id)
        if incident is None or acknowledgement.person_id in incident.accepted_by:
            return
        person = self._books.roster.person(acknowledgement.person_id)
        name: str = acknowledgement.person_id if person is None else person.name
        now = self._clock.now()
        event = IncidentEvent(
            event_id=self._new_id(now),
            incident_id=incident.incident_id,
            occurred_at=acknowledgement.at,
            recorded_at=now,
            actor=Actor(acknowledgement.person_id, name),
            change=Accepted(acknowledgement.person_id),
        )
        self._books.log.append([event])
