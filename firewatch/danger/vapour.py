"""Water vapour in the air, as the indices of fire danger take it: saturation, deficit, dew point. Over water.

References
----------
.. [1] Bolton, D. (1980). The computation of equivalent potential temperature. Monthly Weather Review 108, 1046-1053.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.columns import columns

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["dew_point", "relative_humidity", "saturation_vapour_pressure", "vapour_pressure_deficit"]

# Bolton (1980), eq. 10: 6.112 hPa at 0 deg C, a slope without unit, an offset [deg C].
_AT_ZERO_HPA = 6.112
_SLOPE = 17.67
_OFFSET_C = 243.5


def saturation_vapour_pressure(temp_c: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the saturation vapour pressure over water [hPa].

    Parameters
    ----------
    temp_c : array_like
        Temperature of the air, above -243.5 [deg C]; the fit is good to 0.1 % from -30 to 35.

    Returns
    -------
    ndarray, same shape, float64

    References
    ----------
    .. [1] Bolton (1980), eq. 10.
    """
    (t,), shape = columns(temp_c)
    return (_AT_ZERO_HPA * np.exp(_SLOPE * t / (t + _OFFSET_C))).reshape(shape)


def vapour_pressure_deficit(temp_c: npt.ArrayLike, rh_pct: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return how much vapour the air could still take up [hPa], 0 in saturated air.

    Parameters
    ----------
    temp_c, rh_pct : array_like
        Temperature [deg C], relative humidity, 0 to 100 [%].

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Bolton (1980), eq. 10, times 1 - RH / 100.
    """
    (t, h), shape = columns(temp_c, rh_pct)
    return (saturation_vapour_pressure(t) * (1.0 - h / 100.0)).reshape(shape)


def dew_point(temp_c: npt.ArrayLike, rh_pct: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the dew point [deg C], the temperature itself in saturated air.

    Parameters
    ----------
    temp_c, rh_pct : array_like
        Temperature [deg C], relative humidity, above 0 and up to 100 [%]; air without any vapour has no dew point:
        -243.5, the end of the scale.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Bolton (1980), eq. 11, which is eq. 10 turned round.
    """
    (t, h), shape = columns(temp_c, rh_pct)
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = h / 100.0
        g = np.log(fraction) + _SLOPE * t / (_OFFSET_C + t)
        point = np.where(fraction <= 0.0, -_OFFSET_C, _OFFSET_C * g / (_SLOPE - g))
    return np.where(np.isnan(t), np.nan, point).reshape(shape)


def relative_humidity(temp_c: npt.ArrayLike, dew_point_c: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the relative humidity [%] of air with a dew point, at most 100.

    Parameters
    ----------
    temp_c, dew_point_c : array_like
        Temperature and dew point [deg C]; a dew point above the temperature, as rounding makes it, counts as saturated.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Bolton (1980), eq. 10, at the dew point over that at the temperature.
    """
    (t, d), shape = columns(temp_c, dew_point_c)
    ratio = saturation_vapour_pressure(d) / saturation_vapour_pressure(t)
    return np.minimum(100.0, 100.0 * ratio).reshape(shape)
