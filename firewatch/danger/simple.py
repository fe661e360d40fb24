"""Fire danger from a few readings: Nesterov, Angstroem, Fosberg, Hot-Dry-Windy.

Each has its own scale; none can be compared with another, and Angstroem's runs the other way: low is dangerous.

References
----------
.. [1] Nesterov, V.G. (1949). Combustibility of the forest and methods for its determination (in Russian).
   Goslesbumaga, Moscow.
.. [2] Angstroem, A. (1949). Swedish meteorological research 1939-1948. Tellus 1, 60-64.
.. [3] Fosberg, M.A. (1978). Weather in wildland fire management: the fire weather index. Conference on Sierra Nevada
   Meteorology, American Meteorological Society, 1-4.
.. [4] Simard, A.J. (1968). The moisture content of forest fuels - I. Forest Fire Research Institute, Ottawa,
   Information Report FF-X-14.
.. [5] Goodrick, S.L. (2002). Modification of the Fosberg fire weather index to include drought. International Journal
   of Wildland Fire 11, 205-211.
.. [6] Srock, A.F.; Charney, J.J.; Potter, B.E.; Goodrick, S.L. (2018). The Hot-Dry-Windy Index: a new fire weather
   index. Atmosphere 9(7), 279.
"""

# ruff: noqa: PLR2004 - the equations' own numbers

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.columns import columns
from firewatch.danger.vapour import dew_point
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "angstroem_index",
    "equilibrium_moisture_content",
    "fosberg_index",
    "goodrick_index",
    "hot_dry_windy_index",
    "nesterov_index",
    "run_nesterov",
]

# More rain than this ends a dry spell (Nesterov 1949) [mm].
_NESTEROV_RAIN_MM = 3.0
_MPH_KMH = 1.609344
# Fosberg's scale: 100 is a fuel without moisture in a wind of 30 mph.
_FOSBERG_SCALE = 0.3002
_FOSBERG_MOST = 100.0
_EXTINCTION_PCT = 30.0
_KBDI_UNIT_MM = 0.254


def nesterov_index(
    previous: npt.ArrayLike, temp_c: npt.ArrayLike, rh_pct: npt.ArrayLike, rain_mm: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return Nesterov's ignition index of one day, at least 0 [deg C squared].

    Parameters
    ----------
    previous : array_like
        Yesterday's index: all that it remembers; 0 after a rain.
    temp_c, rh_pct : array_like
        Temperature [deg C] and relative humidity [%] at 15:00 (13:00 to 15:00 in use).
    rain_mm : array_like
        Rain of 24 h [mm]; more than 3 mm sets the index to 0.

    Returns
    -------
    ndarray, broadcast shape, float64

    Notes
    -----
    A day at or below 0 deg C adds nothing: the product of a negative temperature with the deficit would lower the sum.

    References
    ----------
    .. [1] Nesterov (1949): sum of temperature times dew point deficit over the days since more than 3 mm.
    """
    (before, t, h, p), shape = columns(previous, temp_c, rh_pct, rain_mm)
    dried = before + np.maximum(t, 0.0) * np.maximum(t - dew_point(t, h), 0.0)
    wetted = np.where(np.isnan(dried), np.nan, 0.0)
    return np.where(np.isnan(p), np.nan, np.where(p > _NESTEROV_RAIN_MM, wetted, dried)).reshape(shape)


def run_nesterov(
    start: npt.ArrayLike,
    temp_c: npt.NDArray[np.float64],
    rh_pct: npt.NDArray[np.float64],
    rain_mm: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return Nesterov's index of consecutive days.

    Parameters
    ----------
    start : array_like, shape (...)
        Of the day before the first.
    temp_c, rh_pct, rain_mm : ndarray, shape (days, ...)
        As `nesterov_index` takes them; no day left out.

    Returns
    -------
    ndarray, shape (days, ...), float64
        From the index of any day the rest gives the same bits.

    Raises
    ------
    InvalidValue
        If the arrays' shapes differ.
    """
    shapes = {array.shape for array in (temp_c, rh_pct, rain_mm)}
    if len(shapes) != 1:
        raise InvalidValue("shapes of temperature, humidity and rain", sorted(shapes), "one shape for all three")
    found = np.empty(rain_mm.shape)
    today = np.asarray(start, dtype=np.float64)
    for index in range(rain_mm.shape[0]):
        today = nesterov_index(today, temp_c[index], rh_pct[index], rain_mm[index])
        found[index] = today
    return found


def angstroem_index(temp_c: npt.ArrayLike, rh_pct: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return Angstroem's index: the lower, the more dangerous; below 2 fires are very likely, above 4 unlikely.

    Parameters
    ----------
    temp_c, rh_pct : array_like
        Temperature [deg C] and relative humidity [%] at 13:00.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Angstroem (1949): RH / 20 + (27 - T) / 10.
    """
    (t, h), shape = columns(temp_c, rh_pct)
    return (h / 20.0 + (27.0 - t) / 10.0).reshape(shape)


def equilibrium_moisture_content(temp_c: npt.ArrayLike, rh_pct: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the moisture that fine dead fuel takes on in the end [% of its dry weight].

    Parameters
    ----------
    temp_c, rh_pct : array_like
        Temperature [deg C], relative humidity [%].

    Returns
    -------
    ndarray, broadcast shape, float64

    Notes
    -----
    Three curves that do not meet: at 10 % and 50 % humidity the middle one holds.

    References
    ----------
    .. [1] Simard (1968), as Fosberg (1978) uses it; temperature in deg F.
    """
    (t, h), shape = columns(temp_c, rh_pct)
    f = 1.8 * t + 32.0
    dry = 0.03229 + 0.281073 * h - 0.000578 * h * f
    middle = 2.22749 + 0.160107 * h - 0.01478 * f
    damp = 21.0606 + 0.005565 * h * h - 0.00035 * h * f - 0.483199 * h
    return np.where(h < 10.0, dry, np.where(h <= 50.0, middle, damp)).reshape(shape)


def fosberg_index(temp_c: npt.ArrayLike, rh_pct: npt.ArrayLike, wind_kmh: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return Fosberg's Fire Weather Index, 0 to 100.

    Parameters
    ----------
    temp_c, rh_pct, wind_kmh : array_like
        Temperature [deg C], relative humidity [%], wind [km/h].

    Returns
    -------
    ndarray, broadcast shape, float64
        100 is a fuel without moisture in a wind of 30 mph; what lies beyond is 100 as well.

    References
    ----------
    .. [1] Fosberg (1978); wind in mph of 1.609344 km/h.
    """
    (t, h, v), shape = columns(temp_c, rh_pct, wind_kmh)
    x = equilibrium_moisture_content(t, h) / _EXTINCTION_PCT
    damping = np.maximum(1.0 - 2.0 * x + 1.5 * x * x - 0.5 * x * x * x, 0.0)
    u = v / _MPH_KMH
    return np.minimum(damping * np.sqrt(1.0 + u * u) / _FOSBERG_SCALE, _FOSBERG_MOST).reshape(shape)


def goodrick_index(fosberg: npt.ArrayLike, kbdi_mm: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return Fosberg's index with drought in it, 0 to 200: 0.72 of it on soaked soil, twice it on the driest.

    Parameters
    ----------
    fosberg : array_like
        Fosberg's index, 0 to 100.
    kbdi_mm : array_like
        Keetch-Byram Drought Index, 0 to 203.2 [mm].

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Goodrick (2002): times 0.72 + 0.000002 KBDI squared, the KBDI in hundredths of an inch.
    """
    (index, deficit), shape = columns(fosberg, kbdi_mm)
    q = deficit / _KBDI_UNIT_MM
    return (index * (0.72 + 0.000002 * q * q)).reshape(shape)


def hot_dry_windy_index(
    wind_ms: npt.ArrayLike, deficit_hpa: npt.ArrayLike, level_axis: int = 0
) -> npt.NDArray[np.float64]:
    """Return the Hot-Dry-Windy Index [hPa m/s] of the air that a fire can draw on.

    Parameters
    ----------
    wind_ms : array_like, shape (levels, ...)
        Wind at each level of the lowest 500 m (or 50 hPa) above the ground [m/s]; one level is a station alone.
    deficit_hpa : array_like, the same shape
        Vapour pressure deficit at each level [hPa]: `firewatch.danger.vapour.vapour_pressure_deficit`.
    level_axis : int
        Which axis the levels are.

    Returns
    -------
    ndarray, without the levels' axis, float64
        NaN where a level is missing: it may have been the one that counts.

    Raises
    ------
    InvalidValue
        If the shapes differ or there is no level.

    Notes
    -----
    The strongest wind times the largest deficit, whether or not of the same level: never less than the largest product
    of one level. A day's index is the largest of its hours.

    References
    ----------
    .. [1] Srock et al. (2018).
    """
    wind, deficit = (np.asarray(given, dtype=np.float64) for given in (wind_ms, deficit_hpa))
    if wind.shape != deficit.shape or not -wind.ndim <= level_axis < wind.ndim or not wind.shape[level_axis]:
        raise InvalidValue(
            "shapes of wind and deficit", [wind.shape, deficit.shape], "one shape, of at least one level"
        )
    strongest: npt.NDArray[np.float64] = wind.max(axis=level_axis)
    return np.asarray(strongest * deficit.max(axis=level_axis))
