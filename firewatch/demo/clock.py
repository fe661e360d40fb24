"""Scene time: it starts when the cameras do, and may run faster than the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from firewatch.domain.checks import require_between, require_utc

__all__ = ["SceneClock"]


@dataclass(frozen=True, slots=True)
class SceneClock:
    """Tells scene seconds from instants.

    Parameters
    ----------
    started_at : datetime
        UTC instant of scene second 0.
    speed : float
        Scene seconds a second, 0.1 to 60.
    """

    started_at: datetime
    speed: float = 1.0

    def __post_init__(self) -> None:
        require_utc("start of the scene", self.started_at)
        require_between("speed", self.speed, 0.1, 60.0)

    def scene_s(self, at: datetime) -> float:
        """Return the scene second of an instant."""
        return (at - self.started_at).total_seconds() * self.speed

    def instant(self, scene_s: float) -> datetime:
        """Return the instant of a scene second."""
        return self.started_at + timedelta(seconds=scene_s / self.speed)
