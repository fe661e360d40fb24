"""A picture of an index over a grid: classes in colour, a legend with numbers, grey where there is no number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["EFFIS_FWI", "MapClasses", "draw_map"]

_NO_DATA = "#9e9e9e"


@dataclass(frozen=True, slots=True)
class MapClasses:
    """Classes of an index.

    Parameters
    ----------
    source : str
        Who set the limits, as the legend says it.
    limits : tuple of float
        Where one class ends and the next, more dangerous one begins (itself in the latter), ascending.
    names, colours : tuple of str
        One more than limits, from the least dangerous.

    Raises
    ------
    InvalidValue
        If the numbers do not ascend or do not match.
    """

    source: str
    limits: tuple[float, ...]
    names: tuple[str, ...]
    colours: tuple[str, ...]

    def __post_init__(self) -> None:
        if list(self.limits) != sorted(set(self.limits)) or not self.limits:
            raise InvalidValue("limits of the classes", self.limits, "ascending numbers, at least one")
        if len(self.names) != len(self.limits) + 1 or len(self.colours) != len(self.names):
            raise InvalidValue(
                "classes", (len(self.names), len(self.colours)), f"{len(self.limits) + 1} names and colours"
            )

    def label(self, index: int) -> str:
        """Return a class's name with its numbers."""
        low = None if index == 0 else self.limits[index - 1]
        high = None if index == len(self.limits) else self.limits[index]
        if low is None:
            return f"{self.names[index]}: under {high:g}"
        return f"{self.names[index]}: {low:g} and over" if high is None else f"{self.names[index]}: {low:g} to {high:g}"


# Limits of the European Forest Fire Information System for the FWI (EFFIS technical background, fire danger forecast).
EFFIS_FWI = MapClasses(
    "EFFIS",
    (5.2, 11.2, 21.3, 38.0, 50.0),
    ("very low", "low", "moderate", "high", "very high", "extreme"),
    ("#1a9850", "#a6d96a", "#fee08b", "#fc8d59", "#d73027", "#67001f"),
)


def draw_map(values: xr.DataArray, classes: MapClasses, title: str) -> Figure:
    """Return the picture of an index over rows and columns.

    Parameters
    ----------
    values : DataArray, shape (rows, columns)
        With one-dimensional coordinates; NaN is no data, grey.
    classes : MapClasses
        Limits, names and colours.
    title : str
        What is shown, with its day.

    Returns
    -------
    Figure
        Save it with `savefig`, as PNG or SVG.

    Raises
    ------
    InvalidValue
        If the values do not lie over two dimensions.
    """
    if values.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise InvalidValue("dimensions of a map", values.dims, "two: rows and columns of a grid")
    figure = Figure(figsize=(9.0, 6.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=_NO_DATA)
    rows, columns = (_positions(values, str(dim)) for dim in values.dims)
    edges = [-np.inf, *classes.limits, np.inf]
    colours, norm = ListedColormap(list(classes.colours)), BoundaryNorm(np.arange(len(edges)), len(classes.colours))
    numbers = np.asarray(values, dtype=np.float64)
    index = np.where(np.isnan(numbers), np.nan, np.searchsorted(classes.limits, numbers, side="right") + 0.5)
    axes.pcolormesh(columns, rows, np.ma.masked_invalid(index), cmap=colours, norm=norm, shading="nearest")
    axes.set(title=title, ylabel=_axis_label(values, 0), xlabel=_axis_label(values, 1))
    handles = [
        Patch(facecolor=colour, edgecolor="black", linewidth=0.5, label=classes.label(i))
        for i, colour in enumerate(classes.colours)
    ]
    no_data = Patch(facecolor=_NO_DATA, edgecolor="black", linewidth=0.5, label="no data")
    figure.legend(
        handles=[*handles[::-1], no_data], loc="outside right upper", title=f"classes: {classes.source}", frameon=False
    )
    return figure


def _positions(values: xr.DataArray, dim: str) -> np.ndarray:
    coordinate = values.coords.get(dim)
    return np.arange(values.sizes[dim]) if coordinate is None else np.asarray(coordinate)


def _axis_label(values: xr.DataArray, axis: int) -> str:
    dim = str(values.dims[axis])
    units = values.coords[dim].attrs.get("units") if dim in values.coords else None
    return dim if units is None else f"{dim} ({str(units).replace('_', ' ')})"
