"""China's National Meteorological Center (nmc.cn): the last 24 hours of a station, as JSON.

``https://www.nmc.cn/rest/weather?stationid=CODE`` answers ``{"msg": "success", "code": 0, "data": {...}}``. Of its
``data``, ``passedchart`` has one object an hour: ``time`` (``YYYY-MM-DD HH:MM``, Beijing time), ``temperature``
[deg C], ``humidity`` [%], ``windSpeed`` [m/s], ``rain1h`` [mm] of the hour before. Numbers may be in letters; 9999 and
an empty text are missing. There is no published document; the form was seen in many programs that read it. The forecast
there has no humidity: no noon reading can be made of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from firewatch.adapters.feeds.numbers import number_in
from firewatch.domain.weather import HourlyReading
from firewatch.errors import FeedError
from firewatch.services.weather_ports import Fetched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firewatch.adapters.feeds.web_source import WebSource
    from firewatch.domain.sites import Station

__all__ = ["NmcFeed"]

_BEIJING = timedelta(hours=8)
_MISSING = (9999.0, -9999.0, 999999.0)
_KMH_PER_MS = 3.6
_COLUMNS = ("temperature", "humidity", "windSpeed", "rain1h", "windDirection")
_FULL_TURN_DEG = 360.0


class NmcFeed:
    """Fulfils `firewatch.services.weather_ports.WeatherFeed`.

    Parameters
    ----------
    name : str
        Of the feed.
    web : WebSource
        How it asks.
    url : str
        As ``https://www.nmc.cn/rest/weather``.
    codes : mapping of str to str
        The source's code by our station, as ``{"hengyang": "57872"}``.
    """

    def __init__(self, name: str, web: WebSource, url: str, codes: Mapping[str, str]) -> None:
        self._name = name
        self._web = web
        self._url = url
        self._codes = dict(codes)

    @property
    def name(self) -> str:
        """Name of the source."""
        return self._name

    def fetch(self, stations: Sequence[Station], now: datetime) -> Fetched:
        """Return the hours of each station that has a code; raise `FeedError` if of none."""
        hours: list[HourlyReading] = []
        problems: list[str] = []
        failures: list[FeedError] = []
        asked = [station for station in stations if station.station_id in self._codes]
        for station in asked:
            try:
                rows = self._rows(self._codes[station.station_id])
            except FeedError as err:
                failures.append(err)
                problems.append(f"station {station.station_id}: {err.why}")
                continue
            for number, row in enumerate(rows, start=1):
                self._read(station, number, row, hours, problems)
        if failures and len(failures) == len(asked):
            raise failures[0]
        past = tuple(one for one in hours if one.at <= now + timedelta(hours=1))
        return Fetched(hours=past, problems=tuple(problems))

    def _rows(self, code: str) -> list[Any]:
        answer = self._web.get(self._url, {"stationid": code}).json()
        inside = answer.get("data") if isinstance(answer, dict) else None
        rows = inside.get("passedchart") if isinstance(inside, dict) else None
        if not isinstance(rows, list):
            raise FeedError(self._name, f"no data.passedchart for code {code}: {answer!r:.120}", retryable=True)
        return rows

    def _read(
        self, station: Station, number: int, row: object, hours: list[HourlyReading], problems: list[str]
    ) -> None:
        try:
            hours.append(self._reading(station, row))
        except ValueError as err:
            problems.append(f"station {station.station_id}, hour {number} of passedchart: {err}")

    def _reading(self, station: Station, row: object) -> HourlyReading:
        if not isinstance(row, dict):
            raise ValueError(f"{row!r:.60} is no object")  # noqa: TRY004 - one reason of a bad row
        at = datetime.strptime(str(row.get("time")), "%Y-%m-%d %H:%M").replace(tzinfo=UTC) - _BEIJING
        temp_c, rh_pct, wind_ms, rain_mm, wind_from = (number_in(row.get(column), _MISSING) for column in _COLUMNS)
        wind_kmh = None if wind_ms is None else wind_ms * _KMH_PER_MS
        is_direction = wind_from is not None and 0.0 <= wind_from <= _FULL_TURN_DEG
        return HourlyReading(
            station.station_id,
            at,
            self._name,
            temp_c,
            rh_pct,
            wind_kmh,
            rain_mm,
            wind_from_deg=wind_from if is_direction else None,
        )
