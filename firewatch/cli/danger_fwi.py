"""`firewatch danger fwi IN.csv OUT.csv`: the columns of cffdrs in, the same rows with codes and indices out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.danger_choices import add_series_choices, method_of, moisture_codes
from firewatch.cli.danger_notes import say_notes
from firewatch.cli.danger_progress import Progress
from firewatch.errors import FirewatchError, InvalidValue, ObservationError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    import numpy as np

    from firewatch.adapters.cffdrs_csv import CffdrsTable
    from firewatch.adapters.fwi_table import StationTable
    from firewatch.danger import CodeArrays, SeriesRules
    from firewatch.domain.danger import MoistureCodes

__all__ = ["add_verb", "write_codes"]

UNITS = ("km/h", "m/s", "kn")  # written out as `danger_choices` does
_MOST_NOTES = 5
_OUTPUTS = ("ffmc", "dmc", "dc", "isi", "bui", "fwi", "dsr")


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add `fwi` to the verbs of `danger`."""
    parser = verbs.add_parser(
        "fwi",
        help="a table with the columns of cffdrs -> the same rows with FWI codes and indices",
        description="Append ffmc, dmc, dc, isi, bui, fwi, dsr to every row. Columns, in any order and case, with "
        "commas, tabs or semicolons: id, lat, long, yr, mon, day, temp (deg C), rh (%), ws (km/h), prec (mm), at noon; "
        "others are kept. Every station has its own chain, however the rows stand; without id all are of one station.",
        epilog="Example: firewatch danger fwi weather.csv codes.csv --constants cffdrs",
    )
    parser.add_argument("file", metavar="IN.csv", type=Path)
    parser.add_argument("out", metavar="OUT.csv", type=Path, help="written whole, or not at all")
    add_series_choices(parser)
    parser.add_argument("--wind-unit", choices=UNITS, default=UNITS[0], help=f"of the column ws (default: {UNITS[0]})")
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--start",
        metavar="FFMC,DMC,DC",
        type=moisture_codes,
        help="codes of the day before every station's first (default: 85,6,15)",
    )
    start.add_argument(
        "--continue",
        dest="earlier",
        metavar="EARLIER.csv",
        type=Path,
        help="an earlier OUT.csv: its stations go on from their last day there, others start new",
    )
    parser.set_defaults(run=run, verb=_write)


def _write(args: argparse.Namespace) -> int:
    """Write `args.out`; return 0, or 1 where something is refused (then nothing is written)."""
    try:
        notes = write_codes(args)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger fwi: {err}\n")
        return 1
    say_notes("fwi", notes, _MOST_NOTES)
    return 0


def write_codes(args: argparse.Namespace) -> list[str]:
    """Write the rows with their codes; return what a person should know.

    Raises
    ------
    FirewatchError
        If the file or a choice is refused.
    """
    from firewatch.adapters.cffdrs_csv import read_cffdrs_csv, require_writable, write_beside
    from firewatch.adapters.fwi_table import station_days
    from firewatch.danger import GapPolicy, SeriesRules, run_stations

    for source in (args.file, args.earlier):
        require_writable(args.out, source)
    rules = SeriesRules(method_of(args), GapPolicy(args.gaps))
    with Progress("fwi") as progress:
        progress.begin(args.file)
        table = read_cffdrs_csv(args.file)
        table.require_without(_OUTPUTS)
        stations = station_days(table, args.wind_unit)
        filled = _filled(table, stations, rules)
        start, begun = _start(args, table, stations)
        codes, indices = run_stations(stations.days, start, rules, progress.show)
        outputs = (codes.ffmc, codes.dmc, codes.dc, indices.isi, indices.bui, indices.fwi, indices.dsr)
        progress.end(args.out)
        write_beside(args.out, table.with_columns(dict(zip(_OUTPUTS, outputs, strict=True))), table.delimiter)
    return [*stations.notes, *begun, *filled]


def _filled(table: CffdrsTable, stations: StationTable, rules: SeriesRules) -> list[str]:
    """Return a note for each gap that is filled, unless one is refused."""
    from firewatch.danger import GapPolicy

    most = 0 if rules.gap_policy is GapPolicy.REFUSE else rules.longest_gap_days
    notes, day = [], stations.days.day
    for gap in stations.days.gaps():
        name = stations.names[stations.days.station[gap.row_after]]
        before, after = table.row_numbers[gap.row_before], table.row_numbers[gap.row_after]
        if gap.missing_days > most:
            advice = (
                f"supply them, or choose --gaps {GapPolicy.LAST_READING_DRY.value}"
                if rules.gap_policy is GapPolicy.REFUSE
                else "supply them, or begin a new file after the gap"
            )
            raise ObservationError(
                name,
                f"{table.name} row {after} column day",
                f"{day[gap.row_after]} follows {day[gap.row_before]} of row {before}: no reading on "
                f"{gap.missing_days} day(s); allowed are {most} with --gaps {rules.gap_policy.value}; {advice}",
            )
        notes.append(
            f"station {name}: {gap.missing_days} day(s) after {day[gap.row_before]} computed with that day's reading "
            f"and no rain, and not written (between rows {before} and {after})"
        )
    return notes


def _start(args: argparse.Namespace, table: CffdrsTable, stations: StationTable) -> tuple[CodeArrays, list[str]]:
    """Return the codes before each station's first day, and which stations start new in a run that goes on."""
    import numpy as np

    from firewatch.danger import COLD_START, CodeArrays

    chosen: MoistureCodes = args.start or COLD_START
    known = {} if args.earlier is None else _last_days(args.earlier)
    codes = []
    for number, name in enumerate(stations.names):
        if name not in known:
            codes.append((chosen.ffmc, chosen.dmc, chosen.dc))
            continue
        days = stations.days.day[stations.days.station == number]
        if days.min() != known[name].day + 1:
            row = int(np.flatnonzero(stations.days.station == number)[days.argmin()])
            where = f"{table.name} row {table.row_numbers[row]} column day"
            raise InvalidValue(
                where,
                str(days.min()),
                f"{known[name].day + 1}, the day after station {name}'s last in {args.earlier.name}",
            )
        codes.append(known[name].codes)
    new = [name for name in stations.names if name not in known] if args.earlier is not None else []
    return CodeArrays(*np.array(codes).T), [
        f"station {name} is not in {args.earlier.name}: it starts new" for name in new
    ]


@dataclass(frozen=True, slots=True)
class _LastDay:
    """The last day of one station in an earlier result."""

    day: np.datetime64
    codes: tuple[float, float, float]


def _last_days(path: Path) -> dict[str, _LastDay]:
    from firewatch.adapters.cffdrs_csv import NumberColumn, read_cffdrs_csv
    from firewatch.adapters.fwi_table import stations_of, weather_days

    earlier = read_cffdrs_csv(path)
    days = weather_days(earlier)
    names, station = stations_of(earlier)
    limits = {"ffmc": 101.0, "dmc": 10_000.0, "dc": 10_000.0}
    ffmc, dmc, dc = (earlier.numbers(NumberColumn(name, "", 0.0, most)).tolist() for name, most in limits.items())
    last: dict[str, _LastDay] = {}
    for row in days.argsort(kind="stable"):
        last[names[station[row]]] = _LastDay(days[row], (ffmc[row], dmc[row], dc[row]))
    return last
