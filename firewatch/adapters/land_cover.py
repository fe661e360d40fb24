"""The folder of imported tiles of land cover: its list, and what covers the ground around places.

``cover.json`` lists the tiles; it is written last, so that a tile that was half imported is not there.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from firewatch.adapters.land_cover_tiles import WHAT, StoredCover, read_cover, store_cover
from firewatch.adapters.raster_files import hash_of
from firewatch.adapters.tile_folder import TileFolder
from firewatch.fusion.prior import LAND_COVER_WEIGHTS
from firewatch.geodesy import LocalPlane
from firewatch.terrain.cover import majority_over, mean_over, reach_of_shares, shares_around
from firewatch.terrain.elevation import box_deg_around

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from firewatch.adapters.land_codes import LandCodes
    from firewatch.adapters.raster_files import Told
    from firewatch.domain.geo import ErrorEllipse, Position
    from firewatch.domain.land import LandShares
    from firewatch.terrain import TerrainGrid
    from firewatch.terrain.cover import CoverTile

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Box: TypeAlias = tuple[float, float, float, float]

__all__ = ["LandCoverFolder"]

_Kept = TypeVar("_Kept")

_LIST = "cover.json"
# Rasters of some million cells each, and shares of a dozen numbers.
_MOST_RASTERS, _MOST_SHARES = 8, 1000


class LandCoverFolder:
    """Fulfils `firewatch.services.ports.LandCoverMap`; imports tiles.

    Parameters
    ----------
    path : Path
        The folder; it need not exist before the first import. What is imported while somebody asks counts from the
        next question on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = TileFolder(path, _LIST, StoredCover, WHAT)
        # Apart: a raster takes seconds, and the shares around a fire are wanted at once.
        self._raster_lock, self._shares_lock = Lock(), Lock()
        self._rasters: OrderedDict[Hashable, Numbers] = OrderedDict()
        self._shares: OrderedDict[Hashable, LandShares | None] = OrderedDict()

    def tiles(self) -> tuple[StoredCover, ...]:
        """Return what was imported, the finest first; nothing where nothing was.

        Raises
        ------
        TerrainError
            If the list cannot be read.
        """
        return self._folder.tiles()

    def add(self, source: Path, legend: LandCodes, told: Told) -> tuple[StoredCover, bool]:
        """Import a file; one of the same name that was imported before is replaced.

        Returns
        -------
        tuple of StoredCover and bool
            What it is, and whether it is new: the same bytes with the same legend are imported once.

        Raises
        ------
        TerrainError
            If it is no map of land cover, or cannot be written; the folder stays as it was.
        """
        sha256 = hash_of(source, told, WHAT)
        this = sha256, legend.fingerprint
        return self._folder.add(
            lambda tile: (tile.sha256, tile.codes) == this,
            lambda: store_cover(source, sha256, legend, self._path, told),
        )

    def weights_over(self, grid: TerrainGrid) -> Numbers:
        """Return how dense fires are by what covers each cell, beside woodland: a factor of `prior_over`.

        Parameters
        ----------
        grid : TerrainGrid
            The raster; its heights do not matter.

        Returns
        -------
        ndarray (rows, columns), float64
            The mean over each cell; NaN where no tile knows the ground. The same object for the same raster.

        Raises
        ------
        TerrainError
            If a tile is damaged, or rasterio is not installed.
        """
        tiles = self.tiles()
        origin = grid.plane.origin
        key = (_key_of(tiles), origin.lat_deg, origin.lon_deg, grid.west_m, grid.north_m, grid.cell_m, grid.shape)
        with self._raster_lock:
            found = self._rasters.pop(key, None)
            if found is None:
                found = mean_over(grid, self._read(tiles, _box_of(grid)), LAND_COVER_WEIGHTS)
                found.flags.writeable = False
            _remember(self._rasters, key, found, _MOST_RASTERS)
            return found

    def majority_over(self, grid: TerrainGrid) -> npt.NDArray[np.uint8]:
        """Return the class that covers most of each cell; errors as `weights_over`."""
        return majority_over(grid, self._read(self.tiles(), _box_of(grid)))

    def shares_around(self, place: Position, error: ErrorEllipse, radius_m: float) -> LandShares | None:
        """Return the shares of the ground around a place; None where no tile knows any of it; errors as above."""
        tiles = self.tiles()
        key = (_key_of(tiles), place, error, radius_m)
        with self._shares_lock:
            if key in self._shares:
                found = self._shares.pop(key)
            else:
                plane = LocalPlane(place)
                box = box_deg_around(plane, reach_of_shares(error, radius_m))
                found = shares_around(plane, self._read(tiles, box), error, radius_m)
            _remember(self._shares, key, found, _MOST_SHARES)
            return found

    def _read(self, tiles: tuple[StoredCover, ...], box: Box) -> list[CoverTile]:
        near = [tile for tile in tiles if _meets(tile, box)]
        windows = (read_cover(self._path / tile.file, tile, box) for tile in near)
        return [window for window in windows if window is not None]


def _key_of(tiles: tuple[StoredCover, ...]) -> tuple[str, ...]:
    """Return what tells one list of tiles from another."""
    return tuple(tile.file for tile in tiles)


def _remember(known: OrderedDict[Hashable, _Kept], key: Hashable, found: _Kept, most: int) -> None:
    known[key] = found
    while len(known) > most:
        known.popitem(last=False)


def _box_of(grid: TerrainGrid) -> Box:
    """Return a box in degrees around a raster."""
    rows, columns = grid.shape
    south_m, east_m = grid.north_m - grid.cell_m * rows, grid.west_m + grid.cell_m * columns
    reach_m = max(map(abs, (grid.west_m, grid.north_m, south_m, east_m))) + grid.cell_m
    return box_deg_around(grid.plane, reach_m)


def _meets(tile: StoredCover, box_deg: Box) -> bool:
    west, south, east, north = box_deg
    return tile.west_deg <= east and tile.east_deg >= west and tile.south_deg <= north and tile.north_deg >= south
