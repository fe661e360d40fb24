"""Ratings follow the readings, and only news are stored and told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.adapters.danger_tables import load_danger_table
from firewatch.danger.rating import DangerRules
from firewatch.danger.series import GapPolicy, SeriesRules
from firewatch.domain.geo import Position
from firewatch.domain.ids import StationId
from firewatch.domain.sites import Name, SiteMap, Station
from firewatch.services.ports import ObservationArrived
from firewatch.services.rating import DangerBooks, RatingKeeper
from firewatch.testing import (
    SCENE_START,
    FrozenClock,
    MemoryArrivals,
    MemoryForecastBook,
    MemoryOutlookBook,
    MemoryRatingBook,
    a_message_id,
    an_observation,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from firewatch.domain.danger import DangerRating
    from firewatch.domain.weather import Observation

SITES = SiteMap((), (Station(StationId("hengyang"), Name("衡阳", "Hengyang"), Position(26.9, 112.6)),))
RULES = DangerRules.of(load_danger_table("ly_t_1172_1995"), SeriesRules(gap_policy=GapPolicy.LAST_READING_DRY))


class CountingBook(MemoryRatingBook):
    def __init__(self) -> None:
        super().__init__()
        self.puts: list[int] = []

    def put(self, ratings: Sequence[DangerRating]) -> None:
        self.puts.append(len(ratings))
        super().put(ratings)


def _keeper(weather: MemoryArrivals, ratings: MemoryRatingBook) -> RatingKeeper:
    books = DangerBooks(weather, MemoryForecastBook(), ratings, MemoryOutlookBook())
    return RatingKeeper(books, SITES, RULES, FrozenClock())


def _report(weather: MemoryArrivals, *readings: Observation) -> None:
    first = len(weather._readings)
    weather.write(
        [ObservationArrived(a_message_id(first + n), reading, SCENE_START) for n, reading in enumerate(readings)]
    )


def test_only_new_days_are_stored_and_hourly_readings_and_holes_fill_no_log(caplog: pytest.LogCaptureFixture) -> None:
    weather, ratings = MemoryArrivals(), CountingBook()
    keeper = _keeper(weather, ratings)
    caplog.set_level("INFO")
    _report(weather, *(an_observation(at=SCENE_START + timedelta(hours=hour)) for hour in range(72)))
    _report(weather, an_observation(at=SCENE_START + timedelta(days=60)))
    assert keeper.step() == 1
    assert keeper.step() == 0
    _report(weather, an_observation(at=SCENE_START + timedelta(days=60, hours=3)))
    assert keeper.step() == 1
    _report(weather, an_observation(at=SCENE_START + timedelta(days=61)))
    assert keeper.step() == 1
    assert ratings.puts[1:] == [1]
    latest = ratings.latest(StationId("hengyang"))
    assert latest is not None
    assert latest.weather_day == (SCENE_START + timedelta(days=61)).date()
    assert [one.getMessage() for one in caplog.records] == ["rating.stored"] * 2


def test_a_station_on_no_map_is_named(caplog: pytest.LogCaptureFixture) -> None:
    weather = MemoryArrivals()
    _report(weather, an_observation("elsewhere"))
    assert _keeper(weather, MemoryRatingBook()).step() == 1
    assert "rating.unknown_station" in [one.getMessage() for one in caplog.records]
