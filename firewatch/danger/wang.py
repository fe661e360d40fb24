"""The forest fire spread model of Wang Zhengfei (王正非), used in China: how fast a surface fire goes, and where.

R = R0 · Kw · Kφ · Ks: an initial rate without wind and slope from temperature, wind force and humidity, and factors for
wind, slope and fuel. Mao Xianmin (毛贤敏) made wind and slope depend on the direction of spread: each counts with
its component along it. Few measurements lie behind the factors, and none of Hunan: use it beside the FBP System, not in
its place.

What rests on what. The papers below were not at hand; their numbers are those of public programs by different authors.
At two or more of these: the product, 0.1783 and the cosine (also in Trucchia et al. 2020), 3.533 and 1.2 (also Forestry
Canada 1992, eq. 39: the same curve), 0.03, 0.05, 0.01 and 0.3. `TO_BE_CONFIRMED` names what rests on less.

Edges, as chosen here:

* cold and wet: an initial rate below 0 is 0, no spread;
* no wind: Kw is 1 in all directions; against the wind it is below 1, and never 0;
* downhill: Kφ is the reciprocal of uphill, across the slope it is 1;
* steep: beyond 70 % (35 deg) Kφ stays at 10, as in the FBP System; the measurements end there;
* strong wind: no cap. Kw was fitted up to 12 m/s (8.5); beyond, `WangSpread.is_beyond_data` says so.

References
----------
.. [1] Wang Zhengfei (1983). 山火初始蔓延速度测算法. 山地研究 1(2), 42-51.
.. [2] Wang Zhengfei (1992). 通用森林火险级系统. 自然灾害学报 1(3), 39-44.
.. [3] Mao Xianmin (1993). 风和地形对林火蔓延速度的作用. 应用气象学报 4(1), 100-104.
.. [4] Forestry Canada Fire Danger Group (1992). Development and structure of the Canadian Forest Fire Behavior
   Prediction System. Information Report ST-X-3.
.. [5] Trucchia, A.; D'Andrea, M.; Baghino, F.; et al. (2020). PROPAGATOR: an operational cellular-automata based
   wildfire simulator. Fire 3(3), 26.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns, require_range
from firewatch.danger.fbp.slope import slope_factor

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "TO_BE_CONFIRMED",
    "WangFire",
    "WangSpread",
    "beaufort_force",
    "wang_initial_rate",
    "wang_rate_of_spread",
    "wang_slope_factor",
    "wang_wind_factor",
]

# Of the initial rate [m/min]: per deg C, per Beaufort force, per % of dryness, and what is taken off.
_PER_C, _PER_FORCE, _PER_DRYNESS_PCT, _TAKEN_OFF = 0.03, 0.05, 0.01, 0.3
# Of the wind factor [s/m].
_WIND_PER_MS = 0.1783
# V = 0.836 B^1.5 [m/s]: World Meteorological Organization (1970), The Beaufort scale of wind force, Report 3.
_BEAUFORT_MS = 0.836
_BEAUFORT_POWER = 1.5
# Where the tabulated wind factors end [m/s], and where the slope's curve does [deg]: tan 35 deg is 0.70.
_STRONGEST_FITTED_MS = 12.0
_STEEPEST_FITTED_DEG = 35.0
_LARGEST_SLOPE_FACTOR = 10.0
_STRONGEST_MS = 75.0
_LARGEST_FUEL_FACTOR = 5.0

TO_BE_CONFIRMED: Mapping[str, str] = MappingProxyType(
    {
        "humidity": "0.01 (100 - h), drier is faster, stands in two public programs; others have 0.01 h, wetter is "
        "faster",
        "wind unit": "V in m/s: from one table of factors for 1 to 12 m/s, which exp(0.1783 V) follows within 6 %",
        "rounding": "one program has 0.0299, 0.0470, 0.009 and 0.304 for the four numbers of the initial rate",
        "oblique slope": "between up, down and across: the ground's own slope in that direction, as in two public "
        "programs; Mao's paper is said to take tan of the slope's angle times the cosine",
        "downhill": "the reciprocal of uphill stands in three public programs; no measurement was found",
        "fuel factors": "0.8, 1.0, 1.2, 1.6, 1.8, 2.0 stand in two public programs, 0.2, 0.4, 0.7 in one; which forest "
        "has which is a judgement",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class WangFire:
    """Where a fire is: weather, ground and fuel, of one place or of many.

    Parameters
    ----------
    temp_c, rh_pct : array_like
        Temperature, -60 to 60 [deg C], and relative humidity, 0 to 100 [%]; in the model's papers the day's highest and
        lowest.
    wind_ms, wind_from_deg : array_like
        Wind at 10 m, 0 to 75 [m/s], and where from [deg].
    slope_deg, aspect_deg : array_like
        Slope of the ground, 0 to 89 [deg], and the direction that it faces, downhill [deg].
    fuel_factor : array_like
        Ks, 0 to 5; 1 is pine forest, 0 does not burn.

    Raises
    ------
    InvalidValue
        If a number is out of range. NaN is missing: the rate there is NaN.
    """

    temp_c: npt.ArrayLike
    rh_pct: npt.ArrayLike
    wind_ms: npt.ArrayLike
    wind_from_deg: npt.ArrayLike = 0.0
    slope_deg: npt.ArrayLike = 0.0
    aspect_deg: npt.ArrayLike = 0.0
    fuel_factor: npt.ArrayLike = 1.0

    def __post_init__(self) -> None:
        require_range("temperature (deg C)", self.temp_c, -60.0, 60.0)
        require_range("relative humidity (%)", self.rh_pct, 0.0, 100.0)
        require_range("wind (m/s)", self.wind_ms, 0.0, _STRONGEST_MS)
        require_range("slope (deg)", self.slope_deg, 0.0, 89.0)
        require_range("fuel factor Ks", self.fuel_factor, 0.0, _LARGEST_FUEL_FACTOR)


@dataclass(frozen=True, slots=True, eq=False)
class WangSpread:
    """A rate of spread with its parts: arrays of equal shapes.

    Parameters
    ----------
    rate_m_min : ndarray, float64
        R, towards the asked direction [m/min].
    initial_m_min, wind_factor, slope_factor, fuel_factor : ndarray, float64
        R0 [m/min], Kw, Kφ, Ks.
    is_beyond_data : ndarray, bool
        Whether the wind is stronger, or the slope steeper, than what the factors were fitted to.
    """

    rate_m_min: Numbers
    initial_m_min: Numbers
    wind_factor: Numbers
    slope_factor: Numbers
    fuel_factor: Numbers
    is_beyond_data: npt.NDArray[np.bool_]


def beaufort_force(wind_ms: npt.ArrayLike) -> Numbers:
    """Return the Beaufort force of a wind, not rounded to whole forces; at 12 it ends.

    Parameters
    ----------
    wind_ms : array_like
        At 10 m [m/s].

    Returns
    -------
    ndarray, float64

    References
    ----------
    .. [1] World Meteorological Organization (1970), V = 0.836 B^1.5.
    """
    force = (np.asarray(wind_ms, dtype=np.float64) / _BEAUFORT_MS) ** (1.0 / _BEAUFORT_POWER)
    return np.asarray(np.minimum(force, 12.0))


def wang_initial_rate(temp_c: npt.ArrayLike, force: npt.ArrayLike, rh_pct: npt.ArrayLike) -> Numbers:
    """Return the rate of spread before wind and slope are counted, R0 [m/min], at least 0.

    Parameters
    ----------
    temp_c, force, rh_pct : array_like
        Temperature [deg C], Beaufort force, relative humidity [%].

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Wang (1983): R0 = 0.03 T + 0.05 W + 0.01 (100 - h) - 0.3.
    """
    (t, w, h), shape = columns(temp_c, force, rh_pct)
    rate = _PER_C * t + _PER_FORCE * w + _PER_DRYNESS_PCT * (100.0 - h) - _TAKEN_OFF
    return np.maximum(rate, 0.0).reshape(shape)


def wang_wind_factor(wind_ms: npt.ArrayLike, off_wind_deg: npt.ArrayLike = 0.0) -> Numbers:
    """Return Kw, above 0.

    Parameters
    ----------
    wind_ms : array_like
        At 10 m [m/s].
    off_wind_deg : array_like
        Angle between where the wind goes and where the fire does [deg].

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Wang (1992); Mao (1993): exp(0.1783 V cos θ).
    """
    (v, off), shape = columns(wind_ms, off_wind_deg)
    return np.exp(_WIND_PER_MS * v * np.cos(np.radians(off))).reshape(shape)


def wang_slope_factor(slope_deg: npt.ArrayLike, off_uphill_deg: npt.ArrayLike = 0.0) -> Numbers:
    """Return Kφ, 0.1 to 10.

    Parameters
    ----------
    slope_deg : array_like
        Of the ground, at its steepest, 0 to 89 [deg].
    off_uphill_deg : array_like
        Angle between straight uphill and where the fire goes [deg].

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Wang (1992): exp(3.533 (tan φ)^1.2), here with the ground's slope along the direction; Mao (1993): downhill
       its reciprocal.
    """
    (slope, off), shape = columns(slope_deg, off_uphill_deg)
    along = np.tan(np.radians(slope)) * np.cos(np.radians(off))
    # Just below 70 % the curve passes 10 by three thousandths: without the limit a steeper slope would be slower there.
    factor = np.minimum(slope_factor(100.0 * np.abs(along)), _LARGEST_SLOPE_FACTOR)
    return np.where(along < 0.0, 1.0 / factor, factor).reshape(shape)


def wang_rate_of_spread(fire: WangFire, towards_deg: npt.ArrayLike | None = None) -> WangSpread:
    """Return the rate of spread with its parts.

    Parameters
    ----------
    fire : WangFire
        Weather, ground and fuel.
    towards_deg : array_like, optional
        True azimuth in which the fire goes, broadcast with the fire's arrays [deg]; by default where the wind goes.

    Returns
    -------
    WangSpread
        Of the broadcast shape.

    References
    ----------
    .. [1] Wang (1992); Mao (1993).
    """
    wind_to = np.asarray(fire.wind_from_deg, dtype=np.float64) + 180.0
    goes = wind_to if towards_deg is None else np.asarray(towards_deg, dtype=np.float64)
    uphill = np.asarray(fire.aspect_deg, dtype=np.float64) + 180.0
    parts = (
        wang_initial_rate(fire.temp_c, beaufort_force(fire.wind_ms), fire.rh_pct),
        wang_wind_factor(fire.wind_ms, goes - wind_to),
        wang_slope_factor(fire.slope_deg, goes - uphill),
        np.asarray(fire.fuel_factor, dtype=np.float64),
        (np.asarray(fire.wind_ms) > _STRONGEST_FITTED_MS) | (np.asarray(fire.slope_deg) > _STEEPEST_FITTED_DEG),
    )
    initial, wind, slope, fuel, is_beyond = (part.copy() for part in np.broadcast_arrays(*parts))
    return WangSpread(initial * wind * slope * fuel, initial, wind, slope, fuel, is_beyond)
