"""The intake: commit, then receipts, then the acknowledgement; and never one without the former."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from firewatch.adapters.mqtt_intake import IntakeCounts, IntakeTuning, MqttIntake
from firewatch.domain.ids import TowerId
from firewatch.errors import BrokerUnavailable, StoreError
from firewatch.mqtt import Delivery, LinkState, MqttSettings
from firewatch.testing import FrozenClock
from firewatch.testing.builders import a_message_id
from firewatch.wire import codec
from firewatch.wire.v1 import ReceiptV1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from firewatch.services.ports import Arrived

TOWER = TowerId("tower-a")
SIGHTINGS = "firewatch/v1/towers/tower-a/cameras/north/sightings"


class Journal:
    """Writes down what happens, in order; plays the store and both sessions."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.store_failures = 0
        self.link_is_down = False
        self.unbearable: bytes | None = None

    def take(self, batch: Sequence[Arrived]) -> Mapping[TowerId, tuple[ReceiptV1, ...]]:
        if self.store_failures:
            self.store_failures -= 1
            self.lines.append("refused")
            msg = "the disk is full"
            raise StoreError(msg)
        if any(arrived.payload == self.unbearable for arrived in batch):
            raise ZeroDivisionError
        self.lines.append("commit " + " ".join(arrived.payload.decode()[:8] for arrived in batch))
        receipts = [ReceiptV1(message_id=a_message_id(n), outcome="stored") for n in range(len(batch))]
        return {TOWER: tuple(receipts)}

    def publish(self, topic: str, payload: bytes, **_: object) -> None:
        if self.link_is_down:
            raise BrokerUnavailable("127.0.0.1", 1883, "the link broke")
        self.lines.append(f"{len(codec.decode_receipts(payload))} receipts to {topic}")

    def acknowledge(self, delivery: Delivery) -> bool:
        self.lines.append(f"ack {delivery.packet_id}")
        return True

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def state(self) -> LinkState:
        return LinkState(is_connected=True, reason="", protocol="5", connects=1)


class Bench:
    def __init__(self, journal: Journal, **tuning: Any) -> None:
        self.journal = journal
        self.intake = MqttIntake(
            MqttSettings(client_id="central"),
            journal,
            FrozenClock(),
            IntakeTuning(**{"first_pause_s": 0.01, "last_pause_s": 0.02} | tuning),
        )
        for lane in (self.intake._live, self.intake._late):
            lane.session = journal  # type: ignore[assignment]

    def deliver(self, number: int, payload: bytes | None = None, qos: int = 1) -> None:
        told = b"m%d" % number if payload is None else payload
        self.intake._live._receive(Delivery(SIGHTINGS, told, qos, retain=False, link=1, packet_id=number))


@pytest.fixture
def bench() -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(**tuning: Any) -> Bench:
        made.append(Bench(Journal(), **tuning))
        return made[-1]

    yield make
    for one in made:
        one.intake.stop()


def until(condition: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 10.0
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.005)


RECEIPTS_TO = "receipts to firewatch/v1/towers/tower-a/receipts"


def test_commit_comes_before_the_receipts_and_they_before_the_acknowledgements(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.deliver(1)
    b.deliver(2)
    b.intake.start()
    until(lambda: b.intake.counts().taken == 2)
    assert b.journal.lines == ["commit m1 m2", f"2 {RECEIPTS_TO}", "ack 1", "ack 2"]


def test_nothing_is_receipted_or_acknowledged_before_the_store_takes_it(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.journal.store_failures = 3
    b.deliver(1)
    b.intake.start()
    until(lambda: b.intake.counts().taken == 1)
    assert b.journal.lines == ["refused", "refused", "refused", "commit m1", f"1 {RECEIPTS_TO}", "ack 1"]
    assert b.intake.counts().store_failures == 3


def test_a_batch_that_was_not_stored_at_the_end_is_neither_receipted_nor_acknowledged(
    bench: Callable[..., Bench],
) -> None:
    b = bench()
    b.journal.store_failures = 10**6
    b.deliver(1)
    b.intake.start()
    until(lambda: len(b.journal.lines) > 2)
    b.intake.stop()
    assert set(b.journal.lines) == {"refused"}


def test_without_a_link_for_the_receipts_nothing_is_acknowledged(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.journal.link_is_down = True
    b.deliver(1)
    b.intake.start()
    until(lambda: bool(b.journal.lines))
    time.sleep(0.05)
    assert b.journal.lines == ["commit m1"]
    assert b.intake.counts().taken == 0


def test_a_message_that_the_taker_cannot_bear_does_not_hold_up_the_others(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.journal.unbearable = b"m3"
    for number in range(6):
        b.deliver(number)
    b.intake.start()
    until(lambda: b.intake.counts() == IntakeCounts(taken=5, batches=b.intake.counts().batches, skipped=1))
    assert "ack 3" not in b.journal.lines
    assert {f"ack {number}" for number in (0, 1, 2, 4, 5)} <= set(b.journal.lines)


def test_a_batch_ends_at_its_limits(bench: Callable[..., Bench]) -> None:
    b = bench(most_messages=3)
    for number in range(7):
        b.deliver(number)
    b.intake.start()
    until(lambda: b.intake.counts().taken == 7)
    commits = [line for line in b.journal.lines if line.startswith("commit")]
    assert commits == ["commit m0 m1 m2", "commit m3 m4 m5", "commit m6"]


def test_a_message_too_large_keeps_its_first_bytes_only(bench: Callable[..., Bench]) -> None:
    b = bench(kept_of_oversize=10)
    b.deliver(1, b"x" * (codec.MOST_BYTES + 1))
    (waiting,) = b.intake._live._inbox.waiting
    assert waiting.arrived.payload == b"x" * 10
    assert waiting.arrived.oversize is not None
    assert waiting.arrived.oversize.size_bytes == codec.MOST_BYTES + 1
    assert b.intake.counts().oversized == 1


def test_without_room_the_link_is_not_read_and_vitals_are_dropped(bench: Callable[..., Bench]) -> None:
    b = bench(held_messages=2)
    b.deliver(1)
    b.deliver(2)
    b.deliver(3, qos=0)
    assert b.intake.counts().dropped_vitals == 1
    reader = threading.Thread(target=b.deliver, args=(4,))
    reader.start()
    time.sleep(0.05)
    assert reader.is_alive()
    b.intake.start()
    reader.join(5.0)
    assert not reader.is_alive()
    until(lambda: b.intake.counts().taken == 3)


def test_the_links_of_both_sessions_are_told(bench: Callable[..., Bench]) -> None:
    assert [state.is_connected for state in bench().intake.links()] == [True, True]
