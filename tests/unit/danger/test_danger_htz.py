"""The Chinese index: its worked examples, its edges, its rain memory."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from firewatch.adapters.danger_tables import htz_classes, load_danger_table
from firewatch.danger import HtzTable, RainMemory, grade_of, rate_parts
from firewatch.danger.htz import is_rain_certain, missing_readings, remember_rain
from firewatch.domain.danger import DangerGrade
from firewatch.domain.ids import StationId
from firewatch.domain.weather import Observation

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "danger_htz_worked_examples.csv"
DAY = date(2026, 4, 4)
LONG_DRY = RainMemory(DAY - timedelta(days=60))


@pytest.fixture(scope="module")
def table() -> HtzTable:
    loaded = load_danger_table("ly_t_1172_1995")
    assert isinstance(loaded, HtzTable)
    return loaded


def reading(**changed: float | None) -> Observation:
    calm: dict[str, float | None] = {"max_temp_c": 4.0, "min_rh_pct": 90.0, "max_wind_ms": 0.0} | changed
    noon = datetime(2026, 4, 4, 4, tzinfo=UTC)
    return Observation(StationId("hy"), noon, temp_c=-20.0, rh_pct=100.0, wind_kmh=0.0, rain_mm=0.0, **calm)


def worked_examples() -> list[dict[str, str]]:
    with GOLDEN.open(encoding="utf-8") as stream:
        return list(csv.DictReader(line for line in stream if not line.startswith("#")))


@pytest.mark.parametrize("row", worked_examples(), ids=lambda row: row["htz"])
def test_a_worked_example_comes_out_part_by_part(table: HtzTable, row: dict[str, str]) -> None:
    e = int(row["e"])
    rain = LONG_DRY
    if row["days_since"]:
        rained_on = DAY - timedelta(days=int(row["days_since"]))
        rain = remember_rain(rain, rained_on, float(row["last_rain_mm"]), table)
    weather = reading(**{name: float(row[name]) for name in ("max_temp_c", "min_rh_pct", "max_wind_ms")})
    parts = rate_parts(weather, DAY, rain, replace(table, correction_by_month=(e,) * 12))
    assert parts is not None
    assert {name: getattr(parts, name) for name in "abcde"} == {name: int(row[name]) for name in "abcde"}
    assert parts.total == int(row["htz"])
    assert grade_of(parts.total, table) is DangerGrade(int(row["grade"]))


@pytest.mark.shared
def test_the_shipped_numbers_are_those_of_the_gathered_sources(table: HtzTable, shared_data: Path) -> None:
    gathered = yaml.safe_load((shared_data / "danger" / "tables" / "chinese_standards.yaml").read_text("utf-8"))
    source = gathered["ly_t_1172_1995"]
    for ours, theirs in ((table.temperature, "A_max_temperature"), (table.wind, "D_max_wind")):
        assert list(ours.points) == [row["value"] for row in source[theirs]["bins"]]
        assert list(ours.limits) == [row["max"] for row in source[theirs]["bins"] if "max" in row]
    humid_first = source["B_min_relative_humidity"]["bins"]
    assert list(table.humidity.points) == [row["value"] for row in reversed(humid_first)]
    assert list(table.humidity.limits) == sorted(row["min"] for row in humid_first if "min" in row)
    rain = source["C_precipitation_and_dry_days"]
    assert [list(row) for row in table.rain.rows] == [row["values"] for row in rain["rows"]]
    amounts = [row["rain_mm"].removeprefix(">= ").partition(" ")[0] for row in rain["rows"]]
    assert list(table.rain.from_mm) == [float(amount) for amount in amounts]
    assert table.rain.dry_points == rain["beyond_8_days"] == rain["no_rain_or_below_0_3_mm"]
    e_by_month = source["E_phenology_correction"]["local_month_default_in_S1"]
    assert list(table.correction_by_month) == [e_by_month[month] for month in range(1, 13)]
    assert list(table.grade_limits) == [row["max"] for row in source["grades"]["bins"] if "max" in row]
    words = [one.name_zh.partition(" ")[2] for one in htz_classes("ours", table).classes]
    assert words == [row["danger_zh"] for row in source["grades"]["bins"]]
    unsure = {"A": "A_max", "B": "B_min", "C": "C_prec", "D": "D_max", "E": "E_phen"}
    status = {
        part: next(source[key]["status"] for key in source if key.startswith(start)) for part, start in unsure.items()
    }
    assert set(table.to_be_confirmed) == {part.lower() for part, mark in status.items() if mark == "verified_1"}


@pytest.mark.parametrize(
    ("changed", "part", "points"),
    [
        ({"max_temp_c": 5.0}, "a", 0),
        ({"max_temp_c": 5.05}, "a", 4),
        ({"max_temp_c": 25.0}, "a", 16),
        ({"max_temp_c": 25.1}, "a", 20),
        ({"min_rh_pct": 71.0}, "b", 0),
        ({"min_rh_pct": 70.5}, "b", 4),
        ({"min_rh_pct": 30.4}, "b", 20),
        ({"min_rh_pct": 31.0}, "b", 16),
        ({"max_wind_ms": 0.2}, "d", 0),
        ({"max_wind_ms": 0.25}, "d", 5),
        ({"max_wind_ms": 17.1}, "d", 35),
        ({"max_wind_ms": 40.0}, "d", 40),
    ],
)
def test_between_two_printed_bins_the_more_dangerous_counts(
    table: HtzTable, changed: dict[str, float], part: str, points: int
) -> None:
    parts = rate_parts(reading(**changed), DAY, LONG_DRY, table)
    assert getattr(parts, part) == points


@pytest.mark.parametrize(
    ("rain_mm", "days_since", "points"),
    [
        (0.29, 0, 50),
        (0.3, 0, 10),
        (2.0, 0, 10),
        (2.05, 0, 10),
        (2.1, 0, 5),
        (10.0, 0, 0),
        (10.1, 2, 5),
        (10.1, 8, 35),
        (10.1, 9, 50),
    ],
)
def test_rain_counts_by_amount_and_days_since(table: HtzTable, rain_mm: float, days_since: int, points: int) -> None:
    rain = remember_rain(LONG_DRY, DAY - timedelta(days=days_since), rain_mm, table)
    parts = rate_parts(reading(), DAY, rain, table)
    assert parts is not None
    assert parts.c == points


def test_the_last_rain_counts_however_small(table: HtzTable) -> None:
    rain = remember_rain(LONG_DRY, DAY - timedelta(days=2), 40.0, table)
    rain = remember_rain(rain, DAY - timedelta(days=1), 0.5, table)
    rain = remember_rain(rain, DAY, 0.2, table)
    assert rain == RainMemory(LONG_DRY.known_since, DAY - timedelta(days=1), 0.5)


def test_a_short_record_without_rain_is_uncertain_for_eight_days(table: HtzTable) -> None:
    memory = RainMemory(DAY)
    certain = [is_rain_certain(memory, DAY + timedelta(days=day), table) for day in range(10)]
    assert certain == [False] * 8 + [True] * 2
    assert is_rain_certain(remember_rain(memory, DAY, 3.0, table), DAY, table)


@pytest.mark.parametrize("name", ["max_temp_c", "min_rh_pct", "max_wind_ms"])
def test_without_an_extreme_there_is_no_grade_rather_than_a_low_one(table: HtzTable, name: str) -> None:
    lacking = reading(**{name: None})
    assert rate_parts(lacking, DAY, LONG_DRY, table) is None
    assert missing_readings(lacking) == (name,)
    assert missing_readings(reading()) == ()


def test_where_an_extreme_contradicts_noon_the_more_dangerous_counts(table: HtzTable) -> None:
    noon = replace(reading(), temp_c=26.0, rh_pct=25.0, wind_kmh=36.0)
    parts = rate_parts(noon, DAY, LONG_DRY, table)
    assert parts is not None
    assert (parts.a, parts.b, parts.d) == (20, 20, 25)


def test_the_correction_follows_the_month(table: HtzTable) -> None:
    parts = {month: rate_parts(reading(), date(2026, month, 1), LONG_DRY, table) for month in (1, 3, 7)}
    assert {month: found.e for month, found in parts.items() if found} == {1: 0, 3: 5, 7: 20}


@pytest.mark.parametrize(
    ("htz", "grade"), [(-20, 1), (25, 1), (26, 2), (50, 2), (51, 3), (72, 3), (73, 4), (90, 4), (91, 5), (130, 5)]
)
def test_a_grade_ends_at_its_printed_limit(table: HtzTable, htz: int, grade: int) -> None:
    assert grade_of(htz, table) is DangerGrade(grade)


@given(
    st.tuples(st.floats(-60, 60), st.floats(-60, 60)).map(sorted),
    st.tuples(st.floats(0, 100), st.floats(0, 100)).map(sorted),
    st.tuples(st.floats(0, 120), st.floats(0, 120)).map(sorted),
    st.tuples(st.floats(0, 300), st.floats(0, 300)).map(sorted),
    st.integers(0, 12),
)
def test_hotter_drier_windier_and_less_rain_never_lower_the_index(
    temps: list[float], humidities: list[float], winds: list[float], rains: list[float], days_since: int
) -> None:
    table = load_danger_table("ly_t_1172_1995")
    assert isinstance(table, HtzTable)
    totals = []
    for temp, rh, wind, rain_mm in (
        (temps[0], humidities[1], winds[0], rains[1]),
        (temps[1], humidities[0], winds[1], rains[0]),
    ):
        rain = remember_rain(LONG_DRY, DAY - timedelta(days=days_since), rain_mm, table)
        parts = rate_parts(reading(max_temp_c=temp, min_rh_pct=rh, max_wind_ms=wind), DAY, rain, table)
        assert parts is not None
        totals.append(parts.total)
    assert totals[1] >= totals[0]
