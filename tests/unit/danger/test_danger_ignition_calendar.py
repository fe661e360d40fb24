"""The days of the ignition calendar: windows, seasons, lunar days, and what a model reads from them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger.ignition_calendar import (
    Around,
    Between,
    CivilDay,
    IgnitionCalendar,
    LunarDay,
    LunarDays,
    Occasion,
    SolarTerm,
    calendar_columns,
    occasions_on,
)
from firewatch.danger.season_rules import FirePreventionPeriod, MonthDay
from firewatch.domain.lunar import LunarDate, lunar_date_of, qingming
from firewatch.errors import InvalidValue

DAYS = st.dates(date(1950, 1, 1), date(2100, 12, 31))
QINGMING = Around(SolarTerm.QINGMING, 10, 5)


def an_occasion(when: object = QINGMING, key: str = "qingming", **more: object) -> Occasion:
    return Occasion(key, "清明", "Qingming", when, "a test", **more)  # type: ignore[arg-type]


def a_calendar(*occasions: Occasion) -> IgnitionCalendar:
    return IgnitionCalendar("test", occasions or (an_occasion(),))


@given(DAYS)
def test_the_days_around_qingming_are_counted_from_it(day: date) -> None:
    offset = (day - qingming(day.year)).days
    assert QINGMING.offset_on(day) == (offset if -10 <= offset <= 5 else None)


@pytest.mark.parametrize(
    ("anchor", "day", "offset"),
    [
        (LunarDay(1, 1), date(2027, 2, 5), -1),  # New Year's Eve, in the lunar year before
        (LunarDay(1, 1), date(2027, 2, 6), 0),
        (LunarDay(12, 24), date(2028, 1, 20), 0),  # the twelfth month of lunar 2027 lies in 2028
        (LunarDay(7, 15), date(2027, 8, 16), 0),
        (SolarTerm.WINTER_SOLSTICE, date(2027, 12, 22), 0),
        (CivilDay(MonthDay(1, 1)), date(2026, 12, 31), -1),  # over the turn of the year
        (CivilDay(MonthDay(12, 31)), date(2027, 1, 1), 1),
        (CivilDay(MonthDay(2, 29)), date(2027, 3, 1), 0),
        (CivilDay(MonthDay(2, 29)), date(2028, 2, 29), 0),
        (LunarDay(1, 1), date(1950, 1, 1), None),
        (SolarTerm.QINGMING, date(1950, 1, 1), None),
        (CivilDay(MonthDay(12, 31)), date(2100, 12, 31), 0),
    ],
)
def test_a_window_finds_its_anchor_in_the_right_year(anchor: object, day: date, offset: int | None) -> None:
    assert Around(anchor, 1, 1).offset_on(day) == offset  # type: ignore[arg-type]


def test_a_festival_is_not_repeated_in_a_leap_month() -> None:
    """The fifth day of the fifth month of 2009 was 28 May; 2009 had a leap fifth month, from 23 June."""
    days = [date(2009, 5, 1) + timedelta(days=n) for n in range(120)]
    assert [day for day in days if Around(LunarDay(5, 5), 0, 0).offset_on(day) == 0] == [date(2009, 5, 28)]
    assert lunar_date_of(date(2009, 6, 27)) == LunarDate(2009, 5, is_leap=True, day=5)


@given(st.integers(0, 60), st.integers(0, 60))
def test_closeness_is_one_on_the_day_and_falls_evenly_to_nothing(before: int, after: int) -> None:
    around = Around(SolarTerm.QINGMING, before, after)
    assert around.closeness(0) == 1.0
    assert around.closeness(-before - 1) == 0.0 or before == after == 0
    steps = [around.closeness(offset) for offset in range(after + 1)]
    assert np.allclose(np.diff(steps), -1.0 / (after + 1))
    assert 0.0 < around.closeness(-before) <= 1.0


def test_a_season_may_go_over_the_turn_of_the_year() -> None:
    season = Between(FirePreventionPeriod(MonthDay(11, 15), MonthDay(2, 10)))
    assert [season.offset_on(day) for day in (date(2026, 12, 31), date(2027, 2, 10), date(2027, 2, 11))] == [0, 0, None]


@given(DAYS)
def test_the_first_and_fifteenth_are_those_of_the_lunar_month(day: date) -> None:
    assert (LunarDays((1, 15)).offset_on(day) == 0) is (lunar_date_of(day).day in {1, 15})


def test_an_occasion_of_one_place_holds_there_alone() -> None:
    calendar = a_calendar(an_occasion(places=("nanyue",)), an_occasion(LunarDays((1, 15)), "lunar"))
    day = date(2027, 4, 7)  # two days after Qingming, and the first of the third month
    assert [each.occasion.key for each in occasions_on(day, calendar)] == ["lunar"]
    assert [each.occasion.key for each in occasions_on(day, calendar, "hengyang")] == ["lunar"]
    found = occasions_on(day, calendar, "nanyue")
    assert [(each.occasion.key, each.offset_days) for each in found] == [("qingming", 2), ("lunar", 0)]


def test_a_model_reads_windows_closeness_weekends_and_the_season() -> None:
    calendar = a_calendar(
        an_occasion(),
        an_occasion(Around(LunarDay(9, 9), 0, 0), "ninth"),
        an_occasion(Between(FirePreventionPeriod(MonthDay(3, 1), MonthDay(4, 30))), "farm"),
    )
    days = [date(2027, 4, 3), date(2027, 4, 5), date(2027, 10, 8), date(2027, 10, 9)]
    columns = calendar_columns(days, ["x"] * 4, calendar)
    assert list(columns) == [
        "occasion.qingming",
        "occasion.qingming.closeness",
        "occasion.ninth",
        "occasion.farm",
        "weekend",
        "season.cos",
        "season.sin",
    ]
    assert columns["occasion.qingming"].tolist() == [1, 1, 0, 0]
    assert columns["occasion.qingming.closeness"].tolist() == [1 - 2 / 11, 1, 0, 0]
    assert columns["occasion.ninth"].tolist() == [0, 0, 1, 0]
    assert columns["occasion.farm"].tolist() == [1, 1, 0, 0]
    assert columns["weekend"].tolist() == [1, 0, 0, 1]
    assert np.allclose(columns["season.cos"] ** 2 + columns["season.sin"] ** 2, 1.0)


@given(DAYS)
def test_every_day_of_the_lunar_calendar_can_be_asked_about(day: date) -> None:
    anchors = (SolarTerm.QINGMING, SolarTerm.WINTER_SOLSTICE, LunarDay(1, 1), CivilDay(MonthDay(10, 1)))
    calendar = a_calendar(*(an_occasion(Around(anchor, 60, 60), f"o{n}") for n, anchor in enumerate(anchors)))
    for each in occasions_on(day, calendar):
        assert -60 <= each.offset_days <= 60


@pytest.mark.parametrize("day", [date(1949, 12, 31), date(2101, 1, 1)])
def test_a_day_beyond_the_lunar_calendar_is_refused(day: date) -> None:
    season = an_occasion(Between(FirePreventionPeriod(MonthDay(1, 1), MonthDay(12, 31))))
    with pytest.raises(InvalidValue, match="1950 to 2100"):
        occasions_on(day, a_calendar(season))
    with pytest.raises(InvalidValue, match="1950 to 2100"):
        calendar_columns([day - timedelta(days=0)], ["x"], a_calendar(season))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Around(SolarTerm.QINGMING, 61, 0), "days before a festival"),
        (lambda: Around(SolarTerm.QINGMING, 0, -1), "days after a festival"),
        (lambda: LunarDay(13, 1), "month of a lunar festival"),
        (lambda: LunarDay(12, 30), "count a day back"),
        (lambda: LunarDay(12, 0), "count a day back"),
        (lambda: LunarDays(()), "one or more"),
        (lambda: LunarDays((1, 1)), "each once"),
        (lambda: LunarDays((31,)), "day of a lunar month"),
        (lambda: an_occasion(key="Not a slug"), "occasion"),
        (lambda: an_occasion(multiplier=2.0), "with its source"),
        (lambda: an_occasion(multiplier_source="somebody said so"), "with its source"),
        (lambda: an_occasion(multiplier=0.0, multiplier_source="x"), "above 0"),
        (lambda: an_occasion(multiplier=-1.0, multiplier_source="x"), "at least 0"),
        (lambda: a_calendar(an_occasion(), an_occasion()), "each key once"),
        (lambda: IgnitionCalendar(" ", ()), "name of the ignition calendar"),
    ],
)
def test_what_cannot_be_is_refused(make: object, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        make()  # type: ignore[operator]


def test_a_festival_is_told_from_a_season() -> None:
    assert an_occasion().is_festival
    assert not an_occasion(LunarDays((1,))).is_festival


def test_a_number_has_its_source() -> None:
    occasion = an_occasion(multiplier=2.5, multiplier_source="counted")
    assert (occasion.multiplier, occasion.multiplier_source) == (2.5, "counted")
