"""Where each line of sight meets the ground: a ray march over the relief with its trees."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.scene.cover import CROWN_PIXEL_M, Places, forest_at
from firewatch.scene.view import sight_drop_m

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.scene.cover import Cover
    from firewatch.scene.landscape import Landscape
    from firewatch.scene.view import View

__all__ = ["TREE_M", "Relief", "march"]

TREE_M = 13.0  # a full-grown Masson pine or fir stand of the hills of Hunan
NEAREST_M = 18.0
# Rows of lines of sight are told apart in one flat search by an offset larger than any slope.
_APART = 64.0


class Relief:
    """A landscape prepared for looking things up at many places at once."""

    def __init__(self, landscape: Landscape, cover: Cover) -> None:
        times = max(1, round(landscape.cell_m / 25.0))
        self._fine = landscape.finer(times)
        self._cover = cover
        north, east = np.gradient(self._fine.elevation_m, np.float32(self._fine.cell_m))
        self._slopes = np.ascontiguousarray(np.dstack([east, north]), np.float32)

    def elevation(self, east_m: npt.NDArray[np.float32], north_m: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the height of the bare ground [m], same shape as given (2 axes)."""
        return self._look(self._fine.elevation_m, east_m, north_m)

    def slopes(self, east_m: npt.NDArray[np.float32], north_m: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the rise towards east and north (tangents), shape (h, w, 2)."""
        return self._look(self._slopes, east_m, north_m)

    def canopy(
        self, east_m: npt.NDArray[np.float32], north_m: npt.NDArray[np.float32], up_m: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """Return the height of the trees above the ground [m], same shape as given."""
        slope = self.slopes(east_m, north_m)
        steep = np.hypot(slope[..., 0], slope[..., 1])
        crowns = self._cover.crowns.sample(east_m, north_m, CROWN_PIXEL_M)
        forest = forest_at(self._cover, Places(east_m, north_m, up_m, steep, crowns, np.zeros((1, 1), np.float32)))
        # Twigs and leaves: without them a crown is a smooth cone.
        leaves = self._cover.fractal.sample(east_m, north_m, 0.35)
        return np.asarray(forest * (TREE_M * crowns[..., 0] + 0.7 * leaves), np.float32)

    def _look(
        self, raster: npt.NDArray[np.float32], east_m: npt.NDArray[np.float32], north_m: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        column = (east_m - np.float32(self._fine.origin_east_m)) / np.float32(self._fine.cell_m)
        row = (north_m - np.float32(self._fine.origin_north_m)) / np.float32(self._fine.cell_m)
        return np.asarray(
            cv2.remap(
                raster,
                column.astype(np.float32),
                row.astype(np.float32),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.float32,
        )


def march(
    view: View, relief: Relief, turn_rad: npt.NDArray[np.float32], slope: npt.NDArray[np.float32], farthest_m: float
) -> npt.NDArray[np.float32]:
    """Return the horizontal distance at which each line of sight meets the ground.

    Parameters
    ----------
    view : View
        The eye.
    relief : Relief
        The ground and its trees.
    turn_rad, slope : ndarray, shape (h, w)
        The lines of sight: azimuth from the view's centre [rad] and tangent of the elevation angle.
    farthest_m : float
        Where the search ends [m].

    Returns
    -------
    ndarray, shape (h, w), float32
        Distance [m]; infinite where the line meets the sky.
    """
    width = slope.shape[1]
    across = np.linspace(float(turn_rad.min()), float(turn_rad.max()), width)
    steps = math.ceil(math.log(farthest_m / NEAREST_M) / math.log1p(max(0.006, 8.0 / width)))
    ranges = np.geomspace(NEAREST_M, farthest_m, steps)
    azimuth = across + math.radians(view.azimuth_deg)
    east = (view.east_m + np.sin(azimuth)[:, None] * ranges).astype(np.float32)
    north = (view.north_m + np.cos(azimuth)[:, None] * ranges).astype(np.float32)
    ground = relief.elevation(east, north)
    top = ground + relief.canopy(east, north, ground)
    rise = (top - (view.elevation_m + sight_drop_m(ranges))) / ranges
    skyline = np.maximum.accumulate(rise, axis=1)
    line = np.rint((turn_rad - across[0]) / max(across[-1] - across[0], 1e-9) * (width - 1)).astype(np.int64)
    return _first_hit(rise, skyline, ranges, line, slope)


def _first_hit(
    rise: npt.NDArray[np.float64],
    skyline: npt.NDArray[np.float64],
    ranges: npt.NDArray[np.float64],
    line: npt.NDArray[np.int64],
    slope: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Return the distance at which the skyline first reaches each line of sight, between two ranges by proportion."""
    steps = len(ranges)
    flat = (skyline + np.arange(len(skyline))[:, None] * _APART).ravel()
    hits = slope <= skyline[:, -1][line]
    wanted_line, wanted = line.T[hits.T], slope.T[hits.T].astype(float)
    found = np.searchsorted(flat, wanted + wanted_line * _APART)
    step = np.clip(found - wanted_line * steps, 0, steps - 1)
    before = np.maximum(step - 1, 0)
    low, high = rise[wanted_line, before], rise[wanted_line, step]
    part = np.clip((wanted - low) / np.maximum(high - low, 1e-9), 0.0, 1.0)
    distance = np.full(slope.T.shape, np.inf, np.float32)
    distance[hits.T] = ranges[before] + part * (ranges[step] - ranges[before])
    return np.ascontiguousarray(distance.T)
