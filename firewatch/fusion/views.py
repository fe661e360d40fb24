"""How patches of ground lie as seen from a place, what hides them there, and how many smokes are found how far off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.domain.ids import TowerId
    from firewatch.fusion.patches import Patches
    from firewatch.fusion.sight import Ground, Heights, SightRules

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "DETAIL_M",
    "SQUARE_OF_UNIFORM",
    "Cells",
    "View",
    "found_share",
    "hidden_m",
    "patch_cells",
    "softening",
    "view_from",
]

# What is hidden over a coarse patch says little of its parts: heights count in full below this size [m].
DETAIL_M = 100.0
_NEAREST_M = 1.0
# Variance of a uniform distribution over a width of 1.
SQUARE_OF_UNIFORM = 1.0 / 12.0


@dataclass(frozen=True, slots=True)
class View:
    """Patches as one eye sees them: arrays (n,).

    Parameters
    ----------
    distance_m, azimuth_deg : ndarray
        Of their middles, on the plane, -180 to 180 [deg].
    across_deg : ndarray
        Standard deviation of the azimuth over each patch [deg].
    """

    distance_m: Numbers
    azimuth_deg: Numbers
    across_deg: Numbers


def view_from(at_east_m: float, at_north_m: float, patches: Patches) -> View:
    """Return how patches lie as seen from a point of their plane."""
    east_m, north_m = patches.east_m - at_east_m, patches.north_m - at_north_m
    distance_m = np.maximum(np.hypot(east_m, north_m), _NEAREST_M)
    sine, cosine = east_m / distance_m, north_m / distance_m
    along_m = patches.along_m * (patches.towards_east * cosine - patches.towards_north * sine)
    across_m = patches.across_m * (patches.towards_east * sine + patches.towards_north * cosine)
    variance_m2 = SQUARE_OF_UNIFORM * (along_m * along_m + across_m * across_m)
    across_deg = np.degrees(np.arctan2(np.sqrt(variance_m2), distance_m))
    return View(distance_m, np.degrees(np.arctan2(east_m, north_m)), across_deg)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells of a raster nearest to some places, of a place outside the one at the edge: arrays of one shape.

    Parameters
    ----------
    row, column : ndarray, intp
        Within the raster.
    is_inside : ndarray, bool
        Whether the place is.
    """

    row: npt.NDArray[np.intp]
    column: npt.NDArray[np.intp]
    is_inside: npt.NDArray[np.bool_]

    @staticmethod
    def nearest(shape: tuple[int, int], row: Numbers, column: Numbers) -> Cells:
        """Return the cells nearest to places by row and column, as `TerrainGrid.row_column` tells them."""
        row, column = np.rint(row), np.rint(column)
        safe_row, safe_column = np.clip(row, 0, shape[0] - 1), np.clip(column, 0, shape[1] - 1)
        is_inside = (safe_row == row) & (safe_column == column)
        return Cells(safe_row.astype(np.intp), safe_column.astype(np.intp), is_inside)

    def take(self, which: npt.NDArray[np.bool_]) -> Cells:
        """Return some of them."""
        return Cells(self.row[which], self.column[which], self.is_inside[which])

    def of(self, heights: Heights) -> Numbers:
        """Return what a raster has there; NaN outside."""
        return np.where(self.is_inside, heights[self.row, self.column].astype(np.float64), np.nan)


def patch_cells(ground: Ground, patches: Patches) -> tuple[Cells, Numbers]:
    """Return the cells of patches, and what a height that hides counts over each: less over one larger than 100 m."""
    cells = Cells.nearest(ground.terrain.shape, *ground.terrain.row_column(patches.east_m, patches.north_m))
    size_m = np.sqrt(patches.along_m * patches.along_m + patches.across_m * patches.across_m)
    return cells, DETAIL_M / np.maximum(size_m, DETAIL_M)


def hidden_m(ground: Ground, tower_id: TowerId, patches: Patches) -> Numbers | None:
    """Return the height that smoke must reach to be seen over each patch.

    Parameters
    ----------
    ground : Ground
        What the tower sees.
    tower_id : TowerId
        Which.
    patches : Patches
        On the terrain's plane; over one larger than 100 m less counts, for it says little of its parts.

    Returns
    -------
    ndarray (n,) or None
        At least 0 [m], NaN where nobody knows; None where nobody knows anything of that tower.
    """
    if tower_id not in ground.least_visible_m:
        return None
    cells, weight = patch_cells(ground, patches)
    return np.asarray(cells.of(ground.least_visible_m[tower_id]) * weight)


def found_share(range_m: float, distance_m: Numbers, rules: SightRules) -> Numbers:
    """Return the share of smokes in plain sight that are found at a distance: a half at the range, that shape."""
    return np.asarray(np.exp(-softening(range_m, distance_m, rules)))


def softening(range_m: float, distance_m: Numbers, rules: SightRules) -> Numbers:
    """Return minus the log chance to find a smoke at a distance: 0 near by, log 2 at the range."""
    beyond = (distance_m / range_m - 1.0) / rules.range_softness
    return np.asarray(np.log1p(np.exp(np.minimum(beyond, 700.0))))
