"""From a box to the line along which its smoke rises."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.checks import require_between
from firewatch.domain.geo import Bearing

if TYPE_CHECKING:
    from firewatch.domain.optics import Calibration
    from firewatch.domain.vision import Box, Look

__all__ = ["BASE_SPREAD", "PlumeWind", "SightLine", "line_of_look", "sight_line"]

# A plume leans: its base stands so many widths of the box upwind of the middle, give or take the second, so that where
# nobody knows the wind it is to the left or the right. Measured on boxes of the shipped detector round rendered smoke
# (`benchmarks/location/boxes.py`).
_UPWIND, _UPWIND_SPREAD = 0.45, 0.25
# The standard deviation of the base from the middle without a wind, in widths.
BASE_SPREAD = math.hypot(_UPWIND, _UPWIND_SPREAD)
# The lower edge of a box misses the lowest smoke, up or down, by so many heights as standard deviation, and by a pixel.
_BASE_SPREAD_Y = 0.13
_EDGE_PX = 1.0
# By how much the wind of a station is another one than the plume's, at least [deg], and the speed below which it is
# more: a light wind turns [km/h].
_WIND_TURN_DEG, _STEADY_KMH = 45.0, 3.6


@dataclass(frozen=True, slots=True)
class PlumeWind:
    """The wind that a smoke leans with.

    Parameters
    ----------
    from_deg : float
        True direction that it comes from, 0 to 360 [deg].
    speed_kmh : float
        Speed, at least 0 [km/h].
    """

    from_deg: float
    speed_kmh: float

    def __post_init__(self) -> None:
        require_between("wind direction (deg)", self.from_deg, 0.0, 360.0)
        require_between("wind speed (km/h)", self.speed_kmh, 0.0, 500.0)

    def rightward(self, azimuth_deg: float) -> float:
        """Return how surely a smoke leans to the right of one who looks along an azimuth: 1, or to the left: -1.

        The chance that it leans to the right less the chance that it leans to the left, where the wind at the fire
        differs from this one by 45 degrees as standard deviation, and by more where it is light.
        """
        across = math.sin(math.radians(self.from_deg + 180.0 - azimuth_deg))
        turn_deg = math.degrees(math.asin(across))
        doubt_deg = _WIND_TURN_DEG * max(1.0, _STEADY_KMH / max(self.speed_kmh, 0.01))
        return math.erf(turn_deg / (doubt_deg * math.sqrt(2.0)))


@dataclass(frozen=True, slots=True)
class SightLine:
    """The line from a camera to the base of a smoke: where it was seen to rise.

    Parameters
    ----------
    bearing : Bearing
        True azimuth of the base, with its error.
    elevation_deg : float
        Of the base, above the level through the camera, -90 to 90 [deg]. The fire lies there or, where trees or a
        ridge hide its foot, lower.
    elevation_sigma_deg : float
        Standard deviation, above 0 and at most 90 [deg].
    correlation : float
        Of the errors of azimuth and elevation, -1 to 1.
    left_deg, right_deg : float
        True azimuths of the box's lower corners: the smoke stands from one clockwise to the other, [0, 360) [deg].
    is_base_in_view : bool
        False where the box reaches the picture's lower edge: the base may be below, and `elevation_deg` is only the
        most that it can be.
    """

    bearing: Bearing
    elevation_deg: float
    elevation_sigma_deg: float
    correlation: float
    left_deg: float
    right_deg: float
    is_base_in_view: bool = True

    def __post_init__(self) -> None:
        require_between("elevation (deg)", self.elevation_deg, -90.0, 90.0)
        require_between("elevation sigma (deg)", self.elevation_sigma_deg, 1e-6, 90.0)
        require_between("correlation of azimuth and elevation", self.correlation, -1.0, 1.0)


def line_of_look(calibration: Calibration, look: Look, wind: PlumeWind | None = None) -> SightLine:
    """Return the line to the base of the smoke of one frame: a tower's node and the centre compute it alike.

    Parameters
    ----------
    calibration : Calibration
        Of the pose; the frame says by how much the head stood beside it.
    look : Look
        The box, and the stamp of its frame.
    wind : PlumeWind or None
        As of `sight_line`.

    Raises
    ------
    InvalidValue
        As `sight_line`; and if the lens cannot be zoomed as the head told.
    """
    stamp = look.stamp
    return sight_line(calibration.aside(stamp.aside), look.box, stamp.width_px, stamp.height_px, wind)


def sight_line(
    calibration: Calibration, box: Box, width_px: int, height_px: int, wind: PlumeWind | None = None
) -> SightLine:
    """Return the line to the base of the smoke in a box.

    The base is on the box's lower edge, upwind of its middle by 0.45 of its width, give or take 0.25; where nobody
    knows the wind, it is the middle with an error of half a width. Down, the error is 0.13 of the box's height; both a
    pixel at least, and those of the calibration besides. A box that sticks out of its picture is cut to it.

    Parameters
    ----------
    calibration : Calibration
        Of the pose that the picture was taken at.
    box : Box
        The smoke [px].
    width_px, height_px : int
        Size of the picture.
    wind : PlumeWind or None
        That the smoke leans with, as far as it is known.

    Returns
    -------
    SightLine
        Bearing, elevation and their errors.

    Raises
    ------
    InvalidValue
        If the box lies where the lens's distortion folds over.
    """
    left, right = (min(max(x, 0.0), float(width_px)) for x in (box.x0, box.x1))
    middle, width = 0.5 * (left + right), right - left
    base = min(max(box.y1, 0.0), float(height_px))
    leans = (
        0.0 if wind is None else wind.rightward(calibration.bearing_of(middle, base, width_px, height_px).azimuth_deg)
    )
    # Of a base that is to the left or to the right, each with its chance: the mean, and the spread about it.
    spread_px = width * math.hypot(_UPWIND * math.sqrt(1.0 - leans * leans), _UPWIND_SPREAD)
    pixels = np.array([[middle - leans * _UPWIND * width, base], [left, base], [right, base]])
    spread = [math.hypot(_EDGE_PX, spread_px), math.hypot(_EDGE_PX, _BASE_SPREAD_Y * box.height)]
    seen = calibration.directions(pixels, width_px, height_px, np.array(spread))
    (azimuth_var, covariance), (_, elevation_var) = seen.covariance_deg2[0]
    sigmas = math.sqrt(azimuth_var), math.sqrt(elevation_var)
    return SightLine(
        bearing=Bearing(float(seen.azimuth_deg[0]), min(90.0, sigmas[0])),
        elevation_deg=float(seen.elevation_deg[0]),
        elevation_sigma_deg=min(90.0, sigmas[1]),
        correlation=max(-1.0, min(1.0, float(covariance) / (sigmas[0] * sigmas[1]))),
        left_deg=float(seen.azimuth_deg[1]),
        right_deg=float(seen.azimuth_deg[2]),
        is_base_in_view=box.y1 < height_px - _EDGE_PX,
    )
