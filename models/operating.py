"""The operating point: recall first, among thresholds that leave clear frames alone often enough.

The rule: of all thresholds whose specificity is at least the wanted one, take the highest localised recall; of those
that share it, the middle between the lowest smoke that is found and the next lower frame, so that neither the last
smoke nor the first false alarm sits on the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.errors import InvalidValue
from models.evaluate.bootstrap import camera_draws, interval
from models.measures import NO_SCORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from models.measures import Look

    Numbers = npt.NDArray[np.float64]

LEAST_SPECIFICITY = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Localised recall against specificity at every threshold that makes a difference.

    Parameters
    ----------
    thresholds : array (n,)
        Falling; a frame is flagged by a score of at least this.
    localised_recall, specificity : array (n,)
    """

    thresholds: Numbers
    localised_recall: Numbers
    specificity: Numbers


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen threshold, and what it does on the frames that it was chosen on.

    Parameters
    ----------
    threshold : float
    localised_recall, specificity : float
        On these frames, so a little too good for others.
    threshold_95, localised_recall_95, specificity_95 : pair of float
        By drawing cameras again: of the threshold when it is chosen anew each time, of the others at this threshold.
    least_specificity : float
        What was asked for.
    """

    threshold: float
    localised_recall: float
    specificity: float
    threshold_95: tuple[float, float]
    localised_recall_95: tuple[float, float]
    specificity_95: tuple[float, float]
    least_specificity: float


@dataclass(frozen=True, slots=True, eq=False)
class _Marks:
    """Best scores (n,) with what they are: of clear frames, or of drawn smoke found in place or beside it."""

    scores: Numbers
    is_clear: npt.NDArray[np.bool_]
    is_drawn: npt.NDArray[np.bool_]
    in_place: npt.NDArray[np.bool_]

    def take(self, index: npt.NDArray[np.int64]) -> _Marks:
        return _Marks(self.scores[index], self.is_clear[index], self.is_drawn[index], self.in_place[index])


def curve_of(looks: Sequence[Look]) -> Curve:
    """Trace the curve.

    Raises
    ------
    InvalidValue
        If there is no clear frame, or none with drawn smoke.
    """
    marks = _marks(looks)
    # One above all scores flags nothing.
    levels = np.append(np.inf, np.unique(marks.scores)[::-1])
    return Curve(levels, *_rates(marks, levels))


def choose_threshold(
    looks: Sequence[Look], least_specificity: float = LEAST_SPECIFICITY, draws: int = 500, seed: int = 0
) -> Choice:
    """Choose the threshold for single frames: recall first, at no less than a specificity.

    Parameters
    ----------
    looks : sequence of Look
        Frames that training has not seen, clear ones and ones with drawn smoke among them; scores are calibrated
        probabilities (any rising score does).
    least_specificity : float
        Share of the clear frames that must not be flagged, more than 0, at most 1.
    draws, seed : int
        Of the intervals.

    Raises
    ------
    InvalidValue
        If there is no clear frame, none with drawn smoke, or no threshold that gives the specificity and finds any.
    """
    if not 0.0 < least_specificity <= 1.0:
        raise InvalidValue("least specificity", least_specificity, "more than 0, at most 1")
    marks = _marks(looks)
    threshold = _choose(marks, least_specificity)
    if threshold is None:
        allowed = "a detector that finds some smoke in place there: train it further"
        raise InvalidValue("smoke found at that specificity", least_specificity, allowed)
    cameras = np.array([look.frame.camera for look in looks])
    anew, recalls, specificities = [], [], []
    for index in camera_draws(cameras, draws, seed):
        some = marks.take(index)
        again = _choose(some, least_specificity) if some.is_clear.any() and some.is_drawn.any() else None
        anew.append(np.nan if again is None else again)
        rates = _rates(some, np.array([threshold]))
        recalls.append(rates[0][0])
        specificities.append(rates[1][0])
    recall, specificity = (float(rate[0]) for rate in _rates(marks, np.array([threshold])))
    return Choice(
        threshold,
        recall,
        specificity,
        interval(threshold, np.array(anew)),
        interval(recall, np.array(recalls)),
        interval(specificity, np.array(specificities)),
        least_specificity,
    )


def _marks(looks: Sequence[Look]) -> _Marks:
    marks = _Marks(
        np.array([max(look.best, NO_SCORE) for look in looks], np.float64),
        np.array([look.frame.label == "none" for look in looks], bool),
        np.array([look.is_drawn for look in looks], bool),
        np.array([look.peak_is_in_place for look in looks], bool),
    )
    if not marks.is_clear.any() or not marks.is_drawn.any():
        given = (int(marks.is_clear.sum()), int(marks.is_drawn.sum()))
        raise InvalidValue("clear frames and frames with drawn smoke", given, "at least one of each")
    return marks


def _rates(marks: _Marks, levels: Numbers) -> tuple[Numbers, Numbers]:
    """Return localised recall and specificity at thresholds (n,)."""
    found = marks.scores[marks.is_drawn & marks.in_place]
    clear = marks.scores[marks.is_clear]
    # An empty share is nan without a warning: a draw of cameras may have no smoke.
    drawn = int(marks.is_drawn.sum()) or np.nan
    recall = (found[None] >= levels[:, None]).sum(axis=1) / drawn
    specificity = (clear[None] < levels[:, None]).sum(axis=1) / (len(clear) or np.nan)
    return recall, specificity


def _choose(marks: _Marks, least_specificity: float) -> float | None:
    found = np.unique(marks.scores[marks.is_drawn & marks.in_place])
    _, specificity = _rates(marks, found)
    allowed = found[(specificity >= least_specificity) & (found > NO_SCORE)]
    if not len(allowed):
        return None
    lowest = float(allowed[0])
    # Only frames that decide are looked at: between them any threshold does the same.
    deciding = marks.scores[marks.is_clear | (marks.is_drawn & marks.in_place)]
    below = deciding[deciding < lowest]
    return (lowest + float(below.max())) / 2 if len(below) and below.max() > NO_SCORE else lowest
