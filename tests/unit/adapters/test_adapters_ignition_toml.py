"""Ignition calendars from files: the shipped one holds to its own words, a wrong one is refused with its key."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from firewatch.adapters.ignition_toml import load_ignition_calendar, read_ignition_calendar
from firewatch.danger.ignition_calendar import Around, Between, LunarDays, occasions_on
from firewatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = resources.files("firewatch.danger").joinpath("tables", "ignition", "hunan.toml").read_text("utf-8")
CALENDAR = load_ignition_calendar()


def test_nothing_of_the_shipped_calendar_is_confirmed() -> None:
    assert {occasion.is_confirmed for occasion in CALENDAR.occasions} == {False}
    assert "to be confirmed" in CALENDAR.name


def test_the_shipped_calendar_has_every_kind_of_day() -> None:
    kinds = {type(occasion.when) for occasion in CALENDAR.occasions}
    assert kinds == {Around, Between, LunarDays}


def test_the_shipped_number_is_the_arithmetic_that_it_says() -> None:
    """380 of 778 fires on the 44 days of the four sacrifices, the others spread evenly."""
    numbers = {each.key: each.multiplier for each in CALENDAR.occasions if each.multiplier is not None}
    assert set(numbers) == {"spring-festival", "lantern", "qingming", "zhongyuan"}
    for year in range(2020, 2030):
        days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
        inside = sum(any(each.occasion.key in numbers for each in occasions_on(day, CALENDAR)) for day in days)
        assert inside == 44
    assert set(numbers.values()) == {round(1 + 380 / (778 - 380) * 365 / 44)}


def test_a_file_of_ones_own_may_confirm_and_add(tmp_path: Path) -> None:
    ours = tmp_path / "ours.toml"
    text = SHIPPED.replace('name = "Hunan, customs, to be confirmed"', 'name = "Hengyang 2027"', 1)
    more = """
[[occasion]]
key = "temple-fair"
name_zh = "庙会"
name_en = "Temple fair"
when = { kind = "around-lunar-day", month = 8, day = 1, days_before = 0, days_after = 14 }
source = "the bureau's record"
confirmed = true
places = ["nanyue"]
"""
    ours.write_text(text + more, "utf-8")
    calendar = read_ignition_calendar(ours)
    assert calendar.name == "Hengyang 2027"
    assert calendar.occasions[:-1] == CALENDAR.occasions
    assert calendar.occasions[-1].is_confirmed
    assert calendar.occasions[-1].places == ("nanyue",)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('term = "qingming"', 'term = "easter"', "easter"),
        ("days_before = 10", "days_before = 100", "0 to 60"),
        ("multiplier = 9.0\n", "", "with its source"),
        ('kind = "lunar-days"', 'kind = "moon-days"', "moon-days"),
        ("first_month = 2, first_day = 15", "first_month = 2, first_day = 30", "day of the year"),
        ("[[occasion]]", "[[ocasion]]", "ocasion"),
        ('key = "lantern"', 'key = "qingming"', "each key once"),
        ('name_en = "Lantern Festival"', "name_en = ''", "name_en of lantern"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_its_name(tmp_path: Path, old: str, new: str, why: str) -> None:
    ours = tmp_path / "ours.toml"
    assert old in SHIPPED
    ours.write_text(SHIPPED.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=why) as refused:
        read_ignition_calendar(ours)
    assert refused.value.source == str(ours)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_ignition_calendar(tmp_path / "absent.toml")
    broken = tmp_path / "broken.toml"
    broken.write_bytes(b'name = "\xff"')
    with pytest.raises(ConfigError, match="UTF-8"):
        read_ignition_calendar(broken)
