"""The Drought Code over the winter: what the melted snow of a dry autumn's winter leaves unfilled.

References
----------
.. [1] Lawson, B.D.; Armitage, O.B. (2008). Weather guide for the Canadian Forest Fire Danger Rating System. Natural
   Resources Canada, Canadian Forest Service, Northern Forestry Centre.
.. [2] Van Wagner, C.E. (1985). Drought, timelag, and fire danger rating. Proceedings of the 8th Conference on Fire and
   Forest Meteorology, Detroit. Society of American Foresters, 178-185.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns, require_range

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["CarryOver", "WinterWetting", "overwintered_drought_code"]

# The Drought Code of soil that the winter has filled: Van Wagner (1987), the standard start.
_STANDARD_START = 15.0


class CarryOver(Enum):
    """Which fraction of the autumn's moisture the soil keeps until spring.

    ``CALCULATED_TO_FREEZE_UP``
        1.0: the code was calculated up to 1 November, lasting snow or freeze-up, whichever came first.
    ``STOPPED_BEFORE``
        0.75, the default: calculations stopped before any of these, or warm winter winds bare the ground at times.
    ``LOSES_IN_WINTER``
        0.5: forests that lose soil moisture over long spells of autumn and winter.
    """

    CALCULATED_TO_FREEZE_UP = "calculated-to-freeze-up"
    STOPPED_BEFORE = "stopped-before"
    LOSES_IN_WINTER = "loses-in-winter"

    @property
    def fraction(self) -> float:
        """The carry-over fraction `a`, 0 to 1."""
        return _CARRY_OVER[self]


class WinterWetting(Enum):
    """Which fraction of the winter's rain and snow wets the soil in spring.

    ``POORLY_DRAINED``
        0.9: boggy sites with deep organic layers.
    ``MODERATELY_DRAINED``
        0.75, the default: frost goes deep late or never, and most of the melting snow infiltrates.
    ``RUNS_OFF``
        0.5: early and deep frost, soils that drain fast, slopes that shed the melt, winds that eat the snow.
    """

    POORLY_DRAINED = "poorly-drained"
    MODERATELY_DRAINED = "moderately-drained"
    RUNS_OFF = "runs-off"

    @property
    def fraction(self) -> float:
        """The wetting fraction `b`, 0 to 1."""
        return _WETTING[self]


_CARRY_OVER = {CarryOver.CALCULATED_TO_FREEZE_UP: 1.0, CarryOver.STOPPED_BEFORE: 0.75, CarryOver.LOSES_IN_WINTER: 0.5}
_WETTING = {WinterWetting.POORLY_DRAINED: 0.9, WinterWetting.MODERATELY_DRAINED: 0.75, WinterWetting.RUNS_OFF: 0.5}


def overwintered_drought_code(
    fall_dc: npt.ArrayLike,
    winter_precipitation_mm: npt.ArrayLike,
    *,
    carry_over: CarryOver | npt.ArrayLike = CarryOver.STOPPED_BEFORE,
    wetting: WinterWetting | npt.ArrayLike = WinterWetting.MODERATELY_DRAINED,
    lowest: float = _STANDARD_START,
) -> Numbers:
    """Return the Drought Code to start the spring from.

    Parameters
    ----------
    fall_dc : array_like
        The last Drought Code of the autumn, at least 0.
    winter_precipitation_mm : array_like
        Rain and melted snow from the day after that code to the day before the spring's first, at least 0 [mm].
    carry_over : CarryOver or array_like
        The class, or the fraction of autumn moisture kept, 0 to 1.
    wetting : WinterWetting or array_like
        The class, or the fraction of the winter's precipitation that wets the soil, 0 to 1.
    lowest : float
        The code of filled soil, at least 0; by default 15.

    Returns
    -------
    ndarray, broadcast shape, float64
        At least `lowest`; infinite where no moisture is kept and none comes. NaN where an input is NaN.

    Raises
    ------
    InvalidValue
        If the precipitation or `lowest` is below 0, or a fraction outside 0 to 1.

    References
    ----------
    .. [1] Lawson and Armitage (2008), the section on overwintering the Drought Code and its two tables of fractions.
    .. [2] Van Wagner (1985): Qs = a Qf + b (3.94 P) and DC = 400 ln(800 / Q).
    """
    a_given = carry_over.fraction if isinstance(carry_over, CarryOver) else carry_over
    b_given = wetting.fraction if isinstance(wetting, WinterWetting) else wetting
    require_range("winter precipitation (mm)", winter_precipitation_mm, 0.0, np.inf)
    require_range("carry-over fraction", a_given, 0.0, 1.0)
    require_range("wetting fraction", b_given, 0.0, 1.0)
    require_range("lowest Drought Code", lowest, 0.0, np.inf)
    (fall, rain, a, b), shape = columns(fall_dc, winter_precipitation_mm, a_given, b_given)
    q_fall = 800.0 * np.exp(-fall / 400.0)
    q_spring = a * q_fall + b * (3.94 * rain)
    with np.errstate(divide="ignore", over="ignore"):
        dc = 400.0 * np.log(800.0 / q_spring)
    return np.maximum(dc, lowest).reshape(shape)
