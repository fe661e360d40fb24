"""METAR: aerodrome reports as text, as https://aviationweather.gov/api/data/metar?format=raw gives them.

Form by WMO-No. 306, Manual on Codes, FM 15: ``METAR ZGHA 260400Z 02004MPS 9999 FEW030 21/08 Q1019 NOSIG``. Read are
the time (day, hour, minute, UTC), the ten-minute mean wind (KT, MPS or KMH) and the temperature with the dew point, in
whole degrees: the humidity is good to some 5 %. Rain stands only in reports of the United States, as ``P0003`` among
the remarks (hundredths of an inch of the hour; FMH-1, 12.7): of a station elsewhere alone there is no noon reading.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from firewatch.danger.vapour import relative_humidity
from firewatch.domain.weather import HourlyReading
from firewatch.errors import FeedError
from firewatch.services.weather_ports import Fetched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firewatch.adapters.feeds.web_source import WebSource
    from firewatch.domain.ids import StationId
    from firewatch.domain.sites import Station

__all__ = ["MetarFeed"]

# Of one answer at most 400 reports are given, of the last 15 days (https://aviationweather.gov/data/api/). Aerodromes
# report twice an hour at most, and specially at times.
_MOST_REPORTS, _REPORTS_AN_HOUR = 400, 2.3
_HOURS_BACK, _HOURS_BACK_AFTER_A_PAUSE = 36, 168
_PAUSE = timedelta(hours=24)
_KMH = {"KT": 1.852, "MPS": 3.6, "KMH": 1.0}
_HEAD = re.compile(
    r"^(?:METAR |SPECI )?(?P<first>COR )?(?P<code>[A-Z][A-Z0-9]{3}) (?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)Z "
    r"(?P<later>(?:COR|CC[A-Z]) )?"
)
_WIND = re.compile(r" (?P<origin>\d{3}|VRB|///)(?P<speed>\d{2,3})(?:G\d{2,3})?(?P<unit>KT|MPS|KMH)(?= |$)")
_FULL_TURN_DEG = 360
_AIR = re.compile(r" (?P<temp>M?\d\d)/(?P<dew>M?\d\d|//)?(?= |$)")
_AUTOMATIC_GAUGE = re.compile(r" RMK (?=.*\bAO2\b)(?!.*\bPNO\b)")
_RAIN = re.compile(r" P(?P<amount>\d{4})(?= |$)")
_MM_PER_HUNDREDTH_INCH = 0.254
# What follows is forecast, or remarks.
_END = re.compile(r" (?:NOSIG|BECMG|TEMPO|RMK)\b.*$")
_LONGEST_AGE = timedelta(days=20)


class MetarFeed:
    """Fulfils `firewatch.services.weather_ports.WeatherFeed`.

    Parameters
    ----------
    name : str
        Of the feed.
    web : WebSource
        How it asks.
    url : str
        As ``https://aviationweather.gov/api/data/metar``.
    codes : mapping of str to str
        The aerodrome's code by our station, as ``{"hengyang": "ZGHY"}``.
    """

    def __init__(self, name: str, web: WebSource, url: str, codes: Mapping[str, str]) -> None:
        self._name = name
        self._web = web
        self._url = url
        self._codes = dict(codes)
        self._succeeded_at: datetime | None = None

    @property
    def name(self) -> str:
        """Name of the source."""
        return self._name

    def fetch(self, stations: Sequence[Station], now: datetime) -> Fetched:
        """Return the reports of the last 36 hours, at first and after a pause of 7 days; raise `FeedError` if none."""
        ours = {self._codes[one.station_id]: one.station_id for one in stations if one.station_id in self._codes}
        if not ours:
            return Fetched()
        hours_back = _HOURS_BACK
        if self._succeeded_at is None or now - self._succeeded_at > _PAUSE:
            hours_back = _HOURS_BACK_AFTER_A_PAUSE
        at_once = max(1, int(_MOST_REPORTS / (hours_back * _REPORTS_AN_HOUR)))
        lines: list[str] = []
        for start in range(0, len(ours), at_once):
            params = {"ids": ",".join([*ours][start : start + at_once]), "format": "raw", "hours": str(hours_back)}
            lines += [" ".join(line.split()) for line in self._web.get(self._url, params).text().splitlines()]
        hours, problems = self._read([*dict.fromkeys(filter(None, lines))], ours, now)
        if not hours:
            raise FeedError(self._name, f"no report of {', '.join(ours)}: {' '.join(lines)!r:.120}", retryable=True)
        self._succeeded_at = now
        return Fetched(hours=hours, problems=problems)

    def _read(
        self, lines: list[str], ours: Mapping[str, StationId], now: datetime
    ) -> tuple[tuple[HourlyReading, ...], tuple[str, ...]]:
        # The latest received stands first; a corrected report goes before the one that it corrects.
        found: dict[tuple[StationId, datetime], tuple[bool, HourlyReading]] = {}
        problems: list[str] = []
        for number, line in enumerate(lines, start=1):
            try:
                is_corrected, readings = self._readings(line.rstrip("=").strip(), ours, now)
            except ValueError as err:
                problems.append(f"line {number}: {err}")
                continue
            for reading in readings:
                key = reading.station_id, reading.at
                if key not in found or (is_corrected and not found[key][0]):
                    found[key] = is_corrected, reading
        return tuple(reading for _, reading in found.values()), tuple(problems)

    def _readings(self, line: str, ours: Mapping[str, StationId], now: datetime) -> tuple[bool, list[HourlyReading]]:
        head = _HEAD.match(f"{line} ")
        if head is None or head["code"] not in ours:
            raise ValueError(f"{line[:60]!r} is no report of {', '.join(ours)}")
        body = _END.sub("", line)
        if re.search(r"Z NIL\b", body):
            return False, []
        at = _instant(int(head["day"]), int(head["hour"]), int(head["minute"]), now)
        wind, air = _WIND.search(body), _AIR.search(body)
        temp_c = None if air is None else _degrees(air["temp"])
        reading = HourlyReading(
            ours[head["code"]],
            at,
            self._name,
            temp_c=temp_c,
            rh_pct=None if air is None or temp_c is None else _humidity(temp_c, air["dew"]),
            wind_kmh=None if wind is None else int(wind["speed"]) * _KMH[wind["unit"]],
            rain_mm=_rain(line),
            wind_from_deg=None if wind is None else _direction(wind["origin"], int(wind["speed"])),
        )
        return bool(head["first"] or head["later"]), [reading]


def _direction(given: str, speed: int) -> float | None:
    """Return where the wind blows from [deg]; None where it is calm (00000KT), variable or not told."""
    is_told = given.isdigit() and int(given) <= _FULL_TURN_DEG and speed > 0
    return float(given) if is_told else None


def _degrees(given: str) -> float:
    return -float(given[1:]) if given.startswith("M") else float(given)


def _humidity(temp_c: float, dew: str | None) -> float | None:
    if dew is None or dew == "//":
        return None
    return float(relative_humidity(temp_c, _degrees(dew)))


def _rain(line: str) -> float | None:
    """Return the rain of the hour [mm], which only an automatic gauge of the United States tells, if it works."""
    if line.startswith("SPECI") or not _AUTOMATIC_GAUGE.search(line):
        return None
    told = _RAIN.search(line)
    # Left out where no rain fell since the last report.
    return 0.0 if told is None else int(told["amount"]) * _MM_PER_HUNDREDTH_INCH


def _instant(day: int, hour: int, minute: int, now: datetime) -> datetime:
    """Return the latest instant of that day of a month and time that is not later than a day from now."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=31)).replace(day=1)
    for month in (following, first, (first - timedelta(days=1)).replace(day=1)):
        try:
            at = month.replace(day=day, hour=hour, minute=minute)
        except ValueError:
            continue
        if now - _LONGEST_AGE <= at <= now + timedelta(days=1):
            return at
    raise ValueError(f"its time, day {day} {hour:02d}:{minute:02d}, is not of these weeks")
