"""The diurnal Fine Fuel Moisture Code: its shipped tables, and what it reads from them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.adapters.diurnal_tables import load_diurnal_tables, parse_diurnal_tables
from firewatch.danger import DiurnalGrid, HumidityLimits, diurnal_fine_fuel_moisture_code
from firewatch.errors import ConfigError, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firewatch.danger import DiurnalTables

TABLES = load_diurnal_tables()
FFMC = st.floats(0.0, 101.0)
RH = st.floats(0.0, 100.0)
MINUTE = st.floats(0.0, 1440.0, exclude_max=True)
NAN = float("nan")
# Of the program from whose tables ours are (gagreene/cffdrs @ 897083c9): daily code, humidity, hour, minute, code.
PUBLISHED = [
    (20.0, 15.0, 6, 0, 48.52),
    (20.0, 15.0, 11, 45, 80.90678),
    (20.0, 40.0, 9, 0, 45.32),
    (20.0, 60.0, 7, 30, 37.86),
    (20.0, 68.0, 7, 30, 31.86),
    (20.0, 87.0, 6, 0, 29.24),
    (20.0, 15.0, 15, 30, 19.95),
    (20.0, 15.0, 23, 30, 24.19),
    (20.0, 15.0, 2, 15, 26.225),
    (20.0, 15.0, 5, 30, 28.83),
    (45.0, 40.0, 5, 30, 40.775),
    (60.0, 40.0, 11, 45, 77.562712),
]


def read(ffmc: float, rh: float, minute: float) -> float:
    """Return one code by the shipped tables."""
    return float(diurnal_fine_fuel_moisture_code(ffmc, rh, minute, TABLES))


@pytest.mark.parametrize(("ffmc", "rh", "hour", "minute", "want"), PUBLISHED)
def test_published_codes_are_reproduced(ffmc: float, rh: float, hour: int, minute: int, want: float) -> None:
    assert read(ffmc, rh, hour * 60 + minute) == pytest.approx(want, abs=5e-7)


@pytest.mark.shared
def test_all_1001_published_codes_are_reproduced(shared_data: Path) -> None:
    table = np.loadtxt(shared_data / "danger" / "lawson" / "lawson_vectors.csv", delimiter=",", skiprows=1)
    ffmc, rh, hour, minute, want = table.T
    assert len(table) == 1001
    code = diurnal_fine_fuel_moisture_code(ffmc, rh, hour * 60.0 + minute, TABLES)
    np.testing.assert_allclose(code, want, rtol=0.0, atol=5e-7)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "table"), [("H", "humid"), ("M", "moderate"), ("L", "dry"), ("MAIN", "overnight")])
def test_the_shipped_tables_are_the_gathered_ones(shared_data: Path, name: str, table: str) -> None:
    gathered = np.loadtxt(shared_data / "danger" / "lawson" / f"table_{name}.csv", delimiter=",", skiprows=1)
    ours = getattr(TABLES, table)
    by_time = {int(row[0]): tuple(row[1:]) for row in gathered}
    for minute, row in zip(ours.minutes, ours.rows, strict=True):
        hours, rest = divmod(minute if minute <= 1500 else minute - 1440, 60)
        assert by_time[int(hours * 100 + rest)] == row


@pytest.mark.parametrize("ffmc", [17.5, 30.0, 55.0, 77.0, 89.0])
def test_at_four_in_the_afternoon_the_code_is_the_daily_one(ffmc: float) -> None:
    assert read(ffmc, 50.0, 16 * 60) == pytest.approx(ffmc)


@given(FFMC, RH, MINUTE)
def test_the_code_stays_on_its_scale(ffmc: float, rh: float, minute: float) -> None:
    assert 0.0 <= read(ffmc, rh, minute) <= 101.0


@given(FFMC, RH, RH, MINUTE)
def test_in_drier_air_the_code_is_never_lower(ffmc: float, rh: float, other: float, minute: float) -> None:
    dry, humid = sorted((rh, other))
    assert read(ffmc, dry, minute) >= read(ffmc, humid, minute)


@given(FFMC, FFMC, st.one_of(st.floats(0.0, 359.0), st.floats(720.0, 1439.0)))
def test_from_noon_to_six_a_higher_daily_code_never_reads_lower(ffmc: float, other: float, minute: float) -> None:
    # In the morning's table for dry air the wettest daily codes read up to 0.5 higher than those above them.
    lower, higher = sorted((ffmc, other))
    assert read(higher, 50.0, minute) >= read(lower, 50.0, minute) - 1e-9


@given(FFMC, MINUTE)
def test_from_noon_to_six_the_humidity_is_not_read(ffmc: float, minute: float) -> None:
    code = read(ffmc, NAN, minute)
    assert np.isnan(code) == (360.0 <= minute < 720.0)


def test_a_wetter_code_than_the_tables_hold_reads_as_their_wettest() -> None:
    assert read(3.0, 50.0, 900) == read(17.5, 50.0, 900)


@pytest.mark.parametrize("minute", [30.0, 420.0, 800.0])
def test_a_missing_daily_code_gives_no_code(minute: float) -> None:
    assert np.isnan(read(NAN, 50.0, minute))


def test_a_missing_time_gives_no_code() -> None:
    assert np.isnan(read(85.0, 50.0, NAN))


def test_arrays_broadcast_and_a_cell_equals_the_station() -> None:
    codes = diurnal_fine_fuel_moisture_code(np.array([[40.0], [85.0]]), 60.0, np.arange(0, 1440, 37.0), TABLES)
    assert codes.shape == (2, 39)
    assert codes[1, 17] == read(85.0, 60.0, 17 * 37.0)


@pytest.mark.parametrize("minute", [-1.0, 1440.0])
def test_a_time_that_no_day_has_is_refused(minute: float) -> None:
    with pytest.raises(InvalidValue, match="below 1440"):
        read(85.0, 50.0, minute)


GRID = DiurnalGrid((360.0, 720.0), (17.5, 101.0), ((20.0, 90.0), (30.0, 95.0)))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: replace(GRID, minutes=(720.0, 360.0)), "ascending"),
        (lambda: replace(GRID, ffmc=(17.5,)), "at least two"),
        (lambda: replace(GRID, rows=((20.0, 90.0),)), "2 rows of 2 codes"),
        (lambda: replace(GRID, rows=((20.0, 90.0), (30.0, 101.5))), "101.5"),
        (lambda: HumidityLimits((360.0, 420.0), (80.0,), (60.0, 50.0)), "one length"),
        (lambda: HumidityLimits((360.0, 420.0), (80.0, 70.0), (60.0, 75.0)), "dry <= humid"),
        (lambda: replace(TABLES, overnight=GRID), "720 to 1800"),
        (lambda: replace(TABLES, humid=GRID), "those of the overnight table"),
    ],
)
def test_tables_that_contradict_themselves_are_refused(build: Callable[[], DiurnalTables], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        build()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff", "UTF-8"),
        (b"name = 1", "Expected"),
        (b"nonsense", "diurnal tables"),
    ],
)
def test_a_file_that_holds_no_tables_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_diurnal_tables(content, "ours.toml")


def test_a_file_whose_table_contradicts_itself_is_refused_by_name() -> None:
    small = "minutes = [720, 1800]\nrows = [[20, 90], [30, 95]]\n"
    morning = "minutes = [360, 719]\nrows = [[20, 90], [30, 95]]\n"
    text = 'name = "ours"\nsources = "ours"\nffmc = [17.5, 101.0]\n[overnight]\n' + small
    for air in ("humid", "moderate", "dry"):
        text += f"[morning.{air}]\n{morning}"
    text += "[humidity]\nbefore_minutes = [420, 720]\nhumid_above_pct = [80, 70]\ndry_below_pct = [60, 50]\n"
    with pytest.raises(ConfigError, match=r"ours\.toml: minutes of a diurnal table"):
        parse_diurnal_tables(text.encode(), "ours.toml")
    assert parse_diurnal_tables(text.replace("719", "720").encode(), "ours.toml").dry.rows[1] == (30.0, 95.0)
