"""Elevation models from files (extra `terrain`): Copernicus GLO-30, SRTM, any single-band raster that GDAL reads.

A file becomes a GeoTIFF of one form: WGS 84 degrees, north up, float32 metres, voids NaN, compressed and tiled. A file
that is in degrees keeps its cells; one in another projection is resampled, bilinear.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from msgspec import Struct

from firewatch.adapters.raster_files import RasterKind, opened_in_degrees, rasterio_library, sync_file
from firewatch.errors import TerrainError
from firewatch.terrain.elevation import ElevationTile

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.adapters.raster_files import Told

    Heights: TypeAlias = npt.NDArray[np.float32]

__all__ = ["TILE_SUFFIXES", "StoredTile", "read_window", "store_tile"]

TILE_SUFFIXES = (".tif", ".tiff", ".hgt", ".dem", ".img", ".asc")
# What models without a declared void write into it.
_USUAL_VOIDS = (-32768.0, -32767.0, -9999.0)
_LOWEST_M, _HIGHEST_M = -500.0, 9000.0
_DEGREE_M = 111_320.0
_STRIP_ROWS = 256
_KIND = RasterKind(
    what="elevation",
    called="elevation models",
    values="heights in metres",
    forms="GeoTIFF (Copernicus GLO-30, SRTM) and .hgt under its own name, as N26E112.hgt",
    resampling="bilinear",
    dtype="float32",
    void_in=_USUAL_VOIDS[0],
    void_out=float("nan"),
    most_cells=400_000_000,
)
# Below it nothing is a height, whatever a file declares: drivers fill voids with the least number of a kind.
_NO_HEIGHT_M = -30_000.0
_PROFILE = {
    "driver": "GTiff",
    "count": 1,
    "dtype": "float32",
    "crs": "EPSG:4326",
    "nodata": float("nan"),
    "tiled": True,
    "blockxsize": 256,
    "blockysize": 256,
    "compress": "deflate",
    "predictor": 3,
}


class StoredTile(Struct, frozen=True, forbid_unknown_fields=True):
    """A tile as its folder's list tells of it.

    Parameters
    ----------
    file, source, sha256 : str
        Its file in the folder; name and hash of the file that it was imported from.
    west_deg, south_deg, east_deg, north_deg : float
        Edges, of the outermost cells' middles [deg].
    rows, columns : int
        Its size.
    lowest_m, highest_m : float
        Heights [m]; equal where all is void.
    voids : float
        Share of cells of unknown height, 0 to 1.
    """

    file: str
    source: str
    sha256: str
    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float
    rows: int
    columns: int
    lowest_m: float
    highest_m: float
    voids: float

    @property
    def resolution_m(self) -> float:
        """Size of a cell from north to south [m]."""
        return self.steps_deg[1] * _DEGREE_M

    @property
    def steps_deg(self) -> tuple[float, float]:
        """Size of a cell in longitude and latitude [deg]."""
        return (self.east_deg - self.west_deg) / (self.columns - 1), (self.north_deg - self.south_deg) / (self.rows - 1)

    def covers(self, lat_deg: float, lon_deg: float) -> bool:
        """Whether a place lies within the tile."""
        return self.south_deg <= lat_deg <= self.north_deg and self.west_deg <= lon_deg <= self.east_deg


def store_tile(source: Path, sha256: str, folder: Path, told: Told) -> StoredTile:
    """Write a file's heights into a folder, in the one form, whole or not at all.

    Parameters
    ----------
    source : Path
        A raster of one band, in metres, with its place on the earth.
    sha256 : str
        Its hash: it goes into the new file's name.
    folder : Path
        Exists.
    told : callable
        Is called with a word, how many rows are done, and of how many.

    Returns
    -------
    StoredTile
        What the folder's list tells of it.

    Raises
    ------
    TerrainError
        If rasterio is not installed, the file is no such raster, its heights are no heights, or it cannot be written.
    """
    name = f"{source.stem}-{sha256[:8]}.tif"
    with opened_in_degrees(source, _KIND) as raster:
        beside = folder / f".{name}.{os.getpid()}.part"
        try:
            lowest, highest, known = _copy(source, raster, beside, told)
            sync_file(beside)
            beside.replace(folder / name)
        except OSError as err:
            raise TerrainError(f"elevation {folder / name}: cannot be written: {err.strerror or err}") from err
        finally:
            beside.unlink(missing_ok=True)
        step_lon, step_lat = raster.transform.a, -raster.transform.e
        west, north = raster.transform.c + step_lon / 2.0, raster.transform.f - step_lat / 2.0
        rows, columns = raster.height, raster.width
    return StoredTile(
        file=name,
        source=source.name,
        sha256=sha256,
        west_deg=west,
        south_deg=north - (rows - 1) * step_lat,
        east_deg=west + (columns - 1) * step_lon,
        north_deg=north,
        rows=rows,
        columns=columns,
        lowest_m=lowest,
        highest_m=highest,
        voids=1.0 - known / (rows * columns),
    )


def read_window(path: Path, tile: StoredTile, box_deg: tuple[float, float, float, float]) -> ElevationTile | None:
    """Return the part of a stored tile in a box (west, south, east, north) and a cell around it; None where none is.

    Raises
    ------
    TerrainError
        If rasterio is not installed, or the file is gone or damaged.
    """
    west, south, east, north = box_deg
    step_lon, step_lat = tile.steps_deg
    left = max(0, int((west - tile.west_deg) / step_lon) - 1)
    right = min(tile.columns, int((east - tile.west_deg) / step_lon) + 3)
    top = max(0, int((tile.north_deg - north) / step_lat) - 1)
    bottom = min(tile.rows, int((tile.north_deg - south) / step_lat) + 3)
    if right <= left or bottom <= top:
        return None
    with opened_in_degrees(path, _KIND) as raster:
        if (raster.height, raster.width) != (tile.rows, tile.columns):
            raise TerrainError(f"elevation {path}: is another file than the list says; import {tile.source} again")
        heights = raster.read(1, window=((top, bottom), (left, right)))
    return ElevationTile(
        tile.west_deg + left * step_lon,
        tile.north_deg - top * step_lat,
        step_lon,
        step_lat,
        np.asarray(heights, np.float32),
    )


def _copy(source: Path, raster: Any, beside: Path, told: Told) -> tuple[float, float, int]:
    """Copy a raster strip by strip; return its lowest and highest height and how many cells are known."""
    rasterio, _ = rasterio_library(_KIND.called)
    lowest, highest, known = np.inf, -np.inf, 0
    size = {"width": raster.width, "height": raster.height, "transform": raster.transform}
    with rasterio.open(beside, "w", **_PROFILE, **size) as target:
        for top in range(0, raster.height, _STRIP_ROWS):
            window = ((top, min(top + _STRIP_ROWS, raster.height)), (0, raster.width))
            heights = _metres(_read(source, raster, window), raster.nodata)
            is_known = ~np.isnan(heights)
            if is_known.any():
                lowest = min(lowest, float(heights[is_known].min()))
                highest = max(highest, float(heights[is_known].max()))
                known += int(is_known.sum())
                _require_heights(source, lowest, highest)
            target.write(heights, 1, window=window)
            told("writing", window[0][1], raster.height)
    if not known:
        raise TerrainError(f"elevation {source}: knows no height anywhere; fetch it again")
    return lowest, highest, known


def _read(source: Path, raster: Any, window: tuple[tuple[int, int], tuple[int, int]]) -> npt.NDArray[Any]:
    try:
        return np.asarray(raster.read(1, window=window))
    except OSError as err:  # rasterio's own is one: kept apart from what writing raises
        raise TerrainError(f"elevation {source}: is damaged or incomplete ({err}); fetch it again") from err


def _metres(values: npt.NDArray[Any], void: float | None) -> Heights:
    heights = values.astype(np.float32)
    for missing in (*_USUAL_VOIDS, *([] if void is None else [void])):
        heights[values == missing] = np.nan
    heights[~np.isfinite(heights) | (heights < _NO_HEIGHT_M)] = np.nan
    return heights


def _require_heights(source: Path, lowest: float, highest: float) -> None:
    if lowest < _LOWEST_M or highest > _HIGHEST_M:
        raise TerrainError(
            f"elevation {source}: holds values from {lowest:g} to {highest:g}; allowed are heights from"
            f" {_LOWEST_M:g} to {_HIGHEST_M:g} m: is it in feet or decimetres, or no elevation model?"
        )
