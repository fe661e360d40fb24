"""The outbox keeps what it was given through kills, full disks and damaged files."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from firewatch.errors import StoreError
from firewatch.testing import SCENE_START, FrozenClock
from firewatch.testing.builders import a_message_id, a_ulid
from firewatch.wire.v1 import ReceiptV1
from firewatch_edge.publish import Outbox, Priority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Literal

TOPIC = "firewatch/v1/towers/tower-a/cameras/north/sightings"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    opened = Outbox(path)
    yield opened
    opened.close()


def receipt(number: int, outcome: Literal["stored", "quarantined", "refused"] = "stored") -> ReceiptV1:
    return ReceiptV1(message_id=a_message_id(number), outcome=outcome, reason="" if outcome == "stored" else "why")


def fill(outbox: Outbox, numbers: range, priority: Priority = Priority.SIGHTING, size: int = 100) -> None:
    for number in numbers:
        outbox.put(a_message_id(number), TOPIC, bytes(size), priority)


def test_what_was_put_is_there_after_opening_again(path: Path) -> None:
    first = Outbox(path)
    first.put(a_message_id(1), TOPIC, b"smoke", Priority.SIGHTING)
    first.close()
    again = Outbox(path)
    kept = again.get(a_message_id(1))
    assert kept is not None
    assert (kept.topic, kept.payload, kept.priority) == (TOPIC, b"smoke", Priority.SIGHTING)
    assert again.depth() == 1
    again.close()


def test_what_was_put_is_there_after_kill_9(path: Path) -> None:
    program = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from firewatch.testing.builders import a_message_id
        from firewatch_edge.publish import Outbox, Priority
        outbox = Outbox(Path({str(path)!r}))
        for number in range(20):
            outbox.put(a_message_id(number), {TOPIC!r}, b"smoke", Priority.SIGHTING)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == -signal.SIGKILL
    again = Outbox(path)
    assert again.waiting(Priority.SIGHTING, 100) == [a_message_id(number) for number in range(20)]
    again.close()


def test_putting_a_message_again_keeps_it_once(outbox: Outbox) -> None:
    fill(outbox, range(1))
    fill(outbox, range(1))
    assert (outbox.depth(), outbox.counts().held_bytes) == (1, 100)


def test_a_stored_message_is_forgotten(outbox: Outbox) -> None:
    fill(outbox, range(3))
    outbox.settle([receipt(0), receipt(2), receipt(2), receipt(7)])
    assert outbox.waiting(Priority.SIGHTING, 10) == [a_message_id(1)]
    assert (outbox.depth(), outbox.counts().held_bytes) == (1, 100)


def test_what_the_centre_would_not_take_is_kept_aside_with_its_reason(outbox: Outbox) -> None:
    fill(outbox, range(2))
    outbox.settle([receipt(0, "refused"), receipt(1, "quarantined")])
    outbox.settle([receipt(0, "refused"), receipt(1, "quarantined")])
    assert outbox.depth() == 0
    assert set(outbox.set_aside()) == {
        (a_message_id(0), "refused", "why"),
        (a_message_id(1), "quarantined", "why"),
    }
    counts = outbox.counts()
    assert (counts.refused, counts.quarantined) == (1, 1)


def test_only_the_newest_of_what_was_not_taken_is_kept(outbox: Outbox) -> None:
    fill(outbox, range(510))
    outbox.settle([receipt(number, "refused") for number in range(510)])
    assert len(outbox.set_aside()) == 500
    assert outbox.counts().refused == 510


def test_messages_wait_oldest_first_and_by_age(path: Path) -> None:
    clock = FrozenClock()
    outbox = Outbox(path, clock=clock.now, monotonic=lambda: clock.now().timestamp())
    for number in range(4):
        fill(outbox, range(number, number + 1))
        clock.advance(60.0)
    two_minutes_in = int((SCENE_START + timedelta(seconds=120)).timestamp() * 1000)
    assert outbox.waiting(Priority.SIGHTING, 9) == [a_message_id(number) for number in range(4)]
    assert outbox.waiting(Priority.SIGHTING, 9, since_ms=two_minutes_in) == [a_message_id(2), a_message_id(3)]
    assert outbox.waiting(Priority.SIGHTING, 1, before_ms=two_minutes_in) == [a_message_id(0)]
    outbox.close()


def test_a_full_outbox_drops_frames_then_crops_and_never_a_sighting(path: Path) -> None:
    outbox = Outbox(path, most_bytes=10_000)
    fill(outbox, range(30))
    fill(outbox, range(100, 130), Priority.CROP)
    fill(outbox, range(200, 230), Priority.FRAME)
    assert outbox.counts().dropped == 0
    fill(outbox, range(300, 320), Priority.SIGHTING)
    assert len(outbox.waiting(Priority.FRAME, 99)) == 10
    assert len(outbox.waiting(Priority.CROP, 99)) == 30
    assert a_message_id(200) not in outbox.waiting(Priority.FRAME, 99)
    fill(outbox, range(400, 500), Priority.SIGHTING)
    assert len(outbox.waiting(Priority.SIGHTING, 999)) == 150
    assert outbox.waiting(Priority.CROP, 99) == outbox.waiting(Priority.FRAME, 99) == []
    assert outbox.counts().dropped == 60
    outbox.close()


def test_a_full_outbox_keeps_its_replies(path: Path) -> None:
    outbox = Outbox(path, most_bytes=10_000)
    fill(outbox, range(20), Priority.REPLY)
    fill(outbox, range(100, 130), Priority.FRAME)
    fill(outbox, range(200, 400), Priority.SIGHTING)
    assert len(outbox.waiting(Priority.REPLY, 99)) == 20
    assert outbox.waiting(Priority.FRAME, 99) == []
    assert outbox.oldest_s() is not None
    outbox.close()


def test_a_full_disk_is_a_clear_error_and_nothing_is_half_written(path: Path) -> None:
    outbox = Outbox(path)
    fill(outbox, range(5))
    pages = outbox._base.execute("PRAGMA page_count").fetchone()[0]
    outbox._base.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match="full"):
        outbox.put(a_message_id(9), TOPIC, bytes(100_000), Priority.SIGHTING)
    assert (outbox.depth(), outbox.get(a_message_id(9))) == (5, None)
    outbox._base.execute("PRAGMA max_page_count = 1000000")
    outbox.put(a_message_id(9), TOPIC, bytes(100_000), Priority.SIGHTING)
    assert outbox.depth() == 6
    outbox.close()


def test_a_file_that_may_not_grow_is_a_clear_error_and_what_was_kept_stays(path: Path) -> None:
    program = textwrap.dedent(f"""
        import resource, signal
        from pathlib import Path
        from firewatch.errors import StoreError
        from firewatch.testing.builders import a_message_id
        from firewatch_edge.publish import Outbox, Priority
        outbox = Outbox(Path({str(path)!r}))
        outbox.put(a_message_id(1), {TOPIC!r}, b"smoke", Priority.SIGHTING)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
        try:
            outbox.put(a_message_id(2), {TOPIC!r}, bytes(400_000), Priority.SIGHTING)
        except StoreError as err:
            print("refused:", err)
        outbox.put(a_message_id(3), {TOPIC!r}, b"smoke", Priority.SIGHTING)
    """)
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "refused:" in done.stdout
    again = Outbox(path)
    assert again.waiting(Priority.SIGHTING, 9) == [a_message_id(1), a_message_id(3)]
    again.close()
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_file_that_is_no_outbox_is_set_aside_and_a_new_one_begun(path: Path) -> None:
    path.write_bytes(b"this was once an outbox" * 1000)
    outbox = Outbox(path)
    fill(outbox, range(1))
    assert outbox.counts().set_aside_files == 1
    (aside,) = path.parent.glob("outbox.damaged-*.sqlite")
    assert aside.read_bytes().startswith(b"this was once")
    outbox.close()


def test_what_can_be_read_of_a_damaged_file_is_carried_over(path: Path) -> None:
    outbox = Outbox(path)
    fill(outbox, range(200), size=2000)
    outbox.close()
    damage(path, at=path.stat().st_size // 2, size=8192)
    again = Outbox(path)
    assert again.counts().set_aside_files == 1
    assert 100 <= again.depth() < 200
    saved = again.waiting(Priority.SIGHTING, 999)
    assert a_message_id(0) in saved
    assert a_message_id(199) in saved
    again.close()


def test_damage_met_while_running_is_replaced_and_the_message_is_kept(path: Path) -> None:
    outbox = Outbox(path)
    fill(outbox, range(50), size=2000)
    outbox._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    outbox._base.execute("PRAGMA cache_size = 0")
    damage(path, at=4096, size=path.stat().st_size - 4096)
    for number in range(100, 110):
        try:
            fill(outbox, range(number, number + 1))
        except StoreError:  # met while reading: the file is replaced, and the caller tries again
            fill(outbox, range(number, number + 1))
    assert set(outbox.waiting(Priority.SIGHTING, 999)) >= {a_message_id(number) for number in range(100, 110)}
    assert outbox.counts().set_aside_files == 1
    outbox.close()


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        Outbox(tmp_path / "nowhere" / "outbox.sqlite")


def test_every_commit_waits_for_the_disk(outbox: Outbox) -> None:
    assert outbox._base.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert outbox._base.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_error_that_is_no_damage_leaves_the_file_where_it_is(path: Path) -> None:
    outbox = Outbox(path)
    other = sqlite3.connect(path, isolation_level=None)
    outbox._base.execute("PRAGMA busy_timeout = 50")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        fill(outbox, range(1))
    other.execute("ROLLBACK")
    other.close()
    fill(outbox, range(1))
    assert (outbox.depth(), outbox.counts().set_aside_files) == (1, 0)
    assert a_ulid("message", 0) == a_message_id(0)
    outbox.close()


def damage(path: Path, *, at: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(os.urandom(size))
