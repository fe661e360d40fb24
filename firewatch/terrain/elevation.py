"""From tiles of an elevation model, in degrees, to a raster on a local plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_between
from firewatch.errors import InvalidValue, TerrainError
from firewatch.geodesy import PlanePoint
from firewatch.terrain.grid import TerrainGrid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from firewatch.geodesy import LocalPlane

    Heights: TypeAlias = npt.NDArray[np.float32]
    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["ElevationTile", "box_deg_around", "grid_from_tiles"]

_DIMENSIONS = 2
# Geodesics are computed at every 32nd cell; between them degrees are linear to a hundredth of a metre.
_EVERY = 32
# Two tiles lie on one lattice if their cells are as large, and their edges agree, to a hundredth of a cell.
_SAME_CELLS = 0.01
_ORIGIN = PlanePoint(0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class ElevationTile:
    """A piece of an elevation model, north up, in WGS 84 degrees.

    Parameters
    ----------
    west_deg, north_deg : float
        Middle of the cell in row 0 and column 0 [deg].
    step_lon_deg, step_lat_deg : float
        Size of a cell, above 0 [deg].
    elevation_m : ndarray, shape (rows, columns), float32
        Height above the geoid [m]; NaN in voids.

    Raises
    ------
    InvalidValue
        If a number is out of range or the heights have another shape or type.
    """

    west_deg: float
    north_deg: float
    step_lon_deg: float
    step_lat_deg: float
    elevation_m: Heights

    def __post_init__(self) -> None:
        require_between("west edge of a tile (deg)", self.west_deg, -180.5, 180.5)
        require_between("north edge of a tile (deg)", self.north_deg, -90.5, 90.5)
        require_between("cell of a tile in longitude (deg)", self.step_lon_deg, 1e-6, 1.0)
        require_between("cell of a tile in latitude (deg)", self.step_lat_deg, 1e-6, 1.0)
        heights = self.elevation_m
        if heights.ndim != _DIMENSIONS or heights.dtype != np.float32 or not heights.size:
            raise InvalidValue("heights of a tile", f"{heights.shape} {heights.dtype}", "float32, rows by columns")


def box_deg_around(
    plane: LocalPlane, half_side_m: float, middle: PlanePoint = _ORIGIN
) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a square around a point of a plane, by default its origin [deg]."""
    side = np.linspace(-half_side_m, half_side_m, 9)
    east, north = np.meshgrid(middle.east_m + side, middle.north_m + side)
    lat, lon = plane.unproject_all(east, north)
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def grid_from_tiles(
    tiles: Iterable[ElevationTile],
    plane: LocalPlane,
    half_side_m: float,
    cell_m: float = 30.0,
    middle: PlanePoint = _ORIGIN,
) -> TerrainGrid:
    """Return a square raster around a point of a plane, bilinear in the tiles.

    Tiles of one lattice are laid beside each other first, so that no seam shows: the last cells of one and the first of
    the next are neighbours. Where several cover a place the first that knows it is taken; a coarser model behind a
    finer one fills its voids.

    Parameters
    ----------
    tiles : iterable of ElevationTile
        The most trusted first.
    plane : LocalPlane
        The map.
    half_side_m : float
        From the middle to the edges, 1 cell to 100 km [m].
    cell_m : float
        Side of a cell, 1 to 1000 [m].
    middle : PlanePoint
        Of the raster, by default the plane's origin.

    Returns
    -------
    TerrainGrid
        Of an odd number of rows and columns; NaN where no tile knows the ground, and beside a void.

    Raises
    ------
    TerrainError
        If no tile knows any of it.
    InvalidValue
        If a size is out of range.
    """
    require_between("terrain cell (m)", cell_m, 1.0, 1000.0)
    require_between("half side of the terrain (m)", half_side_m, cell_m, 100_000.0)
    half = int(half_side_m // cell_m)
    lat, lon = _degrees(plane, half, cell_m, middle)
    found = np.full(lat.shape, np.nan, np.float32)
    for mosaic in _mosaics(list(tiles)):
        missing = np.isnan(found)
        if not missing.any():
            break
        found[missing] = _bilinear(mosaic, lat[missing], lon[missing])
    if np.isnan(found).all():
        place = plane.unproject(middle)
        raise TerrainError(
            f"no height is known within {half_side_m / 1000:g} km of {place.lat_deg:.5f}, {place.lon_deg:.5f}:"
            " import the tiles that cover it (`firewatch terrain import`)"
        )
    return TerrainGrid(plane, middle.east_m - half * cell_m, middle.north_m + half * cell_m, cell_m, found)


def _degrees(plane: LocalPlane, half: int, cell_m: float, middle: PlanePoint) -> tuple[Numbers, Numbers]:
    """Return latitude and longitude of all cells, linear between every 32nd, shape (2 half + 1, 2 half + 1) [deg]."""
    count = 2 * half // _EVERY + 2
    side = (np.arange(count) * _EVERY - half) * cell_m
    east, north = np.meshgrid(middle.east_m + side, middle.north_m - side)
    weights = np.arange(2 * half + 1) / _EVERY
    left = weights.astype(np.intp)
    part = weights - left
    lat, lon = (
        (rows := coarse[left] * (1.0 - part[:, None]) + coarse[left + 1] * part[:, None])[:, left] * (1.0 - part)
        + rows[:, left + 1] * part
        for coarse in plane.unproject_all(east, north)
    )
    return lat, lon


def _mosaics(tiles: Sequence[ElevationTile]) -> list[ElevationTile]:
    """Lay tiles of one lattice beside each other."""
    lattices: list[list[ElevationTile]] = []
    for tile in tiles:
        for lattice in lattices:
            if _is_one_lattice(lattice[0], tile):
                lattice.append(tile)
                break
        else:
            lattices.append([tile])
    return [_laid(lattice) for lattice in lattices]


def _is_one_lattice(one: ElevationTile, other: ElevationTile) -> bool:
    for step, other_step, cells in (
        (one.step_lon_deg, other.step_lon_deg, (other.west_deg - one.west_deg) / one.step_lon_deg),
        (one.step_lat_deg, other.step_lat_deg, (one.north_deg - other.north_deg) / one.step_lat_deg),
    ):
        # A step that differs by so much of a cell over the whole tile is another one.
        most = _SAME_CELLS * step / max(*one.elevation_m.shape, *other.elevation_m.shape)
        if abs(step - other_step) > most or abs(cells - round(cells)) > _SAME_CELLS:
            return False
    return True


def _laid(tiles: Sequence[ElevationTile]) -> ElevationTile:
    first = tiles[0]
    rows = [round((first.north_deg - tile.north_deg) / first.step_lat_deg) for tile in tiles]
    columns = [round((tile.west_deg - first.west_deg) / first.step_lon_deg) for tile in tiles]
    top, left = min(rows), min(columns)
    bottom = max(row + tile.elevation_m.shape[0] for row, tile in zip(rows, tiles, strict=True))
    right = max(column + tile.elevation_m.shape[1] for column, tile in zip(columns, tiles, strict=True))
    heights = np.full((bottom - top, right - left), np.nan, np.float32)
    for row, column, tile in zip(rows, columns, tiles, strict=True):
        height, width = tile.elevation_m.shape
        part = heights[row - top : row - top + height, column - left : column - left + width]
        np.copyto(part, tile.elevation_m, where=np.isnan(part))
    return ElevationTile(
        first.west_deg + left * first.step_lon_deg,
        first.north_deg - top * first.step_lat_deg,
        first.step_lon_deg,
        first.step_lat_deg,
        heights,
    )


def _bilinear(tile: ElevationTile, lat: Numbers, lon: Numbers) -> Heights:
    """Return heights at places, shape (n,); NaN outside the middles of the outermost cells and beside voids."""
    heights = tile.elevation_m
    rows, columns = heights.shape
    row = (tile.north_deg - lat) / tile.step_lat_deg
    column = (lon - tile.west_deg) / tile.step_lon_deg
    is_inside = (row >= 0.0) & (row <= rows - 1) & (column >= 0.0) & (column <= columns - 1)
    row, column = np.where(is_inside, row, 0.0), np.where(is_inside, column, 0.0)
    top, left = (
        np.minimum(row.astype(np.intp), max(rows - 2, 0)),
        np.minimum(column.astype(np.intp), max(columns - 2, 0)),
    )
    below, beside = np.minimum(top + 1, rows - 1), np.minimum(left + 1, columns - 1)
    down, right = row - top, column - left
    upper = heights[top, left] * (1.0 - right) + heights[top, beside] * right
    lower = heights[below, left] * (1.0 - right) + heights[below, beside] * right
    return np.where(is_inside, upper * (1.0 - down) + lower * down, np.nan).astype(np.float32)
