"""How likely fires start on a day at a place: a model fitted elsewhere, evaluated here in parts that sum exactly.

The model is additive: eta = base + sum of its terms, each a function of one column. For days with or without fire
(`Link.LOGIT`) the probability is 1 / (1 + exp(-eta)); for counts (`Link.LOG`) the expected number is exp(eta), and the
probability of at least one fire 1 - exp(-exp(eta)). A part is the sum of the terms of one reason; it is 0 on average
over the days of the fit, so that the base is the log-odds, or log-rate, of the average day.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_at_least, require_finite, require_text
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "CurveTerm",
    "FitRecord",
    "LinearTerm",
    "Link",
    "Occurrence",
    "OccurrenceModel",
    "Skill",
    "multipliers",
    "occurrence_of",
]

# Beyond it a probability is 0 or 1 to the last bit of a float64; the exponential would overflow at 709.
_MOST_ETA = 700.0
_LONGEST_NAME = 80


class Link(StrEnum):
    """What the sum of the parts is the logarithm of."""

    LOGIT = "logit"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class LinearTerm:
    """A term that grows evenly with a column: slope * (value - centre).

    Parameters
    ----------
    column : str
        The column.
    part : str
        The reason that it counts for.
    centre : float
        Value at which the term is 0.
    slope : float
        Log-odds or log-rate for each unit of the column.
    """

    column: str
    part: str
    centre: float
    slope: float

    def __post_init__(self) -> None:
        _require_names(self.column, self.part)
        require_finite(f"centre of {self.column}", self.centre)
        require_finite(f"slope of {self.column}", self.slope)

    def values(self, column: Numbers) -> Numbers:
        """Return the term of each value of the column, same shape."""
        return self.slope * (column - self.centre)


@dataclass(frozen=True, slots=True)
class CurveTerm:
    """A term by straight lines between points, level beyond the first and the last.

    Parameters
    ----------
    column, part : str
        As `LinearTerm`.
    at : tuple of float, length k >= 2
        Where the points stand, ascending.
    height : tuple of float, length k
        Log-odds or log-rate there.
    """

    column: str
    part: str
    at: tuple[float, ...]
    height: tuple[float, ...]

    def __post_init__(self) -> None:
        _require_names(self.column, self.part)
        if len(self.at) < 2 or len(self.height) != len(self.at):  # noqa: PLR2004 - a line needs two points
            given = (len(self.at), len(self.height))
            raise InvalidValue(f"points of {self.column}", given, "as many heights as points, at least 2")
        for number in (*self.at, *self.height):
            require_finite(f"point of {self.column}", number)
        if any(after <= before for before, after in pairwise(self.at)):
            raise InvalidValue(f"points of {self.column}", self.at, "ascending numbers")

    def values(self, column: Numbers) -> Numbers:
        """Return the term of each value of the column, same shape."""
        return np.interp(column, self.at, self.height)


Term: TypeAlias = LinearTerm | CurveTerm


@dataclass(frozen=True, slots=True)
class Skill:
    """How good forecasts were for days that the model had not seen, beside those of climatology.

    Parameters
    ----------
    brier, brier_climatology : float
        Mean squared error of the probability; lower is better.
    brier_skill, brier_skill_low, brier_skill_high : float
        1 - brier / brier_climatology, with its 90 % interval by resampling blocks; above 0 is better than climatology.
    log_skill, log_skill_low, log_skill_high : float
        The same of the mean negative log-likelihood.
    auc : float
        Area under the ROC curve: 0.5 is no order at all.
    """

    brier: float
    brier_climatology: float
    brier_skill: float
    brier_skill_low: float
    brier_skill_high: float
    log_skill: float
    log_skill_low: float
    log_skill_high: float
    auc: float

    @property
    def is_shown(self) -> bool:
        """Whether skill is beyond doubt: the whole interval of the Brier skill score is above 0."""
        return self.brier_skill_low > 0.0


@dataclass(frozen=True, slots=True)
class FitRecord:
    """What a model was fitted on, and how good it is; pages show it beside every number of the model.

    Parameters
    ----------
    source : str
        Name of the file of fires.
    first_day, last_day : str
        ISO dates of its first and last row.
    rows, fire_days : int
        How many rows, and how many of them with a fire.
    blocks : int
        How many blocks (years) the skill rests on.
    candidate : str
        The kind of model that was chosen.
    skill : Skill
        On blocks left out.
    calendar : str
        Name of the ignition calendar.
    places : tuple of str
        The places that it knows; the first has no column of its own.
    """

    source: str
    first_day: str
    last_day: str
    rows: int
    fire_days: int
    blocks: int
    candidate: str
    skill: Skill
    calendar: str
    places: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_text("source of a fit", self.source, 200)
        require_at_least("rows of a fit", self.rows, 1)
        require_at_least("fire days of a fit", self.fire_days, 1)


@dataclass(frozen=True, slots=True)
class OccurrenceModel:
    """A fitted model, frozen.

    Parameters
    ----------
    link : Link
        What is modelled: days with fire, or counts of fires.
    base : float
        Log-odds or log-rate of the average day.
    terms : tuple of LinearTerm or CurveTerm
        In any number, also none: then every day is the average day.
    record : FitRecord or None
        None for a model that was written by hand.
    """

    link: Link
    base: float
    terms: tuple[Term, ...]
    record: FitRecord | None = None

    def __post_init__(self) -> None:
        require_finite("base of an occurrence model", self.base)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads, each once, in order."""
        return tuple(dict.fromkeys(term.column for term in self.terms))

    @property
    def parts(self) -> tuple[str, ...]:
        """The reasons that it gives, each once, in order."""
        return tuple(dict.fromkeys(term.part for term in self.terms))


@dataclass(frozen=True, slots=True, eq=False)
class Occurrence:
    """What a model says of n days.

    Parameters
    ----------
    probability : ndarray, shape (n,)
        Of at least one fire, 0 to 1.
    expected : ndarray, shape (n,)
        Number of fires; of a model of days with fire the same as the probability.
    base : float
        Log-odds or log-rate of the average day.
    parts : dict of str to ndarray, shape (n,)
        What each reason adds to it.
    """

    probability: Numbers
    expected: Numbers
    base: float
    parts: dict[str, Numbers]


def occurrence_of(model: OccurrenceModel, columns: Mapping[str, Numbers]) -> Occurrence:
    """Evaluate a model.

    Parameters
    ----------
    model : OccurrenceModel
        As fitted.
    columns : mapping of str to ndarray, shape (n,), float64
        At least those that the model reads, and at least one.

    Returns
    -------
    Occurrence
        Where a reading is NaN so is all that rests on it: no number is made without it.

    Raises
    ------
    InvalidValue
        If a column is missing, or two have different lengths.
    """
    missing = [name for name in model.columns if name not in columns]
    if missing:
        raise InvalidValue("columns of the occurrence model", ", ".join(sorted(columns)), f"also {', '.join(missing)}")
    lengths = {column.shape for column in columns.values()}
    if len(lengths) != 1:
        raise InvalidValue("columns of the occurrence model", sorted(lengths), "columns of one length")
    parts = {name: np.zeros(next(iter(lengths))) for name in model.parts}
    for term in model.terms:
        parts[term.part] += term.values(columns[term.column])
    total = np.full(next(iter(lengths)), model.base)
    for part in parts.values():
        total += part
    eta = np.clip(total, -_MOST_ETA, _MOST_ETA)
    if model.link is Link.LOGIT:
        probability = 1.0 / (1.0 + np.exp(-eta))
        return Occurrence(probability, probability, model.base, parts)
    expected = np.exp(eta)
    return Occurrence(-np.expm1(-expected), expected, model.base, parts)


def multipliers(
    model: OccurrenceModel, today: Mapping[str, Numbers], otherwise: Mapping[str, Numbers]
) -> dict[str, Numbers]:
    """Return by how much each reason multiplies the odds (`Link.LOGIT`) or the rate (`Link.LOG`) of fire.

    Parameters
    ----------
    model : OccurrenceModel
        As fitted.
    today : mapping of str to ndarray, shape (n,)
        Columns of the days asked about. Terms whose column is not among them are left out.
    otherwise : mapping of str to ndarray, shape (n,)
        The same columns for the days to compare with, as they would be without the reason.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        exp of the difference, by reason. They multiply: the model is additive.
    """
    logs: dict[str, Numbers] = {}
    for term in model.terms:
        if term.column in today:
            more = term.values(today[term.column]) - term.values(otherwise[term.column])
            logs[term.part] = logs[term.part] + more if term.part in logs else more
    return {name: np.exp(log) for name, log in logs.items()}


def _require_names(column: str, part: str) -> None:
    require_text("column of a term", column, _LONGEST_NAME)
    require_text("part of a term", part, _LONGEST_NAME)
