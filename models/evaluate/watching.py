"""A view watched over time: detector, verifier and confirmation as `firewatch-edge replay` runs them.

`watch` is the only place here that knows how the node goes from frames to confirmed smokes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.vision import SightingPhase
from firewatch_edge.capture import decode_frame, load_picture
from firewatch_edge.confirm import Confirmer, ConfirmState, Rules
from firewatch_edge.node import Replayer, replay_view, replay_window_s
from models.evaluate.eyes import IGNITION, EdgeEye

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from firewatch.domain.vision import Box, Detections, Frame, Sighting
    from firewatch_edge.detect import FrameScore
    from models.data.frames import Boxes
    from models.evaluate.eyes import Eye

# Another detector has no model.toml, and no file whose hash a sighting could name.
_NO_MODEL = "0" * 64


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
        All kept boxes, whatever their score; where they were compared with the view's past, with the probabilities of
        detector and verifier together.
    opened : array (n, 4)
        The latest boxes of the sightings that this frame opened.
    confirmed : array (n, 4)
        The latest boxes of all smokes that are confirmed now.
    verified_from : float or None
        The probability from which a box that was compared with the past counts; None where the frame alone decided.
    """

    at_s: float
    score: float
    detections: Detections
    opened: Boxes
    confirmed: Boxes
    verified_from: float | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether any smoke is confirmed after this frame."""
        return len(self.confirmed) > 0

    def counts_from(self, alone: float) -> float:
        """Return from which probability a box counts: as its past says where that was asked, else from `alone` on."""
        return alone if self.verified_from is None else self.verified_from

    def is_flagged(self, alone: float) -> bool:
        """Tell whether the best box counts."""
        return self.detections.best_score >= self.counts_from(alone)


def watch(eye: Eye, pictures: Iterable[Frame], times_s: Sequence[float]) -> Iterator[Moment]:
    """Watch one view.

    Parameters
    ----------
    eye : Eye
        The node's goes through its verifier, where it has one; its confirmation rules hold.
    pictures : iterable of Frame
        In the order of time, stamped `IGNITION` and their seconds; read one after the other.
    times_s : sequence of float
        The seconds of all of them, from which the window's length follows.

    Yields
    ------
    Moment
        One a frame.
    """
    watching = _NodeWatch(eye, times_s) if isinstance(eye, EdgeEye) else _FrameWatch(eye, times_s)
    for frame, at_s in zip(pictures, times_s, strict=True):
        sight = watching.look(frame)
        opened = [change for change in sight.changes if change.phase is SightingPhase.OPENED]
        yield Moment(
            at_s,
            sight.score,
            sight.detections,
            _boxes([sighting.looks[-1].box for sighting in opened]),
            _boxes([track.latest.box for track in watching.state.tracks if track.is_confirmed]),
            sight.verified_from,
        )


def read_pictures(paths: Iterable[Path], times_s: Iterable[float]) -> Iterator[Frame]:
    """Read stored pictures for `watch`."""
    for path, at_s in zip(paths, times_s, strict=True):
        yield load_picture(path, IGNITION + timedelta(seconds=at_s))


def decode_picture(name: str, encoded: bytes, at_s: float) -> Frame:
    """Decode a picture for `watch`."""
    return decode_frame(name, encoded, IGNITION + timedelta(seconds=at_s))


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """What came of one frame; as in `Moment`."""

    score: float
    detections: Detections
    changes: tuple[Sighting, ...]
    verified_from: float | None = None


class _NodeWatch:
    """The node's own two stages."""

    def __init__(self, eye: EdgeEye, times_s: Sequence[float]) -> None:
        self._replayer = Replayer(eye.eyes, times_s)

    @property
    def state(self) -> ConfirmState:
        return self._replayer.state

    def look(self, frame: Frame) -> _Sight:
        watched, verified = self._replayer.look(frame), self._replayer.verified_rules
        counts_from = None if verified is None or watched.candidates is None else verified.threshold
        return _Sight(watched.score, watched.judged, watched.changes, counts_from)


class _FrameWatch:
    """Another detector's findings, confirmed as the node confirms them without a verifier."""

    def __init__(self, eye: Eye, times_s: Sequence[float]) -> None:
        asked = eye.confirmation
        window_s = replay_window_s(asked.threshold, asked.window, times_s)
        rules = Rules(asked.threshold, asked.hits, asked.window, window_s)
        self.state = ConfirmState()
        self._eye = eye
        self._confirmer = Confirmer(rules, replay_view(_NO_MODEL), np.random.default_rng(0))
        self._known: dict[str, FrameScore] = {}

    def look(self, frame: Frame) -> _Sight:
        # As the node, look once at a picture that a hanging camera sends again and again.
        known = self._known.get(frame.stamp.sha256)
        if known is not None:
            return _Sight(known.score, known.detections, ())
        scored = self._known[frame.stamp.sha256] = self._eye.score(frame.image)
        self.state, changes = self._confirmer.step(self.state, frame.stamp, scored.detections)
        return _Sight(scored.score, scored.detections, changes)


def _boxes(found: Sequence[Box]) -> Boxes:
    return np.array([[box.x0, box.y0, box.x1, box.y1] for box in found], np.float32).reshape(-1, 4)
