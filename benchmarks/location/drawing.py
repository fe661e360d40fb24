"""Pictures of the study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LightSource
from matplotlib.figure import Figure

from benchmarks.location.country import HALF_M
from benchmarks.location.simulate import Case, draw
from benchmarks.location.study_one_fire import LENSES
from firewatch.fusion.posterior import locate_fire
from firewatch.fusion.regions import region
from firewatch.geodesy import PlanePoint

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.location.country import Country
    from benchmarks.location.simulate import Draw
    from benchmarks.location.study_one_fire import Row
    from firewatch.fusion.posterior import Posterior

__all__ = ["draw_pictures", "draw_regions"]

_KM = 1000.0


def draw_pictures(country: Country, rows: list[Row], folder: Path) -> None:
    """Write position-regions.png (one fire, seen by more and more) and position-errors.png."""
    folder.mkdir(parents=True, exist_ok=True)
    draw_regions(country, folder / "position-regions.png")
    figure = Figure(figsize=(9.0, 4.0), layout="constrained")
    _draw_errors(figure.subplots(), rows)
    figure.savefig(folder / "position-errors.png", dpi=90)


def draw_regions(country: Country, path: Path, seed: int = 3) -> None:
    """Write one fire as one tower sees it on the plane and with the ground, and as two and three see it."""
    drawn = draw(np.random.default_rng(seed), country, Case(3, LENSES[0], 0.5, uses_terrain=True))
    figure = Figure(figsize=(13.0, 3.7), layout="constrained")
    panels = (
        ("one tower, no ground", 1, False),
        ("one tower", 1, True),
        ("two towers", 2, True),
        ("three towers", 3, True),
    )
    for axes, (title, towers, uses_ground) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        found = locate_fire(drawn.lines[:towers], ground=country.ground if uses_ground else None)
        _draw_map(axes, country, drawn, found, towers)
        axes.set_title(title, fontsize=10)
    figure.savefig(path, dpi=80)


def _draw_map(axes: Axes, country: Country, drawn: Draw, found: Posterior, towers: int) -> None:
    terrain = country.ground.terrain
    shaded = LightSource(315.0, 45.0).hillshade(terrain.elevation_m, 1.5, terrain.cell_m, terrain.cell_m)
    edge = HALF_M / _KM
    axes.imshow(shaded, extent=(-edge, edge, -edge, edge), cmap="Greys_r", vmin=0.0, vmax=1.0, alpha=0.6)
    for share, colour in ((0.9, "#f2a33a"), (0.5, "#c8321e")):
        for part in region(found, share).geoms:
            places = [found.plane.unproject(PlanePoint(*corner)) for corner in part.exterior.coords]
            corners = [terrain.plane.project(place) for place in places]
            east_km, north_km = [c.east_m / _KM for c in corners], [c.north_m / _KM for c in corners]
            axes.fill(east_km, north_km, color=colour, alpha=0.8, lw=0)
    fire = drawn.fire.east_m / _KM, drawn.fire.north_m / _KM
    for eye in drawn.eyes[:towers]:
        axes.plot((eye.east_m / _KM, fire[0]), (eye.north_m / _KM, fire[1]), color="#2060a0", lw=0.8)
        axes.plot(eye.east_m / _KM, eye.north_m / _KM, "^", color="#2060a0", ms=8)
    axes.plot(*fire, "x", color="black", ms=9)
    near = [(e.east_m / _KM, e.north_m / _KM) for e in drawn.eyes[:1]] if towers == 1 else []
    room = 3.0 if towers == 1 else 1.0
    east, north = zip(*near, fire, strict=True)
    axes.set_xlim(min(east) - room, max(east) + room)
    axes.set_ylim(min(north) - room, max(north) + room)
    axes.set_aspect("equal")
    axes.set_xlabel("km east")


def _draw_errors(axes: Axes, rows: list[Row]) -> None:
    chosen = [r for r in rows if r.name == "matched" and r.calibration_deg == 0.5 and r.hfov_deg == LENSES[0].hfov_deg]  # noqa: PLR2004
    at = np.arange(len(chosen))
    names = [
        f"{r.towers} tower{'s' if r.towers > 1 else ''}\n{'terrain' if r.uses_terrain else 'plane'}" for r in chosen
    ]
    bars = (
        ("posterior", [r.p50_m for r in chosen], [r.p90_m for r in chosen], "#c8321e"),
        ("Cramer-Rao limit", [r.limit_p50_m for r in chosen], [r.limit_p90_m for r in chosen], "#888888"),
        ("cones", [r.cones_p50_m for r in chosen], [r.cones_p90_m for r in chosen], "#2060a0"),
    )
    for number, (label, p50, p90, colour) in enumerate(bars):
        axes.bar(at + 0.27 * (number - 1), p50, 0.25, color=colour, label=f"{label}: median, line to p90")
        axes.vlines(at + 0.27 * (number - 1), p50, p90, color=colour, lw=2)
    axes.set_xticks(at, names)
    axes.set_yscale("log")
    axes.set_ylabel("error, m")
    axes.legend(fontsize=8)
