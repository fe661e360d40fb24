"""HTZ of a table's rows: the same as of a station's series, however the rows stand; missing is never low."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.adapters.danger_tables import load_danger_table
from firewatch.danger import DangerRules, HtzDays, HtzTable, dry_spells, rate_series, run_htz, start_station
from firewatch.danger.rating import MARK_RAIN_UNKNOWN
from firewatch.domain.ids import StationId
from firewatch.domain.weather import Observation
from firewatch.errors import InvalidValue

FIRST = date(2026, 2, 20)
DAY = st.tuples(
    st.floats(-5, 40), st.floats(0, 100), st.floats(0, 25), st.sampled_from([0.0, 0.0, 0.2, 0.3, 2.1, 30.0])
)


def table() -> HtzTable:
    loaded = load_danger_table("ly_t_1172_1995")
    assert isinstance(loaded, HtzTable)
    return loaded


def rows(weather: list[tuple[float, float, float, float]], station: int = 0) -> HtzDays:
    highest, lowest, strongest, rain = (np.array(column, dtype=float) for column in zip(*weather, strict=True))
    days = np.datetime64(FIRST) + np.arange(len(weather))
    return HtzDays(np.full(len(weather), station), days, highest, lowest, strongest, rain)


def pick(days: HtzDays, order: np.ndarray) -> HtzDays:
    return HtzDays(*(getattr(days, name)[order] for name in HtzDays.__dataclass_fields__))


@settings(max_examples=40)
@given(st.lists(DAY, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_rows_in_any_order_rate_as_the_series_does(weather: list[tuple[float, ...]], chance: object) -> None:
    readings = []
    for number, (highest, lowest, strongest, rain) in enumerate(weather):
        noon = datetime(FIRST.year, FIRST.month, FIRST.day, 4, tzinfo=UTC) + timedelta(days=number)
        calm = Observation(StationId("hy"), noon, temp_c=-20.0, rh_pct=100.0, wind_kmh=0.0, rain_mm=rain)
        readings.append(replace(calm, max_temp_c=highest, min_rh_pct=lowest, max_wind_ms=strongest))
    series = rate_series(start_station(26.9), readings, DangerRules.of(table())).ratings
    order = list(range(len(weather)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    htz = run_htz(pick(rows(weather), np.array(order)), table())
    for place, at in enumerate(order):
        parts = series[at].parts
        assert parts is not None
        assert htz.parts[place].tolist() == [parts.a, parts.b, parts.c, parts.d, parts.e]
        assert htz.total[place] == parts.total
        assert htz.is_rain_certain[place] == (MARK_RAIN_UNKNOWN not in series[at].marks)


def test_stations_have_rain_of_their_own() -> None:
    wet, dry = rows([(20.0, 50.0, 2.0, 12.0)] * 2), rows([(20.0, 50.0, 2.0, 0.0)] * 2, station=1)
    both = HtzDays(*(np.concatenate([getattr(wet, name), getattr(dry, name)]) for name in HtzDays.__dataclass_fields__))
    htz = run_htz(pick(both, np.array([0, 2, 1, 3])), table())
    assert htz.parts[:, 2].tolist() == [0.0, 50.0, 0.0, 50.0]


@pytest.mark.parametrize("column", ["max_temp_c", "min_rh_pct", "max_wind_ms", "rain_mm"])
def test_a_missing_reading_gives_no_total_and_a_missing_rain_forgets_the_rain_before(column: str) -> None:
    days = rows([(20.0, 50.0, 2.0, 12.0), (20.0, 50.0, 2.0, 0.0), (20.0, 50.0, 2.0, 0.0)])
    getattr(days, column)[1] = np.nan
    htz = run_htz(days, table())
    assert np.isnan(htz.total).tolist() == [False, True, False]
    assert np.isnan(htz.parts).all(axis=1).tolist() == [False, True, False]
    # Without the rain of the day between, the last rain is not known any more: the driest counts, and says so.
    assert htz.parts[2, 2] == (50.0 if column == "rain_mm" else 5.0)
    assert htz.is_rain_certain[2] == (column != "rain_mm")


def test_after_a_missing_day_the_rain_before_is_not_known() -> None:
    days = rows([(20.0, 50.0, 2.0, 12.0), (20.0, 50.0, 2.0, 0.0), (20.0, 50.0, 2.0, 0.0)])
    htz = run_htz(pick(days, np.array([0, 2])), table())
    assert htz.parts[:, 2].tolist() == [0.0, 50.0]
    assert htz.is_rain_certain.tolist() == [True, False]


def test_a_day_twice_is_refused() -> None:
    with pytest.raises(InvalidValue, match="one row a station and day"):
        run_htz(pick(rows([(20.0, 50.0, 2.0, 0.0)] * 2), np.array([0, 1, 1])), table())


def test_a_dry_spell_counts_from_a_rain_that_was_seen() -> None:
    rain = np.array([0.0, 5.0, 0.1, 0.0, np.nan, 0.0, 0.3, 0.0])
    days = np.datetime64(FIRST) + np.array([0, 1, 2, 3, 4, 5, 6, 8])
    spells = dry_spells(np.zeros(8, dtype=int), days, rain, 0.3)
    assert spells.tolist()[:4] == pytest.approx([np.nan, 0.0, 1.0, 2.0], nan_ok=True)
    assert spells.tolist()[4:] == pytest.approx([np.nan, np.nan, 0.0, np.nan], nan_ok=True)
    with pytest.raises(InvalidValue, match="one row"):
        dry_spells(np.zeros(2, dtype=int), days[[0, 0]], rain[:2], 0.3)
