"""A station's own file, or a folder of files, that grows: hours, or noon readings, one a row.

Columns in any order and case, the unit in the name; a column of another name is refused, so that no unit is guessed:

================= ===== =================================================================================
``station_id``          as on the map; may be left out where the settings name the one station
``observed_at``         the instant with its offset from UTC, as 2026-03-01T12:00:00+08:00
``date``                for noon readings in its place: the weather day, YYYY-MM-DD
``temp_c``        deg C air temperature
``rh_pct``        %     relative humidity
``wind_kmh``      km/h  wind at 10 m; or ``wind_ms`` in m/s
``wind_from_deg`` deg   optional: true azimuth that the wind blows from, 0 to 360
``rain_mm``       mm    of the hour before; in noon readings of the 24 hours to noon
``max_temp_c``    deg C noon readings only, optional, as ``min_rh_pct`` and ``max_wind_ms``
================= ===== =================================================================================

A row that cannot be read is told and the others are; an empty cell of an hour is a figure missing. The last line counts
only once its line end is written: whoever writes the file may be in the middle of it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from firewatch.adapters.feeds.numbers import number_in
from firewatch.danger.noon import noon_instant
from firewatch.domain.ids import StationId
from firewatch.domain.weather import HourlyReading, Observation
from firewatch.errors import DomainError, FeedError
from firewatch.services.weather_ports import Fetched

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from firewatch.domain.sites import Station

__all__ = ["StationCsvFeed"]

_KMH_PER_MS = 3.6
_EXTREMES = ("max_temp_c", "min_rh_pct", "max_wind_ms")
_FIGURES = ("temp_c", "rh_pct", "wind_kmh", "wind_ms", "rain_mm")
_DIRECTION = "wind_from_deg"
_HOURS = frozenset({"station_id", "observed_at", *_FIGURES, _DIRECTION})
_NOONS = _HOURS | {"date", *_EXTREMES}
# What the daily codes take for noon.
_FROM_H, _TO_H = 10.0, 14.0
# A sensor in fog tells a little more than saturated (`firewatch.danger.quality`).
_SATURATED_PCT, _FOG_PCT = 100.0, 104.0
_DAYS_BACK = 60
_MOST_BYTES = 64_000_000
_MOST_PROBLEMS = 50


@dataclass(slots=True)
class _Look:
    """One look: what it is for, and what it gave so far."""

    known: frozenset[StationId]
    since: datetime
    hours: list[HourlyReading] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class StationCsvFeed:
    """Fulfils `firewatch.services.weather_ports.WeatherFeed`.

    Parameters
    ----------
    name : str
        Of the feed.
    path : Path
        A file, or a folder whose ``*.csv`` are read.
    station : str
        The station of files without a column ``station_id``; empty where they have one.
    are_noons : bool
        Whether the rows are noon readings, else hours.
    utc_offset : timedelta
        Standard time of noon and of dates.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        station: str = "",
        are_noons: bool = False,
        utc_offset: timedelta = timedelta(hours=8),
    ) -> None:
        self._name = name
        self._path = path
        self._station = station
        self._are_noons = are_noons
        self._utc_offset = utc_offset

    @property
    def name(self) -> str:
        """Name of the source."""
        return self._name

    def fetch(self, stations: Sequence[Station], now: datetime) -> Fetched:
        """Return the rows of the last 60 days; raise `FeedError` if no file can be read."""
        known = frozenset(station.station_id for station in stations)
        look = _Look(known, now - timedelta(days=_DAYS_BACK))
        failures: list[FeedError] = []
        for path in self._files():
            try:
                self._read_file(path, look)
            except FeedError as err:
                failures.append(err)
                look.problems.append(err.why)
        if failures and not (look.hours or look.observations):
            raise failures[0]
        left = len(look.problems) - _MOST_PROBLEMS
        problems = [*look.problems[:_MOST_PROBLEMS], *([f"and {left} rows more"] if left > 0 else [])]
        return Fetched(hours=tuple(look.hours), observations=tuple(look.observations), problems=tuple(problems))

    def _files(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        files = sorted(self._path.glob("*.csv"))
        if not files:
            raise FeedError(self._name, f"{self._path} holds no *.csv", retryable=True)
        return files

    def _read_file(self, path: Path, look: _Look) -> None:
        rows = csv.reader(self._whole_lines(path).splitlines())
        try:
            header = [cell.strip().lower() for cell in next(rows, [])]
            self._require_columns(path.name, header)
            for cells in rows:
                if cells:
                    self._read_row(f"{path.name} row {rows.line_num}", header, cells, look)
        except csv.Error as err:
            raise FeedError(self._name, f"{path.name} row {rows.line_num} is no CSV: {err}", retryable=True) from err

    def _whole_lines(self, path: Path) -> str:
        try:
            size = path.stat().st_size
            if size > _MOST_BYTES:
                why = f"{path.name} has {size} bytes; at most {_MOST_BYTES} are read: begin a new file, as one a month"
                raise FeedError(self._name, why, retryable=False)
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as err:
            raise FeedError(self._name, f"{path} cannot be read: {err.strerror}", retryable=True) from err
        except UnicodeDecodeError as err:
            why = f"{path.name} is not UTF-8 (byte {err.start + 1}); save it as CSV UTF-8"
            raise FeedError(self._name, why, retryable=False) from err
        return text[: text.rfind("\n") + 1]

    def _require_columns(self, name: str, header: list[str]) -> None:
        allowed = _NOONS if self._are_noons else _HOURS
        unknown = [cell for cell in header if cell not in allowed]
        time = {"observed_at", "date"} if self._are_noons else {"observed_at"}
        missing = [column for column in ("temp_c", "rh_pct") if column not in header]
        missing += [] if {"wind_kmh", "wind_ms"} & {*header} else ["wind_kmh"]
        missing += [] if time & {*header} else ["observed_at"]
        missing += [] if self._station or "station_id" in header else ["station_id"]
        missing += ["rain_mm"] if self._are_noons and "rain_mm" not in header else []
        if unknown:
            why = f"{name}: unknown column {', '.join(map(repr, unknown))}; known are {', '.join(sorted(allowed))}"
        elif missing:
            why = f"{name}: no column {', '.join(missing)}"
        elif len({*header}) != len(header) or {"wind_kmh", "wind_ms"} <= {*header}:
            why = f"{name}: two columns for one thing; keep one"
        else:
            return
        raise FeedError(self._name, why, retryable=False)

    def _read_row(self, where: str, header: list[str], cells: list[str], look: _Look) -> None:
        try:
            row = dict(zip(header, cells, strict=True))
            station, at = self._station_of(row, look.known), self._instant(row)
            if at < look.since:
                return
            if self._are_noons:
                look.observations.append(self._noon(station, at, row))
            else:
                wind_from = number_in(row.get(_DIRECTION))
                look.hours.append(HourlyReading(station, at, self._name, *_numbers(row), wind_from_deg=wind_from))
        except (ValueError, DomainError) as err:
            look.problems.append(f"{where}: {err}")

    def _station_of(self, row: dict[str, str], known: frozenset[StationId]) -> StationId:
        station = StationId(row.get("station_id", "").strip() or self._station)
        if station not in known:
            raise ValueError(f"station {station or '(none)'} is on no map")
        return station

    def _instant(self, row: dict[str, str]) -> datetime:
        if "date" in row:
            return noon_instant(date.fromisoformat(row["date"].strip()), self._utc_offset)
        at = datetime.fromisoformat(row["observed_at"].strip())
        if at.tzinfo is None:
            raise ValueError(
                f"{row['observed_at'].strip()} has no offset from UTC; write it as 2026-03-01T12:00:00+08:00"
            )
        return at.astimezone(UTC)

    def _noon(self, station: StationId, at: datetime, row: dict[str, str]) -> Observation:
        temp_c, rh_pct, wind_kmh, rain_mm = _numbers(row)
        if temp_c is None or rh_pct is None or wind_kmh is None or rain_mm is None:
            raise ValueError("temperature, humidity, wind and rain: a noon reading needs all four, one is empty")
        local = at + self._utc_offset
        if not _FROM_H <= local.hour + local.minute / 60.0 <= _TO_H:
            raise ValueError(f"read at {local:%H:%M} standard time; a noon reading is of 10:00 to 14:00")
        if _SATURATED_PCT < rh_pct <= _FOG_PCT:
            rh_pct = _SATURATED_PCT
        max_temp_c, min_rh_pct, max_wind_ms = (number_in(row.get(name)) for name in _EXTREMES)
        return Observation(
            station,
            at,
            temp_c,
            rh_pct,
            wind_kmh,
            rain_mm,
            max_temp_c=max_temp_c,
            min_rh_pct=min_rh_pct,
            max_wind_ms=max_wind_ms,
            source=self._name,
            wind_from_deg=number_in(row.get(_DIRECTION)),
        )


def _numbers(row: dict[str, str]) -> tuple[float | None, float | None, float | None, float | None]:
    """Return temperature, humidity, wind [km/h] and rain, in the order of a reading's fields."""
    temp_c, rh_pct, rain_mm = (number_in(row.get(name)) for name in ("temp_c", "rh_pct", "rain_mm"))
    wind_ms = number_in(row.get("wind_ms"))
    wind_kmh = number_in(row.get("wind_kmh")) if wind_ms is None else wind_ms * _KMH_PER_MS
    return temp_c, rh_pct, wind_kmh, rain_mm
