"""By which clocks messages age, what is given up for room, and how a jump of the wall clock is noticed."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.vision import ClockState
from firewatch.testing.builders import a_message_id
from firewatch_edge.publish import Outbox, Priority
from firewatch_edge.publish.clock_watch import ClockWatch, is_clock_kept
from firewatch_edge.publish.steady import ClockMark, SteadyClock

if TYPE_CHECKING:
    from pathlib import Path

TOPIC = "firewatch/v1/towers/tower-a/cameras/north/sightings"
NOW = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
UNSET = datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC)
HOUR_MS = 3_600_000
DAY_S = 86_400.0


class Clocks:
    """A wall clock that may be set, and a monotonic one that may not."""

    def __init__(self, at: datetime = NOW) -> None:
        self.lead = at - timedelta(seconds=1000)
        self.elapsed_s = 1000.0

    def wall(self) -> datetime:
        return self.lead + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        return self.elapsed_s

    def go_on(self, seconds: float) -> None:
        self.elapsed_s += seconds

    def set(self, at: datetime) -> None:
        self.lead += at - self.wall()

    def open(self, path: Path, most_bytes: int = 10_000_000) -> Outbox:
        return Outbox(path, most_bytes=most_bytes, clock=self.wall, monotonic=self.monotonic)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


def put(outbox: Outbox, numbers: range, priority: Priority = Priority.SIGHTING) -> None:
    for number in numbers:
        outbox.put(a_message_id(number), TOPIC, bytes(100), priority)


def waiting(outbox: Outbox, priority: Priority = Priority.SIGHTING) -> list[str]:
    return list(outbox.waiting(priority, 9999))


def ids(*numbers: int) -> list[str]:
    return [a_message_id(number) for number in numbers]


@given(jumps=st.lists(st.floats(-1e8, 1e8), max_size=8))
def test_no_jump_of_the_wall_clock_changes_an_age(jumps: list[float]) -> None:
    clocks = Clocks()
    steady = SteadyClock(None, clocks.wall, clocks.monotonic)
    began_ms = steady.now_ms()
    for by_s in jumps:
        clocks.set(clocks.wall() + timedelta(seconds=by_s))
        clocks.go_on(1.0)
    assert abs(steady.now_ms() - began_ms - 1000 * len(jumps)) <= 1
    assert abs(steady.run_ms() - 1000 * len(jumps)) <= 1


def test_the_time_that_the_node_was_off_counts_where_the_wall_clock_knew_it(clocks: Clocks) -> None:
    mark = SteadyClock(None, clocks.wall, clocks.monotonic).mark()
    clocks.set(NOW + timedelta(days=7))
    after = SteadyClock(mark, clocks.wall, clocks.monotonic)
    assert after.now_ms() - mark.steady_ms == 7 * 24 * HOUR_MS
    assert after.run_ms() == mark.run_ms, "a node that is off does not run"


@pytest.mark.parametrize("at", [UNSET, NOW - timedelta(hours=3)])
def test_what_waited_is_late_where_nobody_knows_how_long_the_node_was_off(clocks: Clocks, at: datetime) -> None:
    mark = SteadyClock(None, clocks.wall, clocks.monotonic).mark()
    clocks.set(at)
    assert SteadyClock(mark, clocks.wall, clocks.monotonic).now_ms() - mark.steady_ms == HOUR_MS


def test_the_order_holds_over_a_clock_that_was_set_back_and_a_restart(path: Path, clocks: Clocks) -> None:
    first = clocks.open(path)
    put(first, range(2))
    clocks.set(NOW - timedelta(hours=5))
    put(first, range(2, 4))
    first.close()
    again = clocks.open(path)
    put(again, range(4, 6))
    assert waiting(again) == ids(*range(6))
    assert list(again.waiting(Priority.SIGHTING, 3, is_newest_first=True)) == ids(5, 4, 3)
    again.close()


def test_a_month_ahead_on_the_wall_gives_up_no_sighting_and_a_month_of_running_does(path: Path, clocks: Clocks) -> None:
    outbox = clocks.open(path, most_bytes=2_000)
    put(outbox, range(20))
    clocks.set(NOW + timedelta(days=400))
    put(outbox, range(20, 30))
    assert waiting(outbox) == ids(*range(30))
    clocks.go_on(29.9 * DAY_S)
    put(outbox, range(30, 31))
    assert outbox.counts().sightings_dropped == 0
    clocks.go_on(0.2 * DAY_S)
    put(outbox, range(31, 32))
    # Over the budget by 1200 bytes: what is 30 days old goes, twenty at a time, and nothing younger.
    assert waiting(outbox) == ids(*range(20, 32))
    assert outbox.counts().sightings_dropped == 20
    put(outbox, range(32, 60))
    assert waiting(outbox) == ids(*range(30, 60))
    assert outbox.depth() == len(waiting(outbox))
    outbox.close()


def test_pictures_go_before_a_sighting_of_any_age(path: Path, clocks: Clocks) -> None:
    outbox = clocks.open(path, most_bytes=4_000)
    put(outbox, range(5))
    clocks.go_on(40 * DAY_S)
    put(outbox, range(100, 120), Priority.CROP)
    put(outbox, range(200, 240), Priority.FRAME)
    assert waiting(outbox) == ids(*range(5))
    assert waiting(outbox, Priority.CROP) == ids(*range(100, 120))
    outbox.close()


def test_time_that_the_node_was_off_does_not_make_a_sighting_old_enough(path: Path, clocks: Clocks) -> None:
    outbox = clocks.open(path, most_bytes=1_000)
    put(outbox, range(10))
    outbox.close()
    clocks.set(NOW + timedelta(days=60))
    again = clocks.open(path, most_bytes=1_000)
    put(again, range(10, 12))
    assert waiting(again) == ids(*range(12))
    again.close()


def test_a_file_of_an_earlier_version_is_taken_over_whole(path: Path, clocks: Clocks) -> None:
    base = sqlite3.connect(path)
    base.executescript(
        "CREATE TABLE messages (seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE,"
        " topic TEXT NOT NULL, size INTEGER NOT NULL, priority INTEGER NOT NULL, put_at_ms INTEGER NOT NULL,"
        " payload BLOB NOT NULL)"
    )
    put_ms = int((NOW - timedelta(hours=2)).timestamp() * 1000)
    base.execute("INSERT INTO messages VALUES (1, ?, ?, 5, 0, ?, ?)", (a_message_id(1), TOPIC, put_ms, b"smoke"))
    base.commit()
    base.close()
    outbox = clocks.open(path, most_bytes=50)
    put(outbox, range(2, 4))
    assert waiting(outbox) == ids(1, 2, 3)
    kept = outbox.get(a_message_id(1))
    assert kept is not None
    assert outbox.now_ms() - kept.put_at.timestamp() * 1000 == 2 * HOUR_MS
    outbox.close()


def test_a_node_knows_its_own_earlier_starts(path: Path, clocks: Clocks) -> None:
    outbox = clocks.open(path)
    assert outbox.note_boot("first") == ()
    assert outbox.note_boot("second") == ("first",)
    for number in range(60):
        outbox.note_boot(f"boot-{number}")
    assert len(outbox.note_boot("last")) == 50
    outbox.close()


def test_a_mark_is_what_it_says() -> None:
    assert ClockMark(1, 2, 3) == ClockMark(steady_ms=1, run_ms=2, wall_ms=3)


def test_a_clock_that_is_set_is_doubted_for_an_hour(clocks: Clocks, caplog: pytest.LogCaptureFixture) -> None:
    watch = ClockWatch(clocks.wall, clocks.monotonic, lambda: True)
    clocks.go_on(600.0)
    assert watch.look() is ClockState.KEPT
    clocks.set(clocks.wall() + timedelta(hours=3))
    assert watch.look() is ClockState.STEPPED
    clocks.go_on(3599.0)
    assert watch.look() is ClockState.STEPPED
    clocks.go_on(2.0)
    assert watch.look() is ClockState.KEPT
    clocks.set(clocks.wall() - timedelta(hours=3))
    assert watch.look() is ClockState.STEPPED
    assert [record.__dict__["by_s"] for record in caplog.records] == [10_800.0, -10_800.0]


def test_a_clock_that_slews_is_not_doubted(clocks: Clocks) -> None:
    watch = ClockWatch(clocks.wall, clocks.monotonic, lambda: False)
    for _ in range(1000):
        clocks.go_on(30.0)
        clocks.set(clocks.wall() + timedelta(seconds=0.015))  # 500 parts in a million
        assert watch.look() is ClockState.FREE


def test_a_clock_of_1970_is_unset_until_it_is_put_right(clocks: Clocks) -> None:
    clocks.set(UNSET)
    watch = ClockWatch(clocks.wall, clocks.monotonic, lambda: False)
    assert watch.look() is ClockState.UNSET
    clocks.go_on(100.0)
    clocks.set(NOW)
    assert watch.look() is ClockState.FREE


def test_the_kernel_is_asked_without_fault() -> None:
    assert is_clock_kept() in {True, False}
