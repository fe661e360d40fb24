"""How likely it is a fire, in parts that sum exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least, require_between, require_finite, require_text
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firewatch.domain.ids import SightingId, TowerId

__all__ = ["Belief", "BeliefPart", "BeliefRules", "TowerScore", "believe"]


@dataclass(frozen=True, slots=True)
class TowerScore:
    """How sure one tower's camera is, by one revision of one sighting.

    Parameters
    ----------
    tower_id : TowerId
        The tower.
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
class BeliefRules:
    """The weights: design choices by hand, not fitted to anything until `learning` has operators' labels.

    Parameters
    ----------
    base_log_odds : float
        Before any evidence. 0, even odds, because the scores are calibrated on a set with about as many frames with
        smoke as without.
    most_tower_log_odds : float
        Cap on what one tower can say for or against, above 0. 3 is 20 to 1: no camera alone is believed more than
        95 %, whatever its network says of a cloud.
    most_danger_log_odds : float
        What the highest danger adds and the lowest takes, 0 to 1. At 1, 2.7 to 1, it re-orders sightings of like
        score; one more tower outweighs it.
    """

    base_log_odds: float = 0.0
    most_tower_log_odds: float = 3.0
    most_danger_log_odds: float = 1.0

    def __post_init__(self) -> None:
        require_finite("base log-odds", self.base_log_odds)
        require_between("most log-odds of a tower", self.most_tower_log_odds, 0.1, 10.0)
        # Promise 2: weather re-orders, it never hides. The bound is part of the promise.
        require_between("most log-odds of the danger", self.most_danger_log_odds, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class BeliefPart:
    """One reason for a belief.

    Parameters
    ----------
    name : str
        ``base``, ``tower:<tower_id>`` or ``danger``.
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


def believe(
    scores: Iterable[TowerScore], danger_level: float | None = None, rules: BeliefRules | None = None
) -> Belief:
    """Weigh what the towers say, and the fire danger.

    Each tower counts once, by the highest score among its sightings: two cameras on one mast see the same cloud, two
    masts see different backgrounds and are taken as independent. Of a sighting only the highest revision counts.

    Parameters
    ----------
    scores : iterable of TowerScore
        In any order, with any repetition.
    danger_level : float or None
        Fire danger of the place and day from 0 (lowest class) to 1 (highest); None without a rating, which adds
        exactly 0: nothing is muted.
    rules : BeliefRules, optional
        The weights.

    Returns
    -------
    Belief
        Parts in the order base, towers by name, danger.

    Raises
    ------
    InvalidValue
        If the danger level is outside 0 to 1.
    """
    rules = rules or BeliefRules()
    parts = [BeliefPart("base", rules.base_log_odds)]
    for tower_id, score in sorted(_best_by_tower(scores).items()):
        parts.append(BeliefPart(f"tower:{tower_id}", _capped_log_odds(score, rules.most_tower_log_odds)))
    parts.append(BeliefPart("danger", _danger_log_odds(danger_level, rules)))
    return Belief(_probability(math.fsum(part.log_odds for part in parts)), tuple(parts))


def _best_by_tower(scores: Iterable[TowerScore]) -> dict[TowerId, float]:
    # Sorted, so that the last of a sighting is its highest revision in whatever order they came.
    latest = {s.sighting_id: s for s in sorted(scores, key=lambda s: (s.revision, s.score, s.tower_id))}
    best: dict[TowerId, float] = {}
    for score in latest.values():
        best[score.tower_id] = max(score.score, best.get(score.tower_id, 0.0))
    return best


def _capped_log_odds(probability: float, most: float) -> float:
    if probability in {0.0, 1.0}:
        return math.copysign(most, probability - 0.5)
    return max(-most, min(most, math.log(probability / (1.0 - probability))))


def _danger_log_odds(level: float | None, rules: BeliefRules) -> float:
    if level is None:
        return 0.0
    require_between("danger level", level, 0.0, 1.0)
    return rules.most_danger_log_odds * (2.0 * level - 1.0)


def _probability(log_odds: float) -> float:
    # Written on the side where the exponential cannot overflow.
    if log_odds < 0.0:
        return math.exp(log_odds) / (1.0 + math.exp(log_odds))
    return 1.0 / (1.0 + math.exp(-log_odds))
