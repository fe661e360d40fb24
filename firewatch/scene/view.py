"""The camera: from a place in the world to a pixel and back, a level or tilted rectilinear lens on a round earth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.checks import require_at_least, require_between

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Pixel", "View", "sight_drop_m"]

EARTH_RADIUS_M = 6_371_000.0  # mean radius, IUGG
REFRACTION = 0.13  # coefficient of refraction k of surveying by day (Gauss): light bends round the earth


def sight_drop_m(distance_m: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how far a place seems to sink below the level through the eye [m], same shape as given."""
    return np.asarray((1.0 - REFRACTION) * np.square(distance_m) / (2.0 * EARTH_RADIUS_M), float)


@dataclass(frozen=True, slots=True)
class Pixel:
    """Where a place is seen.

    Parameters
    ----------
    x_px, y_px : float
        From the top-left corner of the picture; the centre of the first pixel is 0.5, 0.5.
    distance_m : float
        Horizontal distance from the eye [m].
    """

    x_px: float
    y_px: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class View:
    """A camera at one pose.

    Parameters
    ----------
    east_m, north_m, elevation_m : float
        The eye, in the landscape's local metres, and its height above sea level [m].
    azimuth_deg : float
        True azimuth of the image centre, 0 to 360 [deg].
    tilt_deg : float
        Elevation of the image centre, up positive [deg].
    hfov_deg : float
        Horizontal field of view [deg].
    width_px, height_px : int
        Size of the picture.
    """

    east_m: float
    north_m: float
    elevation_m: float
    azimuth_deg: float
    tilt_deg: float = 0.0
    hfov_deg: float = 70.0
    width_px: int = 1280
    height_px: int = 720

    def __post_init__(self) -> None:
        require_between("view azimuth (deg)", self.azimuth_deg, 0.0, 360.0)
        require_between("view tilt (deg)", self.tilt_deg, -30.0, 30.0)
        require_between("horizontal field of view (deg)", self.hfov_deg, 1.0, 120.0)
        require_at_least("picture width (px)", self.width_px, 8)
        require_at_least("picture height (px)", self.height_px, 8)

    @property
    def focal_px(self) -> float:
        """Focal length [px]."""
        return self.width_px / 2.0 / math.tan(math.radians(self.hfov_deg) / 2.0)

    def project(
        self, east_m: npt.NDArray[np.float64], north_m: npt.NDArray[np.float64], up_m: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return where places are seen.

        Parameters
        ----------
        east_m, north_m, up_m : ndarray, shape (n,)
            Places; up is the height above sea level [m].

        Returns
        -------
        x_px, y_px, distance_m : ndarray, shape (n,)
            Pixels (NaN behind the camera) and horizontal distances [m].
        """
        east, north = east_m - self.east_m, north_m - self.north_m
        distance = np.hypot(east, north)
        up = up_m - self.elevation_m - sight_drop_m(distance)
        turn, tilt = math.radians(self.azimuth_deg), math.radians(self.tilt_deg)
        level = east * math.sin(turn) + north * math.cos(turn)
        right = east * math.cos(turn) - north * math.sin(turn)
        forward = level * math.cos(tilt) + up * math.sin(tilt)
        above = up * math.cos(tilt) - level * math.sin(tilt)
        ahead = np.where(forward > 1.0, forward, np.nan)
        x = self.width_px / 2.0 + self.focal_px * right / ahead
        y = self.height_px / 2.0 - self.focal_px * above / ahead
        return x, y, distance

    def pixel_of(self, east_m: float, north_m: float, up_m: float) -> Pixel | None:
        """Return where one place would be seen, also beyond the picture's edge; None behind the camera."""
        x, y, distance = self.project(np.array([east_m]), np.array([north_m]), np.array([up_m]))
        return None if math.isnan(x[0]) else Pixel(float(x[0]), float(y[0]), float(distance[0]))

    def rays(self, times: int = 1) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return the direction of every pixel of a picture `times` as fine.

        Returns
        -------
        turn_rad : ndarray, shape (times * height, times * width), float32
            Azimuth from the picture's centre, clockwise [rad].
        slope : ndarray, same shape, float32
            Tangent of the elevation angle.
        """
        right = ((np.arange(self.width_px * times, dtype=np.float32) + 0.5) / times - self.width_px / 2) / self.focal_px
        up = (self.height_px / 2 - (np.arange(self.height_px * times, dtype=np.float32) + 0.5) / times) / self.focal_px
        tilt = math.radians(self.tilt_deg)
        forward = (math.cos(tilt) - up * math.sin(tilt))[:, None]
        vertical = (math.sin(tilt) + up * math.cos(tilt))[:, None]
        turn = np.arctan2(right[None, :], forward)
        return turn.astype(np.float32), (vertical / np.hypot(right[None, :], forward)).astype(np.float32)
