"""A camera that has been blind for long is told to a technician: once when it is, once when it sees again.

The beginning and the end of an outage are stored with the alert that tells of them before that alert is raised; what a
crash left untold is raised by the next step, once, for an alert's key makes it exist once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from firewatch.domain.alert import Alert, Notification, NotifyReason
from firewatch.domain.ids import AlertId, NotificationId
from firewatch.domain.roster import Role
from firewatch.services.eyes import blind_cameras, node_state, seeing_cameras
from firewatch.services.views import NodeView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from firewatch.domain.ids import TowerId
    from firewatch.domain.roster import Person
    from firewatch.domain.sites import SiteMap
    from firewatch.services.eyes import Blind
    from firewatch.services.ports import AlertBook, Clock, NodeBook, Roster

__all__ = ["Lookout", "LookoutBooks", "Outage", "OutageBook", "node_views"]

logger = logging.getLogger(__name__)

# A camera that flickers is not back.
_BACK_AFTER = timedelta(minutes=2)
_WATCHERS = frozenset({Role.OFFICER, Role.CHIEF, Role.LEADER})


@dataclass(frozen=True, slots=True)
class Outage:
    """A camera that was blind for so long that people were told.

    Parameters
    ----------
    outage_id : str
        ULID.
    tower_id, camera_id : str
        Which camera.
    reason : str
        Why, as in `firewatch.services.eyes.Blind`, when people were told.
    since : datetime
        UTC instant from which it was blind.
    alert_id : AlertId
        What tells of it.
    ended_at : datetime or None
        UTC instant at which it was seen to see again.
    back_alert_id : AlertId or None
        What tells of that.
    """

    outage_id: str
    tower_id: TowerId
    camera_id: str
    reason: str
    since: datetime
    alert_id: AlertId
    ended_at: datetime | None = None
    back_alert_id: AlertId | None = None


class OutageBook(Protocol):
    """The outages that people were told of."""

    def open_outages(self) -> tuple[Outage, ...]:
        """Return those that have not ended."""
        ...

    def of_alert(self, alert_id: AlertId) -> tuple[Outage, ...]:
        """Return those whose beginning or end an alert tells of, in the order of tower and camera."""
        ...

    def begin(self, outages: Sequence[Outage]) -> None:
        """Store new ones in one transaction; their alert is untold until `told`."""
        ...

    def end(self, outage_ids: Sequence[str], at: datetime, back_alert_id: AlertId) -> None:
        """Store that they ended, in one transaction; the alert is untold until `told`."""
        ...

    def untold(self) -> tuple[tuple[AlertId, NotifyReason], ...]:
        """Return the alerts that are still to be raised, oldest first."""
        ...

    def told(self, alert_id: AlertId, at: datetime) -> None:
        """Store that an alert was raised."""
        ...


@dataclass(frozen=True, slots=True)
class LookoutBooks:
    """The ports of the lookout."""

    nodes: NodeBook
    outages: OutageBook
    alerts: AlertBook
    roster: Roster


class Lookout:
    """Watches the cameras' eyes, and tells.

    Parameters
    ----------
    books : LookoutBooks
        Ports.
    sites : SiteMap
        The cameras that there are.
    clock : Clock
        Tells how long.
    after : timedelta
        How long a camera is blind before anybody is told.
    new_id : callable
        Makes a ULID for an instant.
    """

    def __init__(
        self,
        books: LookoutBooks,
        sites: SiteMap,
        clock: Clock,
        *,
        after: timedelta,
        new_id: Callable[[datetime], str],
    ) -> None:
        self._books = books
        self._sites = sites
        self._clock = clock
        self._after = after
        self._new_id = new_id
        self._began_at = clock.now()
        self._seeing_since: dict[tuple[TowerId, str], datetime] = {}

    def step(self) -> int:
        """Tell what is due; return how many alerts were raised."""
        now = self._clock.now()
        nodes = node_views(self._books.nodes)
        still_open = self._books.outages.open_outages()
        self._begin(nodes, still_open, now)
        self._end(nodes, still_open, now)
        return sum(self._raise(alert_id, reason, now) for alert_id, reason in self._books.outages.untold())

    def _begin(self, nodes: Sequence[NodeView], still_open: Sequence[Outage], now: datetime) -> None:
        known = {(one.tower_id, one.camera_id) for one in still_open}
        unheard = {node.tower_id for node in nodes if node_state(node, now) == "stale"}
        due = [
            (one, one.since)
            for one in blind_cameras(self._sites, nodes, now)
            if one.since is not None
            and not one.is_meant
            and (one.tower_id, one.camera_id) not in known
            and now - self._counted_from(one, one.since, unheard) >= self._after
        ]
        if not due:
            return
        alert_id = AlertId(self._new_id(now))
        self._books.outages.begin(
            [Outage(self._new_id(now), one.tower_id, one.camera_id, one.reason, since, alert_id) for one, since in due]
        )

    def _counted_from(self, blind: Blind, since: datetime, unheard: set[TowerId]) -> datetime:
        # While the centre itself was off it heard nobody: a tower is not to blame for that.
        return max(since, self._began_at) if blind.tower_id in unheard else since

    def _end(self, nodes: Sequence[NodeView], still_open: Sequence[Outage], now: datetime) -> None:
        seeing = seeing_cameras(nodes, now)
        self._seeing_since = {key: self._seeing_since.get(key, now) for key in seeing}
        back = [
            one.outage_id
            for one in still_open
            if (one.tower_id, one.camera_id) in seeing
            and now - self._seeing_since[one.tower_id, one.camera_id] >= _BACK_AFTER
        ]
        if back:
            self._books.outages.end(back, now, AlertId(self._new_id(now)))

    def _raise(self, alert_id: AlertId, reason: NotifyReason, now: datetime) -> bool:
        alert = Alert(alert_id, None, reason, now, f"{reason}/{alert_id}")
        people = _who_is_told(self._books.roster.on_duty(now))
        if not people:
            logger.error("outage.nobody_to_tell", extra={"reason": str(reason)})
        told = tuple(
            Notification(NotificationId(self._new_id(now)), alert_id, person.person_id, channel)
            for person in people
            for channel in person.channels
        )
        was_raised = self._books.alerts.raise_alert(alert, told)
        self._books.outages.told(alert_id, now)
        logger.info("outage.told", extra={"alert_id": alert_id, "reason": str(reason), "people": len(people)})
        return was_raised


def node_views(book: NodeBook) -> tuple[NodeView, ...]:
    """Return what each node said last, in the order of the towers' ids."""
    statuses = {one.tower_id: one for one in book.statuses()}
    vitals = {one.tower_id: one for one in book.vitals()}
    return tuple(NodeView(key, statuses.get(key), vitals.get(key)) for key in sorted({*statuses, *vitals}))


def _who_is_told(on_duty: Sequence[Person]) -> tuple[Person, ...]:
    """Return the technicians on duty; where there is none the administrators, else the duty desk; never a ranger."""
    for roles in ({Role.TECHNICIAN}, {Role.ADMIN}, _WATCHERS):
        found = tuple(person for person in on_duty if person.role in roles)
        if found:
            return found
    return ()
