"""Stores for the tests, on SQLite and on a private PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from argon2 import PasswordHasher
from ports import free_port

from firewatch.adapters.store import Store, open_store
from firewatch.testing.memory_books import MemoryAlertBook, MemoryCursors, MemoryLeases, MemoryRatingBook
from firewatch.testing.memory_commands import MemoryCommandBook
from firewatch.testing.memory_danger import MemoryFeedStateBook, MemoryForecastBook, MemoryHourBook, MemoryOutlookBook
from firewatch.testing.memory_enrolment import MemoryEnrolmentBook
from firewatch.testing.memory_intake import MemoryArrivals, MemoryEvidenceFiles
from firewatch.testing.memory_log import MemoryIncidentLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Cheap on purpose: the tests check who gets in, not how long it takes.
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_SERVER_ACCOUNTS = ("postgres", "nobody")


def _server_folder() -> Path | None:
    """Return the folder of the newest PostgreSQL server's programs."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if packaged:
        return packaged[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _as_server_account() -> list[str]:
    """Return the words before a command that give up root's rights: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    for name in _SERVER_ACCOUNTS:
        if subprocess.run(["id", name], capture_output=True, check=False).returncode == 0:
            return ["setpriv", "--reuid", name, "--regid", _group_of(name), "--clear-groups", "--"]
    pytest.skip("PostgreSQL does not run as root, and there is no other account to run it")


def _group_of(name: str) -> str:
    return subprocess.run(["id", "-gn", name], capture_output=True, check=True, text=True).stdout.strip()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Start a private PostgreSQL server on loopback; return its address without a database's name."""
    programs = _server_folder()
    if programs is None:
        pytest.skip("there is no PostgreSQL server on this machine (Debian: apt install postgresql)")
    prefix = _as_server_account()
    with tempfile.TemporaryDirectory(prefix="fwpg", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        if prefix:
            shutil.chown(folder, prefix[2], prefix[4])
        folder.chmod(0o700)
        cluster = folder / "cluster"
        quick = ["-A", "trust", "-U", "firewatch", "-E", "UTF8", "--no-locale", "--no-sync"]
        subprocess.run(
            [*prefix, programs / "initdb", "-D", cluster, *quick], check=True, capture_output=True, cwd=folder
        )
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c max_connections=200"
        control = [*prefix, programs / "pg_ctl", "-D", cluster, "-w"]
        log = folder / "log"
        subprocess.run([*control, "-l", log, "-o", options, "start"], check=True, capture_output=True, cwd=folder)
        try:
            yield f"postgresql://firewatch@127.0.0.1:{port}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder)


@pytest.fixture
def postgres_url(postgres_server: str, worker_id: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the address of an empty database."""
    name = f"test_{worker_id}_{abs(hash(request.node.nodeid))}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{postgres_server}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty store, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def open_again(store_url: str, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Return a way to open the same store once more, as another process would."""
    opened: list[Store] = []

    def open_once_more() -> Store:
        opened.append(open_store(store_url, tmp_path / "evidence", hasher=CHEAP_HASHER))
        return opened[-1]

    yield open_once_more
    for store in opened:
        store.close()


class MemoryStore:
    """The fakes of the ports under the names that `Store` gives its adapters."""

    def __init__(self) -> None:
        self.incident_log = MemoryIncidentLog()
        self.command_book = MemoryCommandBook()
        arrivals = MemoryArrivals(self.incident_log.members, self.command_book)
        self.intake_writer = self.sighting_book = self.evidence_index = arrivals
        self.weather_book = self.node_book = self.quarantine_book = arrivals
        self.rating_book = MemoryRatingBook()
        self.hour_book = MemoryHourBook()
        self.forecast_book = MemoryForecastBook()
        self.outlook_book = MemoryOutlookBook()
        self.feed_state_book = MemoryFeedStateBook()
        self.alert_book = MemoryAlertBook()
        self.evidence_files = MemoryEvidenceFiles()
        self.leases = MemoryLeases()
        self.cursors = MemoryCursors()
        self.enrolment_book = MemoryEnrolmentBook()


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store | MemoryStore]:
    """Return an empty store or its fake: what a fake promises is tested together with the real thing."""
    if request.param == "memory":
        yield MemoryStore()
        return
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'store.sqlite'}" if is_sqlite else str(request.getfixturevalue("postgres_url"))
    store = open_store(url, tmp_path / "evidence", hasher=CHEAP_HASHER)
    yield store
    store.close()


@pytest.fixture
def store(open_again: Callable[[], Store]) -> Store:
    """Return an empty store."""
    return open_again()
