"""The courier: what it sends, in what order, and when again; over a session that a test controls."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from firewatch.errors import BrokerUnavailable
from firewatch.mqtt import Delivery, LinkState
from firewatch.testing import FrozenClock
from firewatch.testing.builders import a_message_id
from firewatch.wire import codec
from firewatch.wire.v1 import ReceiptV1
from firewatch_edge.publish import Courier, CourierSettings, Outbox, Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOPIC = "firewatch/v1/towers/tower-a/cameras/north/sightings"


@dataclass
class FakeSession:
    """Remembers what was published; is connected as a test wants."""

    is_connected: bool = True
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    fail: bool = False
    connects: int = 1

    def state(self) -> LinkState:
        return LinkState(self.is_connected, "" if self.is_connected else "down", "5", self.connects)

    def publish(self, topic: str, payload: bytes, **_: object) -> None:
        if self.fail:
            raise BrokerUnavailable("127.0.0.1", 1883, "down")
        self.sent.append((topic, payload))


@dataclass
class Bench:
    clock: FrozenClock
    outbox: Outbox
    session: FakeSession
    courier: Courier

    def put(self, number: int, priority: Priority = Priority.SIGHTING) -> None:
        self.outbox.put(a_message_id(number), TOPIC, b"%d" % number, priority)
        self.courier.wake()

    def sent(self) -> list[int]:
        return [int(payload) for _, payload in self.session.sent]

    def receipt(self, *numbers: int) -> None:
        receipts = [ReceiptV1(message_id=a_message_id(number), outcome="stored") for number in numbers]
        self.courier.take_delivery(
            Delivery("receipts", codec.encode_receipts(receipts), qos=1, retain=False, link=1, packet_id=1)
        )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(*, session: FakeSession | None = None, **settings: Any) -> Bench:
        clock = FrozenClock()
        outbox = Outbox(tmp_path / "outbox.sqlite", clock=clock.now, monotonic=lambda: clock.now().timestamp())
        courier = Courier(outbox, CourierSettings(**settings))
        made.append(Bench(clock, outbox, session or FakeSession(), courier))
        return made[-1]

    yield make
    for one in made:
        one.courier.stop()
        one.outbox.close()


def until(condition: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 10.0
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.005)


def start(bench: Bench) -> None:
    bench.courier.start(bench.session)  # type: ignore[arg-type]


def test_sightings_go_before_pictures_and_fresh_ones_before_late_ones(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.put(1, Priority.FRAME)
    b.put(2, Priority.CROP)
    b.put(3)
    b.put(4)
    b.clock.advance(3600.0)
    b.put(5)
    start(b)
    until(lambda: len(b.session.sent) == 5)
    assert b.sent() == [5, 4, 3, 2, 1]
    assert [topic.rsplit("/", 1)[1] for topic, _ in b.session.sent[:3]] == ["sightings", "backfill", "backfill"]


def test_replies_go_behind_fresh_alarms_and_before_what_is_late(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.put(1, Priority.REPLY)
    b.put(2)
    b.clock.advance(3600.0)
    b.put(3, Priority.FRAME)
    b.put(4, Priority.REPLY)
    b.put(5, Priority.CROP)
    b.put(6)
    start(b)
    until(lambda: len(b.session.sent) == 6)
    assert b.sent() == [6, 5, 4, 2, 1, 3]


def test_no_more_than_the_window_is_on_its_way(bench: Callable[..., Bench]) -> None:
    b = bench(sighting_window=3)
    for number in range(10):
        b.put(number)
    b.put(90, Priority.CROP)
    start(b)
    until(lambda: len(b.session.sent) == 3)
    time.sleep(0.1)
    assert b.sent() == [0, 1, 2]
    b.receipt(1)
    until(lambda: len(b.session.sent) == 4)
    assert b.sent()[-1] == 3
    b.receipt(*range(10))
    until(lambda: 90 in b.sent())


def test_what_has_no_receipt_goes_out_again_at_growing_intervals(bench: Callable[..., Bench]) -> None:
    b = bench(resend_after_s=0.1)
    b.put(1)
    began = time.monotonic()
    start(b)
    until(lambda: len(b.session.sent) == 3)
    assert time.monotonic() - began >= 0.3  # 0.1 and then 0.2
    b.receipt(1)
    until(lambda: b.outbox.depth() == 0)
    sent = len(b.session.sent)
    time.sleep(0.6)
    assert len(b.session.sent) == sent


def test_after_a_broken_link_everything_without_a_receipt_goes_out_at_once(bench: Callable[..., Bench]) -> None:
    b = bench(resend_after_s=60.0)
    b.put(1)
    start(b)
    until(lambda: len(b.session.sent) == 1)
    b.session.connects = 2
    b.courier.note_link(b.session.state())
    until(lambda: b.sent() == [1, 1])


def test_the_news_of_a_link_that_was_seen_already_sends_nothing_twice(bench: Callable[..., Bench]) -> None:
    b = bench(resend_after_s=60.0)
    b.put(1)
    start(b)
    until(lambda: len(b.session.sent) == 1)
    b.courier.note_link(b.session.state())
    b.put(2)
    until(lambda: 2 in b.sent())
    assert b.sent() == [1, 2]


def test_without_a_link_nothing_is_sent_and_with_one_everything(bench: Callable[..., Bench]) -> None:
    b = bench(session=FakeSession(is_connected=False))
    b.put(1)
    start(b)
    time.sleep(0.1)
    assert b.sent() == []
    b.session.is_connected = True
    b.courier.note_link(b.session.state())
    until(lambda: b.sent() == [1])


def test_messages_that_nobody_receipts_do_not_hold_up_the_others_for_ever(bench: Callable[..., Bench]) -> None:
    b = bench(sighting_window=2, resend_after_s=0.02)
    for number in range(5):
        b.put(number)
    start(b)
    until(lambda: 4 in b.sent())


def test_a_link_that_breaks_while_sending_loses_nothing(bench: Callable[..., Bench]) -> None:
    b = bench(session=FakeSession(fail=True))
    b.put(1)
    start(b)
    time.sleep(0.1)
    b.session.fail = False
    until(lambda: b.sent() == [1])


def test_unreadable_receipts_change_nothing(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.put(1)
    start(b)
    b.courier.take_delivery(Delivery("receipts", b"rubbish", qos=1, retain=False, link=1, packet_id=1))
    until(lambda: b.sent() == [1])
    assert b.outbox.depth() == 1


def test_receipts_that_came_before_the_end_are_settled(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.put(1)
    start(b)
    until(lambda: b.sent() == [1])
    b.receipt(1)
    b.courier.stop()
    assert b.outbox.depth() == 0
