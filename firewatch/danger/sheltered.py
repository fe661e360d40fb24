"""The Sheltered Duff Moisture Code: duff close to the trunks, which gets less rain and dries faster than the DMC's.

References
----------
.. [1] Wotton, B.M.; Stocks, B.J.; Martell, D.L. (2005). An index for tracking sheltered forest floor moisture within
   the Canadian Forest Fire Weather Index System. International Journal of Wildland Fire 14, 169-182.
.. [2] Van Wagner, C.E.; Pickett, T.L. (1985). Equations and FORTRAN program for the Canadian Forest Fire Weather Index
   System. Canadian Forestry Service, Forestry Technical Report 33. The equation numbers below are of this report.
"""

# ruff: noqa: PLR2004 - the equations' own numbers

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["sheltered_duff_moisture_code", "sheltered_start"]

# Below this duff does not dry (eq. 16) [deg C].
_COLDEST_C = -1.1
# Rain that never reaches the ground beside the trunk [mm]; above the second limit the canopy lets through more.
_CANOPY_MM = 0.44
_CANOPY_FULL_MM = 7.69
# Drying of sheltered duff to that of the DMC.
_DRYING_RATIO = 4.91 / 3.57
_LOWEST_START = 12.0


def sheltered_start(dmc: npt.ArrayLike) -> Numbers:
    """Return the Sheltered Duff Moisture Code to start from, at least 12, where only the DMC of that day is known.

    Parameters
    ----------
    dmc : array_like
        Duff Moisture Code of the first day, at least 0.

    Returns
    -------
    ndarray, same shape, float64
        2.6 + 1.7 DMC - 6, the reference program's start: its vectors confirm it at a DMC of 12 and of 0.
    """
    (p,), shape = columns(dmc)
    return np.maximum(2.6 + 1.7 * p - 6.0, _LOWEST_START).reshape(shape)


def sheltered_duff_moisture_code(
    previous: npt.ArrayLike,
    temp_c: npt.ArrayLike,
    rh_pct: npt.ArrayLike,
    rain_mm: npt.ArrayLike,
    day_length_h: npt.ArrayLike,
) -> Numbers:
    """Return the day's Sheltered Duff Moisture Code, at least 0.

    Parameters
    ----------
    previous : array_like
        Yesterday's code, at least 0; `sheltered_start` gives the first.
    temp_c, rh_pct, rain_mm : array_like
        Noon temperature [deg C], relative humidity [%], rain of 24 h in the open [mm].
    day_length_h : array_like
        Effective day length of the month [h]: the reference program knows `DayLengthBands.NORTH` only.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Wotton, Stocks and Martell (2005): rain through the canopy, and the drying ratio.
    .. [2] Van Wagner and Pickett (1985), eqs. 12 to 17, computed as in `firewatch.danger.fwi.duff_moisture_code`.
    """
    (po, t, h, ro, le), shape = columns(previous, temp_c, rh_pct, rain_mm, day_length_h)
    with np.errstate(all="ignore"):
        re = np.where(ro <= _CANOPY_FULL_MM, 0.218 * ro - 0.094, 0.83 * ro - 4.8)
        mo = 20.0 + 280.0 / np.exp(0.023 * po)  # eq. 12
        log_po = np.log(po)
        steep = np.where(po <= 65.0, 14.0 - 1.3 * log_po, 6.2 * log_po - 17.2)  # eqs. 13b, 13c
        b = np.where(po <= 33.0, 100.0 / (0.5 + 0.3 * po), steep)  # eq. 13a
        mr = mo + 1000.0 * re / (48.77 + b * re)  # eq. 14
        pr = np.maximum(43.43 * (5.6348 - np.log(mr - 20.0)), 0.0)  # eq. 15
    k = 1.894 * (np.maximum(t, _COLDEST_C) + 1.1) * (100.0 - h) * le * 1e-4 * _DRYING_RATIO  # eq. 16
    return (np.where(ro <= _CANOPY_MM, po, pr) + k).reshape(shape)  # eq. 17
