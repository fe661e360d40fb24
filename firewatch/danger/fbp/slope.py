"""What a slope adds: the wind that would drive the fire as the slope does, and both as one net effective wind.

References
----------
.. [1] Forestry Canada Fire Danger Group (1992). Development and structure of the Canadian Forest Fire Behavior
   Prediction System. Forestry Canada, Information Report ST-X-3.
.. [2] Wotton, B.M.; Alexander, M.E.; Taylor, S.W. (2009). Updates and revisions to the 1992 Canadian Forest Fire
   Behavior Prediction System. Natural Resources Canada, Information Report GLC-X-10.
"""

# ruff: noqa: PLR2004 - the equations' own numbers, each beside its equation number

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns
from firewatch.danger.conventions import FfmcFamily
from firewatch.danger.fbp.fuels import CURVE_A, CURVE_B, CURVE_C, FuelBed, FuelType
from firewatch.danger.fbp.spread import (
    DECIDUOUS_SHARE,
    IS_GRASS,
    at_least_some,
    curing_factor,
    curve,
    fine_fuel_function,
    leading_share,
    with_plantations,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Fuels: TypeAlias = npt.NDArray[np.intp]

__all__ = ["NetWind", "add_winds", "slope_equivalent_wind", "slope_factor"]

# From this slope the factor stays at 10 [%].
_STEEPEST_PCT = 70.0
# The least that eq. 41 takes the logarithm of: Wotton and others (2009), eqs. 41b, 42b and 43b.
_LEAST_REST = 0.01
# The strongest wind that a slope can be worth [km/h]: Wotton and others (2009), eq. 44c.
_STRONGEST_KMH = 112.45


@dataclass(frozen=True, slots=True, eq=False)
class NetWind:
    """Wind and slope as one: arrays of equal shapes.

    Parameters
    ----------
    speed_kmh : ndarray, float64
        WSV, the net effective wind speed [km/h].
    azimuth_deg : ndarray, float64
        RAZ, where it drives the fire to, clockwise from north, [0, 360) [deg].
    """

    speed_kmh: Numbers
    azimuth_deg: Numbers


def slope_factor(slope_pct: npt.ArrayLike) -> Numbers:
    """Return SF, by what a slope [%] multiplies the rate of spread without wind, 1 to 10.

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 39a and 39b.
    """
    (gs,), shape = columns(slope_pct)
    return np.where(gs >= _STEEPEST_PCT, 10.0, np.exp(3.533 * np.power(gs / 100.0, 1.2))).reshape(shape)


def slope_equivalent_wind(
    bed: FuelBed,
    ffmc: npt.ArrayLike,
    slope_pct: npt.ArrayLike,
    fmc_pct: npt.ArrayLike,
    sfc_kg_m2: npt.ArrayLike,
    *,
    family: FfmcFamily = FfmcFamily.CFFDRS,
) -> Numbers:
    """Return WSE, the wind [km/h] that drives a fire on the flat as the slope does without wind.

    Parameters
    ----------
    bed : FuelBed
        What lies there.
    ffmc, slope_pct : array_like
        FFMC 0 to 101, slope at least 0 [%].
    fmc_pct, sfc_kg_m2 : array_like
        Foliar moisture [%] and surface fuel consumption [kg/m2]; asked in C6 only.
    family : FfmcFamily
        The constants.

    Returns
    -------
    ndarray, broadcast shape, float64
        0 where nothing burns.

    Notes
    -----
    As the reference program computes it, a rate of 0 without wind counts as 1e-6 m/min before the slope multiplies
    it.

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 39 to 44; Wotton, Alexander and Taylor (2009), eqs. 41 to 44.
    """
    flat, (f, gs, moisture, consumed), shape = bed.align(ffmc, slope_pct, fmc_pct, sfc_kg_m2)
    f_fuel = fine_fuel_function(f, family=family)
    isf = _spread_index_on_slope(flat, 0.208 * f_fuel, slope_factor(gs), moisture, consumed)
    with np.errstate(all="ignore"):
        light = np.log(isf / (0.208 * f_fuel)) / 0.05039  # eq. 44a
        strong = 28.0 - np.log(1.0 - isf / (2.496 * f_fuel)) / 0.0818  # eq. 44b
    strong = np.where(isf < 0.999 * 2.496 * f_fuel, strong, _STRONGEST_KMH)  # eq. 44c
    wse = np.where(light <= 40.0, light, np.where(np.isnan(light), light, strong))
    return np.where(flat.fuel >= FuelType.NF, 0.0, wse).reshape(shape)


def _spread_index_on_slope(bed: FuelBed, isz: Numbers, factor: Numbers, fmc: Numbers, sfc: Numbers) -> Numbers:
    """Return ISF, the spread index that gives on the flat the rate of spread without wind on the slope."""
    rsz = curve(bed.fuel, isz)
    grass = np.flatnonzero(IS_GRASS[bed.fuel])
    cure = curing_factor(bed.cured_pct[grass])
    rsz[grass] *= cure
    rsf = factor * with_plantations(bed, rsz, isz, fmc, sfc).ros_m_min  # eq. 40
    with np.errstate(all="ignore"):
        rsf[grass] /= cure  # eq. 43
    isf = _index_of(bed.fuel, rsf)
    mixed = np.flatnonzero(DECIDUOUS_SHARE[bed.fuel] > 0.0)
    aspen = np.full(mixed.shape, int(FuelType.D1))
    flat = at_least_some(curve(aspen, isz[mixed]))
    share = leading_share(bed, mixed)
    isf[mixed] = share * isf[mixed] + (1.0 - share) * _index_of(aspen, factor[mixed] * flat)  # eq. 42
    return isf


def _index_of(fuel: Fuels, rate: Numbers) -> Numbers:
    """Return the spread index at which a fuel's curve reaches a rate [m/min], eq. 41."""
    with np.errstate(all="ignore"):
        rest = 1.0 - np.power(rate / CURVE_A[fuel], 1.0 / CURVE_C[fuel])
        return np.log(np.maximum(rest, _LEAST_REST)) / -CURVE_B[fuel]


def add_winds(
    wind_kmh: npt.ArrayLike,
    wind_to_deg: npt.ArrayLike,
    slope_wind_kmh: npt.ArrayLike,
    upslope_deg: npt.ArrayLike,
) -> NetWind:
    """Return the sum of the wind and the slope's equivalent wind.

    Parameters
    ----------
    wind_kmh, wind_to_deg : array_like
        Wind at 10 m [km/h] and the azimuth that it blows to [deg].
    slope_wind_kmh, upslope_deg : array_like
        WSE [km/h] and the azimuth up the slope [deg].

    Returns
    -------
    NetWind
        Broadcast shape. Without any wind the azimuth is 0.

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 47 to 51.
    """
    (ws, waz, wse, saz), shape = columns(wind_kmh, wind_to_deg, slope_wind_kmh, upslope_deg)
    to, up = np.radians(waz), np.radians(saz)
    wsx = ws * np.sin(to) + wse * np.sin(up)  # eq. 47
    wsy = ws * np.cos(to) + wse * np.cos(up)  # eq. 48
    wsv = np.sqrt(wsx * wsx + wsy * wsy)  # eq. 49
    with np.errstate(all="ignore"):
        cosine = np.where(wsv <= 0.0, 1.0, np.clip(wsy / wsv, -1.0, 1.0))
    raz = np.degrees(np.arccos(cosine))  # eq. 50
    raz = np.where(wsx < 0.0, 360.0 - raz, raz)  # eq. 51
    return NetWind(wsv.reshape(shape), np.where(raz >= 360.0, 0.0, raz).reshape(shape))
