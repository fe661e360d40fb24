"""What is wrong with a camera's view, since when, and for how long it could not see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least, require_finite, require_utc
from firewatch.domain.ids import require_slug

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["BlindTime", "CameraCondition", "ConditionState", "EyesOpen"]


class ConditionState(StrEnum):
    """How a thing that is measured of a camera is judged."""

    OK = "ok"
    SUSPECT = "suspect"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class CameraCondition:
    """One thing that is measured of a camera, and how it is judged.

    Parameters
    ----------
    kind : str
        What is measured: ``frozen``, ``dark``, ``glare``, ``blurred``, ``fogged``, ``dirty``, ``covered``, ``turned``,
        ``clock``. A later node may know more.
    state : ConditionState
        How it is judged.
    since : datetime
        UTC instant from which the state holds.
    value : float or None
        The measure, in the unit of its kind; None where only the state is known.
    """

    kind: str
    state: ConditionState
    since: datetime
    value: float | None = None

    def __post_init__(self) -> None:
        require_slug("condition", self.kind)
        require_utc("condition", self.since)
        if self.value is not None:
            require_finite("value of a condition", self.value)


@dataclass(frozen=True, slots=True)
class BlindTime:
    """How long a camera could not see for one reason.

    Parameters
    ----------
    reason : str
        The kind of a condition, or ``silent``, ``unscored``, ``maintenance``, ``paused``, ``stopped``, ``night``.
    seconds : float
        How long [s].
    """

    reason: str
    seconds: float

    def __post_init__(self) -> None:
        require_slug("reason", self.reason)
        require_at_least("blind time (s)", self.seconds, 0.0)


@dataclass(frozen=True, slots=True)
class EyesOpen:
    """How much of the last hour a camera saw.

    Parameters
    ----------
    seen_s : float
        Time in which a new good picture was judged in its period [s].
    span_s : float
        Of so much time [s]; less than an hour only where the node has not been there for longer.
    blind : tuple of BlindTime
        The rest by reason, the longest first.
    reason : str
        Why it cannot see now; empty where it can.
    since : datetime or None
        UTC instant since when it cannot see without a break, for whatever reasons; None where it can.
    """

    seen_s: float
    span_s: float
    blind: tuple[BlindTime, ...] = ()
    reason: str = ""
    since: datetime | None = None

    def __post_init__(self) -> None:
        require_at_least("time seen (s)", self.seen_s, 0.0)
        require_at_least("span (s)", self.span_s, self.seen_s)
        if self.reason:
            require_slug("reason", self.reason)
        if self.since is not None:
            require_utc("blind since", self.since)

    @property
    def share(self) -> float | None:
        """The part of the span that it saw, 0 to 1; None of no time."""
        return self.seen_s / self.span_s if self.span_s > 0.0 else None
