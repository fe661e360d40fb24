"""What a weather station read on one day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between, require_utc
from firewatch.domain.ids import require_slug

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta

    from firewatch.domain.ids import StationId

__all__ = ["Observation"]

# Beyond the records of the World Meteorological Organization (56.7 degC, 113.2 m/s gust, 1825 mm in 24 h), with room:
# what lies outside is a wrong unit or a broken sensor.
_COLDEST_C, _HOTTEST_C = -60.0, 60.0
_STRONGEST_KMH, _STRONGEST_MS = 400.0, 120.0
_WETTEST_MM = 2000.0


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

    def __post_init__(self) -> None:
        require_slug("station", self.station_id)
        require_utc("observation time", self.observed_at)
        if self.received_at is not None:
            require_utc("time of receipt", self.received_at)
        require_between("temperature (deg C)", self.temp_c, _COLDEST_C, _HOTTEST_C)
        require_between("relative humidity (%)", self.rh_pct, 0.0, 100.0)
        require_between("wind at 10 m (km/h)", self.wind_kmh, 0.0, _STRONGEST_KMH)
        require_between("rain of 24 h (mm)", self.rain_mm, 0.0, _WETTEST_MM)
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
