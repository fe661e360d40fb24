"""What the store does when its process is killed, the disk is full, the database is locked, newer or damaged."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text, update

from firewatch.adapters.store import EvidenceFolder, open_store
from firewatch.adapters.store.schema import METADATA, sighting_heads, sightings
from firewatch.errors import StoreError
from firewatch.services.ports import SightingArrived
from firewatch.testing.builders import a_message_id, a_sighting, an_evidence
from firewatch.testing.clocks import SCENE_START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firewatch.adapters.store import Store

WRITER = Path(__file__).with_name("store_writer.py")


def arrived(number: int, revision: int = 1) -> SightingArrived:
    return SightingArrived(a_message_id(10 * number + revision), a_sighting(number, revision=revision), SCENE_START)


@contextmanager
def writing_child(store_url: str, folder: Path, ledger: Path, start: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, str(WRITER), store_url, str(folder / "evidence"), str(ledger), str(start)]
    child = subprocess.Popen(command)
    try:
        yield child
    finally:
        child.kill()
        child.wait(timeout=30)


def committed(ledger: Path) -> list[int]:
    """Return the numbers whose commit the writer had seen; its last line may be cut."""
    lines = ledger.read_text().split("\n")[:-1] if ledger.exists() else []
    return [int(line) for line in lines]


def test_a_killed_writer_leaves_a_whole_database_with_all_that_it_had_committed(
    store_url: str, tmp_path: Path, open_again: Callable[[], Store]
) -> None:
    ledger = tmp_path / "ledger"
    for started in range(3):
        before = len(committed(ledger))
        with writing_child(store_url, tmp_path, ledger, 1000 * started + 1) as child:
            deadline = time.monotonic() + 60
            while len(committed(ledger)) < before + 8 + 5 * started:
                assert child.poll() is None, "the writer ended by itself"
                assert time.monotonic() < deadline, "the writer wrote nothing for a minute"
                time.sleep(0.01)
            child.send_signal(signal.SIGKILL)
    store = open_again()
    numbers = committed(ledger)
    assert store.incident_log.recheck() == ()
    _assert_whole(store)
    stored = {item.sighting.sighting_id: item for item in store.sighting_book.changed_after(0, 100_000)}
    for number in numbers:
        item = stored[a_sighting(number).sighting_id]
        assert item.sighting == a_sighting(number, revision=2)
        assert item.incident_id is not None
        assert store.evidence_files.read(an_evidence(number).evidence_id) == an_evidence(number).jpeg
    store.intake_writer.write([arrived(999_999)])


def _assert_whole(store: Store) -> None:
    with store.database.reading() as connection:
        if not store.database.is_postgresql:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        marks = connection.execute(select(sightings.c.mark).order_by(sightings.c.mark)).scalars().all()
        heads = set(connection.execute(select(sighting_heads.c.sighting_id)).scalars())
        ids = set(connection.execute(select(sightings.c.sighting_id)).scalars())
    assert marks == list(range(1, len(marks) + 1))
    assert store.sighting_book.last_mark() == len(marks)
    assert heads == ids


def test_a_full_disk_is_told_in_words_and_stores_nothing(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", tmp_path / "evidence")
    try:
        store.intake_writer.write([arrived(1)])
        with store.database.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match=r"disk is full; free some disk space"):
            store.intake_writer.write([arrived(number) for number in range(2, 500)])
        assert store.sighting_book.last_mark() == 1
        with store.database.writing() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        store.intake_writer.write([arrived(number) for number in range(2, 500)])
        assert store.sighting_book.last_mark() == 499
    finally:
        store.close()


def test_a_database_locked_by_another_program_is_told_in_words(
    store_url: str, store: Store, open_again: Callable[[], Store]
) -> None:
    other = open_again()
    _shorten_wait(other)
    with store.database.writing() as connection:
        connection.execute(text("UPDATE marks SET value = value"))
        with pytest.raises(StoreError, match=r"(locked|lock timeout).*another program has held the database"):
            other.intake_writer.write([arrived(1)])
    other.intake_writer.write([arrived(1)])
    assert store.sighting_book.last_mark() == 1


def _shorten_wait(store: Store) -> None:
    # On the one connection that the pool holds.
    words = "SET lock_timeout = 200" if store.database.is_postgresql else "PRAGMA busy_timeout = 200"
    with store.database.reading() as connection:
        connection.exec_driver_sql(words)


def test_a_reader_is_not_held_up_by_a_writer(store: Store, open_again: Callable[[], Store]) -> None:
    reader = open_again()
    store.intake_writer.write([arrived(1)])
    with store.database.writing() as connection:
        connection.execute(text("UPDATE marks SET value = value + 1"))
        assert reader.sighting_book.last_mark() == 1


def test_a_database_of_a_newer_program_is_refused_and_left_alone(store_url: str, store: Store, tmp_path: Path) -> None:
    store.intake_writer.write([arrived(1)])
    with store.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="written by a newer firewatch"):
        open_store(store_url, tmp_path / "evidence")
    assert store.sighting_book.last_mark() == 1


def test_the_migrations_end_at_the_tables_of_the_program(store: Store) -> None:
    with store.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_processes_that_start_together_migrate_once(open_again: Callable[[], Store]) -> None:
    opened: list[Store] = []
    threads = [threading.Thread(target=lambda: opened.append(open_again())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(opened) == 4
    for number, store in enumerate(opened, start=1):
        store.intake_writer.write([arrived(number)])
    assert opened[0].sighting_book.last_mark() == 4


def test_a_program_that_starts_while_another_makes_the_file_comes_again(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    # A lock that SQLite does not wait for when a file gets its journal, whatever its timeout.
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as first:
        first.execute("BEGIN IMMEDIATE")
        made = threading.Timer(0.5, lambda: first.execute("COMMIT"))
        made.start()
        try:
            store = open_store(f"sqlite:///{path}", tmp_path / "evidence")
        finally:
            made.join()
    try:
        store.intake_writer.write([arrived(1)])
        assert store.sighting_book.last_mark() == 1
    finally:
        store.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://", "in memory would lose"),
        ("mysql://root@localhost/x", "allowed is sqlite"),
        ("not an address", "is no URL"),
        ("sqlite:////nowhere/at/all/store.sqlite", "check that the folder exists"),
        ("postgresql://127.0.0.1:1/firewatch", "check that the database server runs"),
    ],
)
def test_an_address_that_will_not_do_is_refused_in_words(url: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=words):
        open_store(url, tmp_path)


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"this is a letter, not a database" * 200)
    with pytest.raises(StoreError, match="no SQLite database"):
        open_store(f"sqlite:///{path}", tmp_path / "evidence")
    assert path.read_bytes().startswith(b"this is a letter")


def test_a_state_that_cannot_be_read_is_told_in_words(store: Store) -> None:
    from firewatch.adapters.store.schema import incident_states
    from firewatch.domain.incident import Opened
    from firewatch.testing.builders import an_event, an_incident_id

    store.incident_log.append([an_event(1, Opened(a_sighting(1).sighting_id, a_sighting(1).tower_id))])
    with store.database.writing() as connection:
        connection.execute(update(incident_states).values(body='{"state": "BURNT"}'))
    with pytest.raises(StoreError, match="Incident cannot be read"):
        store.incident_log.incident(an_incident_id())


# Pictures


def test_a_picture_that_cannot_be_written_leaves_no_half_file(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path)
    evidence = an_evidence(1, jpeg=b"\xff\xd8\xff" + b"x" * 100_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(StoreError, match="could not keep the picture"):
            folder.keep(evidence)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert folder.read(evidence.evidence_id) is None
    folder.keep(evidence)
    assert folder.read(evidence.evidence_id) == evidence.jpeg


def test_the_first_picture_of_an_id_stays(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path)
    first, second = an_evidence(1), an_evidence(1, jpeg=b"\xff\xd8\xff another")
    for evidence in (first, second):
        folder.keep(evidence)
    assert folder.read(first.evidence_id) == first.jpeg
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_folder_that_cannot_be_used_is_told_in_words(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(StoreError, match="could not make the folder"):
        EvidenceFolder(blocked)
    folder = EvidenceFolder(tmp_path / "evidence")
    path = tmp_path / "evidence" / an_evidence(1).evidence_id[-2:] / f"{an_evidence(1).evidence_id}.jpg"
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match="could not read the picture"):
        folder.read(an_evidence(1).evidence_id)


def test_pictures_are_readable_by_the_service_alone_or_its_group_as_the_mask_says(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path)
    before = os.umask(0o077)
    try:
        folder.keep(an_evidence(1))
    finally:
        os.umask(before)
    (path,) = (path for path in tmp_path.rglob("*.jpg"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
