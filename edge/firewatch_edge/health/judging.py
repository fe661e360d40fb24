"""A measured number and a judged state: bad only after several checks in a row, and good again only after several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.condition import CameraCondition, ConditionState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["BLINDING", "LIMITS", "Judge", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """From what on a measure counts; the larger it is, the worse.

    Parameters
    ----------
    suspect, bad : float
        In the measure's unit.
    holds : int
        So many checks in a row bring a state about.
    """

    suspect: float
    bad: float
    holds: int


# docs/reference/health.md tells how these were chosen, and on what.
LIMITS: Mapping[str, Limits] = {
    "frozen": Limits(0.90, 0.98, 2),
    "dark": Limits(0.80, 0.95, 2),
    "glare": Limits(0.50, 0.80, 2),
    "blurred": Limits(0.40, 0.50, 3),
    "fogged": Limits(0.65, 0.80, 3),
    "dirty": Limits(0.03, 0.10, 3),
    "covered": Limits(0.09, 0.14, 3),
    "clock": Limits(5.0, 60.0, 3),
}
# Of the kinds, those that a camera does not see with, the first to be named first. A turned one sees, in a wrong place.
BLINDING = ("frozen", "dark", "glare", "covered", "fogged", "blurred")

_ORDER = (ConditionState.OK, ConditionState.SUSPECT, ConditionState.BAD)
# A state is left only this far below its limit.
_SLACK = 0.85


class Judge:
    """Keeps the state of one kind of condition.

    Parameters
    ----------
    kind : str
        Which.
    limits : Limits
        Its own.
    """

    def __init__(self, kind: str, limits: Limits) -> None:
        self._kind = kind
        self._limits = limits
        self._condition: CameraCondition | None = None
        self._votes: list[ConditionState] = []

    @property
    def condition(self) -> CameraCondition | None:
        """What holds now; None before the first measure."""
        return self._condition

    @property
    def is_bad(self) -> bool:
        """Whether it is judged bad."""
        return self._condition is not None and self._condition.state is ConditionState.BAD

    def note(self, value: float | None, at: datetime) -> None:
        """Take in a measure; None says nothing and changes nothing."""
        if value is not None:
            self.vote(self._state_of(value), value, at)

    def vote(self, state: ConditionState, value: float | None, at: datetime) -> None:
        """Take in a measure that was judged already; what all of the last checks exceed, or fall below, becomes so."""
        self._votes = [*self._votes, state][-self._limits.holds :]
        held = ConditionState.OK if self._condition is None else self._condition.state
        ranks = [_ORDER.index(vote) for vote in self._votes]
        if len(ranks) < self._limits.holds:
            ranks.append(_ORDER.index(held))
        rank = max(min(ranks), min(_ORDER.index(held), max(ranks)))
        since = at if self._condition is None or _ORDER[rank] is not held else self._condition.since
        self._condition = CameraCondition(self._kind, _ORDER[rank], since, value)

    def _state_of(self, value: float) -> ConditionState:
        held = 0 if self._condition is None else _ORDER.index(self._condition.state)
        limits = (self._limits.suspect, self._limits.bad)
        # Of the states that hold already the limit is lower: a measure at the edge must not make it flutter.
        reached = [value >= limit * (_SLACK if held > rank else 1.0) for rank, limit in enumerate(limits)]
        return _ORDER[sum(reached)]
