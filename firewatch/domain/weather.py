"""What a weather station read, hour by hour and at noon, what is doubtful about it, and what is forecast for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between, require_text, require_utc
from firewatch.domain.ids import require_slug
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta

    from firewatch.domain.ids import StationId

__all__ = ["Doubt", "DoubtKind", "Forecast", "HourlyReading", "Observation"]

# Beyond the records of the World Meteorological Organization (56.7 degC, 113.2 m/s gust, 1825 mm in 24 h), with room:
# what lies outside is a wrong unit or a broken sensor.
_COLDEST_C, _HOTTEST_C = -60.0, 60.0
_STRONGEST_KMH, _STRONGEST_MS = 400.0, 120.0
_WETTEST_MM = 2000.0
_LONGEST_SOURCE = 40
_MOST_FORECAST_DAYS = 16


class DoubtKind(StrEnum):
    """Why a reading is doubted: the check that it did not pass."""

    RANGE = "range"  # outside what the sensor, or the climate of the place, can show
    STEP = "step"  # further from its neighbour hour than weather goes
    STUCK = "stuck"  # the same figure for longer than weather stands still
    MISSING = "missing"  # hours without a reading, in what was made of them
    INCONSISTENT = "inconsistent"  # against another figure of the same station
    SOURCE = "source"  # the source itself marks it, or is known not to give it

    @property
    def text_key(self) -> str:
        """Key of the check's name in the text catalogue."""
        return f"weather.doubt.{self.value}"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing doubtful about a reading; the reading is kept, and pages explain the doubt.

    Parameters
    ----------
    field : str
        Name of the doubted field, as ``temp_c``.
    kind : DoubtKind
        The check that it did not pass.
    why : str
        What was found and what was expected, with units, as ``rose by 18.2 degC in an hour; at most 12``.
    """

    field: str
    kind: DoubtKind
    why: str

    def __post_init__(self) -> None:
        require_text("doubted field", self.field, 40)
        require_text("why a reading is doubted", self.why, 200)


@dataclass(frozen=True, slots=True)
class HourlyReading:
    """What a station read at one hour, as its source gave it: any number is kept, the doubts say what is wrong with it.

    Parameters
    ----------
    station_id : StationId
        The station.
    at : datetime
        UTC instant of the reading.
    source : str
        Name of the feed, as ``open-meteo``.
    temp_c, rh_pct, wind_kmh : float or None
        Air temperature [deg C], relative humidity [%], mean wind at 10 m [km/h]; None where there is none.
    rain_mm : float or None
        Rain of the hour before [mm].
    doubts : tuple of Doubt
        Found by quality control.
    wind_from_deg : float or None
        True azimuth that the wind blows from, 0 to 360 [deg]; None where there is none: calm, variable, not measured.
    """

    station_id: StationId
    at: datetime
    source: str
    temp_c: float | None = None
    rh_pct: float | None = None
    wind_kmh: float | None = None
    rain_mm: float | None = None
    doubts: tuple[Doubt, ...] = ()
    wind_from_deg: float | None = None

    def __post_init__(self) -> None:
        require_slug("station", self.station_id)
        require_utc("reading time", self.at)
        require_text("weather source", self.source, _LONGEST_SOURCE)
        for name in ("temp_c", "rh_pct", "wind_kmh", "rain_mm"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise InvalidValue(name, value, "a finite number, or none")
        _require_direction(self.wind_from_deg)


@dataclass(frozen=True, slots=True)
class Observation:
    """The noon reading of one station and weather day, with the day's extremes where the station gives them.

    Parameters
    ----------
    station_id : StationId
        The station.
    observed_at : datetime
        UTC instant of the reading: noon, local standard time.
    temp_c : float
        Air temperature at noon, -60 to 60 [deg C].
    rh_pct : float
        Relative humidity at noon, 0 to 100 [%].
    wind_kmh : float
        Ten-minute mean wind at 10 m at noon, 0 to 400 [km/h].
    rain_mm : float
        Rain of the 24 hours to noon, 0 to 2000 [mm].
    max_temp_c : float or None
        Highest temperature of the day, -60 to 60 [deg C].
    min_rh_pct : float or None
        Lowest relative humidity of the day, 0 to 100 [%].
    max_wind_ms : float or None
        Strongest wind of the day at 10 m, 0 to 120 [m/s]: metres per second, as the Chinese tables count.
    received_at : datetime or None
        UTC instant at which we learned it.
    source : str
        Name of the feed that it came by.
    doubts : tuple of Doubt
        What is doubtful about it: it counts, and whatever is made of it says so.
    wind_from_deg : float or None
        True azimuth that the wind at noon blows from, 0 to 360 [deg].

    Raises
    ------
    InvalidValue
        If a value lies outside its range, or is not a number.
    """

    station_id: StationId
    observed_at: datetime
    temp_c: float
    rh_pct: float
    wind_kmh: float
    rain_mm: float
    max_temp_c: float | None = None
    min_rh_pct: float | None = None
    max_wind_ms: float | None = None
    received_at: datetime | None = None
    source: str = "mqtt"
    doubts: tuple[Doubt, ...] = ()
    wind_from_deg: float | None = None

    def __post_init__(self) -> None:
        require_slug("station", self.station_id)
        require_utc("observation time", self.observed_at)
        require_text("weather source", self.source, _LONGEST_SOURCE)
        if self.received_at is not None:
            require_utc("time of receipt", self.received_at)
        require_between("temperature (deg C)", self.temp_c, _COLDEST_C, _HOTTEST_C)
        require_between("relative humidity (%)", self.rh_pct, 0.0, 100.0)
        require_between("wind at 10 m (km/h)", self.wind_kmh, 0.0, _STRONGEST_KMH)
        require_between("rain of 24 h (mm)", self.rain_mm, 0.0, _WETTEST_MM)
        _require_direction(self.wind_from_deg)
        self._check_extremes()

    def _check_extremes(self) -> None:
        # An extreme that contradicts the noon reading is kept: stations report extremes of other windows (to 08:00, to
        # midnight), and `firewatch.danger.htz` takes the more dangerous of the two.
        if self.max_temp_c is not None:
            require_between("highest temperature (deg C)", self.max_temp_c, _COLDEST_C, _HOTTEST_C)
        if self.min_rh_pct is not None:
            require_between("lowest relative humidity (%)", self.min_rh_pct, 0.0, 100.0)
        if self.max_wind_ms is not None:
            require_between("strongest wind at 10 m (m/s)", self.max_wind_ms, 0.0, _STRONGEST_MS)

    def weather_day(self, utc_offset: timedelta) -> date:
        """Return the calendar day of the reading in a standard time that is `utc_offset` ahead of UTC."""
        return (self.observed_at + utc_offset).date()


def _require_direction(wind_from_deg: float | None) -> None:
    if wind_from_deg is not None:
        require_between("wind direction (deg)", wind_from_deg, 0.0, 360.0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The weather to come at one station, as one run of one source gave it.

    Parameters
    ----------
    station_id : StationId
        The station.
    source : str
        Name of the feed.
    issued_at : datetime
        UTC instant from which the source computed it; where the source does not say, when it was fetched.
    days : tuple of Observation
        Noon readings to come, one a day, in order, all of this station; at least 1, at most 16.
    """

    station_id: StationId
    source: str
    issued_at: datetime
    days: tuple[Observation, ...]

    def __post_init__(self) -> None:
        require_slug("station", self.station_id)
        require_text("weather source", self.source, _LONGEST_SOURCE)
        require_utc("issue time", self.issued_at)
        if not 1 <= len(self.days) <= _MOST_FORECAST_DAYS:
            raise InvalidValue("days of a forecast", len(self.days), f"1 to {_MOST_FORECAST_DAYS}")
        strangers = sorted({day.station_id for day in self.days} - {self.station_id})
        if strangers:
            raise InvalidValue("stations of a forecast", ", ".join(strangers), self.station_id)
        if any(later.observed_at <= earlier.observed_at for earlier, later in pairwise(self.days)):
            raise InvalidValue("days of a forecast", "not in order", "each later than the one before")
