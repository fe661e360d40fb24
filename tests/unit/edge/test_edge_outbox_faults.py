"""What befalls an outbox in the field: two nodes on one file, rows gone bad, a disk that fills and empties again."""

from __future__ import annotations

import contextlib
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest

from firewatch.errors import BrokerUnavailable, StoreError
from firewatch.mqtt import Delivery, LinkState
from firewatch.testing.builders import a_message_id
from firewatch.wire import codec
from firewatch.wire.v1 import ReceiptV1
from firewatch_edge.publish import Courier, CourierSettings, Outbox, Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOPIC = "firewatch/v1/towers/tower-a/cameras/north/sightings"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


def fill(outbox: Outbox, numbers: range, priority: Priority = Priority.SIGHTING, size: int = 100) -> None:
    for number in numbers:
        outbox.put(a_message_id(number), TOPIC, b"%d" % number + b" " * size, priority)


def until(fact: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 10.0
    while not fact():
        assert time.monotonic() < ends_at
        time.sleep(0.005)


def test_a_second_node_on_the_same_outbox_is_refused_with_the_first_ones_number(path: Path) -> None:
    """Two couriers would send everything twice, and one would rename the file under the other."""
    program = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from firewatch_edge.publish import Outbox
        outbox = Outbox(Path({str(path)!r}))
        print("open", flush=True)
        sys.stdin.read()
    """)
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match=rf"another program uses it \(process {first.pid}\).*outbox.path"):
            Outbox(path)
        first.send_signal(signal.SIGKILL)
        first.wait(10.0)
    outbox = Outbox(path)
    fill(outbox, range(1))
    outbox.close()


def test_a_closed_outbox_may_be_opened_again_by_the_same_program(path: Path) -> None:
    first = Outbox(path)
    with pytest.raises(StoreError, match="another program"):
        Outbox(path)
    first.close()
    first.close()
    Outbox(path).close()


def test_a_full_disk_takes_a_sighting_in_the_place_of_pictures(path: Path) -> None:
    outbox = Outbox(path)
    fill(outbox, range(100, 130), Priority.CROP, size=20_000)
    pages = outbox._base.execute("PRAGMA page_count").fetchone()[0]
    outbox._base.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"):
        fill(outbox, range(200, 201), Priority.CROP, size=20_000)
    assert len(outbox.waiting(Priority.CROP, 99)) == 30
    fill(outbox, range(3), size=20_000)
    assert outbox.waiting(Priority.SIGHTING, 9) == [a_message_id(number) for number in range(3)]
    assert outbox.counts().dropped == 20
    assert outbox.depth() == 13
    outbox.close()


def test_a_full_disk_still_takes_what_fits_where_receipted_messages_were(path: Path) -> None:
    """The write-ahead log cannot grow on it, so its pages go to their places and it begins anew."""
    outbox = Outbox(path)
    fill(outbox, range(1000, 1050), Priority.CROP, size=20_000)
    outbox.settle([ReceiptV1(message_id=a_message_id(number), outcome="stored") for number in range(1000, 1050)])
    outbox._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 8192, hard))
    try:
        fill(outbox, range(150), size=4000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(outbox.waiting(Priority.SIGHTING, 999)) == outbox.depth() == 150
    outbox.close()


def test_the_room_set_aside_for_a_full_disk_is_given_once_and_set_aside_again(path: Path) -> None:
    spare = path.with_name("outbox.sqlite.reserve")
    outbox = Outbox(path)
    assert spare.stat().st_blocks * 512 >= 8_000_000
    pages = outbox._base.execute("PRAGMA page_count").fetchone()[0]
    outbox._base.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"):
        fill(outbox, range(1), size=20_000)
    assert not spare.exists()
    outbox._base.execute("PRAGMA max_page_count = 1000000")
    fill(outbox, range(1))
    assert not spare.exists()
    outbox.settle([ReceiptV1(message_id=a_message_id(0), outcome="stored")])
    assert spare.exists()
    outbox.close()


@contextlib.contextmanager
def no_file_may_grow() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_damaged_file_that_cannot_be_replaced_now_is_replaced_later(path: Path) -> None:
    outbox = Outbox(path)
    fill(outbox, range(50), size=2000)
    outbox._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    outbox._base.execute("PRAGMA cache_size = 0")
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 12_288)
        file.write(b"\xaa" * 12_288)
    for _ in range(2):
        with no_file_may_grow(), pytest.raises(StoreError):
            fill(outbox, range(100, 101))
    fill(outbox, range(100, 101))
    kept = outbox.waiting(Priority.SIGHTING, 999)
    assert a_message_id(100) in kept
    assert a_message_id(0) in kept, "what could be read of the damaged file was not carried over"
    assert outbox.depth() == len(kept)
    assert outbox.counts().set_aside_files == 1
    assert len(list(path.parent.glob("outbox.damaged-*.sqlite"))) == 1
    outbox.close()


def test_sightings_are_carried_over_before_pictures_where_there_is_no_room_for_all(path: Path) -> None:
    outbox = Outbox(path)
    fill(outbox, range(100, 150), Priority.CROP, size=20_000)
    fill(outbox, range(20))
    outbox.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xaa" * 8192)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (240_000, hard))
    try:
        again = Outbox(path)
        assert again.waiting(Priority.SIGHTING, 99) == [a_message_id(number) for number in range(20)]
        assert again.waiting(Priority.CROP, 99) == []
        again.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Session:
    """Takes what a client library takes, and refuses what it refuses."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.is_connected = True
        self.connects = 1

    def state(self) -> LinkState:
        return LinkState(self.is_connected, "", "5", self.connects)

    def publish(self, topic: str, payload: bytes, **_: object) -> None:
        if not topic or "#" in topic:
            raise ValueError("Publish topic cannot contain wildcards.")
        if not self.is_connected:
            raise BrokerUnavailable("127.0.0.1", 1883, "down")
        self.sent.append(payload)

    def numbers(self) -> list[int]:
        return [int(payload.split()[0]) for payload in self.sent]


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    opened = Outbox(path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "spoiling",
    [
        "topic = 'firewatch/#'",
        "topic = ''",
        "put_at_ms = 99999999999999999",
        "topic = 'firewatch/v1/elsewhere', put_at_ms = 1",
        "put_at_ms = -62200000000000000",
    ],
)
def test_a_row_that_cannot_be_sent_holds_up_no_other(outbox: Outbox, spoiling: str) -> None:
    """One flipped bit in the file must not silence the tower."""
    fill(outbox, range(5))
    outbox._base.execute(f"UPDATE messages SET {spoiling} WHERE message_id = ?", (a_message_id(0),))  # noqa: S608 - ours
    session, courier = Session(), Courier(outbox, CourierSettings())
    courier.start(session)  # type: ignore[arg-type]
    until(lambda: set(session.numbers()) >= {1, 2, 3, 4})
    until(lambda: outbox.depth() == 4)
    courier.stop()
    assert session.numbers() == [1, 2, 3, 4]
    ((message_id, outcome, reason),) = outbox.set_aside()
    assert (message_id, outcome) == (a_message_id(0), "quarantined")
    assert "this node cannot send it" in reason
    assert outbox.counts().quarantined == 1


def test_a_disk_that_takes_no_receipts_does_not_stop_the_sending(outbox: Outbox) -> None:
    fill(outbox, range(3))
    session, courier = Session(), Courier(outbox, CourierSettings(resend_after_s=0.1, sighting_window=3))
    other = sqlite3.connect(outbox._path, isolation_level=None)
    outbox._base.execute("PRAGMA busy_timeout = 10")
    courier.start(session)  # type: ignore[arg-type]
    until(lambda: len(session.sent) >= 3)
    fill(outbox, range(3, 6))
    other.execute("BEGIN IMMEDIATE")  # nobody else may write now, as on a full disk
    receipts = [ReceiptV1(message_id=a_message_id(number), outcome="stored") for number in range(3)]
    delivery = Delivery("r", codec.encode_receipts(receipts), qos=1, retain=False, link=1, packet_id=1)
    for _ in range(3):
        courier.take_delivery(delivery)
    until(lambda: {3, 4, 5} <= set(session.numbers()))
    sent_again = session.numbers().count(0)
    session.connects = 2
    courier.note_link(session.state())
    time.sleep(0.5)
    assert session.numbers().count(0) == sent_again, "what has its receipt was sent again"
    other.execute("ROLLBACK")
    other.close()
    courier.wake()
    until(lambda: outbox.depth() == 3)
    courier.stop()
