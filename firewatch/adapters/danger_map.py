"""A picture of a code or index over a grid: an agency's classes in colour, a legend with limits, grey for no data."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from firewatch.adapters.chart_fonts import font_for
from firewatch.danger.class_tables import LimitSide
from firewatch.danger.index_classes import NO_CLASS, classify
from firewatch.errors import InvalidValue
from firewatch.texts import Language, catalogue

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

    from firewatch.danger.index_classes import ClassTable, DangerIndex

__all__ = ["MapClasses", "draw_map"]

_NO_DATA = "#9e9e9e"
_DPI = 120


@dataclass(frozen=True, slots=True)
class MapClasses:
    """Whose classes colour a map.

    Parameters
    ----------
    table : ClassTable
        Names, colours and limits.
    index : DangerIndex
        What is drawn.
    language : Language
        Of all words.

    Raises
    ------
    InvalidValue
        If the table has no limits for the index.
    """

    table: ClassTable
    index: DangerIndex
    language: Language

    def __post_init__(self) -> None:
        self.table.limits_of(self.index)

    def labels(self) -> list[tuple[str, str]]:
        """Return colour and words of each class of the index, from the lowest value up: name and limits."""
        limits = self.table.limits_of(self.index)
        upper, words = limits.limit_in is LimitSide.UPPER, catalogue(self.language)
        by_key = {one.key: one for one in self.table.classes}
        ends = limits.limits
        spans = [f"{'<' if upper else '≤'} {ends[0]:g}"]
        spans += [f"{low:g} – {high:g}" for low, high in pairwise(ends)]  # noqa: RUF001 - a span
        spans.append(f"{'≥' if upper else '>'} {ends[-1]:g}")
        told = [by_key[key] for key in limits.classes]
        return [
            (one.colour, f"{words.pick(zh=one.name_zh, en=one.name_en)}  {span}")
            for one, span in zip(told, spans, strict=True)
        ]

    def title(self) -> str:
        """Return whose classes these are, and whether they are to be confirmed."""
        words = catalogue(self.language)
        scheme = self.table.scheme
        if self.table.limits_of(self.index).provenance.mark.is_to_be_confirmed:
            scheme = f"{scheme} ({words.text('plot.unconfirmed')})"
        return words.text("plot.bands", column=self.index.value.upper(), scheme=scheme)

    def font(self) -> str:
        """Return a font that has all characters of the map's words; raise `InvalidValue` where there is none."""
        words = catalogue(self.language)
        own = (words.text("plot.no_data"), words.text(f"danger.part.{self.index.value}"), " ·-0123456789")
        return font_for(set("".join((*own, self.title(), *(label for _, label in self.labels())))))


def draw_map(values: xr.DataArray, classes: MapClasses, day: str, path: Path) -> Figure:
    """Draw a day's codes or indices over rows and columns into a file, PNG or SVG by its ending; return the drawing.

    Parameters
    ----------
    values : DataArray, shape (rows, columns)
        With one-dimensional coordinates; NaN, and what the index cannot be, is no data, grey.
    classes : MapClasses
        Limits, names, colours, and the language.
    day : str
        As ``2026-03-01``, for the title.
    path : Path
        Written as it is drawn: whoever calls gives a name beside the final one.

    Raises
    ------
    InvalidValue
        If the values do not lie over two dimensions, or no font of this machine has the characters.
    OSError
        If the file cannot be written.
    """
    if values.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise InvalidValue("dimensions of a map", values.dims, "two: rows and columns of a grid")
    words = catalogue(classes.language)
    with mpl.rc_context({"font.family": [classes.font()], "axes.unicode_minus": False, "svg.hashsalt": "firewatch"}):
        figure = Figure(figsize=(9.0, 6.5), layout="constrained")
        FigureCanvasAgg(figure)
        _paint(figure, values, classes)
        figure.axes[0].set_title(f"{words.text(f'danger.part.{classes.index.value}')} · {day}")
        _add_legend(figure, classes, words.text("plot.no_data"))
        figure.savefig(path, dpi=_DPI)
    return figure


def _paint(figure: Figure, values: xr.DataArray, classes: MapClasses) -> None:
    axes = figure.add_subplot(facecolor=_NO_DATA)
    rows, columns = (_positions(values, str(dim)) for dim in values.dims)
    ranks = classify(np.asarray(values, dtype=np.float64), classes.table, classes.index).ranks
    colours = [one.colour for one in classes.table.classes]
    norm = BoundaryNorm(np.arange(len(colours) + 1) - 0.5, len(colours))
    known = np.ma.masked_equal(ranks, NO_CLASS)
    axes.pcolormesh(columns, rows, known, cmap=ListedColormap(colours), norm=norm, shading="nearest")
    axes.set(ylabel=_axis_label(values, 0), xlabel=_axis_label(values, 1))


def _add_legend(figure: Figure, classes: MapClasses, no_data: str) -> None:
    """Add the classes from the highest value down, and no data."""
    handles = [
        Patch(facecolor=colour, edgecolor="black", linewidth=0.5, label=label)
        for colour, label in [*classes.labels()[::-1], (_NO_DATA, no_data)]
    ]
    figure.legend(handles=handles, loc="outside right upper", title=classes.title(), frameon=False)


def _positions(values: xr.DataArray, dim: str) -> np.ndarray:
    coordinate = values.coords.get(dim)
    return np.arange(values.sizes[dim]) if coordinate is None else np.asarray(coordinate)


def _axis_label(values: xr.DataArray, axis: int) -> str:
    dim = str(values.dims[axis])
    units = values.coords[dim].attrs.get("units") if dim in values.coords else None
    return dim if units is None else f"{dim} ({str(units).replace('_', ' ')})"
