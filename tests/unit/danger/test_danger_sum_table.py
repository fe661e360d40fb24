"""A standard filled in by a bureau. Every number here is made up for the tests; none is of any standard."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger import (
    DangerRules,
    EmptyTable,
    LicensedCopy,
    LimitSide,
    StepPart,
    SumTable,
    rate_series,
    rate_sums,
    start_station,
    sum_parts,
)
from firewatch.danger.rating import MARK_RAIN_UNKNOWN, MARK_UNCONFIRMED
from firewatch.domain.danger import DangerRating, SumParts
from firewatch.domain.ids import StationId
from firewatch.domain.scales import DangerGrade
from firewatch.domain.weather import Observation
from firewatch.errors import InvalidValue

HEAT = StepPart("heat", "max_temp_c", (10.0, 20.0), (0.0, 1.0, 2.0), LimitSide.LOWER, "made up")
DRY = StepPart("dry", "min_rh_pct", (30.0, 60.0), (3.0, 1.0, 0.0), LimitSide.UPPER, "made up")
RAIN = StepPart("rain", "rain_mm", (0.5,), (1.0, 0.0), LimitSide.UPPER, "made up")
WET = StepPart("wet", "rh_pct", (90.0,), (0.0, 1.0), LimitSide.UPPER, "made up")
MADE_UP = SumTable(
    scheme="TEST 1-2026",
    name_zh="虚构的测试标准",
    name_en="fictitious, for tests",
    copy=LicensedCopy("a fictitious document", "A", "B", "2026-01-01"),
    added=(HEAT, DRY),
    subtracted=(WET,),
    factors=(RAIN,),
    grade_limits=(0.0, 1.0, 2.0, 4.0),
    limit_in=LimitSide.LOWER,
)


def rate(**readings: float) -> tuple[float, DangerGrade | None]:
    given_ = {"max_temp_c": 25.0, "min_rh_pct": 20.0, "rain_mm": 0.0, "rh_pct": 50.0} | readings
    rated = rate_sums({name: np.array([value]) for name, value in given_.items()}, MADE_UP)
    return float(rated.total[0]), rated.grades[0]


@pytest.mark.parametrize(
    ("readings", "total", "grade"),
    [
        ({}, 5.0, DangerGrade.EXTREME),
        ({"rh_pct": 90.0}, 4.0, DangerGrade.HIGH),
        ({"max_temp_c": 20.0}, 4.0, DangerGrade.HIGH),
        ({"max_temp_c": 20.1}, 5.0, DangerGrade.EXTREME),
        ({"min_rh_pct": 29.9}, 5.0, DangerGrade.EXTREME),
        ({"min_rh_pct": 30.0}, 3.0, DangerGrade.HIGH),
        ({"min_rh_pct": 60.0}, 2.0, DangerGrade.ELEVATED),
        ({"min_rh_pct": 60.0, "max_temp_c": 15.0}, 1.0, DangerGrade.MODERATE),
        ({"rain_mm": 0.5}, 0.0, DangerGrade.LOW),
        ({"rain_mm": 0.49}, 5.0, DangerGrade.EXTREME),
    ],
)
def test_points_add_up_and_a_total_has_its_grade_on_the_limit_too(
    readings: dict[str, float], total: float, grade: DangerGrade
) -> None:
    assert rate(**readings) == (total, grade)


def test_the_other_side_of_a_limit_is_a_choice_of_the_table() -> None:
    upper = replace(MADE_UP, limit_in=LimitSide.UPPER)
    readings = {"max_temp_c": 20.0, "min_rh_pct": 20.0, "rain_mm": 0.0, "rh_pct": 50.0}
    assert rate_sums({name: np.array([v]) for name, v in readings.items()}, upper).grades == (DangerGrade.EXTREME,)


@pytest.mark.parametrize("name", ["max_temp_c", "min_rh_pct", "rain_mm", "rh_pct"])
def test_a_missing_reading_gives_no_grade_rather_than_a_low_one(name: str) -> None:
    total, grade = rate(**{name: float("nan")})
    assert np.isnan(total)
    assert grade is None


def test_the_parts_are_told_by_name_and_the_shape_is_kept() -> None:
    readings = {name: np.full((2, 3), 50.0) for name in MADE_UP.readings} | {"max_temp_c": np.full((2, 3), 15.0)}
    rated = rate_sums(readings, MADE_UP)
    assert {name: points.shape for name, points in rated.points.items()} == dict.fromkeys(
        ("heat", "dry", "wet", "rain"), (2, 3)
    )
    assert rated.total.shape == (2, 3)
    assert len(rated.grades) == 6


def test_a_reading_that_is_lacking_altogether_is_named() -> None:
    with pytest.raises(InvalidValue, match="also min_rh_pct"):
        rate_sums({"max_temp_c": np.zeros(1), "rain_mm": np.zeros(1), "rh_pct": np.zeros(1)}, MADE_UP)


@given(st.tuples(st.floats(-60, 60), st.floats(-60, 60)).map(sorted))
def test_where_points_rise_with_the_reading_the_grade_never_falls(temps: list[float]) -> None:
    grades = [rate(max_temp_c=temp)[1] for temp in temps]
    assert grades[0] is not None
    assert grades[1] is not None
    assert not grades[0].is_worse_than(grades[1])


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({"name": "Heat!"}, "lower-case"),
        ({"page": " "}, "characters"),
        ({"reading": "fuel_moisture"}, "one of max_temp_c"),
        ({"limits": (), "points": (1.0,)}, "ascending"),
        ({"limits": (20.0, 10.0)}, "ascending"),
        ({"limits": (10.0, 10.0)}, "ascending"),
        ({"limits": (10.0, 80.0)}, "-60 to 60 deg C"),
        ({"limits": (10.0, float("nan"))}, "ascending"),
        ({"points": (0.0, 1.0)}, "one more than limits"),
        ({"points": (0.0, 2.0, 1.0)}, "rise, or fall"),
        ({"points": (0.0, 1.0, float("inf"))}, "rise, or fall"),
    ],
)
def test_a_part_that_cannot_be_is_refused(changed: dict[str, object], allowed: str) -> None:
    with pytest.raises(InvalidValue, match=allowed):
        replace(HEAT, **changed)


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({"scheme": ""}, "characters"),
        ({"added": ()}, "at least one"),
        ({"subtracted": (replace(WET, name="heat"),)}, "each name once"),
        ({"factors": (replace(RAIN, points=(1.0, -1.0)),)}, "at least 0"),
        ({"grade_limits": (0.0, 1.0, 2.0)}, "five grades"),
        ({"grade_limits": (0.0, 1.0, 1.0, 2.0)}, "ascending"),
        ({"to_be_confirmed": ("heta",)}, "names of parts: heat, dry, wet, rain"),
        ({"dry_below_mm": 1.0}, "dry_days"),
        ({"subtracted": (replace(WET, reading="dry_days"),)}, "dry_days"),
        ({"subtracted": (replace(WET, reading="dry_days"),), "dry_below_mm": -1.0}, "dry_days"),
    ],
)
def test_a_table_that_cannot_be_is_refused(changed: dict[str, object], allowed: str) -> None:
    with pytest.raises(InvalidValue, match=allowed):
        replace(MADE_UP, **changed)


def test_two_people_answer_for_a_filled_table() -> None:
    with pytest.raises(InvalidValue, match="another person"):
        LicensedCopy("a document", "A", " A", "2026-01-01")
    with pytest.raises(InvalidValue, match="filled_by"):
        LicensedCopy("a document", "", "B", "2026-01-01")


@given(
    st.floats(-40, 45),
    st.floats(0, 100),
    st.floats(0, 100),
    st.floats(0, 60),
    st.sampled_from((10.0, 20.0, 30.0, 60.0)),
)
def test_one_day_is_rated_as_many_are(temp: float, rh: float, lowest: float, rain: float, on_a_limit: float) -> None:
    for highest, low in ((temp, lowest), (on_a_limit, on_a_limit)):
        day = {"max_temp_c": highest, "min_rh_pct": low, "rain_mm": rain, "rh_pct": rh}
        total, grade = rate(**day)
        parts = sum_parts(day, MADE_UP)
        assert parts.total == total
        assert MADE_UP.grade_of(parts.total) is grade
        assert [part.name for part in parts.parts] == ["heat", "dry", "wet", "rain"]


def test_what_is_rain_is_a_choice_of_the_table() -> None:
    assert [MADE_UP.is_rain(mm) for mm in (0.0, 0.1)] == [False, True]
    with_spell = replace(MADE_UP, subtracted=(replace(WET, reading="dry_days"),), dry_below_mm=1.0)
    assert [with_spell.is_rain(mm) for mm in (0.9, 1.0)] == [False, True]


NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
SPELL = StepPart("spell", "dry_days", (1.0, 3.0), (0.0, 1.0, 2.0), LimitSide.UPPER, "made up")
WITH_SPELL = replace(MADE_UP, added=(HEAT, DRY, SPELL), dry_below_mm=0.5, to_be_confirmed=("spell",))


def days(*rain_mm: float, **changed: float | None) -> list[Observation]:
    noon = Observation(StationId("hy"), NOON, 18.0, 40.0, 10.0, 0.0, 25.0, 20.0, 5.0)
    return [
        replace(noon, observed_at=NOON + timedelta(days=n), rain_mm=mm, **(changed if n == len(rain_mm) - 1 else {}))
        for n, mm in enumerate(rain_mm)
    ]


def series(table: SumTable, readings: list[Observation]) -> tuple[DangerRating, ...]:
    return rate_series(start_station(26.9), readings, DangerRules.of(table)).ratings


def test_a_station_is_rated_by_a_filled_standard_with_its_parts_and_marks() -> None:
    ratings = series(WITH_SPELL, days(0.0, 0.0, 0.5, 0.0, 0.0, 0.0))
    spells = [next(part.points for part in parts_of(one).parts if part.name == "spell") for one in ratings]
    # How long it was dry before the record is not known: it counts as dry, and says so.
    assert spells == [2.0, 2.0, 0.0, 1.0, 1.0, 2.0]
    assert [MARK_RAIN_UNKNOWN in one.marks for one in ratings] == [True, True, False, False, False, False]
    assert {f"{MARK_UNCONFIRMED}.spell" in one.marks for one in ratings} == {True}
    assert {one.scheme for one in ratings} == {"TEST 1-2026"}
    assert [one.grade for one in ratings] == [WITH_SPELL.grade_of(parts_of(one).total) for one in ratings]


def parts_of(rating: DangerRating) -> SumParts:
    assert isinstance(rating.parts, SumParts)
    return rating.parts


@pytest.mark.parametrize("name", ["max_temp_c", "min_rh_pct"])
def test_a_missing_extreme_gives_no_grade_and_is_named(name: str) -> None:
    rating = series(WITH_SPELL, days(1.0, 0.0, **{name: None}))[-1]
    assert (rating.grade, rating.parts, rating.missing) == (None, None, (name,))


def test_an_extreme_that_the_standard_does_not_read_may_be_missing() -> None:
    assert series(MADE_UP, days(0.0, max_wind_ms=None))[0].missing == ()


@pytest.mark.parametrize(
    ("changed", "heat", "dry"), [({"max_temp_c": 5.0}, 1.0, 3.0), ({"min_rh_pct": 70.0}, 2.0, 1.0)]
)
def test_of_extreme_and_noon_reading_the_more_dangerous_counts(
    changed: dict[str, float], heat: float, dry: float
) -> None:
    points = {part.name: part.points for part in parts_of(series(MADE_UP, days(0.0, **changed))[0]).parts}
    assert (points["heat"], points["dry"]) == (heat, dry)


@given(st.lists(st.sampled_from((0.0, 0.4, 0.5, 12.0)), min_size=2, max_size=12), st.integers(1, 11))
def test_a_series_rated_in_two_calls_equals_the_series_rated_in_one(rain: list[float], cut: int) -> None:
    readings, rules = days(*rain), DangerRules.of(WITH_SPELL)
    whole = rate_series(start_station(26.9), readings, rules)
    first = rate_series(start_station(26.9), readings[:cut], rules)
    if readings[cut:]:
        second = rate_series(first.state, readings[cut:], rules)
        assert first.ratings + second.ratings == whole.ratings


def test_an_empty_slot_rates_nothing() -> None:
    with pytest.raises(InvalidValue, match="a filled table; nobody has typed it in"):
        DangerRules.of(EmptyTable("TEST 2-2026", "nobody has typed it in"))
