"""One day and many days of the FWI System over arrays: stations, or the cells of a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger import fwi
from firewatch.danger.columns import require_range
from firewatch.danger.conventions import FwiMethod
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.domain.danger import MoistureCodes

__all__ = ["CodeArrays", "DailyWeather", "IndexArrays", "indices_of", "months_of", "run_days", "step_day"]


@dataclass(frozen=True, slots=True, eq=False)
class DailyWeather:
    """Noon weather of many places, and perhaps many days.

    Parameters
    ----------
    temp_c, rh_pct, wind_kmh, rain_mm : ndarray, equal shapes, float64
        Temperature [deg C], relative humidity 0 to 100 [%], wind at 10 m at least 0 [km/h], rain of the 24 h to noon at
        least 0 [mm]. NaN is missing and gives NaN from that day on.

    Raises
    ------
    InvalidValue
        If the shapes differ or a value is out of range.
    """

    temp_c: npt.NDArray[np.float64]
    rh_pct: npt.NDArray[np.float64]
    wind_kmh: npt.NDArray[np.float64]
    rain_mm: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        shapes = {array.shape for array in (self.temp_c, self.rh_pct, self.wind_kmh, self.rain_mm)}
        if len(shapes) != 1:
            raise InvalidValue("shapes of the weather arrays", sorted(shapes), "one shape for all four")
        require_range("temperature (deg C)", self.temp_c, -60.0, 60.0)
        require_range("relative humidity (%)", self.rh_pct, 0.0, 100.0)
        require_range("wind at 10 m (km/h)", self.wind_kmh, 0.0, 400.0)
        require_range("rain of 24 h (mm)", self.rain_mm, 0.0, 2000.0)

    def day(self, index: int) -> DailyWeather:
        """Return the weather of one day of arrays whose first axis is days."""
        return DailyWeather(self.temp_c[index], self.rh_pct[index], self.wind_kmh[index], self.rain_mm[index])


@dataclass(frozen=True, slots=True, eq=False)
class CodeArrays:
    """Moisture codes of many places (and days): arrays of equal shapes, float64."""

    ffmc: npt.NDArray[np.float64]
    dmc: npt.NDArray[np.float64]
    dc: npt.NDArray[np.float64]

    @classmethod
    def of(cls, codes: MoistureCodes, shape: tuple[int, ...] = ()) -> CodeArrays:
        """Return the same codes at every place, as `COLD_START` before the first day of a record."""
        return cls(np.full(shape, codes.ffmc), np.full(shape, codes.dmc), np.full(shape, codes.dc))

    def day(self, index: int) -> CodeArrays:
        """Return the codes of one day of arrays whose first axis is days: from the last one a run goes on exactly."""
        return CodeArrays(self.ffmc[index], self.dmc[index], self.dc[index])


@dataclass(frozen=True, slots=True, eq=False)
class IndexArrays:
    """Fire behaviour indices of many places (and days): arrays of equal shapes, float64."""

    isi: npt.NDArray[np.float64]
    bui: npt.NDArray[np.float64]
    fwi: npt.NDArray[np.float64]
    dsr: npt.NDArray[np.float64]


def months_of(day: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Return the month of each day, 1 to 12, in the shape of the days (datetime64)."""
    months: npt.NDArray[np.int64] = day.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return months


def step_day(
    previous: CodeArrays,
    weather: DailyWeather,
    lat_deg: npt.ArrayLike,
    month: npt.ArrayLike,
    method: FwiMethod | None = None,
) -> CodeArrays:
    """Return the moisture codes of one day.

    Parameters
    ----------
    previous : CodeArrays
        Of the day before.
    weather : DailyWeather
        Of the day, the same shape.
    lat_deg, month : array_like
        Latitude [deg] and month 1 to 12, broadcast to that shape.
    method : FwiMethod, optional
        The named choices; by default those of cffdrs.

    Returns
    -------
    CodeArrays
    """
    chosen = method or FwiMethod()
    rh = np.minimum(weather.rh_pct, chosen.ffmc_family.constants.saturated_rh_pct)
    day_length_h = chosen.day_length.dmc_day_length_h(lat_deg, month)
    factor = chosen.day_length.dc_day_length_factor(lat_deg, month)
    return CodeArrays(
        fwi.fine_fuel_moisture_code(
            previous.ffmc, weather.temp_c, rh, weather.wind_kmh, weather.rain_mm, family=chosen.ffmc_family
        ),
        fwi.duff_moisture_code(previous.dmc, weather.temp_c, rh, weather.rain_mm, day_length_h, form=chosen.dmc_form),
        fwi.drought_code(previous.dc, weather.temp_c, weather.rain_mm, factor),
    )


def indices_of(
    codes: CodeArrays,
    wind_kmh: npt.NDArray[np.float64],
    method: FwiMethod | None = None,
) -> IndexArrays:
    """Return the fire behaviour indices of codes and the same noon's wind at 10 m [km/h]."""
    chosen = method or FwiMethod()
    isi = fwi.initial_spread_index(codes.ffmc, wind_kmh, family=chosen.ffmc_family)
    bui = fwi.buildup_index(codes.dmc, codes.dc)
    index = fwi.fire_weather_index(isi, bui)
    return IndexArrays(isi, bui, index, fwi.daily_severity_rating(index))


def run_days(
    start: CodeArrays,
    weather: DailyWeather,
    lat_deg: npt.ArrayLike,
    months: npt.NDArray[np.integer],
    method: FwiMethod | None = None,
) -> tuple[CodeArrays, IndexArrays]:
    """Return codes and indices of consecutive days.

    Parameters
    ----------
    start : CodeArrays, shape (...)
        Of the day before the first.
    weather : DailyWeather, shape (days, ...)
        Consecutive days, none left out.
    lat_deg : array_like
        Latitude [deg], broadcast to (...).
    months : ndarray, shape (days,)
        Month of each day, 1 to 12.
    method : FwiMethod, optional
        The named choices; by default those of cffdrs.

    Returns
    -------
    CodeArrays, IndexArrays
        Of shape (days, ...). A run over the first days, and another from its last codes over the rest, give the
        same bits.
    """
    shape = weather.temp_c.shape
    codes = CodeArrays(np.empty(shape), np.empty(shape), np.empty(shape))
    today = start
    for index, month in enumerate(months):
        today = step_day(today, weather.day(index), lat_deg, int(month), method)
        codes.ffmc[index], codes.dmc[index], codes.dc[index] = today.ffmc, today.dmc, today.dc
    return codes, indices_of(codes, weather.wind_kmh, method)
