"""What this node can do for one who cannot come: one line an action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain import remote
from firewatch_edge.node.hands.exercise import ExerciseHand
from firewatch_edge.node.hands.held import HeldBackHand
from firewatch_edge.node.hands.live import LiveHand
from firewatch_edge.node.hands.logs import LogsHand
from firewatch_edge.node.hands.look import MOST_WAY_S, LookHand
from firewatch_edge.node.hands.outcome import Hand
from firewatch_edge.node.hands.pause import PauseHand
from firewatch_edge.node.hands.reload import ReloadHand
from firewatch_edge.node.hands.snapshot import SnapshotHand
from firewatch_edge.node.hands.update_model import UpdateModelHand

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch_edge.config import EdgeSettings
    from firewatch_edge.node.hands.outcome import Hands
    from firewatch_edge.node.hands.reach import Reach

__all__ = ["hands_of"]

# A snapshot waits for a camera's time-out, and then for the detector's next frame: the longest that settings allow [s].
_SNAPSHOT_S = 600.0
_QUICK_S = 60.0
# A live look lasts a minute at most, and ends its link.
_LIVE_S = 90.0
# A package over the poorest link, and its self-test.
_UPDATE_S = 21_600.0


def hands_of(reach: Reach, try_model: Callable[[EdgeSettings], object]) -> Hands:
    """Return what does each kind of command.

    Parameters
    ----------
    reach : Reach
        The node.
    try_model : callable
        Opens the networks of settings, to see whether they can be used.
    """
    pause, reload, update, exercise = (
        PauseHand(reach),
        ReloadHand(reach, try_model),
        UpdateModelHand(reach),
        ExerciseHand(reach),
    )
    return {
        remote.Snapshot: Hand(SnapshotHand(reach).do, _SNAPSHOT_S),
        remote.LookAt: Hand(LookHand(reach).do, MOST_WAY_S + 60.0, says_accepted=True),
        remote.Pause: Hand(pause.pause, _QUICK_S),
        remote.Resume: Hand(pause.resume, _QUICK_S),
        remote.FetchHeldBack: Hand(HeldBackHand(reach).do, _QUICK_S),
        remote.LiveLook: Hand(LiveHand(reach).do, _LIVE_S, says_accepted=True),
        remote.Reload: Hand(reload.do, _QUICK_S, after_restart=reload.after_restart),
        remote.FetchLogs: Hand(LogsHand(reach).do, _QUICK_S),
        remote.UpdateModel: Hand(update.do, _UPDATE_S, says_accepted=True, after_restart=update.after_restart),
        remote.Exercise: Hand(exercise.begin, _QUICK_S),
        remote.EndExercise: Hand(exercise.end, _QUICK_S),
    }
