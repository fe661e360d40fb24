"""Scores of a detector over labelled frames, from its best box in each frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.data.frames import Boxes, Frame

Scores = npt.NDArray[np.float64]


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
    def peak_is_in_box(self) -> bool:
        """Tell whether the middle of the best box lies in a true box."""
        truth = self.frame.boxes
        if truth is None or not len(truth) or not len(self.boxes):
            return False
        x, y = (self.boxes[0, :2] + self.boxes[0, 2:]) / 2
        return bool(((x >= truth[:, 0]) & (x <= truth[:, 2]) & (y >= truth[:, 1]) & (y <= truth[:, 3])).any())


def judged(looks: Sequence[Look]) -> list[Look]:
    """Leave out frames that nobody can judge."""
    return [look for look in looks if look.frame.label != "ignore"]


def truths(looks: Sequence[Look]) -> npt.NDArray[np.bool_]:
    """Tell which frames show smoke."""
    return np.array([look.frame.has_smoke for look in looks], bool)


def bests(looks: Sequence[Look]) -> Scores:
    """Return each frame's best score."""
    return np.array([max(look.best, -50.0) for look in looks], np.float64)


def auroc(looks: Sequence[Look]) -> float:
    """Chance that a smoke frame scores higher than one without (image level)."""
    truth = truths(looks)
    return float(roc_auc_score(truth, bests(looks))) if truth.any() and not truth.all() else float("nan")


def average_precision(looks: Sequence[Look]) -> float:
    """Average precision over frames (image level)."""
    truth = truths(looks)
    return float(average_precision_score(truth, bests(looks))) if truth.any() else float("nan")


def recall_at_false_rate(looks: Sequence[Look], rate: float) -> float:
    """Share of smoke frames found at the threshold that flags at most this share of frames without smoke."""
    truth, scores = truths(looks), bests(looks)
    if not truth.any() or truth.all():
        return float("nan")
    clear = np.sort(scores[~truth])[::-1]
    limit = clear[int(np.floor(rate * len(clear)))]
    return float((scores[truth] > limit).mean())


def peak_in_box(looks: Sequence[Look]) -> float:
    """Share of frames with drawn smoke whose best box has its middle in the smoke."""
    drawn = [look for look in looks if look.frame.boxes is not None and len(look.frame.boxes)]
    return float(np.mean([look.peak_is_in_box for look in drawn])) if drawn else float("nan")


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


def overlaps(boxes: Boxes, other: Boxes) -> npt.NDArray[np.float32]:
    """Overlap of each of n boxes with each of m: (n, m)."""
    low = np.maximum(boxes[:, None, :2], other[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], other[None, :, 2:])
    common = np.prod(np.maximum(high - low, 0.0), axis=-1)
    areas = [np.prod(np.maximum(b[:, 2:] - b[:, :2], 0.0), axis=1) for b in (boxes, other)]
    return np.asarray(common / (areas[0][:, None] + areas[1][None] - common + 1e-6), np.float32)


def ap_at_overlap(looks: Sequence[Look], least: float = 0.5) -> float:
    """Average precision of boxes (all-point), a box being right when it overlaps an untaken true box by `least`."""
    known = [look for look in looks if look.frame.boxes is not None]
    total = sum(len(look.frame.boxes) for look in known if look.frame.boxes is not None)
    if not total:
        return float("nan")
    rows = [row for look in known for row in _matches(look, least)]
    rows.sort(key=lambda row: -row[0])
    right = np.cumsum([row[1] for row in rows])
    precision = right / np.arange(1, len(rows) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(envelope * np.diff(np.concatenate(([0], right))) / total))


def _matches(look: Look, least: float) -> list[tuple[float, bool]]:
    truth = look.frame.boxes
    if truth is None or not len(truth):
        return [(float(s), False) for s in look.scores]
    table = overlaps(look.boxes, truth)
    taken: set[int] = set()
    rows = []
    for i, score in enumerate(look.scores):
        j = int(table[i].argmax())
        right = bool(table[i, j] >= least) and j not in taken
        if right:
            taken.add(j)
        rows.append((float(score), right))
    return rows


def interval(
    looks: Sequence[Look], measure: Callable[[Sequence[Look]], float], draws: int = 500, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of a measure by drawing frames again with replacement, smoke and clear ones apart.

    Frames of one camera are alike, so the true uncertainty is wider than this.
    """
    if np.isnan(measure(looks)):
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    truth = truths(looks)
    groups = [np.flatnonzero(truth), np.flatnonzero(~truth)]
    values = [measure([looks[i] for group in groups for i in rng.choice(group, len(group))]) for _ in range(draws)]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)
