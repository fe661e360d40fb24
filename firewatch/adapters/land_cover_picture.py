"""What covers the ground around a place, drawn by matplotlib (extra `plot`) into a PNG file."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.adapters.terrain_picture import drawing, legend_below, mark_towers, save_figure
from firewatch.domain.land import LandClass
from firewatch.texts import Language, catalogue

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.domain.sites import SiteMap
    from firewatch.terrain import TerrainGrid

    Codes: TypeAlias = npt.NDArray[np.uint8]

__all__ = ["draw_cover"]

# Forests dark, fields and grass light, water blue: they differ in lightness too.
_COLOURS = {
    LandClass.TREE_COVER: "#1b5e20",
    LandClass.NEEDLELEAF: "#0b3d12",
    LandClass.BROADLEAF: "#2e7d32",
    LandClass.MIXED_FOREST: "#235c2a",
    LandClass.SHRUBLAND: "#8a9a3b",
    LandClass.GRASSLAND: "#cddc6a",
    LandClass.CROPLAND: "#f3e5a0",
    LandClass.BUILT_UP: "#b71c1c",
    LandClass.BARE: "#bcaaa4",
    LandClass.SNOW: "#eceff1",
    LandClass.WATER: "#1565c0",
    LandClass.WETLAND: "#4db6ac",
    LandClass.MANGROVES: "#00796b",
    LandClass.MOSS: "#d7ccc8",
}
_UNKNOWN = "#ffffff"
_DPI = 120


def draw_cover(path: Path, language: Language, sites: SiteMap, name: str, seen: tuple[TerrainGrid, Codes]) -> None:
    """Draw the class that covers most of each cell: whole, or not at all.

    Parameters
    ----------
    path : Path
        Ends in .png.
    language : Language
        Of the words.
    sites : SiteMap
        Its towers are marked.
    name : str
        Of the place in the middle.
    seen : tuple
        The raster, and its classes, shape (rows, columns).

    Raises
    ------
    InvalidValue
        If the file's name ends otherwise, or no font of this machine has the characters.
    ConfigError
        If matplotlib is not installed.
    ObservationError
        If the file cannot be written.
    """
    grid, codes = seen
    words = catalogue(language)
    title = words.text("land.view", place=name, km=f"{-grid.west_m / 1000.0:.1f}")
    kinds = [kind for kind in LandClass if np.any(codes == kind)]
    labels = [f"{words.text(f'land.{kind.slug}')} {100.0 * float(np.mean(codes == kind)):.0f}%" for kind in kinds]
    unknown, axes = words.text("land.unknown"), (words.text("terrain.east"), words.text("terrain.north"))
    towers = [words.pick(zh=one.name.zh, en=one.name.en) for one in sites.towers]
    with drawing(path, set("".join([title, unknown, *labels, *axes, *towers]))):
        from matplotlib.colors import to_rgb
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, 8.6), dpi=_DPI, layout="constrained")
        panel = figure.subplots()
        palette = np.tile(np.array(to_rgb(_UNKNOWN)), (256, 1))
        for kind in kinds:
            palette[kind] = to_rgb(_COLOURS[kind])
        half_km = -grid.west_m / 1000.0
        panel.imshow(palette[codes], extent=(-half_km, half_km, -half_km, half_km), interpolation="nearest")
        mark_towers(panel, sites, grid, half_km, words)
        panel.set_title(title, loc="left", fontsize=12)
        panel.set_xlabel(axes[0], fontsize=9)
        panel.set_ylabel(axes[1], fontsize=9)
        told = [*zip((_COLOURS[kind] for kind in kinds), labels, strict=True)]
        told += [(_UNKNOWN, unknown)] if np.any(codes == 0) else []
        legend_below(panel, told)
        save_figure(figure, path)
