"""Sightings into the centre's store, beside bare inserts of the same rows by the driver."""

from __future__ import annotations

import itertools
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from firewatch.adapters.store import open_store
from firewatch.services.arrivals import Arrived
from firewatch.services.intake import Intake
from firewatch.testing.builders import a_message_id, a_sighting
from firewatch.wire import codec
from firewatch.wire.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Row = tuple[str, str, str, float, float]

_BATCH = 500


def measure(seconds: Callable[[Callable[[], object]], float], folder: Path) -> Iterator[Row]:
    """Yield the rows of the store: microseconds a sighting, in batches of 500, each one synced commit."""
    store = open_store(f"sqlite:///{folder / 'bench.db'}", folder / "evidence")
    intake = Intake(store.intake_writer, store.evidence_files, store.quarantine_book)
    numbers = itertools.count(1)

    def batch() -> list[Arrived]:
        made = []
        for number in itertools.islice(numbers, _BATCH):
            sighting = a_sighting(number)
            topic = str(Topic.of_camera(Kind.SIGHTINGS, sighting.tower_id, sighting.camera_id))
            payload = codec.encode_sighting(sighting, a_message_id(number))
            made.append(Arrived(topic, payload, datetime.now(UTC)))
        return made

    batches = iter([batch() for _ in range(8)])
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE s (id TEXT PRIMARY KEY, body BLOB)"
    )
    bodies = iter([[(str(n), arrived.payload) for n, arrived in enumerate(batch(), b * _BATCH)] for b in range(8)])

    def theirs() -> None:
        bare.execute("BEGIN IMMEDIATE")
        bare.executemany("INSERT INTO s VALUES (?, ?)", next(bodies))
        bare.execute("COMMIT")

    ours = seconds(lambda: intake.take(next(batches))) / _BATCH * 1e6
    yield "intake, a sighting", "sqlite3 executemany of the same bytes", "us", ours, seconds(theirs) / _BATCH * 1e6
    store.close()
    bare.close()
