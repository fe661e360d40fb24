"""A station's series: order, gaps, noon, restarts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.adapters.danger_tables import load_danger_table
from firewatch.danger import (
    COLD_START,
    CodeArrays,
    DailyWeather,
    DangerRules,
    GapPolicy,
    SeriesRules,
    day_of,
    rate_day,
    rate_series,
    rate_stations,
    run,
    run_days,
    start_station,
    step,
)
from firewatch.domain.danger import MoistureCodes
from firewatch.domain.ids import StationId
from firewatch.domain.weather import Observation
from firewatch.errors import InvalidValue, ObservationError

LAT = 26.9
FIRST = datetime(2026, 2, 1, 4, tzinfo=UTC)  # 12:00 in China
FILLING = SeriesRules(gap_policy=GapPolicy.LAST_READING_DRY, longest_gap_days=3)


def readings(days: int = 30, station: str = "hengyang", seed: int = 5) -> list[Observation]:
    rng = np.random.default_rng(seed)
    return [
        Observation(
            StationId(station),
            FIRST + timedelta(days=day),
            temp_c=float(rng.uniform(5, 30)),
            rh_pct=float(rng.uniform(20, 95)),
            wind_kmh=float(rng.uniform(0, 40)),
            rain_mm=float(rng.gamma(1.0, 5.0)) if rng.random() < 0.3 else 0.0,
            max_temp_c=31.0,
            min_rh_pct=20.0,
            max_wind_ms=float(rng.uniform(0, 15)),
        )
        for day in range(days)
    ]


@pytest.fixture(scope="module")
def rules() -> DangerRules:
    return DangerRules.of(load_danger_table())


@pytest.fixture(scope="module")
def filling() -> DangerRules:
    return DangerRules.of(load_danger_table(), FILLING)


def test_a_station_equals_the_arrays_bit_for_bit() -> None:
    series = readings()
    days = run(series, LAT)
    columns = [np.array([getattr(r, n) for r in series]) for n in ("temp_c", "rh_pct", "wind_kmh", "rain_mm")]
    months = np.array([day.day.month for day in days])
    start = CodeArrays(*(np.asarray(code) for code in (85.0, 6.0, 15.0)))
    codes, indices = run_days(start, DailyWeather(*columns), LAT, months)
    assert [day.codes.ffmc for day in days] == codes.ffmc.tolist()
    assert [day.codes.dc for day in days] == codes.dc.tolist()
    assert [day.indices.dsr for day in days] == indices.dsr.tolist()
    assert [day.day for day in days] == [date(2026, 2, 1) + timedelta(days=n) for n in range(30)]
    assert step(COLD_START, series[0], LAT, 2) == (days[0].codes, days[0].indices)


@settings(max_examples=20)
@given(st.permutations(range(12)))
def test_the_order_of_arrival_changes_nothing(order: list[int]) -> None:
    series = readings(12)
    assert run([series[place] for place in order], LAT) == run(series, LAT)


@settings(max_examples=20)
@given(st.integers(1, 29))
def test_a_series_rated_in_two_parts_equals_the_whole_bit_for_bit(split: int) -> None:
    every_rule = DangerRules.of(load_danger_table(), FILLING)
    series = readings()
    del series[10:12]
    whole = rate_series(start_station(LAT), series, every_rule)
    first = rate_series(start_station(LAT), series[: min(split, 27)], every_rule)
    second = rate_series(first.state, series[min(split, 27) :], every_rule)
    assert first.ratings + second.ratings == whole.ratings
    assert second.state == whole.state
    codes = run(series, LAT, rules=FILLING)
    assert [day.codes for day in codes] == [rating.codes for rating in whole.ratings]
    assert [day.is_estimated for day in codes] == [rating.is_estimated for rating in whole.ratings]


def test_a_missing_day_is_refused_by_name_with_what_to_do(rules: DangerRules) -> None:
    series = readings(10)
    del series[4]
    with pytest.raises(ObservationError, match="last-reading-dry") as refused:
        rate_series(start_station(LAT), series, rules)
    assert (refused.value.station, refused.value.when) == ("hengyang", "2026-02-05")


def test_a_filled_day_is_marked_as_estimated_and_rains_not(filling: DangerRules) -> None:
    series = readings(10)
    series[3] = replace(series[3], rain_mm=20.0)
    del series[4:6]
    rated = rate_series(start_station(LAT), series, filling).ratings
    assert [rating.is_estimated for rating in rated] == [False] * 4 + [True] * 2 + [False] * 4
    assert ["danger.mark.estimated" in rating.marks for rating in rated] == [r.is_estimated for r in rated]
    by_hand, _ = step(rated[3].codes, replace(series[3], rain_mm=0.0), LAT, 2)
    assert rated[4].codes == by_hand
    assert rated[4].valid_at == series[3].observed_at + timedelta(days=1)


def test_a_gap_longer_than_may_be_filled_is_refused(filling: DangerRules) -> None:
    series = readings(10)
    del series[2:6]
    with pytest.raises(ObservationError, match="at most 3 are filled"):
        rate_series(start_station(LAT), series, filling)


def test_two_readings_of_one_day_are_refused() -> None:
    series = readings(3)
    with pytest.raises(ObservationError, match="two readings"):
        run([*series, replace(series[1], observed_at=series[1].observed_at + timedelta(minutes=30))], LAT)


def test_readings_of_two_stations_are_not_one_series(rules: DangerRules) -> None:
    with pytest.raises(ObservationError, match="each station's series by itself"):
        run([*readings(2), *readings(4, "qidong")[2:]], LAT)
    state = rate_series(start_station(LAT), readings(2), rules).state
    with pytest.raises(ObservationError, match="each station's series by itself"):
        rate_day(state, readings(3, "qidong")[2], rules)


def test_no_reading_is_no_series() -> None:
    with pytest.raises(ObservationError, match="no reading"):
        run([], LAT)


def test_a_day_that_is_already_rated_is_refused(rules: DangerRules) -> None:
    series = readings(5)
    state = rate_series(start_station(LAT), series, rules).state
    with pytest.raises(ObservationError, match="already rated"):
        rate_day(state, series[2], rules)
    with pytest.raises(ObservationError, match="two readings"):
        rate_day(state, series[4], rules)


@pytest.mark.parametrize("hour", [4 - 2, 4, 4 + 2])
def test_a_reading_within_two_hours_of_noon_is_of_that_day(hour: int) -> None:
    reading = replace(readings(1)[0], observed_at=FIRST.replace(hour=hour))
    assert day_of(reading, SeriesRules()) == date(2026, 2, 1)


def test_a_reading_of_another_hour_is_refused() -> None:
    with pytest.raises(ObservationError, match=r"read at 15:30 local standard time"):
        day_of(replace(readings(1)[0], observed_at=FIRST + timedelta(hours=3.5)), SeriesRules())


def test_the_weather_day_follows_the_standard_time() -> None:
    evening_before = replace(readings(1)[0], observed_at=datetime(2026, 1, 31, 23, tzinfo=UTC))
    assert day_of(evening_before, SeriesRules(utc_offset=timedelta(hours=13))) == date(2026, 2, 1)
    with pytest.raises(InvalidValue, match="-12 to 14"):
        SeriesRules(utc_offset=timedelta(hours=15))


def test_a_cold_start_says_for_52_days_that_it_is_settling(rules: DangerRules) -> None:
    rated = rate_series(start_station(LAT), readings(60), rules).ratings
    assert ["danger.mark.settling" in rating.marks for rating in rated] == [True] * 52 + [False] * 8


def test_a_start_from_known_codes_is_settled(rules: DangerRules) -> None:
    known = MoistureCodes(90.0, 40.0, 300.0)
    rated = rate_series(start_station(LAT, known), readings(2), rules).ratings
    assert not any("danger.mark.settling" in rating.marks for rating in rated)
    assert rated[0].codes.dc > 250.0


def test_a_filled_day_unsettles_the_codes_again(filling: DangerRules) -> None:
    series = readings(80)
    del series[60]
    rated = rate_series(start_station(LAT, MoistureCodes(90.0, 40.0, 300.0)), series, filling).ratings
    assert ["danger.mark.settling" in rating.marks for rating in rated] == [False] * 60 + [True] * 20


def test_a_rating_carries_its_parts_table_method_and_doubts(rules: DangerRules) -> None:
    rating = rate_day(start_station(LAT), replace(readings(1)[0], rain_mm=0.0), rules).ratings[0]
    assert rating.grade is not None
    assert rating.parts is not None
    assert rating.parts.total == sum((rating.parts.a, rating.parts.b, rating.parts.c, rating.parts.d)) - rating.parts.e
    assert (rating.scheme, rating.method) == ("LY/T 1172-1995", "cffdrs/cffdrs")
    assert rating.marks == (
        "danger.mark.settling",
        "danger.mark.rain_record_short",
        "danger.mark.to_be_confirmed.b",
        "danger.mark.to_be_confirmed.c",
        "danger.mark.to_be_confirmed.e",
    )


def test_without_extremes_the_codes_stand_and_the_grade_is_missing(rules: DangerRules) -> None:
    bare = replace(readings(1)[0], max_temp_c=None, min_rh_pct=None, max_wind_ms=None)
    rating = rate_day(start_station(LAT), bare, rules).ratings[0]
    assert rating.grade is None
    assert rating.missing == ("max_temp_c", "min_rh_pct", "max_wind_ms")
    assert rating.codes.ffmc > 0.0


def test_stations_one_after_the_other_or_mixed_rate_the_same(rules: DangerRules) -> None:
    first, second = readings(20, "hengyang", 1), readings(20, "qidong", 2)
    latitudes = {"hengyang": LAT, "qidong": 26.8}
    mixed = [reading for pair in zip(second, first, strict=True) for reading in pair]
    rated = rate_stations(mixed, latitudes, rules)
    assert rated == rate_stations([*first, *second], latitudes, rules)
    assert list(rated) == ["hengyang", "qidong"]
    assert rated["qidong"] == rate_series(start_station(26.8), second, rules)


def test_a_station_without_a_latitude_is_refused(rules: DangerRules) -> None:
    with pytest.raises(InvalidValue, match="latitude for every station"):
        rate_stations(readings(2), {}, rules)
    with pytest.raises(InvalidValue, match="-90 to 90"):
        start_station(95.0)
