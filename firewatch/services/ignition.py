"""The human-ignition calendar: why people may light fires on a day, each reason with its number and where that is from.

A number comes from a model fitted on the bureau's own fires, if there is one whose skill is beyond doubt, and else from
the plain table; a reason for which neither has a number is shown without one. It orders what people look at first; it
never hides anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.ignition_calendar import calendar_columns, occasions_on
from firewatch.danger.occurrence import multipliers
from firewatch.domain.lunar import lunar_date_of

if TYPE_CHECKING:
    from datetime import date

    from firewatch.danger.ignition_calendar import IgnitionCalendar, OccasionToday
    from firewatch.danger.occurrence import OccurrenceModel
    from firewatch.texts import Catalogue

__all__ = [
    "IgnitionDay",
    "IgnitionReason",
    "NumberSource",
    "ignition_day",
    "lunar_words",
    "reason_name",
    "reason_words",
]

MARK_OTHER_CALENDAR = "ignition.mark.other_calendar"
MARK_NO_SKILL = "ignition.mark.no_skill"
_WEEKEND = "weekend"
_SEASON = "season."


class NumberSource(StrEnum):
    """Where a multiplier is from."""

    MODEL = "model"
    TABLE = "table"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class IgnitionReason:
    """One reason why people may light fires on a day.

    Parameters
    ----------
    key : str
        Of the occasion, or ``weekend``.
    name_zh, name_en : str
        Its name; empty for the weekend, whose name is in the catalogue.
    offset_days : int
        Days since the festival, before it negative; 0 for seasons and single days.
    is_festival : bool
        Whether it has days around a festival, so that `offset_days` means something.
    multiplier : float or None
        How many times as many ignitions as on a day without the reason (of a model of days with fire: the odds).
    source : NumberSource
        Where the number is from.
    basis : str
        In words: the fit, or the source in the table; empty where there is no number.
    is_confirmed : bool
        Whether the bureau has confirmed the occasion's days and, if it is from the table, its number.
    """

    key: str
    name_zh: str
    name_en: str
    offset_days: int
    is_festival: bool
    multiplier: float | None
    source: NumberSource
    basis: str
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class IgnitionDay:
    """A day of the calendar.

    Parameters
    ----------
    day : date
        In China Standard Time.
    place : str or None
        Where; None for what holds everywhere.
    reasons : tuple of IgnitionReason
        In the order of the table; empty on a day like any other.
    marks : tuple of str
        Text keys of why a model that was given is not used.
    """

    day: date
    place: str | None
    reasons: tuple[IgnitionReason, ...]
    marks: tuple[str, ...] = ()

    @property
    def multiplier(self) -> float | None:
        """All reasons together; None where no reason has a number.

        Numbers of a model multiply, because it is fitted so. Numbers of the table were each counted alone: there the
        greatest holds, not the product.
        """
        known = [reason for reason in self.reasons if reason.multiplier is not None]
        fitted = [each.multiplier for each in known if each.source is NumberSource.MODEL and each.multiplier]
        if fitted:
            return math.prod(fitted)
        return max((each.multiplier for each in known if each.multiplier), default=None)


def ignition_day(
    day: date, calendar: IgnitionCalendar, place: str | None = None, model: OccurrenceModel | None = None
) -> IgnitionDay:
    """Return a day's reasons with their numbers.

    Parameters
    ----------
    day : date
        In China Standard Time, 1950 to 2100.
    calendar : IgnitionCalendar
        The region's table.
    place : str, optional
        Adds the occasions of that place alone.
    model : OccurrenceModel, optional
        Fitted with the same calendar. One of another calendar, or whose skill is in doubt, is not used, and the day is
        marked so.

    Returns
    -------
    IgnitionDay

    Raises
    ------
    InvalidValue
        If the day is beyond the lunar calendar.
    """
    today = occasions_on(day, calendar, place)
    marks = () if model is None else _doubts(model, calendar)
    if model is None or marks:
        return IgnitionDay(day, place, tuple(_of_table(each) for each in today), marks)
    numbers = _fitted(day, calendar, place, model)
    basis = "" if model.record is None else f"{model.record.source}, {model.record.fire_days} days with fire"
    reasons = [_of_model(each, numbers, basis) for each in today]
    if numbers.get(_WEEKEND, 1.0) != 1.0:
        reasons.append(_weekend(numbers[_WEEKEND], basis))
    return IgnitionDay(day, place, tuple(reasons))


def reason_words(reason: IgnitionReason, texts: Catalogue) -> str:
    """Return a reason as pages and tables show it: its name and days, its number and where that is from, its mark."""
    words = reason_name(reason, texts)
    if reason.multiplier is not None:
        words += texts.text(f"ignition.number.{reason.source.value}", times=f"{reason.multiplier:.2g}")
    if not reason.is_confirmed:
        words += texts.text("ignition.to_be_confirmed")
    return words


def reason_name(reason: IgnitionReason, texts: Catalogue) -> str:
    """Return a reason's name, with its days before or after a festival."""
    name = texts.pick(zh=reason.name_zh, en=reason.name_en) or texts.text("ignition.weekend")
    if not reason.is_festival:
        return name
    if reason.offset_days == 0:
        return texts.text("ignition.day", name=name)
    side = "ignition.before" if reason.offset_days < 0 else "ignition.after"
    return texts.text(side, name=name, days=abs(reason.offset_days))


def lunar_words(day: date, texts: Catalogue) -> str:
    """Return a day's lunar date in words."""
    lunar = lunar_date_of(day)
    facts = {"month": texts.text(f"lunar.month.{lunar.month}"), "day": texts.text(f"lunar.day.{lunar.day}")}
    return texts.text("lunar.date.leap" if lunar.is_leap else "lunar.date", **facts)


def _doubts(model: OccurrenceModel, calendar: IgnitionCalendar) -> tuple[str, ...]:
    if model.record is None or model.record.calendar != calendar.name:
        return (MARK_OTHER_CALENDAR,)
    return () if model.record.skill.is_shown else (MARK_NO_SKILL,)


def _fitted(day: date, calendar: IgnitionCalendar, place: str | None, model: OccurrenceModel) -> dict[str, float]:
    """Return the model's multiplier of each occasion and of the weekend, against a day without any of them."""
    columns = calendar_columns([day], [place or ""], calendar)
    today = {name: column for name, column in columns.items() if not name.startswith(_SEASON)}
    otherwise = {name: np.zeros(1) for name in today}
    return {name: float(number[0]) for name, number in multipliers(model, today, otherwise).items()}


def _weekend(multiplier: float, basis: str) -> IgnitionReason:
    # Saturday and Sunday need nobody's confirmation.
    return IgnitionReason(
        _WEEKEND,
        "",
        "",
        offset_days=0,
        is_festival=False,
        multiplier=multiplier,
        source=NumberSource.MODEL,
        basis=basis,
        is_confirmed=True,
    )


def _of_table(each: OccasionToday) -> IgnitionReason:
    occasion = each.occasion
    source = NumberSource.NONE if occasion.multiplier is None else NumberSource.TABLE
    return _reason(each, occasion.multiplier, source, occasion.multiplier_source)


def _of_model(each: OccasionToday, numbers: dict[str, float], basis: str) -> IgnitionReason:
    number = numbers.get(f"occasion.{each.occasion.key}")
    return _of_table(each) if number is None else _reason(each, number, NumberSource.MODEL, basis)


def _reason(each: OccasionToday, multiplier: float | None, source: NumberSource, basis: str) -> IgnitionReason:
    occasion = each.occasion
    return IgnitionReason(
        occasion.key,
        occasion.name_zh,
        occasion.name_en,
        each.offset_days,
        occasion.is_festival,
        multiplier,
        source,
        basis,
        occasion.is_confirmed,
    )
