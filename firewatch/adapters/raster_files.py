"""Rasters of the ground from files (extra `terrain`): opened in degrees, north up, or refused with the reason."""

from __future__ import annotations

import hashlib
import os
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from firewatch.errors import TerrainError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    Told: TypeAlias = Callable[[str, int, int], None]
    # First row and the one after the last, first column and the one after the last.
    Window: TypeAlias = tuple[tuple[int, int], tuple[int, int]]

__all__ = [
    "RasterKind",
    "hash_of",
    "opened_in_degrees",
    "rasterio_library",
    "read_part",
    "sync_file",
    "written_whole",
]

# WGS 84, CGCS2000, and WGS 84 with heights above EGM2008 (Copernicus) or EGM96 (SRTM).
_DEGREES = {4326, 4490, 9518, 9707}
_LEAST_CELLS = 2
_PART_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class RasterKind:
    """What a file is to hold, and how a file in another projection is brought to degrees.

    Parameters
    ----------
    what, called, values, forms : str
        As messages call it: ``elevation``, ``elevation models``, its values, and the files that are allowed.
    resampling : str
        Name of rasterio's.
    dtype : str or None
        Of what is resampled; None keeps the file's.
    void_in, void_out : float
        What stands for unknown where a file does not say, and in what is resampled.
    most_cells : int
        A larger file is refused.
    """

    what: str
    called: str
    values: str
    forms: str
    resampling: str
    dtype: str | None
    void_in: float
    void_out: float | None
    most_cells: int


def hash_of(path: Path, told: Told, what: str = "elevation") -> str:
    """Return the SHA-256 of a file's bytes, telling how far it is; raise `TerrainError` where it cannot be read."""
    digest = hashlib.sha256()
    try:
        size, done = path.stat().st_size, 0
        with path.open("rb") as stream:
            while part := stream.read(_PART_BYTES):
                digest.update(part)
                done += len(part)
                told("reading", done, size)
    except OSError as err:
        raise TerrainError(f"{what} {path}: cannot be read: {err.strerror}") from err
    return digest.hexdigest()


def sync_file(path: Path) -> None:
    """Have a file's bytes on the disk before it gets its name."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


@contextmanager
def written_whole(path: Path, what: str) -> Iterator[Path]:
    """Give the name of a file to write beside a path; it gets the path's name when its bytes are on the disk, or goes.

    Raises
    ------
    TerrainError
        If it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield beside
        sync_file(beside)
        beside.replace(path)
    except OSError as err:
        raise TerrainError(f"{what} {path}: cannot be written: {err.strerror or err}") from err
    finally:
        beside.unlink(missing_ok=True)


def read_part(source: Path, raster: Any, window: Window, what: str) -> npt.NDArray[Any]:
    """Return a part of an opened raster's band; raise `TerrainError` where the file is damaged there."""
    try:
        return np.asarray(raster.read(1, window=window))
    except OSError as err:  # rasterio's own is one: kept apart from what writing raises
        raise TerrainError(f"{what} {source}: is damaged or incomplete ({err}); fetch it again") from err


def rasterio_library(called: str) -> tuple[Any, Any]:
    """Return rasterio and its virtual rasters; raise `TerrainError` where it is not installed."""
    try:
        import rasterio
        from rasterio import vrt
    except ImportError as err:
        raise TerrainError(
            f"{called} are read by rasterio, which is not installed: pip install 'firewatch[terrain]'"
        ) from err
    return rasterio, vrt


@contextmanager
def opened_in_degrees(path: Path, kind: RasterKind) -> Iterator[Any]:
    """Open a raster as one in WGS 84 degrees, north up.

    Raises
    ------
    TerrainError
        If rasterio is not installed, or the file cannot be read or is no such raster.
    """
    rasterio, vrt = rasterio_library(kind.called)
    try:
        with warnings.catch_warnings():
            # What has no place on the earth is refused below.
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            raster = rasterio.open(path)
        with raster:
            _require_usable(path, raster, kind)
            if _is_of_the_form(raster):
                yield raster
                return
            void = raster.nodata if raster.nodata is not None else kind.void_in
            with vrt.WarpedVRT(
                raster,
                crs="EPSG:4326",
                resampling=rasterio.enums.Resampling[kind.resampling],
                src_nodata=void,
                nodata=void if kind.void_out is None else kind.void_out,
                dtype=kind.dtype,
            ) as warped:
                yield warped
    except rasterio.errors.RasterioError as err:
        raise TerrainError(
            f"{kind.what} {path}: is no raster that can be read, or is damaged ({err}); allowed are {kind.forms};"
            " fetch it again"
        ) from err


def _require_usable(path: Path, raster: Any, kind: RasterKind) -> None:
    named = f"{kind.what} {path}"
    if raster.count != 1:
        raise TerrainError(f"{named}: has {raster.count} bands; allowed is one band of {kind.values}")
    if raster.crs is None:
        raise TerrainError(f"{named}: does not say where on the earth it lies (no CRS); a GeoTIFF does")
    if not (raster.crs.is_geographic or raster.crs.is_projected):
        raise TerrainError(f"{named}: has coordinates of its own, which no degrees belong to: {raster.crs}")
    if min(raster.width, raster.height) < _LEAST_CELLS or raster.width * raster.height > kind.most_cells:
        allowed = f"{_LEAST_CELLS} by {_LEAST_CELLS}, up to {kind.most_cells:,} cells"
        raise TerrainError(f"{named}: is {raster.width} by {raster.height} cells; allowed are {allowed}")


def _is_of_the_form(raster: Any) -> bool:
    """Whether a raster is in WGS 84 degrees (or CGCS2000, the same to a metre) and north up."""
    grid = raster.transform
    return grid.b == grid.d == 0.0 and grid.a > 0.0 > grid.e and raster.crs.to_epsg() in _DEGREES
