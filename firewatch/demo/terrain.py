"""The demo's invented hills as an elevation model, imported as a bureau's own would be."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from firewatch.adapters.terrain_folder import TerrainFolder

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.geodesy import LocalPlane
    from firewatch.scene import Landscape

__all__ = ["write_terrain"]

# About the 50 m of the cells that the hills are made with.
_STEP_DEG = 1.0 / 2400.0
# The plane's square is no rectangle of degrees: a model that stays inside it knows all its heights.
_MARGIN_M = 300.0


def write_terrain(folder: Path, landscape: Landscape, plane: LocalPlane) -> bool:
    """Write hills as a GeoTIFF and import it.

    Parameters
    ----------
    folder : Path
        Of the demo; the tiles' folder ``terrain`` is made in it.
    landscape : Landscape
        The hills that the cameras look at.
    plane : LocalPlane
        On which they lie.

    Returns
    -------
    bool
        False where rasterio (extra ``terrain``) is not installed: the demo then goes on without a terrain model.
    """
    if find_spec("rasterio") is None:
        return False
    import rasterio
    from rasterio.transform import from_origin

    rows, columns = landscape.elevation_m.shape
    east_m = landscape.origin_east_m + landscape.cell_m * np.array([0, columns - 1])
    north_m = landscape.origin_north_m + landscape.cell_m * np.array([0, rows - 1])
    lat, _ = plane.unproject_all(np.zeros(2), north_m + np.array([_MARGIN_M, -_MARGIN_M]))
    _, lon = plane.unproject_all(east_m + np.array([_MARGIN_M, -_MARGIN_M]), np.full(2, north_m[1]))
    lats, lons = np.arange(lat[1], lat[0], -_STEP_DEG), np.arange(lon[0], lon[1], _STEP_DEG)
    heights = _heights_at(landscape, *plane.project_all(*np.meshgrid(lats, lons, indexing="ij")))
    source = folder / "hills.tif"
    form = {"driver": "GTiff", "crs": "EPSG:4326", "count": 1, "dtype": "float32"}
    corner = from_origin(lon[0] - _STEP_DEG / 2.0, lat[1] + _STEP_DEG / 2.0, _STEP_DEG, _STEP_DEG)
    with rasterio.open(source, "w", width=lons.size, height=lats.size, transform=corner, **form) as target:
        target.write(heights[None])
    TerrainFolder(folder / "terrain").add(source, lambda _word, _done, _of: None)
    return True


def _heights_at(landscape: Landscape, east_m: np.ndarray, north_m: np.ndarray) -> np.ndarray:
    import cv2

    x = ((east_m - landscape.origin_east_m) / landscape.cell_m).astype(np.float32)
    y = ((north_m - landscape.origin_north_m) / landscape.cell_m).astype(np.float32)
    return np.asarray(
        cv2.remap(landscape.elevation_m, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
