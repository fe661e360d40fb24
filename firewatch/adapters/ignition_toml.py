"""Ignition calendars from TOML files: the one shipped in the package, and a bureau's own."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import msgspec

from firewatch.adapters.checked_toml import parse_toml, read_content
from firewatch.danger.ignition_calendar import (
    Around,
    Between,
    CivilDay,
    IgnitionCalendar,
    LunarDay,
    LunarDays,
    Occasion,
    SolarTerm,
)
from firewatch.danger.season_rules import FirePreventionPeriod, MonthDay

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.danger.ignition_calendar import When

__all__ = ["load_ignition_calendar", "read_ignition_calendar"]

_SHIPPED = "hunan.toml"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class _AroundTerm(_File, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="around-term"):
    term: SolarTerm
    days_before: int
    days_after: int

    def when(self) -> When:
        return Around(self.term, self.days_before, self.days_after)


class _AroundLunarDay(_File, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="around-lunar-day"):
    month: int
    day: int
    days_before: int
    days_after: int

    def when(self) -> When:
        return Around(LunarDay(self.month, self.day), self.days_before, self.days_after)


class _AroundDay(_File, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="around-day"):
    month: int
    day: int
    days_before: int
    days_after: int

    def when(self) -> When:
        return Around(CivilDay(MonthDay(self.month, self.day)), self.days_before, self.days_after)


class _Between(_File, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="between"):
    first_month: int
    first_day: int
    last_month: int
    last_day: int

    def when(self) -> When:
        first, last = MonthDay(self.first_month, self.first_day), MonthDay(self.last_month, self.last_day)
        return Between(FirePreventionPeriod(first, last))


class _LunarDays(_File, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="lunar-days"):
    days: tuple[int, ...]

    def when(self) -> When:
        return LunarDays(self.days)


class _Occasion(_File, frozen=True, forbid_unknown_fields=True):
    key: str
    name_zh: str
    name_en: str
    when: _AroundTerm | _AroundLunarDay | _AroundDay | _Between | _LunarDays
    source: str
    confirmed: bool = False
    multiplier: float | None = None
    multiplier_source: str = ""
    places: tuple[str, ...] = ()


class _Calendar(_File, frozen=True, forbid_unknown_fields=True):
    name: str
    occasion: tuple[_Occasion, ...]


def load_ignition_calendar() -> IgnitionCalendar:
    """Return the calendar that ships with the package: customs of Hunan, all of it to be confirmed."""
    content = resources.files("firewatch.danger").joinpath("tables", "ignition", _SHIPPED).read_bytes()
    return _calendar(content, _SHIPPED)


def read_ignition_calendar(path: Path) -> IgnitionCalendar:
    """Return a calendar from a file of one's own.

    Raises
    ------
    ConfigError
        If the file cannot be read, has an unknown or missing key, or an occasion that cannot be.
    """
    return _calendar(read_content(path, "ignition calendar"), str(path))


def _calendar(content: bytes, source: str) -> IgnitionCalendar:
    return parse_toml(content, source, "ignition calendar", _Calendar, _calendar_of)


def _calendar_of(parsed: _Calendar) -> IgnitionCalendar:
    return IgnitionCalendar(parsed.name, tuple(_occasion(each) for each in parsed.occasion))


def _occasion(parsed: _Occasion) -> Occasion:
    return Occasion(
        parsed.key,
        parsed.name_zh,
        parsed.name_en,
        parsed.when.when(),
        parsed.source,
        is_confirmed=parsed.confirmed,
        multiplier=parsed.multiplier,
        multiplier_source=parsed.multiplier_source,
        places=parsed.places,
    )
