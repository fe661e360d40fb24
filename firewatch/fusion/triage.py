"""What each kind of evidence is worth: weights with their bounds, from the expert table or learned.

A weight is the log-odds of evidence of full strength, so it is also the most that its term can ever say. The bounds are
part of the type: no table and no fit can let the weather, or a chimney, hide a fire.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_at_least, require_between, require_finite, require_text
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = [
    "BASE_LIMIT",
    "LIMITS",
    "TERMS",
    "Term",
    "TriageCase",
    "TriageModel",
    "TriageRecord",
    "TriageScores",
    "TriageWeights",
]


class Term(StrEnum):
    """One kind of evidence; its value is the name of its part of a belief (towers have a part each)."""

    TOWER = "tower"
    PERSISTENCE = "persistence"
    GROWTH = "growth"
    TOWERS = "towers"
    GEOMETRY = "geometry"
    HOTSPOTS = "hotspots"
    DANGER = "danger"
    HOUR = "hour"
    CALENDAR = "calendar"
    SOURCES = "sources"
    HISTORY = "history"


TERMS = tuple(Term)
# The least and the most of each weight. A limit of 0 is a sign that physics knows: a smoke that lasts, grows, is seen
# by more towers, agrees with their bearings or with a satellite, or on a more dangerous day, is never less likely a
# fire for it; one at a known source never more. Hour and calendar have no sign: on a day of sacrifices there are more
# fires and more sacrifices.
LIMITS: Mapping[Term, tuple[float, float]] = MappingProxyType(
    {
        Term.TOWER: (0.0, 3.0),  # 20 to 1: no camera alone is believed more than 95 %
        Term.PERSISTENCE: (0.0, 2.0),
        Term.GROWTH: (0.0, 1.5),
        Term.TOWERS: (0.0, 2.0),
        Term.GEOMETRY: (0.0, 2.0),
        Term.HOTSPOTS: (0.0, 3.0),
        Term.DANGER: (0.0, 1.0),  # promise 2: weather re-orders, it never hides
        Term.HOUR: (-0.5, 0.5),
        Term.CALENDAR: (-1.0, 1.0),
        Term.SOURCES: (-2.0, 0.0),  # a fire beside a chimney is a fire: one good tower outweighs it
        Term.HISTORY: (0.0, 1.5),  # so many false alarms and the next one burns
    }
)
# The same for every smoke: it moves all of them, and none behind another.
BASE_LIMIT = 5.0


@dataclass(frozen=True, slots=True)
class TriageWeights:
    """The log-odds of evidence of full strength; the defaults are the expert table (configs/triage.toml says why).

    Parameters
    ----------
    base : float
        Before any evidence, -5 to 5.
    tower, persistence, growth, towers, geometry, hotspots, danger, hour, calendar, sources, history : float
        By `Term`, each within its `LIMITS`.
    """

    base: float = -1.0
    tower: float = 3.0
    persistence: float = 1.0
    growth: float = 0.7
    towers: float = 0.4
    geometry: float = 0.5
    hotspots: float = 2.0
    danger: float = 1.0
    hour: float = 0.2
    calendar: float = 0.4
    sources: float = -1.5
    history: float = 1.0

    def __post_init__(self) -> None:
        require_between("base log-odds", self.base, -BASE_LIMIT, BASE_LIMIT)
        for term in TERMS:
            require_between(f"weight of {term}", self.of(term), *LIMITS[term])

    def of(self, term: Term) -> float:
        """Return the weight of a term."""
        weight: float = getattr(self, term.value)
        return weight

    def log_odds(self, strengths: Numbers) -> Numbers:
        """Return what many cases add up to.

        Parameters
        ----------
        strengths : ndarray, shape (n, 11)
            A column for each of `TERMS`; that of TOWER is the sum over the towers.

        Returns
        -------
        ndarray, shape (n,)
            Log-odds.
        """
        total: Numbers = self.base + strengths @ self.as_array()[1:]
        return total

    def as_array(self) -> Numbers:
        """Return the base and the weights in the order of `TERMS`, shape (12,)."""
        return np.array([self.base, *(self.of(term) for term in TERMS)])

    @classmethod
    def of_array(cls, numbers: Numbers) -> TriageWeights:
        """Return the weights of such an array; raise `InvalidValue` if one is beyond its limits."""
        names = [field.name for field in fields(cls)]
        return cls(**dict(zip(names, (float(number) for number in numbers), strict=True)))


@dataclass(frozen=True, slots=True)
class TriageCase:
    """An incident that operators decided about, as it was known when they decided: what weights are learned from.

    Parameters
    ----------
    incident_id : str
        Which.
    day : date
        Of its first frame, by the bureau's clock.
    place : str
        The square of about 1 km in which it lies, or tower and direction where it has no position.
    was_fire : bool
        Confirmed, or dismissed.
    verdict : str
        ``confirmed``, or ``rejected:`` with the reason.
    strengths : tuple of float, length 11
        In the order of `TERMS`; that of TOWER is the sum over the towers.
    """

    incident_id: str
    day: date
    place: str
    was_fire: bool
    verdict: str
    strengths: tuple[float, ...]

    def __post_init__(self) -> None:
        require_text("incident", self.incident_id, 64)
        require_text("place of a case", self.place, 80)
        if len(self.strengths) != len(TERMS):
            raise InvalidValue("strengths of a case", len(self.strengths), f"{len(TERMS)}, one for each term")
        for term, strength in zip(TERMS, self.strengths, strict=True):
            require_finite(f"strength of {term}", strength)
            if term is not Term.TOWER:  # a sum over towers may be larger
                require_between(f"strength of {term}", strength, -1.0, 1.0)


@dataclass(frozen=True, slots=True)
class TriageScores:
    """How good probabilities were on incidents left out; lower is better.

    Parameters
    ----------
    log_loss : float
        Mean negative log-likelihood.
    brier : float
        Mean squared error.
    calibration_error : float
        Mean distance of the forecast from the frequency, over bins of equally many (ECE).
    """

    log_loss: float
    brier: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class TriageRecord:
    """What learned weights rest on; pages and `firewatch triage show` tell it.

    Parameters
    ----------
    source : str
        Where the operators' decisions were read.
    first_day, last_day : str
        ISO dates of the first and last incident.
    fires, false_alarms : int
        How many incidents were confirmed, and how many dismissed.
    places, weeks : int
        How many groups were left out in turn.
    shrinkage : float
        How strongly the fit leans to the expert table.
    expert, learned : TriageScores
        On incidents left out, of the expert table and of weights learned without them.
    is_simulated : bool
        Whether the decisions are a simulation's and no operator's.
    """

    source: str
    first_day: str
    last_day: str
    fires: int
    false_alarms: int
    places: int
    weeks: int
    shrinkage: float
    expert: TriageScores
    learned: TriageScores
    is_simulated: bool = False

    def __post_init__(self) -> None:
        require_text("source of the decisions", self.source, 200)
        require_at_least("fires", self.fires, 1)
        require_at_least("false alarms", self.false_alarms, 1)


@dataclass(frozen=True, slots=True)
class TriageModel:
    """Weights, and what they rest on: None for the expert table, or one of one's own."""

    weights: TriageWeights
    record: TriageRecord | None = None
