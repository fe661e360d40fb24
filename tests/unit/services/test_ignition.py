"""The human-ignition calendar: a number never without its source, a doubtful model never used."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest

from firewatch.adapters.ignition_toml import load_ignition_calendar
from firewatch.danger.occurrence import FitRecord, LinearTerm, Link, OccurrenceModel, Skill
from firewatch.errors import InvalidValue
from firewatch.services.ignition import IgnitionDay, NumberSource, ignition_day, reason_words
from firewatch.texts import Language, catalogue

CALENDAR = load_ignition_calendar()
ZH, EN = catalogue(Language.ZH_CN), catalogue(Language.EN)
SKILL = Skill(0.1, 0.2, 0.5, 0.4, 0.6, 0.3, 0.2, 0.4, 0.8)
RECORD = FitRecord(
    "fires.csv", "2005-06-01", "2020-05-31", 5000, 300, 15, "linear, C=1", SKILL, CALENDAR.name, ("here",)
)
MODEL = OccurrenceModel(
    Link.LOG,
    -4.0,
    (
        LinearTerm("occasion.qingming", "occasion.qingming", 0.06, math.log(3.0)),
        LinearTerm("occasion.qingming.closeness", "occasion.qingming", 0.03, math.log(2.0)),
        LinearTerm("occasion.farm-burning-spring", "occasion.farm-burning-spring", 0.2, math.log(1.5)),
        LinearTerm("weekend", "weekend", 0.3, math.log(1.2)),
        LinearTerm("season.cos", "season", 0.0, 5.0),
        LinearTerm("fwi", "fwi", 5.0, 0.1),
    ),
    RECORD,
)
SUNDAY_BEFORE_QINGMING = date(2027, 4, 4)


def words(day: IgnitionDay) -> list[str]:
    return [reason_words(reason, EN) for reason in day.reasons]


def test_without_a_model_the_numbers_are_those_of_the_table() -> None:
    day = ignition_day(SUNDAY_BEFORE_QINGMING, CALENDAR)
    assert words(day) == ["1 d before Qingming x9 (table) [to be confirmed]", "Spring farm burning [to be confirmed]"]
    first, second = day.reasons
    assert (first.source, first.multiplier) == (NumberSource.TABLE, 9.0)
    assert "380 of 778" in first.basis
    assert (second.source, second.multiplier, second.basis) == (NumberSource.NONE, None, "")
    assert day.multiplier == 9.0


def test_a_fitted_model_gives_the_numbers_and_they_multiply() -> None:
    day = ignition_day(SUNDAY_BEFORE_QINGMING, CALENDAR, model=MODEL)
    qingming = 3.0 * 2.0 ** (10 / 11)
    assert [(each.key, each.source) for each in day.reasons] == [
        ("qingming", NumberSource.MODEL),
        ("farm-burning-spring", NumberSource.MODEL),
        ("weekend", NumberSource.MODEL),
    ]
    assert [each.multiplier for each in day.reasons] == pytest.approx([qingming, 1.5, 1.2], rel=1e-12)
    assert day.multiplier == pytest.approx(qingming * 1.5 * 1.2, rel=1e-12)
    assert {each.basis for each in day.reasons} == {"fires.csv, 300 days with fire"}
    assert words(day)[2] == "weekend x1.2 (own fires)"
    assert day.marks == ()


def test_an_occasion_that_the_model_does_not_know_keeps_the_tables_number() -> None:
    day = ignition_day(date(2027, 8, 16), CALENDAR, model=MODEL)  # a Monday, Zhongyuan and a fifteenth
    assert [(each.key, each.source) for each in day.reasons] == [
        ("zhongyuan", NumberSource.TABLE),
        ("lunar-first-fifteenth", NumberSource.NONE),
    ]
    assert day.multiplier == 9.0


def test_numbers_of_the_table_do_not_multiply() -> None:
    both = replace(CALENDAR.occasions[2], key="twice", multiplier=4.0)
    day = ignition_day(date(2027, 4, 5), replace(CALENDAR, occasions=(*CALENDAR.occasions, both)))
    assert [each.multiplier for each in day.reasons] == [9.0, None, 4.0]
    assert day.multiplier == 9.0


@pytest.mark.parametrize(
    ("record", "mark"),
    [
        (None, "ignition.mark.other_calendar"),
        (replace(RECORD, calendar="another"), "ignition.mark.other_calendar"),
        (replace(RECORD, skill=replace(SKILL, brier_skill_low=-0.01)), "ignition.mark.no_skill"),
    ],
)
def test_a_model_in_doubt_is_not_used_and_the_day_says_so(record: FitRecord | None, mark: str) -> None:
    day = ignition_day(SUNDAY_BEFORE_QINGMING, CALENDAR, model=replace(MODEL, record=record))
    assert day.marks == (mark,)
    assert ZH.has(mark)
    assert EN.has(mark)
    assert day.reasons == ignition_day(SUNDAY_BEFORE_QINGMING, CALENDAR).reasons


def test_a_day_like_any_other_has_no_reason_and_no_number() -> None:
    day = ignition_day(date(2027, 6, 8), CALENDAR, model=MODEL)
    assert (day.reasons, day.multiplier) == ((), None)


def test_an_occasion_of_a_place_is_a_reason_there_alone() -> None:
    fair = replace(CALENDAR.occasions[-1], key="fair", places=("nanyue",), is_confirmed=True)
    calendar = replace(CALENDAR, occasions=(fair,))
    assert ignition_day(date(2027, 10, 10), calendar).reasons == ()
    found = ignition_day(date(2027, 10, 10), calendar, "nanyue")
    assert [reason_words(reason, ZH) for reason in found.reasons] == ["秋收烧杂季"]


@pytest.mark.parametrize(
    ("day", "zh"),
    [
        (date(2027, 2, 5), "春节前1天×9（日历表）［待核］"),  # noqa: RUF001
        (date(2027, 4, 5), "清明当日×9（日历表）［待核］"),  # noqa: RUF001
        (date(2027, 4, 8), "清明后3天×9（日历表）［待核］"),  # noqa: RUF001
        (date(2027, 5, 6), "农历初一、十五［待核］"),  # noqa: RUF001
    ],
)
def test_a_reason_in_chinese(day: date, zh: str) -> None:
    assert reason_words(ignition_day(day, CALENDAR).reasons[0], ZH) == zh


def test_a_day_beyond_the_lunar_calendar_is_refused() -> None:
    with pytest.raises(InvalidValue, match="1950 to 2100"):
        ignition_day(date(2101, 1, 1), CALENDAR, model=MODEL)
