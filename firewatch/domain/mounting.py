"""How a camera hangs on its mast, and how well its angles are known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_between
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["AngleErrors", "HeadOffset", "Mount", "orientation"]

# Rounded correlations of a good covariance may miss being one by this much.
_ROUNDING = 1e-3


@dataclass(frozen=True, slots=True)
class Mount:
    """Where a camera hangs, and how level the head under it is.

    A head that leans gives errors of azimuth and elevation that go once round with the pan: looking the way it leans,
    a camera sees too low by the whole lean; looking across, its picture is rolled.

    Parameters
    ----------
    up_m : float
        Above the height that its tower states for its cameras, at most 300 either way [m].
    east_m, north_m : float
        From the tower's position, at most 500 [m].
    lean_deg : float
        By how much the head's upright leans, 0 to 30 [deg].
    lean_towards_deg : float
        True azimuth that it leans towards, [0, 360) [deg].
    lean_sigma_deg : float
        Standard deviation of the lean, along it and across, 0 to 30 [deg].
    """

    up_m: float = 0.0
    east_m: float = 0.0
    north_m: float = 0.0
    lean_deg: float = 0.0
    lean_towards_deg: float = 0.0
    lean_sigma_deg: float = 0.0

    def __post_init__(self) -> None:
        require_between("camera's offset upwards (m)", self.up_m, -300.0, 300.0)
        require_between("camera's offset to the east (m)", self.east_m, -500.0, 500.0)
        require_between("camera's offset to the north (m)", self.north_m, -500.0, 500.0)
        require_between("lean of the mount (deg)", self.lean_deg, 0.0, 30.0)
        require_between("direction of the lean (deg)", self.lean_towards_deg, 0.0, math.nextafter(360.0, 0.0))
        require_between("sigma of the lean (deg)", self.lean_sigma_deg, 0.0, 30.0)

    def levelling(self) -> Numbers:
        """Return the rotation that leans the head, shape (3, 3): from its own east, north, up to the world's."""
        lean, towards = math.radians(self.lean_deg), math.radians(self.lean_towards_deg)
        axis = np.array([-math.cos(towards), math.sin(towards), 0.0])
        cross = _cross_matrix(axis)
        return np.asarray(np.eye(3) + math.sin(lean) * cross + (1.0 - math.cos(lean)) * cross @ cross, np.float64)


@dataclass(frozen=True, slots=True)
class AngleErrors:
    """Standard deviations of a calibration's angles besides its azimuth, and how the four hang together.

    Parameters
    ----------
    tilt_deg, roll_deg, hfov_deg : float
        Standard deviations, 0 to 90 [deg].
    correlations : tuple of float, length 6
        Azimuth with tilt, roll and field of view; tilt with roll and field of view; roll with field of view.

    Raises
    ------
    InvalidValue
        If a number is out of range or the correlations contradict each other.
    """

    tilt_deg: float
    roll_deg: float
    hfov_deg: float = 0.0
    correlations: tuple[float, float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        for what, given in (("tilt", self.tilt_deg), ("roll", self.roll_deg), ("field of view", self.hfov_deg)):
            require_between(f"{what} sigma (deg)", given, 0.0, 90.0)
        for given in self.correlations:
            require_between("correlation of angles", given, -1.0, 1.0)
        if len(self.correlations) != 6 or np.linalg.eigvalsh(self._correlation()).min() < -_ROUNDING:  # noqa: PLR2004
            raise InvalidValue("correlations of angles", self.correlations, "six that can hold together")

    def covariance(self, azimuth_sigma_deg: float) -> Numbers:
        """Return the covariance of azimuth, tilt, roll and field of view, shape (4, 4) [rad^2]."""
        sigmas = np.radians([azimuth_sigma_deg, self.tilt_deg, self.roll_deg, self.hfov_deg])
        return np.asarray(self._correlation() * np.outer(sigmas, sigmas), np.float64)

    def _correlation(self) -> Numbers:
        matrix = np.eye(4)
        matrix[np.triu_indices(4, 1)] = self.correlations
        return np.asarray(np.triu(matrix) + np.triu(matrix, 1).T, np.float64)


@dataclass(frozen=True, slots=True)
class HeadOffset:
    """By how much a head that turns stood beside its pose when a frame was taken, as it told.

    Parameters
    ----------
    azimuth_deg : float
        On the head's own circle, clockwise positive, -180 to 180 [deg].
    tilt_deg : float
        Up positive, -90 to 90 [deg].
    focal : float
        The focal length over the pose's, 0.1 to 10.
    """

    azimuth_deg: float = 0.0
    tilt_deg: float = 0.0
    focal: float = 1.0

    def __post_init__(self) -> None:
        require_between("turn beside the pose (deg)", self.azimuth_deg, -180.0, 180.0)
        require_between("tilt beside the pose (deg)", self.tilt_deg, -90.0, 90.0)
        require_between("focal length over the pose's", self.focal, 0.1, 10.0)


def orientation(azimuth_deg: float, tilt_deg: float, roll_deg: float) -> Numbers:
    """Return the axes of a camera on a level head, shape (3, 3): right, down, forward as columns of east, north, up.

    Parameters
    ----------
    azimuth_deg, tilt_deg : float
        Of its axis; tilt is up positive [deg].
    roll_deg : float
        Clockwise seen from behind the camera: with a positive roll the horizon falls to the left in the picture [deg].
    """
    azimuth, tilt, roll = (math.radians(each) for each in (azimuth_deg, tilt_deg, roll_deg))
    level = np.array([math.sin(azimuth), math.cos(azimuth), 0.0])
    right = np.array([math.cos(azimuth), -math.sin(azimuth), 0.0])
    sky = np.array([0.0, 0.0, 1.0])
    forward = level * math.cos(tilt) + sky * math.sin(tilt)
    up = sky * math.cos(tilt) - level * math.sin(tilt)
    down = -(up * math.cos(roll) + right * math.sin(roll))
    return np.stack([right * math.cos(roll) - up * math.sin(roll), down, forward], axis=1)


def _cross_matrix(axis: Numbers) -> Numbers:
    x, y, z = axis
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
