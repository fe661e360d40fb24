"""Stored frames of one view, watched as a node would have: what ``replay`` and the measuring of models run."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch_edge.config import ConfirmationSection
from firewatch_edge.confirm import Confirmer, Rules, Viewpoint
from firewatch_edge.node.looking import rules_of, verified_rules_of
from firewatch_edge.node.tiling import sight_of
from firewatch_edge.node.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.vision import Frame
    from firewatch_edge.confirm import ConfirmState
    from firewatch_edge.detect import Eyes, TilesWanted
    from firewatch_edge.node.watcher import Watched

__all__ = ["Replayer", "replay_view", "replay_window_s"]

# A stored view has no calibration; sightings of a replay are counted, not located.
_ANY_VIEW = Calibration("replay", 0.0, 0.0, 60.0, 1.0)
# The window in seconds follows the frames' own interval, with room for a missing one.
_WINDOW_SLACK = 1.5


class Replayer:
    """Watches stored frames of one view.

    Parameters
    ----------
    eyes : Eyes
        What looks.
    times_s : sequence of float
        When each of the frames was taken [s], from which the longest window follows.
    tiles : TilesWanted, optional
        Looks at tiles, too, as the node does: at every tile of every frame, however long it takes.
    """

    def __init__(self, eyes: Eyes, times_s: Sequence[float], tiles: TilesWanted | None = None) -> None:
        spec, temporal = eyes.detector.spec, eyes.temporal
        window = max(spec.confirmation.window, temporal.window if temporal is not None else 1)
        chosen = ConfirmationSection(window_s=replay_window_s(spec.confirmation.threshold, window, times_s))
        self.verified_rules = verified_rules_of(chosen, temporal)
        self._watcher = Watcher(
            eyes,
            Confirmer(rules_of(chosen, spec), replay_view(spec.sha256), np.random.default_rng(0), self.verified_rules),
            sight=sight_of(eyes, tiles),
        )
        self._known: dict[str, Watched] = {}

    @property
    def state(self) -> ConfirmState:
        """The smokes that are followed after the last frame."""
        return self._watcher.state

    def look(self, frame: Frame) -> Watched:
        """Take in one frame; a camera that hangs sends one picture again and again, which the node looks at once."""
        known = self._known.get(frame.stamp.sha256)
        if known is not None:
            return known
        watched = self._watcher.look(frame)
        self._known[frame.stamp.sha256] = replace(watched, changes=())
        return watched


def replay_view(model_sha256: str) -> Viewpoint:
    """Return the pose of a stored view, which nobody has measured."""
    return Viewpoint(TowerId("replay"), CameraId("replay"), PoseId("replay"), _ANY_VIEW, model_sha256)


def replay_window_s(threshold: float, window: int, times_s: Sequence[float]) -> float:
    """Return the longest window [s]: the usual one, or what so many frames at these times [s] need."""
    steps = [later - earlier for earlier, later in itertools.pairwise(times_s)]
    usual_s = statistics.median(steps) if steps else 0.0
    return max(Rules(threshold).window_s, _WINDOW_SLACK * window * usual_s)
