from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from firewatch.domain.danger import (
    DangerGrade,
    DangerRating,
    FwiIndices,
    HtzParts,
    MoistureCodes,
    NamedPart,
    Outlook,
    PartRole,
    SumParts,
    WarningSignal,
)
from firewatch.domain.ids import StationId
from firewatch.errors import InvalidValue

RATING = DangerRating(
    station_id=StationId("hengyang"),
    weather_day=date(2026, 4, 4),
    valid_at=datetime(2026, 4, 4, 4, tzinfo=UTC),
    codes=MoistureCodes(90.0, 40.0, 300.0),
    indices=FwiIndices(9.0, 60.0, 25.0, 8.0),
    grade=DangerGrade.HIGH,
    scheme="LY/T 1172-1995",
    parts=HtzParts(20, 20, 30, 20, 10),
)


def test_a_bigger_grade_is_more_dangerous() -> None:
    assert [grade.value for grade in DangerGrade] == [1, 2, 3, 4, 5]
    assert DangerGrade.EXTREME.is_worse_than(DangerGrade.LOW)


def test_grades_and_signals_name_their_texts() -> None:
    assert DangerGrade.HIGH.text_key == "danger.grade.4"
    assert WarningSignal.RED.text_key == "danger.signal.red"


@pytest.mark.parametrize("codes", [(-0.1, 0, 0), (101.1, 0, 0), (85, -1, 0), (85, 0, -1), (float("nan"), 0, 0)])
def test_codes_keep_to_their_scales(codes: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidValue):
        MoistureCodes(*codes)


@pytest.mark.parametrize("place", range(4))
def test_indices_are_never_negative(place: int) -> None:
    values = [1.0] * 4
    values[place] = -0.1
    with pytest.raises(InvalidValue):
        FwiIndices(*values)


def test_the_parts_add_up() -> None:
    assert HtzParts(20, 20, 50, 15, 5).total == 100
    with pytest.raises(InvalidValue, match="HTZ part E"):
        HtzParts(0, 0, 0, 0, -5)


HEAT = NamedPart("heat", PartRole.ADDED, "max_temp_c", 2.0)


def test_the_parts_of_a_filled_standard_add_up_by_their_roles() -> None:
    parts = SumParts(
        (
            replace(HEAT, name="damp", role=PartRole.FACTOR, points=0.5),
            HEAT,
            replace(HEAT, name="spell", points=3.0),
            replace(HEAT, name="wet", role=PartRole.SUBTRACTED, points=1.0),
        )
    )
    assert parts.total == (2.0 + 3.0 - 1.0) * 0.5


@pytest.mark.parametrize("parts", [(), (HEAT, HEAT)])
def test_the_parts_of_a_filled_standard_are_named_once_each(parts: tuple[NamedPart, ...]) -> None:
    with pytest.raises(InvalidValue, match="each name once"):
        SumParts(parts)


@pytest.mark.parametrize("changed", [{"name": " "}, {"reading": ""}, {"points": float("nan")}])
def test_a_part_that_cannot_be_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        replace(HEAT, **changed)


def test_a_grade_comes_with_its_parts_or_names_what_is_missing() -> None:
    assert replace(RATING, grade=None, parts=None, missing=("max_temp_c",)).grade is None
    for wrong in (
        {"parts": None},
        {"grade": None},
        {"grade": None, "parts": None},
        {"missing": ("max_temp_c",)},
    ):
        with pytest.raises(InvalidValue):
            replace(RATING, **wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"station_id": "Heng Yang"}, {"valid_at": datetime(2026, 4, 4)}, {"scheme": ""}],  # noqa: DTZ001 - refused
)
def test_a_rating_has_a_station_an_instant_and_a_table(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        replace(RATING, **wrong)


def test_an_outlook_is_of_one_station() -> None:
    assert Outlook(RATING.station_id, "open-meteo", RATING.valid_at, (RATING,)).ratings == (RATING,)
    with pytest.raises(InvalidValue, match="stations of an outlook"):
        Outlook(StationId("leiyang"), "open-meteo", RATING.valid_at, (RATING,))
