"""The Keetch-Byram Drought Index in millimetres: how much water the soil's upper layer and the duff lack.

0 is a soil that is full of water, 203.2 mm (8 inches) one without any; the American scale of 0 to 800 is hundredths of
an inch, 0.254 mm each.

References
----------
.. [1] Keetch, J.J.; Byram, G.M. (1968, revised 1988). A drought index for forest fire control. USDA Forest Service,
   Southeastern Forest Experiment Station, Research Paper SE-38.
.. [2] Alexander, M.E. (1990). Computer calculation of the Keetch-Byram Drought Index - programmers beware! Fire
   Management Notes 51(4), 23-25: eqs. 15 and 18 of 1968 are misprinted; 8.30 stands where 0.830 was printed.
.. [3] Crane, W.J.B. (1982). Computing grassland and forest fire behaviour, relative humidity and drought index by
   pocket calculator. Australian Forestry 45, 89-97.
.. [4] Finkele, K.; Mills, G.A.; Beard, G.; Jones, D.A. (2006). National gridded drought factors and comparison of two
   soil moisture deficit formulations used in prediction of Forest Fire Danger Index in Australia. Bureau of
   Meteorology Research Centre, Research Report 119.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from firewatch.danger.columns import columns
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["DRIEST_MM", "KbdiForm", "KbdiState", "drying_factor", "run_kbdi", "step_kbdi"]

DRIEST_MM = 203.2
_INCH_MM = 25.4


@dataclass(frozen=True, slots=True)
class _KbdiConstants:
    """What differs between the forms.

    `per_deg_c` and `per_mm_a` stand in the exponents of temperature [1/deg C] and of the year's rain [1/mm];
    `canopy_mm` is what the canopy keeps of each wet spell; `rain_first` whether a day dries from the deficit that its
    rain has left (and never gains water on a cold day) or from yesterday's.
    """

    per_deg_c: float
    per_mm_a: float
    canopy_mm: float
    rain_first: bool


class KbdiForm(Enum):
    """Which numbers and which order of rain and drying.

    ``KEETCH_BYRAM``
        Eq. 18 as corrected (Alexander 1990; the revision of 1988), turned into metric units without rounding: 0.0486
        per deg F, 0.0441 per inch, 0.20 inch kept by the canopy. The day's net rain lowers the deficit, then the day's
        drying is taken from what is left; a day too cold for drying (below 6.8 deg C) changes nothing.
    ``CRANE``
        The same with the rounded metric numbers of Crane (1982): 0.0875 per deg C, 0.001736 per mm.
    ``FINKELE``
        As gridded in Australia (Finkele et al. 2006): 0.00173 per mm, 5 mm kept by the canopy, rain and drying both
        from yesterday's deficit, and the drying term negative on cold days.
    """

    KEETCH_BYRAM = "keetch-byram"
    CRANE = "crane"
    FINKELE = "finkele"


_CONSTANTS = {
    KbdiForm.KEETCH_BYRAM: _KbdiConstants(0.0486 * 1.8, 0.0441 / _INCH_MM, 0.2 * _INCH_MM, rain_first=True),
    KbdiForm.CRANE: _KbdiConstants(0.0875, 0.001736, 0.2 * _INCH_MM, rain_first=True),
    KbdiForm.FINKELE: _KbdiConstants(0.0875, 0.00173, 5.0, rain_first=False),
}


@dataclass(frozen=True, slots=True, eq=False)
class KbdiState:
    """What the index remembers from one day to the next: from it a run goes on exactly.

    Parameters
    ----------
    deficit_mm : ndarray, float64
        The index itself, 0 to 203.2 [mm].
    kept_mm : ndarray, the same shape
        What the canopy has kept of the present wet spell's rain, 0 to 5.08 [mm]; 0 after a dry day.

    Raises
    ------
    InvalidValue
        If the shapes differ or a value is out of range. NaN is missing.
    """

    deficit_mm: npt.NDArray[np.float64]
    kept_mm: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.deficit_mm.shape != self.kept_mm.shape:
            raise InvalidValue(
                "shapes of the drought state", [self.deficit_mm.shape, self.kept_mm.shape], "one shape for both"
            )
        for what, values, most in (
            ("drought index (mm)", self.deficit_mm, DRIEST_MM),
            ("rain kept by the canopy (mm)", self.kept_mm, 0.2 * _INCH_MM),
        ):
            wrong = (values < 0.0) | (values > most)
            if wrong.any():
                raise InvalidValue(what, float(values[wrong].flat[0]), f"0 to {most:g}")

    @classmethod
    def of(cls, deficit_mm: npt.ArrayLike) -> KbdiState:
        """Return the state after a dry day at a given index [mm]; 0 is a soil soaked by snow melt or a week's rain."""
        deficit = np.asarray(deficit_mm, dtype=np.float64)
        return cls(deficit, np.zeros_like(deficit))

    def day(self, index: int) -> KbdiState:
        """Return the state of one day of arrays whose first axis is days."""
        return KbdiState(np.asarray(self.deficit_mm[index]), np.asarray(self.kept_mm[index]))


def drying_factor(
    max_temp_c: npt.ArrayLike, annual_rain_mm: npt.ArrayLike, form: KbdiForm = KbdiForm.KEETCH_BYRAM
) -> npt.NDArray[np.float64]:
    """Return the share of its water that the layer loses on a dry day.

    Parameters
    ----------
    max_temp_c : array_like
        Highest temperature of the day [deg C].
    annual_rain_mm : array_like
        Mean annual rain of the place [mm].
    form : KbdiForm
        The named choice.

    Returns
    -------
    ndarray, broadcast shape, float64
        Times (203.2 - deficit) it is the day's drying [mm].

    References
    ----------
    .. [1] Keetch and Byram (1968), eq. 18, as corrected by Alexander (1990); Crane (1982) in metric units.
    """
    k = _CONSTANTS[form]
    (t, r), shape = columns(max_temp_c, annual_rain_mm)
    loss = 0.968 * np.exp(k.per_deg_c * t + 1.5552) - 8.30  # 0.0486 * 32 = 1.5552
    factor = 1e-3 * loss / (1.0 + 10.88 * np.exp(-k.per_mm_a * r))
    return (np.maximum(factor, 0.0) if k.rain_first else factor).reshape(shape)


def step_kbdi(
    previous: KbdiState,
    max_temp_c: npt.ArrayLike,
    rain_mm: npt.ArrayLike,
    annual_rain_mm: npt.ArrayLike,
    form: KbdiForm = KbdiForm.KEETCH_BYRAM,
) -> KbdiState:
    """Return the index of one day.

    Parameters
    ----------
    previous : KbdiState
        Of the day before.
    max_temp_c, rain_mm : array_like
        Highest temperature [deg C] and rain of 24 h, at least 0 [mm].
    annual_rain_mm : array_like
        Mean annual rain of the place [mm].
    form : KbdiForm
        The named choice.

    Returns
    -------
    KbdiState, broadcast shape

    References
    ----------
    .. [1] Keetch and Byram (1968): net rain is what exceeds 0.20 inch, once in each run of days with rain.
    """
    k = _CONSTANTS[form]
    arrays = (previous.deficit_mm, previous.kept_mm, max_temp_c, rain_mm, annual_rain_mm)
    (q, before, t, p, annual), shape = columns(*arrays)
    canopy = np.minimum(p, k.canopy_mm - np.minimum(before, k.canopy_mm))
    kept = np.where(p <= 0.0, 0.0, np.minimum(before + canopy, k.canopy_mm))
    net = np.where(p <= 0.0, 0.0, p - canopy)
    factor = drying_factor(t, annual, form)
    if k.rain_first:
        left = np.maximum(q - net, 0.0)
        deficit = left + (DRIEST_MM - left) * factor
    else:
        deficit = q + (DRIEST_MM - q) * factor - net
    # A temperature that no thermometer read gives more than all; the layer has no more.
    return KbdiState(np.clip(deficit, 0.0, DRIEST_MM).reshape(shape), kept.reshape(shape))


def run_kbdi(
    start: KbdiState,
    max_temp_c: npt.NDArray[np.float64],
    rain_mm: npt.NDArray[np.float64],
    annual_rain_mm: npt.ArrayLike,
    form: KbdiForm = KbdiForm.KEETCH_BYRAM,
) -> KbdiState:
    """Return the index of consecutive days.

    Parameters
    ----------
    start : KbdiState, shape (...)
        Of the day before the first.
    max_temp_c, rain_mm : ndarray, shape (days, ...)
        Highest temperature [deg C] and rain of 24 h, at least 0 [mm]; none left out.
    annual_rain_mm : array_like
        Mean annual rain [mm], broadcast to (...).
    form : KbdiForm
        The named choice.

    Returns
    -------
    KbdiState, shape (days, ...)
        From the state of any day the rest gives the same bits.

    Raises
    ------
    InvalidValue
        If the arrays' shapes differ.
    """
    if max_temp_c.shape != rain_mm.shape:
        raise InvalidValue("shapes of temperature and rain", [max_temp_c.shape, rain_mm.shape], "one shape for both")
    deficit, kept = np.empty(rain_mm.shape), np.empty(rain_mm.shape)
    today = start
    for index in range(rain_mm.shape[0]):
        today = step_kbdi(today, max_temp_c[index], rain_mm[index], annual_rain_mm, form)
        deficit[index], kept[index] = today.deficit_mm, today.kept_mm
    return KbdiState(deficit, kept)
