"""Readings are checked when they are read."""

from __future__ import annotations

from datetime import UTC, datetime

from feed_answers import NOON

from firewatch.danger.quality import QualityLimits
from firewatch.domain.ids import MessageId, StationId, make_ulid
from firewatch.domain.weather import Observation
from firewatch.services.checked_weather import CheckedWeather
from firewatch.services.ports import ObservationArrived
from firewatch.testing import MemoryArrivals

HENGYANG = StationId("hengyang")


def test_readings_are_checked_when_they_are_read_and_stored_untouched() -> None:
    arrivals = MemoryArrivals()
    reading = Observation(HENGYANG, NOON, 25.0, 30.0, 12.0, 0.0, max_temp_c=20.0)
    arrivals.write([ObservationArrived(MessageId(make_ulid(NOON, b"0" * 10)), reading, NOON)])
    book = CheckedWeather(arrivals, QualityLimits())
    assert arrivals.observations(HENGYANG)[0].doubts == ()
    assert book.observations(HENGYANG)[0].doubts[0].field == "max_temp_c"
    assert book.readings_between(HENGYANG, NOON, NOON) == book.observations(HENGYANG)
    found = book.observation_at(HENGYANG, NOON)
    assert found is not None
    assert found.doubts[0].field == "max_temp_c"
    assert book.observation_at(HENGYANG, datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert book.changes_after(0) == arrivals.changes_after(0)
