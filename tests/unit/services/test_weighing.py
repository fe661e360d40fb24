"""What incidents would do reaches their place in the queue, and never costs the queue its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from spread_example import example_spread

from firewatch.errors import TerrainError
from firewatch.services.weighing import Weigher
from firewatch.testing import SCENE_START, ExampleBoard, FrozenClock
from firewatch.testing.builders import an_incident_id

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.incident import Incident
    from firewatch.services.spreading import IncidentSpread, SpreadBoard

NOW = SCENE_START + timedelta(hours=2)


class Counted:
    """Counts what is computed, and lets time pass by it."""

    def __init__(self, spread: SpreadBoard, seconds: float = 0.0) -> None:
        self.spread_of, self.seconds = spread, seconds
        self.asked, self.elapsed = 0, 0.0

    def spread(self, incident: Incident, at: datetime) -> IncidentSpread:
        self.asked += 1
        self.elapsed += self.seconds
        return self.spread_of.spread(incident, at)


@pytest.fixture
def example() -> ExampleBoard:
    return ExampleBoard(NOW)


@pytest.fixture
def located(example: ExampleBoard) -> Incident:
    card = example.board.card(example.quarter_of_an_hour()[0])
    assert card is not None
    return card.incident


def many(incident: Incident, count: int) -> list[Incident]:
    return [replace(incident, incident_id=an_incident_id(number)) for number in range(1, count + 1)]


def test_open_located_incidents_are_weighed_by_their_spread_once_a_minute(
    example: ExampleBoard, located: Incident
) -> None:
    clock, counted = FrozenClock(NOW), Counted(example_spread(example.sites, NOW))
    weigher = Weigher(counted, clock)
    lost = replace(located, incident_id=an_incident_id(1), fix=None)
    found = weigher.of([located, lost])
    assert found == {located.incident_id: counted.spread_of.spread(located, NOW).consequence.value}
    assert found[located.incident_id] > 1.0
    assert weigher.of([lost, located]) == found
    assert counted.asked == 1
    clock.advance(60.0)
    assert weigher.of([located])[located.incident_id] > found[located.incident_id]
    assert counted.asked == 2


def test_a_closed_incident_is_not_weighed(example: ExampleBoard) -> None:
    closed = example.board.card(example.quarter_of_an_hour()[3])
    assert closed is not None
    assert not closed.incident.is_open
    assert Weigher(example_spread(example.sites, NOW), FrozenClock(NOW)).of([closed.incident]) == {}


def test_a_long_queue_is_weighed_over_several_looks_and_keeps_what_it_knows(
    example: ExampleBoard, located: Incident
) -> None:
    clock, counted = FrozenClock(NOW), Counted(example_spread(example.sites, NOW), seconds=0.1)
    weigher = Weigher(counted, clock, budget_s=0.95, timer=lambda: counted.elapsed)
    queue = many(located, 25)
    assert [len(weigher.of(queue)) for _ in range(3)] == [10, 20, 25]
    before = weigher.of(queue)
    clock.advance(60.0)
    after = weigher.of(queue)
    # The first ten are of this minute, the others of the last one: none falls back to an ordinary fire.
    assert sum(after[each.incident_id] != before[each.incident_id] for each in queue) == 10
    assert set(after) == set(before)


def test_what_cannot_be_computed_is_an_ordinary_fire(
    example: ExampleBoard, located: Incident, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def spread(self, incident: Incident, at: datetime) -> IncidentSpread:
            raise TerrainError(f"no tile for {incident.incident_id} at {at}")

    assert Weigher(Broken(), FrozenClock(NOW)).of([located]) == {located.incident_id: 1.0}
    assert [record.message for record in caplog.records] == ["consequence.failed"]
