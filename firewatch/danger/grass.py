"""Moisture of fully cured, matted grass, hour by hour: sun-warmed fuel that follows the air within minutes to hours.

References
----------
.. [1] Wotton, B.M. (2009). A grass moisture model for the Canadian Forest Fire Danger Rating System. Proceedings of the
   8th Symposium on Fire and Forest Meteorology, Kalispell, paper 3-2. American Meteorological Society.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns
from firewatch.danger.conventions import FfmcFamily
from firewatch.danger.sorption import after_rest
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.danger.sorption import StepWeather

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["NOMINAL_GRASS_LOAD_KG_M2", "grass_fuel_moisture_code", "grass_fuel_moisture_pct", "grass_moisture_of_code"]

# Load of the layer that takes up the rain [kg/m2]: Wotton (2009).
NOMINAL_GRASS_LOAD_KG_M2 = 0.3
_WETTEST_PCT = 250.0
# Above the sun's 1.36 outside the air and the gain at the edge of a cloud: what is more was given in W/m2 [kW/m2].
_STRONGEST_SUN_KW_M2 = 2.0
# Rate at 0 deg C and a log rate of 1 [decades/h]: Wotton (2009).
_RATE_PER_HOUR = 0.389633


def grass_fuel_moisture_pct(
    previous_pct: npt.ArrayLike,
    weather: StepWeather,
    solar_kw_m2: npt.ArrayLike,
    *,
    load_kg_m2: float = NOMINAL_GRASS_LOAD_KG_M2,
) -> Numbers:
    """Return the moisture content of cured, matted grass at the end of an hour [% of dry weight], 0 to 250.

    Parameters
    ----------
    previous_pct : array_like
        Moisture content an hour (a step) before [%]; `grass_moisture_of_code` makes it of a code.
    weather : StepWeather
        Of the hour.
    solar_kw_m2 : array_like
        Solar radiation at the ground, 0 to 2 [kW/m2].
    load_kg_m2 : float
        Load of the layer that takes up the rain, above 0 [kg/m2].

    Returns
    -------
    ndarray, broadcast shape, float64

    Raises
    ------
    InvalidValue
        If the load is not above 0 or a solar radiation is out of range.

    References
    ----------
    .. [1] Wotton (2009).
    """
    if not load_kg_m2 > 0.0:
        raise InvalidValue("load of the grass (kg/m2)", load_kg_m2, "above 0")
    (mo, t, h, w, ro, sun, hours), shape = columns(
        previous_pct, weather.temp_c, weather.rh_pct, weather.wind_kmh, weather.rain_mm, solar_kw_m2, weather.hours
    )
    wrong = (sun < 0.0) | (sun > _STRONGEST_SUN_KW_M2)
    if wrong.any():
        raise InvalidValue("solar radiation (kW/m2)", float(sun[wrong][0]), f"0 to {_STRONGEST_SUN_KW_M2:g}")
    mo = np.where(ro <= 0.0, mo, np.minimum(mo + 100.0 * ro / load_kg_m2, _WETTEST_PCT))
    fuel_c = t + 35.07 * sun * np.exp(-0.06215 * w)
    # Rounding alone must not make air over unwarmed fuel more than saturated: the wetting rate has no value there.
    fuel_rh_pct = np.minimum(h * _saturation_hpa(t) / _saturation_hpa(fuel_c), 100.0)
    decades = _RATE_PER_HOUR * np.exp(0.0365 * fuel_c) * hours
    m = after_rest(mo, _equilibria(fuel_c, fuel_rh_pct), fuel_rh_pct / 100.0, w, decades)
    return np.clip(m, 0.0, _WETTEST_PCT).reshape(shape)


def grass_fuel_moisture_code(moisture_pct: npt.ArrayLike, *, family: FfmcFamily = FfmcFamily.CFFDRS) -> Numbers:
    """Return the Grass Fuel Moisture Code, 0 to 101, of a moisture content [%]: the FFMC scale put on grass.

    Parameters
    ----------
    moisture_pct : array_like
        0 to 250 [%].
    family : FfmcFamily
        The constants.

    Returns
    -------
    ndarray, same shape, float64

    References
    ----------
    .. [1] Van Wagner and Pickett (1985), eq. 10.
    """
    (m,), shape = columns(moisture_pct)
    code: Numbers = 59.5 * (250.0 - m) / (family.constants.moisture_to_code + m)
    return np.clip(code, 0.0, 101.0).reshape(shape)


def grass_moisture_of_code(code: npt.ArrayLike, *, family: FfmcFamily = FfmcFamily.CFFDRS) -> Numbers:
    """Return the moisture content [%] of a Grass Fuel Moisture Code, 0 to 101: where a series starts.

    Parameters
    ----------
    code : array_like
        0 to 101; 85 starts a series of which nothing is known.
    family : FfmcFamily
        The constants.

    Returns
    -------
    ndarray, same shape, float64

    References
    ----------
    .. [1] Van Wagner and Pickett (1985), eq. 1.
    """
    (g,), shape = columns(code)
    moisture: Numbers = family.constants.code_to_moisture * (101.0 - g) / (59.5 + g)
    return moisture.reshape(shape)


def _saturation_hpa(t: Numbers) -> Numbers:
    """Return the saturation vapour pressure over water [hPa]: Tetens's formula, constants of Wotton (2009)."""
    return 6.107 * np.power(10.0, 7.5 * t / (237.0 + t))


def _equilibria(t: Numbers, h: Numbers) -> tuple[Numbers, Numbers]:
    """Return the equilibrium moisture content of grass by drying and by wetting [%]."""
    warmth = 0.27 * (26.7 - t) * (1.0 - np.exp(-0.115 * h))
    return (
        1.62 * np.power(h, 0.532) + 13.7 * np.exp((h - 100.0) / 13.0) + warmth,
        1.42 * np.power(h, 0.512) + 12.0 * np.exp((h - 100.0) / 18.0) + warmth,
    )
