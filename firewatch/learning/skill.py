"""How good probability forecasts are, honestly: against climatology, with intervals that know that days are alike.

References
----------
.. [1] Wilks (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., chapter 9.
.. [2] Broecker and Smith (2007), Increasing the reliability of reliability diagrams, Weather and Forecasting 22,
   651-661.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from sklearn.metrics import roc_auc_score

from firewatch.danger.occurrence import Skill
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["ReliabilityBin", "log_losses", "measure_skill", "reliability", "resampled"]

_RESAMPLES = 2000
_DRAWS = 500  # for the limits of a bin: a history of 20 years and 12 counties still fits into memory
_LOW, _HIGH = 5.0, 95.0
# A forecast of exactly 0 that fails costs infinitely much; no model here is that sure.
_SUREST = 1e-6


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Forecasts of about one probability.

    Parameters
    ----------
    forecast, observed : float
        Mean probability, and the fraction of these days with fire.
    low, high : float
        Where the fraction would lie in 90 % of cases if the forecasts were right [2]_.
    days : int
        How many.
    """

    forecast: float
    observed: float
    low: float
    high: float
    days: int

    @property
    def is_consistent(self) -> bool:
        """Whether the observed fraction is where right forecasts would bring it."""
        return self.low <= self.observed <= self.high


def log_losses(fire: Numbers, probability: Numbers) -> Numbers:
    """Return the negative log-likelihood of each day, shape (n,)."""
    sure = np.clip(probability, _SUREST, 1.0 - _SUREST)
    return -(fire * np.log(sure) + (1.0 - fire) * np.log1p(-sure))


def measure_skill(
    fire: Numbers,
    probability: Numbers,
    climatology: Numbers,
    blocks: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> Skill:
    """Return how good forecasts were, beside climatology.

    Parameters
    ----------
    fire : ndarray, shape (n,)
        1 on days with fire, else 0.
    probability, climatology : ndarray, shape (n,)
        Forecasts for these days by models that had not seen them.
    blocks : ndarray of int, shape (n,)
        Days of one block (a year, a month, a fire weather day) are alike and are drawn together.
    rng : Generator
        Draws the blocks.

    Returns
    -------
    Skill

    Raises
    ------
    InvalidValue
        If all days have a fire or none has: then there is no skill to measure.
    """
    if len(np.unique(fire)) != 2:  # noqa: PLR2004 - with fire and without
        raise InvalidValue("days with fire", int(fire.sum()), f"some and not all of the {len(fire)} days")
    square, square_climatology = (probability - fire) ** 2, (climatology - fire) ** 2
    log, log_climatology = log_losses(fire, probability), log_losses(fire, climatology)
    brier_ratios = resampled(square, square_climatology, blocks, rng)
    log_ratios = resampled(log, log_climatology, blocks, rng)
    return Skill(
        brier=float(square.mean()),
        brier_climatology=float(square_climatology.mean()),
        brier_skill=float(1.0 - square.sum() / square_climatology.sum()),
        brier_skill_low=float(np.percentile(1.0 - brier_ratios, _LOW)),
        brier_skill_high=float(np.percentile(1.0 - brier_ratios, _HIGH)),
        log_skill=float(1.0 - log.sum() / log_climatology.sum()),
        log_skill_low=float(np.percentile(1.0 - log_ratios, _LOW)),
        log_skill_high=float(np.percentile(1.0 - log_ratios, _HIGH)),
        auc=float(roc_auc_score(fire, probability)),
    )


def resampled(loss: Numbers, other: Numbers, blocks: npt.NDArray[np.int64], rng: np.random.Generator) -> Numbers:
    """Return the ratio of two total losses over blocks drawn with replacement, shape (2000,)."""
    _, index = np.unique(blocks, return_inverse=True)
    count = int(index.max()) + 1
    sums, others = np.bincount(index, loss), np.bincount(index, other)
    draws = rng.integers(0, count, (_RESAMPLES, count))
    ratios: Numbers = sums[draws].sum(axis=1) / others[draws].sum(axis=1)
    return ratios


def reliability(
    fire: Numbers, probability: Numbers, rng: np.random.Generator, bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """Return the days in bins of about equally many, from the lowest forecasts to the highest.

    Parameters
    ----------
    fire, probability : ndarray, shape (n,)
        As `measure_skill`.
    rng : Generator
        Draws fires by the forecasts, for the limits of each bin.
    bins : int
        At most so many; days of equal forecast are never parted.
    """
    edges = np.unique(np.quantile(probability, np.linspace(0.0, 1.0, bins + 1)[1:-1]))
    index = np.searchsorted(edges, probability, side="left")
    found = []
    for place in np.unique(index):
        chosen = index == place
        forecast = probability[chosen]
        drawn = (rng.random((_DRAWS, len(forecast))) < forecast).mean(axis=1)
        low, high = np.percentile(drawn, [_LOW, _HIGH])
        found.append(
            ReliabilityBin(float(forecast.mean()), float(fire[chosen].mean()), float(low), float(high), len(forecast))
        )
    return tuple(found)
