"""`firewatch danger calendar`: the days on which people light fires, with their reasons, as a table or CSV."""

from __future__ import annotations

import argparse
import csv
import sys
import unicodedata
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.errors import FirewatchError, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.danger.ignition_calendar import IgnitionCalendar
    from firewatch.services.ignition import IgnitionDay
    from firewatch.texts import Catalogue

__all__ = ["add_table_option", "add_verb", "chosen_calendar"]

LANGUAGES = ("zh", "en")
_MOST_DAYS = 3700
_SATURDAY = 5


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add `calendar` to the verbs of `danger`."""
    parser = verbs.add_parser(
        "calendar",
        help="the human-ignition calendar: festivals, sacrifices, farm burning, day by day",
        description="Print the days on which people light fires, each with its reasons. A number behind a reason says "
        "how many times as many ignitions as on other days, and where it is from: the table, or a model of one's own "
        "fires. A reason without a number has no source for one. Nothing of the shipped table is confirmed.",
        epilog="Example: firewatch danger calendar --from 2027-03-20 --to 2027-04-20",
    )
    span = parser.add_mutually_exclusive_group(required=True)
    span.add_argument("--year", type=int, metavar="YYYY", help="a whole year")
    span.add_argument("--from", dest="first", type=_day, metavar="DATE", help="first day, as 2027-03-20; with --to")
    parser.add_argument("--to", dest="last", type=_day, metavar="DATE", help="last day")
    add_table_option(parser)
    parser.add_argument("--model", type=Path, metavar="MODEL.json", help="numbers from a model of one's own fires")
    parser.add_argument("--place", metavar="NAME", help="adds the occasions of that place alone")
    parser.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0], help=f"(default: {LANGUAGES[0]})")
    parser.add_argument("--all", action="store_true", dest="is_whole", help="also the days without a reason")
    parser.add_argument("--csv", action="store_true", dest="is_csv", help="one row a day and reason")
    parser.set_defaults(run=run, verb=_print)


def add_table_option(parser: argparse.ArgumentParser) -> None:
    """Add the choice of the calendar's table."""
    parser.add_argument("--table", type=Path, metavar="FILE.toml", help="the bureau's own calendar (default: shipped)")


def chosen_calendar(path: Path | None) -> IgnitionCalendar:
    """Return the calendar of a file, or the shipped one."""
    from firewatch.adapters.ignition_toml import load_ignition_calendar, read_ignition_calendar

    return load_ignition_calendar() if path is None else read_ignition_calendar(path)


def _print(args: argparse.Namespace) -> int:
    try:
        found = _days(args)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger calendar: {err}\n")
        return 1
    from firewatch.texts import Language, catalogue

    texts = catalogue(Language.ZH_CN if args.language == "zh" else Language.EN)
    for mark in dict.fromkeys(mark for each in found for mark in each.marks):
        sys.stderr.write(f"firewatch danger calendar: note: {texts.text(mark)}\n")
    shown = [each for each in found if each.reasons or args.is_whole]
    (_write_csv if args.is_csv else _write_table)(shown, texts)
    return 0


def _days(args: argparse.Namespace) -> list[IgnitionDay]:
    from firewatch.adapters.occurrence_json import read_occurrence_model
    from firewatch.services.ignition import ignition_day

    first, last = _span(args)
    calendar = chosen_calendar(args.table)
    model = None if args.model is None else read_occurrence_model(args.model)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [ignition_day(day, calendar, args.place, model) for day in days]


def _span(args: argparse.Namespace) -> tuple[date, date]:
    if args.year is not None:
        if args.last is not None:
            raise InvalidValue("--to", args.last.isoformat(), "only together with --from")
        if not date.min.year <= args.year <= date.max.year:
            raise InvalidValue("--year", args.year, "1950 to 2100")
        return date(args.year, 1, 1), date(args.year, 12, 31)
    if args.last is None or not 0 <= (args.last - args.first).days <= _MOST_DAYS:
        given = None if args.last is None else args.last.isoformat()
        raise InvalidValue("--to", given, f"a day from {args.first} on, at most {_MOST_DAYS} days later")
    return args.first, args.last


def _write_table(days: list[IgnitionDay], texts: Catalogue) -> None:
    from firewatch.services.ignition import lunar_words, reason_words

    for each in days:
        lunar = lunar_words(each.day, texts)
        weekday = texts.text(f"weekday.{each.day.weekday()}")
        if each.day.weekday() >= _SATURDAY:
            weekday += "*"
        words = [reason_words(reason, texts) for reason in each.reasons] or [texts.text("ignition.none")]
        reasons = texts.text("ignition.and").join(words)
        sys.stdout.write(f"{each.day}  {_padded(weekday, 5)} {_padded(lunar, 12)} {reasons}\n")


def _write_csv(days: list[IgnitionDay], texts: Catalogue) -> None:
    from firewatch.services.ignition import lunar_words

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(
        ("date", "place", "lunar", "key", "name", "offset_days", "multiplier", "source", "basis", "is_confirmed")
    )
    for each in days:
        lunar = lunar_words(each.day, texts)
        if not each.reasons:
            writer.writerow((each.day, each.place or "", lunar, "", texts.text("ignition.none"), "", "", "", "", ""))
        for reason in each.reasons:
            name = texts.pick(zh=reason.name_zh, en=reason.name_en) or texts.text("ignition.weekend")
            number = "" if reason.multiplier is None else repr(reason.multiplier)
            offset = reason.offset_days if reason.is_festival else ""
            basis = (number, reason.source.value, reason.basis, str(reason.is_confirmed).lower())
            writer.writerow((each.day, each.place or "", lunar, reason.key, name, offset, *basis))


def _padded(text: str, width: int) -> str:
    """Return a text filled up with blanks; a Chinese character is two columns wide on a terminal."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return text + " " * (width - len(text) - wide)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"{text!r}: a day as 2027-03-20 is wanted") from err
