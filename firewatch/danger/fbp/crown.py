"""When a surface fire climbs into the crowns, and how much of them burns.

References
----------
.. [1] Forestry Canada Fire Danger Group (1992). Development and structure of the Canadian Forest Fire Behavior
   Prediction System. Forestry Canada, Information Report ST-X-3.
.. [2] Wotton, B.M.; Alexander, M.E.; Taylor, S.W. (2009). Updates and revisions to the 1992 Canadian Forest Fire
   Behavior Prediction System. Natural Resources Canada, Information Report GLC-X-10.
"""

# ruff: noqa: PLR2004 - the equations' own numbers, each beside its equation number

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns
from firewatch.danger.fbp.fuels import CROWN_BASE_HEIGHT_M, FuelType

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "FireKind",
    "critical_spread_rate",
    "critical_surface_intensity",
    "crown_base_height",
    "crown_fraction_burned",
    "fire_kinds",
    "plantation_crown_fraction",
]

# The lowest crown base that the plantations' equation may give [m]: the reference program's.
_LOWEST_CROWN_BASE_M = 1e-7


class FireKind(StrEnum):
    """FD, what kind of fire it is: Forestry Canada (1992), table 9. Limits belong to the higher kind at 0.9 and 0.1."""

    SURFACE = "S"
    INTERMITTENT_CROWN = "I"
    CONTINUOUS_CROWN = "C"
    NONE = "NA"


def crown_base_height(
    fuel: npt.ArrayLike,
    given_m: npt.ArrayLike,
    stems_per_ha: npt.ArrayLike,
    stand_height_m: npt.ArrayLike,
) -> Numbers:
    """Return CBH, the height to live crown base [m].

    Parameters
    ----------
    fuel : array_like of int
        Values of `FuelType`.
    given_m : array_like
        Measured height [m]; one that is missing, not above 0 or above 50 is replaced.
    stems_per_ha, stand_height_m : array_like
        Stand density [1/ha] and height [m]: in C6, where both are above 0, they give the height; elsewhere, and in C6
        without them, the fuel type's default does.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Wotton, Alexander and Taylor (2009), eq. 91; Forestry Canada (1992), table 8.
    """
    (codes, given, stems, height), shape = columns(fuel, given_m, stems_per_ha, stand_height_m)
    kinds = codes.astype(np.intp)
    planted = np.maximum(-11.2 + 1.06 * height + 0.0017 * stems, _LOWEST_CROWN_BASE_M)  # eq. 91
    is_planted = (kinds == FuelType.C6) & (stems > 0.0) & (height > 0.0)
    default = np.where(is_planted, planted, CROWN_BASE_HEIGHT_M[kinds])
    return np.where((given > 0.0) & (given <= 50.0), given, default).reshape(shape)


def critical_surface_intensity(fmc_pct: npt.ArrayLike, crown_base_height_m: npt.ArrayLike) -> Numbers:
    """Return CSI, the surface intensity [kW/m] from which crowns take fire.

    Parameters
    ----------
    fmc_pct : array_like
        Foliar moisture content [%].
    crown_base_height_m : array_like
        Height to live crown base [m].

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Forestry Canada (1992), eq. 56.
    """
    (moisture, height), shape = columns(fmc_pct, crown_base_height_m)
    heat = height * (460.0 + 25.9 * moisture)
    return (0.001 * heat * np.sqrt(heat)).reshape(shape)


def critical_spread_rate(csi_kw_m: npt.ArrayLike, sfc_kg_m2: npt.ArrayLike) -> Numbers:
    """Return RSO, the surface rate of spread [m/min] that has the critical intensity.

    Parameters
    ----------
    csi_kw_m : array_like
        Critical surface intensity [kW/m].
    sfc_kg_m2 : array_like
        Surface fuel consumption [kg/m2].

    Returns
    -------
    ndarray, broadcast shape, float64
        NaN where both are 0, infinite where only the consumption is.

    References
    ----------
    .. [1] Forestry Canada (1992), eq. 57.
    """
    (csi, consumed), shape = columns(csi_kw_m, sfc_kg_m2)
    with np.errstate(all="ignore"):
        return (csi / (300.0 * consumed)).reshape(shape)


def crown_fraction_burned(rate_m_min: npt.ArrayLike, critical_m_min: npt.ArrayLike) -> Numbers:
    """Return CFB, the part of the crowns that burns, 0 to 1.

    Parameters
    ----------
    rate_m_min : array_like
        Rate of spread; of C6 the surface rate [m/min].
    critical_m_min : array_like
        RSO [m/min].

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Forestry Canada (1992), eq. 58.
    """
    (rate, critical), shape = columns(rate_m_min, critical_m_min)
    with np.errstate(all="ignore"):
        over = rate - critical
        return np.where(over <= 0.0, 0.0, 1.0 - np.exp(-0.23 * over)).reshape(shape)


def plantation_crown_fraction(
    surface_m_min: npt.ArrayLike, crown_m_min: npt.ArrayLike, critical_m_min: npt.ArrayLike
) -> Numbers:
    """Return CFB of a conifer plantation (C6), 0 to 1: its crowns burn only where they carry the fire faster.

    Parameters
    ----------
    surface_m_min, crown_m_min : array_like
        RSS and RSC [m/min].
    critical_m_min : array_like
        RSO [m/min]; NaN, of a fire that neither burns surface fuel nor has a height to climb, is never reached.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 58 and 65.
    """
    (rss, rsc, critical), shape = columns(surface_m_min, crown_m_min, critical_m_min)
    unknown = np.isnan(rss) | np.isnan(rsc)
    with np.errstate(all="ignore"):
        fraction = np.where((rsc > rss) & (rss > critical), 1.0 - np.exp(-0.23 * (rss - critical)), 0.0)
    return np.where(unknown, np.nan, fraction).reshape(shape)


def fire_kinds(crown_fraction: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """Return the values of `FireKind` by crown fraction burned; NONE where that is missing.

    Returns
    -------
    ndarray of str, same shape
    """
    fraction = np.asarray(crown_fraction, dtype=np.float64)
    kind = (fraction >= 0.1).astype(np.intp) + (fraction >= 0.9) + 3 * np.isnan(fraction)
    kinds: npt.NDArray[np.str_] = _KINDS[kind]
    return kinds


_KINDS = np.array([FireKind.SURFACE, FireKind.INTERMITTENT_CROWN, FireKind.CONTINUOUS_CROWN, FireKind.NONE])
