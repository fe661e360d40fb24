"""From tiles of land cover, in degrees, to shares of classes on a local plane.

A tile's cell is 10 m wide or more, a raster's up to some hundred. Each cell of a raster is looked at in several places
of a regular lattice, and keeps the shares, or a mean by them: a majority would lose the hedge, the ditch, the row of
houses that stop a fire.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_between
from firewatch.domain.land import UNKNOWN_LAND, LandClass, LandShares
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from firewatch.domain.geo import ErrorEllipse
    from firewatch.geodesy import LocalPlane
    from firewatch.terrain.grid import TerrainGrid

    Codes: TypeAlias = npt.NDArray[np.uint8]
    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["CoverTile", "codes_at", "majority_over", "mean_over", "reach_of_shares", "shares_around"]

_DIMENSIONS = 2
_CODES = 256
# Places in a cell along each side: its shares are then known to a twenty-fifth, and 3 million cells take seconds.
_MOST_PLACES = 5
# Geodesics are computed at every 32nd cell; between them degrees are linear to a hundredth of a metre.
_EVERY = 32
# Around a place: so many standard deviations, and so many places along each side of the square.
_SIGMAS, _PLACES = 3.0, 101
# No wider, whatever the error of the place [m].
_FARTHEST_M = 12_000.0
# What covers less of the ground is no fuel worth a draw.
_LEAST_SHARE = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class CoverTile:
    """A piece of a map of land cover, north up, in WGS 84 degrees.

    Parameters
    ----------
    west_deg, north_deg : float
        Outer edges of the cell in row 0 and column 0 [deg].
    step_lon_deg, step_lat_deg : float
        Size of a cell, above 0 [deg].
    codes : ndarray, shape (rows, columns), uint8
        Values of `LandClass`; `UNKNOWN_LAND` where nobody knows.

    Raises
    ------
    InvalidValue
        If a number is out of range, or the codes have another shape or type.
    """

    west_deg: float
    north_deg: float
    step_lon_deg: float
    step_lat_deg: float
    codes: Codes

    def __post_init__(self) -> None:
        require_between("west edge of a tile (deg)", self.west_deg, -180.5, 180.5)
        require_between("north edge of a tile (deg)", self.north_deg, -90.5, 90.5)
        require_between("cell of a tile in longitude (deg)", self.step_lon_deg, 1e-6, 1.0)
        require_between("cell of a tile in latitude (deg)", self.step_lat_deg, 1e-6, 1.0)
        if self.codes.ndim != _DIMENSIONS or self.codes.dtype != np.uint8 or not self.codes.size:
            raise InvalidValue("codes of a tile", f"{self.codes.shape} {self.codes.dtype}", "uint8, rows by columns")


def codes_at(tiles: Sequence[CoverTile], lat_deg: Numbers, lon_deg: Numbers) -> Codes:
    """Return the class at some places, of the cell that each lies in.

    Parameters
    ----------
    tiles : sequence of CoverTile
        The most trusted first; the first that knows a place is taken.
    lat_deg, lon_deg : ndarray, any one shape
        The places [deg].

    Returns
    -------
    ndarray, that shape, uint8
        `UNKNOWN_LAND` where no tile knows.
    """
    found = np.zeros(lat_deg.shape, np.uint8)
    for tile in tiles:
        row = np.floor((tile.north_deg - lat_deg) / tile.step_lat_deg)
        column = np.floor((lon_deg - tile.west_deg) / tile.step_lon_deg)
        rows, columns = tile.codes.shape
        is_wanted = (found == UNKNOWN_LAND) & (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        at = row[is_wanted].astype(np.intp), column[is_wanted].astype(np.intp)
        found[is_wanted] = tile.codes[at]
    return found


def mean_over(grid: TerrainGrid, tiles: Sequence[CoverTile], values: Mapping[int, float]) -> Numbers:
    """Return the mean of a number of each class over the cells of a raster, by the classes' shares.

    Parameters
    ----------
    grid : TerrainGrid
        The raster; its heights do not matter.
    tiles : sequence of CoverTile
        The most trusted first.
    values : mapping of int to float
        The number of each `LandClass`; a class that is not there counts as unknown.

    Returns
    -------
    ndarray (rows, columns), float64
        NaN where no tile knows any of a cell.
    """
    table = np.zeros(_CODES)
    is_known = np.zeros(_CODES)
    for code, value in values.items():
        table[code], is_known[code] = value, 1.0
    total, count = np.zeros(grid.shape), np.zeros(grid.shape)
    for codes in _looks(grid, tiles):
        total += table[codes]
        count += is_known[codes]
    return np.where(count > 0.0, total / np.maximum(count, 1.0), np.nan)


def majority_over(grid: TerrainGrid, tiles: Sequence[CoverTile]) -> Codes:
    """Return the class that covers most of each cell of a raster, of equals the lower code, for a picture.

    Parameters
    ----------
    grid : TerrainGrid
        The raster; its heights do not matter.
    tiles : sequence of CoverTile
        The most trusted first.

    Returns
    -------
    ndarray (rows, columns), uint8
        `UNKNOWN_LAND` where no tile knows any of a cell.
    """
    kinds = np.array(sorted(LandClass), np.uint8)
    counts = np.zeros((kinds.size, *grid.shape), np.uint8)
    for codes in _looks(grid, tiles):
        counts += codes[None] == kinds[:, None, None]
    most = np.argmax(counts, axis=0)
    return np.where(counts.any(axis=0), kinds[most], np.uint8(UNKNOWN_LAND))


def _looks(grid: TerrainGrid, tiles: Sequence[CoverTile]) -> Iterator[Codes]:
    """Give the classes at the same place of all cells, place by place, shape (rows, columns)."""
    finest_m = min((tile.step_lat_deg * 111_000.0 for tile in tiles), default=grid.cell_m)
    places = max(1, min(_MOST_PLACES, math.ceil(grid.cell_m / finest_m - 1e-6)))
    offsets = (np.arange(places) + 0.5) / places - 0.5
    for down in offsets:
        for right in offsets:
            yield codes_at(tiles, *_degrees(grid, float(down), float(right)))


def _degrees(grid: TerrainGrid, down: float, right: float) -> tuple[Numbers, Numbers]:
    """Return latitude and longitude of a place in each cell, linear between every 32nd, shape (rows, columns) [deg]."""
    rows, columns = grid.shape
    coarse_north = grid.north_m - grid.cell_m * (np.arange(rows // _EVERY + 2) * _EVERY + down)
    coarse_east = grid.west_m + grid.cell_m * (np.arange(columns // _EVERY + 2) * _EVERY + right)
    east, north = np.meshgrid(coarse_east, coarse_north)
    lat, lon = (_between(coarse, rows, columns) for coarse in grid.plane.unproject_all(east, north))
    return lat, lon


def _between(coarse: Numbers, rows: int, columns: int) -> Numbers:
    row, column = np.arange(rows) / _EVERY, np.arange(columns) / _EVERY
    top, left = row.astype(np.intp), column.astype(np.intp)
    down, right = (row - top)[:, None], column - left
    lines = coarse[top] * (1.0 - down) + coarse[top + 1] * down
    return np.asarray(lines[:, left] * (1.0 - right) + lines[:, left + 1] * right, np.float64)


def reach_of_shares(error: ErrorEllipse, radius_m: float) -> float:
    """Return from how far around a place `shares_around` counts the ground [m]."""
    return min(_FARTHEST_M, _SIGMAS * math.hypot(error.major_m, radius_m / 2.0))


def shares_around(
    plane: LocalPlane, tiles: Sequence[CoverTile], error: ErrorEllipse, radius_m: float
) -> LandShares | None:
    """Return the shares of the ground around a place that is not well known.

    A fire is drawn from the place's error, and a point within a radius of it: what lies there counts by how likely it
    is drawn, a normal density with the covariance of the error and that of the disc (a quarter of its squared radius).

    Parameters
    ----------
    plane : LocalPlane
        Its origin is the place.
    tiles : sequence of CoverTile
        The most trusted first.
    error : ErrorEllipse
        Of the place, one standard deviation.
    radius_m : float
        Of the disc, 10 m to 10 km [m].

    Returns
    -------
    LandShares or None
        None where no tile knows any of the ground.
    """
    require_between("radius of the ground that counts (m)", radius_m, 10.0, 10_000.0)
    reach_m = reach_of_shares(error, radius_m)
    side = np.linspace(-reach_m, reach_m, _PLACES)
    east, north = np.meshgrid(side, side)
    theta = math.radians(error.azimuth_deg)
    along = east * math.sin(theta) + north * math.cos(theta)
    across = east * math.cos(theta) - north * math.sin(theta)
    disc = (radius_m / 2.0) ** 2
    chi_square = along**2 / (error.major_m**2 + disc) + across**2 / (error.minor_m**2 + disc)
    codes = codes_at(tiles, *plane.unproject_all(east, north))
    weights = np.bincount(codes.ravel(), np.exp(-0.5 * chi_square).ravel(), minlength=_CODES)
    known = {kind: float(weights[kind]) for kind in LandClass if weights[kind] > 0.0}
    total = math.fsum(known.values())
    if not total > 0.0:
        return None
    shares = {kind: weight / total for kind, weight in known.items() if weight / total > _LEAST_SHARE}
    kept = math.fsum(shares.values())
    return LandShares({kind: share / kept for kind, share in shares.items()}, min(1.0, total / float(weights.sum())))
