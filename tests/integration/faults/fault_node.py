"""A node without cameras: hands sightings over as the real one does, to be killed at any instant.

Each sighting is synced to a ledger once the outbox has it. When it starts again it repeats the last one of its ledger
and goes on: nobody knows whether the next had reached the outbox, and the same sighting and revision counts once.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from firewatch.domain.ids import TowerId
from firewatch.mqtt import MqttSettings
from firewatch.testing.builders import a_sighting, a_ulid
from firewatch_edge.node.handover import Handover, Ledger
from firewatch_edge.publish import CourierSettings, OutboxPublisher, PublishSettings

if TYPE_CHECKING:
    from firewatch.domain.vision import Sighting


def main(plan_file: str) -> None:
    plan = json.loads(Path(plan_file).read_text(encoding="utf-8"))
    ledger = Path(plan["ledger"])
    settings = PublishSettings(
        tower_id=TowerId(plan["tower"]),
        outbox=Path(plan["outbox"]),
        mqtt=msgspec.json.decode(plan["mqtt"], type=MqttSettings),
        courier=CourierSettings(resend_after_s=2.0),
    )
    publisher = OutboxPublisher(settings, a_ulid(plan["tower"], time.time_ns()))
    handover = Handover(publisher, Ledger(ledger))
    for sighting in left_to_do(all_of(plan), ledger):
        handover.give(sighting, ())
        time.sleep(plan["pause_s"])
    while publisher.depth():
        time.sleep(0.05)
    Path(plan["done"]).write_text("done", encoding="utf-8")
    publisher.close()


def all_of(plan: dict[str, Any]) -> list[Sighting]:
    """Return the node's sightings in order: every fifth has a second revision."""
    started_at = datetime.fromisoformat(plan["started_at"]).astimezone(UTC)
    return [one_of(plan, number, revision, started_at) for number, revision in names_of(plan)]


def names_of(plan: dict[str, Any]) -> list[tuple[int, int]]:
    numbers = range(plan["first"], plan["first"] + plan["count"])
    return [(number, revision) for number in numbers for revision in ((1, 2) if number % 5 == 0 else (1,))]


def one_of(plan: dict[str, Any], number: int, revision: int, started_at: datetime) -> Sighting:
    azimuth = plan["azimuths_deg"][number % len(plan["azimuths_deg"])]
    return a_sighting(number, revision=revision, tower=plan["tower"], first_seen_at=started_at, azimuth_deg=azimuth)


def left_to_do(sightings: list[Sighting], ledger: Path) -> list[Sighting]:
    if not ledger.exists():
        return sightings
    last = json.loads(ledger.read_text(encoding="utf-8").splitlines()[-1])
    names = [(sighting.sighting_id, sighting.revision) for sighting in sightings]
    return sightings[names.index((last["sighting_id"], last["revision"])) :]


if __name__ == "__main__":
    main(sys.argv[1])
