"""What this node can do for one who cannot come: one line an action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain import remote
from firewatch_edge.node.hands.held import HeldBackHand
from firewatch_edge.node.hands.live import LiveHand
from firewatch_edge.node.hands.logs import LogsHand
from firewatch_edge.node.hands.look import MOST_WAY_S, LookHand
from firewatch_edge.node.hands.outcome import Hand
from firewatch_edge.node.hands.pause import PauseHand
from firewatch_edge.node.hands.reload import ReloadHand
from firewatch_edge.node.hands.snapshot import SnapshotHand

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


def hands_of(reach: Reach, try_model: Callable[[EdgeSettings], object]) -> Hands:
    """Return what does each kind of command.

    Parameters
    ----------
    reach : Reach
        The node.
    try_model : callable
        Opens the networks of settings, to see whether they can be used.
    """
    pause, reload = PauseHand(reach), ReloadHand(reach, try_model)
    return {
        remote.Snapshot: Hand(SnapshotHand(reach).do, _SNAPSHOT_S),
        remote.LookAt: Hand(LookHand(reach).do, MOST_WAY_S + 60.0, says_accepted=True),
        remote.Pause: Hand(pause.pause, _QUICK_S),
        remote.Resume: Hand(pause.resume, _QUICK_S),
        remote.FetchHeldBack: Hand(HeldBackHand(reach).do, _QUICK_S),
        remote.LiveLook: Hand(LiveHand(reach).do, _LIVE_S, says_accepted=True),
        remote.Reload: Hand(reload.do, _QUICK_S, after_restart=reload.after_restart),
        remote.FetchLogs: Hand(LogsHand(reach).do, _QUICK_S),
    }
