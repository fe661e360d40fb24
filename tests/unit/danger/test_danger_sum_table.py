"""A standard filled in by a bureau. Every number here is made up for the tests; none is of any standard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger import DangerRules, LicensedCopy, LimitSide, StepPart, SumTable, rate_sums
from firewatch.domain.scales import DangerGrade
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


def test_the_centres_ratings_rest_on_htz_and_say_so() -> None:
    with pytest.raises(InvalidValue, match="danger grade"):
        DangerRules.of(MADE_UP)
