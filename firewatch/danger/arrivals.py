"""How fast a fire was: rate and direction of spread from when it reached three points.

Between the points the front is taken as a straight line that moves evenly; the time of arrival is then a plane over the
map, whose slope is one over the rate.

References
----------
.. [1] Simard, A.J.; Eenigenburg, J.E.; Adams, K.B.; Nissen, R.L.; Deacon, A.G. (1984). A general procedure for sampling
   and analyzing wildland fire spread. Forest Science 30(1), 51-64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["ObservedSpread", "spread_from_arrivals"]

_POINTS = 3
# Points whose triangle is flatter than this part of its sides' product lie on a line: no direction follows from them.
_FLATTEST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class ObservedSpread:
    """The spread of a front between three points: arrays of equal shapes.

    Parameters
    ----------
    rate_m_min : ndarray, float64
        Rate of spread, at right angles to the front [m/min]; infinite where all three were reached at once, NaN where
        they lie on a line or something is missing.
    azimuth_deg : ndarray, float64
        True azimuth in which the front went, [0, 360) [deg]; NaN where there is no rate, or an infinite one.
    """

    rate_m_min: Numbers
    azimuth_deg: Numbers


def spread_from_arrivals(minutes: npt.ArrayLike, east_m: npt.ArrayLike, north_m: npt.ArrayLike) -> ObservedSpread:
    """Return rate and direction of spread.

    Parameters
    ----------
    minutes : array_like, shape (..., 3)
        When the front reached each point, from any beginning [min].
    east_m, north_m : array_like, shape (..., 3)
        Where they are, on a local map [m].

    Returns
    -------
    ObservedSpread
        Of shape (...).

    Raises
    ------
    InvalidValue
        If there are not three points, or the shapes differ.

    References
    ----------
    .. [1] Simard et al. (1984); here as the slope of the plane of arrival times.
    """
    arrays = [np.asarray(values, dtype=np.float64) for values in (minutes, east_m, north_m)]
    shapes = {array.shape for array in arrays}
    if len(shapes) != 1 or arrays[0].shape[-1:] != (_POINTS,):
        raise InvalidValue("shapes of arrivals and points", sorted(shapes), "one shape (..., 3): three points")
    (t2, t3), (e2, e3), (n2, n3) = ((array[..., 1] - array[..., 0], array[..., 2] - array[..., 0]) for array in arrays)
    twice_area = e2 * n3 - e3 * n2
    is_flat = np.abs(twice_area) <= _FLATTEST * np.hypot(e2, n2) * np.hypot(e3, n3)
    area = np.where(is_flat, np.nan, twice_area)
    # Minutes per metre to the east and to the north.
    east, north = (t2 * n3 - t3 * n2) / area, (t3 * e2 - t2 * e3) / area
    slowness = np.hypot(east, north)
    is_at_once = slowness == 0.0
    rate = np.where(is_at_once, np.inf, 1.0 / np.where(is_at_once, 1.0, slowness))
    azimuth = np.where(is_at_once, np.nan, np.degrees(np.arctan2(east, north)) % 360.0)
    return ObservedSpread(rate, azimuth)
