"""The grass code and the two grass indices of FWI2025.

References
----------
.. [1] Cheney, N.P.; Gould, J.S.; Catchpole, W.R. (1998). Prediction of fire spread in grasslands. International Journal
   of Wildland Fire 8(1), 1-13: spread in natural and in cut or grazed pasture, and the effects of moisture and curing.
.. [2] Byram, G.M. (1959). Combustion of forest fuels. In: Davis, K.P., Forest fire: control and use: intensity is heat
   times fuel times spread.
"""

# ruff: noqa: PLR2004 - the equations' own numbers

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.grass import grass_fuel_moisture_code

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Flags: TypeAlias = npt.NDArray[np.bool_]

__all__ = ["curing_effect", "grass_code_2025", "grass_fire_weather_index", "grass_spread_index"]

# Chance that a match lights cured grass, as a logistic function of moisture [%] and wind [km/h]: constants found from
# the reference program's vectors.
_IGNITION = (1.49, -0.11, 0.05625)
# m/min in a km/h as the reference program has it, and the index of a spread of 1 m/min.
_M_MIN_PER_KMH = 16.67
_INDEX_PER_M_MIN = 1.11
# kW/m of a spread of 1 m/min through 1 kg/m2: heat of 18,000 kJ/kg.
_KW_M = 300.0
# Winds at which Cheney's equations change over [km/h]; the second is 10 in the paper, and 9.5 (a rounded 10) in the
# reference program's vectors.
_BREEZE_KMH = 5.0
_STRONG_KMH = 9.5
_DRY_PCT = 12.0


def curing_effect(cured_pct: Numbers) -> Numbers:
    """Return by how much green grass slows a fire, 0 to 1, of the cured share [%]: Cheney et al. (1998)."""
    effect: Numbers = 1.036 / (1.0 + 103.989 * np.exp(-0.0996 * (cured_pct - 20.0)))
    return effect


def grass_code_2025(moisture_pct: Numbers, wind_kmh: Numbers, curing: Numbers) -> Numbers:
    """Return the Grass Fuel Moisture Code of FWI2025, 0 to 101.

    It is the code of cured grass that would be as hard to light as this one: green grass counts as water.

    Parameters
    ----------
    moisture_pct, wind_kmh : ndarray
        Moisture content of the dead grass [%]; wind at 10 m [km/h].
    curing : ndarray
        `curing_effect`.
    """
    at_none, per_pct, per_kmh = _IGNITION
    wind = at_none + per_kmh * wind_kmh
    # With odds o of dead grass, a chance c o / (1 + o) has the odds c o / (1 + (1 - c) o).
    odds = np.exp(wind + per_pct * moisture_pct)
    with np.errstate(divide="ignore"):
        as_moist = (np.log(curing * odds / (1.0 + (1.0 - curing) * odds)) - wind) / per_pct
    code: Numbers = grass_fuel_moisture_code(np.minimum(as_moist, 250.0))
    return code


def grass_spread_index(moisture_pct: Numbers, wind_kmh: Numbers, curing: Numbers, is_standing: Flags) -> Numbers:
    """Return the Grass Spread Index, at least 0.

    Parameters
    ----------
    moisture_pct, wind_kmh : ndarray
        Moisture content of the dead grass [%]; wind at 10 m [km/h].
    curing : ndarray
        `curing_effect`.
    is_standing : ndarray of bool
        Whether the grass stands (natural pasture) or lies (cut pasture).

    References
    ----------
    .. [1] Cheney et al. (1998).
    """
    calm, per_kmh = 0.054, np.where(is_standing, 0.269, 0.209)
    at_breeze, rise = np.where(is_standing, 1.4, 1.1), np.where(is_standing, 0.838, 0.715)
    above = np.maximum(wind_kmh - _BREEZE_KMH, 0.0)
    speed_kmh = np.where(wind_kmh < _BREEZE_KMH, calm + per_kmh * wind_kmh, at_breeze + rise * np.power(above, 0.844))
    is_strong = wind_kmh >= _STRONG_KMH
    damp = np.where(is_strong, 0.547, 0.6838) - np.where(is_strong, 0.0228, 0.0342) * moisture_pct
    damping = np.where(moisture_pct < _DRY_PCT, np.exp(-0.108 * moisture_pct), np.maximum(damp, 0.0))
    index: Numbers = _INDEX_PER_M_MIN * (speed_kmh * damping * curing * _M_MIN_PER_KMH)
    return index


def grass_fire_weather_index(gsi: Numbers, load_kg_m2: Numbers) -> Numbers:
    """Return the Grass Fire Weather Index, at least 0, of a spread index and the load of the grass [kg/m2].

    It grows with Byram's intensity: in proportion up to 100 kW/m, as its logarithm above. There it falls from 4.0 to
    3.65: so the reference program has it.
    """
    intensity_kw_m = _KW_M * load_kg_m2 * gsi / _INDEX_PER_M_MIN
    with np.errstate(divide="ignore"):
        strong = np.log(intensity_kw_m / 60.0) / 0.14
    return np.where(intensity_kw_m > 100.0, strong, intensity_kw_m / 25.0)
