"""Rate of spread at equilibrium: spread index, buildup effect, curves of the fuel types, C6's two layers.

References
----------
.. [1] Forestry Canada Fire Danger Group (1992). Development and structure of the Canadian Forest Fire Behavior
   Prediction System. Forestry Canada, Information Report ST-X-3.
.. [2] Wotton, B.M.; Alexander, M.E.; Taylor, S.W. (2009). Updates and revisions to the 1992 Canadian Forest Fire
   Behavior Prediction System. Natural Resources Canada, Information Report GLC-X-10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns
from firewatch.danger.conventions import FfmcFamily
from firewatch.danger.fbp.crown import critical_spread_rate, critical_surface_intensity, plantation_crown_fraction
from firewatch.danger.fbp.fuels import AVERAGE_BUI, BUILDUP_Q, CURVE_A, CURVE_B, CURVE_C, FuelBed, FuelType

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "LEAST_RATE_M_MIN",
    "back_rate_of_spread",
    "back_spread_index",
    "buildup_effect",
    "crown_rate_of_spread",
    "curing_factor",
    "fine_fuel_function",
    "rate_of_spread",
    "spread_index",
    "surface_rate_of_spread",
]

# The reference program's rate in place of 0 in fuels that burn: nothing is divided by 0 [m/min].
LEAST_RATE_M_MIN = 1e-6
# Wind from which the spread index takes another form [km/h]: Forestry Canada (1992), eq. 53a.
_STRONG_WIND_KMH = 40.0
# Average of the foliar moisture effect over the plantations' fires: eq. 61's FMEavg.
_AVERAGE_MOISTURE_EFFECT = 0.778
_FULL_CURE_PCT = 58.8


def fine_fuel_function(ffmc: npt.ArrayLike, *, family: FfmcFamily = FfmcFamily.CFFDRS) -> Numbers:
    """Return f(F), what the fine fuel moisture gives to the spread index.

    Parameters
    ----------
    ffmc : array_like
        0 to 101.
    family : FfmcFamily
        The constants.

    Returns
    -------
    ndarray, same shape, float64

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 45 and 46.
    """
    (f,), shape = columns(ffmc)
    m = family.constants.spread * (101.0 - f) / (59.5 + f)  # eq. 46
    return (91.9 * np.exp(-0.1386 * m) * (1.0 + np.power(m, 5.31) / 4.93e7)).reshape(shape)  # eq. 45


def spread_index(ffmc: npt.ArrayLike, wind_kmh: npt.ArrayLike, *, family: FfmcFamily = FfmcFamily.CFFDRS) -> Numbers:
    """Return the Initial Spread Index as the FBP System computes it: from 40 km/h on wind adds less and less.

    Parameters
    ----------
    ffmc : array_like
        0 to 101.
    wind_kmh : array_like
        Net effective wind WSV at 10 m [km/h].
    family : FfmcFamily
        The constants.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 45, 46, 52, 53 and 53a.
    """
    (f, w), shape = columns(ffmc, wind_kmh)
    strong = 12.0 * (1.0 - np.exp(-0.0818 * (w - 28.0)))  # eq. 53a
    with np.errstate(over="ignore"):
        f_wind = np.where(w >= _STRONG_WIND_KMH, strong, np.exp(0.05039 * w))  # eq. 53
    return (0.208 * f_wind * fine_fuel_function(f, family=family)).reshape(shape)  # eq. 52


def back_spread_index(
    ffmc: npt.ArrayLike, wind_kmh: npt.ArrayLike, *, family: FfmcFamily = FfmcFamily.CFFDRS
) -> Numbers:
    """Return BISI, the spread index of the fire's back, against the net effective wind [km/h].

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 75 and 76.
    """
    (f, w), shape = columns(ffmc, wind_kmh)
    return (0.208 * np.exp(-0.05039 * w) * fine_fuel_function(f, family=family)).reshape(shape)


def buildup_effect(fuel: npt.ArrayLike, bui: npt.ArrayLike) -> Numbers:
    """Return BE, by what the BUI multiplies the rate of spread; 1 for a BUI of 0, and in grass.

    Parameters
    ----------
    fuel : array_like of int
        Values of `FuelType`; where nothing burns the effect is 1.
    bui : array_like
        At least 0.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Forestry Canada (1992), eq. 54.
    """
    (codes, u), shape = columns(fuel, bui)
    kinds = codes.astype(np.intp)
    with np.errstate(all="ignore"):
        effect = np.exp(_LOG_Q_50[kinds] * (1.0 / u - _PER_AVERAGE_BUI[kinds]))  # eq. 54
    return np.where(u <= 0.0, 1.0, effect).reshape(shape)


def curing_factor(cured_pct: npt.ArrayLike) -> Numbers:
    """Return CF, by what the cured part of the grass [%] multiplies the rate of spread.

    References
    ----------
    .. [1] Wotton, Alexander and Taylor (2009), eqs. 35a and 35b.
    """
    (c,), shape = columns(cured_pct)
    green = 0.005 * (np.exp(0.061 * c) - 1.0)  # eq. 35a
    return np.where(c < _FULL_CURE_PCT, green, 0.176 + 0.02 * (c - _FULL_CURE_PCT)).reshape(shape)  # eq. 35b


def initial_rate(bed: FuelBed, isi: Numbers) -> Numbers:
    """Return RSI, the rate of spread [m/min] before the buildup effect, of a one-dimensional bed.

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 26 to 28; Wotton, Alexander and Taylor (2009), eqs. 29 to 36.
    """
    rate = curve(bed.fuel, isi)
    grass = np.flatnonzero(IS_GRASS[bed.fuel])
    rate[grass] *= curing_factor(bed.cured_pct[grass])  # eq. 36
    mixed = np.flatnonzero(DECIDUOUS_SHARE[bed.fuel] > 0.0)
    share = leading_share(bed, mixed)
    leading, aspen = at_least_some(rate[mixed]), at_least_some(curve(np.full(mixed.shape, FuelType.D1), isi[mixed]))
    rate[mixed] = share * leading + (1.0 - share) * DECIDUOUS_SHARE[bed.fuel[mixed]] * aspen  # eqs. 27 to 32
    return rate


def curve(fuel: npt.NDArray[np.intp], isi: Numbers) -> Numbers:
    """Return a (1 - exp(-b ISI))^c [m/min]: Forestry Canada (1992), eq. 26."""
    with np.errstate(all="ignore"):
        return CURVE_A[fuel] * np.power(1.0 - np.exp(-CURVE_B[fuel] * isi), CURVE_C[fuel])


def leading_share(bed: FuelBed, rows: npt.NDArray[np.intp]) -> Numbers:
    """Return the share of the leading fuel of mixed rows: conifers in M1 and M2, dead fir in M3 and M4."""
    is_dead_fir = bed.fuel[rows] >= FuelType.M3
    return np.where(is_dead_fir, bed.dead_fir_pct[rows], bed.conifer_pct[rows]) / 100.0


def surface_rate_of_spread(bed: FuelBed, isi: npt.ArrayLike, bui: npt.ArrayLike) -> Numbers:
    """Return the rate of spread [m/min] by the fuel type's curve and the buildup effect: RSS in C6, ROS elsewhere.

    Parameters
    ----------
    bed : FuelBed
        What lies there.
    isi, bui : array_like
        Indices, at least 0, broadcast with the bed.

    Returns
    -------
    ndarray, broadcast shape, float64
        0 where nothing burns.

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 26, 54, 55, 62 and 63; Wotton, Alexander and Taylor (2009), eqs. 29 to 36.
    """
    flat, (r, u), shape = bed.align(isi, bui)
    return (initial_rate(flat, r) * buildup_effect(flat.fuel, u)).reshape(shape)


def crown_rate_of_spread(isi: npt.ArrayLike, fmc_pct: npt.ArrayLike) -> Numbers:
    """Return RSC, the rate of spread [m/min] of a crown fire in a conifer plantation (C6).

    Parameters
    ----------
    isi : array_like
        At least 0.
    fmc_pct : array_like
        Foliar moisture content [%].

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 61 and 64.
    """
    (r, moisture), shape = columns(isi, fmc_pct)
    effect = 1000.0 * (1.5 - 0.00275 * moisture) ** 4 / (460.0 + 25.9 * moisture)  # eq. 61
    return (60.0 * (1.0 - np.exp(-0.0497 * r)) * effect / _AVERAGE_MOISTURE_EFFECT).reshape(shape)  # eq. 64


def rate_of_spread(
    bed: FuelBed, isi: npt.ArrayLike, bui: npt.ArrayLike, fmc_pct: npt.ArrayLike, sfc_kg_m2: npt.ArrayLike
) -> Numbers:
    """Return ROS, the head's rate of spread at equilibrium [m/min].

    Parameters
    ----------
    bed : FuelBed
        What lies there.
    isi, bui : array_like
        Indices, at least 0; a BUI of 0 leaves the buildup effect out.
    fmc_pct, sfc_kg_m2 : array_like
        Foliar moisture [%] and surface fuel consumption [kg/m2]; asked in C6 only.

    Returns
    -------
    ndarray, broadcast shape, float64
        1e-6 in place of 0 in fuels that burn; 0 where nothing burns.

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 26, 54, 55, 61 to 65; Wotton, Alexander and Taylor (2009), eqs. 29 to 36.
    """
    flat, (r, u, moisture, consumed), shape = bed.align(isi, bui, fmc_pct, sfc_kg_m2)
    surface = initial_rate(flat, r) * buildup_effect(flat.fuel, u)
    return with_plantations(flat, surface, r, moisture, consumed).ros_m_min.reshape(shape)


@dataclass(frozen=True, slots=True, eq=False)
class HeadRates:
    """Rates of spread of a one-dimensional bed, and what the plantations among its rows add.

    Parameters
    ----------
    ros_m_min : ndarray (n,), float64
        Rate of spread of every row [m/min].
    plantations : ndarray (m,), intp
        The rows of C6.
    plantation_fraction : ndarray (m,), float64
        Their crown fraction burned, 0 to 1.
    """

    ros_m_min: Numbers
    plantations: npt.NDArray[np.intp]
    plantation_fraction: Numbers


def with_plantations(bed: FuelBed, surface: Numbers, isi: Numbers, fmc_pct: Numbers, sfc_kg_m2: Numbers) -> HeadRates:
    """Return the final rates of one-dimensional surface rates: C6 mixes its crown in, what does not burn has 0."""
    rows = np.flatnonzero(bed.fuel == FuelType.C6)
    rss, moisture, consumed = surface[rows], fmc_pct[rows], sfc_kg_m2[rows]
    critical = critical_spread_rate(critical_surface_intensity(moisture, bed.crown_base_height_m[rows]), consumed)
    rsc = crown_rate_of_spread(isi[rows], moisture)
    fraction = plantation_crown_fraction(rss, rsc, critical)
    rates = surface.copy()
    rates[rows] = rss + fraction * (rsc - rss)  # eq. 65
    return HeadRates(np.where(bed.fuel >= FuelType.NF, 0.0, at_least_some(rates)), rows, fraction)


def at_least_some(rates: Numbers) -> Numbers:
    """Return the rates with the reference program's least rate in place of 0 [m/min]."""
    return np.where(rates <= 0.0, LEAST_RATE_M_MIN, rates)


def back_rate_of_spread(
    bed: FuelBed,
    ffmc: npt.ArrayLike,
    wind_kmh: npt.ArrayLike,
    bui: npt.ArrayLike,
    fmc_pct: npt.ArrayLike,
    sfc_kg_m2: npt.ArrayLike,
) -> Numbers:
    """Return BROS, the back's rate of spread at equilibrium [m/min], against the net effective wind [km/h].

    Parameters and result are those of `rate_of_spread`, with FFMC and wind in place of the ISI; the constants are those
    of today's cffdrs. For others give `rate_of_spread` the index of `back_spread_index`.

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 75 to 77.
    """
    return rate_of_spread(bed, back_spread_index(ffmc, wind_kmh), bui, fmc_pct, sfc_kg_m2)


def _table(values: dict[FuelType, float]) -> Numbers:
    table = np.array([values.get(fuel, 0.0) for fuel in FuelType])
    table.flags.writeable = False
    return table


# By fuel code: 50 ln q and 1 / BUI0 of eq. 54; the part of D1's rate in the mixed types (a fifth under green leaves).
_LOG_Q_50 = _table({fuel: 50.0 * float(np.log(BUILDUP_Q[fuel])) for fuel in FuelType if fuel.burns})
_PER_AVERAGE_BUI = _table({fuel: 1.0 / float(AVERAGE_BUI[fuel]) for fuel in FuelType if fuel.burns})
DECIDUOUS_SHARE = _table({FuelType.M1: 1.0, FuelType.M2: 0.2, FuelType.M3: 1.0, FuelType.M4: 0.2})
IS_GRASS = _table({FuelType.O1A: 1.0, FuelType.O1B: 1.0}) > 0.0
