"""A station's codes and indices over time, drawn by matplotlib into a PNG or SVG file.

Small multiples over one axis of days: indices, codes, rain as bars. Classes lie behind as bands that carry their number
and name. A day without data breaks the line and is hatched; an estimated one is a hollow point.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.adapters.chart_fonts import font_for
from firewatch.adapters.danger_series_csv import CHART_COLUMNS
from firewatch.errors import ConfigError, InvalidValue, ObservationError
from firewatch.texts import Language, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from firewatch.adapters.chart_bands import Bands
    from firewatch.adapters.danger_series_csv import DangerSeries
    from firewatch.texts import Catalogue

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["CHART_KINDS", "charting", "draw_chart"]

CHART_KINDS = (".png", ".svg")
_UNCONFIRMED = "danger.mark.to_be_confirmed."
_INSTALL = "pip install 'firewatch[plot]'"
_HEIGHTS = {"fwi": 2.4, "grade": 1.5}  # of one panel, beside 1 for the others
_LINE, _GRID = "#1f2933", "#d5dae0"
_DPI = 120


def draw_chart(series: DangerSeries, path: Path, language: Language, bands: Sequence[Bands]) -> None:
    """Draw a series into a file: whole, or not at all.

    Parameters
    ----------
    series : DangerSeries
        What is drawn; a panel for each of its columns.
    path : Path
        Its ending says the kind: one of `CHART_KINDS`.
    language : Language
        Of all words.
    bands : sequence of Bands
        Classes to lie behind their columns; those of other columns are left out.

    Raises
    ------
    InvalidValue
        If the ending is another, or no font of this machine has the characters.
    ConfigError
        If matplotlib is not installed.
    ObservationError
        If the file cannot be written.
    """
    words = catalogue(language)
    behind = {each.column: each for each in bands if each.column in series.columns}
    with charting(path, {*_title(series, words), *_all_texts(words, behind.values())}):
        _save(_figure(series, language, behind), path)


@contextlib.contextmanager
def charting(path: Path, characters: set[str]) -> Iterator[None]:
    """Draw a chart within: with a font that has its characters, and the same bytes from run to run.

    Parameters
    ----------
    path : Path
        Where it goes; its ending must be one of `CHART_KINDS`.
    characters : set of str
        All that is written on it.

    Raises
    ------
    InvalidValue
        If the ending is another, or no font of this machine has the characters.
    ConfigError
        If matplotlib is not installed.
    """
    if path.suffix.lower() not in CHART_KINDS:
        raise InvalidValue("name of the chart", path.name, f"one that ends in {' or '.join(CHART_KINDS)}")
    try:
        import matplotlib as mpl
    except ModuleNotFoundError as err:
        raise ConfigError("matplotlib", "charts", f"is not installed; install it with {_INSTALL}") from err
    # Of the whole process otherwise: minus signs that every font has, and ids that do not change from run to run.
    font = font_for(characters)
    with mpl.rc_context({"font.family": [font], "axes.unicode_minus": False, "svg.hashsalt": "firewatch"}):
        yield


def _figure(series: DangerSeries, language: Language, behind: Mapping[str, Bands]) -> Figure:
    """Return the drawing: a panel a column, the rain below all others."""
    from matplotlib.figure import Figure

    words = catalogue(language)
    names = sorted(series.columns, key=CHART_COLUMNS.index)
    heights = [_HEIGHTS.get(name, 1.0) for name in names]
    figure = Figure(figsize=(11.0, 1.1 + 0.95 * sum(heights)), dpi=_DPI, layout="constrained")
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for name, panel in zip(names, panels, strict=True):
        _draw_panel(panel, name, series, behind.get(name), words)
    _date_axis(panels[-1], series, language)
    figure.suptitle(_title(series, words), x=0.01, ha="left", fontsize=13)
    figure.supxlabel(_footer(series, behind.values(), words), x=0.01, ha="left", fontsize=8)
    return figure


def _draw_panel(panel: Axes, name: str, series: DangerSeries, bands: Bands | None, words: Catalogue) -> None:
    values, days = series.columns[name], series.days
    panel.set_title(_name(name, words), loc="left", fontsize=9, pad=2)
    panel.tick_params(labelsize=8, length=2)
    panel.grid(axis="both", color=_GRID, linewidth=0.5)
    panel.set_axisbelow(True)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
    if name == "rain_mm":
        panel.bar(days, np.nan_to_num(values), width=0.9, color="#3b6ea5")
    elif name == "grade":
        panel.plot(days, values, drawstyle="steps-mid", color=_LINE, linewidth=1.2)
    else:
        panel.plot(days, values, color=_LINE, linewidth=1.1)
    if name != "rain_mm":
        _draw_points(panel, series, values)
    _limit(panel, name, values, bands)
    if bands is not None:
        _draw_bands(panel, bands, words)
    for begin, end in _runs(np.isnan(values)):
        # In the panel's own height; half a day to each side, as wide as the days that are missing.
        span = (days[begin] - np.timedelta64(12, "h"), days[end - 1] + np.timedelta64(12, "h"))
        panel.axvspan(*span, facecolor="#eceff2", edgecolor="#8a949e", hatch="////", linewidth=0.0, zorder=2)


def _draw_points(panel: Axes, series: DangerSeries, values: Numbers) -> None:
    """Draw what a line cannot: a day between two missing ones, and estimated days as hollow points."""
    known = ~np.isnan(values)
    alone = known & ~np.roll(np.append(known, False), 1)[:-1] & ~np.append(known, False)[1:]
    if alone.any():
        panel.plot(series.days[alone], values[alone], ".", color=_LINE, markersize=3)
    filled = known & series.is_estimated
    if filled.any():
        panel.plot(series.days[filled], values[filled], "o", mfc="white", mec=_LINE, markersize=4, zorder=4)


def _limit(panel: Axes, name: str, values: Numbers, bands: Bands | None) -> None:
    """Set the height: from 0, to a little above the largest number; whole grades."""
    if name == "grade":
        panel.set_ylim(0.5, 5.5)
        panel.set_yticks(range(1, 6))
        return
    known = values[~np.isnan(values)]
    top = float(known.max()) * 1.08 if known.size else 1.0
    if bands is not None and len(bands.bands) > 1:
        top = max(top, bands.bands[1].high if np.isfinite(bands.bands[1].high) else bands.bands[1].low * 1.5)
    low = 0.0 if name != "ffmc" or not known.size else float(np.floor(min(known.min(), 80.0) / 10.0) * 10.0)
    panel.set_ylim(low, max(top, low + 1.0) if name != "ffmc" else 101.0)


def _draw_bands(panel: Axes, bands: Bands, words: Catalogue) -> None:
    """Lay the classes behind, each with its number and name at the right, no two names on top of each other."""
    low, high = panel.get_ylim()
    shown = [band for band in bands.bands if band.low < high and band.high > low]
    height_in = panel.get_position().height * panel.figure.get_figheight()  # type: ignore[union-attr] # it has one
    middles = [(max(band.low, low) + min(band.high, high)) / 2.0 for band in shown]
    places = _apart(middles, (high - low) * 0.125 / max(height_in, 0.1), low, high)
    for band, middle, place in zip(shown, middles, places, strict=True):
        panel.axhspan(max(band.low, low), min(band.high, high), facecolor=band.colour, linewidth=0.0, zorder=0)
        if band.low > low:
            panel.axhline(band.low, color="#9aa5b1", linewidth=0.4, zorder=1)
        # A hair from the class to its name, where the name had to move away.
        panel.annotate(
            f"{band.number} {words.pick(zh=band.name_zh, en=band.name_en)}",
            (1.0, middle),
            xytext=(1.012, place),
            xycoords=("axes fraction", "data"),
            textcoords=("axes fraction", "data"),
            arrowprops={"arrowstyle": "-", "linewidth": 0.4, "color": "#68737d", "shrinkA": 0.0, "shrinkB": 0.0},
            fontsize=8,
            va="center",
            annotation_clip=False,
        )


def _apart(middles: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Return rising places near the middles, no two nearer than the least, inside as far as there is room."""
    places = list(middles)
    for index in range(1, len(places)):
        places[index] = max(places[index], places[index - 1] + least)
    ceiling = high - least / 2.0
    for index in reversed(range(len(places))):
        places[index] = min(places[index], ceiling)
        ceiling = places[index] - least
    return [max(place, low) for place in places] if len(places) * least <= high - low else places


def _date_axis(panel: Axes, series: DangerSeries, language: Language) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=4, maxticks=12)  # type: ignore[no-untyped-call]
    formats = None
    if language is Language.ZH_CN:
        formats = ["%Y年", "%m月", "%m-%d", "%H:%M", "%H:%M", "%S"]
    zeros = None if formats is None else ["", "%Y年", "%m月", "%m-%d", "%H:%M", "%H:%M"]
    panel.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator, formats=formats, zero_formats=zeros, show_offset=False
    )
    panel.xaxis.set_major_formatter(formatter)
    half = np.timedelta64(12, "h")
    panel.set_xlim(series.days[0] - half, series.days[-1] + half)


def _title(series: DangerSeries, words: Catalogue) -> str:
    return words.text("plot.title", station=series.station, first=series.first_day, last=series.last_day)


def _name(column: str, words: Catalogue) -> str:
    own = {"rain_mm": "plot.rain", "grade": "plot.grade"}
    return words.text(own.get(column, f"danger.part.{column}"))


def _footer(series: DangerSeries, behind: Iterable[Bands], words: Catalogue) -> str:
    """Return the line below: whose classes these are, what is to be verified, how many days are missing."""
    said = []
    columns: dict[str, list[str]] = {}
    for each in behind:
        scheme = f"{each.scheme} ({words.text('plot.unconfirmed')})" if each.is_to_be_confirmed else each.scheme
        columns.setdefault(scheme, []).append(
            words.text("plot.grade") if each.column == "grade" else each.column.upper()
        )
    for scheme, names in columns.items():
        said.append(words.text("plot.bands", column=", ".join(names), scheme=scheme))
    unsure = [mark.removeprefix(_UNCONFIRMED) for mark in series.marks if mark.startswith(_UNCONFIRMED)]
    parts = sorted(part.upper() if len(part) == 1 else part for part in unsure)
    if parts and "grade" in series.columns:
        said.append(words.text("danger.unverified", parts=words.pick(zh="、", en=", ").join(parts)))
    codes = [values for name, values in series.columns.items() if name != "grade"]
    gaps = int(np.any([np.isnan(values) for values in codes], axis=0).sum()) if codes else 0
    if gaps:
        said.append(words.text("plot.gap", count=gaps))
    estimated = int(series.is_estimated.sum())
    if estimated:
        said.append(words.text("plot.estimated", count=estimated))
    return " · ".join(said)


def _all_texts(words: Catalogue, behind: Iterable[Bands]) -> set[str]:
    """Return every character that the words of a chart may have."""
    behind = list(behind)
    names = {words.pick(zh=band.name_zh, en=band.name_en) for each in behind for band in each.bands}
    keys = ("bands", "estimated", "gap", "unconfirmed")
    said = {each.scheme for each in behind}
    said |= {words.text(f"plot.{key}", column="", scheme="", count=0) for key in keys} | names
    parts = {_name(column, words) for column in CHART_COLUMNS}
    return set("".join((*said, *parts, words.pick(zh="年月、,", en=","), words.text("danger.unverified", parts=""))))


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where flags that are set begin and end."""
    edges = np.diff(flags.astype(np.int8), prepend=np.int8(0), append=np.int8(0))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def _save(figure: Figure, path: Path) -> None:
    kind = path.suffix.lower().lstrip(".")
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    # Without the date of drawing: the same series gives the same file.
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    try:
        try:
            figure.savefig(beside, format=kind, metadata=metadata)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as err:
        raise ObservationError("(file)", str(path), f"cannot be written: {err.strerror}") from err
