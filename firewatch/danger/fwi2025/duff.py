"""The two slow layers hour by hour: they dry while the sun is up, and rain wets them as in the daily system.

References
----------
.. [1] Van Wagner, C.E.; Pickett, T.L. (1985). Equations and FORTRAN program for the Canadian Forest Fire Weather Index
   System. Canadian Forestry Service, Forestry Technical Report 33. The equation numbers below are of this report.
"""

# ruff: noqa: PLR2004 - the equations' own numbers, each beside its equation number

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.danger.fwi2025.canopy import HourRain

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["deep_drying", "duff_drying", "wetted_deep", "wetted_duff"]

# Rain of an event that the canopy keeps [mm], the share of the rest that arrives, and what is lost on its way [mm]:
# eqs. 11 and 18, with the event in place of the day.
_DUFF_RAIN = (1.5, 0.92, 1.27)
_DEEP_RAIN = (2.8, 0.83, 1.27)
# Drying in an hour of sun, by temperature [deg C] and lack of humidity [%]; and of the deep layer by temperature.
# Found from the reference program's vectors.
_DUFF_PER_HOUR = 2.22e-4
_DEEP_PER_HOUR_C = 0.015
_DEEP_PER_HOUR = 0.1875
# The reference takes a temperature as frost from somewhere between -0.002 and -0.41 deg C on, where its vectors have
# the one and the other; a reading is given to the hundredth [deg C].
_FROST_C = -0.01
_SCALE = 43.43


def duff_drying(temp_c: Numbers, rh_pct: Numbers, is_sunlit: npt.NDArray[np.bool_]) -> Numbers:
    """Return by how much an hour's air raises the DMC: not at night, nor in frost."""
    warm = np.where(temp_c < _FROST_C, 0.0, temp_c)
    return np.where(is_sunlit, _DUFF_PER_HOUR * warm * (100.0 - rh_pct), 0.0 * warm * rh_pct)


def deep_drying(temp_c: Numbers, is_sunlit: npt.NDArray[np.bool_]) -> Numbers:
    """Return by how much an hour's air raises the DC: not at night, nor in frost."""
    return np.where(is_sunlit & ~(temp_c <= 0.0), _DEEP_PER_HOUR_C * temp_c + _DEEP_PER_HOUR, 0.0 * temp_c)


def wetted_duff(dmc: Numbers, rain: HourRain) -> Numbers:
    """Return the DMC after an hour's rain, shape (sites,): eqs. 11 to 15, with 280 and 43.43 in both directions."""
    re = rain.through(*_DUFF_RAIN)  # eq. 11
    po = dmc[rain.at]
    with np.errstate(all="ignore"):
        log_po = np.log(po)
        steep = np.where(po <= 65.0, 14.0 - 1.3 * log_po, 6.2 * log_po - 17.2)  # eqs. 13b, 13c
        b = np.where(po <= 33.0, 100.0 / (0.5 + 0.3 * po), steep)  # eq. 13a
        mo = 20.0 + 280.0 * np.exp(-po / _SCALE)  # eq. 12
        mr = mo + 1000.0 * re / (48.77 + b * re)  # eq. 14
        pr = np.maximum(_SCALE * np.log(280.0 / (mr - 20.0)), 0.0)  # eq. 15
    after = dmc.copy()
    after[rain.at] = np.where(re <= 0.0, po, pr)
    return after


def wetted_deep(dc: Numbers, rain: HourRain) -> Numbers:
    """Return the DC after an hour's rain, shape (sites,): eqs. 18 to 21."""
    rd = rain.through(*_DEEP_RAIN)  # eq. 18
    do = dc[rain.at]
    qo = 800.0 * np.exp(-do / 400.0)  # eq. 19
    dr = np.maximum(do - 400.0 * np.log(1.0 + 3.937 * rd / qo), 0.0)  # eqs. 20 and 21
    after = dc.copy()
    after[rain.at] = np.where(rd <= 0.0, do, dr)
    return after
