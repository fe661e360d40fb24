"""What a patrol remembers between two events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firewatch.domain.ids import PoseId
    from firewatch_edge.patrol.port import MountPosition

__all__ = ["PatrolReport", "PatrolState", "Phase"]


class Phase(StrEnum):
    """What a patrol is at."""

    STARTING = "starting"
    TURNING = "turning"
    SETTLING = "settling"
    DWELLING = "dwelling"
    HOLDING = "holding"
    # A person drives the camera, or has just left it.
    MANUAL = "manual"
    # The mount does not answer.
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class PatrolState:
    """Where a patrol stands; times are on one monotonic clock [s].

    Parameters
    ----------
    phase : Phase
        What it is at.
    since_s : float
        When the mount was last sent somewhere.
    targets : tuple of (MountPosition or None)
        Where each pose is; None of a preset that has not been reached yet.
    pose : int
        The pose that it looks at or goes to.
    tries, frames, unjudged : int
        Failed ways to this pose; frames judged here; frames asked for in a row that nobody judged.
    came_from : int or None
        The pose last reached; None where the camera stood elsewhere since.
    departed, last : MountPosition or None
        Where the mount stood when it was sent, and when it was last asked.
    still : int
        Answers in a row that told the same position.
    hold_from_s : float
        When the candidate was first seen.
    quiet_until_s : float
        While a person drives: when the patrol may go on.
    held_free_from_s : float or None
        While a person drives: when a candidate was first seen in the present view.
    ordered_until_s : float or None
        Until when a command keeps the camera for a person.
    retry_s, retry_at_s : float
        While the mount does not answer: the present pause, and when it is asked again.
    blind : frozenset of int
        Poses that were not reached when last tried.
    cycle_from_s, cycle_s : float or None
        When the present round began, and how long the last one took [s].
    rounds : int
        How many are over.
    """

    phase: Phase
    since_s: float
    targets: tuple[MountPosition | None, ...]
    pose: int = 0
    tries: int = 0
    frames: int = 0
    unjudged: int = 0
    came_from: int | None = None
    departed: MountPosition | None = None
    last: MountPosition | None = None
    still: int = 0
    hold_from_s: float = 0.0
    quiet_until_s: float = 0.0
    held_free_from_s: float | None = None
    ordered_until_s: float | None = None
    retry_s: float = 0.0
    retry_at_s: float = 0.0
    blind: frozenset[int] = frozenset()
    cycle_from_s: float | None = None
    cycle_s: float | None = None
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class PatrolReport:
    """How a patrol is, for people.

    Parameters
    ----------
    phase : Phase
        What it is at.
    pose_id : PoseId
        The pose that it looks at or goes to.
    cycle_s : float or None
        How long a round takes [s]: the last one, or the present one once it is longer; None before the first is over.
    is_late : bool
        Whether that is more than the half hour of LY/T 2581.
    blind : tuple of PoseId
        Poses that nobody looks at: not reached when last tried, or the mount does not answer.
    rounds : int
        Rounds that are over.
    """

    phase: Phase
    pose_id: PoseId
    cycle_s: float | None
    is_late: bool
    blind: tuple[PoseId, ...]
    rounds: int
