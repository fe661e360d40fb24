"""A danger surface as a picture over a web map.

A web map stretches a picture evenly between its corners in Web Mercator, not in degrees. Rows evenly spaced in latitude
would lie wrong: by 0.35 km over a city, by 100 km over China. So the rows here are evenly spaced in
Mercator's y.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from firewatch.domain.checks import require_between
from firewatch.errors import InvalidValue
from firewatch.geodesy import mercator_y

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.danger.surface_grid import SurfaceGrid

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["CLASS_COLOURS", "NO_DATA_COLOUR", "picture_corners", "surface_pixels", "surface_png"]

# The grades' colours on the pages, green to red; the last is for scales of six classes.
CLASS_COLOURS = ((46, 125, 50), (21, 101, 192), (255, 214, 0), (251, 140, 0), (198, 40, 40), (93, 16, 73))
NO_DATA_COLOUR = (70, 84, 95)
_ALPHA, _NO_DATA_ALPHA = 140, 110  # the map shows through
_MOST_PIXELS = 2048  # a side: what every browser's graphics card takes


def picture_corners(surface: SurfaceGrid) -> tuple[tuple[float, float], ...]:
    """Return longitude and latitude of the corners from the upper left, clockwise: MapLibre's `coordinates`."""
    west, south, east, north = surface.axes.box_deg
    return ((west, north), (east, north), (east, south), (west, south))


def surface_pixels(surface: SurfaceGrid, pixels_a_cell: int = 4) -> npt.NDArray[np.uint8]:
    """Return the picture, shape (height, width, 4), red, green, blue, alpha; the first row is the northernmost.

    Parameters
    ----------
    surface : SurfaceGrid
        Values are interpolated between the cells' centres; where a cell knows nothing the picture is grey to its edge.
    pixels_a_cell : int
        1 to 16; fewer where the picture would pass 2048 pixels a side.

    Raises
    ------
    InvalidValue
        If the surface has more classes than there are colours, or `pixels_a_cell` is out of range.
    """
    require_between("pixels a cell", pixels_a_cell, 1, 16)
    if surface.limits.count > len(CLASS_COLOURS):
        raise InvalidValue("classes of a picture", surface.limits.count, f"at most {len(CLASS_COLOURS)}")
    _, south, _, north = surface.axes.box_deg
    rows, columns = surface.axes.shape
    height, width = (min(n * pixels_a_cell, _MOST_PIXELS) for n in (rows, columns))
    y = np.linspace(mercator_y(north), mercator_y(south), 2 * height + 1)[1::2]
    lat = np.degrees(np.arcsin(np.tanh(y)))
    row = (lat - south) / surface.axes.steps_deg[0] - 0.5
    column = np.linspace(-0.5, columns - 0.5, 2 * width + 1)[1::2]
    known = surface.is_known
    weight = _between(row, rows) @ known.astype(np.float64) @ _between(column, columns).T
    value = _between(row, rows) @ np.where(known, surface.value, 0.0) @ _between(column, columns).T
    nearest = np.ix_(
        np.clip(np.rint(row), 0, rows - 1).astype(int), np.clip(np.rint(column), 0, columns - 1).astype(int)
    )
    shown = np.where(known[nearest], value / np.maximum(weight, 1e-9), np.nan)
    return _palette(surface.limits.count)[surface.limits.classes_of(shown)]


def surface_png(surface: SurfaceGrid, pixels_a_cell: int = 4) -> bytes:
    """Return the picture as PNG; see `surface_pixels`."""
    pixels = surface_pixels(surface, pixels_a_cell)
    _, encoded = cv2.imencode(".png", pixels[:, :, [2, 1, 0, 3]], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return encoded.tobytes()


def _between(at: Numbers, count: int) -> Numbers:
    """Return the weights of cells at fractional indices, shape (len(at), count): linear, flat beyond the outer ones."""
    inside = np.clip(at, 0.0, count - 1.0)
    return np.maximum(0.0, 1.0 - np.abs(inside[:, None] - np.arange(count)[None, :]))


def _palette(classes: int) -> npt.NDArray[np.uint8]:
    """Return colours by class, first "no data"."""
    colours = [(*NO_DATA_COLOUR, _NO_DATA_ALPHA), *((*colour, _ALPHA) for colour in CLASS_COLOURS[:classes])]
    return np.array(colours, dtype=np.uint8)
