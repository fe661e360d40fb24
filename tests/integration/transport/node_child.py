"""A node that puts sightings as fast as it can, to be killed: each is noted in a synced ledger once it was put."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from firewatch.domain.ids import TowerId
from firewatch.mqtt import MqttSettings
from firewatch.testing.builders import a_sighting, a_ulid
from firewatch_edge.publish import CourierSettings, OutboxPublisher, PublishSettings


def main(settings_file: str, ledger_file: str, first: int, count: int) -> None:
    given = msgspec.json.decode(Path(settings_file).read_bytes(), type=dict[str, str])
    settings = PublishSettings(
        tower_id=TowerId("tower-a"),
        outbox=Path(given["outbox"]),
        mqtt=msgspec.json.decode(given["mqtt"], type=MqttSettings),
        courier=CourierSettings(resend_after_s=1.0),
    )
    node = OutboxPublisher(settings, a_ulid("boot", os.getpid()))
    ledger = os.open(ledger_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in range(first, first + count):
        sighting = a_sighting(number, first_seen_at=datetime.now(UTC))
        node.sighting(sighting)
        os.write(ledger, f"{sighting.sighting_id} {sighting.revision}\n".encode())
        os.fsync(ledger)
    while node.depth():
        pass_time()
    node.close()


def pass_time() -> None:
    import time

    time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
