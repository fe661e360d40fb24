"""Rasters of what towers see of the ground: put on each other, and told apart without looking at their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firewatch.fusion import Ground

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.fusion.sight import Heights
    from firewatch.terrain import TerrainGrid

__all__ = ["rasters_of", "with_views"]

# So tall is no smoke [m].
_HIDDEN_M = 100_000.0


def with_views(ground: Ground, *others: Ground) -> Ground:
    """Return a ground with what further towers see of it, as far as others tell.

    Parameters
    ----------
    ground, others : Ground
        Rasters with cells of one size on one map, whose middles may lie anywhere: the nearest ones are taken.

    Returns
    -------
    Ground
        That of `ground`; a place of which nobody knows whether a further tower sees it counts as one that it does not.
    """
    seen = dict(ground.least_visible_m)
    for other in others:
        for tower_id in other.least_visible_m.keys() - seen.keys():
            seen[tower_id] = _pasted(ground.terrain, other.terrain, other.least_visible_m[tower_id])
    return Ground(ground.terrain, seen)


def _pasted(onto: TerrainGrid, grid: TerrainGrid, seen_m: Heights) -> Heights:
    found = np.full(onto.shape, _HIDDEN_M, np.float32)
    if grid.plane.origin != onto.plane.origin or grid.cell_m != onto.cell_m:
        return found
    down = round((onto.north_m - grid.north_m) / grid.cell_m)
    right = round((grid.west_m - onto.west_m) / grid.cell_m)
    rows = _overlap(down, grid.shape[0], onto.shape[0])
    columns = _overlap(right, grid.shape[1], onto.shape[1])
    part = seen_m[rows.start - down : rows.stop - down, columns.start - right : columns.stop - right]
    found[rows, columns] = np.where(np.isfinite(part), part, _HIDDEN_M)
    return found


def _overlap(start: int, count: int, onto: int) -> slice:
    first = min(max(0, start), onto)
    return slice(first, max(first, min(onto, start + count)))


def rasters_of(grounds: Sequence[Ground]) -> list[object]:
    """Return what tells grounds of the same numbers in memory from others: they may be cut anew for each question."""
    arrays = (array for one in grounds for array in (one.terrain.elevation_m, *one.least_visible_m.values()))
    return [(array.__array_interface__["data"], array.shape, array.strides) for array in arrays]
