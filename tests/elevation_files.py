"""Elevation models as files, as their publishers cut them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["height_of", "write_hgt", "write_tif"]


def height_of(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Return a slope in degrees, which bilinear sampling gives back [m]."""
    return 900.0 + 500.0 * (lat - 26.9) - 400.0 * (lon - 112.6)


def write_tif(path: Path, box: tuple[float, float, float, float], step: float = 1.0 / 1200.0, **more: Any) -> Path:
    """Write the slope between west, south, east and north, north up, as a GeoTIFF in degrees; `heights` replaces it."""
    import rasterio
    from rasterio.transform import from_origin

    west, south, east, north = box
    lon = np.arange(west + step / 2.0, east, step)
    lat = np.arange(north - step / 2.0, south, -step)
    heights = np.asarray(more.pop("heights", height_of(*np.meshgrid(lat, lon, indexing="ij")).astype(np.float32)))
    profile = {"driver": "GTiff", "crs": "EPSG:4326", "count": 1, "dtype": heights.dtype.name} | more
    size = {"height": heights.shape[-2], "width": heights.shape[-1], "transform": from_origin(west, north, step, step)}
    with rasterio.open(path, "w", **{**size, **profile}) as target:
        target.write(heights if heights.ndim == 3 else heights[None])
    return path


def write_hgt(folder: Path, lat: int, lon: int, heights: np.ndarray | None = None) -> Path:
    """Write the slope as SRTM of 3 seconds does: 1201 x 1201 big-endian numbers, edges shared, named by the corner."""
    north = lat + 1 - np.arange(1201) / 1200.0
    east = lon + np.arange(1201) / 1200.0
    values = np.rint(height_of(*np.meshgrid(north, east, indexing="ij"))) if heights is None else heights
    path = folder / f"N{lat:02d}E{lon:03d}.hgt"
    path.write_bytes(values.astype(">i2").tobytes())
    return path
