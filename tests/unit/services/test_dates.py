"""Sightings of a node that did not know the time are dated by their arrival, and say so; others are left alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from firewatch.domain.vision import ClockState, Sighting
from firewatch.services.dates import is_same_sight, redated
from firewatch.services.intake import Intake
from firewatch.services.ports import Arrived
from firewatch.testing.builders import a_message_id, a_sighting
from firewatch.testing.memory_intake import MemoryArrivals, MemoryEvidenceFiles
from firewatch.wire import codec, dating

RECEIVED = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
TOPIC = "firewatch/v1/towers/{0.tower_id}/cameras/{0.camera_id}/sightings"


def sighting(at: datetime, clock: ClockState, number: int = 1) -> Sighting:
    return replace(a_sighting(number, first_seen_at=at), clock=clock)


def test_a_sighting_of_1970_is_dated_by_its_arrival_less_its_age() -> None:
    made = sighting(datetime(1970, 1, 1, 0, 5, tzinfo=UTC), ClockState.UNSET)
    dated = redated(made, 120.0, RECEIVED)
    assert dated.observed_at == RECEIVED - timedelta(seconds=120)
    assert dated.clock is ClockState.RECEIVED
    assert dated.observed_at - dated.first_seen_at == made.observed_at - made.first_seen_at
    assert dated.looks[-1].stamp.captured_at - made.looks[-1].stamp.captured_at == dated.observed_at - made.observed_at
    assert dated.sighting_id == made.sighting_id


@pytest.mark.parametrize("hours", [-5, 5])
def test_one_after_a_jump_is_dated_anew_and_without_its_age_by_the_arrival(hours: int) -> None:
    made = sighting(RECEIVED + timedelta(hours=hours), ClockState.STEPPED)
    assert redated(made, None, RECEIVED).observed_at == RECEIVED


@pytest.mark.parametrize("clock", [ClockState.UNSAID, ClockState.KEPT, ClockState.FREE])
def test_a_node_that_trusts_its_clock_is_believed_also_when_it_is_a_week_late(clock: ClockState) -> None:
    made = sighting(RECEIVED - timedelta(days=7), clock)
    assert redated(made, 10.0, RECEIVED) is made


def test_a_doubtful_date_that_fits_the_arrival_stays() -> None:
    made = sighting(RECEIVED - timedelta(seconds=70), ClockState.STEPPED)
    assert redated(made, 30.0, RECEIVED) is made


def test_what_comes_twice_is_one_though_each_was_dated_by_its_own_arrival() -> None:
    made = sighting(datetime(1970, 1, 1, tzinfo=UTC), ClockState.UNSET)
    first = redated(made, 0.0, RECEIVED)
    second = redated(made, 0.0, RECEIVED + timedelta(seconds=9))
    assert first != second
    assert is_same_sight(first, second)
    other = replace(second, score=second.score / 2.0)
    assert not is_same_sight(first, other)
    assert is_same_sight(made, made)
    assert not is_same_sight(made, replace(made, score=made.score / 2.0))


def test_the_intake_stores_it_with_its_mark_and_neither_refuses_nor_doubles_it() -> None:
    book = MemoryArrivals()
    intake = Intake(book, MemoryEvidenceFiles(), book)
    made = sighting(datetime(1970, 1, 1, 0, 5, tzinfo=UTC), ClockState.UNSET)
    for number, later_s in ((1, 0.0), (2, 30.0)):  # under two message ids, as past a full disk and from it
        payload = dating.with_age(codec.encode_sighting(made, a_message_id(number)), 5.0 + later_s)
        received_at = RECEIVED + timedelta(seconds=later_s + 1.0)
        receipts = intake.take([Arrived(TOPIC.format(made), payload, received_at)])
        assert [one.outcome for one in receipts[made.tower_id]] == ["stored"]
    (stored,) = book.sightings([made.sighting_id])
    assert stored.sighting.observed_at == RECEIVED + timedelta(seconds=1.0 - 5.0)
    assert stored.sighting.clock is ClockState.RECEIVED
    assert book.quarantined(9)[0] == 0


def test_an_age_beyond_the_calendar_goes_to_quarantine_and_harms_nothing() -> None:
    book = MemoryArrivals()
    intake = Intake(book, MemoryEvidenceFiles(), book)
    made = sighting(datetime(1970, 1, 1, tzinfo=UTC), ClockState.UNSET)
    message = json.loads(codec.encode_sighting(made, a_message_id(1))) | {"age_s": 1e300}
    receipts = intake.take([Arrived(TOPIC.format(made), json.dumps(message).encode(), RECEIVED)])
    assert [one.outcome for one in receipts[made.tower_id]] == ["quarantined"]
