"""PostgreSQL tells listeners of new events at their commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from firewatch.adapters.store import open_store
from firewatch.adapters.store.incident_log import CHANNEL
from firewatch.domain.incident import Confirmed, Opened
from firewatch.testing.builders import a_sighting, an_event

if TYPE_CHECKING:
    from pathlib import Path

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
