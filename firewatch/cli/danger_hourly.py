"""`firewatch danger hourly IN.csv OUT.csv`: hourly weather in, the same rows with hourly codes and indices out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.danger_choices import finite, moisture_codes
from firewatch.cli.danger_notes import say_notes
from firewatch.cli.danger_progress import Progress
from firewatch.errors import FirewatchError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from firewatch.adapters.cffdrs_csv import CffdrsTable

__all__ = ["add_verb", "write_hours"]

# Written out as in `danger_choices`; the first of each is the default.
SYSTEMS = ("fwi2025", "vw1977")
FORMS = ("hourly", "minmax", "noon")
GRASS = ("by-date", "matted", "standing")
UNITS = ("km/h", "m/s", "kn")
_MOST_NOTES = 5


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add `hourly` to the verbs of `danger`."""
    parser = verbs.add_parser(
        "hourly",
        help="hourly weather -> the same rows with hourly codes and indices (FWI2025)",
        description="Append the hourly codes and indices of FWI2025 (never to be given to `danger fbp`), or the hourly "
        "FFMC. Columns, in any order and case: id, lat, long (east positive), timezone (h ahead of UTC), yr, mon, day, "
        "hr, temp (deg C), rh (%), ws (km/h), prec (mm of the hour); where there are: percent_cured, grass_fuel_load "
        "(kg/m2), solrad (kW/m2), bui. Hours are consecutive; a gap is refused.",
        epilog="Example: firewatch danger hourly hours.csv codes.csv --daily days.csv",
    )
    parser.add_argument("file", metavar="IN.csv", type=Path)
    parser.add_argument("out", metavar="OUT.csv", type=Path, help="written whole, or not at all")
    parser.add_argument(
        "--system",
        choices=SYSTEMS,
        default=SYSTEMS[0],
        help="fwi2025 (default), or vw1977: the hourly FFMC of the FWI System of 1987 with its ISI, and FWI where a "
        "column bui stands",
    )
    parser.add_argument(
        "--from",
        dest="form",
        choices=FORMS,
        default=FORMS[0],
        help="what a row is: an hour (default), a day with temp_min, temp_max, rh_min, rh_max, ws_min, ws_max, or a "
        "day's noon reading; days are made into hours",
    )
    parser.add_argument("--daily", metavar="DAYS.csv", type=Path, help="write the daily summaries of FWI2025 too")
    _add_places(parser)
    _add_start(parser)
    parser.set_defaults(run=run, verb=_write)


def _add_start(parser: argparse.ArgumentParser) -> None:
    """Add from where the stations go on."""
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--start",
        metavar="FFMC,DMC,DC",
        type=moisture_codes,
        help="codes an hour before every station's first (default: 85,6,15)",
    )
    start.add_argument(
        "--continue",
        dest="earlier",
        metavar="EARLIER.csv",
        type=Path,
        help="an earlier OUT.csv: its stations go on from their last hour there, others start new",
    )


def _add_places(parser: argparse.ArgumentParser) -> None:
    """Add what holds of all stations."""
    parser.add_argument("--utc-offset", type=finite, metavar="H", help="in place of a column timezone (h ahead of UTC)")
    parser.add_argument("--wind-unit", choices=UNITS, default=UNITS[0], help=f"of the wind (default: {UNITS[0]})")
    parser.add_argument(
        "--cured",
        type=finite,
        metavar="PCT",
        help="dead share of the grass (%%) where no column percent_cured gives it (default: of Canadian prairie by "
        "date, 10 May to 27 August only)",
    )
    parser.add_argument(
        "--grass-load",
        type=finite,
        metavar="KG",
        help="kg/m2, where no column grass_fuel_load gives it (default: 0.35)",
    )
    parser.add_argument(
        "--grass",
        choices=GRASS,
        default=GRASS[0],
        help="matted to June and standing from July (default; north only), or always the one; without snow: standing",
    )


def _write(args: argparse.Namespace) -> int:
    """Write `args.out`; return 0, or 1 where something is refused (then nothing is written)."""
    try:
        with Progress("hourly") as progress:
            notes = write_hours(args, progress)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger hourly: {err}\n")
        return 1
    say_notes("hourly", notes, _MOST_NOTES)
    return 0


def write_hours(args: argparse.Namespace, progress: Progress) -> list[str]:
    """Write the rows with their codes; return what a person should know.

    Raises
    ------
    FirewatchError
        If a file or a choice is refused.
    """
    from firewatch.adapters.cffdrs_csv import read_cffdrs_csv, require_writable, write_tables_beside
    from firewatch.adapters.day_table import hourly_table_of_days
    from firewatch.adapters.fwi2025_table import HourlyChoices, run_hourly

    for out in (args.out, args.daily):
        for source in (args.file, args.earlier):
            if out is not None:
                require_writable(out, source)
    _require_two_files(args)
    progress.begin(args.file)
    table = read_cffdrs_csv(args.file)
    wind_unit = args.wind_unit
    progress.compute()
    if args.form != FORMS[0]:
        table, wind_unit = hourly_table_of_days(table, args.form, wind_unit, args.utc_offset), UNITS[0]
    earlier: CffdrsTable | None = None if args.earlier is None else read_cffdrs_csv(args.earlier)
    choices = HourlyChoices(args.system, wind_unit, args.utc_offset, args.cured, args.grass_load, args.grass)
    found = run_hourly(table, choices, earlier, args.start)
    days = None if args.daily is None else found.daily_rows()
    results = [(args.out, table.with_columns(found.columns)), *([(args.daily, days)] if days is not None else [])]
    progress.end(args.out)
    write_tables_beside(results, table.delimiter)
    return list(found.notes)


def _require_two_files(args: argparse.Namespace) -> None:
    from firewatch.errors import InvalidValue

    if args.daily is None:
        return
    if args.system != SYSTEMS[0]:
        raise InvalidValue("--daily with --system", args.system, SYSTEMS[0])
    if args.daily.resolve() == args.out.resolve():
        raise InvalidValue("--daily", str(args.daily), "another file than the result itself")
