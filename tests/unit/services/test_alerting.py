"""People are told once, soon, and of nothing that is settled already."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.alert import NotifyReason
from firewatch.domain.ids import IncidentId, SightingId, TowerId
from firewatch.domain.incident import AlertRaised, Confirmed, Merged, Opened, Rejected, RejectReason, Reopened
from firewatch.domain.roster import Role
from firewatch.errors import StoreError
from firewatch.services.alerting import AlertRaiser, NotificationSender, Retries
from firewatch.services.ports import Words
from firewatch.testing import (
    SCENE_START,
    FrozenClock,
    MemoryAlertBook,
    MemoryCursors,
    MemoryIncidentLog,
    RosterFake,
    SinkNotifier,
    Ulids,
    a_person,
    a_ulid,
    an_event,
    an_incident_id,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.alert import Alert, Notification
    from firewatch.domain.incident import Change, Incident
    from firewatch.domain.roster import Person
    from firewatch.services.ports import Notifier

OPENED = Opened(SightingId(a_ulid("sighting", 1)), TowerId("tower-a"))


class PlainWords:
    def words(self, alert: Alert, incident: Incident | None, notification: Notification) -> Words:
        del incident
        return Words(str(alert.reason), notification.person_id, "", {})


class Crash(BaseException):
    """The process ends here."""


@dataclass(slots=True)
class Centre:
    people: Sequence[Person] = (a_person(),)
    log: MemoryIncidentLog = field(default_factory=MemoryIncidentLog)
    alerts: MemoryAlertBook = field(default_factory=MemoryAlertBook)
    cursors: MemoryCursors = field(default_factory=MemoryCursors)
    clock: FrozenClock = field(default_factory=FrozenClock)
    events: int = 0

    def happen(self, change: Change, incident: int = 1) -> None:
        self.events += 1
        self.log.append([an_event(self.events, change, incident=incident)])

    def raiser(self) -> AlertRaiser:
        roster = RosterFake(self.people)
        return AlertRaiser(self.log, self.alerts, roster, self.cursors, self.clock, Ulids(3).make)

    def sender(self, *notifiers: Notifier, most: int = 60) -> NotificationSender:
        return NotificationSender(
            alerts=self.alerts,
            log=self.log,
            notifiers=notifiers,
            words=PlainWords(),
            clock=self.clock,
            retries=Retries(most=most),
        )

    def told(self, incident: int = 1) -> list[tuple[Alert, Notification]]:
        return list(self.alerts.of_incident(an_incident_id(incident)))

    def raised(self) -> list[AlertRaised]:
        changes = (logged.event.change for logged in self.log.events_after(0, 999))
        return [change for change in changes if isinstance(change, AlertRaised)]


def test_an_opened_incident_is_told_over_each_channel_of_each_person() -> None:
    centre = Centre((a_person("li-wei"), a_person("wang-fang")))
    centre.happen(OPENED)
    centre.raiser().step()
    sink = SinkNotifier()
    assert centre.sender(sink).step() == 4
    assert {one.channel.partition(":")[0] for one in sink.sent} == {"webhook", "mailto"}
    assert all(one.words.subject == "first" for one in sink.sent)
    assert centre.sender(sink).step() == 0
    assert centre.raised()[0].reason == "first"


def test_a_confirmed_incident_is_told_once_more() -> None:
    centre = Centre()
    centre.happen(OPENED)
    centre.raiser().step()
    centre.sender(SinkNotifier()).step()
    centre.happen(Confirmed())
    centre.happen(Confirmed())
    centre.raiser().step()
    sink = SinkNotifier()
    centre.sender(sink).step()
    assert {one.words.subject for one in sink.sent} == {"confirmed"}
    assert len(sink.sent) == 2


@given(st.lists(st.sampled_from(["raise_alert", "append", "advance", "after"]), max_size=6))
def test_a_crash_anywhere_leaves_exactly_one_first_alert(crashes: list[str]) -> None:
    centre = Centre()
    centre.happen(OPENED)
    for place in crashes:
        raiser = centre.raiser()
        owner: object = {"raise_alert": centre.alerts, "append": centre.log}.get(place, centre.cursors)
        name = "advance" if place == "after" else place
        real = getattr(owner, name)

        def crash(*given: object, _real: object = real, _is_after: bool = place == "after") -> None:
            if _is_after:
                _real(*given)  # type: ignore[operator]
            raise Crash

        setattr(owner, name, crash)
        try:
            raiser.step()
        except Crash:
            pass
        finally:
            delattr(owner, name)
    while centre.raiser().step():
        pass
    assert [alert.reason for alert, _ in centre.told()] == [NotifyReason.FIRST] * 2
    assert len({alert.alert_id for alert, _ in centre.told()}) == 1
    assert len(centre.raised()) == 1


def test_an_incident_merged_before_its_alert_is_not_told_and_the_survivor_is_told_once() -> None:
    centre = Centre()
    centre.happen(OPENED, incident=1)
    centre.happen(Opened(SightingId(a_ulid("sighting", 2)), TowerId("tower-b")), incident=2)
    centre.happen(Merged(IncidentId(an_incident_id(1))), incident=2)
    centre.raiser().step()
    assert len(centre.told(1)) == 2
    assert centre.told(2) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Rejected(RejectReason.DUST), "rejected"),
        (Confirmed(), "confirmed"),
        (Merged(IncidentId(an_incident_id(2))), "goes on in incident"),
    ],
)
def test_what_is_settled_before_it_could_be_sent_is_not_sent(change: Change, why: str) -> None:
    centre = Centre()
    centre.happen(OPENED)
    centre.raiser().step()
    centre.happen(change)
    sink = SinkNotifier()
    centre.sender(sink).step()
    assert sink.sent == []
    assert all(why in notification.failed for _, notification in centre.told())
    centre.clock.advance(9999)
    assert centre.sender(sink).step() == 0


def test_a_failed_send_is_tried_again_after_growing_pauses_until_it_is_given_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    centre = Centre((replace(a_person(), channels=("webhook:http://127.0.0.1:9/x",)),))
    centre.happen(OPENED)
    centre.raiser().step()
    sender = centre.sender(SinkNotifier(refusals=99), most=4)
    pauses = []
    for _ in range(4):
        waited = 0
        while not sender.step():
            centre.clock.advance(1)
            waited += 1
            assert waited < 100
        pauses.append(waited)
    assert pauses == [0, 2, 4, 8]
    centre.clock.advance(9999)
    assert sender.step() == 0
    assert centre.told()[0][1].attempts == 4
    assert caplog.records[-1].levelname == "ERROR"


def test_the_longest_pause_is_kept_and_the_last_try_is_the_last() -> None:
    retries = Retries(2.0, 60.0, 10)
    assert retries.next_try_at(9, SCENE_START) == SCENE_START + timedelta(seconds=60)
    assert retries.next_try_at(10, SCENE_START) is None


def test_a_channel_that_nobody_serves_is_given_up_and_says_so() -> None:
    centre = Centre((replace(a_person(), channels=("pigeon:home",)),))
    centre.happen(OPENED)
    centre.raiser().step()
    centre.sender(SinkNotifier("webhook:")).step()
    ((_, notification),) = centre.told()
    assert "no such channel" in notification.failed
    centre.clock.advance(9999)
    assert centre.sender(SinkNotifier("webhook:")).step() == 0


def test_a_refusal_that_is_final_is_not_repeated() -> None:
    centre = Centre()
    centre.happen(OPENED)
    centre.raiser().step()
    centre.sender(SinkNotifier(refusals=9, retryable=False)).step()
    centre.clock.advance(9999)
    assert centre.sender(SinkNotifier()).step() == 0


def test_nobody_on_duty_is_logged_loudly(caplog: pytest.LogCaptureFixture) -> None:
    centre = Centre(people=())
    centre.happen(OPENED)
    centre.raiser().step()
    assert "alert.nobody_on_duty" in [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]


class _Broken(SinkNotifier):
    """Breaks on a mail address, as no channel should."""

    def send(self, channel: str, *given: object) -> None:  # type: ignore[override]
        if channel.startswith("mailto:"):
            raise ValueError("an address that nobody foresaw")
        super().send(channel, *given)  # type: ignore[arg-type]


def test_a_channel_that_breaks_is_seen_tried_again_and_keeps_no_other_waiting() -> None:
    centre = Centre((replace(a_person(), channels=("mailto:x@y", "webhook:http://127.0.0.1:9/x")),))
    centre.happen(OPENED)
    centre.raiser().step()
    sink = _Broken()
    assert centre.sender(sink).step() == 2
    assert len(sink.sent) == 1
    failed = next(notification for _, notification in centre.told() if notification.sent_at is None)
    assert "nobody foresaw" in failed.failed
    centre.clock.advance(5)
    assert centre.sender(sink).step() == 1


def test_a_store_out_of_order_is_no_failure_of_the_channel() -> None:
    centre = Centre()
    centre.happen(OPENED)
    centre.raiser().step()
    centre.log.incident = lambda _: (_ for _ in ()).throw(StoreError("locked"))  # type: ignore[method-assign]
    with pytest.raises(StoreError):
        centre.sender(SinkNotifier()).step()
    assert all(notification.attempts == 0 for _, notification in centre.told())


class _Silent(SinkNotifier):
    """Does not answer a mail before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = Event()

    def send(self, channel: str, *given: object) -> None:  # type: ignore[override]
        if channel.startswith("mailto:"):
            assert self.let_go.wait(20)
        super().send(channel, *given)  # type: ignore[arg-type]


def test_a_silent_channel_delays_no_other_and_is_asked_once() -> None:
    centre = Centre((replace(a_person(), channels=("mailto:x@y", "webhook:http://127.0.0.1:9/x")),))
    centre.happen(OPENED)
    centre.raiser().step()
    sink = _Silent()
    with ThreadPoolExecutor(4) as executor:
        sender = centre.sender(sink)
        sender._executor = executor
        assert sender.step() == 2
        for _ in range(200):
            if sink.sent and len(sender._in_flight) == 1:
                break
            sink.let_go.wait(0.02)
        assert [one.channel for one in sink.sent] == ["webhook:http://127.0.0.1:9/x"]
        assert sender.step() == 0
        sink.let_go.set()
    assert len(sink.sent) == 2
    assert not sender._in_flight


def test_what_was_sent_is_not_sent_again_because_the_store_was_locked() -> None:
    centre = Centre()
    centre.happen(OPENED)
    centre.raiser().step()
    sink, real, locked = SinkNotifier(), centre.alerts.record, [3]

    def record(notification: Notification, next_try_at: datetime | None) -> None:
        if locked[0]:
            locked[0] -= 1
            raise StoreError("the database could not write: database is locked")
        real(notification, next_try_at)

    centre.alerts.record = record  # type: ignore[method-assign]
    sender = centre.sender(sink)
    for _ in range(6):
        with contextlib.suppress(StoreError):
            sender.step()
    assert len(sink.sent) == len({one.channel for one in sink.sent}) == 2
    assert all(notification.sent_at == SCENE_START for _, notification in centre.told())
    assert sender.step() == 0


def test_a_failed_try_that_could_not_be_recorded_still_waits_its_pause() -> None:
    centre = Centre((replace(a_person(), channels=("webhook:http://127.0.0.1:9/x",)),))
    centre.happen(OPENED)
    centre.raiser().step()
    sink, real = SinkNotifier(refusals=1), centre.alerts.record
    centre.alerts.record = lambda *_: (_ for _ in ()).throw(StoreError("locked"))  # type: ignore[method-assign]
    sender = centre.sender(sink)
    with pytest.raises(StoreError):
        sender.step()
    centre.alerts.record = real  # type: ignore[method-assign]
    sender.step()
    assert (sink.sent, centre.told()[0][1].attempts) == ([], 1)
    centre.clock.advance(3)
    sender.step()
    assert len(sink.sent) == 1


def test_a_clock_that_is_set_back_delays_no_alert() -> None:
    centre = Centre((replace(a_person(), channels=("webhook:http://127.0.0.1:9/x",)),))
    centre.happen(OPENED)
    centre.raiser().step()
    sink = SinkNotifier(refusals=1)
    sender = centre.sender(sink)
    sender.step()
    centre.clock.advance(-3600)
    sender.step()
    assert len(sink.sent) == 1


def test_a_reopened_incident_is_told_again_each_time_and_once() -> None:
    centre = Centre()
    centre.happen(OPENED)
    centre.happen(Rejected(RejectReason.DUST))
    centre.raiser().step()
    sink = SinkNotifier()
    centre.sender(sink).step()
    assert sink.sent == []
    for times in (1, 2):
        centre.happen(Reopened())
        while centre.raiser().step():
            pass
        centre.cursors = MemoryCursors()
        while centre.raiser().step():
            pass
        centre.sender(sink).step()
        assert len(sink.sent) == 2 * times
        centre.happen(Rejected(RejectReason.DUST))


def test_a_technician_is_told_of_a_fire_only_where_nobody_else_is_on_duty() -> None:
    technician = a_person("wang-li", Role.TECHNICIAN)
    for people, expected in (((technician, a_person("li-wei")), {"li-wei"}), ((technician,), {"wang-li"})):
        centre = Centre(people)
        centre.happen(OPENED)
        centre.raiser().step()
        assert {notification.person_id for _, notification in centre.told()} == expected
