"""Maps of land cover from files (extra `terrain`): ESA WorldCover, or any raster of one band of codes with a legend.

A file becomes a GeoTIFF of one form: WGS 84 degrees, north up, our classes as uint8, 0 unknown, compressed and tiled. A
file in degrees keeps its cells; one in another projection is resampled to the nearest: a code has no mean.
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
from firewatch.domain.land import UNKNOWN_LAND, LandClass
from firewatch.errors import TerrainError
from firewatch.terrain.cover import CoverTile

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.adapters.land_codes import LandCodes
    from firewatch.adapters.raster_files import Told

    Codes: TypeAlias = npt.NDArray[np.uint8]

__all__ = ["COVER_SUFFIXES", "WHAT", "StoredCover", "read_cover", "store_cover"]

COVER_SUFFIXES = (".tif", ".tiff", ".img")
WHAT = "land cover"
_KIND = RasterKind(
    what=WHAT,
    called="maps of land cover",
    values="codes",
    forms="GeoTIFF (ESA WorldCover) and what else GDAL reads",
    resampling="nearest",
    dtype=None,
    void_in=float(UNKNOWN_LAND),
    void_out=None,
    # A tile of WorldCover, 3 by 3 degrees, has 36,000 by 36,000.
    most_cells=4_000_000_000,
)
_STRIP_ROWS = 512
_ALL_CODES, _OFFSET = 1 << 17, 1 << 16
_NO_CLASS = 255
_NAMED = 8
_PROFILE = {
    "driver": "GTiff",
    "count": 1,
    "dtype": "uint8",
    "crs": "EPSG:4326",
    "nodata": UNKNOWN_LAND,
    "tiled": True,
    "blockxsize": 512,
    "blockysize": 512,
    "compress": "deflate",
}


class StoredCover(StoredRaster, frozen=True, forbid_unknown_fields=True):
    """A tile of land cover.

    Parameters
    ----------
    codes : str
        Hash of the legend by which it was imported.
    shares : dict of str to float
        Of its cells, by class; what is missing is unknown.
    """

    codes: str
    shares: dict[str, float]


def store_cover(source: Path, sha256: str, legend: LandCodes, folder: Path, told: Told) -> StoredCover:
    """Write a file's classes into a folder, in the one form, whole or not at all.

    Parameters
    ----------
    source : Path
        A raster of one band of codes, with its place on the earth.
    sha256 : str
        Its hash: it goes into the new file's name.
    legend : LandCodes
        What the codes mean.
    folder : Path
        Exists.
    told : callable
        Is called with a word, how many rows are done, and of how many.

    Raises
    ------
    TerrainError
        If rasterio is not installed, the file is no such raster, it has a code that the legend does not, it knows
        nothing anywhere, or it cannot be written.
    """
    name = f"{source.stem}-{sha256[:8]}-{legend.fingerprint[:4]}.tif"
    with opened_in_degrees(source, _KIND) as raster:
        with written_whole(folder / name, WHAT) as beside:
            counts = _copy(source, raster, legend, beside, told)
        grid, rows, columns = raster.transform, raster.height, raster.width
    return StoredCover(
        file=name,
        source=source.name,
        sha256=sha256,
        codes=legend.fingerprint,
        west_deg=grid.c,
        south_deg=grid.f + rows * grid.e,
        east_deg=grid.c + columns * grid.a,
        north_deg=grid.f,
        rows=rows,
        columns=columns,
        shares={kind.slug: int(counts[kind]) / (rows * columns) for kind in LandClass if counts[kind]},
    )


def read_cover(path: Path, tile: StoredCover, box_deg: tuple[float, float, float, float]) -> CoverTile | None:
    """Return the part of a stored tile in a box (west, south, east, north); None where none is.

    Raises
    ------
    TerrainError
        If rasterio is not installed, or the file is gone or damaged.
    """
    window = tile.window(box_deg, beyond=2)
    if window is None:
        return None
    with opened_in_degrees(path, _KIND) as raster:
        if (raster.height, raster.width) != (tile.rows, tile.columns) or raster.dtypes[0] != "uint8":
            raise TerrainError(f"{WHAT} {path}: is another file than the list says; import {tile.source} again")
        codes = np.asarray(raster.read(1, window=window))
    (top, _), (left, _) = window
    step_lon, step_lat = tile.steps_deg
    return CoverTile(tile.west_deg + left * step_lon, tile.north_deg - top * step_lat, step_lon, step_lat, codes)


def _copy(source: Path, raster: Any, legend: LandCodes, beside: Path, told: Told) -> npt.NDArray[np.int64]:
    """Copy a raster strip by strip; return how many cells have each of our codes."""
    rasterio, _ = rasterio_library(_KIND.called)
    if np.dtype(raster.dtypes[0]).kind not in "iu":
        raise TerrainError(
            f"{WHAT} {source}: holds {raster.dtypes[0]}; allowed are whole numbers, the codes of classes"
        )
    table = _table(legend, raster.nodata)
    counts = np.zeros(_NO_CLASS + 1, np.int64)
    size = {"width": raster.width, "height": raster.height, "transform": raster.transform}
    with rasterio.open(beside, "w", **_PROFILE, **size) as target:
        for top in range(0, raster.height, _STRIP_ROWS):
            window = ((top, min(top + _STRIP_ROWS, raster.height)), (0, raster.width))
            values = read_part(source, raster, window, WHAT)
            codes = table[np.clip(values, -_OFFSET, _OFFSET - 1).astype(np.int32) + _OFFSET]
            counts += np.bincount(codes.ravel(), minlength=counts.size)
            if counts[_NO_CLASS]:
                raise _strange(source, np.unique(values[codes == _NO_CLASS]))
            target.write(codes, 1, window=window)
            told("writing", window[0][1], raster.height)
    if counts[UNKNOWN_LAND] == counts.sum():
        raise TerrainError(f"{WHAT} {source}: knows no ground anywhere; fetch it again")
    return counts


def _table(legend: LandCodes, void: float | None) -> Codes:
    """Return our code of each number from -65536 to 65535."""
    table = np.full(_ALL_CODES, _NO_CLASS, np.uint8)
    unknown = legend.unknown | (set() if void is None else {round(void)})
    for code in unknown:
        if -_OFFSET < code < _OFFSET - 1:
            table[code + _OFFSET] = UNKNOWN_LAND
    for code, kind in legend.classes.items():
        table[code + _OFFSET] = int(kind)
    return table


def _strange(source: Path, codes: npt.NDArray[Any]) -> TerrainError:
    named = ", ".join(str(code) for code in codes[:_NAMED])
    more = f" and {codes.size - _NAMED} more" if codes.size > _NAMED else ""
    return TerrainError(
        f"{WHAT} {source}: has the codes {named}{more}, of which the legend says nothing; name the map's own legend in"
        " land_cover.codes, or add them to your table"
    )
