"""Many stations in one table: each has its own chain, whatever the order of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger import (
    CodeArrays,
    DailyWeather,
    GapPolicy,
    SeriesRules,
    StationDays,
    StationGap,
    run_days,
    run_stations,
)
from firewatch.errors import InvalidValue, ObservationError

START = CodeArrays(*(np.array(code) for code in (85.0, 6.0, 15.0)))
FILL = SeriesRules(gap_policy=GapPolicy.LAST_READING_DRY)
FIRST = np.datetime64("2026-02-26")
LATITUDES = np.array([26.9, 5.0, -33.0])


def weather(rows: int, seed: int = 1) -> DailyWeather:
    dice = np.random.default_rng(seed)
    rain = np.where(dice.random(rows) < 0.5, 0.0, dice.uniform(0.0, 30.0, rows))
    return DailyWeather(
        dice.uniform(-5.0, 38.0, rows), dice.uniform(5.0, 100.0, rows), dice.uniform(0.0, 60.0, rows), rain
    )


def take(all_rows: DailyWeather, rows: Any) -> DailyWeather:
    return DailyWeather(all_rows.temp_c[rows], all_rows.rh_pct[rows], all_rows.wind_kmh[rows], all_rows.rain_mm[rows])


def table(station: list[int], ahead: list[int], seed: int = 1) -> StationDays:
    where = np.array(station, dtype=np.intp)
    return StationDays(where, FIRST + np.array(ahead), LATITUDES[where], weather(len(station), seed))


def rows_of(given_rows: StationDays, rows: Any) -> StationDays:
    return StationDays(
        given_rows.station[rows], given_rows.day[rows], given_rows.lat_deg[rows], take(given_rows.weather, rows)
    )


def assert_same(ours: CodeArrays, theirs: CodeArrays) -> None:
    for name in ("ffmc", "dmc", "dc"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)


@given(st.permutations(range(12)))
def test_the_order_of_the_rows_changes_no_bit(order: list[int]) -> None:
    # Three stations of 6, 2 and 4 days.
    whole = table([0] * 6 + [1] * 2 + [2] * 4, [*range(6), *range(2), *range(4)])
    codes, indices = run_stations(whole, START)
    mixed_codes, mixed = run_stations(rows_of(whole, order), START)
    assert_same(mixed_codes, CodeArrays(codes.ffmc[order], codes.dmc[order], codes.dc[order]))
    np.testing.assert_array_equal(mixed.fwi, indices.fwi[order])


def test_each_station_is_as_alone() -> None:
    whole = table([0] * 6 + [1] * 2 + [2] * 4, [*range(6), *range(2), *range(4)])
    codes, indices = run_stations(whole, START)
    for station, rows in enumerate((slice(0, 6), slice(6, 8), slice(8, 12))):
        months = whole.day[rows].astype("datetime64[M]").astype(int) % 12 + 1
        alone, alone_indices = run_days(START, take(whole.weather, rows), LATITUDES[station], months)
        assert_same(CodeArrays(codes.ffmc[rows], codes.dmc[rows], codes.dc[rows]), alone)
        np.testing.assert_array_equal(indices.dsr[rows], alone_indices.dsr)


@given(st.integers(1, 9))
def test_a_run_split_at_any_day_equals_the_whole_bit_for_bit(split: int) -> None:
    ahead = list(range(10))
    whole = table([0, 1] * 10, [day for day in ahead for _ in range(2)])
    codes, _ = run_stations(whole, START)
    early, _ = run_stations(rows_of(whole, slice(0, 2 * split)), START)
    last = CodeArrays(early.ffmc[-2:], early.dmc[-2:], early.dc[-2:])
    late, _ = run_stations(rows_of(whole, slice(2 * split, None)), last)
    assert_same(CodeArrays(*(np.r_[getattr(early, n), getattr(late, n)] for n in ("ffmc", "dmc", "dc"))), codes)


def test_a_filled_day_has_the_last_weather_without_its_rain_and_the_month_of_its_own_day() -> None:
    # 26 February, then 5 March: six days lie between, four of them in March.
    short = table([0, 0], [0, 7])
    assert short.gaps() == (StationGap(0, 1, 6),)
    codes, _ = run_stations(short, START, FILL)
    rows = [0] * 7 + [1]
    full = take(short.weather, rows)
    full.rain_mm[1:7] = 0.0
    whole, _ = run_days(START, full, LATITUDES[0], np.array([2, 2, 2, 3, 3, 3, 3, 3]))
    assert_same(codes, CodeArrays(whole.ffmc[[0, 7]], whole.dmc[[0, 7]], whole.dc[[0, 7]]))


@pytest.mark.parametrize(("rules", "why"), [(None, "allowed are 0 by"), (FILL, "allowed are 7 by")])
def test_a_gap_that_the_rules_do_not_allow_is_refused(rules: SeriesRules | None, why: str) -> None:
    with pytest.raises(ObservationError, match=f"no reading on 8 day.*{why}"):
        run_stations(table([0, 0], [0, 9]), START, rules)


def test_a_missing_reading_makes_nothing_up() -> None:
    whole = table([0, 0, 1, 1], [0, 1, 0, 1])
    whole.weather.temp_c[0] = np.nan
    codes, indices = run_stations(whole, START)
    np.testing.assert_array_equal(np.isnan(codes.dc), [True, True, False, False])
    np.testing.assert_array_equal(np.isnan(indices.fwi), [True, True, False, False])


def test_it_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    run_stations(table([0, 0, 1], [0, 1, 0]), START, on_day=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("station", "ahead", "lat_deg", "why"),
    [
        ([0, 0], [1, 1], 26.9, "one row for each station and day"),
        ([0, -1], [0, 1], 26.9, "counted from 0"),
        ([0, 0], [0, 1], 95.0, "latitude .* is 95.0; allowed is -90 to 90"),
        ([0, 0], [0, 1], np.nan, "latitude .* is nan"),
        ([0, 0], [0], 26.9, "one shape"),
        ([], [], 26.9, "at least one row"),
    ],
)
def test_a_table_that_cannot_be_is_refused(station: list[int], ahead: list[int], lat_deg: float, why: str) -> None:
    rows = len(station)
    days = FIRST + np.array(ahead, dtype=np.int64)
    with pytest.raises(InvalidValue, match=why):
        StationDays(np.array(station, dtype=np.intp), days, np.full(rows, lat_deg), weather(rows))
