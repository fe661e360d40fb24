"""Looked-at frames as aligned arrays, and every image- and box-level measure on them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from firewatch.errors import InvalidValue
from models.measures import (
    NO_SCORE,
    auroc_of,
    average_precision_of,
    box_precision_of,
    localised_recall_of,
    matches,
    recall_at_false_rate_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from models.evaluate.eyes import Seen

Facts = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
_FALSE_RATE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class FrameTable:
    """Frames (n) as arrays; one order whatever the order of looking, so that no figure depends on it.

    Parameters
    ----------
    key : array of str
        The frames' paths, by which two detectors' tables are matched.
    camera : array of str
    smoke, drawn : array of bool
        Shows smoke; shows smoke that somebody has drawn.
    score : array
        The largest probability before any filter: what the measures over all thresholds rank by.
    best : array
        Probability of the best kept box: what the threshold is compared with.
    in_place, in_box : array of bool
        The best kept box has its middle in a true box widened by a fifth; in a true box as drawn.
    box_scores, box_right : array (n, k)
        Of all kept boxes, padded with minus infinity; right at an overlap of .5. Frames whose smoke nobody has drawn
        have none.
    true_boxes : array of int
        How many true boxes a frame has.
    """

    key: npt.NDArray[np.str_]
    camera: npt.NDArray[np.str_]
    smoke: Facts
    drawn: Facts
    score: Numbers
    best: Numbers
    in_place: Facts
    in_box: Facts
    box_scores: Numbers
    box_right: Facts
    true_boxes: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.key)

    def take(self, index: npt.NDArray[np.integer] | Facts) -> Self:
        """Return some of the frames, each as often as it is named."""
        return type(self)(*(getattr(self, part.name)[index] for part in fields(self)))


def in_order(seen: Sequence[Seen]) -> list[Seen]:
    """Sort by camera and path: the order of every table."""
    return sorted(seen, key=lambda one: (one.look.frame.camera, str(one.look.frame.path)))


def table_of(seen: Sequence[Seen]) -> FrameTable:
    """Lay out looked-at frames.

    Raises
    ------
    InvalidValue
        If there is no frame.
    """
    if not seen:
        raise InvalidValue("frames to measure", 0, "at least one frame that is labelled smoke or none")
    looks = [one.look for one in in_order(seen)]
    widest = max(1, *(len(look.scores) for look in looks))
    scores, right = np.full((len(looks), widest), -np.inf), np.zeros((len(looks), widest), bool)
    for row, look in enumerate(looks):
        if look.frame.boxes is not None:
            scores[row, : len(look.scores)] = look.scores
            right[row, : len(look.scores)] = matches(look)
    return FrameTable(
        key=np.array([str(look.frame.path) for look in looks]),
        camera=np.array([look.frame.camera for look in looks]),
        smoke=np.array([look.frame.has_smoke for look in looks], bool),
        drawn=np.array([look.is_drawn for look in looks], bool),
        score=np.array([one.score for one in in_order(seen)], np.float64),
        best=np.array([max(look.best, NO_SCORE) for look in looks], np.float64),
        in_place=np.array([look.peak_is_in_place for look in looks], bool),
        in_box=np.array([look.peak_is_in_box for look in looks], bool),
        box_scores=scores,
        box_right=right,
        true_boxes=np.array([0 if look.frame.boxes is None else len(look.frame.boxes) for look in looks], np.int64),
    )


def localised_recall(table: FrameTable, threshold: float) -> float:
    """Share of drawn smoke frames whose best box reaches the threshold with its middle in a widened true box."""
    return localised_recall_of(table.drawn, table.in_place, table.best, threshold)


def specificity(table: FrameTable, threshold: float) -> float:
    """Share of frames without smoke that no box flags."""
    return share((table.best < threshold)[~table.smoke])


def recall(table: FrameTable, threshold: float) -> float:
    """Share of smoke frames that any box flags, wherever it lies."""
    return share((table.best >= threshold)[table.smoke])


def f1(table: FrameTable, threshold: float) -> float:
    """Return the F1 score of flagging whole frames; nan without smoke."""
    flagged = table.best >= threshold
    hits = int((flagged & table.smoke).sum())
    return 2 * hits / int(flagged.sum() + table.smoke.sum()) if table.smoke.any() else float("nan")


def ap50(table: FrameTable) -> float:
    """Average precision of boxes at an overlap of .5."""
    known = np.isfinite(table.box_scores)
    return box_precision_of(table.box_right[known], table.box_scores[known], int(table.true_boxes.sum()))


def share(facts: Facts) -> float:
    """Return the share that is true; nan of none."""
    return float(facts.mean()) if len(facts) else float("nan")


def measures_at(threshold: float) -> dict[str, Callable[[FrameTable], float]]:
    """Return every measure by its name, those that need a threshold at this one."""
    return {
        "localised_recall": lambda table: localised_recall(table, threshold),
        "specificity": lambda table: specificity(table, threshold),
        "recall": lambda table: recall(table, threshold),
        "f1": lambda table: f1(table, threshold),
        "auroc": lambda table: auroc_of(table.smoke, table.score),
        "average_precision": lambda table: average_precision_of(table.smoke, table.score),
        "recall_at_5_percent_false": lambda table: recall_at_false_rate_of(table.smoke, table.score, _FALSE_RATE),
        "ap50": ap50,
        "peak_in_box": lambda table: share(table.in_box[table.drawn]),
    }
