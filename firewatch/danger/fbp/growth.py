"""A fire's growth from a point: acceleration, and distances and shape after a time.

References
----------
.. [1] Forestry Canada Fire Danger Group (1992). Development and structure of the Canadian Forest Fire Behavior
   Prediction System. Forestry Canada, Information Report ST-X-3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns
from firewatch.danger.fbp.fuels import FuelType

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "acceleration_per_min",
    "distance_at_time",
    "flank_distance",
    "length_to_breadth_at_time",
    "rate_of_spread_at_time",
    "time_to_crown_fire",
]

# Of an open canopy [1/min]: eq. 72.
_OPEN_PER_MIN = 0.115
_OPEN = np.isin(
    np.arange(len(FuelType)),
    [FuelType.C1, FuelType.D1, FuelType.O1A, FuelType.O1B, FuelType.S1, FuelType.S2, FuelType.S3],
)


def acceleration_per_min(fuel: npt.ArrayLike, crown_fraction: npt.ArrayLike) -> Numbers:
    """Return alpha, how quickly a fire from a point comes to its equilibrium [1/min].

    Parameters
    ----------
    fuel : array_like of int
        Values of `FuelType`: under an open canopy (C1, D1, grass, slash) it does not depend on the crowns.
    crown_fraction : array_like
        CFB, 0 to 1.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Forestry Canada (1992), eq. 72.
    """
    (codes, fraction), shape = columns(fuel, crown_fraction)
    closed = _closed_canopy(fraction)
    return np.where(_OPEN[codes.astype(np.intp)], _OPEN_PER_MIN, closed).reshape(shape)


def _closed_canopy(cfb: Numbers) -> Numbers:
    """Return alpha under a closed canopy [1/min], eq. 72."""
    return _OPEN_PER_MIN - 18.8 * cfb * cfb * np.sqrt(cfb) * np.exp(-8.0 * cfb)


def rate_of_spread_at_time(ros_m_min: npt.ArrayLike, alpha_per_min: npt.ArrayLike, minutes: npt.ArrayLike) -> Numbers:
    """Return the rate of spread [m/min] some minutes after ignition, of that at equilibrium and the acceleration.

    References
    ----------
    .. [1] Forestry Canada (1992), eq. 70.
    """
    (ros, alpha, t), shape = columns(ros_m_min, alpha_per_min, minutes)
    return (ros * (1.0 - np.exp(-alpha * t))).reshape(shape)


def distance_at_time(ros_m_min: npt.ArrayLike, alpha_per_min: npt.ArrayLike, minutes: npt.ArrayLike) -> Numbers:
    """Return the distance [m] spread some minutes after ignition, of the rate at equilibrium and the acceleration.

    References
    ----------
    .. [1] Forestry Canada (1992), eq. 71.
    """
    (ros, alpha, t), shape = columns(ros_m_min, alpha_per_min, minutes)
    return (ros * (t + np.exp(-alpha * t) / alpha - 1.0 / alpha)).reshape(shape)


def length_to_breadth_at_time(ratio: npt.ArrayLike, alpha_per_min: npt.ArrayLike, minutes: npt.ArrayLike) -> Numbers:
    """Return LBt, the length-to-breadth ratio some minutes after ignition: a fire from a point begins round.

    References
    ----------
    .. [1] Forestry Canada (1992), eq. 81.
    """
    (lb, alpha, t), shape = columns(ratio, alpha_per_min, minutes)
    return ((lb - 1.0) * (1.0 - np.exp(-alpha * t)) + 1.0).reshape(shape)


def flank_distance(head_m: npt.ArrayLike, back_m: npt.ArrayLike, ratio: npt.ArrayLike) -> Numbers:
    """Return DF, how far the flanks have spread [m], of head and back and the length-to-breadth ratio of the time.

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 82 and 83.
    """
    (head, back, lb), shape = columns(head_m, back_m, ratio)
    return ((head + back) / (lb * 2.0)).reshape(shape)


def time_to_crown_fire(
    rate_m_min: npt.ArrayLike, critical_m_min: npt.ArrayLike, crown_fraction: npt.ArrayLike
) -> Numbers:
    """Return TI, the minutes from ignition until the crowns take fire; 0 where they never do.

    Parameters
    ----------
    rate_m_min, critical_m_min : array_like
        Rate of spread at equilibrium and RSO [m/min].
    crown_fraction : array_like
        CFB, 0 to 1.

    Returns
    -------
    ndarray, broadcast shape, float64

    Notes
    -----
    As the reference program computes it, with the acceleration under a closed canopy in every fuel type.

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 73 and 74.
    """
    (rate, critical, cfb), shape = columns(rate_m_min, critical_m_min, crown_fraction)
    with np.errstate(all="ignore"):
        rest = 1.0 - critical / rate
        minutes = np.log(np.where(rest <= 0.0, 1.0, rest)) / -_closed_canopy(cfb)
    return (minutes + 0.0).reshape(shape)  # no negative zero
