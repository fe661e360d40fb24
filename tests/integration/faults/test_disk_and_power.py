"""Power cuts in mid-write and disks that are full: what the outbox had said was kept is there, and sightings go on."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from firewatch.errors import StoreError
from firewatch.testing.builders import a_message_id
from firewatch.wire.v1 import ReceiptV1
from firewatch_edge.publish import Outbox, Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

TOPIC = "firewatch/v1/towers/tower-a/cameras/north/sightings"
SECTOR = 512


def test_writers_killed_at_any_instant_lose_nothing_that_they_were_told_was_kept(tmp_path: Path) -> None:
    kills = 30
    command = [
        sys.executable,
        str(Path(__file__).with_name("torn_writer.py")),
        str(tmp_path / "o.sqlite"),
        str(kills),
        "7",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    facts = json.loads(done.stdout)
    assert facts["lost"] == []
    assert facts["kept"] >= kills
    assert (facts["set_aside_files"], facts["depth_is_right"]) == (0, True)
    # A kill may fall between the commit and the word of it.
    assert facts["unsaid"] <= kills


class Disk:
    """What a disk holds of an outbox after each commit, to be torn in the middle of the next one."""

    FILES = ("outbox.sqlite", "outbox.sqlite-wal")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.states: list[dict[str, bytes]] = []

    def remember(self) -> None:
        names = [name for name in self.FILES if (self._folder / name).exists()]
        self.states.append({name: (self._folder / name).read_bytes() for name in names})

    def torn(self, at: int, chance: random.Random, only: str, into: Path) -> Path:
        """Write the state after commit `at`, with one file caught between it and the next; return the outbox."""
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir()
        before, after = self.states[at], self.states[at + 1]
        for name in self.FILES:
            # The log is synced before its pages go to their places, so where those are torn the log is whole.
            content = after if only == "outbox.sqlite" and name != only else before
            whole = content.get(name, b"")
            (into / name).write_bytes(_torn(whole, after.get(name, b""), chance) if name == only else whole)
        return into / "outbox.sqlite"


def _torn(before: bytes, after: bytes, chance: random.Random) -> bytes:
    """Return sectors of the one or the other, as the disk happened to write them, and some that are neither."""
    size = chance.randint(min(len(before), len(after)), len(after))
    made = bytearray(before[:size].ljust(size, b"\0"))
    for start in range(0, size, SECTOR):
        old, new = made[start : start + SECTOR], after[start : start + SECTOR][: size - start]
        if old != new:
            made[start : start + SECTOR] = chance.choice([old, new, new, os.urandom(len(new))])
    return bytes(made)


def fill(outbox: Outbox, numbers: range, priority: Priority = Priority.SIGHTING, size: int = 900) -> None:
    for number in numbers:
        outbox.put(a_message_id(number), TOPIC, bytes(size), priority)


def test_a_write_that_is_torn_in_the_middle_takes_no_earlier_one_with_it(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    disk, chance = Disk(tmp_path / "live"), random.Random(3)
    outbox = Outbox(tmp_path / "live" / "outbox.sqlite")
    disk.remember()
    for number in range(40):
        fill(outbox, range(number, number + 1), size=chance.choice([300, 900, 30_000]))
        disk.remember()
    outbox.close()
    for _ in range(40):
        at = chance.randrange(1, 40)
        path = disk.torn(at, chance, "outbox.sqlite-wal", tmp_path / "torn")
        opened = Outbox(path)
        there = opened.waiting(Priority.SIGHTING, 999)
        assert there[:at] == [a_message_id(number) for number in range(at)]
        assert len(there) in {at, at + 1}
        assert opened.counts().set_aside_files == 0
        fill(opened, range(900, 901))
        opened.close()


def test_pages_that_are_torn_on_their_way_home_from_the_log_are_whole_again(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    disk, chance = Disk(tmp_path / "live"), random.Random(4)
    outbox = Outbox(tmp_path / "live" / "outbox.sqlite")
    fill(outbox, range(60))
    disk.remember()
    outbox._base.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    disk.remember()
    outbox.close()
    assert disk.states[0]["outbox.sqlite"] != disk.states[1]["outbox.sqlite"]
    for _ in range(15):
        opened = Outbox(disk.torn(0, chance, "outbox.sqlite", tmp_path / "torn"))
        assert opened.waiting(Priority.SIGHTING, 999) == [a_message_id(number) for number in range(60)]
        assert opened.counts().set_aside_files == 0
        opened.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 64 MB in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def stuff(folder: Path, leave: int = 0) -> Path:
    """Fill a disk but for some bytes."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
            size //= 2
        file.truncate(max(0, file.tell() - leave))
    return ballast


def test_a_full_disk_takes_sightings_in_the_place_of_its_reserve_and_of_pictures(small_disk: Path) -> None:
    path = small_disk / "outbox.sqlite"
    outbox = Outbox(path)
    fill(outbox, range(51_000, 51_200), Priority.CROP, size=40_000)
    fill(outbox, range(52_000, 52_020), Priority.FRAME, size=100_000)
    assert path.with_name("outbox.sqlite.reserve").exists()
    ballast = stuff(small_disk)
    assert shutil.disk_usage(small_disk).free == 0
    fill(outbox, range(3000))
    assert len(outbox.waiting(Priority.SIGHTING, 9999)) == 3000
    with pytest.raises(StoreError, match=r"full|disk I/O"):
        fill(outbox, range(53_000, 53_001), Priority.FRAME, size=12_000_000)
    # The alarms of a season more: pictures make room for them.
    fill(outbox, range(4000, 8000))
    kept = [*range(3000), *range(4000, 8000)]
    assert outbox.counts().dropped > 0
    while True:  # until nothing but sightings is left and the disk holds no more
        number = 10_000 + len(kept)
        try:
            fill(outbox, range(number, number + 1))
        except StoreError:
            break
        kept.append(number)
    assert outbox.waiting(Priority.CROP, 9) == outbox.waiting(Priority.FRAME, 9) == []
    assert outbox.waiting(Priority.SIGHTING, 99_999) == [a_message_id(number) for number in kept]
    assert outbox.counts().sightings_dropped == 0
    # Even so receipts are taken, and make room.
    outbox.settle([ReceiptV1(message_id=a_message_id(number), outcome="stored") for number in kept[:1000]])
    fill(outbox, range(60_000, 60_100))
    outbox.close()
    again = Outbox(path)
    expected = [*kept[1000:], *range(60_000, 60_100)]
    assert again.waiting(Priority.SIGHTING, 99_999) == [a_message_id(number) for number in expected]
    ballast.unlink()
    again.settle([ReceiptV1(message_id=a_message_id(number), outcome="stored") for number in expected])
    assert path.with_name("outbox.sqlite.reserve").exists()
    assert (again.depth(), again.counts().set_aside_files) == (0, 0)
    again.close()


def test_a_full_disk_still_takes_receipts(small_disk: Path) -> None:
    outbox = Outbox(small_disk / "outbox.sqlite")
    fill(outbox, range(2000))
    stuff(small_disk)
    outbox.settle([ReceiptV1(message_id=a_message_id(number), outcome="stored") for number in range(2000)])
    assert outbox.depth() == 0
    fill(outbox, range(5000, 6000))
    assert len(outbox.waiting(Priority.SIGHTING, 9999)) == 1000
    outbox.close()


def test_a_node_starts_on_a_disk_that_is_full_and_takes_what_fits(small_disk: Path) -> None:
    first = Outbox(small_disk / "outbox.sqlite")
    fill(first, range(100))
    first.close()
    stuff(small_disk, leave=300_000)
    outbox = Outbox(small_disk / "outbox.sqlite")
    fill(outbox, range(100, 120))
    assert len(outbox.waiting(Priority.SIGHTING, 999)) == 120
    outbox.close()
