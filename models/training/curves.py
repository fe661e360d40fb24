"""Curves of a training run as a picture."""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING

import matplotlib as mpl

from firewatch.adapters.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

mpl.use("Agg")
from matplotlib import pyplot as plt

NOT_DRAWN = ("step", "rate", "seconds")


def draw_curves(history: Sequence[Mapping[str, float]], losses: Sequence[str], path: Path) -> None:
    """Draw losses on the left, every other figure on the right, over the steps.

    Parameters
    ----------
    history : sequence of mappings
        One row for each time that the run was measured; every row has ``step``.
    losses : sequence of str
        Names of the rows' losses.
    path : Path
        Of the PNG.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    steps = [row["step"] for row in history]
    measures = sorted({key for row in history for key in row} - {*losses, *NOT_DRAWN})
    panels = ((left, losses, "training loss"), (right, measures, "measures, averaged weights"))
    for axes, keys, title in panels:
        for key in keys:
            axes.plot(steps, [row.get(key, math.nan) for row in history], marker=".", label=key)
        axes.set_xlabel("step")
        axes.set_title(title)
        axes.grid(alpha=0.3)
        if keys:
            axes.legend(fontsize=7)
    figure.tight_layout()
    picture = BytesIO()
    figure.savefig(picture, dpi=90, format="png")
    plt.close(figure)
    write_whole(path, picture.getvalue())
