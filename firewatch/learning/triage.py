"""Learning what evidence is worth from operators' decisions: a logistic model that leans to the expert table.

The signs that physics knows, and the bounds that keep any term from hiding a fire, are bounds of the fit. Everything
that looks at the data (weights, how strongly they lean) is done again without the groups on which it is judged, twice:
with places left out, and with weeks left out. Incidents of one place are alike (a chimney), and those of one week
(weather, festivals), so that leaving out single incidents would flatter.

References
----------
.. [1] Byrd, Lu, Nocedal and Zhu (1995), A limited memory algorithm for bound constrained optimization, SIAM J. Sci.
   Comput. 16, 1190-1208 (by SciPy).
.. [2] Varma and Simon (2006), Bias in error estimation when using cross-validation for model selection, BMC
   Bioinformatics 7, 91: nested cross-validation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy.optimize import minimize
from sklearn.model_selection import GroupKFold

from firewatch.errors import InvalidValue
from firewatch.fusion.triage import BASE_LIMIT, LIMITS, TERMS, TriageScores, TriageWeights
from firewatch.learning.skill import log_losses, resampled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import numpy.typing as npt

    from firewatch.fusion.triage import Term, TriageCase

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Labels: TypeAlias = npt.NDArray[np.str_]

__all__ = [
    "Comparison",
    "TriageData",
    "TriageFit",
    "choose_weights",
    "fit_triage",
    "fit_weights",
    "forecast_left_out",
    "probability_of",
    "require_better",
    "require_enough",
    "scores_of",
]

# From weights that nearly forget the expert table to weights that hardly leave it: precisions, 1 / log-odds squared.
_SHRINKAGES = (1.0, 3.0, 10.0, 30.0, 100.0)
# How often operators confirm is the first thing that data know better than any table.
_BASE_SHRINKAGE = 0.1
_INNER_FOLDS, _OUTER_FOLDS = 5, 10
_DECISIONS_A_WEIGHT = 10  # Peduzzi et al. (1996), Journal of Clinical Epidemiology 49, 1373-1379
_LEAST_DECISIONS, _LEAST_GROUPS = 50, 10
_BINS = 10
_LOW, _HIGH = 5.0, 95.0


@dataclass(frozen=True, slots=True, eq=False)
class TriageData:
    """Decided incidents.

    Parameters
    ----------
    strengths : ndarray, shape (n, 11)
        By `firewatch.fusion.triage.TERMS`.
    fire : ndarray, shape (n,)
        1 for confirmed, 0 for dismissed.
    place, week : ndarray of str, shape (n,)
        The groups that are left out.
    """

    strengths: Numbers
    fire: Numbers
    place: Labels
    week: Labels

    @classmethod
    def of(cls, cases: Sequence[TriageCase]) -> TriageData:
        """Return the cases as arrays."""
        weeks = [case.day.isocalendar() for case in cases]
        return cls(
            np.array([case.strengths for case in cases], dtype=np.float64).reshape(len(cases), len(TERMS)),
            np.array([float(case.was_fire) for case in cases]),
            np.array([case.place for case in cases], dtype=np.str_),
            np.array([f"{week.year}-W{week.week:02d}" for week in weeks], dtype=np.str_),
        )

    def rows(self, index: npt.NDArray[np.int64]) -> TriageData:
        """Return some rows."""
        return TriageData(self.strengths[index], self.fire[index], self.place[index], self.week[index])


@dataclass(frozen=True, slots=True)
class Comparison:
    """Learned weights beside the expert table, on groups that they had not seen.

    Parameters
    ----------
    groups : int
        How many were left out in turn.
    expert, learned : TriageScores
        Of each.
    ratio_low, ratio_high : float
        90 % interval, over groups drawn anew, of the learned log loss divided by the expert's.
    """

    groups: int
    expert: TriageScores
    learned: TriageScores
    ratio_low: float
    ratio_high: float

    @property
    def is_better(self) -> bool:
        """Whether the learned ones are better beyond doubt: the whole interval is below 1."""
        return self.ratio_high < 1.0


@dataclass(frozen=True, slots=True, eq=False)
class TriageFit:
    """Learned weights, and how good weights learned in their way are.

    Parameters
    ----------
    weights : TriageWeights
        Learned from all rows.
    shrinkage : float
        How strongly they lean to the expert table.
    by_place, by_week : Comparison
        With places, and with weeks left out.
    probability, expert_probability : ndarray, shape (n,)
        Of each row, by weights learned without its place, and by the expert table.
    """

    weights: TriageWeights
    shrinkage: float
    by_place: Comparison
    by_week: Comparison
    probability: Numbers
    expert_probability: Numbers


def require_enough(data: TriageData) -> None:
    """Raise `InvalidValue` unless there are enough decisions to learn from, saying how many there are and are needed.

    Weights of too few decisions are worse than the expert table, and look better.
    """
    varying = int((np.ptp(data.strengths, axis=0) > 0.0).sum()) if len(data.fire) else 0
    wanted = max(_LEAST_DECISIONS, _DECISIONS_A_WEIGHT * (varying + 1))
    fires = int(data.fire.sum())
    why = (
        f"at least {wanted} ({_DECISIONS_A_WEIGHT} for each of {varying + 1} weights to learn, and never under "
        f"{_LEAST_DECISIONS}): fewer teach accidents; until then the expert table serves"
    )
    for what, count in (("confirmed incidents", fires), ("dismissed incidents", len(data.fire) - fires)):
        if count < wanted:
            raise InvalidValue(what, count, why)
    for what, groups in (("places", data.place), ("weeks", data.week)):
        count = len(np.unique(groups))
        if count < _LEAST_GROUPS:
            raise InvalidValue(
                f"{what} of the decisions", count, f"at least {_LEAST_GROUPS}, to judge by some left out"
            )


def fit_triage(data: TriageData, rng: np.random.Generator, expert: TriageWeights | None = None) -> TriageFit:
    """Learn weights and judge their way of being learned.

    Parameters
    ----------
    data : TriageData
        With both labels, and at least two places and weeks.
    rng : Generator
        For the intervals only: the weights do not depend on it.
    expert : TriageWeights, optional
        To lean to and to be better than; by default the built-in table.
    """
    expert = expert or TriageWeights()
    weights, shrinkage = choose_weights(data, data.place, expert)
    said = probability_of(expert.log_odds(data.strengths))
    by_place, by_week = (forecast_left_out(data, groups, expert) for groups in (data.place, data.week))
    return TriageFit(
        weights,
        shrinkage,
        _compared(data, data.place, said, by_place, rng),
        _compared(data, data.week, said, by_week, rng),
        by_place,
        said,
    )


def require_better(fit: TriageFit) -> None:
    """Raise `InvalidValue` unless learned weights are better than the expert table beyond doubt, both ways."""
    for what, each in (("places", fit.by_place), ("weeks", fit.by_week)):
        if not each.is_better:
            given = f"{each.learned.log_loss:.4f} against {each.expert.log_loss:.4f}"
            interval = f"ratio {each.ratio_low:.3f} to {each.ratio_high:.3f}"
            allowed = f"a ratio whose whole 90 % interval ({interval}) is below 1; the expert table serves as well"
            raise InvalidValue(f"log loss of the learned weights on {what} left out", given, allowed)


def choose_weights(
    data: TriageData, groups: Labels, expert: TriageWeights, without: Collection[Term] = ()
) -> tuple[TriageWeights, float]:
    """Return weights learned from all rows, and the shrinkage that was best on groups left out."""
    losses = dict.fromkeys(_SHRINKAGES, 0.0)
    for rest, left_out in _folds(groups, _INNER_FOLDS):
        train, test = data.rows(rest), data.rows(left_out)
        for shrinkage in _SHRINKAGES:
            weights = fit_weights(train, shrinkage, expert, without)
            losses[shrinkage] += float(log_losses(test.fire, probability_of(weights.log_odds(test.strengths))).sum())
    best = min(_SHRINKAGES, key=lambda shrinkage: (losses[shrinkage], -shrinkage))
    return fit_weights(data, best, expert, without), best


def fit_weights(
    data: TriageData, shrinkage: float, expert: TriageWeights, without: Collection[Term] = ()
) -> TriageWeights:
    """Return the most likely weights within their limits, given that they lie near the expert table.

    Parameters
    ----------
    data : TriageData
        In any number, also none: then the expert table comes out.
    shrinkage : float
        Precision of the Gaussian around the expert's weights, above 0.
    expert : TriageWeights
        Its middle. A weight whose term never varies in the data stays there.
    without : collection of Term
        Terms held at 0, to see what they bring.
    """
    start = expert.as_array()
    bounds = [(-BASE_LIMIT, BASE_LIMIT), *(LIMITS[term] for term in TERMS)]
    for place, term in enumerate(TERMS, start=1):
        if term in without:
            start[place], bounds[place] = 0.0, (0.0, 0.0)
    design = np.column_stack([np.ones(len(data.fire)), data.strengths])
    lean = np.full(len(start), shrinkage)
    lean[0] = _BASE_SHRINKAGE
    sign = 1.0 - 2.0 * data.fire

    def loss_and_slope(weights: Numbers) -> tuple[float, Numbers]:
        against = sign * (design @ weights)
        off = weights - start
        loss = np.logaddexp(0.0, against).sum() + 0.5 * (lean * off**2).sum()
        return float(loss), design.T @ (sign * probability_of(against)) + lean * off

    found = minimize(loss_and_slope, start, jac=True, method="L-BFGS-B", bounds=bounds)
    low, high = np.array(bounds).T
    return TriageWeights.of_array(np.clip(found.x, low, high))


def forecast_left_out(
    data: TriageData, groups: Labels, expert: TriageWeights, without: Collection[Term] = ()
) -> Numbers:
    """Return for each row what weights learned without its group say of it, shape (n,)."""
    probability = np.empty(len(data.fire))
    for rest, left_out in _folds(groups, _OUTER_FOLDS):
        weights, _ = choose_weights(data.rows(rest), groups[rest], expert, without)
        probability[left_out] = probability_of(weights.log_odds(data.strengths[left_out]))
    return probability


def scores_of(fire: Numbers, probability: Numbers) -> TriageScores:
    """Return how good probabilities are."""
    order = np.argsort(probability, kind="stable")
    bins = np.array_split(order, min(_BINS, len(order)))
    off = sum(len(each) * abs(float(probability[each].mean() - fire[each].mean())) for each in bins)
    return TriageScores(
        float(log_losses(fire, probability).mean()), float(((probability - fire) ** 2).mean()), off / len(order)
    )


def probability_of(log_odds: Numbers) -> Numbers:
    """Return the probabilities of log-odds, same shape."""
    # By the hyperbolic tangent: no exponential that could overflow.
    return 0.5 * (1.0 + np.tanh(0.5 * log_odds))


def _folds(groups: Labels, most: int) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    yield from GroupKFold(n_splits=min(most, len(np.unique(groups)))).split(groups, groups=groups)


def _compared(
    data: TriageData, groups: Labels, expert: Numbers, learned: Numbers, rng: np.random.Generator
) -> Comparison:
    _, blocks = np.unique(groups, return_inverse=True)
    ratios = resampled(log_losses(data.fire, learned), log_losses(data.fire, expert), blocks, rng)
    return Comparison(
        int(blocks.max()) + 1,
        scores_of(data.fire, expert),
        scores_of(data.fire, learned),
        float(np.percentile(ratios, _LOW)),
        float(np.percentile(ratios, _HIGH)),
    )
