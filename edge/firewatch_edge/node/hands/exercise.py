"""Begin and end a drill from afar: what the technician's own command does, by the same orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.remote import Exercise
from firewatch.errors import InvalidValue, StoreError
from firewatch_edge.node.drill_file import Aim
from firewatch_edge.node.drill_orders import DrillOrders
from firewatch_edge.node.hands.outcome import Outcome, refused

if TYPE_CHECKING:
    from firewatch.domain.remote import Command
    from firewatch_edge.node.hands.reach import Reach

__all__ = ["ExerciseHand"]


class ExerciseHand:
    """Does `firewatch.domain.remote.Exercise` and `EndExercise`.

    Parameters
    ----------
    reach : Reach
        The node.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._orders = DrillOrders(reach.settings)

    def begin(self, command: Command) -> Outcome:
        """Begin a drill; what cannot be held is refused with the reason."""
        action, now = command.action, self._reach.now()
        assert isinstance(action, Exercise), "the registry says so"  # noqa: S101 - as the registry pairs them
        if action.camera_id not in self._reach.cameras:
            return self._reach.no_camera(action.camera_id)
        aim = Aim(azimuth_deg=action.azimuth_deg)
        try:
            drill = self._orders.begin(action.camera_id, action.pose_id, action.minutes, aim, now)
        except InvalidValue as err:
            return refused("no-exercise", str(err))
        except OSError as err:
            raise StoreError(f"the exercise cannot be kept: {err}") from err
        facts = {"camera_id": drill.camera_id, "pose_id": drill.pose_id, "drill_id": drill.drill_id}
        return Outcome(facts={**facts, "until": drill.until.isoformat()})

    def end(self, command: Command) -> Outcome:  # noqa: ARG002 - it names nothing
        """End the drill; where none goes on that is said."""
        try:
            ended = self._orders.end(self._reach.now())
        except OSError as err:
            raise StoreError(f"the end of the exercise cannot be kept: {err}") from err
        if ended is None:
            return Outcome(code="no-exercise", text="none went on", facts={"was_held": False})
        return Outcome(facts={"camera_id": ended.camera_id, "drill_id": ended.drill_id, "was_held": True})
