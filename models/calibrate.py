"""From logits to probabilities and thresholds, on frames that training has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from models.measures import bests, truths

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from models.measures import Look


@dataclass(frozen=True, slots=True)
class Calibration:
    """probability = 1 / (1 + exp(-(slope * logit + offset))) (Platt 1999)."""

    slope: float
    offset: float

    def chance(self, logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return probabilities for logits."""
        return np.asarray(1.0 / (1.0 + np.exp(-(self.slope * logits + self.offset))))


def platt(groups: Sequence[Sequence[Look]]) -> Calibration:
    """Fit the calibration on frames' best logits.

    Parameters
    ----------
    groups : sequence of sequences of Look
        Kinds of frames (real, made); smoke and clear frames of each kind weigh the same in total, so that neither
        the larger kind nor the larger class decides where a half lies.
    """
    logits = np.concatenate([bests(group) for group in groups])
    truth = np.concatenate([truths(group) for group in groups])
    weights = np.concatenate([_balanced(truths(group)) for group in groups])
    fitted = LogisticRegression(C=1e3).fit(logits[:, None], truth, sample_weight=weights)
    slope, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        text = f"the calibration's slope is {slope:.3f}: the detector ranks clear frames above smoke; train it first"
        raise ValueError(text)
    return Calibration(slope, offset)


def _balanced(truth: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    weights = np.ones(len(truth))
    for value in (True, False):
        members = truth == value
        weights[members] = 1.0 / max(int(members.sum()), 1)
    return weights * len(truth) / 2


def threshold_at(looks: Sequence[Look], calibration: Calibration, false_share: float) -> float:
    """Return the lowest probability that at most this share of the clear frames reaches."""
    chances = np.sort(calibration.chance(bests(looks)[~truths(looks)]))[::-1]
    return float(chances[int(np.floor(false_share * len(chances)))]) + 1e-3
