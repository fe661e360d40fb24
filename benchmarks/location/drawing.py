"""Pictures of the study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from benchmarks.location.country import HALF_M
from benchmarks.location.simulate import Case, draw
from benchmarks.location.study_one_fire import LENSES
from firewatch.fusion.posterior import locate_fire
from firewatch.fusion.regions import region

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.location.country import Country
    from benchmarks.location.study_one_fire import Row

__all__ = ["draw_pictures"]

_KM = 1000.0


def draw_pictures(country: Country, rows: list[Row], folder: Path) -> None:
    """Write position-regions.png (one, two and three towers over the same hills) and position-errors.png."""
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(13.0, 4.6), layout="constrained")
    for towers, axes in enumerate(figure.subplots(1, 3), start=1):
        _draw_map(axes, country, towers)
    figure.savefig(folder / "position-regions.png", dpi=90)
    figure = Figure(figsize=(9.0, 4.0), layout="constrained")
    _draw_errors(figure.subplots(), rows)
    figure.savefig(folder / "position-errors.png", dpi=90)


def _draw_map(axes: Axes, country: Country, towers: int) -> None:
    case = Case(towers, LENSES[0], 0.5, uses_terrain=True)
    drawn = draw(np.random.default_rng(12), country, case)
    found = locate_fire(drawn.lines, ground=country.ground)
    heights = country.ground.terrain.elevation_m
    edge = HALF_M / _KM
    axes.imshow(heights, extent=(-edge, edge, -edge, edge), cmap="Greys", alpha=0.6)
    for share, colour in ((0.9, "#f2a33a"), (0.5, "#c8321e")):
        for part in region(found, share).geoms:
            corners = np.asarray(part.exterior.coords) / _KM
            axes.fill(corners[:, 0], corners[:, 1], color=colour, alpha=0.8, lw=0)
    east, north = ([getattr(p, k) / _KM for p in (*drawn.eyes, drawn.fire)] for k in ("east_m", "north_m"))
    for at in zip(east[:-1], north[:-1], strict=True):
        axes.plot((at[0], east[-1]), (at[1], north[-1]), color="#2060a0", lw=0.8)
    axes.plot(east[:-1], north[:-1], "^", color="#2060a0", ms=8)
    axes.plot(east[-1], north[-1], "x", color="black", ms=8)
    room = 2.0
    axes.set_xlim(min(east) - room, max(east) + room)
    axes.set_ylim(min(north) - room, max(north) + room)
    axes.set_aspect("equal")
    axes.set_title(f"{towers} tower{'s' if towers > 1 else ''} with terrain")
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
