"""`firewatch danger`: readings in; codes, indices and grades out. `rate` is here, each other verb in its own module."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli import (
    danger_calendar,
    danger_fbp,
    danger_fwi,
    danger_grade,
    danger_grid,
    danger_hourly,
    danger_occurrence,
    danger_plot,
    danger_season,
    danger_surface,
)
from firewatch.cli.danger_choices import add_series_choices, finite, method_of, moisture_codes
from firewatch.cli.danger_notes import say_notes
from firewatch.errors import FirewatchError, InvalidValue, ObservationError

if TYPE_CHECKING:
    from firewatch.adapters.weather_csv import WeatherFile
    from firewatch.danger import DangerRules, RatingTable
    from firewatch.domain.danger import DangerRating

__all__ = ["add_parser", "rate_file", "run"]

# Written out, because reading the tables brings numpy and the help must be quick; a test holds the two equal.
# The first is the default.
COLUMNS = ("firewatch", "cffdrs")
TABLES = ("ly_t_1172_1995", "gb_t_36743_2018", "qx_t_77_2007")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `danger` with its verbs to the command line."""
    parser = subparsers.add_parser("danger", help="fire danger ratings from weather files")
    verbs = parser.add_subparsers(title="verbs", required=True)
    _add_rate(verbs)
    danger_fwi.add_verb(verbs, run)
    danger_hourly.add_verb(verbs, run)
    danger_fbp.add_verb(verbs, run)
    danger_grade.add_verb(verbs, run)
    danger_season.add_verb(verbs, run)
    danger_plot.add_verb(verbs, run)
    danger_surface.add_verb(verbs, run)
    danger_calendar.add_verb(verbs, run)
    danger_occurrence.add_verb(verbs, run)
    danger_grid.add_verb(verbs, run)


def _add_rate(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    rate = verbs.add_parser(
        "rate",
        help="noon readings (CSV) -> FWI codes, indices and Chinese grade",
        description="Rate every day of every station of a CSV file. Columns, with the unit in the name: station_id, "
        "date (or observed_at), temp_c, rh_pct, wind_kmh (or wind_ms), rain_mm (of 24 h); for the grade also "
        "max_temp_c, min_rh_pct, max_wind_ms; optionally lat_deg.",
        epilog="Example: firewatch danger rate noon.csv --latitude 26.9 --station hengyang --json",
    )
    rate.add_argument("file", metavar="FILE.csv", type=Path)
    rate.add_argument("--latitude", type=finite, metavar="DEG", help="of stations without a lat_deg column")
    rate.add_argument("--station", metavar="ID", help="the station of a file without a station column")
    rate.add_argument(
        "--start",
        metavar="FFMC,DMC,DC",
        type=moisture_codes,
        help="codes of the day before (default: 85,6,15, marked as settling)",
    )
    rate.add_argument("--columns", choices=COLUMNS, default=COLUMNS[0], help="how the columns are named")
    rate.add_argument(
        "--utc-offset", type=_offset, default="8", metavar="H", help="standard time of the dates (default: 8)"
    )
    add_series_choices(rate)
    rate.add_argument(
        "--table",
        default=TABLES[0],
        metavar="NAME|FILE.toml",
        help=f"grade table: {', '.join(TABLES)}, or a file (default: {TABLES[0]})",
    )
    form = rate.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json", help="one JSON object a line")
    form.add_argument("--csv", dest="form", action="store_const", const="csv", help="a table (default)")
    rate.set_defaults(run=run, verb=_print_ratings, form="csv")


def run(args: argparse.Namespace) -> int:
    """Do what the verb says; return 0, or 1 where something is refused."""
    code: int = args.verb(args)
    return code


def _print_ratings(args: argparse.Namespace) -> int:
    """Print the ratings of `args.file`, or nothing where something is refused."""
    try:
        rules = _rules(args)
        weather, ratings = rate_file(args, rules)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger rate: {err}\n")
        return 1
    say_notes("rate", weather.notes)
    rows = [_row(rating, rules.table) for rating in ratings]
    if args.form == "json":
        sys.stdout.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(_flat(row) for row in rows)
    return 0


def _rules(args: argparse.Namespace) -> DangerRules:
    from firewatch.adapters.danger_tables import find_danger_table
    from firewatch.danger import DangerRules, GapPolicy, SeriesRules

    series = SeriesRules(method_of(args), GapPolicy(args.gaps), utc_offset=args.utc_offset)
    return DangerRules.of(find_danger_table(args.table), series)


def rate_file(args: argparse.Namespace, rules: DangerRules | None = None) -> tuple[WeatherFile, list[DangerRating]]:
    """Return what the file held, and the ratings station by station, each in the order of days.

    Parameters
    ----------
    args : Namespace
        The choices.
    rules : DangerRules, optional
        Those of the choices, where they are already at hand.

    Raises
    ------
    FirewatchError
        If the file, the table or a choice is refused.
    """
    from firewatch.adapters.weather_csv import CFFDRS_COLUMNS, OWN_COLUMNS, read_weather_csv
    from firewatch.danger import rate_series, start_station

    rules = rules or _rules(args)
    columns = CFFDRS_COLUMNS if args.columns == "cffdrs" else OWN_COLUMNS
    weather = read_weather_csv(args.file, columns, station=args.station, utc_offset=args.utc_offset)
    _require_no_other_station(args.station, weather)
    ratings: list[DangerRating] = []
    for station in sorted({reading.station_id for reading in weather.observations}):
        start = start_station(_latitude(station, weather, args.latitude), args.start)
        readings = [reading for reading in weather.observations if reading.station_id == station]
        try:
            ratings.extend(rate_series(start, readings, rules).ratings)
        except ObservationError as err:
            raise ObservationError(
                err.station, weather.where(err.station, err.when, rules.series.utc_offset), err.why
            ) from err
    return weather, ratings


def _require_no_other_station(given: str | None, weather: WeatherFile) -> None:
    others = sorted({reading.station_id for reading in weather.observations} - {given})
    if given is not None and others:
        allowed = f"nothing here: the file has a station column, with {others[0]}"
        raise InvalidValue("--station", given, allowed)


def _latitude(station: str, weather: WeatherFile, given: float | None) -> float:
    latitude = weather.lat_deg_by_station.get(station, given)
    if latitude is None:
        raise InvalidValue(f"latitude of station {station}", None, "a lat_deg column, or --latitude DEG")
    return latitude


def _offset(text: str) -> timedelta:
    try:
        return timedelta(hours=float(text))
    except (ValueError, OverflowError) as err:
        raise argparse.ArgumentTypeError(f"{text!r}: hours east of Greenwich are wanted, -12 to 14") from err


def _row(rating: DangerRating, table: RatingTable) -> dict[str, object]:
    codes, indices = rating.codes, rating.indices
    return {
        "station_id": rating.station_id,
        "date": rating.weather_day.isoformat(),
        "ffmc": codes.ffmc,
        "dmc": codes.dmc,
        "dc": codes.dc,
        "isi": indices.isi,
        "bui": indices.bui,
        "fwi": indices.fwi,
        "dsr": indices.dsr,
        "grade": None if rating.grade is None else rating.grade.value,
        **_part_cells(rating, table),
        "scheme": rating.scheme,
        "method": rating.method,
        "is_estimated": rating.is_estimated,
        "missing": list(rating.missing),
        "marks": list(rating.marks),
    }


def _part_cells(rating: DangerRating, table: RatingTable) -> dict[str, object]:
    """Return what the grade was made of: HTZ and its parts, or the total and the parts of a filled standard."""
    from firewatch.danger import HtzTable
    from firewatch.domain.danger import SumParts

    parts = rating.parts
    total = None if parts is None else parts.total
    if isinstance(table, HtzTable):
        return {"htz": total, **{f"htz_{name}": getattr(parts, name, None) for name in "abcde"}}
    points = {part.name: part.points for part in parts.parts} if isinstance(parts, SumParts) else {}
    return {"total": total, **{f"part_{part.name}": points.get(part.name) for part in table.parts}}


def _flat(row: dict[str, object]) -> dict[str, object]:
    """Return a row for a table: lists joined by blanks, nothing where there is nothing."""
    return {name: " ".join(value) if isinstance(value, list) else value for name, value in row.items()}
