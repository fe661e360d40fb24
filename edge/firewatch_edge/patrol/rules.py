"""What a patrol goes by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least
from firewatch.domain.ids import require_slug
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from firewatch.domain.ids import PoseId
    from firewatch_edge.patrol.port import MountPosition

__all__ = ["CYCLE_LIMIT_S", "PatrolPose", "PatrolRules"]

# LY/T 2581: each place is looked at again within half an hour [s].
CYCLE_LIMIT_S = 1800.0


@dataclass(frozen=True, slots=True)
class PatrolPose:
    """One pose of the round.

    Parameters
    ----------
    pose_id : PoseId
        Its name.
    position : MountPosition or None
        Where the mount must stand; of a preset None, until the mount has told or has been there.
    preset : str
        The mount's own name for it; empty where `position` says all.
    """

    pose_id: PoseId
    position: MountPosition | None = None
    preset: str = ""

    def __post_init__(self) -> None:
        require_slug("pose", self.pose_id)
        if self.position is None and not self.preset:
            raise InvalidValue("pose", self.pose_id, "a position or a preset")


@dataclass(frozen=True, slots=True)
class PatrolRules:
    """How a patrol goes.

    Parameters
    ----------
    settle_s : float
        From standing still to the first picture that counts [s].
    arrive_within_s : float
        Longest way to a pose, picture at rest included [s].
    poll_s : float
        Between questions to the mount on the way [s].
    tolerance : float
        Of the position, in the mount's units; four times that for the zoom.
    dwell_frames : int
        Frames judged at a pose without a candidate.
    dwell_every_s : float
        Between them [s].
    hold_s, hold_every_s : float
        Longest stay for a candidate, and between its frames [s].
    quiet_s : float
        A person who has not moved the camera for so long has left it [s].
    retries : int
        Of a pose that was not reached, before it is passed over.
    """

    settle_s: float = 2.0
    arrive_within_s: float = 30.0
    poll_s: float = 0.5
    tolerance: float = 0.005
    dwell_frames: int = 2
    dwell_every_s: float = 5.0
    hold_s: float = 60.0
    hold_every_s: float = 10.0
    quiet_s: float = 120.0
    retries: int = 1

    def __post_init__(self) -> None:
        require_at_least("settle time (s)", self.settle_s, 0.0)
        require_at_least("longest way to a pose (s)", self.arrive_within_s, self.settle_s)
        for what, given in (("poll (s)", self.poll_s), ("tolerance", self.tolerance), ("hold (s)", self.hold_s)):
            require_at_least(what, given, 1e-4)
        require_at_least("frames at a pose", self.dwell_frames, 1)
        for what, given in (("dwell (s)", self.dwell_every_s), ("hold frames (s)", self.hold_every_s)):
            require_at_least(what, given, 0.0)
        require_at_least("quiet time (s)", self.quiet_s, 0.0)
        require_at_least("retries", self.retries, 0)
