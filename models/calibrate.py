"""From logits to probabilities and thresholds, on frames that training has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from firewatch.errors import InvalidValue
from models.evaluate.reliability import brier, calibration_error
from models.measures import bests, truths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from models.measures import Look

    Fitted = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]

# What isotonic regression calls impossible must not cost an infinite loss.
_LEAST_CHANCE = 0.01


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


@dataclass(frozen=True, slots=True)
class Trial:
    """How a calibration did on cameras that it was not fitted on.

    Parameters
    ----------
    name : str
    log_loss, brier, error, adaptive_error : float
        Mean negative logarithm of the chance given to what was true; Brier score; expected calibration error with
        bins of equal width and of equal numbers. Lower is better.
    """

    name: str
    log_loss: float
    brier: float
    error: float
    adaptive_error: float


def try_calibrations(
    logits: npt.NDArray[np.float64],
    truth: npt.NDArray[np.bool_],
    cameras: npt.NDArray[np.str_],
    folds: int = 5,
) -> list[Trial]:
    """Compare Platt's calibration with isotonic regression and with none, by cross-validation over cameras.

    Parameters
    ----------
    logits, truth, cameras : array (n,)
        Of each frame: its best logit, whether it shows smoke, its camera.
    folds : int
        At most; no more than there are cameras.

    Returns
    -------
    list of Trial
        The best log loss first. Each frame's chance comes from a fit without any frame of its camera.

    Raises
    ------
    InvalidValue
        If fewer than two cameras, or a fold's others, hold both smoke and clear frames.
    """
    number = min(folds, len(np.unique(cameras)))
    if number < 2 or truth.all() or not truth.any():  # noqa: PLR2004 - one to fit on, one to try
        raise InvalidValue("cameras to compare calibrations on", number, "at least two, with smoke and clear frames")
    chances = {name: np.empty(len(logits)) for name in _FITS}
    for fitted_on, tried_on in GroupKFold(number).split(logits, truth, cameras):
        if truth[fitted_on].all() or not truth[fitted_on].any():
            raise InvalidValue("cameras of a fold", sorted(set(cameras[fitted_on])), "smoke and clear frames")
        for name, fit in _FITS.items():
            chances[name][tried_on] = fit(logits[fitted_on], truth[fitted_on])(logits[tried_on])
    return sorted((_trial(name, truth, given) for name, given in chances.items()), key=lambda trial: trial.log_loss)


def _trial(name: str, truth: npt.NDArray[np.bool_], chances: npt.NDArray[np.float64]) -> Trial:
    held = np.clip(chances, _LEAST_CHANCE, 1.0 - _LEAST_CHANCE)
    loss = -float(np.mean(np.log(np.where(truth, held, 1.0 - held))))
    errors = (calibration_error(truth, chances, adaptive=adaptive) for adaptive in (False, True))
    return Trial(name, loss, brier(truth, chances), *errors)


def _fit_none(logits: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]) -> Fitted:  # noqa: ARG001 - as the others
    return Calibration(1.0, 0.0).chance


def _fit_platt(logits: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]) -> Fitted:
    fitted = LogisticRegression(C=1e3).fit(logits[:, None], truth)
    return Calibration(float(fitted.coef_[0, 0]), float(fitted.intercept_[0])).chance


def _fit_isotonic(logits: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]) -> Fitted:
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(logits, truth)
    return lambda given: np.asarray(fitted.predict(given), np.float64)


_FITS = {"as it is": _fit_none, "platt": _fit_platt, "isotonic": _fit_isotonic}
