"""Scores of a detector over labelled frames, from its best box in each frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from firewatch_edge.detect import overlaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.data.frames import Boxes, Frame

Scores = npt.NDArray[np.float64]
Facts = npt.NDArray[np.bool_]

# A box is widened by this share of its sides before a detection's middle is asked to lie in it: sources draw boxes
# differently, and half of the smoke's edge is a matter of taste.
WIDENED = 0.2
# What a frame without any box scores: below any logit and any probability.
NO_SCORE = -50.0


@dataclass(frozen=True, slots=True)
class Look:
    """What the detector said about one frame.

    Parameters
    ----------
    frame : Frame
    boxes : array (n, 4)
        x0, y0, x1, y1 in pixels of the stored image, best first, after suppression.
    scores : array (n,)
        Logits or probabilities, falling.
    """

    frame: Frame
    boxes: Boxes
    scores: Scores

    @property
    def best(self) -> float:
        """Return the largest score, or minus infinity without any box."""
        return float(self.scores[0]) if len(self.scores) else float("-inf")

    @property
    def is_drawn(self) -> bool:
        """Tell whether the frame shows smoke and somebody has drawn where."""
        truth = self.frame.boxes
        return self.frame.has_smoke and truth is not None and len(truth) > 0

    @property
    def peak_is_in_box(self) -> bool:
        """Tell whether the middle of the best box lies in a true box."""
        return self._peak_is_within(0.0)

    @property
    def peak_is_in_place(self) -> bool:
        """Tell whether the middle of the best box lies in a true box whose sides are a fifth longer."""
        return self._peak_is_within(WIDENED)

    def _peak_is_within(self, share: float) -> bool:
        truth = self.frame.boxes
        if truth is None or not len(self.boxes):
            return False
        return middle_is_within(self.boxes[0], truth, share)


def middle_is_within(box: npt.NDArray[np.floating], truth: Boxes, share: float = WIDENED) -> bool:
    """Tell whether a box's middle lies in one of some true boxes, their sides longer by a share about their middles.

    Parameters
    ----------
    box : array (4,)
    truth : array (n, 4)
    share : float
        0.2 makes a box of 100 by 50 pixels one of 120 by 60.
    """
    middle = (box[:2].astype(np.float64) + box[2:]) / 2
    grow = (truth[:, 2:].astype(np.float64) - truth[:, :2]) * share / 2
    inside = (middle >= truth[:, :2] - grow) & (middle <= truth[:, 2:] + grow)
    return bool(inside.all(axis=1).any())


def judged(looks: Sequence[Look]) -> list[Look]:
    """Leave out frames that nobody can judge."""
    return [look for look in looks if look.frame.label != "ignore"]


def truths(looks: Sequence[Look]) -> Facts:
    """Tell which frames show smoke."""
    return np.array([look.frame.has_smoke for look in looks], bool)


def bests(looks: Sequence[Look]) -> Scores:
    """Return each frame's best score."""
    return np.array([max(look.best, NO_SCORE) for look in looks], np.float64)


def auroc_of(truth: Facts, scores: Scores) -> float:
    """Chance that a true one scores higher than another, ties counting half (Mann, Whitney 1947); nan without both."""
    hits = int(truth.sum())
    clear = len(truth) - hits
    if not hits or not clear:
        return float("nan")
    return float((rankdata(scores)[truth].sum() - hits * (hits + 1) / 2) / (hits * clear))


def average_precision_of(truth: Facts, scores: Scores) -> float:
    """Sum of the precisions at each threshold, weighted by the recall that it adds; nan without a true one."""
    if not truth.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(truth[order])
    # Equal scores pass a threshold together.
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    precision = found[last] / (last + 1)
    return float(np.sum(precision * np.diff(found[last], prepend=0)) / found[-1])


def recall_at_false_rate_of(truth: Facts, scores: Scores, rate: float) -> float:
    """Share of true ones above the lowest threshold that lets at most this share of the others through."""
    if not truth.any() or truth.all():
        return float("nan")
    return float((scores[truth] > _passed_by(scores[~truth], rate)).mean())


def _passed_by(scores: Scores, rate: float) -> float:
    """Return the lowest limit that at most this share of some scores lies above."""
    falling = np.sort(scores)[::-1]
    return float(falling[min(int(np.floor(rate * len(falling))), len(falling) - 1)])


def localised_recall_of(drawn: Facts, in_place: Facts, scores: Scores, threshold: float) -> float:
    """Share of the frames with drawn smoke whose best box reaches the threshold in its place; nan without any."""
    found = ((scores >= threshold) & in_place)[drawn]
    return float(found.mean()) if len(found) else float("nan")


def auroc(looks: Sequence[Look]) -> float:
    """Chance that a smoke frame scores higher than one without (image level)."""
    return auroc_of(truths(looks), bests(looks))


def average_precision(looks: Sequence[Look]) -> float:
    """Average precision over frames (image level)."""
    return average_precision_of(truths(looks), bests(looks))


def recall_at_false_rate(looks: Sequence[Look], rate: float) -> float:
    """Share of smoke frames found at the threshold that flags at most this share of frames without smoke."""
    return recall_at_false_rate_of(truths(looks), bests(looks), rate)


def peak_in_box(looks: Sequence[Look]) -> float:
    """Share of frames with drawn smoke whose best box has its middle in the smoke."""
    drawn = [look.peak_is_in_box for look in looks if look.is_drawn]
    return float(np.mean(drawn)) if drawn else float("nan")


def localised_recall(looks: Sequence[Look], threshold: float) -> float:
    """Share of the frames with drawn smoke whose best box reaches the threshold in its place; nan without any."""
    drawn = np.array([look.is_drawn for look in looks], bool)
    in_place = np.array([look.peak_is_in_place for look in looks], bool)
    return localised_recall_of(drawn, in_place, bests(looks), threshold)


def localised_at_false_rate(looks: Sequence[Look], rate: float) -> float:
    """Localised recall above the threshold that at most this share of the frames without smoke passes."""
    clear = bests(looks)[~truths(looks)]
    if not len(clear):
        return float("nan")
    return localised_recall(looks, float(np.nextafter(_passed_by(clear, rate), np.inf)))


@dataclass(frozen=True, slots=True)
class Counts:
    """Frames flagged rightly, flagged wrongly, missed, and passed rightly."""

    hits: int
    false: int
    missed: int
    clear: int

    @property
    def f1(self) -> float:
        """Return the F1 score."""
        return 2 * self.hits / max(2 * self.hits + self.false + self.missed, 1)

    @property
    def recall(self) -> float:
        """Return the share of smoke frames flagged."""
        return self.hits / max(self.hits + self.missed, 1)

    @property
    def false_rate(self) -> float:
        """Return the share of frames without smoke flagged."""
        return self.false / max(self.false + self.clear, 1)


def counts_at(looks: Sequence[Look], threshold: float) -> Counts:
    """Count frames at a threshold."""
    truth, flagged = truths(looks), bests(looks) >= threshold
    return Counts(
        int((truth & flagged).sum()),
        int((~truth & flagged).sum()),
        int((truth & ~flagged).sum()),
        int((~truth & ~flagged).sum()),
    )


def ap_at_overlap(looks: Sequence[Look], least: float = 0.5) -> float:
    """Average precision of boxes (all-point), a box being right when it overlaps an untaken true box by `least`."""
    known = [look for look in looks if look.frame.boxes is not None]
    total = sum(len(look.frame.boxes) for look in known if look.frame.boxes is not None)
    rights = [matches(look, least) for look in known]
    scores = [look.scores for look in known]
    return box_precision_of(np.concatenate([*rights, []]) > 0, np.concatenate([*scores, []]), total)


def box_precision_of(right: Facts, scores: Scores, total: int) -> float:
    """All-point average precision of boxes (n,), right or not, over so many true ones (Everingham et al. 2015)."""
    if not total:
        return float("nan")
    found = np.cumsum(right[np.argsort(-scores, kind="stable")])
    precision = found / np.arange(1, len(found) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(envelope * np.diff(found, prepend=0)) / total)


def matches(look: Look, least: float = 0.5) -> Facts:
    """Tell which boxes (n,) of a look overlap a true box by `least` that no better one has taken."""
    truth = look.frame.boxes
    right = np.zeros(len(look.scores), bool)
    if truth is None or not len(truth):
        return right
    table = overlaps(look.boxes, truth)
    taken: set[int] = set()
    for i in range(len(right)):
        j = int(table[i].argmax())
        right[i] = table[i, j] >= least and j not in taken
        if right[i]:
            taken.add(j)
    return right
