"""What a tower sees over the elevation model, drawn by matplotlib (extra `plot`) into a PNG file."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.adapters.chart_fonts import font_for
from firewatch.adapters.whole_file import write_whole
from firewatch.errors import ConfigError, InvalidValue
from firewatch.texts import Language, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from firewatch.domain.sites import SiteMap, Tower
    from firewatch.geodesy import LocalPlane
    from firewatch.terrain import Skyline, TerrainGrid
    from firewatch.texts import Catalogue

    Heights: TypeAlias = npt.NDArray[np.float32]
    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["draw_skyline", "draw_view", "drawing", "legend_below", "mark_towers", "save_figure"]

# From the ground that is seen to smoke that is seen from 200 m on: colours that differ in lightness too.
_LIMITS_M = (0.0, 20.0, 50.0, 100.0, 200.0)
_COLOURS = ("#1b7837", "#5aae61", "#a6dba0", "#fdd49e", "#fc8d59")
_HIDDEN, _UNKNOWN = "#5b5f66", "#ffffff"
_LINE, _MARK = "#1f2933", "#b30000"
_DPI = 120
_MOST_PIXELS = 1600
_INSTALL = "pip install 'firewatch[plot]'"


def draw_view(
    path: Path, language: Language, sites: SiteMap, tower: Tower, seen: tuple[TerrainGrid, Heights, float]
) -> None:
    """Draw over the hills how tall smoke must be to be seen by a tower: whole, or not at all.

    Parameters
    ----------
    path : Path
        Ends in .png.
    language : Language
        Of the words.
    sites : SiteMap
        Its towers are marked.
    tower : Tower
        In the middle of the raster.
    seen : tuple
        The ground; the least visible heights over it, shape (rows, columns) [m]; the range [m].

    Raises
    ------
    InvalidValue
        If the file's name ends otherwise, or no font of this machine has the characters.
    ConfigError
        If matplotlib is not installed.
    ObservationError
        If the file cannot be written.
    """
    grid, least_m, range_m = seen
    words = catalogue(language)
    title = words.text("terrain.view", tower=_name(tower, words), km=f"{range_m / 1000:g}")
    names = [_name(one, words) for one in sites.towers]
    with drawing(path, {*title, *"".join(names), *_all_words(words)}):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, 8.6), dpi=_DPI, layout="constrained")
        panel = figure.subplots()
        half_km = -grid.west_m / 1000.0
        edges = (-half_km, half_km, -half_km, half_km)
        step = max(1, grid.shape[0] // _MOST_PIXELS)
        panel.imshow(_view_pixels(grid, least_m)[::step, ::step], extent=edges, interpolation="nearest")
        _mark_cameras(panel, tower, range_m)
        mark_towers(panel, sites, grid, half_km, words)
        panel.set_title(title, loc="left", fontsize=12)
        panel.set_xlabel(words.text("terrain.east"), fontsize=9)
        panel.set_ylabel(words.text("terrain.north"), fontsize=9)
        _legend(panel, words)
        save_figure(figure, path)


def draw_skyline(path: Path, language: Language, tower: Tower, found: Skyline) -> None:
    """Draw the horizon around a tower, with the views of its cameras; parameters and errors as `draw_view`."""
    words = catalogue(language)
    title = words.text("terrain.skyline", tower=_name(tower, words))
    with drawing(path, {*title, *_all_words(words)}):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(14.0, 4.2), dpi=_DPI, layout="constrained")
        panel = figure.subplots()
        known = ~np.isnan(found.elevation_deg)
        low = float(found.elevation_deg[known].min(initial=0.0)) - 1.0
        high = float(found.elevation_deg[known].max(initial=0.0))
        panel.fill_between(found.azimuth_deg, low, found.elevation_deg, color="#c9d3c0", linewidth=0.0)
        points = panel.scatter(
            found.azimuth_deg, found.elevation_deg, c=found.distance_m / 1000.0, s=4.0, cmap="viridis_r", zorder=3
        )
        figure.colorbar(points, ax=panel, label=words.text("terrain.distance"), pad=0.01)
        _mark_views(panel, tower, high)
        panel.axhline(0.0, color=_LINE, linewidth=0.6, linestyle=":")
        panel.set_xlim(0.0, 360.0)
        panel.set_ylim(low, high + max(1.0, 0.25 * (high - low)))
        panel.set_xticks(range(0, 361, 30))
        panel.set_title(title, loc="left", fontsize=12)
        panel.set_xlabel(words.text("terrain.azimuth"), fontsize=9)
        panel.set_ylabel(words.text("terrain.elevation"), fontsize=9)
        save_figure(figure, path)


@contextmanager
def drawing(path: Path, characters: set[str]) -> Iterator[None]:
    """Check the file's name, and set what matplotlib keeps for the whole process otherwise."""
    if path.suffix.lower() != ".png":
        raise InvalidValue("name of the picture", path.name, "one that ends in .png")
    try:
        import matplotlib as mpl
    except ModuleNotFoundError as err:
        raise ConfigError("matplotlib", "pictures", f"is not installed; install it with {_INSTALL}") from err
    with mpl.rc_context({"font.family": [font_for(characters)], "axes.unicode_minus": False}):
        yield


def save_figure(figure: Figure, path: Path) -> None:
    """Write a picture, whole or not at all."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": "firewatch"})
    write_whole(path, drawn.getvalue())


def _view_pixels(grid: TerrainGrid, least_m: Heights) -> Numbers:
    """Return the classes' colours in the light of the hills, shape (rows, columns, 3), 0 to 1."""
    from matplotlib.colors import LightSource, to_rgb

    palette = np.array([to_rgb(colour) for colour in (*_COLOURS, _HIDDEN, _UNKNOWN)])
    classes = np.searchsorted(np.array(_LIMITS_M), np.nan_to_num(least_m, nan=0.0), side="left")
    colours = palette[np.where(np.isnan(least_m), len(palette) - 1, classes)]
    heights = np.nan_to_num(grid.elevation_m, nan=float(np.nanmin(grid.elevation_m)))
    light = LightSource(azdeg=315.0, altdeg=45.0).hillshade(heights, vert_exag=2.0, dx=grid.cell_m, dy=grid.cell_m)
    return np.asarray(np.where(np.isnan(least_m)[..., None], colours, colours * (0.45 + 0.55 * light[..., None])))


def _mark_cameras(panel: Axes, tower: Tower, range_m: float) -> None:
    """Draw the range as a ring, and the edges of each fixed view."""
    from matplotlib.patches import Circle

    panel.add_patch(Circle((0.0, 0.0), range_m / 1000.0, fill=False, edgecolor=_LINE, linewidth=0.8))
    for camera in tower.cameras:
        for pose in camera.poses:
            look = pose.calibration
            for edge in (look.azimuth_deg - look.hfov_deg / 2.0, look.azimuth_deg + look.hfov_deg / 2.0):
                far = min(camera.range_m, range_m) / 1000.0
                east, north = far * np.sin(np.radians(edge)), far * np.cos(np.radians(edge))
                panel.plot([0.0, east], [0.0, north], color=_LINE, linewidth=0.6, linestyle="--")


def mark_towers(panel: Axes, sites: SiteMap, grid: TerrainGrid, half_km: float, words: Catalogue) -> None:
    """Mark the towers with their names, and set the limits of the map [km]."""
    plane: LocalPlane = grid.plane
    for tower in sites.towers:
        point = plane.project(tower.position)
        east, north = point.east_m / 1000.0, point.north_m / 1000.0
        if max(abs(east), abs(north)) < half_km:
            panel.plot(east, north, "^", color=_MARK, markeredgecolor="white", markersize=9)
            panel.annotate(
                _name(tower, words),
                (east, north),
                xytext=(7, 5),
                textcoords="offset points",
                fontsize=9,
                bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.5},
            )
    panel.set_xlim(-half_km, half_km)
    panel.set_ylim(-half_km, half_km)


def _mark_views(panel: Axes, tower: Tower, top: float) -> None:
    """Draw over which azimuths each pose looks."""
    poses = [(camera.camera_id, pose) for camera in tower.cameras for pose in camera.poses]
    for number, (camera, pose) in enumerate(poses):
        look, height = pose.calibration, top + 0.35 + 0.12 * (number % 3)
        left = look.azimuth_deg - look.hfov_deg / 2.0
        for turn in (-360.0, 0.0, 360.0):
            panel.plot([left + turn, left + look.hfov_deg + turn], [height, height], color=_MARK, linewidth=2.0)
        label, middle = f"{camera} {pose.pose_id}", (look.azimuth_deg, height)
        panel.annotate(label, middle, xytext=(0, 3), textcoords="offset points", ha="center", va="bottom", fontsize=7)


def _legend(panel: Axes, words: Catalogue) -> None:
    labels = [words.text("terrain.ground")]
    labels += [words.text("terrain.smoke", m=f"{limit:.0f}") for limit in _LIMITS_M[1:]]
    labels += [words.text("terrain.hidden", m=f"{_LIMITS_M[-1]:.0f}"), words.text("terrain.unknown")]
    legend_below(panel, list(zip((*_COLOURS, _HIDDEN, _UNKNOWN), labels, strict=True)))


def legend_below(panel: Axes, told: Sequence[tuple[str, str]]) -> None:
    """Put what colours mean below a map: colour and label of each."""
    from matplotlib.patches import Patch

    patches = [Patch(facecolor=colour, edgecolor=_LINE, linewidth=0.4, label=label) for colour, label in told]
    panel.legend(handles=patches, loc="upper center", bbox_to_anchor=(0.5, -0.07), ncols=4, fontsize=8, frameon=False)


def _all_words(words: Catalogue) -> str:
    return "".join(text for key, text in words.texts.items() if key.startswith("terrain."))


def _name(tower: Tower, words: Catalogue) -> str:
    return words.pick(zh=tower.name.zh, en=tower.name.en)
