"""Maps of land cover from files (extra `terrain`): ESA WorldCover, or any raster of one band of codes with a legend.

A file becomes a GeoTIFF of one form: WGS 84 degrees, north up, our classes as uint8, 0 unknown, compressed and tiled. A
file in degrees keeps its cells; one in another projection is resampled to the nearest: a code has no mean.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from msgspec import Struct

from firewatch.adapters.raster_files import RasterKind, opened_in_degrees, rasterio_library, sync_file
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
_DEGREE_M = 111_320.0
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


class StoredCover(Struct, frozen=True, forbid_unknown_fields=True):
    """A tile as its folder's list tells of it.

    Parameters
    ----------
    file, source, sha256, codes : str
        Its file in the folder; name and hash of the file that it was imported from, and of the legend.
    west_deg, south_deg, east_deg, north_deg : float
        Outer edges [deg].
    rows, columns : int
        Its size.
    shares : dict of str to float
        Of its cells, by class; what is missing is unknown.
    """

    file: str
    source: str
    sha256: str
    codes: str
    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float
    rows: int
    columns: int
    shares: dict[str, float]

    @property
    def steps_deg(self) -> tuple[float, float]:
        """Size of a cell in longitude and latitude [deg]."""
        return (self.east_deg - self.west_deg) / self.columns, (self.north_deg - self.south_deg) / self.rows

    @property
    def resolution_m(self) -> float:
        """Size of a cell from north to south [m]."""
        return self.steps_deg[1] * _DEGREE_M

    def covers(self, lat_deg: float, lon_deg: float) -> bool:
        """Whether a place lies within the tile."""
        return self.south_deg <= lat_deg <= self.north_deg and self.west_deg <= lon_deg <= self.east_deg


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
        beside = folder / f".{name}.{os.getpid()}.part"
        try:
            counts = _copy(source, raster, legend, beside, told)
            sync_file(beside)
            beside.replace(folder / name)
        except OSError as err:
            raise TerrainError(f"{WHAT} {folder / name}: cannot be written: {err.strerror or err}") from err
        finally:
            beside.unlink(missing_ok=True)
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
    west, south, east, north = box_deg
    step_lon, step_lat = tile.steps_deg
    left = max(0, int((west - tile.west_deg) / step_lon) - 1)
    right = min(tile.columns, int((east - tile.west_deg) / step_lon) + 2)
    top = max(0, int((tile.north_deg - north) / step_lat) - 1)
    bottom = min(tile.rows, int((tile.north_deg - south) / step_lat) + 2)
    if right <= left or bottom <= top:
        return None
    with opened_in_degrees(path, _KIND) as raster:
        if (raster.height, raster.width) != (tile.rows, tile.columns) or raster.dtypes[0] != "uint8":
            raise TerrainError(f"{WHAT} {path}: is another file than the list says; import {tile.source} again")
        codes = np.asarray(raster.read(1, window=((top, bottom), (left, right))))
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
            values = _read(source, raster, window)
            codes = table[np.clip(values, -_OFFSET, _OFFSET - 1).astype(np.int32) + _OFFSET]
            counts += np.bincount(codes.ravel(), minlength=counts.size)
            if counts[_NO_CLASS]:
                raise _strange(source, np.unique(values[codes == _NO_CLASS]))
            target.write(codes, 1, window=window)
            told("writing", window[0][1], raster.height)
    if counts[UNKNOWN_LAND] == counts.sum():
        raise TerrainError(f"{WHAT} {source}: knows no ground anywhere; fetch it again")
    return counts


def _read(source: Path, raster: Any, window: tuple[tuple[int, int], tuple[int, int]]) -> npt.NDArray[Any]:
    try:
        return np.asarray(raster.read(1, window=window))
    except OSError as err:  # rasterio's own is one: kept apart from what writing raises
        raise TerrainError(f"{WHAT} {source}: is damaged or incomplete ({err}); fetch it again") from err


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
