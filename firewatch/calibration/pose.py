"""A skyline as a camera sees it, turned into the directions of the world for a pose that is being sought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.mounting import orientation

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.calibration.horizon import Horizon
    from firewatch.domain.lens import Lens
    from firewatch.domain.optics import Calibration

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["POSE", "SeenLine", "pose_of"]

# What is sought, in this order: degrees, and for the zoom the share by which the focal length is longer.
POSE = ("azimuth_deg", "tilt_deg", "roll_deg", "zoom")


@dataclass(frozen=True, slots=True, eq=False)
class SeenLine:
    """Points of a skyline in a picture.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        x and y from the top-left corner [px].
    weight : ndarray, shape (n,)
        How far each is believed, 0 to 1.
    lens : Lens
        The lens before its zoom is sought.
    levelling : ndarray, shape (3, 3)
        How the head under the camera leans.
    width_px, height_px : int
        Of the picture.
    """

    points: Numbers
    weight: Numbers
    lens: Lens
    levelling: Numbers
    width_px: int
    height_px: int

    @classmethod
    def of(cls, horizon: Horizon, camera: Calibration) -> SeenLine:
        """Return the columns of a horizon that may be calibrated from, as a camera sees them."""
        column = np.flatnonzero(horizon.is_usable)
        points = np.stack([column + 0.5, horizon.row_px[column]], axis=1)
        levelling = np.eye(3) if camera.mount is None else camera.mount.levelling()
        size = (horizon.width_px, horizon.height_px)
        return cls(points, horizon.confidence[column], camera.effective_lens, levelling, *size)

    def thinned(self, most: int) -> SeenLine:
        """Return at most so many of the points, evenly taken."""
        step = max(1, -(-len(self.points) // most))
        kept = (self.lens, self.levelling, self.width_px, self.height_px)
        return SeenLine(self.points[::step], self.weight[::step], *kept)

    def directions(self, pose: Numbers, points: Numbers | None = None) -> tuple[Numbers, Numbers]:
        """Return the true azimuths and elevations of the points for a pose, each of shape (n,) [deg].

        Raises
        ------
        InvalidValue
            If a point lies where the lens's distortion folds over.
        """
        azimuth, tilt, roll, zoom = (float(each) for each in pose)
        seen = self.points if points is None else points
        rays = self.lens.zoomed(1.0 + zoom).rays(seen, self.width_px, self.height_px)
        east, north, up = (rays @ (self.levelling @ orientation(azimuth, tilt, roll)).T).T
        return np.degrees(np.arctan2(east, north)), np.degrees(np.arctan2(up, np.hypot(east, north)))

    def px_per_deg(self, pose: Numbers) -> Numbers:
        """Return by how many rows each point falls for a degree of elevation, shape (n,)."""
        half = np.array([0.0, 0.5])
        higher = self.directions(pose, self.points - half)[1]
        return np.asarray(1.0 / (higher - self.directions(pose, self.points + half)[1]), np.float64)

    def hfov_deg(self, zoom: float) -> float:
        """Return the horizontal field of view with a zoom [deg]."""
        return self.lens.zoomed(1.0 + zoom).hfov_deg()


def pose_of(camera: Calibration) -> Numbers:
    """Return the pose of a calibration, its own zoom being none, shape (4,)."""
    return np.array([camera.azimuth_deg, camera.tilt_deg, camera.roll_deg, 0.0])
