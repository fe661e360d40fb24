"""From a pixel to a direction."""

from __future__ import annotations

import math
from dataclasses import dataclass

from firewatch.domain.checks import require_at_least, require_between
from firewatch.domain.geo import Bearing, wrap_deg

__all__ = ["Calibration"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a camera at one pose maps its picture to the world: a rectilinear lens, level or tilted.

    Parameters
    ----------
    calibration_id : str
        Names this calibration, so that a corrected azimuth can move old bearings.
    azimuth_deg : float
        True azimuth of the image centre, in [0, 360) [deg].
    tilt_deg : float
        Elevation of the image centre, up positive, -90 to 90 [deg].
    hfov_deg : float
        Horizontal field of view, 1 to 150 [deg].
    sigma_deg : float
        Standard deviation of the azimuth (survey, wind sway, lens) [deg].
    """

    calibration_id: str
    azimuth_deg: float
    tilt_deg: float
    hfov_deg: float
    sigma_deg: float

    def __post_init__(self) -> None:
        require_between("camera azimuth (deg)", self.azimuth_deg, 0.0, math.nextafter(360.0, 0.0))
        require_between("camera tilt (deg)", self.tilt_deg, -90.0, 90.0)
        require_between("horizontal field of view (deg)", self.hfov_deg, 1.0, 150.0)
        require_between("azimuth sigma (deg)", self.sigma_deg, 1e-3, 90.0)

    def focal_px(self, width_px: int) -> float:
        """Return the focal length in pixels of a picture `width_px` wide."""
        require_at_least("picture width (px)", width_px, 1)
        return width_px / 2.0 / math.tan(math.radians(self.hfov_deg) / 2.0)

    def bearing_of(self, x_px: float, y_px: float, width_px: int, height_px: int) -> Bearing:
        """Return the true bearing of a pixel.

        Parameters
        ----------
        x_px, y_px : float
            Pixel, from the top-left corner of the picture.
        width_px, height_px : int
            Size of the picture that the pixel belongs to.

        Returns
        -------
        Bearing
            Azimuth of the ray through the pixel; sigma joins the calibration's with half a pixel.
        """
        focal = self.focal_px(width_px)
        right = x_px - width_px / 2.0
        up = height_px / 2.0 - y_px
        tilt = math.radians(self.tilt_deg)
        forward = focal * math.cos(tilt) - up * math.sin(tilt)
        azimuth = wrap_deg(self.azimuth_deg + math.degrees(math.atan2(right, forward)))
        pixel_deg = math.degrees(0.5 / focal)
        return Bearing(azimuth, math.hypot(self.sigma_deg, pixel_deg))
