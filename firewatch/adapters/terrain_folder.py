"""The folder of imported elevation tiles: its list, and windows of it around places, kept on disk.

``tiles.json`` lists the tiles; it is written last, so that a tile that was half imported is not there. Windows are
computed once for a place and a size, and again where the file of one is damaged or tiles have changed.
"""

from __future__ import annotations

import hashlib
import io
import logging
import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np

from firewatch.adapters.raster_files import hash_of
from firewatch.adapters.terrain_tiles import StoredTile, read_window, store_tile
from firewatch.adapters.tile_folder import TileFolder
from firewatch.adapters.whole_file import write_whole
from firewatch.errors import ObservationError
from firewatch.geodesy import LocalPlane
from firewatch.terrain.elevation import box_deg_around, grid_from_tiles
from firewatch.terrain.grid import TerrainGrid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from firewatch.adapters.raster_files import Told
    from firewatch.domain.geo import Position
    from firewatch.geodesy import PlanePoint
    from firewatch.terrain.elevation import ElevationTile

__all__ = ["TerrainFolder"]

_LIST = "tiles.json"
_WINDOWS = "windows"
# The newest of them; a window of 40 km at 30 m takes 7 MB.
_MOST_WINDOWS = 64
_DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)

logger = logging.getLogger(__name__)


class TerrainFolder:
    """Imported tiles.

    Parameters
    ----------
    path : Path
        The folder; it need not exist before the first import.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = TileFolder(path, _LIST, StoredTile, "terrain")

    def tiles(self) -> tuple[StoredTile, ...]:
        """Return what was imported, the finest first; nothing where nothing was.

        Raises
        ------
        TerrainError
            If the list cannot be read.
        """
        return self._folder.tiles()

    def add(self, source: Path, told: Told) -> tuple[StoredTile, bool]:
        """Import a file; one of the same name that was imported before is replaced.

        Returns
        -------
        tuple of StoredTile and bool
            What it is, and whether it is new: the same bytes are imported once.

        Raises
        ------
        TerrainError
            If it is no elevation model, or cannot be written; the folder stays as it was.
        """
        sha256 = hash_of(source, told)
        return self._folder.add(
            lambda tile: tile.sha256 == sha256, lambda: store_tile(source, sha256, self._path, told)
        )

    def grid_around(self, place: Position, radius_m: float, cell_m: float = 30.0) -> TerrainGrid:
        """Return the ground around a place, on the plane around it.

        Parameters
        ----------
        place : Position
            The middle.
        radius_m : float
            From the middle to the edges, up to 100 km [m].
        cell_m : float
            Side of a cell [m].

        Returns
        -------
        TerrainGrid
            Bilinear in the tiles; NaN where none knows the ground.

        Raises
        ------
        TerrainError
            If no tile covers any of it, one is damaged, or rasterio is not installed.
        """
        plane = LocalPlane(place)
        box = box_deg_around(plane, radius_m + cell_m)
        near = [tile for tile in self.tiles() if _meets(tile, box)]
        path = self._path / _WINDOWS / f"{_key(near, place, radius_m, cell_m)}.npz"
        kept = _read_window(path, plane, cell_m, radius_m)
        if kept is not None:
            return kept
        grid = grid_from_tiles(self._windows(near, box), plane, radius_m, cell_m)
        _keep_window(path, grid)
        return grid

    def grid_on(self, plane: LocalPlane, middle: PlanePoint, radius_m: float, cell_m: float) -> TerrainGrid:
        """Return the ground around a point of a plane, as `grid_around` does, but keep no window of it."""
        box = box_deg_around(plane, radius_m + cell_m, middle)
        near = [tile for tile in self.tiles() if _meets(tile, box)]
        return grid_from_tiles(self._windows(near, box), plane, radius_m, cell_m, middle)

    def identity(self, plane: LocalPlane, middle: PlanePoint, radius_m: float) -> str:
        """Return what the tiles around a point are, in 16 hexadecimal digits; empty where there are none.

        Raises
        ------
        TerrainError
            If the list cannot be read.
        """
        box = box_deg_around(plane, radius_m, middle)
        said = [tile.sha256 for tile in self.tiles() if _meets(tile, box)]
        return hashlib.sha256(" ".join(said).encode()).hexdigest()[:16] if said else ""

    def _windows(self, near: Iterable[StoredTile], box_deg: tuple[float, float, float, float]) -> list[ElevationTile]:
        windows = (read_window(self._path / tile.file, tile, box_deg) for tile in near)
        return [window for window in windows if window is not None]


def _meets(tile: StoredTile, box_deg: tuple[float, float, float, float]) -> bool:
    west, south, east, north = box_deg
    # And a cell beyond: between two tiles lies the space of one.
    lon, lat = tile.steps_deg
    is_beside = tile.west_deg - lon <= east and tile.east_deg + lon >= west
    return is_beside and tile.south_deg - lat <= north and tile.north_deg + lat >= south


def _key(tiles: list[StoredTile], place: Position, radius_m: float, cell_m: float) -> str:
    said = [tile.sha256 for tile in tiles]
    said += [f"{place.lat_deg:.7f}", f"{place.lon_deg:.7f}", f"{radius_m:.3f}", f"{cell_m:.3f}", "1"]
    return hashlib.sha256(" ".join(said).encode()).hexdigest()[:24]


def _read_window(path: Path, plane: LocalPlane, cell_m: float, radius_m: float) -> TerrainGrid | None:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            heights = kept["elevation_m"]
    except FileNotFoundError:
        return None
    except _DAMAGED as err:
        logger.warning("terrain.window.damaged", extra={"path": str(path), "why": str(err)})
        return None
    half = int(radius_m // cell_m)
    if heights.shape != (2 * half + 1, 2 * half + 1) or heights.dtype != np.float32:
        logger.warning("terrain.window.damaged", extra={"path": str(path), "why": f"shape {heights.shape}"})
        return None
    return TerrainGrid(plane, -half * cell_m, half * cell_m, cell_m, heights)


def _keep_window(path: Path, grid: TerrainGrid) -> None:
    """Keep a window for the next start; where that is not possible it is computed again then."""
    packed = io.BytesIO()
    np.savez(packed, elevation_m=grid.elevation_m)
    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, packed.getvalue())
        kept = sorted(path.parent.glob("*.npz"), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in kept[_MOST_WINDOWS:]:
            old.unlink(missing_ok=True)
    except (OSError, ObservationError) as err:
        logger.warning("terrain.window.not.kept", extra={"path": str(path), "why": str(err)})
