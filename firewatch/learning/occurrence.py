"""Fitting a model of daily ignitions: chosen by cross-validation over blocks, calibrated, judged on blocks left out.

Everything that looks at the data (kind of model, penalty, calibration, climatology) is done again without the block on
which it is judged: nested cross-validation (Varma and Simon, 2006). Of candidates that are as good within one standard
error the simplest is taken (Breiman et al., 1984, section 3.4.3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from sklearn.model_selection import GroupKFold

from firewatch.danger.occurrence import CurveTerm, LinearTerm, Link, OccurrenceModel, occurrence_of
from firewatch.errors import InvalidValue
from firewatch.learning.candidates import (
    CANDIDATES,
    Candidate,
    Kind,
    OccurrenceData,
    average_model,
    calibration_of,
    design_of,
    eta_of,
    freeze,
    pipeline_of,
)
from firewatch.learning.skill import log_losses, measure_skill, reliability

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from firewatch.danger.occurrence import Skill, Term
    from firewatch.learning.skill import ReliabilityBin

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "OccurrenceFit",
    "climatology",
    "fit_model",
    "fit_occurrence",
    "forecast_left_out",
    "harder_to_beat",
    "require_enough",
]

_INNER_FOLDS, _OUTER_FOLDS = 5, 10
# A month or place with few days leans to the whole: as if it had so many days of the average more.
_PRIOR_DAYS = 30.0
_LEAST_FIRE_DAYS = 100
_LEAST_BLOCKS = 3
_FIRE_DAYS_A_COLUMN = 10  # Peduzzi et al. (1996), Journal of Clinical Epidemiology 49, 1373-1379


@dataclass(frozen=True, slots=True, eq=False)
class OccurrenceFit:
    """A fitted model and how good models made in its way are.

    Parameters
    ----------
    model : OccurrenceModel
        Fitted on all rows.
    candidate : Candidate
        What was chosen for it.
    chosen_left_out : tuple of Candidate
        What was chosen each time that blocks were left out.
    skill : Skill
        On blocks left out, against climatology.
    bins : tuple of ReliabilityBin
        On blocks left out.
    probability, climatology : ndarray, shape (n,)
        Forecasts for each row by what had not seen its block.
    """

    model: OccurrenceModel
    candidate: Candidate
    chosen_left_out: tuple[Candidate, ...]
    skill: Skill
    bins: tuple[ReliabilityBin, ...]
    probability: Numbers
    climatology: Numbers


def require_enough(data: OccurrenceData) -> None:
    """Raise `InvalidValue` unless a history is long enough to learn from, saying what it lacks and what to do.

    A model of too few fires is worse than the plain table of the calendar, and looks better.
    """
    fires = int(data.fire.sum())
    wanted = max(_LEAST_FIRE_DAYS, _FIRE_DAYS_A_COLUMN * len(data.columns))
    if fires < wanted:
        allowed = (
            f"at least {wanted} ({_FIRE_DAYS_A_COLUMN} for each of {len(data.columns)} columns, and never under "
            f"{_LEAST_FIRE_DAYS}): add years, or leave columns out; until then the plain table of the calendar serves"
        )
        raise InvalidValue("days with fire in the history", fires, allowed)
    with_fire = len(np.unique(data.block[data.count > 0]))
    if with_fire < _LEAST_BLOCKS:
        raise InvalidValue("fire years with fires", with_fire, f"at least {_LEAST_BLOCKS}, to judge by years left out")
    without = len(data.fire) - fires
    if without < wanted:
        allowed = f"at least {wanted}: the history needs a row for every day, also those with 0 fires"
        raise InvalidValue("days without fire in the history", without, allowed)


def fit_occurrence(data: OccurrenceData, link: Link, rng: np.random.Generator) -> OccurrenceFit:
    """Fit a model and judge its way of being made.

    Parameters
    ----------
    data : OccurrenceData
        Of at least three blocks.
    link : Link
        `LOGIT` for days with or without fire, `LOG` for counts.
    rng : Generator
        For the intervals only: the model does not depend on it.

    Returns
    -------
    OccurrenceFit

    Raises
    ------
    InvalidValue
        If there are fewer than three blocks, or every day has a fire, or none.
    """
    probability, reference, chosen = forecast_left_out(data, link)
    model, candidate = fit_model(data, link)
    skill = measure_skill(data.fire, probability, reference, data.block, rng)
    bins = reliability(data.fire, probability, rng)
    return OccurrenceFit(model, candidate, chosen, skill, bins, probability, reference)


def forecast_left_out(data: OccurrenceData, link: Link) -> tuple[Numbers, Numbers, tuple[Candidate, ...]]:
    """Return for each row what a model made without its block says of it, what climatology says, and what was chosen.

    Climatology is the average of all days or that of the month and place, whichever turns out the harder to beat.
    """
    if len(np.unique(data.block)) < _LEAST_BLOCKS:
        raise InvalidValue("blocks of days", len(np.unique(data.block)), f"at least {_LEAST_BLOCKS}")
    probability, average, seasonal = (np.empty(len(data.count)) for _ in range(3))
    chosen = []
    for rest, left_out in _folds(data, _OUTER_FOLDS):
        train, test = data.rows(rest), data.rows(left_out)
        model, candidate = fit_model(train, link)
        probability[left_out] = occurrence_of(model, test.columns).probability
        average[left_out] = occurrence_of(average_model(train, link), test.columns).probability
        seasonal[left_out] = climatology(train, test)
        chosen.append(candidate)
    return probability, harder_to_beat(data, average, seasonal), tuple(chosen)


def harder_to_beat(data: OccurrenceData, *references: Numbers) -> Numbers:
    """Return the reference forecast with the least log loss: no skill is claimed against a straw man."""
    return min(references, key=lambda each: float(log_losses(data.fire, each).mean()))


def fit_model(data: OccurrenceData, link: Link) -> tuple[OccurrenceModel, Candidate]:
    """Choose a candidate by cross-validation over blocks, fit it on all rows, and calibrate it; at least two blocks."""
    etas = _etas_left_out(data, link)
    losses = {candidate: _losses(eta, data, link) for candidate, eta in etas.items()}
    candidate = _simplest_of_the_best(losses, data.block)
    if candidate.kind is Kind.AVERAGE:
        return average_model(data, link), candidate
    base, slope = calibration_of(etas[candidate], data, link)
    if slope <= 0.0:  # its order of the days is the wrong one on days that it has not seen
        return average_model(data, link), CANDIDATES[0]
    model = freeze(pipeline_of(candidate, data, link, design_of(candidate.kind, data)), data, link)
    terms = tuple(_scaled(term, slope) for term in model.terms)
    return replace(model, base=base + slope * model.base, terms=terms), candidate


def climatology(train: OccurrenceData, test: OccurrenceData) -> Numbers:
    """Return how often such days had a fire: by month, and by place where it is known.

    Parameters
    ----------
    train : OccurrenceData
        From which frequencies are counted. Each leans to the whole by 30 days, so that a rare month is not called sure.
    test : OccurrenceData
        The days asked about.

    Returns
    -------
    ndarray, shape (n,)
    """
    whole = (train.fire.sum() + 0.5) / (len(train.fire) + 1.0)
    months = {month: _frequency(train.fire[train.month == month], whole) for month in np.unique(train.month)}
    places = {place: _frequency(train.fire[train.place == place], whole) / whole for place in np.unique(train.place)}
    rate = np.array(
        [months.get(month, whole) * places.get(place, 1.0) for month, place in zip(test.month, test.place, strict=True)]
    )
    clipped: Numbers = np.clip(rate, 0.0, 1.0)
    return clipped


def _frequency(fire: Numbers, whole: float) -> float:
    return float((fire.sum() + _PRIOR_DAYS * whole) / (len(fire) + _PRIOR_DAYS))


def _folds(data: OccurrenceData, most: int) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    folds = GroupKFold(n_splits=min(most, len(np.unique(data.block))))
    yield from folds.split(data.count, groups=data.block)


def _etas_left_out(data: OccurrenceData, link: Link) -> dict[Candidate, Numbers]:
    """Return for each candidate the log-odds, or log-rate, of each row when fitted without its block."""
    etas = {candidate: np.empty(len(data.count)) for candidate in CANDIDATES}
    for rest, left_out in _folds(data, _INNER_FOLDS):
        train, table = data.rows(rest), data.rows(left_out).table
        average = average_model(train, link).base
        has_both = 0.0 < train.fire.mean() < 1.0
        designs = {kind: design_of(kind, train) for kind in (Kind.LINEAR, Kind.CURVES)}
        for candidate, eta in etas.items():
            if candidate.kind is Kind.AVERAGE or not has_both:
                eta[left_out] = average
            else:
                eta[left_out] = eta_of(pipeline_of(candidate, train, link, designs[candidate.kind]), table, link)
    return etas


def _losses(eta: Numbers, data: OccurrenceData, link: Link) -> Numbers:
    said = occurrence_of(OccurrenceModel(link, 0.0, (LinearTerm("eta", "eta", 0.0, 1.0),)), {"eta": eta})
    if link is Link.LOGIT:
        return log_losses(data.fire, said.probability)
    return said.expected - data.count * np.log(np.maximum(said.expected, np.finfo(float).tiny))


def _simplest_of_the_best(losses: dict[Candidate, Numbers], block: npt.NDArray[np.int64]) -> Candidate:
    best = min(losses, key=lambda candidate: float(losses[candidate].mean()))
    _, index = np.unique(block, return_inverse=True)

    def is_as_good(candidate: Candidate) -> bool:
        worse = np.bincount(index, losses[candidate] - losses[best])
        return bool(worse.sum() <= np.sqrt(len(worse)) * worse.std(ddof=1))

    return next(candidate for candidate in losses if is_as_good(candidate))


def _scaled(term: Term, slope: float) -> Term:
    if isinstance(term, CurveTerm):
        return replace(term, height=tuple(slope * height for height in term.height))
    return replace(term, slope=slope * term.slope)
