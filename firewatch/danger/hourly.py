"""The Fine Fuel Moisture Code hour by hour: the daily code's equations with an hour's rate.

It does not replace the daily code, whose noon value stands for the whole afternoon: a series keeps one of the two.

References
----------
.. [1] Van Wagner, C.E. (1977). A method of computing fine fuel moisture content throughout the diurnal cycle. Canadian
   Forestry Service, Petawawa Forest Experiment Station, Information Report PS-X-69.
.. [2] Alexander, M.E.; Lee, B.S.; Lee, C.Y. (1984). Hourly calculation of the Fine Fuel Moisture Code, Initial Spread
   Index, and Fire Weather Index with the Texas Instruments model 59 hand-held calculator. Canadian Forestry Service,
   Northern Forest Research Centre, Study NOR-5-191, File Report 7.
.. [3] Van Wagner, C.E.; Pickett, T.L. (1985). Equations and FORTRAN program for the Canadian Forest Fire Weather Index
   System. Canadian Forestry Service, Forestry Technical Report 33. The equation numbers below are of this report.
"""

# ruff: noqa: PLR2004 - the equations' own numbers, each beside its equation number

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns
from firewatch.danger.conventions import FfmcFamily
from firewatch.danger.sorption import after_rest

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.danger.sorption import StepWeather

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["hourly_fine_fuel_moisture_code", "run_hourly_ffmc", "wetted_by_hour"]

_HIGHEST_FFMC = 101.0
_WETTEST_PCT = 250.0
# An hour's rate at 0 deg C and a log rate of 1 [decades/h]: Van Wagner (1977). A day's is 0.581 (eq. 6b).
_RATE_PER_HOUR = 0.0579


def hourly_fine_fuel_moisture_code(
    previous: npt.ArrayLike,
    weather: StepWeather,
    *,
    family: FfmcFamily = FfmcFamily.CFFDRS,
) -> Numbers:
    """Return the Fine Fuel Moisture Code at the end of an hour, 0 to 101.

    Parameters
    ----------
    previous : array_like
        The code an hour (a step) before, 0 to 101.
    weather : StepWeather
        Of the hour: temperature, humidity and wind at its end, rain that fell in it. All of the rain counts: the
        canopy keeps nothing, unlike in the daily code.
    family : FfmcFamily
        The constants.

    Returns
    -------
    ndarray, broadcast shape, float64

    Notes
    -----
    The step's length enters as an exponent, so that dry steps add up: two hours of the same weather without rain
    equal one step of two hours.

    References
    ----------
    .. [1] Van Wagner (1977); eqs. 1, 3 to 5 and 8 to 10 are those of Van Wagner and Pickett (1985).
    """
    (fo, t, h, w, ro, hours), shape = columns(
        previous, weather.temp_c, weather.rh_pct, weather.wind_kmh, weather.rain_mm, weather.hours
    )
    k = family.constants
    with np.errstate(all="ignore"):
        mo = wetted_by_hour(k.code_to_moisture * (101.0 - fo) / (59.5 + fo), ro)  # eq. 1
        decades = _RATE_PER_HOUR * np.exp(0.0365 * t) * hours  # eq. 6b with the hour's rate
        m = after_rest(mo, _equilibria(t, h), h / 100.0, w, decades)
        code = 59.5 * (250.0 - m) / (k.moisture_to_code + m)  # eq. 10
    return np.clip(code, 0.0, _HIGHEST_FFMC).reshape(shape)


def run_hourly_ffmc(
    start: npt.ArrayLike,
    weather: StepWeather,
    *,
    family: FfmcFamily = FfmcFamily.CFFDRS,
) -> Numbers:
    """Return the Fine Fuel Moisture Code of consecutive hours.

    Parameters
    ----------
    start : array_like, shape (...)
        The code an hour before the first.
    weather : StepWeather, shape (hours, ...)
        Consecutive hours, none left out.
    family : FfmcFamily
        The constants.

    Returns
    -------
    ndarray, shape (hours, ...), float64
        A run over the first hours, and another from its last code over the rest, give the same bits.
    """
    codes = np.empty(weather.temp_c.shape)
    now: npt.ArrayLike = start
    for index in range(len(codes)):
        now = codes[index] = hourly_fine_fuel_moisture_code(now, weather.step(index), family=family)
    return codes


def wetted_by_hour(mo: Numbers, ro: Numbers) -> Numbers:
    """Return the moisture content of litter [%] after an hour's rain [mm].

    Parameters
    ----------
    mo, ro : ndarray, equal shapes
        Moisture content before [%], rain that reaches the litter [mm].

    References
    ----------
    .. [1] Van Wagner and Pickett (1985), eqs. 3a and 3b with rf = ro.
    """
    with np.errstate(all="ignore"):
        mr = mo + 42.5 * ro * np.exp(-100.0 / (251.0 - mo)) * (1.0 - np.exp(-6.93 / ro))  # eq. 3a
        mr = np.where(mo > 150.0, mr + 0.0015 * (mo - 150.0) * (mo - 150.0) * np.sqrt(ro), mr)  # eq. 3b
    return np.where(ro <= 0.0, mo, np.minimum(mr, _WETTEST_PCT))


def _equilibria(t: Numbers, h: Numbers) -> tuple[Numbers, Numbers]:
    """Return the equilibrium moisture content of litter by drying and by wetting [%]."""
    warmth = 0.18 * (21.1 - t) * (1.0 - np.exp(-0.115 * h))
    saturation = np.exp((h - 100.0) / 10.0)
    return (
        0.942 * np.power(h, 0.679) + 11.0 * saturation + warmth,  # eq. 4
        0.618 * np.power(h, 0.753) + 10.0 * saturation + warmth,  # eq. 5
    )
