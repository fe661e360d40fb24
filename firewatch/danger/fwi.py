"""The Canadian Forest Fire Weather Index System, daily, as functions over arrays.

Every function takes numbers or arrays, broadcasts them, computes in float64 and returns an array of the broadcast shape
(0-dimensional for numbers), so that a grid's cell, a station's series and a single value give the same bits. Inputs
are not checked here (`firewatch.danger.daily.DailyWeather` does); NaN in, NaN out: the branches are
asked so that NaN never takes the one that needs no reading.

Written for grids, too: rain is computed only where it rained, of two branches that differ in their numbers one is
computed, powers of one base share its logarithm, and two exponentials that are multiplied are one.

References
----------
.. [1] Van Wagner, C.E.; Pickett, T.L. (1985). Equations and FORTRAN program for the Canadian Forest Fire Weather Index
   System. Canadian Forestry Service, Forestry Technical Report 33. The equation numbers below are of this report.
.. [2] Van Wagner, C.E. (1987). Development and structure of the Canadian Forest Fire Weather Index System. Canadian
   Forestry Service, Forestry Technical Report 35.
"""

# ruff: noqa: PLR2004 - the equations' own numbers, each beside its equation number

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns
from firewatch.danger.conventions import DmcForm, FfmcFamily
from firewatch.danger.sorption import log_rate

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from firewatch.danger.conventions import DmcConstants

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "buildup_index",
    "daily_severity_rating",
    "drought_code",
    "duff_moisture_code",
    "fine_fuel_moisture_code",
    "fire_weather_index",
    "initial_spread_index",
]

_HIGHEST_FFMC = 101.0
_WETTEST_PCT = 250.0
# Below these the fuel layer does not dry (eqs. 16 and 22) [deg C].
_DMC_COLDEST_C = -1.1
_DC_COLDEST_C = -2.8
# Rain that the canopy keeps, by layer [mm]: eqs. 2, 11 and 18.
_FFMC_CANOPY_MM = 0.5
_DMC_CANOPY_MM = 1.5
_DC_CANOPY_MM = 2.8
_LN10 = math.log(10.0)


def fine_fuel_moisture_code(
    previous: npt.ArrayLike,
    temp_c: npt.ArrayLike,
    rh_pct: npt.ArrayLike,
    wind_kmh: npt.ArrayLike,
    rain_mm: npt.ArrayLike,
    *,
    family: FfmcFamily = FfmcFamily.CFFDRS,
) -> Numbers:
    """Return the day's Fine Fuel Moisture Code, 0 to 101: the dryness of litter and needles.

    Parameters
    ----------
    previous : array_like
        Yesterday's code, 0 to 101.
    temp_c, rh_pct, wind_kmh, rain_mm : array_like
        Noon temperature [deg C], relative humidity [%], wind at 10 m [km/h], rain of 24 h [mm].
    family : FfmcFamily
        The constants.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Van Wagner and Pickett (1985), eqs. 1 to 10.
    """
    (fo, t, h, w, ro), shape = columns(previous, temp_c, rh_pct, wind_kmh, rain_mm)
    k = family.constants
    with np.errstate(all="ignore"):
        mo = _wetted_by_rain(k.code_to_moisture * (101.0 - fo) / (59.5 + fo), ro)  # eq. 1
        m = _after_drying(mo, t, h, w)
        code = 59.5 * (250.0 - m) / (k.moisture_to_code + m)  # eq. 10
    return np.clip(code, 0.0, _HIGHEST_FFMC).reshape(shape)


def _wet(ro: Numbers, canopy_mm: float) -> npt.NDArray[np.intp]:
    """Return the places where more rain fell than the canopy keeps, or nobody knows how much."""
    return np.flatnonzero(~(ro <= canopy_mm))


def _wetted_by_rain(mo: Numbers, ro: Numbers) -> Numbers:
    """Return the moisture content [%] after the day's rain [mm]."""
    wet = _wet(ro, _FFMC_CANOPY_MM)
    if wet.size:
        mo[wet] = _soaked(mo[wet], ro[wet])
    return mo


def _soaked(mo: Numbers, ro: Numbers) -> Numbers:
    """Return the moisture content [%] after more rain [mm] than the canopy keeps."""
    rf = ro - _FFMC_CANOPY_MM  # eq. 2
    mr = mo + 42.5 * rf * np.exp(-100.0 / (251.0 - mo)) * (1.0 - np.exp(-6.93 / rf))  # eq. 3a
    mr = np.where(mo > 150.0, mr + 0.0015 * (mo - 150.0) * (mo - 150.0) * np.sqrt(rf), mr)  # eq. 3b
    return np.minimum(mr, _WETTEST_PCT)


def _after_drying(mo: Numbers, t: Numbers, h: Numbers, w: Numbers) -> Numbers:
    """Return the moisture content [%] after a day of drying or wetting towards equilibrium with the air."""
    warmth = 0.18 * (21.1 - t) * (1.0 - np.exp(-0.115 * h))
    saturation = np.exp((h - 100.0) / 10.0)
    log_h = np.log(h)
    ed = 0.942 * np.exp(0.679 * log_h) + 11.0 * saturation + warmth  # eq. 4
    ew = 0.618 * np.exp(0.753 * log_h) + 10.0 * saturation + warmth  # eq. 5
    is_drying = mo > ed
    towards = np.where(is_drying, ed, ew)
    rate = log_rate(np.where(is_drying, h, 100.0 - h) / 100.0, w) * (0.581 * np.exp(0.0365 * t))  # eqs. 6, 7
    moved = towards + (mo - towards) * np.exp(-_LN10 * rate)  # eqs. 8, 9
    at_rest = (mo <= ed) & (mo >= ew) & ~np.isnan(w)
    return np.where(at_rest, mo, moved)


def duff_moisture_code(
    previous: npt.ArrayLike,
    temp_c: npt.ArrayLike,
    rh_pct: npt.ArrayLike,
    rain_mm: npt.ArrayLike,
    day_length_h: npt.ArrayLike,
    *,
    form: DmcForm = DmcForm.PROGRAMS,
) -> Numbers:
    """Return the day's Duff Moisture Code, at least 0: the dryness of loosely packed organic matter.

    Parameters
    ----------
    previous : array_like
        Yesterday's code, at least 0.
    temp_c, rh_pct, rain_mm : array_like
        Noon temperature [deg C], relative humidity [%], rain of 24 h [mm].
    day_length_h : array_like
        Effective day length of the place and month [h]: `DayLengthBands.dmc_day_length_h`.
    form : DmcForm
        Whether eqs. 12 and 15 are computed as the programs do, or as printed.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Van Wagner and Pickett (1985), eqs. 11 to 17.
    """
    (po, t, h, ro, le), shape = columns(previous, temp_c, rh_pct, rain_mm, day_length_h)
    code = 1.894 * (np.maximum(t, _DMC_COLDEST_C) + 1.1) * (100.0 - h) * le * 1e-4  # eq. 16, times 100
    code += _after_rain(po, ro, _DMC_CANOPY_MM, partial(_duff_after_rain, form.constants))  # eq. 17
    return code.reshape(shape)


def _after_rain(code: Numbers, ro: Numbers, canopy_mm: float, wetted: Callable[[Numbers, Numbers], Numbers]) -> Numbers:
    """Return a code after the day's rain [mm]: the code itself where the canopy keeps it all."""
    wet = _wet(ro, canopy_mm)
    if not wet.size:
        return code
    after = code.copy()
    with np.errstate(all="ignore"):
        after[wet] = wetted(code[wet], ro[wet])
    return after


def _duff_after_rain(k: DmcConstants, po: Numbers, ro: Numbers) -> Numbers:
    """Return the DMC after more rain [mm] than the canopy keeps."""
    re = 0.92 * ro - 1.27  # eq. 11
    mo = 20.0 + k.span / np.exp(k.decay * po)  # eq. 12
    log_po = np.log(po)
    steep = np.where(po <= 65.0, 14.0 - 1.3 * log_po, 6.2 * log_po - 17.2)  # eqs. 13b, 13c
    b = np.where(po <= 33.0, 100.0 / (0.5 + 0.3 * po), steep)  # eq. 13a
    mr = mo + 1000.0 * re / (48.77 + b * re)  # eq. 14
    return np.maximum(43.43 * (k.log_span - np.log(mr - 20.0)), 0.0)  # eq. 15


def drought_code(
    previous: npt.ArrayLike,
    temp_c: npt.ArrayLike,
    rain_mm: npt.ArrayLike,
    day_length_factor: npt.ArrayLike,
) -> Numbers:
    """Return the day's Drought Code, at least 0: the dryness of deep, compact organic matter.

    Parameters
    ----------
    previous : array_like
        Yesterday's code, at least 0.
    temp_c, rain_mm : array_like
        Noon temperature [deg C], rain of 24 h [mm].
    day_length_factor : array_like
        Day-length adjustment of the place and month: `DayLengthBands.dc_day_length_factor`.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Van Wagner and Pickett (1985), eqs. 18 to 23.
    """
    (do, t, ro, lf), shape = columns(previous, temp_c, rain_mm, day_length_factor)
    code = 0.5 * np.maximum(0.36 * (np.maximum(t, _DC_COLDEST_C) + 2.8) + lf, 0.0)  # eq. 22
    code += _after_rain(do, ro, _DC_CANOPY_MM, _soil_after_rain)  # eq. 23
    return code.reshape(shape)


def _soil_after_rain(do: Numbers, ro: Numbers) -> Numbers:
    """Return the DC after more rain [mm] than the canopy keeps."""
    rd = 0.83 * ro - 1.27  # eq. 18
    qo = 800.0 * np.exp(-do / 400.0)  # eq. 19
    # Eqs. 20 and 21 in one: 400 ln(800 / Qr) = Do - 400 ln(1 + 3.937 rd / Qo).
    return np.maximum(do - 400.0 * np.log(1.0 + 3.937 * rd / qo), 0.0)


def initial_spread_index(
    ffmc: npt.ArrayLike,
    wind_kmh: npt.ArrayLike,
    *,
    family: FfmcFamily = FfmcFamily.CFFDRS,
) -> Numbers:
    """Return the Initial Spread Index of today's FFMC and noon wind at 10 m [km/h].

    Parameters
    ----------
    ffmc, wind_kmh : array_like
        Today's FFMC; noon wind at 10 m [km/h].
    family : FfmcFamily
        The constants.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Van Wagner and Pickett (1985), eqs. 24 to 26.
    """
    (f, w), shape = columns(ffmc, wind_kmh)
    with np.errstate(all="ignore"):
        m = family.constants.spread * (101.0 - f) / (59.5 + f)  # eq. 1
        moist = 1.0 + np.exp(5.31 * np.log(m)) / 4.93e7  # of eq. 25
        isi = 0.208 * 91.9 * np.exp(0.05039 * w - 0.1386 * m) * moist  # eqs. 24 to 26
    return isi.reshape(shape)


def buildup_index(dmc: npt.ArrayLike, dc: npt.ArrayLike) -> Numbers:
    """Return the Buildup Index of today's DMC and DC: the fuel that is dry enough to burn.

    Parameters
    ----------
    dmc, dc : array_like
        Today's codes, at least 0.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Van Wagner and Pickett (1985), eq. 27.
    """
    (p, d), shape = columns(dmc, dc)
    with np.errstate(all="ignore"):
        deep = 0.4 * d
        both = p + deep
        share = 2.0 * deep / np.where(both > 0.0, both, 1.0)  # 0 where both are 0
        pull = (1.0 - share) * (0.92 + np.exp(1.7 * np.log(0.0114 * p)))
        bui = np.where(p <= deep, p * share, np.maximum(p - pull, 0.0))  # eqs. 27a, 27b
    return bui.reshape(shape)


def fire_weather_index(isi: npt.ArrayLike, bui: npt.ArrayLike) -> Numbers:
    """Return the Fire Weather Index of today's ISI and BUI: the intensity of a spreading fire.

    Parameters
    ----------
    isi, bui : array_like
        Today's indices, at least 0.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Van Wagner and Pickett (1985), eqs. 28 to 30.
    """
    (r, u), shape = columns(isi, bui)
    with np.errstate(all="ignore"):
        is_large = u > 80.0
        power = np.exp(np.where(is_large, -0.023 * u, 0.809 * np.log(u)))
        f_bui = np.where(is_large, 1000.0 / (25.0 + 108.64 * power), 0.626 * power + 2.0)  # eqs. 28b, 28a
        b = 0.1 * r * f_bui  # eq. 29
        s = np.exp(2.72 * np.exp(0.647 * np.log(0.434 * np.log(b))))  # eq. 30a
    return np.where(b <= 1.0, b, s).reshape(shape)  # eq. 30b


def daily_severity_rating(fwi: npt.ArrayLike) -> Numbers:
    """Return the Daily Severity Rating of today's FWI: the work of controlling a fire.

    Parameters
    ----------
    fwi : array_like
        Today's index, at least 0.

    Returns
    -------
    ndarray, same shape, float64

    References
    ----------
    .. [1] Van Wagner and Pickett (1985), eq. 31.
    """
    (s,), shape = columns(fwi)
    return (0.0272 * np.power(s, 1.77)).reshape(shape)
