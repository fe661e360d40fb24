"""Sources and doubts of readings, hourly readings, forecasts and outlooks in the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from store_versions import back_to_second_version

from firewatch.adapters.store.schema import observations
from firewatch.domain.danger import NamedPart, Outlook, PartRole, SumParts
from firewatch.domain.ids import StationId
from firewatch.domain.weather import Doubt, DoubtKind, Forecast, HourlyReading
from firewatch.errors import StoreError
from firewatch.services.feeding import FeedState
from firewatch.services.ports import ObservationArrived
from firewatch.testing import SCENE_START, a_message_id, a_rating, an_observation

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.adapters.store import Store

HENGYANG, LEIYANG = StationId("hengyang"), StationId("leiyang")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DOUBTS = (Doubt("temp_c", DoubtKind.STEP, "rose by 18.2 degC in an hour; at most 12"),)


def a_forecast(source: str = "open-meteo", *, issued_h: int = 0, temp_c: float = 30.0) -> Forecast:
    days = tuple(an_observation(at=SCENE_START + n * DAY, temp_c=temp_c) for n in (1, 2))
    return Forecast(HENGYANG, source, SCENE_START + issued_h * HOUR, tuple(replace(day, source=source) for day in days))


def test_a_reading_keeps_its_source_and_doubts(any_store: Store) -> None:
    doubted = replace(an_observation(received_at=SCENE_START), source="open-meteo", doubts=DOUBTS)
    any_store.intake_writer.write([ObservationArrived(a_message_id(1), doubted, SCENE_START)])
    assert any_store.weather_book.observations(HENGYANG) == (doubted,)
    assert any_store.weather_book.readings_between(HENGYANG, SCENE_START, SCENE_START) == (doubted,)
    assert any_store.weather_book.readings_between(HENGYANG, SCENE_START + HOUR, SCENE_START + DAY) == ()


def test_an_hourly_reading_is_kept_by_station_hour_and_source(any_store: Store) -> None:
    first = HourlyReading(HENGYANG, SCENE_START, "station-csv", 999.0, None, 12.5, 0.0, DOUBTS)
    others = [
        HourlyReading(HENGYANG, SCENE_START, "Open-Meteo", 24.0, 30.0, 12.0, 0.0),
        HourlyReading(HENGYANG, SCENE_START + HOUR, "station-csv", 25.0),
        HourlyReading(LEIYANG, SCENE_START, "station-csv", 21.0),
    ]
    any_store.hour_book.put([replace(first, temp_c=1.0), *reversed(others)])
    any_store.hour_book.put([first])
    any_store.hour_book.put([])
    assert any_store.hour_book.hours(HENGYANG, SCENE_START, SCENE_START) == (others[0], first)
    assert any_store.hour_book.hours(HENGYANG, SCENE_START, SCENE_START + HOUR) == (others[0], first, others[1])
    assert any_store.hour_book.hours(LEIYANG, SCENE_START + HOUR, SCENE_START + DAY) == ()


def test_the_latest_run_of_each_source_is_told_the_latest_issued_first(any_store: Store) -> None:
    old, new, other = a_forecast(), a_forecast(issued_h=6), a_forecast("nmc", issued_h=3)
    any_store.forecast_book.put([new, other, old])
    assert any_store.forecast_book.latest(HENGYANG) == (new, other)
    assert any_store.forecast_book.latest(LEIYANG) == ()


def test_a_forecast_told_again_is_no_change_and_another_of_the_same_run_is(any_store: Store) -> None:
    book = any_store.forecast_book
    book.put([])
    assert book.stations_changed_after(0) == (0, frozenset())
    book.put([a_forecast()])
    mark, changed = book.stations_changed_after(0)
    assert changed == {HENGYANG}
    book.put([a_forecast()])
    again, unchanged = book.stations_changed_after(mark)
    assert unchanged == frozenset()
    book.put([a_forecast(temp_c=12.0)])
    assert book.stations_changed_after(again)[1] == {HENGYANG}
    assert book.latest(HENGYANG) == (a_forecast(temp_c=12.0),)


def test_hours_older_than_they_are_kept_go_bit_by_bit_and_the_others_stay(any_store: Store) -> None:
    book = any_store.hour_book
    kept = [HourlyReading(name, SCENE_START + n * HOUR, "own", 20.0) for name in (HENGYANG, LEIYANG) for n in range(24)]
    old = [replace(one, at=one.at - 10 * DAY) for one in kept]
    book.put([*kept, *old])
    now = SCENE_START + DAY
    assert [book.drop_older(5 * DAY, now, 20) for _ in range(6)] == [20, 4, 20, 4, 0, 0]
    for name in (HENGYANG, LEIYANG):
        own = tuple(one for one in kept if one.station_id == name)
        assert book.hours(name, SCENE_START - 99 * DAY, SCENE_START + 99 * DAY) == own


def test_a_clock_that_leaps_ahead_drops_nothing(any_store: Store) -> None:
    any_store.hour_book.put([HourlyReading(HENGYANG, SCENE_START, "own", 20.0)])
    assert any_store.hour_book.drop_older(5 * DAY, SCENE_START + 9999 * DAY, 20) == 0


def test_forecasts_issued_long_ago_go(any_store: Store) -> None:
    book = any_store.forecast_book
    book.put([a_forecast(), a_forecast("nmc"), a_forecast(issued_h=48)])
    mark, _ = book.stations_changed_after(0)
    assert book.drop_older(DAY, SCENE_START + 3 * DAY, 20) == 2
    assert book.latest(HENGYANG) == (a_forecast(issued_h=48),)
    assert book.stations_changed_after(mark) == (mark, frozenset())


def test_a_station_has_one_outlook(any_store: Store) -> None:
    rating = replace(a_rating(at=SCENE_START + DAY), marks=("danger.mark.forecast",))
    first = Outlook(HENGYANG, "open-meteo", SCENE_START, (rating,))
    any_store.outlook_book.put(first)
    assert any_store.outlook_book.outlook(HENGYANG) == first
    second = Outlook(HENGYANG, "nmc", SCENE_START + HOUR, ())
    any_store.outlook_book.put(second)
    assert any_store.outlook_book.outlook(HENGYANG) == second
    assert any_store.outlook_book.outlook(LEIYANG) is None


def test_ratings_between_two_days_come_in_order(any_store: Store) -> None:
    today, tomorrow = a_rating(), a_rating(at=SCENE_START + DAY)
    book = any_store.rating_book
    book.put([tomorrow, today, a_rating("leiyang")])
    assert book.between(HENGYANG, today.weather_day, tomorrow.weather_day) == (today, tomorrow)
    assert book.between(HENGYANG, tomorrow.weather_day, tomorrow.weather_day) == (tomorrow,)
    assert book.between(StationId("nowhere"), today.weather_day, tomorrow.weather_day) == ()


def test_ratings_by_a_filled_standard_are_stored_beside_those_by_htz(any_store: Store) -> None:
    parts = SumParts((NamedPart("heat", PartRole.ADDED, "max_temp_c", 2.5),))
    old, new = a_rating(), replace(a_rating(at=SCENE_START + DAY), scheme="TEST 1-2026", parts=parts)
    any_store.rating_book.put([old, new])
    assert any_store.rating_book.between(HENGYANG, old.weather_day, new.weather_day) == (old, new)
    outlook = Outlook(HENGYANG, "nmc", SCENE_START, (new,))
    any_store.outlook_book.put(outlook)
    assert any_store.outlook_book.outlook(HENGYANG) == outlook


def test_ratings_and_outlooks_change_the_number_that_pages_watch(store: Store) -> None:
    before = store.rating_book.changes()
    store.rating_book.put([a_rating()])
    store.outlook_book.put(Outlook(HENGYANG, "nmc", SCENE_START, ()))
    assert store.rating_book.changes() == before + 2
    store.rating_book.put([])
    assert store.rating_book.changes() == before + 2


def test_readings_of_the_second_version_came_over_mqtt_undoubted(store: Store, open_again: Callable[[], Store]) -> None:
    kept = an_observation(received_at=SCENE_START)
    store.intake_writer.write([ObservationArrived(a_message_id(1), kept, SCENE_START)])
    with store.database.writing() as connection:
        back_to_second_version(connection)
    again = open_again()
    assert again.weather_book.observations(HENGYANG) == (kept,)
    again.forecast_book.put([a_forecast()])
    again.rating_book.put([a_rating()])
    assert again.rating_book.changes() == 1


def test_a_doubt_of_a_later_program_is_told_and_not_dropped(store: Store) -> None:
    store.intake_writer.write([ObservationArrived(a_message_id(1), an_observation(), SCENE_START)])
    with store.database.writing() as connection:
        connection.execute(update(observations).values(doubts='[{"field": "temp_c", "kind": "new", "why": "x"}]'))
    with pytest.raises(StoreError, match="Doubt cannot be read"):
        store.weather_book.observations(HENGYANG)


def test_the_state_of_a_feed_is_kept_by_its_name(any_store: Store) -> None:
    book = any_store.feed_state_book
    assert book.states() == ()
    book.put([])
    works = FeedState("open-meteo", SCENE_START, "", ("衡山: no rain", "row 3"))
    fails = FeedState("nmc", None, "timed out")
    book.put([works, fails])
    assert book.states() == (fails, works)
    later = FeedState("nmc", SCENE_START + HOUR)
    book.put([later])
    assert book.states()[0] == later
