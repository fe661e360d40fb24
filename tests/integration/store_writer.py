"""Write into a store until killed; note each number in a ledger after its commits. Run by test_store_faults."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

from firewatch.adapters.store import open_store
from firewatch.domain.incident import Opened
from firewatch.services.intake import Intake
from firewatch.services.ports import Arrived
from firewatch.testing.builders import a_message_id, a_sighting, an_event, an_evidence
from firewatch.testing.clocks import SCENE_START
from firewatch.wire import codec

TOPIC = "firewatch/v1/towers/tower-a/cameras/north/"


def main() -> None:
    url, evidence, ledger, start = sys.argv[1:]
    store = open_store(url, Path(evidence))
    intake = Intake(store.intake_writer, store.evidence_files, store.quarantine_book)
    with Path(ledger).open("a") as file:
        for number in itertools.count(int(start)):
            batch = [
                (TOPIC + "sightings", codec.encode_sighting(a_sighting(number, revision=1), a_message_id(3 * number))),
                (TOPIC + "evidence", codec.encode_evidence(an_evidence(number), a_message_id(3 * number + 1))),
                (
                    TOPIC + "sightings",
                    codec.encode_sighting(a_sighting(number, revision=2), a_message_id(3 * number + 2)),
                ),
            ]
            intake.take([Arrived(topic, payload, SCENE_START) for topic, payload in batch])
            opened = Opened(a_sighting(number).sighting_id, a_sighting(number).tower_id)
            store.incident_log.append([an_event(number, opened, incident=number)])
            file.write(f"{number}\n")
            file.flush()
            os.fsync(file.fileno())


if __name__ == "__main__":
    main()
