"""Places and directions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from firewatch.domain.checks import require_at_least, require_between, require_finite

__all__ = ["Bearing", "ErrorEllipse", "Fix", "Position", "difference_deg", "wrap_deg"]

# A standard deviation of a bearing beyond this says nothing about direction.
_MOST_SIGMA_DEG = 90.0


def wrap_deg(angle_deg: float) -> float:
    """Return the same direction in [0, 360) [deg]."""
    wrapped = math.fmod(angle_deg, 360.0)
    if wrapped < 0.0:
        wrapped += 360.0
    return 0.0 if wrapped >= 360.0 else wrapped  # noqa: PLR2004 - a tiny negative angle rounds up to a full turn


def difference_deg(to_deg: float, from_deg: float) -> float:
    """Return the turn from one direction to another in [-180, 180) [deg], clockwise positive."""
    return wrap_deg(to_deg - from_deg + 180.0) - 180.0


@dataclass(frozen=True, slots=True)
class Position:
    """A place on the ground.

    Parameters
    ----------
    lat_deg, lon_deg : float
        WGS 84 latitude (-90 to 90) and longitude (-180 to 180) [deg].
    elevation_m : float or None
        Height above the geoid [m]; None where unknown.
    """

    lat_deg: float
    lon_deg: float
    elevation_m: float | None = None

    def __post_init__(self) -> None:
        require_between("latitude (deg)", self.lat_deg, -90.0, 90.0)
        require_between("longitude (deg)", self.lon_deg, -180.0, 180.0)
        if self.elevation_m is not None:
            require_between("elevation (m)", self.elevation_m, -500.0, 9000.0)


@dataclass(frozen=True, slots=True)
class Bearing:
    """A direction from a known place.

    Parameters
    ----------
    azimuth_deg : float
        True azimuth, clockwise from north, in [0, 360) [deg].
    sigma_deg : float
        Standard deviation, above 0 and at most 90 [deg].
    """

    azimuth_deg: float
    sigma_deg: float

    def __post_init__(self) -> None:
        require_finite("azimuth (deg)", self.azimuth_deg)
        require_between("azimuth (deg)", self.azimuth_deg, 0.0, math.nextafter(360.0, 0.0))
        require_between("bearing sigma (deg)", self.sigma_deg, 1e-6, _MOST_SIGMA_DEG)


@dataclass(frozen=True, slots=True)
class ErrorEllipse:
    """The error of a position as an ellipse.

    Parameters
    ----------
    major_m, minor_m : float
        Semi-axes at one standard deviation [m], major >= minor.
    azimuth_deg : float
        True azimuth of the major axis in [0, 180) [deg].
    """

    major_m: float
    minor_m: float
    azimuth_deg: float

    def __post_init__(self) -> None:
        require_at_least("minor semi-axis (m)", self.minor_m, 0.0)
        require_at_least("major semi-axis (m)", self.major_m, self.minor_m)
        require_between("ellipse azimuth (deg)", self.azimuth_deg, 0.0, math.nextafter(180.0, 0.0))


@dataclass(frozen=True, slots=True)
class Fix:
    """A position with its error."""

    position: Position
    ellipse: ErrorEllipse
