"""The round of a turning camera: from one event to the next act."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from firewatch.errors import InvalidValue
from firewatch_edge.patrol.acts import (
    Act,
    Ask,
    Compare,
    Event,
    Go,
    Judged,
    Look,
    LookFree,
    Pause,
    Recognise,
    Refused,
    Standing,
    Strayed,
    Told,
    View,
    Viewed,
    Went,
)
from firewatch_edge.patrol.rules import CYCLE_LIMIT_S
from firewatch_edge.patrol.state import PatrolReport, PatrolState, Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from firewatch_edge.patrol.port import MountPosition, MountStatus
    from firewatch_edge.patrol.rules import PatrolPose, PatrolRules

__all__ = ["Patrol"]

Step: TypeAlias = tuple[PatrolState, Act]

# A mount may take this long to set out, and says "idle" till then [s].
_SETS_OUT_WITHIN_S = 2.0
# One that does not tell where it is has this long, unless it says that it moves [s].
_UNTOLD_WAY_S = 6.0
# So many answers with one position are a stop.
_STILL = 2
# A head that turns by less than this share of the tolerance between two answers stands.
_STILL_SHARE = 0.1
# A picture that is not at rest is taken again after this [s]; a person who drives is asked after as often.
_SOON_S = 1.0
# So many frames in a row that nobody judged, and the pose is blind.
_MOST_UNJUDGED = 3
# A mount that does not answer is asked again after this, doubling up to that [s].
_FIRST_RETRY_S, _LAST_RETRY_S = 5.0, 60.0


class Patrol:
    """Decides where one camera looks next.

    Each `step` takes the answer to the last act and returns the next one; there is always exactly one.

    Parameters
    ----------
    rules : PatrolRules
        How it goes.
    poses : sequence of PatrolPose
        In the order of the round, at least one.
    """

    def __init__(self, rules: PatrolRules, poses: Sequence[PatrolPose]) -> None:
        if not poses:
            raise InvalidValue("patrol", "no pose", "at least one")
        self.rules = rules
        self.poses = tuple(poses)
        self._by_phase: dict[Phase, Callable[[PatrolState, Event, float], Step]] = {
            Phase.STARTING: self._starting,
            Phase.TURNING: self._turning,
            Phase.SETTLING: self._settling,
            Phase.DWELLING: self._dwelling,
            Phase.HOLDING: self._holding,
            Phase.MANUAL: self._manual,
            Phase.LOST: self._lost,
        }

    def begin(self, at_s: float) -> PatrolState:
        """Return the state before the first event, which is `Paused`."""
        return PatrolState(Phase.STARTING, at_s, tuple(pose.position for pose in self.poses))

    def step(self, state: PatrolState, event: Event, at_s: float) -> Step:
        """Take in what came of the last act.

        Parameters
        ----------
        state : PatrolState
            After the event before.
        event : Event
            The answer to the last act.
        at_s : float
            Now, on the clock of `state` [s].

        Returns
        -------
        state : PatrolState
            After this event.
        act : Act
            What to do next.
        """
        if isinstance(event, Refused):
            # A mount that answers, but will not go there, has lost a preset or its range.
            is_pose = event.is_answer and state.phase is Phase.TURNING
            return self._fail(state, at_s) if is_pose else self._lose(state, at_s)
        return self._by_phase[state.phase](state, event, at_s)

    def take_over(self, state: PatrolState, until_s: float, at_s: float) -> PatrolState:
        """Return the state in which a person has the camera by command until `until_s`; no move is sent till then."""
        return self._to_manual(replace(state, ordered_until_s=until_s), at_s)

    def hand_back(self, state: PatrolState, at_s: float) -> PatrolState:
        """Return the state in which the patrol goes on at once, quiet or not."""
        if state.phase is not Phase.MANUAL:
            return state
        return replace(state, ordered_until_s=None, quiet_until_s=at_s)

    def report(self, state: PatrolState, at_s: float) -> PatrolReport:
        """Return how the patrol is."""
        running_s = 0.0 if state.cycle_from_s is None else at_s - state.cycle_from_s
        longest_s = max(running_s, state.cycle_s or 0.0)
        is_late = longest_s > CYCLE_LIMIT_S
        return PatrolReport(
            state.phase,
            self.poses[state.pose].pose_id,
            longest_s if state.cycle_s is not None or is_late else None,
            is_late,
            tuple(self.poses[index].pose_id for index in sorted(state.blind)),
            state.rounds,
        )

    def _starting(self, state: PatrolState, event: Event, at_s: float) -> Step:
        if isinstance(event, Told):
            return self._set_out(replace(state, last=event.status.position, cycle_from_s=at_s), at_s)
        return state, Ask()

    def _set_out(self, state: PatrolState, at_s: float) -> Step:
        """Go to the state's pose."""
        sent = replace(
            state, phase=Phase.TURNING, since_s=at_s, departed=state.last, still=0, frames=0, unjudged=0, retry_s=0.0
        )
        return sent, Go(state.pose)

    def _next(self, state: PatrolState, at_s: float) -> Step:
        """Go to the pose after the state's."""
        pose = (state.pose + 1) % len(self.poses)
        state = replace(state, pose=pose, tries=0)
        if pose == 0 and state.cycle_from_s is not None:
            cycle_s = at_s - state.cycle_from_s
            state = replace(state, cycle_s=cycle_s, cycle_from_s=at_s, rounds=state.rounds + 1)
        return self._set_out(state, at_s)

    def _turning(self, state: PatrolState, event: Event, at_s: float) -> Step:
        match event:
            case Went(position):
                if position is not None and state.targets[state.pose] is None:
                    state = self._learn(state, position)
                return state, Pause(self.rules.poll_s)
            case Told(status):
                return self._on_the_way(state, status, at_s)
            case _:
                return state, Ask()

    def _on_the_way(self, state: PatrolState, status: MountStatus, at_s: float) -> Step:
        state = self._noted(state, status)
        waited_s = at_s - state.since_s
        if self._is_there(state, status, waited_s):
            return replace(state, phase=Phase.SETTLING), Pause(self.rules.settle_s)
        is_told = status.position is not None
        has_stopped = is_told and status.is_moving is not True and state.still >= _STILL
        if (has_stopped and waited_s >= _SETS_OUT_WITHIN_S) or waited_s >= self.rules.arrive_within_s:
            return self._fail(state, at_s)
        return state, Pause(self.rules.poll_s)

    def _is_there(self, state: PatrolState, status: MountStatus, waited_s: float) -> bool:
        """Tell whether the mount says that it has arrived."""
        if status.is_moving:
            return False
        if status.position is None:
            return waited_s >= (_SETS_OUT_WITHIN_S if status.is_moving is False else _UNTOLD_WAY_S)
        target = state.targets[state.pose]
        if target is not None:
            return status.position.is_near(target, self.rules.tolerance)
        # A preset whose place is not known: anywhere but where it stood, unless it was sent to where it is.
        has_left = state.came_from in {None, state.pose} or not self._is_at(status.position, state.departed)
        return has_left and state.still >= _STILL and waited_s >= _SETS_OUT_WITHIN_S

    def _settling(self, state: PatrolState, event: Event, at_s: float) -> Step:
        if not isinstance(event, Viewed):
            return state, Compare(state.pose)
        if event.view is View.UNSTEADY and at_s - state.since_s < self.rules.arrive_within_s:
            return state, Pause(_SOON_S)
        if event.view in {View.UNSTEADY, View.ANOTHER, View.DISPLACED}:
            return self._fail(state, at_s)
        if state.last is not None and state.targets[state.pose] is None:
            state = self._learn(state, state.last)
        return self._arrive(state, state.pose)

    def _arrive(self, state: PatrolState, pose: int) -> Step:
        blind = state.blind - {pose}
        arrived = replace(state, phase=Phase.DWELLING, pose=pose, came_from=pose, tries=0, frames=0, blind=blind)
        return replace(arrived, unjudged=0, retry_s=0.0), Look(pose)

    def _fail(self, state: PatrolState, at_s: float) -> Step:
        """Try the pose once more, or pass over it.

        One who drives the camera while it is under way looks like a head that stops anywhere: after the last try the
        patrol then waits as for a person, lest it fights one.
        """
        if state.tries < self.rules.retries:
            return self._set_out(replace(state, tries=state.tries + 1), at_s)
        return self._pass_over(state, at_s)

    def _pass_over(self, state: PatrolState, at_s: float) -> Step:
        """Leave the pose unseen, and go on with the one after it; where none can be reached, look at what there is."""
        state = replace(state, blind=state.blind | {state.pose})
        has_strayed = state.last is not None and not self._is_at(state.last, state.departed)
        if (state.phase is Phase.TURNING and has_strayed) or len(state.blind) == len(self.poses):
            after = (state.pose + 1) % len(self.poses)
            return self._to_manual(replace(state, pose=after, tries=0), at_s), Pause(_SOON_S)
        return self._next(state, at_s)

    def _dwelling(self, state: PatrolState, event: Event, at_s: float) -> Step:
        match event:
            case Judged(standing):
                return self._dwelt(state, standing, at_s)
            case Strayed(status):
                return self._driven(state, status, at_s)
            case _:
                return state, Look(state.pose)

    def _dwelt(self, state: PatrolState, standing: Standing, at_s: float) -> Step:
        if standing is Standing.CANDIDATE:
            return replace(state, phase=Phase.HOLDING, hold_from_s=at_s), Pause(self.rules.hold_every_s)
        if standing is Standing.UNJUDGED:
            state = replace(state, unjudged=state.unjudged + 1)
            if state.unjudged >= _MOST_UNJUDGED:
                return self._pass_over(state, at_s)
        else:
            state = replace(state, frames=state.frames + 1, unjudged=0)
            if state.frames >= self.rules.dwell_frames:
                return self._next(state, at_s)
        return state, Pause(self.rules.dwell_every_s)

    def _holding(self, state: PatrolState, event: Event, at_s: float) -> Step:
        match event:
            case Judged(standing):
                has_time = at_s - state.hold_from_s < self.rules.hold_s - 0.5 * self.rules.hold_every_s
                if has_time and standing in {Standing.CANDIDATE, Standing.UNJUDGED}:
                    return state, Pause(self.rules.hold_every_s)
                return self._next(state, at_s)
            case Strayed(status):
                return self._driven(state, status, at_s)
            case _:
                return state, Look(state.pose)

    def _to_manual(self, state: PatrolState, at_s: float) -> PatrolState:
        quiet_until_s = at_s + self.rules.quiet_s
        return replace(state, phase=Phase.MANUAL, came_from=None, quiet_until_s=quiet_until_s, held_free_from_s=None)

    def _driven(self, state: PatrolState, status: MountStatus, at_s: float) -> Step:
        """Leave the camera to whoever has moved it."""
        return self._noted(self._to_manual(state, at_s), status), Pause(_SOON_S)

    def _manual(self, state: PatrolState, event: Event, at_s: float) -> Step:
        match event:
            case Told(status):
                return self._watch_driver(state, status, at_s)
            case Strayed(status):
                return self._driven(state, status, at_s)
            case Judged(standing):
                state = self._held_free(state, standing, at_s)
                return state, Pause(min(self.rules.hold_every_s, max(_SOON_S, state.quiet_until_s - at_s)))
            case _:
                return state, Ask()

    def _held_free(self, state: PatrolState, standing: Standing, at_s: float) -> PatrolState:
        """Stay for a candidate in what a person left it at, as long as at a pose."""
        if standing is not Standing.CANDIDATE:
            return replace(state, held_free_from_s=None)
        since_s = at_s if state.held_free_from_s is None else state.held_free_from_s
        state = replace(state, held_free_from_s=since_s)
        if at_s - since_s >= self.rules.hold_s:
            return state
        another_look_s = at_s + self.rules.hold_every_s + _SOON_S
        return replace(state, quiet_until_s=max(state.quiet_until_s, min(another_look_s, since_s + self.rules.hold_s)))

    def _watch_driver(self, state: PatrolState, status: MountStatus, at_s: float) -> Step:
        position = status.position
        has_moved = status.is_moving or (position is not None and not self._is_at(position, state.last))
        state = self._noted(state, status)
        if has_moved:
            return replace(state, quiet_until_s=max(state.quiet_until_s, at_s + self.rules.quiet_s)), Pause(_SOON_S)
        if at_s >= max(state.quiet_until_s, state.ordered_until_s or at_s):
            return self._set_out(replace(state, ordered_until_s=None, tries=0), at_s)
        if position is None:
            return state, Recognise()
        here = self._pose_at(state, position)
        if here in state.blind:
            # It says that it stands at a pose which it did not reach: only the picture can tell.
            return state, Recognise()
        return state, LookFree(position) if here is None else Look(here)

    def _lose(self, state: PatrolState, at_s: float) -> Step:
        """Go on with the picture alone where the mount does not answer, and ask it again later."""
        retry_s = min(_LAST_RETRY_S, max(_FIRST_RETRY_S, 2.0 * state.retry_s))
        # Only the pose at which it stands is seen; on its way it may stand anywhere.
        stands = {state.pose} if state.phase in {Phase.DWELLING, Phase.HOLDING} else set()
        blind = state.blind
        if state.phase is not Phase.LOST:
            blind |= frozenset(range(len(self.poses))) - stands
        lost = replace(state, phase=Phase.LOST, retry_s=retry_s, retry_at_s=at_s + retry_s, blind=blind)
        return lost, Recognise()

    def _lost(self, state: PatrolState, event: Event, at_s: float) -> Step:
        match event:
            case Told(status):
                return self._found(state, status, at_s)
            case Judged(_):
                return state, Pause(max(0.0, min(self.rules.hold_every_s, state.retry_at_s - at_s)))
            case _:
                return state, Ask() if at_s >= state.retry_at_s else Recognise()

    def _found(self, state: PatrolState, status: MountStatus, at_s: float) -> Step:
        """Go on where the mount answers again: it may have started anew, or a person may have moved it."""
        state = self._noted(replace(state, cycle_from_s=state.cycle_from_s or at_s), status)
        is_kept = (state.ordered_until_s or at_s) > at_s
        if status.position is None and not is_kept:
            return self._set_out(replace(state, came_from=None, tries=0), at_s)
        here = None if status.position is None else self._pose_at(state, status.position)
        if here is None or is_kept:
            return self._to_manual(replace(state, retry_s=0.0), at_s), Pause(_SOON_S)
        return self._arrive(state, here)

    def _noted(self, state: PatrolState, status: MountStatus) -> PatrolState:
        if status.position is None:
            return state
        stands = state.last is not None and status.position.is_near(state.last, _STILL_SHARE * self.rules.tolerance)
        return replace(state, last=status.position, still=state.still + 1 if stands else 0)

    def _learn(self, state: PatrolState, position: MountPosition) -> PatrolState:
        targets = list(state.targets)
        targets[state.pose] = position
        return replace(state, targets=tuple(targets))

    def _is_at(self, position: MountPosition, other: MountPosition | None) -> bool:
        return other is not None and position.is_near(other, self.rules.tolerance)

    def _pose_at(self, state: PatrolState, position: MountPosition) -> int | None:
        return next((i for i, target in enumerate(state.targets) if self._is_at(position, target)), None)
