"""The same reports as pictures: one PNG each."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from firewatch.adapters.whole_file import write_whole
from models.evaluate.frame_table import share
from models.evaluate.reliability import BINS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from matplotlib.axes import Axes

    from models.evaluate.frame_report import FrameReport
    from models.evaluate.frame_table import FrameTable
    from models.evaluate.sequences import Outcome
    from models.operating import Choice, Curve

_SIZE_IN = (5.0, 4.2)
_WIDE_IN = (9.0, 3.4)
_DPI = 110
_CHANCE: dict[str, Any] = {"color": "0.7", "linestyle": "--", "linewidth": 1}


def draw_frames(folder: Path, title: str, reports: Mapping[str, FrameReport], curves: Mapping[str, Curve]) -> None:
    """Draw ROC, precision and recall, reliability, recall by size, and localised recall against specificity.

    Parameters
    ----------
    folder : Path
        Must exist.
    title : str
        Of the set of frames; it begins the files' names.
    reports : mapping
        Detector to its report: several are drawn into the same axes.
    curves : mapping
        Detector to its curve, where the frames have drawn smoke and clear ones.
    """
    with _axes(folder, title, "roc", ("false positive rate", "recall")) as axes:
        axes.plot([0, 1], [0, 1], **_CHANCE)
        for name, report in reports.items():
            axes.plot(*roc_of(report.table), label=f"{name}: {report.figures['auroc'].value:.3f}")
    with _axes(folder, title, "precision-recall", ("recall", "precision")) as axes:
        for name, report in reports.items():
            found, precision = precision_recall_of(report.table)
            axes.plot(found, precision, label=f"{name}: {report.figures['average_precision'].value:.3f}")
            axes.axhline(float(report.table.smoke.mean()), **_CHANCE)
    with _axes(folder, title, "reliability", ("said", "true")) as axes:
        axes.plot([0, 1], [0, 1], **_CHANCE)
        for name, report in reports.items():
            bins = report.calibrated.bins
            label = f"{name}: error {report.calibrated.error:.3f}"
            axes.plot([b.said for b in bins], [b.true for b in bins], marker="o", label=label)
            for one in bins:
                axes.annotate(
                    str(one.frames), (one.said, one.true), fontsize=7, xytext=(3, 3), textcoords="offset points"
                )
        axes.set_title(f"{title}: reliability in {BINS} bins, with their frames", fontsize=9)
    _draw_sizes(folder, title, reports)
    if curves:
        with _axes(folder, title, "operating", ("specificity", "localised recall")) as axes:
            for name, curve in curves.items():
                _draw_curve(axes, name, curve, reports[name].threshold)


def draw_choice(folder: Path, curve: Curve, choice: Choice) -> None:
    """Draw the curve that an operating point was chosen on, and the point."""
    with _axes(folder, "choice", "operating", ("specificity", "localised recall")) as axes:
        _draw_curve(axes, "chosen on", curve, choice.threshold)
        axes.axvline(choice.least_specificity, **_CHANCE)
        point = ([choice.specificity], [choice.localised_recall])
        low, high = np.array([choice.specificity_95, choice.localised_recall_95]).T
        values = np.array([choice.specificity, choice.localised_recall])
        across, up = np.stack((values - low, high - values), axis=1)
        if np.isfinite([across, up]).all():
            axes.errorbar(*point, xerr=across[:, None], yerr=up[:, None], color="0.3", capsize=3, linewidth=1)


def draw_outcome(folder: Path, outcome: Outcome, threshold: float) -> None:
    """Draw a sequence's scores over time, with ignition, visible smoke, confirmations and false sightings."""
    minutes = np.array([moment.at_s for moment in outcome.moments]) / 60.0
    bests = [moment.detections.best_score for moment in outcome.moments]
    with _axes(folder, outcome.name, "timeline", ("minutes from ignition", "best box"), _WIDE_IN) as axes:
        axes.plot(minutes, bests, marker=".", linewidth=1, color="tab:gray", label="best box of the frame")
        confirmed = [moment.is_confirmed for moment in outcome.moments]
        axes.fill_between(minutes, 0, 1, where=confirmed, color="tab:orange", alpha=0.15, step="mid", label="confirmed")
        levels = [moment.counts_from(threshold) for moment in outcome.moments]
        axes.plot(minutes, levels, drawstyle="steps-mid", **_CHANCE)
        axes.axvline(0.0, color="tab:red", label="ignition")
        axes.axvline(outcome.visible_s / 60.0, color="tab:blue", label="smoke visible")
        if outcome.confirmed_s is not None:
            axes.axvline(outcome.confirmed_s / 60.0, color="tab:green", label="confirmed in place")
        false = [m.at_s / 60.0 for m in outcome.moments if m.at_s < 0.0 and len(m.opened)]
        axes.plot(false, [1.0] * len(false), linestyle="", marker="v", color="tab:red", label="false sighting")


def roc_of(table: FrameTable) -> tuple[list[float], list[float]]:
    """Return false positive rates and recalls, from nothing flagged to everything."""
    levels = np.append(np.inf, np.unique(table.score)[::-1])
    smoke, clear = table.score[table.smoke], table.score[~table.smoke]
    false, found = ([share(scores >= level) for level in levels] for scores in (clear, smoke))
    return false, found


def precision_recall_of(table: FrameTable) -> tuple[list[float], list[float]]:
    """Return recalls and precisions, from the highest score down."""
    flags = [table.score >= level for level in np.unique(table.score)[::-1]]
    hits = [int((flag & table.smoke).sum()) for flag in flags]
    smoke = int(table.smoke.sum())
    recalls = [hit / smoke if smoke else float("nan") for hit in hits]
    return recalls, [hit / int(flag.sum()) for hit, flag in zip(hits, flags, strict=True)]


def _draw_sizes(folder: Path, title: str, reports: Mapping[str, FrameReport]) -> None:
    sizes = {name: report.strata.get("size", {}) for name, report in reports.items()}
    classes = list(next(iter(sizes.values())))
    if not classes:
        return
    with _axes(folder, title, "sizes", ("plume's larger side in the input", "found in place")) as axes:
        width = 0.8 / len(sizes)
        for number, (name, rows) in enumerate(sizes.items()):
            places = np.arange(len(classes)) + (number - (len(sizes) - 1) / 2) * width
            shares = [float(str(rows[one]["localised_recall"])) for one in classes]
            bars = axes.bar(places, shares, width, label=name)
            axes.bar_label(bars, [f"{rows[one]['in_place']}/{rows[one]['drawn']}" for one in classes], fontsize=7)
        axes.set_xticks(np.arange(len(classes)), classes)
        axes.set_ylim(0.0, 1.1)


def _draw_curve(axes: Axes, name: str, curve: Curve, threshold: float) -> None:
    (line,) = axes.step(
        curve.specificity, curve.localised_recall, where="post", label=f"{name}, {threshold:.3f} marked"
    )
    at = int(np.searchsorted(-curve.thresholds, -threshold, side="right")) - 1
    axes.plot(curve.specificity[at], curve.localised_recall[at], marker="o", color=line.get_color())


@contextmanager
def _axes(
    folder: Path, title: str, kind: str, labels: tuple[str, str], size_in: tuple[float, float] = _SIZE_IN
) -> Iterator[Axes]:
    """Give axes to draw into, then write them whole."""
    with mpl.rc_context({"font.size": 8}):
        figure = Figure(figsize=size_in, dpi=_DPI, layout="constrained")
        axes = figure.subplots()
        axes.set_title(f"{title}: {kind}", fontsize=9)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        axes.grid(alpha=0.2)
        yield axes
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=7)
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png")
    write_whole(folder / f"{re.sub('[^A-Za-z0-9.-]+', '-', title)}-{kind}.png", drawn.getvalue())
