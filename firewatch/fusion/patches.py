"""Pieces of ground around one tower, coarse where nothing is, fine where the fire may be."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Fan", "Patches"]

# Nearer to a tower than this nobody needs a map [m].
_NEAREST_M = 30.0
# Steps of the first, coarse division: of the stretched azimuth, and of the logarithm of the range.
_TURN_STEP, _RANGE_STEP = 0.3, 0.15


@dataclass(frozen=True, slots=True)
class Patches:
    """Pieces of the plane, each seen from one tower between two azimuths and two distances: aligned arrays (n,).

    Parameters
    ----------
    turn0, turn1, range0, range1 : ndarray
        Bounds in the fan's own coordinates.
    east_m, north_m : ndarray
        Middle [m].
    along_m, across_m : ndarray
        Length along the line of sight and across it [m]; 0 for points.
    towards_east, towards_north : ndarray
        Direction of the line of sight, a unit vector.
    area_m2 : ndarray
        Area [m2].
    """

    turn0: Numbers
    turn1: Numbers
    range0: Numbers
    range1: Numbers
    east_m: Numbers
    north_m: Numbers
    along_m: Numbers
    across_m: Numbers
    towards_east: Numbers
    towards_north: Numbers
    area_m2: Numbers

    def __len__(self) -> int:
        return self.east_m.size

    def take(self, which: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Patches:
        """Return some of them."""
        return Patches(*(getattr(self, f.name)[which] for f in fields(self)))

    @staticmethod
    def joined(pieces: Sequence[Patches]) -> Patches:
        """Return some, at least one, as one."""
        return Patches(*(np.concatenate([getattr(piece, f.name) for piece in pieces]) for f in fields(Patches)))

    @staticmethod
    def points(east_m: Numbers, north_m: Numbers) -> Patches:
        """Return points of the plane: patches without extent."""
        nothing = np.zeros_like(east_m)
        return Patches(*(nothing,) * 4, east_m, north_m, *(nothing,) * 5)


@dataclass(frozen=True, slots=True)
class Fan:
    """Azimuth and distance from one tower as coordinates in which one bearing with its error is a square.

    The azimuth is stretched by an inverse hyperbolic sine, so that the whole circle is there and the middle of the
    bearing is fine; the distance is logarithmic.

    Parameters
    ----------
    east_m, north_m : float
        The tower [m].
    azimuth : float
        Its bearing on the plane [rad].
    sigma : float
        The bearing's standard deviation [rad].
    reach_m : float
        Longest distance [m].
    """

    east_m: float
    north_m: float
    azimuth: float
    sigma: float
    reach_m: float

    def cover(self) -> Patches:
        """Return the whole disc in coarse patches."""
        most = float(np.arcsinh(np.pi / self.sigma))
        turns = np.linspace(-most, most, 2 * int(np.ceil(most / _TURN_STEP)) + 1)
        near, far = np.log(_NEAREST_M), np.log(self.reach_m)
        ranges = np.linspace(near, far, int(np.ceil((far - near) / _RANGE_STEP)) + 1)
        turn0, range0 = (side.ravel() for side in np.meshgrid(turns[:-1], ranges[:-1], indexing="ij"))
        turn1, range1 = (side.ravel() for side in np.meshgrid(turns[1:], ranges[1:], indexing="ij"))
        return self.patches(turn0, turn1, range0, range1)

    def patches(self, turn0: Numbers, turn1: Numbers, range0: Numbers, range1: Numbers) -> Patches:
        """Return the patches between bounds, arrays (n,)."""
        left, right = self.sigma * np.sinh(turn0), self.sigma * np.sinh(turn1)
        near_m, far_m = np.exp(range0), np.exp(range1)
        middle_m, azimuth = 0.5 * (near_m + far_m), self.azimuth + 0.5 * (left + right)
        sine, cosine = np.sin(azimuth), np.cos(azimuth)
        along_m, width = far_m - near_m, right - left
        return Patches(
            turn0,
            turn1,
            range0,
            range1,
            self.east_m + middle_m * sine,
            self.north_m + middle_m * cosine,
            along_m,
            middle_m * width,
            sine,
            cosine,
            along_m * middle_m * width,
        )

    def split(
        self,
        patches: Patches,
        which: npt.NDArray[np.intp],
        across: npt.NDArray[np.intp],
        along: npt.NDArray[np.intp],
    ) -> Patches:
        """Return some patches, each cut into `across` times `along` parts, arrays as long as `which`."""
        counts = across * along
        child = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        parents, across, along = (np.repeat(one, counts) for one in (which, across, along))
        turn = _part(patches.turn0[parents], patches.turn1[parents], child // along, across)
        reach = _part(patches.range0[parents], patches.range1[parents], child % along, along)
        return self.patches(*turn, *reach)

    def place(self, turn: Numbers, log_range: Numbers) -> tuple[Numbers, Numbers]:
        """Return east and north of points in the fan's coordinates [m]."""
        azimuth, distance_m = self.azimuth + self.sigma * np.sinh(turn), np.exp(log_range)
        return self.east_m + distance_m * np.sin(azimuth), self.north_m + distance_m * np.cos(azimuth)


def _part(
    low: Numbers, high: Numbers, number: npt.NDArray[np.intp], count: npt.NDArray[np.intp]
) -> tuple[Numbers, Numbers]:
    step = (high - low) / count
    return low + number * step, low + (number + 1) * step
