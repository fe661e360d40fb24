"""A head, a detector and a clock that do as they are told: what a patrol is tried on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firewatch.domain.ids import PoseId
from firewatch_edge.patrol import (
    Act,
    Ask,
    Compare,
    Event,
    Go,
    Judged,
    Look,
    LookFree,
    MountPosition,
    MountStatus,
    Patrol,
    PatrolPose,
    PatrolState,
    Pause,
    Paused,
    Refused,
    Standing,
    Strayed,
    Told,
    View,
    Viewed,
    Went,
)

if TYPE_CHECKING:
    from firewatch.errors import MountUnavailableError


class FakeMount:
    """Fulfils `patrol.Mount`: stands where it was last sent, and refuses or strays when told to."""

    def __init__(self, pan: float = 0.0) -> None:
        self.position: MountPosition | None = MountPosition(pan)
        self.refuses: MountUnavailableError | None = None
        # Positions that it tells instead of its own, one an answer.
        self.tells: list[MountPosition] = []
        self.presets: dict[str, MountPosition] = {}
        self.sent: list[MountPosition | str] = []
        self.is_closed = False

    def status(self) -> MountStatus:
        self._refuse()
        return MountStatus(self.tells.pop(0) if self.tells else self.position, is_moving=False)

    def go_to(self, position: MountPosition) -> None:
        self._refuse()
        self.sent.append(position)
        self.position = position

    def recall(self, preset: str) -> MountPosition | None:
        self._refuse()
        self.sent.append(preset)
        self.position = self.presets[preset]
        return self.position

    def close(self) -> None:
        self.is_closed = True

    def _refuse(self) -> None:
        if self.refuses is not None:
            raise self.refuses


PANS = (0.0, 0.5, -0.5)
POSES = [
    PatrolPose(PoseId(name), MountPosition(pan)) for name, pan in zip(("north", "east", "west"), PANS, strict=True)
]
TURN_S = 3.0


@dataclass
class World:
    """A head, a detector and a clock that do as they are told."""

    patrol: Patrol
    at_s: float = 1000.0
    pan: float = 0.2
    is_stuck: bool = False
    is_deaf: bool = False
    stops_at: float | None = None
    view: View = View.AGREES
    free: Standing = Standing.CLEAR
    tells_position: bool = True
    standings: dict[int, list[Standing]] = field(default_factory=dict)
    acts: list[tuple[float, Act]] = field(default_factory=list)
    _arrives_s: float = 0.0
    _goal: float = 0.2

    def __post_init__(self) -> None:
        self.state: PatrolState = self.patrol.begin(self.at_s)
        self._event: Event = Paused()

    def step(self) -> Act:
        self.state, act = self.patrol.step(self.state, self._event, self.at_s)
        self.acts.append((self.at_s, act))
        self._event = self._do(act)
        return act

    def run(self, seconds: float) -> None:
        until = self.at_s + seconds
        while self.at_s < until:
            self.step()

    def dwell(self, pose: int) -> None:
        """Go on until it has looked at a pose for the first time in this visit."""
        while self.step() != Look(pose):
            assert self.at_s < 5000.0

    def sent(self, since: int = 0) -> list[int]:
        return [act.pose for _, act in self.acts[since:] if isinstance(act, Go)]

    def looked(self, since: int = 0) -> list[int]:
        return [act.pose for _, act in self.acts[since:] if isinstance(act, Look)]

    def status(self) -> MountStatus:
        is_moving = self.at_s < self._arrives_s
        if not is_moving:
            self.pan = self._goal
        return MountStatus(MountPosition(self.pan) if self.tells_position else None, is_moving)

    def turn_by_hand(self, pan: float) -> None:
        self.pan = self._goal = pan

    def _do(self, act: Act) -> Event:  # noqa: PLR0911 - one answer for each act
        self.at_s += act.s if isinstance(act, Pause) else 0.1
        if self.is_deaf and isinstance(act, Go | Ask | Look | LookFree):
            self.at_s += 5.0
            return Refused("no answer")
        match act:
            case Pause():
                return Paused()
            case Go(pose):
                return self._go(pose)
            case Ask():
                return Told(self.status())
            case Compare():
                return Viewed(self.view)
            case Look(pose):
                return self._look(pose)
            case LookFree():
                return Judged(self.free)
            case _:
                return Judged(Standing.CLEAR)

    def _go(self, pose: int) -> Event:
        if not self.is_stuck:
            self._goal = PANS[pose] if self.stops_at is None else self.stops_at
            self._arrives_s = self.at_s + TURN_S
        return Went()

    def _look(self, pose: int) -> Event:
        status = self.status()
        if self.tells_position and abs(self.pan - PANS[pose]) > 0.005:
            return Strayed(status)
        waiting = self.standings.get(pose, [])
        return Judged(waiting.pop(0) if waiting else Standing.CLEAR)
