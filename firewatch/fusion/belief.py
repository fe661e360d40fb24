"""How likely it is a fire, in parts that sum exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least, require_between, require_text
from firewatch.errors import InvalidValue
from firewatch.fusion.evidence import unit
from firewatch.fusion.triage import Term, TriageWeights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firewatch.domain.ids import SightingId, TowerId
    from firewatch.fusion.evidence import (
        Agreement,
        Growth,
        Ignitions,
        LocalHour,
        NearHotspot,
        NearSource,
        Persistence,
        PlaceHistory,
    )

__all__ = ["Belief", "BeliefPart", "Evidence", "TowerScore", "believe", "strengths_of"]

# A score of 95 %, log-odds of 3, says all that one tower can, whatever its network says of a cloud.
_FULL_SCORE = 3.0


@dataclass(frozen=True, slots=True)
class TowerScore:
    """How sure one tower's camera is, by one revision of one sighting.

    Parameters
    ----------
    tower_id : TowerId
        The tower; of several on one mast the first by name, because they see one smoke from one place.
    sighting_id : SightingId
        The sighting; only its highest revision counts.
    revision : int
        From 1.
    score : float
        Calibrated probability of the whole sighting, 0 to 1.
    """

    tower_id: TowerId
    sighting_id: SightingId
    revision: int
    score: float

    def __post_init__(self) -> None:
        require_text("tower", self.tower_id, 64)
        require_text("sighting", self.sighting_id, 64)
        require_at_least("revision", self.revision, 1)
        require_between("score", self.score, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a belief rests on; whatever is None adds exactly 0.

    Parameters
    ----------
    scores : tuple of TowerScore
        In any order, with any repetition.
    persistence, growth, agreement, hotspot, hour, ignitions, source, history
        Facts of `firewatch.fusion.evidence`.
    danger_level : float or None
        Fire danger of the place and day from 0 (lowest class) to 1 (highest).
    """

    scores: tuple[TowerScore, ...] = ()
    persistence: Persistence | None = None
    growth: Growth | None = None
    agreement: Agreement | None = None
    hotspot: NearHotspot | None = None
    danger_level: float | None = None
    hour: LocalHour | None = None
    ignitions: Ignitions | None = None
    source: NearSource | None = None
    history: PlaceHistory | None = None

    def __post_init__(self) -> None:
        if self.danger_level is not None:
            require_between("danger level", self.danger_level, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class BeliefPart:
    """One reason for a belief.

    Parameters
    ----------
    name : str
        ``base``, ``tower:<tower_id>``, or a `Term` other than TOWER.
    log_odds : float
        What it adds (natural logarithm).
    """

    name: str
    log_odds: float


@dataclass(frozen=True, slots=True)
class Belief:
    """How likely it is a fire.

    Parameters
    ----------
    probability : float
        Above 0 and below 1.
    parts : tuple of BeliefPart
        Their log-odds sum to the probability's.
    """

    probability: float
    parts: tuple[BeliefPart, ...]

    def __post_init__(self) -> None:
        total = math.fsum(part.log_odds for part in self.parts)
        if not math.isclose(self.probability, _probability(total), rel_tol=0.0, abs_tol=1e-9):
            raise InvalidValue("probability", self.probability, f"what its parts sum to, {_probability(total):.9f}")

    @property
    def log_odds(self) -> float:
        """The sum of the parts."""
        return math.fsum(part.log_odds for part in self.parts)


def believe(evidence: Evidence, weights: TriageWeights | None = None) -> Belief:
    """Weigh all that is known of a smoke.

    Each tower counts once, by the highest score among its sightings: two cameras on one mast see the same cloud, two
    masts see different backgrounds and are taken as independent. Of a sighting only the highest revision counts.

    Parameters
    ----------
    evidence : Evidence
        What is known.
    weights : TriageWeights, optional
        What it is worth; by default the expert table.

    Returns
    -------
    Belief
        Parts in the order base, towers by name, then the other terms in the order of `Term`: every one, also those
        that add 0.
    """
    weights = weights or TriageWeights()
    parts = [BeliefPart("base", weights.base)]
    for tower_id, strength in _towers(evidence).items():
        parts.append(BeliefPart(f"tower:{tower_id}", weights.tower * strength))
    # + 0.0: a weight below 0 times nothing is -0.0, which a page would show with its sign.
    parts += [BeliefPart(term.value, weights.of(term) * x + 0.0) for term, x in _others(evidence).items()]
    return Belief(_probability(math.fsum(part.log_odds for part in parts)), tuple(parts))


def strengths_of(evidence: Evidence) -> dict[Term, float]:
    """Return how strongly each term speaks, by which weights are learned; that of TOWER is the sum over the towers."""
    return {Term.TOWER: math.fsum(_towers(evidence).values()), **_others(evidence)}


def _towers(evidence: Evidence) -> dict[TowerId, float]:
    # Sorted, so that the last of a sighting is its highest revision in whatever order they came.
    latest = {s.sighting_id: s for s in sorted(evidence.scores, key=lambda s: (s.revision, s.score, s.tower_id))}
    best: dict[TowerId, float] = {}
    for score in latest.values():
        best[score.tower_id] = max(score.score, best.get(score.tower_id, 0.0))
    return {tower_id: unit(_log_odds(score) / _FULL_SCORE) for tower_id, score in sorted(best.items())}


def _others(evidence: Evidence) -> Mapping[Term, float]:
    level, agreement = evidence.danger_level, evidence.agreement
    return {
        Term.PERSISTENCE: _strength(evidence.persistence),
        Term.GROWTH: _strength(evidence.growth),
        Term.TOWERS: 0.0 if agreement is None else agreement.masts_strength,
        Term.GEOMETRY: _strength(agreement),
        Term.HOTSPOTS: _strength(evidence.hotspot),
        Term.DANGER: 0.0 if level is None else 2.0 * level - 1.0,
        Term.HOUR: _strength(evidence.hour),
        Term.CALENDAR: _strength(evidence.ignitions),
        Term.SOURCES: _strength(evidence.source),
        Term.HISTORY: _strength(evidence.history),
    }


def _strength(
    fact: (Persistence | Growth | Agreement | NearHotspot | LocalHour | Ignitions | NearSource | PlaceHistory | None),
) -> float:
    return 0.0 if fact is None else fact.strength


def _log_odds(probability: float) -> float:
    if probability in {0.0, 1.0}:
        return math.copysign(math.inf, probability - 0.5)
    return math.log(probability / (1.0 - probability))


def _probability(log_odds: float) -> float:
    # Written on the side where the exponential cannot overflow.
    if log_odds < 0.0:
        return math.exp(log_odds) / (1.0 + math.exp(log_odds))
    return 1.0 / (1.0 + math.exp(-log_odds))
