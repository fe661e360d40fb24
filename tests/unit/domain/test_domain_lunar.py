"""The lunar calendar: published festivals, the rules of the standard, and astronomy computed again."""

from __future__ import annotations

import csv
from bisect import bisect_right
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lunar_astronomy import LUNATIONS_A_YEAR, Instant, in_china, new_moon_jde, solar_term_jde

from firewatch.domain.lunar import (
    FIRST_YEAR,
    LAST_YEAR,
    LunarDate,
    lunar_date_of,
    qingming,
    solar_date_of,
    winter_solstice,
)
from firewatch.errors import InvalidValue

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "lunar_festivals.csv"
YEARS = range(FIRST_YEAR, LAST_YEAR + 1)
DAYS = st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))
# The formula of the solar terms is good to 15 min, that of the new moons to 25 s.
TERM_DOUBT_MIN, MOON_DOUBT_MIN = 15.0, 0.5


def published() -> list[tuple[date, str]]:
    lines = [line for line in GOLDEN.read_text("utf-8").splitlines() if not line.startswith("#")]
    return [(date.fromisoformat(row["day"]), row["festival"]) for row in csv.DictReader(lines)]


@pytest.mark.parametrize(("day", "festival"), published(), ids=str)
def test_festivals_fall_on_their_published_days(day: date, festival: str) -> None:
    if festival == "qingming":
        assert qingming(day.year) == day
    elif festival == "solstice":
        assert winter_solstice(day.year) == day
    else:
        found = lunar_date_of(day)
        assert f"{'leap ' if found.is_leap else ''}{found.month}/{found.day}" == festival


@given(DAYS)
def test_a_lunar_date_leads_back_to_its_day(day: date) -> None:
    assert solar_date_of(lunar_date_of(day)) == day


@given(DAYS.filter(lambda day: day < date(LAST_YEAR, 12, 31)))
def test_the_day_after_is_the_next_of_the_month_or_the_first(day: date) -> None:
    today, tomorrow = lunar_date_of(day), lunar_date_of(day + timedelta(days=1))
    assert tomorrow.day == today.day + 1 or (tomorrow.day == 1 and today.day in {29, 30})


def new_moons() -> list[Instant]:
    first, last = (round((year - 2000) * LUNATIONS_A_YEAR) for year in (FIRST_YEAR - 2, LAST_YEAR + 2))
    return [in_china(new_moon_jde(k)) for k in range(first, last)]


def test_every_month_begins_on_the_day_of_the_new_moon() -> None:
    moons = [moon for moon in new_moons() if FIRST_YEAR <= moon.day.year <= LAST_YEAR]
    close = [moon.day for moon in moons if moon.from_midnight_min < MOON_DOUBT_MIN]
    assert [moon.day for moon in moons if lunar_date_of(moon.day).day != 1] == []
    assert close == [date(2057, 9, 28), date(2097, 8, 7)], "the Hong Kong Observatory names them as uncertain"
    starts = [day for day in _days() if lunar_date_of(day).day == 1]
    assert starts == [moon.day for moon in moons]


def _days() -> list[date]:
    first, last = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_qingming_and_the_winter_solstice_are_where_the_sun_is() -> None:
    doubtful = set()
    for year in YEARS:
        for name, longitude, ours in (("qingming", 15, qingming(year)), ("solstice", 270, winter_solstice(year))):
            instant = in_china(solar_term_jde(year, longitude))
            if instant.from_midnight_min < TERM_DOUBT_MIN:
                doubtful.add((name, year))
                assert abs((instant.day - ours).days) <= 1
            else:
                assert instant.day == ours, (name, year)
    assert len(doubtful) <= 8
    assert {("solstice", 1951), ("solstice", 2021)} <= doubtful


def test_months_are_numbered_by_the_standard() -> None:
    """The solstice is in month 11; of 13 months the first without a major term is the leap month (GB/T 33661-2017)."""
    moons = [moon.day for moon in new_moons()]
    for year in range(FIRST_YEAR + 1, LAST_YEAR + 1):
        first = bisect_right(moons, winter_solstice(year - 1)) - 1
        last = bisect_right(moons, winter_solstice(year)) - 1
        months = [lunar_date_of(day) for day in moons[first : last + 1]]
        assert (months[0].month, months[0].is_leap) == (11, False)
        assert (months[-1].month, months[-1].is_leap) == (11, False)
        leaps = [n for n, month in enumerate(months[:-1]) if month.is_leap]
        assert len(leaps) == (1 if last - first == 13 else 0)
        for before, after in pairwise(months):
            assert after.month == (before.month if after.is_leap else before.month % 12 + 1)
        if leaps:
            empty = [n for n, month in enumerate(pairwise(moons[first : last + 1])) if _has_no_major_term(*month)]
            assert leaps[0] == empty[0], year


def _has_no_major_term(first: date, after: date) -> bool:
    terms = [in_china(solar_term_jde(year, lon)) for year in {first.year, after.year} for lon in range(0, 360, 30)]
    near = [term for term in terms if first - timedelta(days=1) <= term.day <= after]
    return not any(
        first <= term.day < after or (term.from_midnight_min < TERM_DOUBT_MIN and term.day == first - timedelta(days=1))
        for term in near
    )


@pytest.mark.parametrize("day", [date(FIRST_YEAR - 1, 12, 31), date(LAST_YEAR + 1, 1, 1)])
def test_beyond_the_table_is_refused(day: date) -> None:
    for ask in (lunar_date_of, lambda at: qingming(at.year), lambda at: winter_solstice(at.year)):
        with pytest.raises(InvalidValue, match="1950 to 2100"):
            ask(day)


@pytest.mark.parametrize(
    ("given_date", "words"),
    [
        (LunarDate(2024, 5, is_leap=True, day=1), "2024, leap month 5, day 1"),
        (LunarDate(2024, 1, is_leap=False, day=30), "2024, month 1, day 30"),
        (LunarDate(2200, 1, is_leap=False, day=1), "1949 to 2100"),
    ],
)
def test_a_lunar_date_that_does_not_exist_is_refused(given_date: LunarDate, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        solar_date_of(given_date)


@pytest.mark.parametrize(("month", "day"), [(0, 1), (13, 1), (1, 0), (1, 31)])
def test_no_month_and_day_beyond_those_of_any_year(month: int, day: int) -> None:
    with pytest.raises(InvalidValue):
        LunarDate(2024, month, is_leap=False, day=day)
