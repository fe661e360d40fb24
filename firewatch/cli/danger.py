"""`firewatch danger rate FILE.csv`: a station's readings in, codes, indices and grades out."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.errors import FirewatchError, InvalidValue

if TYPE_CHECKING:
    from firewatch.adapters.weather_csv import WeatherFile
    from firewatch.danger import DangerTable
    from firewatch.domain.danger import DangerRating, MoistureCodes

__all__ = ["add_parser", "rate_file", "run"]

# What an option may be. Written out, because the enums bring numpy with them and the help must be quick; tests hold the
# two equal. The first of each is the default.
COLUMNS = ("firewatch", "cffdrs")
CONSTANTS = ("cffdrs", "classic", "cffdrs-middle")
DAY_LENGTHS = ("cffdrs", "xclim", "north")
GAPS = ("refuse", "last-reading-dry")
TABLES = ("ly_t_1172_1995", "gb_t_36743_2018", "qx_t_77_2007")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `danger` with its verbs to the command line."""
    parser = subparsers.add_parser("danger", help="fire danger ratings from weather files")
    verbs = parser.add_subparsers(title="verbs", required=True)
    rate = verbs.add_parser(
        "rate",
        help="noon readings (CSV) -> FWI codes, indices and Chinese grade",
        description="Rate every day of every station of a CSV file. Columns: station_id, date (or observed_at), "
        "temp_c, rh_pct, wind_kmh (or wind_ms), rain_mm; for the grade also max_temp_c, min_rh_pct, max_wind_ms; "
        "optionally lat_deg.",
    )
    rate.add_argument("file", metavar="FILE.csv", type=Path)
    rate.add_argument("--latitude", type=float, metavar="DEG", help="of stations without a lat_deg column")
    rate.add_argument("--station", metavar="ID", help="the station of a file without a station column")
    rate.add_argument(
        "--start",
        metavar="FFMC,DMC,DC",
        type=_codes,
        help="codes of the day before (default: 85,6,15, marked as settling)",
    )
    rate.add_argument("--columns", choices=COLUMNS, default=COLUMNS[0], help="how the columns are named")
    rate.add_argument(
        "--utc-offset", type=_offset, default="8", metavar="H", help="standard time of the dates (default: 8)"
    )
    _add_choices(rate)
    form = rate.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json", help="one JSON object a line")
    form.add_argument("--csv", dest="form", action="store_const", const="csv", help="a table (default)")
    rate.set_defaults(run=run, form="csv")


def _add_choices(rate: argparse.ArgumentParser) -> None:
    rate.add_argument(
        "--constants",
        choices=CONSTANTS,
        default=CONSTANTS[0],
        help="FFMC constants: classic is 147.2 as printed, cffdrs is 250*59.5/101 (default)",
    )
    rate.add_argument(
        "--day-length",
        choices=DAY_LENGTHS,
        default=DAY_LENGTHS[0],
        help=f"latitude bands of the day length (default: {DAY_LENGTHS[0]})",
    )
    rate.add_argument(
        "--gaps",
        choices=GAPS,
        default=GAPS[0],
        help=f"what to do about a missing day (default: {GAPS[0]})",
    )
    rate.add_argument(
        "--table",
        default=TABLES[0],
        metavar="NAME|FILE.toml",
        help=f"grade table: {', '.join(TABLES)}, or a file (default: {TABLES[0]})",
    )


def run(args: argparse.Namespace) -> int:
    """Print the ratings of `args.file`; return 0, or 1 where something is refused (then nothing is printed)."""
    try:
        weather, ratings = rate_file(args)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger rate: {err}\n")
        return 1
    for note in weather.notes:
        sys.stderr.write(f"firewatch danger rate: note: {note}\n")
    rows = [_row(rating) for rating in ratings]
    if args.form == "json":
        sys.stdout.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(_flat(row) for row in rows)
    return 0


def rate_file(args: argparse.Namespace) -> tuple[WeatherFile, list[DangerRating]]:
    """Return what the file held, and the ratings station by station, each in the order of days.

    Raises
    ------
    FirewatchError
        If the file, the table or a choice is refused.
    """
    from firewatch.adapters.weather_csv import CFFDRS_COLUMNS, OWN_COLUMNS, read_weather_csv
    from firewatch.danger import (
        DangerRules,
        DayLengthBands,
        FfmcFamily,
        FwiMethod,
        GapPolicy,
        SeriesRules,
        rate_series,
        start_station,
    )

    offset: timedelta = args.utc_offset
    columns = CFFDRS_COLUMNS if args.columns == "cffdrs" else OWN_COLUMNS
    method = FwiMethod(FfmcFamily(args.constants), DayLengthBands(args.day_length))
    series = SeriesRules(method, GapPolicy(args.gaps), utc_offset=offset)
    rules = DangerRules.of(_table(args.table), series)
    weather = read_weather_csv(args.file, columns, station=args.station, utc_offset=offset)
    _require_no_other_station(args.station, weather)
    ratings: list[DangerRating] = []
    for station in sorted({reading.station_id for reading in weather.observations}):
        start = start_station(_latitude(station, weather, args.latitude), args.start)
        readings = [reading for reading in weather.observations if reading.station_id == station]
        ratings.extend(rate_series(start, readings, rules).ratings)
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


def _table(given: str) -> DangerTable:
    from firewatch.adapters.danger_tables import load_danger_table, read_danger_table

    return load_danger_table(given) if given in TABLES else read_danger_table(Path(given))


def _codes(text: str) -> MoistureCodes:
    from firewatch.domain.danger import MoistureCodes

    try:
        ffmc, dmc, dc = (float(part) for part in text.split(","))
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"{text!r}: three numbers FFMC,DMC,DC are wanted, as 85,6,15") from err
    try:
        return MoistureCodes(ffmc, dmc, dc)
    except InvalidValue as err:
        raise argparse.ArgumentTypeError(str(err)) from err


def _offset(text: str) -> timedelta:
    try:
        return timedelta(hours=float(text))
    except (ValueError, OverflowError) as err:
        raise argparse.ArgumentTypeError(f"{text!r}: hours east of Greenwich are wanted, -12 to 14") from err


def _row(rating: DangerRating) -> dict[str, object]:
    codes, indices, parts = rating.codes, rating.indices, rating.parts
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
        "grade": None if rating.grade is None else int(rating.grade),
        "htz": None if parts is None else parts.total,
        **{f"htz_{name}": None if parts is None else getattr(parts, name) for name in "abcde"},
        "scheme": rating.scheme,
        "method": rating.method,
        "is_estimated": rating.is_estimated,
        "missing": list(rating.missing),
        "marks": list(rating.marks),
    }


def _flat(row: dict[str, object]) -> dict[str, object]:
    """Return a row for a table: lists joined by blanks, nothing where there is nothing."""
    return {name: " ".join(value) if isinstance(value, list) else value for name, value in row.items()}
