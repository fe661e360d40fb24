"""A view watched over time: detection and confirmation as `firewatch-edge replay` runs them.

`watch` is the only place here that knows how the node goes from frames to confirmed smokes.
"""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import SightingPhase
from firewatch_edge.capture import decode_frame, load_picture
from firewatch_edge.confirm import Confirmer, ConfirmState, Rules, Viewpoint
from models.evaluate.eyes import IGNITION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from firewatch.domain.vision import Box, Detections, Frame, Sighting
    from firewatch_edge.detect import FrameScore
    from models.data.frames import Boxes
    from models.evaluate.eyes import Eye

# Nothing is located here; sightings are counted and their boxes compared with the truth.
_VIEW = Viewpoint(
    TowerId("measure"), CameraId("measure"), PoseId("measure"), Calibration("measure", 0.0, 0.0, 60.0, 1.0), "0" * 64
)
# As in `firewatch-edge replay`: the window in seconds follows the frames' own interval, with room for a missing one.
_WINDOW_SLACK = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One frame of a watched view, after the node has seen it.

    Parameters
    ----------
    at_s : float
        Seconds from ignition, or from the first frame.
    score : float
        What ``firewatch-edge replay`` prints.
    detections : Detections
        All kept boxes, whatever their score.
    opened : array (n, 4)
        The latest boxes of the sightings that this frame opened.
    confirmed : array (n, 4)
        The latest boxes of all smokes that are confirmed now.
    """

    at_s: float
    score: float
    detections: Detections
    opened: Boxes
    confirmed: Boxes

    @property
    def is_confirmed(self) -> bool:
        """Whether any smoke is confirmed after this frame."""
        return len(self.confirmed) > 0


def watch(eye: Eye, pictures: Iterable[Frame], times_s: Sequence[float]) -> Iterator[Moment]:
    """Watch one view.

    Parameters
    ----------
    eye : Eye
        Its confirmation rules hold.
    pictures : iterable of Frame
        In the order of time, stamped `IGNITION` and their seconds; read one after the other.
    times_s : sequence of float
        The seconds of all of them, from which the window's length follows.

    Yields
    ------
    Moment
        One a frame.
    """
    asked = eye.confirmation
    confirmer = confirmer_for(asked.threshold, asked.hits, asked.window, times_s)
    state = ConfirmState()
    known: dict[str, FrameScore] = {}
    for frame, at_s in zip(pictures, times_s, strict=True):
        # A camera that hangs sends one picture again and again: the node looks at it once.
        scored = known.get(frame.stamp.sha256)
        opened: list[Sighting] = []
        if scored is None:
            scored = known[frame.stamp.sha256] = eye.score(frame.image)
            state, changes = confirmer.step(state, frame.stamp, scored.detections)
            opened = [change for change in changes if change.phase is SightingPhase.OPENED]
        yield Moment(
            at_s,
            scored.score,
            scored.detections,
            _boxes([sighting.looks[-1].box for sighting in opened]),
            _boxes([track.latest.box for track in state.tracks if track.is_confirmed]),
        )


def read_pictures(paths: Iterable[Path], times_s: Iterable[float]) -> Iterator[Frame]:
    """Read stored pictures for `watch`."""
    for path, at_s in zip(paths, times_s, strict=True):
        yield load_picture(path, IGNITION + timedelta(seconds=at_s))


def decode_picture(name: str, encoded: bytes, at_s: float) -> Frame:
    """Decode a picture for `watch`."""
    return decode_frame(name, encoded, IGNITION + timedelta(seconds=at_s))


def confirmer_for(threshold: float, hits: int, window: int, times_s: Sequence[float]) -> Confirmer:
    """Return the node's confirmation for frames at these times [s], as `firewatch-edge replay` sets it up."""
    steps = [later - earlier for earlier, later in itertools.pairwise(times_s)]
    usual_s = statistics.median(steps) if steps else 0.0
    window_s = max(Rules(threshold).window_s, _WINDOW_SLACK * window * usual_s)
    return Confirmer(Rules(threshold, hits, window, window_s), _VIEW, np.random.default_rng(0))


def _boxes(found: Sequence[Box]) -> Boxes:
    return np.array([[box.x0, box.y0, box.x1, box.y1] for box in found], np.float32).reshape(-1, 4)
