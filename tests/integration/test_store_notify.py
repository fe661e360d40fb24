"""PostgreSQL tells listeners of new events at their commit, and the live pages hear it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from asynchronous import run_async

from firewatch.adapters.store import open_store
from firewatch.adapters.store.incident_log import CHANNEL
from firewatch.adapters.store.live_wake import PostgresWake
from firewatch.domain.incident import Confirmed, Opened
from firewatch.testing.builders import a_sighting, an_event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firewatch.adapters.store import Store

pytestmark = pytest.mark.postgres


def test_a_listener_is_told_the_latest_seq_of_each_append(postgres_url: str, tmp_path: Path) -> None:
    store = open_store(postgres_url, tmp_path)
    sighting = a_sighting(1)
    with psycopg.connect(postgres_url, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        store.incident_log.append([an_event(1, Opened(sighting.sighting_id, sighting.tower_id))])
        store.incident_log.append([an_event(2, Confirmed()), an_event(3, Confirmed())])
        told = [notice.payload for notice in listener.notifies(timeout=10.0, stop_after=2)]
    store.close()
    assert told == ["1", "3"]


@pytest.fixture
def postgres_store(postgres_url: str, tmp_path: Path) -> Iterator[Store]:
    store = open_store(postgres_url, tmp_path)
    yield store
    store.close()


def _confirm(store: Store, number: int) -> None:
    if number == 1:
        sighting = a_sighting(1)
        store.incident_log.append([an_event(0, Opened(sighting.sighting_id, sighting.tower_id))])
    store.incident_log.append([an_event(number, Confirmed())])


def _listeners(url: str) -> list[int]:
    with psycopg.connect(url, autocommit=True) as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
        return [int(row[0]) for row in connection.execute(query, [CHANNEL])]


# Far longer than any wait of these tests: what wakes before it was told.
_SLOW_S = 30.0


def test_the_live_pages_are_woken_at_each_commit_and_not_before(postgres_store: Store, postgres_url: str) -> None:
    async def watch() -> None:
        async with contextlib.aclosing(PostgresWake(postgres_store.database, _SLOW_S).wakes()) as wakes:
            # What came before it listened is looked at.
            await asyncio.wait_for(anext(wakes), 10.0)
            for number in (1, 2):
                waiting = asyncio.ensure_future(anext(wakes))
                await asyncio.wait([waiting], timeout=0.3)
                assert not waiting.done()
                await asyncio.to_thread(_confirm, postgres_store, number)
                await asyncio.wait_for(waiting, 10.0)
                if number == 1:
                    # Opened and confirmed are two commits.
                    await asyncio.wait_for(anext(wakes), 10.0)
            assert len(_listeners(postgres_url)) == 1
        await asyncio.sleep(0.2)
        assert _listeners(postgres_url) == []

    run_async(watch())


def test_a_killed_listening_connection_is_made_again_and_the_log_is_looked_at_meanwhile(
    postgres_store: Store, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def watch() -> None:
        async with contextlib.aclosing(PostgresWake(postgres_store.database, 0.5).wakes()) as wakes:
            await anext(wakes)
            (first,) = _listeners(postgres_url)
            with psycopg.connect(postgres_url, autocommit=True) as connection:
                connection.execute("SELECT pg_terminate_backend(%s)", [first])
            woken = 0
            ends_at = time.monotonic() + 20.0
            while (found := _listeners(postgres_url)) in ([], [first]):
                assert time.monotonic() < ends_at
                await asyncio.wait_for(anext(wakes), 5.0)
                woken += 1
            assert woken >= 1
            assert len(found) == 1

    with caplog.at_level("WARNING"):
        run_async(watch())
    assert "live.not_listening" in [one.getMessage() for one in caplog.records]


def test_without_a_server_to_listen_to_the_pages_are_woken_at_a_slow_pace(postgres_url: str, tmp_path: Path) -> None:
    store = open_store(postgres_url, tmp_path)
    with psycopg.connect(postgres_url.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        name = postgres_url.rpartition("/")[2]
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")

        async def watch() -> float:
            started = time.monotonic()
            async with contextlib.aclosing(PostgresWake(store.database, 0.2).wakes()) as wakes:
                for _ in range(3):
                    await asyncio.wait_for(anext(wakes), 5.0)
            return time.monotonic() - started

        assert 0.5 < run_async(watch()) < 5.0
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    store.close()


def test_a_store_on_sqlite_wakes_nobody(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", tmp_path)
    assert store.live_wake is None
    store.close()
