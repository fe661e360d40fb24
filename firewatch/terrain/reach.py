"""How much of the ground around an eye is seen, in numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.terrain.grid import TerrainGrid
    from firewatch.terrain.sight import AboveGround

    Heights: TypeAlias = npt.NDArray[np.float32]
    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["SECTORS", "Reach", "reach_of"]

SECTORS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """What is seen of the cells whose height is known, within the range.

    Parameters
    ----------
    heights_m : ndarray, shape (n,)
        Of smoke above the ground, as asked [m].
    known_km2 : float
        Ground of known height within the range [km2].
    void_km2 : float
        Ground within the range, in the raster, that nobody knows [km2].
    share : ndarray, shape (n,)
        Of the known ground over which smoke of each height is seen, 0 to 1; NaN where nothing is known.
    sector_share : ndarray, shape (12, n)
        The same by sectors of 30 degrees on the plane, from its north clockwise.
    """

    heights_m: Numbers
    known_km2: float
    void_km2: float
    share: Numbers
    sector_share: Numbers


def reach_of(
    grid: TerrainGrid, eye: AboveGround, least_m: Heights, heights_m: Sequence[float], max_range_m: float = math.inf
) -> Reach:
    """Count what is seen.

    Parameters
    ----------
    grid : TerrainGrid
        The ground.
    eye : AboveGround
        Who looks.
    least_m : ndarray, shape (rows, columns)
        Of `least_visible_height` for both.
    heights_m : sequence of float, length n
        Heights of smoke that are asked about [m].
    max_range_m : float
        The range that they were computed with [m].

    Returns
    -------
    Reach
        Areas and shares.
    """
    heights = np.asarray(heights_m, np.float64)
    is_known = ~np.isnan(least_m)
    east, north = np.meshgrid(grid.east_m() - eye.east_m, grid.north_m_of_rows() - eye.north_m)
    is_void = ~is_known & (np.hypot(east, north) <= max_range_m)
    sector = (np.degrees(np.arctan2(east[is_known], north[is_known])) % 360.0 // (360.0 / SECTORS)).astype(
        np.intp
    ) % SECTORS
    is_seen = least_m[is_known][:, None] <= heights
    counts = np.bincount(sector, minlength=SECTORS)
    seen = np.stack([np.bincount(sector[column], minlength=SECTORS) for column in is_seen.T], axis=1)
    with np.errstate(invalid="ignore"):
        sector_share = seen / counts[:, None]
        share = seen.sum(axis=0) / counts.sum()
    cell_km2 = (grid.cell_m / 1000.0) ** 2
    known_km2, void_km2 = float(counts.sum() * cell_km2), float(is_void.sum() * cell_km2)
    return Reach(heights, known_km2, void_km2, share, sector_share)
