"""Foliar moisture content: how much water the live conifer needles hold on a day of the year.

References
----------
.. [1] Forestry Canada Fire Danger Group (1992). Development and structure of the Canadian Forest Fire Behavior
   Prediction System. Forestry Canada, Information Report ST-X-3, eqs. 1 to 8.
"""

# ruff: noqa: PLR2004 - the equations' own numbers, each beside its equation number

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["foliar_moisture_content", "minimum_foliar_moisture_day"]


def minimum_foliar_moisture_day(
    lat_deg: npt.ArrayLike, west_long_deg: npt.ArrayLike, elevation_m: npt.ArrayLike
) -> Numbers:
    """Return D0, the day of the year on which the needles hold least water.

    Parameters
    ----------
    lat_deg, west_long_deg : array_like
        Latitude north and longitude west [deg].
    elevation_m : array_like
        Height above the sea [m]; 0 where unknown, which takes the equations without it.

    Returns
    -------
    ndarray, broadcast shape, float64
        A whole day; half days go to the even one, as in the reference program.

    Notes
    -----
    Fitted in Canada. Elsewhere give the day itself, or the moisture.

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 1 to 4.
    """
    (lat, west, height), shape = columns(lat_deg, west_long_deg, elevation_m)
    # A latitude that the equations make tiny, far to the west of Canada, still gives a number.
    with np.errstate(all="ignore"):
        plain = 151.0 * lat / (46.0 + 23.4 * np.exp(-0.0360 * (150.0 - west)))  # eqs. 1 and 2
        raised = 142.1 * lat / (43.0 + 33.7 * np.exp(-0.0351 * (150.0 - west))) + 0.0172 * height  # eqs. 3 and 4
    return np.rint(np.where(height <= 0.0, plain, raised)).reshape(shape)


def foliar_moisture_content(day_of_year: npt.ArrayLike, minimum_day: npt.ArrayLike) -> Numbers:
    """Return the foliar moisture content FMC [%], 85 to 120.

    Parameters
    ----------
    day_of_year : array_like
        Dj.
    minimum_day : array_like
        D0: `minimum_foliar_moisture_day`.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 5 to 8.
    """
    (dj, d0), shape = columns(day_of_year, minimum_day)
    nd = np.abs(dj - d0)  # eq. 5
    near = 85.0 + 0.0189 * nd * nd  # eq. 6
    between = 32.9 + 3.17 * nd - 0.0288 * nd * nd  # eq. 7
    far = np.where(np.isnan(nd), nd, 120.0)  # eq. 8
    return np.where(nd < 30.0, near, np.where(nd < 50.0, between, far)).reshape(shape)
