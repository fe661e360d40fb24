"""What is old is deleted bit by bit, once an hour, and told once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.ids import StationId
from firewatch.domain.weather import HourlyReading
from firewatch.services import retention
from firewatch.services.retention import Aging, Pruner
from firewatch.testing import SCENE_START, FrozenClock, MemoryForecastBook, MemoryHourBook

if TYPE_CHECKING:
    import pytest

HENGYANG = StationId("hengyang")


def test_old_hours_go_in_small_steps_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retention, "_AT_ONCE", 10)
    caplog.set_level("INFO")
    book = MemoryHourBook()
    hour = timedelta(hours=1)
    book.put([HourlyReading(HENGYANG, SCENE_START - n * hour, "own", 20.0) for n in range(50)])
    passed_s = 0.0
    books = (Aging("hourly readings", book, 24 * hour), Aging("forecasts", MemoryForecastBook(), hour))
    pruner = Pruner(books, FrozenClock(), lambda: passed_s)
    assert [pruner.step() for _ in range(5)] == [10, 10, 5, 0, 0]
    assert len(book.hours(HENGYANG, SCENE_START - 99 * hour, SCENE_START)) == 25
    assert [(one.message, one.__dict__["count"]) for one in caplog.records] == [("retention.dropped", 25)]
    book.put([HourlyReading(HENGYANG, SCENE_START - 50 * hour, "own", 20.0)])
    assert pruner.step() == 0
    passed_s = 3601.0
    assert [pruner.step() for _ in range(2)] == [1, 0]
