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

__all__ = ["SightLine", "line_of_look", "sight_line"]

# A leaning plume's base lies anywhere along the lower edge: a quarter of the width as standard deviation.
_BASE_SPREAD_X = 0.25
# The lower edge of a box misses the lowest smoke by a tenth of its height as standard deviation, and by a pixel.
_BASE_SPREAD_Y = 0.1
_EDGE_PX = 1.0


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


def line_of_look(calibration: Calibration, look: Look) -> SightLine:
    """Return the line to the base of the smoke of one frame: a tower's node and the centre compute it alike.

    Parameters
    ----------
    calibration : Calibration
        Of the pose; the frame says by how much the head stood beside it.
    look : Look
        The box, and the stamp of its frame.

    Raises
    ------
    InvalidValue
        As `sight_line`; and if the lens cannot be zoomed as the head told.
    """
    stamp = look.stamp
    return sight_line(calibration.aside(stamp.aside), look.box, stamp.width_px, stamp.height_px)


def sight_line(calibration: Calibration, box: Box, width_px: int, height_px: int) -> SightLine:
    """Return the line to the base of the smoke in a box.

    The base is the middle of the box's lower edge. Its error: across, a quarter of the box's width, since a leaning
    plume rises anywhere along that edge; down, a tenth of its height, by which detectors miss the lowest smoke; a
    pixel each at least; and the errors of the calibration. A box that sticks out of its picture is cut to it.

    Parameters
    ----------
    calibration : Calibration
        Of the pose that the picture was taken at.
    box : Box
        The smoke [px].
    width_px, height_px : int
        Size of the picture.

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
    base = min(max(box.y1, 0.0), float(height_px))
    pixels = np.array([[0.5 * (left + right), base], [left, base], [right, base]])
    spread = [
        math.hypot(_EDGE_PX, _BASE_SPREAD_X * (right - left)),
        math.hypot(_EDGE_PX, _BASE_SPREAD_Y * box.height),
    ]
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
