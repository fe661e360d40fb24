"""`firewatch danger season IN.csv OUT.csv`: when the fire season of each station starts and ends, by a named rule."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.danger_choices import finite
from firewatch.cli.danger_notes import say_notes
from firewatch.errors import FirewatchError, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.adapters.cffdrs_csv import CffdrsTable
    from firewatch.adapters.season_table import StationSeasonWeather
    from firewatch.danger import SeasonDays, SeasonRule

__all__ = ["add_verb", "write_seasons"]

# Written out as in `danger_choices`; the first is the default.
RULES = ("always-on", "temperature", "snow", "gfwed", "prevention-period")
# Of Hengyang by its notice of 2020 (衡政通 2020 no. 2); counties and years differ.
HENGYANG = {"first": (9, 15), "last": (4, 30)}
_DAY_COLUMNS = ("in_season", "judged")


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add `season` to the verbs of `danger`."""
    parser = verbs.add_parser(
        "season",
        help="daily readings (CSV) -> start and end of each station's fire seasons",
        description="Write a row for each start and each end: id, yr, mon, day, fsdatetype, date; an end is the first "
        "day that is no part of the season. Columns, in any order and case, with commas, tabs or semicolons: id, yr, "
        "mon, day, and by rule tmax (deg C), temp (deg C, noon), snow_depth (m); a blank or NA is a missing reading, "
        "which neither starts nor ends a season.",
        epilog="Example: firewatch danger season weather.csv seasons.csv --rule temperature",
    )
    parser.add_argument("file", metavar="IN.csv", type=Path)
    parser.add_argument("out", metavar="OUT.csv", type=Path, help="written whole, or not at all")
    parser.add_argument(
        "--rule",
        choices=RULES,
        default=RULES[0],
        help="always-on (default); temperature: three days above 12 deg C, three below 5; snow: three days without; "
        "gfwed: means of three days; prevention-period: the days from --first to --last",
    )
    parser.add_argument("--start-above-c", type=finite, metavar="C", help="with temperature and gfwed (12, 6)")
    parser.add_argument("--end-below-c", type=finite, metavar="C", help="with temperature and snow (5)")
    parser.add_argument(
        "--first", type=_month_day, metavar="MM-DD", help="of the prevention period (09-15, Hengyang's)"
    )
    parser.add_argument("--last", type=_month_day, metavar="MM-DD", help="of the prevention period (04-30)")
    parser.add_argument("--was-on", action="store_true", help="the season was on the day before every station's first")
    parser.add_argument(
        "--days",
        action="store_true",
        help="write the rows of IN.csv with in_season and judged (1 or 0) in place of starts and ends",
    )
    parser.set_defaults(run=run, verb=_write)


def _write(args: argparse.Namespace) -> int:
    """Write `args.out`; return 0, or 1 where something is refused (then nothing is written)."""
    try:
        notes = write_seasons(args)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger season: {err}\n")
        return 1
    say_notes("season", notes)
    return 0


def write_seasons(args: argparse.Namespace) -> list[str]:
    """Write the starts and ends, or the days; return what a person should know.

    Raises
    ------
    FirewatchError
        If the file or a choice is refused.
    """
    from firewatch.adapters.cffdrs_csv import read_cffdrs_csv, require_writable, write_beside
    from firewatch.adapters.season_table import season_weather
    from firewatch.danger import season_days

    require_writable(args.out, args.file)
    rule = _rule(args)
    table = read_cffdrs_csv(args.file)
    if args.days:
        table.require_without(_DAY_COLUMNS)
    stations = season_weather(table, rule)
    seasons = [season_days(station.weather, rule, was_on=args.was_on) for station in stations]
    rows = _days(table, stations, seasons) if args.days else _starts_and_ends(table, stations, seasons)
    write_beside(args.out, rows, table.delimiter)
    notes = [note for pair in zip(stations, seasons, strict=True) for note in _notes(*pair)]
    if args.rule == "prevention-period" and args.first is None:
        notes.append("the prevention period is Hengyang's of 2020, 15 September to 30 April; check your own notice")
    return notes


def _rule(args: argparse.Namespace) -> SeasonRule:
    """Return the rule with its numbers; refuse numbers that it does not read."""
    from firewatch.danger import (
        AlwaysOn,
        FirePreventionPeriod,
        GfwedSeason,
        MonthDay,
        SnowSeason,
        TemperatureSeason,
    )

    numbers = {
        "start_above_c": args.start_above_c,
        "end_below_c": args.end_below_c,
        "first": args.first,
        "last": args.last,
    }
    given = {name: value for name, value in numbers.items() if value is not None}
    reads = {
        "temperature": {"start_above_c", "end_below_c"},
        "snow": {"end_below_c"},
        "gfwed": {"start_above_c"},
        "prevention-period": {"first", "last"},
    }
    other = sorted(set(given) - reads.get(args.rule, set()))
    if other:
        raise InvalidValue(f"--{other[0].replace('_', '-')}", given[other[0]], f"nothing with --rule {args.rule}")
    if args.rule == "prevention-period":
        if len(given) == 1:
            raise InvalidValue("--first and --last", next(iter(given)), "both, or neither for that of Hengyang")
        return FirePreventionPeriod(*(MonthDay(*given.get(name, HENGYANG[name])) for name in ("first", "last")))
    if args.rule == "temperature":
        return TemperatureSeason(**given)
    if args.rule == "snow":
        return SnowSeason(**given)
    if args.rule == "gfwed":
        return GfwedSeason() if args.start_above_c is None else GfwedSeason(args.start_above_c)
    return AlwaysOn()


def _month_day(text: str) -> tuple[int, int]:
    try:
        month, day = (int(part) for part in text.split("-"))
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"{text!r}: month and day are wanted, as 10-01") from err
    return month, day


def _starts_and_ends(
    table: CffdrsTable, stations: list[StationSeasonWeather], seasons: list[SeasonDays]
) -> list[list[str]]:
    """Return a row for each start and each end, with the columns of cffdrs."""
    from firewatch.adapters.fwi_table import station_column
    from firewatch.danger import season_spans

    has_id = station_column(table) is not None
    rows = [[*(["id"] if has_id else []), "yr", "mon", "day", "fsdatetype", "date"]]
    for station, season in zip(stations, seasons, strict=True):
        for span in season_spans(station.weather.first_day, season.is_on):
            for kind, day in (("start", span.starts_on), ("end", span.over_on)):
                if day is not None:
                    cells = [str(day.year), str(day.month), str(day.day), kind, day.isoformat()]
                    rows.append([*([station.name] if has_id else []), *cells])
    return rows


def _days(table: CffdrsTable, stations: list[StationSeasonWeather], seasons: list[SeasonDays]) -> list[list[str]]:
    """Return the table's rows with whether the season was on and whether the rule could judge."""
    rows = [[*table.header, *_DAY_COLUMNS], *(list(cells) for cells in table.rows)]
    for station, season in zip(stations, seasons, strict=True):
        for row, day in zip(station.rows.tolist(), station.days.tolist(), strict=True):
            rows[row + 1] += [str(int(season.is_on[day])), str(int(season.is_judged[day]))]
    return rows


def _notes(station: StationSeasonWeather, season: SeasonDays) -> list[str]:
    """Return which days of a station had no row, and how many could not be judged."""
    notes = []
    if station.missing_days:
        notes.append(
            f"station {station.name}: {station.missing_days} day(s) have no row; they count as without a reading"
        )
    blind = int((~season.is_judged).sum())
    if blind:
        notes.append(
            f"station {station.name}: on {blind} day(s) the rule could not judge, and the season stayed as it was"
        )
    return notes
