"""How much of an hour's rain passes the canopy: rain is summed over an event that ends after five hours without rain.

The daily FWI System takes a day's rain less what the canopy keeps. An hour's rain is little, so FWI2025 counts what the
event has brought so far: nothing reaches a layer until that passes the layer's threshold, then all that falls does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["HourRain", "step_canopy"]

# The canopy is dry again after this many hours without rain [h].
_DRY_AGAIN_H = 5.0
# Tenths of a millimetre do not sum to themselves: 1.4 + 0.1 is above 1.5 by the last bit, and is 1.5 [mm].
_SUM_ERROR_MM = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class HourRain:
    """The rain of one hour where it rains.

    Parameters
    ----------
    at : ndarray of int, shape (wet,)
        Which sites have rain.
    hour_mm, before_mm, after_mm : ndarray, shape (wet,)
        Rain of the hour; of the event before the hour and after it [mm].
    """

    at: npt.NDArray[np.intp]
    hour_mm: Numbers
    before_mm: Numbers
    after_mm: Numbers

    def through(self, threshold_mm: float, share: float = 1.0, kept_mm: float | None = None) -> Numbers:
        """Return the rain that reaches a layer [mm], shape (wet,).

        Parameters
        ----------
        threshold_mm : float
            Rain of an event that the canopy keeps.
        share : float
            Of the rain, what reaches the layer once the threshold is passed.
        kept_mm : float, optional
            What is taken off the event's share in the hour that passes the threshold; the threshold itself if not
            given.
        """
        limit = threshold_mm + _SUM_ERROR_MM
        first = share * self.after_mm - (threshold_mm if kept_mm is None else kept_mm)
        passed = np.where(self.before_mm <= limit, first, share * self.hour_mm)
        return np.where(self.after_mm <= limit, 0.0, passed)


def step_canopy(event_mm: Numbers, dry_hours: Numbers, rain_mm: Numbers) -> tuple[Numbers, Numbers, HourRain]:
    """Return the event's rain [mm] and its hours without rain [h] after an hour, and the hour's rain where it rains.

    Parameters
    ----------
    event_mm, dry_hours : ndarray, shape (sites,)
        Before the hour.
    rain_mm : ndarray, shape (sites,)
        Rain of the hour; NaN is missing, and stays.
    """
    at = np.flatnonzero(~(rain_mm <= 0.0))
    after = event_mm + rain_mm
    dry = np.where(event_mm > 0.0, dry_hours + 1.0, 0.0)
    dry[at] = 0.0
    over = dry >= _DRY_AGAIN_H
    rain = HourRain(at, rain_mm[at], event_mm[at], after[at])
    return np.where(over, 0.0, after), np.where(over, 0.0, dry), rain
