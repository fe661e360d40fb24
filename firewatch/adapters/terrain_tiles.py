"""Elevation models from files (extra `terrain`): Copernicus GLO-30, SRTM, any single-band raster that GDAL reads.

A file becomes a GeoTIFF of one form: WGS 84 degrees, north up, float32 metres, voids NaN, compressed and tiled. A file
that is in degrees keeps its cells; one in another projection is resampled, bilinear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from firewatch.adapters.raster_files import (
    RasterKind,
    opened_in_degrees,
    rasterio_library,
    read_part,
    written_whole,
)
from firewatch.adapters.tile_folder import StoredRaster
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


class StoredTile(StoredRaster, frozen=True, forbid_unknown_fields=True):
    """A tile of heights: its edges are the outermost cells' middles, where the heights are.

    Parameters
    ----------
    lowest_m, highest_m : float
        Heights [m]; equal where all is void.
    voids : float
        Share of cells of unknown height, 0 to 1.
    """

    lowest_m: float
    highest_m: float
    voids: float

    @property
    def steps_deg(self) -> tuple[float, float]:
        """Size of a cell in longitude and latitude [deg]."""
        return (self.east_deg - self.west_deg) / (self.columns - 1), (self.north_deg - self.south_deg) / (self.rows - 1)


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
        with written_whole(folder / name, "elevation") as beside:
            lowest, highest, known = _copy(source, raster, beside, told)
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
    window = tile.window(box_deg, beyond=3)
    if window is None:
        return None
    with opened_in_degrees(path, _KIND) as raster:
        if (raster.height, raster.width) != (tile.rows, tile.columns):
            raise TerrainError(f"elevation {path}: is another file than the list says; import {tile.source} again")
        heights = raster.read(1, window=window)
    (top, _), (left, _) = window
    step_lon, step_lat = tile.steps_deg
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
            heights = _metres(read_part(source, raster, window, "elevation"), raster.nodata)
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
