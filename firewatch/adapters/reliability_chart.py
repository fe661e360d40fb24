"""How often what was said came true, drawn by matplotlib into a PNG or SVG file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.adapters.danger_chart import charting
from firewatch.adapters.whole_file import writing_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from firewatch.learning.skill import ReliabilityBin

__all__ = ["draw_reliability"]

_DPI = 120
_COLOURS = ("#8a949e", "#b3261e", "#3b6ea5")


def draw_reliability(
    lines: Mapping[str, Sequence[ReliabilityBin]], path: Path, title: str, axes: tuple[str, str]
) -> None:
    """Draw observed frequencies over forecast probabilities: whole, or not at all.

    Parameters
    ----------
    lines : mapping of str to sequence of ReliabilityBin
        A line for each name, at most three; with bars where 90 % of right forecasts would bring the points.
    path : Path
        Its ending says the kind: .png or .svg.
    title : str
        Above the picture: whose forecasts, of what.
    axes : tuple of str
        Names of the forecast's and of the frequency's axis.

    Raises
    ------
    InvalidValue
        If the ending is another, or no font of this machine has the characters.
    ConfigError
        If matplotlib is not installed.
    ObservationError
        If the file cannot be written.
    """
    with charting(path, {*title, *"".join(axes), *"".join(lines)}):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6.0, 6.0), dpi=_DPI, layout="constrained")
        panel = figure.subplots()
        panel.plot([0.0, 1.0], [0.0, 1.0], color="#d5dae0", linewidth=1.0, zorder=0)
        for colour, (name, bins) in zip(_COLOURS, lines.items(), strict=False):
            forecast = [each.forecast for each in bins]
            panel.plot(forecast, [each.observed for each in bins], "o-", color=colour, markersize=4, label=name)
            panel.vlines(forecast, [b.low for b in bins], [b.high for b in bins], color=colour, alpha=0.35)
        panel.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0), xlabel=axes[0], ylabel=axes[1], aspect="equal")
        panel.set_title(title, loc="left", fontsize=10)
        panel.legend(loc="upper left", frameon=False, fontsize=9)
        with writing_whole(path) as stream:
            figure.savefig(stream, format=path.suffix[1:].lower())
