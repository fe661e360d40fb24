"""Gaps of a grid: filled as a station's are, flagged, and to the same bits however the days are cut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from firewatch.danger import (
    CodeArrays,
    Engine,
    GapPolicy,
    GridDays,
    LastReadings,
    SeriesRules,
    fill_grid_gaps,
    run,
    run_grid,
)
from firewatch.domain.weather import Observation

DAYS, LAT = 60, 26.9
FIRST = datetime(2026, 2, 10, 4, tzinfo=UTC)  # noon at +8 h
NAMES = ("temp_c", "rh_pct", "wind_kmh", "rain_mm")
COLD = CodeArrays(*(np.asarray(code) for code in (85.0, 6.0, 15.0)))


def days_with_gaps(*cells: int, kind: Any = np.float64) -> GridDays:
    """Return weather in which a tenth of the cells' days misses something: one reading, or all."""
    rng = np.random.default_rng(4)
    shape = (DAYS, *cells)
    rain = np.where(rng.random(shape) < 0.3, rng.gamma(1.0, 8.0, shape), 0.0)
    arrays = [rng.uniform(0, 38, shape), rng.uniform(10, 100, shape), rng.uniform(0, 50, shape), rain]
    lost = rng.random(shape) < 0.1
    which = rng.integers(0, 5, shape)
    for number, array in enumerate(arrays):
        array[lost & ((which == number) | (which == 4))] = np.nan
        array[0] = 10.0
    stamps = np.datetime64(FIRST.date()) + np.arange(DAYS)
    months = stamps.astype("datetime64[M]").astype(np.int64) % 12 + 1
    temp, rh, wind, rain = (array.astype(kind) for array in arrays)
    return GridDays(temp, rh, wind, rain, np.asarray(LAT), months)


def cut(whole: GridDays, days: slice) -> GridDays:
    temp, rh, wind, rain = (array[days] for array in whole.weather())
    return GridDays(temp, rh, wind, rain, whole.lat_deg, whole.months[days])


def test_a_cell_is_a_station_with_the_same_policy_bit_for_bit() -> None:
    given = days_with_gaps(3, 2)
    filled = fill_grid_gaps(given)
    found = run_grid(COLD, filled.days, engine=Engine.NUMPY).outputs
    rules = SeriesRules(gap_policy=GapPolicy.LAST_READING_DRY)
    assert filled.is_estimated.any(axis=0).all()
    for cell in np.ndindex(3, 2):
        readings = [
            Observation("s", FIRST + timedelta(days=day), *(float(array[day, *cell]) for array in given.weather()))
            for day in range(DAYS)
            if not any(np.isnan(array[day, *cell]) for array in given.weather())
        ]
        alone = run(readings, LAT, rules=rules)
        assert len(alone) == int(DAYS) - _open_end(filled.is_estimated[:, *cell])
        for day, rated in enumerate(alone):
            assert found["ffmc"][day, *cell] == rated.codes.ffmc
            assert found["dc"][day, *cell] == rated.codes.dc
            assert found["fwi"][day, *cell] == rated.indices.fwi
            assert filled.is_estimated[day, *cell] == rated.is_estimated


def _open_end(flags: Any) -> int:
    """Return how many days at the end are filled: a station's series ends with its last reading."""
    return int(np.argmin(flags[::-1]))


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("split", [1, 17, 43])
def test_days_that_are_cut_are_filled_to_the_same_bits(kind: Any, split: int) -> None:
    given = days_with_gaps(9, kind=kind)
    whole = fill_grid_gaps(given)
    head = fill_grid_gaps(cut(given, slice(split)))
    tail = fill_grid_gaps(cut(given, slice(split, None)), head.last)
    for name in NAMES:
        joined = np.concatenate([getattr(head.days, name), getattr(tail.days, name)])
        assert np.array_equal(joined, getattr(whole.days, name), equal_nan=True)
        assert joined.dtype == kind
    assert np.array_equal(tail.is_estimated, whole.is_estimated[split:])
    assert np.array_equal(tail.last.temp_c, whole.last.temp_c)


def test_a_gap_that_is_too_long_and_one_before_the_first_reading_stay_missing() -> None:
    given = days_with_gaps()
    for array in given.weather():
        array[:] = 5.0
        array[:3] = np.nan
        array[10:20] = np.nan
    filled = fill_grid_gaps(given, longest_gap_days=4)
    assert np.flatnonzero(filled.is_estimated).tolist() == [10, 11, 12, 13]
    assert np.flatnonzero(np.isnan(filled.days.rain_mm)).tolist() == [0, 1, 2, *range(14, 20)]
    assert filled.days.rain_mm[10] == 0.0
    assert np.isnan(given.rain_mm[10])  # what was given is not changed
    assert filled.last.missing_days == 0


def test_a_measured_rain_of_a_day_without_wind_does_not_lower_the_danger() -> None:
    given = days_with_gaps(1)
    for array in given.weather():
        array[:] = 12.0
    given.wind_kmh[5] = np.nan
    given.rain_mm[5] = 80.0
    filled = fill_grid_gaps(given, LastReadings.of_nothing((1,)))
    assert filled.days.rain_mm[5, 0] == 0.0
    assert filled.is_estimated.sum() == 1
