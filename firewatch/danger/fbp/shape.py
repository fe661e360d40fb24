"""The fire's shape: an ellipse by its length-to-breadth ratio, and how fast it grows to the sides.

References
----------
.. [1] Forestry Canada Fire Danger Group (1992). Development and structure of the Canadian Forest Fire Behavior
   Prediction System. Forestry Canada, Information Report ST-X-3.
.. [2] Wotton, B.M.; Alexander, M.E.; Taylor, S.W. (2009). Updates and revisions to the 1992 Canadian Forest Fire
   Behavior Prediction System. Natural Resources Canada, Information Report GLC-X-10.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.columns import columns
from firewatch.danger.fbp.spread import IS_GRASS

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "PerimeterForm",
    "flank_rate_of_spread",
    "length_to_breadth",
    "rate_of_spread_at",
    "rate_of_spread_towards",
]

# Where the cosine is 0 the formula divides by it: the reference program turns the angle by this [rad].
_ASIDE_RAD = 0.001


def length_to_breadth(fuel: npt.ArrayLike, wind_kmh: npt.ArrayLike) -> Numbers:
    """Return LB, the length-to-breadth ratio of a fire at equilibrium, at least 1.

    Parameters
    ----------
    fuel : array_like of int
        Values of `FuelType`: grass fires are shaped otherwise.
    wind_kmh : array_like
        Net effective wind [km/h], at least 0.

    Returns
    -------
    ndarray, broadcast shape, float64

    References
    ----------
    .. [1] Forestry Canada (1992), eq. 79; Wotton, Alexander and Taylor (2009), eqs. 80a and 80b.
    """
    (codes, w), shape = columns(fuel, wind_kmh)
    ratio = 1.0 + 8.729 * np.power(1.0 - np.exp(-0.030 * w), 2.155)  # eq. 79
    grass = np.flatnonzero(IS_GRASS[codes.astype(np.intp)])
    calm = w[grass] < 1.0
    ratio[grass] = np.where(calm, 1.0, 1.1 * np.power(w[grass], 0.464))  # eqs. 80a and 80b
    return ratio.reshape(shape)


def flank_rate_of_spread(ros_m_min: npt.ArrayLike, bros_m_min: npt.ArrayLike, ratio: npt.ArrayLike) -> Numbers:
    """Return FROS, the flanks' rate of spread [m/min], of the head's and the back's and the length-to-breadth ratio.

    References
    ----------
    .. [1] Forestry Canada (1992), eq. 89.
    """
    (ros, bros, lb), shape = columns(ros_m_min, bros_m_min, ratio)
    with np.errstate(all="ignore"):
        return ((ros + bros) / lb / 2.0).reshape(shape)


class PerimeterForm(Enum):
    """How the rate of spread between head, flank and back is computed.

    ``ELLIPSE``
        The point of the ellipse in that direction.
    ``CFFDRS``
        As the R package cffdrs 1.10 prints it: `rate_of_spread_at` misses a bracket of eq. 94, and
        `rate_of_spread_towards` takes the head's azimuth in degrees for radians. For comparison only.
    """

    ELLIPSE = "ellipse"
    CFFDRS = "cffdrs"


def rate_of_spread_at(
    theta_deg: npt.ArrayLike,
    ros_m_min: npt.ArrayLike,
    fros_m_min: npt.ArrayLike,
    bros_m_min: npt.ArrayLike,
    *,
    form: PerimeterForm = PerimeterForm.ELLIPSE,
) -> Numbers:
    """Return ROS(theta), the rate of spread [m/min] of the perimeter in a direction from the head's.

    Parameters
    ----------
    theta_deg : array_like
        Angle from the direction of the head [deg].
    ros_m_min, fros_m_min, bros_m_min : array_like
        Of head, flank and back [m/min].
    form : PerimeterForm
        By default the ellipse.

    Returns
    -------
    ndarray, broadcast shape, float64
        NaN where nothing spreads.

    References
    ----------
    .. [1] Wotton, Alexander and Taylor (2009), eq. 94.
    """
    (theta, ros, fros, bros), shape = columns(np.radians(theta_deg), ros_m_min, fros_m_min, bros_m_min)
    s1, c1 = np.sin(theta), np.cos(theta)
    c1 = np.where(c1 == 0.0, np.cos(theta + _ASIDE_RAD), c1)
    half_sum, half_difference = (ros + bros) / 2.0, (ros - bros) / 2.0
    across, along = fros * c1, s1 * s1
    with np.errstate(all="ignore"):
        root = across * np.sqrt(across * across + ros * bros * along)
        part = (root - half_sum * half_difference * along) / (across * across + half_sum * half_sum * along)
        along_head = ros * part if form is PerimeterForm.CFFDRS else half_difference + half_sum * part
        rates: Numbers = along_head / c1
    return rates.reshape(shape)


def rate_of_spread_towards(
    azimuth_deg: npt.ArrayLike,
    head_azimuth_deg: npt.ArrayLike,
    ros_m_min: npt.ArrayLike,
    ratio: npt.ArrayLike,
    *,
    form: PerimeterForm = PerimeterForm.ELLIPSE,
) -> Numbers:
    """Return TROS, the rate of spread [m/min] towards an azimuth of an ellipse with the ignition in its focus.

    Parameters
    ----------
    azimuth_deg, head_azimuth_deg : array_like
        Where to, and where the head goes (RAZ) [deg].
    ros_m_min : array_like
        Of the head [m/min].
    ratio : array_like
        Length-to-breadth ratio, at least 1.
    form : PerimeterForm
        By default the ellipse.

    Returns
    -------
    ndarray, broadcast shape, float64
    """
    (towards, raz, ros, lb), shape = columns(azimuth_deg, head_azimuth_deg, ros_m_min, ratio)
    head = raz if form is PerimeterForm.CFFDRS else np.radians(raz)
    with np.errstate(all="ignore"):
        eccentricity = np.sqrt(1.0 - 1.0 / lb / lb)
    reach = (1.0 - eccentricity) / (1.0 - eccentricity * np.cos(np.radians(towards) - head))
    return (ros * reach).reshape(shape)
