"""Noon weather from CSV files: our own columns, and those of the Canadian package cffdrs.

Our own columns, in any order and case; the unit stands in the name, and a column of another name is refused, so that a
wind in an unknown unit can never be taken for km/h:

=============== ===== ==========================================================================================
``station_id``        the station's short name; may be left out where the caller names the one station of the file
``date``              weather day, YYYY-MM-DD: the reading is of 12:00 standard time; or, in its place,
``observed_at``       the instant with its offset from UTC, as 2026-03-01T12:00:00+08:00
``lat_deg``     deg   latitude, optional
``temp_c``      deg C air temperature at noon
``rh_pct``      %     relative humidity at noon
``wind_kmh``    km/h  wind at 10 m at noon; or ``wind_ms`` in m/s
``rain_mm``     mm    rain of the 24 hours to noon
``max_temp_c``  deg C highest of the day, optional
``min_rh_pct``  %     lowest of the day, optional
``max_wind_ms`` m/s   strongest of the day at 10 m, optional
=============== ===== ==========================================================================================

A row is read whole or the file is refused with its row and column; nothing is left out in silence.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NoReturn

from firewatch.adapters.cffdrs_csv import NOT_UTF8, delimiter_of
from firewatch.adapters.wind_units import one_wind_unit, wind_unit_of
from firewatch.domain.checks import require_between
from firewatch.domain.ids import StationId
from firewatch.domain.weather import Observation
from firewatch.errors import InvalidValue, ObservationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["CFFDRS_COLUMNS", "OWN_COLUMNS", "CsvColumns", "WeatherFile", "read_weather_csv"]

_KMH_PER_MS = 3.6
_FIRST_ROW = 2  # row 1 is the header, as a spreadsheet counts
_NEEDED = ("temp_c", "rh_pct", "rain_mm")
_EXTREMES = ("max_temp_c", "min_rh_pct", "max_wind_ms")
_NUMBERS = (*_NEEDED, *_EXTREMES, "wind_kmh", "wind_ms", "lat_deg")
_FIELDS = frozenset({*_NUMBERS, "station_id", "date", "observed_at"})
_NOON_H = (10.0, 14.0)
# The field that an observation's error speaks of, by its words there.
_WORDS = {
    "temperature (deg C)": "temp_c",
    "relative humidity (%)": "rh_pct",
    "wind at 10 m (km/h)": "wind_kmh",
    "rain of 24 h (mm)": "rain_mm",
    "highest temperature (deg C)": "max_temp_c",
    "lowest relative humidity (%)": "min_rh_pct",
    "strongest wind at 10 m (m/s)": "max_wind_ms",
    "latitude (deg)": "lat_deg",
    "station": "station_id",
}


@dataclass(frozen=True, slots=True)
class CsvColumns:
    """How a file's columns are named.

    Parameters
    ----------
    fields : dict
        Our field by the file's column, in lower case. The fields are those of this module's table, and ``year``,
        ``month`` and ``day`` for a date in three columns, ``hour`` and ``wind_unit`` for what is only checked.
    ignored : frozenset of str
        Columns that carry nothing we read; ``*`` stands for all others.
    wettest_rh_pct : float
        Humidity above 100 up to this is taken as 100 (rounding of saturated air), and noted [%].
    """

    fields: dict[str, str]
    ignored: frozenset[str] = frozenset()
    wettest_rh_pct: float = 100.0


OWN_COLUMNS = CsvColumns({name: name for name in sorted(_FIELDS)})

# Inputs and outputs of the R package cffdrs; its wind is km/h by that package's documentation.
CFFDRS_COLUMNS = CsvColumns(
    {
        "id": "station_id",
        "lat": "lat_deg",
        "yr": "year",
        "mon": "month",
        "day": "day",
        "temp": "temp_c",
        "rh": "rh_pct",
        "ws": "wind_kmh",
        "prec": "rain_mm",
        "tmax": "max_temp_c",
        "hr": "hour",
        "ws_unit": "wind_unit",
        "wind_unit": "wind_unit",
    },
    ignored=frozenset({"*"}),
    wettest_rh_pct=100.5,
)


@dataclass(frozen=True, slots=True)
class WeatherFile:
    """What a file held.

    Parameters
    ----------
    observations : tuple of Observation
        In the file's order, every row one.
    lat_deg_by_station : dict
        Latitudes [deg] of the stations for which the file gives one.
    notes : tuple of str
        What was read otherwise than written, row by row.
    name : str
        Of the file.
    rows : tuple of int
        Where each observation stands: the header is row 1.
    day_column : str
        Which says of which day a row is.
    """

    observations: tuple[Observation, ...]
    lat_deg_by_station: dict[str, float]
    notes: tuple[str, ...] = ()
    name: str = ""
    rows: tuple[int, ...] = ()
    day_column: str = "date"

    def where(self, station: str, when: str, utc_offset: timedelta) -> str:
        """Return where in the file the reading stands that an error is about, or the next after a missing day.

        Parameters
        ----------
        station : str
            Whose.
        when : str
            The error's: an instant as a reading has it, or a day as 2026-03-01.
        utc_offset : timedelta
            Standard time of the days.

        Returns
        -------
        str
            ``when`` itself where no reading fits.
        """
        mine = sorted(
            (reading.weather_day(utc_offset).isoformat(), reading.observed_at.isoformat(), row)
            for reading, row in zip(self.observations, self.rows, strict=True)
            if reading.station_id == station
        )
        exact = [row for _, instant, row in mine if instant == when]
        rows = exact or [row for day, _, row in mine if day >= when]
        return f"{self.name} row {rows[0]} column {self.day_column}, {when}" if rows else when


@dataclass(slots=True)
class _Reader:
    """One pass over one file."""

    name: str
    columns: CsvColumns
    station: str | None
    utc_offset: timedelta
    header: list[str]
    observations: list[Observation] = field(default_factory=list)
    latitudes: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    row_by_day: dict[tuple[str, date], int] = field(default_factory=dict)

    def add(self, row: int, cells: dict[str, str]) -> None:
        station = cells.get("station_id", self.station or "").strip()
        numbers = {
            name: self._number(row, station, name, cells[name])
            for name in _NUMBERS
            if name in cells and not (name in _EXTREMES and not cells[name].strip())
        }
        self._limit_humidity(row, numbers)
        self._require_declared(row, station, cells)
        try:
            if "lat_deg" in numbers:
                require_between("latitude (deg)", numbers["lat_deg"], -90.0, 90.0)
            observation = Observation(
                StationId(station),
                self._instant(row, station, cells),
                temp_c=numbers["temp_c"],
                rh_pct=numbers["rh_pct"],
                wind_kmh=numbers["wind_kmh"] if "wind_kmh" in numbers else numbers["wind_ms"] * _KMH_PER_MS,
                rain_mm=numbers["rain_mm"],
                max_temp_c=numbers.get("max_temp_c"),
                min_rh_pct=numbers.get("min_rh_pct"),
                max_wind_ms=numbers.get("max_wind_ms"),
            )
        except InvalidValue as err:
            raise ObservationError(station or "(none)", self._where(row, err.what), str(err)) from err
        self._remember(row, observation, numbers.get("lat_deg"))

    @property
    def day_column(self) -> str:
        """The field that says of which day a row is."""
        named = {self.columns.fields.get(name) for name in self.header}
        return next(name for name in ("observed_at", "date", "day") if name in named)

    def _where(self, row: int, what: str) -> str:
        """Return row and column of a value that an observation refuses."""
        ours = _WORDS.get(what)
        names = {"wind_kmh", "wind_ms"} if ours == "wind_kmh" else {ours}
        column = next((name for name in self.header if self.columns.fields.get(name) in names), None)
        return f"{self.name} row {row}" if column is None else f"{self.name} row {row} column {column}"

    def _require_declared(self, row: int, station: str, cells: dict[str, str]) -> None:
        """Refuse a row that says it is not of noon, or its wind not in km/h."""
        unit, hour = cells.get("wind_unit", "km/h"), cells.get("hour", "12")
        if wind_unit_of(unit) != "km/h":
            self._refuse(row, station, "wind_unit", f"is {unit.strip()!r}; allowed is {one_wind_unit('km/h')}")
        low, high = _NOON_H
        if not low <= self._number(row, station, "hour", hour) <= high:
            why = f"is {hour.strip()!r}; allowed is {low:g} to {high:g} h: the codes need the noon reading"
            self._refuse(row, station, "hour", why)

    def _refuse(self, row: int, station: str, field_name: str, why: str) -> NoReturn:
        raise ObservationError(station or "(none)", f"{self.name} row {row} column {self._column(field_name)}", why)

    def _column(self, field_name: str) -> str:
        return next((name for name in self.header if self.columns.fields.get(name) == field_name), field_name)

    def _remember(self, row: int, observation: Observation, lat_deg: float | None) -> None:
        station, day = observation.station_id, observation.weather_day(self.utc_offset)
        first = self.row_by_day.setdefault((station, day), row)
        if first != row:
            why = f"a second reading for {day}, which row {first} has already; keep one"
            self._refuse(row, station, self.day_column, why)
        if lat_deg is not None and self.latitudes.setdefault(station, lat_deg) != lat_deg:
            why = f"{lat_deg:g}, where an earlier row has {self.latitudes[station]:g}; a station stands still"
            self._refuse(row, station, "lat_deg", why)
        self.observations.append(observation)

    def _number(self, row: int, station: str, name: str, cell: str) -> float:
        if not cell.strip():
            self._refuse(row, station, name, "is empty; a noon reading is needed every day")
        try:
            if "_" not in cell:  # Python's own 1_000 is no number of a weather file
                return float(cell)
        except ValueError:
            pass
        return self._refuse(row, station, name, f"{cell.strip()!r} is no number")

    def _limit_humidity(self, row: int, numbers: dict[str, float]) -> None:
        given = numbers["rh_pct"]
        if 100.0 < given <= self.columns.wettest_rh_pct:  # noqa: PLR2004 - per cent
            numbers["rh_pct"] = 100.0
            self.notes.append(f"{self.name} row {row}: relative humidity {given:g} % taken as 100 %")

    def _instant(self, row: int, station: str, cells: dict[str, str]) -> datetime:
        try:
            if "observed_at" in cells:
                instant = datetime.fromisoformat(cells["observed_at"].strip())
                if instant.tzinfo is None:
                    why = "has no offset from UTC; write it as 2026-03-01T12:00:00+08:00"
                    raise ObservationError(station or "(none)", f"{self.name} row {row} column observed_at", why)
                return instant.astimezone(UTC)
            if "date" in cells:
                day = date.fromisoformat(cells["date"].strip())
            else:
                day = date(int(cells["year"]), int(cells["month"]), int(cells["day"]))
        except ValueError as err:
            given = cells.get(self.day_column, "").strip()
            where = f"{self.name} row {row} column {self._column(self.day_column)}"
            raise ObservationError(station or "(none)", where, f"is {given!r}, no date: {err}") from err
        return datetime.combine(day, time(12), UTC) - self.utc_offset


def read_weather_csv(
    path: Path,
    columns: CsvColumns = OWN_COLUMNS,
    *,
    station: str | None = None,
    utc_offset: timedelta = timedelta(hours=8),
) -> WeatherFile:
    """Read every row of a weather file.

    Parameters
    ----------
    path : Path
        UTF-8, with a header row; commas, semicolons or tabs between its columns.
    columns : CsvColumns
        How its columns are named; by default our own.
    station : str, optional
        The station of a file without a station column.
    utc_offset : timedelta
        Standard time in which dates are written and noon is 12:00; +8 h for China.

    Returns
    -------
    WeatherFile

    Raises
    ------
    ObservationError
        Naming the file, the row and the column: unreadable, empty, a column unknown or missing, a cell that is no
        number, a value out of range, two readings for one station and day.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text)))
    except OSError as err:
        raise ObservationError("(file)", str(path), f"cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise ObservationError("(file)", str(path), NOT_UTF8) from err
    except csv.Error as err:
        raise ObservationError("(file)", str(path), f"is no CSV: {err}") from err
    fields = _fields(path.name, rows, columns, has_station=station is not None)
    reader = _Reader(path.name, columns, station, utc_offset, [cell.strip().lower() for cell in rows[0]])
    for row, cells in _cells(path.name, rows, fields):
        reader.add(row, cells)
    if not reader.observations:
        raise ObservationError("(file)", path.name, "has no rows below its header")
    notes, numbers = tuple(reader.notes), tuple(reader.row_by_day.values())
    return WeatherFile(tuple(reader.observations), reader.latitudes, notes, path.name, numbers, reader.day_column)


def _fields(name: str, rows: list[list[str]], columns: CsvColumns, *, has_station: bool) -> list[str | None]:
    """Return our field of each column, None for an ignored one."""
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    unknown = [cell for cell in header if cell not in columns.fields and not {cell, "*"} & columns.ignored]
    if unknown:
        raise ObservationError(
            "(file)", f"{name} row 1", f"unknown column {', '.join(unknown)}; known are {', '.join(columns.fields)}"
        )
    fields = [columns.fields.get(cell) for cell in header]
    named = [ours for ours in fields if ours is not None]
    missing = [column for column, ours in columns.fields.items() if ours in _NEEDED and ours not in named]
    missing += [] if has_station or "station_id" in named else [_column_of("station_id", columns)]
    missing += [] if {"wind_kmh", "wind_ms"} & set(named) else [_column_of("wind_kmh", columns)]
    missing += [] if {"date", "observed_at"} & set(named) or {"year", "month", "day"} <= set(named) else ["a date"]
    if missing:
        raise ObservationError("(file)", f"{name} row 1", f"no column for {', '.join(missing)}")
    if len(set(named)) != len(named) or {"wind_kmh", "wind_ms"} <= set(named):
        raise ObservationError("(file)", f"{name} row 1", "two columns for one thing; keep one")
    return fields


def _column_of(field_name: str, columns: CsvColumns) -> str:
    return next((column for column, ours in columns.fields.items() if ours == field_name), field_name)


def _cells(name: str, rows: list[list[str]], fields: list[str | None]) -> Iterator[tuple[int, dict[str, str]]]:
    for row, cells in enumerate(rows[1:], start=_FIRST_ROW):
        if not cells:
            continue  # a blank line, as editors leave at the end, holds nothing
        if len(cells) != len(fields):
            raise ObservationError(
                "(file)", f"{name} row {row}", f"has {len(cells)} cells where the header has {len(fields)}"
            )
        yield row, {ours: cell for ours, cell in zip(fields, cells, strict=True) if ours is not None}
