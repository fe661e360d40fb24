"""The kinds of occurrence models that are tried, each fitted by scikit-learn and frozen into plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

from firewatch.danger.occurrence import CurveTerm, LinearTerm, Link, OccurrenceModel
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.danger.occurrence import Term

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "CANDIDATES",
    "Candidate",
    "Kind",
    "OccurrenceData",
    "average_model",
    "calibration_of",
    "design_of",
    "eta_of",
    "freeze",
    "pipeline_of",
]

_KNOTS = 5
_MOST_STEPS, _TOLERANCE = 200, 1e-8
# Of the slope and base that make forecasts reliable: so weak that it only stops a perfect order from growing for ever.
_CALIBRATION_STRENGTH = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class OccurrenceData:
    """Days at places, with what is known of them.

    Parameters
    ----------
    columns : dict of str to ndarray, shape (n,), float64
        What the model may read; no NaN.
    parts : dict of str to str
        The reason that each column counts for.
    count : ndarray, shape (n,), float64
        Fires of the day at the place.
    place : ndarray of str, shape (n,)
        The place.
    month : ndarray of int, shape (n,)
        1 to 12.
    block : ndarray of int, shape (n,)
        Days of one block are alike; a block is learnt from, or left out, as a whole.

    Raises
    ------
    InvalidValue
        If the lengths differ, a column has NaN, or a count is negative.
    """

    columns: dict[str, Numbers]
    parts: dict[str, str]
    count: Numbers
    place: npt.NDArray[np.str_]
    month: npt.NDArray[np.int64]
    block: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        for name, column in self.columns.items():
            if column.shape != self.count.shape or not np.isfinite(column).all():
                raise InvalidValue(f"column {name}", column.shape, f"{len(self.count)} finite numbers")
        if not np.isfinite(self.count).all() or (self.count < 0).any():
            raise InvalidValue("counts of fires", float(np.min(self.count)), "numbers of at least 0")

    @property
    def fire(self) -> Numbers:
        """1 on days with at least one fire, else 0."""
        return (self.count > 0).astype(np.float64)

    @property
    def table(self) -> Numbers:
        """The columns side by side, shape (n, columns)."""
        return np.column_stack(list(self.columns.values()))

    def rows(self, chosen: npt.NDArray[np.int64]) -> OccurrenceData:
        """Return some of the rows."""
        columns = {name: column[chosen] for name, column in self.columns.items()}
        return OccurrenceData(
            columns, self.parts, self.count[chosen], self.place[chosen], self.month[chosen], self.block[chosen]
        )


class Kind(StrEnum):
    """A kind of model, from the simplest on."""

    AVERAGE = "average"
    LINEAR = "linear"
    CURVES = "curves"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A kind of model and how freely it may follow the data.

    Parameters
    ----------
    kind : Kind
        The average day for every day; a line for each column; a curve of straight lines for each column.
    strength : float
        Inverse of the penalty on the slopes, as scikit-learn's C; of no meaning for the average.
    """

    kind: Kind
    strength: float = 0.0

    @property
    def label(self) -> str:
        """As reports name it."""
        return self.kind.value if self.kind is Kind.AVERAGE else f"{self.kind.value}, C={self.strength:g}"


_STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)
CANDIDATES = (
    Candidate(Kind.AVERAGE),
    *(Candidate(kind, strength) for kind in (Kind.LINEAR, Kind.CURVES) for strength in _STRENGTHS),
)


def design_of(kind: Kind, data: OccurrenceData) -> ColumnTransformer:
    """Return what makes columns into terms still without their heights, fitted: lines, or the knots of curves."""
    steps: list[tuple[str, object, list[int]]] = []
    for place, column in enumerate(data.columns.values()):
        knots = _knots(column) if kind is Kind.CURVES else None
        shape = (
            StandardScaler()
            if knots is None
            else SplineTransformer(degree=1, knots=knots.reshape(-1, 1), extrapolation="constant", include_bias=True)
        )
        steps.append((str(place), shape, [place]))
    return ColumnTransformer(steps).fit(data.table)


def pipeline_of(candidate: Candidate, data: OccurrenceData, link: Link, design: ColumnTransformer) -> Pipeline:
    """Return the candidate as a fitted pipeline of scikit-learn.

    Parameters
    ----------
    candidate : Candidate
        A line or curves, not the average.
    data : OccurrenceData
        To fit on.
    link : Link
        What is modelled.
    design : ColumnTransformer
        By `design_of` the same kind and data: candidates of one kind share it.

    Returns
    -------
    Pipeline
        Its columns are those of `data.table`; `eta_of` reads it.
    """
    terms = design.transform(data.table)
    newton = {"solver": "newton-cholesky", "max_iter": _MOST_STEPS, "tol": _TOLERANCE}
    if link is Link.LOGIT:
        last = LogisticRegression(C=candidate.strength, **newton).fit(terms, data.fire)
    else:
        last = PoissonRegressor(alpha=1.0 / (candidate.strength * len(data.count)), **newton).fit(terms, data.count)
    return Pipeline([("columns", design), ("fit", last)])


def eta_of(pipeline: Pipeline, table: Numbers, link: Link) -> Numbers:
    """Return the log-odds, or log-rate, of each row by a fitted pipeline, shape (n,)."""
    eta: Numbers = pipeline.decision_function(table) if link is Link.LOGIT else np.log(pipeline.predict(table))
    return eta


def freeze(pipeline: Pipeline, data: OccurrenceData, link: Link) -> OccurrenceModel:
    """Return a fitted pipeline as plain numbers, each term 0 on average over `data`, on which it was fitted."""
    last = pipeline.named_steps["fit"]
    coefficients = np.ravel(last.coef_)
    base = float(np.ravel(last.intercept_)[0])
    terms: list[Term] = []
    used = 0
    for (name, column), (_, shape, _) in zip(
        data.columns.items(), pipeline.named_steps["columns"].transformers_, strict=True
    ):
        width = shape.n_features_out_ if isinstance(shape, SplineTransformer) else 1
        own = coefficients[used : used + width]
        used += width
        if isinstance(shape, SplineTransformer):
            at = np.ravel(shape.bsplines_[0].t)[1:-1]  # of degree 1 the first and the last knot only carry the edges
            mean = float(np.interp(column, at, own).mean())
            base += mean
            terms.append(CurveTerm(name, data.parts[name], tuple(at.tolist()), tuple((own - mean).tolist())))
        else:
            slope = float(own[0] / shape.scale_[0])
            terms.append(LinearTerm(name, data.parts[name], float(shape.mean_[0]), slope))
    return OccurrenceModel(link, base, tuple(terms))


def average_model(data: OccurrenceData, link: Link) -> OccurrenceModel:
    """Return the model that calls every day the average day."""
    # Half a fire more on each side, so that a block without any, or with nothing but fires, stays finite.
    if link is Link.LOG:
        return OccurrenceModel(link, float(np.log((data.count.sum() + 0.5) / (len(data.count) + 1.0))), ())
    fires = data.fire.sum()
    return OccurrenceModel(link, float(np.log((fires + 0.5) / (len(data.fire) - fires + 0.5))), ())


def calibration_of(eta: Numbers, data: OccurrenceData, link: Link) -> tuple[float, float]:
    """Return base and slope that make `base + slope * eta` reliable on these rows."""
    column = eta.reshape(-1, 1)
    newton = {"solver": "newton-cholesky", "max_iter": _MOST_STEPS, "tol": _TOLERANCE}
    if link is Link.LOGIT:
        fit = LogisticRegression(C=_CALIBRATION_STRENGTH, **newton).fit(column, data.fire)
    else:
        fit = PoissonRegressor(alpha=1.0 / (_CALIBRATION_STRENGTH * len(eta)), **newton).fit(column, data.count)
    return float(np.ravel(fit.intercept_)[0]), float(np.ravel(fit.coef_)[0])


def _knots(column: Numbers) -> Numbers | None:
    """Return where a column's curve may bend, ascending; None where it has too few different values for one."""
    knots = np.unique(np.quantile(column, np.linspace(0.0, 1.0, _KNOTS)))
    return knots if len(knots) == _KNOTS else None
