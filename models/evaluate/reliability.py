"""Whether a probability means what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Facts = npt.NDArray[np.bool_]
    Numbers = npt.NDArray[np.float64]

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Frames of like probability: how many, the mean of what was said, the share that was true."""

    frames: int
    said: float
    true: float


def brier(truth: Facts, chances: Numbers) -> float:
    """Mean squared difference of probability and truth (Brier 1950)."""
    _require(truth, chances)
    return float(np.mean((chances - truth) ** 2))


def bins_of(truth: Facts, chances: Numbers, bins: int = BINS, *, adaptive: bool = False) -> list[Bin]:
    """Group frames by probability.

    Parameters
    ----------
    truth, chances : array (n,)
    bins : int
        Of equal width; or, if `adaptive`, of as equal numbers as can be.
    adaptive : bool

    Returns
    -------
    list of Bin
        Those that hold any frame, lowest first.
    """
    _require(truth, chances)
    if adaptive:
        groups = np.array_split(np.argsort(chances, kind="stable"), min(bins, len(chances)))
    else:
        member = np.minimum((chances * bins).astype(np.int64), bins - 1)
        groups = [np.flatnonzero(member == number) for number in range(bins)]
    return [Bin(len(g), float(chances[g].mean()), float(truth[g].mean())) for g in groups if len(g)]


def calibration_error(truth: Facts, chances: Numbers, bins: int = BINS, *, adaptive: bool = False) -> float:
    """Return the expected calibration error: mean gap of said and true, weighted by frames (Guo et al. 2017, eq. 3).

    With few frames it is above zero for a perfect detector too; equal numbers in each bin (`adaptive`: Nguyen and
    O'Connor 2015) suffer less from it.
    """
    groups = bins_of(truth, chances, bins, adaptive=adaptive)
    return float(sum(one.frames * abs(one.said - one.true) for one in groups) / len(truth))


def _require(truth: Facts, chances: Numbers) -> None:
    if not len(truth) or truth.shape != chances.shape or not ((chances >= 0.0) & (chances <= 1.0)).all():
        raise InvalidValue("probabilities", (truth.shape, chances.shape), "as many truths, each probability 0 to 1")
