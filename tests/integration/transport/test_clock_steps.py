"""The node's wall clock set by hours while it works, and unset at its start: by libfaketime, on the real program."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from real_node import RealNode, SmokyCamera, wait_for

from firewatch.domain.vision import ClockState
from firewatch.services.intake import Intake
from firewatch.testing.memory_intake import MemoryArrivals, MemoryEvidenceFiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from firewatch.domain.ids import TowerId
    from firewatch.domain.vision import Sighting
    from firewatch.services.ports import Arrived
    from firewatch.wire.v1 import ReceiptV1

pytestmark = [pytest.mark.broker]

_NEAR = timedelta(seconds=60)


class Centre:
    """The centre's own intake over a store in memory; counts what comes."""

    def __init__(self) -> None:
        self.book = MemoryArrivals()
        self._intake = Intake(self.book, MemoryEvidenceFiles(), self.book)
        self.topics: list[str] = []

    def take(self, batch: Sequence[Arrived]) -> Mapping[TowerId, tuple[ReceiptV1, ...]]:
        self.topics += [arrived.topic.rsplit("/", 1)[1] for arrived in batch]
        return self._intake.take(batch)

    def has(self, ledger: list[tuple[str, int]]) -> bool:
        return set(ledger) <= set(self.book._revisions)

    def sightings(self) -> list[Sighting]:
        return [item.sighting for item in list(self.book._revisions.values())]


@pytest.fixture
def library() -> str:
    """Return libfaketime's file."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.skip("libfaketime is not installed (Debian: apt install libfaketime)")
    return str(found[0])


@pytest.fixture
def camera() -> Iterator[SmokyCamera]:
    made = SmokyCamera()
    yield made
    made.stop()


class SetClock:
    """Sets the wall clock of one process; its monotonic clock goes on."""

    def __init__(self, library: str, file: Path) -> None:
        self._file = file
        self.environment = {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, to: str) -> None:
        beside = self._file.with_suffix(".new")
        beside.write_text(to + "\n", encoding="ascii")
        beside.rename(self._file)


def run_through(
    rig: Any, model: Path, camera: SmokyCamera, clock: SetClock, settings: Sequence[str], camera_clock: str
) -> tuple[Centre, RealNode]:
    """Let a node work through several settings of its clock, with sightings under each; return what came of it."""
    centre = Centre()
    rig.begin_intake(centre)
    node = RealNode(rig, model, camera, clock=camera_clock, period_s=0.2 if camera_clock == "arrival" else 1.05)
    clock.set(settings[0])
    node.start(**clock.environment)
    try:
        for to in settings:
            clock.set(to)
            # What was opened under the one setting ends, and a new one opens and ends under the other.
            before = len(node.ledger())
            wait_for(lambda before=before: len(node.ledger()) >= before + 3, 90.0, f"sightings at {to}")
        wait_for(lambda: centre.has(node.ledger()), 60.0, "all of the ledger at the centre")
    finally:
        node.end()
    return centre, node


def check(centre: Centre, node: RealNode, began: datetime) -> None:
    ledger = node.ledger()
    assert centre.has(ledger)
    assert centre.book.quarantined(9)[0] == 0
    # No flood: not one message came again, or nearly so (a slow machine may hold up a receipt).
    sent = centre.topics.count("sightings") + centre.topics.count("backfill")
    assert sent <= len(ledger) + 10
    assert centre.topics.count("backfill") == 0, "a fresh sighting was taken for a late one"
    ended = datetime.now(UTC)
    for sighting in centre.sightings():
        assert began - _NEAR <= sighting.observed_at <= ended + _NEAR, (sighting.clock, sighting.observed_at)


def test_steps_of_hours_lose_flood_and_misdate_nothing(
    mosquitto_rig: Any, squares_model: Path, camera: SmokyCamera, library: str
) -> None:
    began = datetime.now(UTC)
    clock = SetClock(library, mosquitto_rig.folder / "clock")
    centre, node = run_through(mosquitto_rig, squares_model, camera, clock, ["+0", "+5h", "-4h", "+0"], "arrival")
    check(centre, node, began)
    assert node.log().count("clock.stepped") == 3
    assert {one.clock for one in centre.sightings()} >= {ClockState.RECEIVED}


def test_a_camera_with_a_clock_of_its_own_is_not_blinded_by_a_step(
    mosquitto_rig: Any, squares_model: Path, camera: SmokyCamera, library: str
) -> None:
    began = datetime.now(UTC)
    clock = SetClock(library, mosquitto_rig.folder / "clock")
    centre, node = run_through(mosquitto_rig, squares_model, camera, clock, ["+0", "+5h"], "camera")
    check(centre, node, began)
    assert 'verdict="stale"' not in node.log()
    assert 'reason="silent"' not in node.log()


def test_a_start_in_1970_is_marked_dated_by_the_centre_and_put_right(
    mosquitto_rig: Any, squares_model: Path, camera: SmokyCamera, library: str
) -> None:
    began = datetime.now(UTC)
    clock = SetClock(library, mosquitto_rig.folder / "clock")
    centre, node = run_through(mosquitto_rig, squares_model, camera, clock, ["@1970-01-01 00:01:00", "+0"], "arrival")
    check(centre, node, began)
    states = {one.clock for one in centre.sightings()}
    assert ClockState.RECEIVED in states
    assert states & {ClockState.KEPT, ClockState.FREE}, "those after it was put right need no mark"
