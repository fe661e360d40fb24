"""Runs a drill beside the watch: the painted frames have a watcher of their own, and the real ones keep theirs.

So a drill takes nothing from the watch: the real watcher never sees the painted smoke, and what it finds, be it behind
that smoke, is reported as ever. And what the drill's own watcher finds is reported only where the painted smoke
explains it, and always as an exercise.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from firewatch.domain.vision import SightingPhase
from firewatch_edge.node.drill_picture import SmokePainter

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from firewatch.domain.ids import SightingId
    from firewatch.domain.vision import Box, Frame, Sighting
    from firewatch_edge.node.drill_file import Drill, DrillFile, Moment
    from firewatch_edge.node.watcher import Watcher

__all__ = ["Drilled", "Drills", "explains"]

logger = logging.getLogger(__name__)

# The painted smoke explains a box when at least so much of the box's area lies in it: a detector's box of a leaning
# plume holds some sky, and a box that is mostly something else is not the drill's.
_EXPLAINED_FROM = 0.5
# A box reaches this much beyond what a person would outline, as a share of that outline's sides; round a small plume
# at least so much, as a share of the picture's width.
_MARGIN, _LEAST_MARGIN = 0.1, 0.01
# Frames whose smoke is remembered: as many as a sighting has looks, and some.
_REMEMBERED = 16
# A drill that fails so often is given up: it is no more than an exercise.
_MOST_FAILURES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Drilled:
    """What a drill's watcher found in one frame.

    Parameters
    ----------
    frame : Frame
        With the painted smoke.
    changes : tuple of Sighting
        To be reported, each marked as an exercise.
    watcher : Watcher
        The drill's own.
    """

    frame: Frame
    changes: tuple[Sighting, ...]
    watcher: Watcher


@dataclass(slots=True)
class _Running:
    drill: Drill
    painter: SmokePainter
    watcher: Watcher
    smoke: deque[tuple[str, Box | None]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    # What was found in it so far: whether the painted smoke explains it.
    known: dict[SightingId, bool] = field(default_factory=dict)
    is_dark: bool = False
    failed: int = 0


class Drills:
    """Holds the node's drill, one at a time; the detector's thread owns it.

    Parameters
    ----------
    file : DrillFile
        Says what drill there is.
    now : callable
        Returns the present as an aware UTC instant.
    moment : callable
        Returns the present on the clock that nobody sets.
    """

    def __init__(self, file: DrillFile, now: Callable[[], datetime], moment: Callable[[], Moment]) -> None:
        self._file = file
        self._now = now
        self._moment = moment
        self._running: _Running | None = None
        self._given_up = ""

    def over(self) -> tuple[Sighting, ...]:
        """End the drill if its time is over or another has taken its place; return the last word of its sightings.

        To be asked again and again: a camera that gives no more frames must not keep a drill alive.
        """
        running, drill = self._running, self._drill()
        if running is None or (drill is not None and drill.drill_id == running.drill.drill_id):
            return ()
        return self.close()

    def close(self) -> tuple[Sighting, ...]:
        """End the drill for this run of the node; return the last revision of each of its sightings that was open."""
        running, self._running = self._running, None
        if running is None:
            return ()
        logger.warning("drill.ended", extra={"drill_id": running.drill.drill_id, "camera_id": running.drill.camera_id})
        return _marked(running, running.watcher.end())

    def look(self, real: Watcher, frame: Frame, most: int | None) -> Drilled | None:
        """Show a frame with the painted smoke to the drill's watcher.

        Parameters
        ----------
        real : Watcher
            Of the frame's pose; it has seen the frame, and does not learn of this.
        frame : Frame
            As the camera gave it; it is not changed.
        most : int or None
            As of `Watcher.look`.

        Returns
        -------
        Drilled or None
            None where no drill concerns this pose, where it is too dark for one, and where it fails: that is logged
            and costs the watch nothing.
        """
        drill = self._drill()
        view = real.viewpoint
        if drill is None or (drill.camera_id, drill.pose_id) != (view.camera_id, view.pose_id):
            return None
        running = self._running or self._begin(drill, real)
        if running.drill.drill_id != drill.drill_id:
            return None  # until `over` was asked, which ends the former
        try:
            return self._look(running, frame, most)
        except Exception:  # a supervised loop: an exercise must not disturb the watch
            running.failed += 1
            logger.exception("drill.failed", extra={"drill_id": drill.drill_id, "failed": running.failed})
            if running.failed >= _MOST_FAILURES:
                self._given_up = drill.drill_id
            return None

    def _drill(self) -> Drill | None:
        drill = self._file.present(self._now(), self._moment())
        return None if drill is None or drill.drill_id == self._given_up else drill

    def _begin(self, drill: Drill, real: Watcher) -> _Running:
        facts = {"drill_id": drill.drill_id, "camera_id": drill.camera_id, "until": drill.until.isoformat()}
        logger.warning("drill.begun", extra={**facts, "pose_id": drill.pose_id})
        self._running = _Running(drill, SmokePainter(drill, real.viewpoint.calibration), real.twin())
        return self._running

    def _look(self, running: _Running, frame: Frame, most: int | None) -> Drilled | None:
        painted = running.painter.paint(frame, running.drill.burning_s(self._moment()))
        if (painted is None) != running.is_dark:
            running.is_dark = painted is None
            event = "drill.too_dark" if running.is_dark else "drill.light_enough"
            logger.warning(event, extra={"drill_id": running.drill.drill_id, "camera_id": running.drill.camera_id})
        if painted is None:
            return None
        running.smoke.append((painted.frame.stamp.sha256, painted.box))
        watched = running.watcher.look(painted.frame, most)
        return Drilled(painted.frame, _marked(running, watched.changes), running.watcher)


def explains(smoke: Box | None, box: Box, width_px: int) -> bool:
    """Tell whether a painted smoke, outlined by a box, accounts for what was found in another of a picture so wide."""
    if smoke is None:
        return False
    wide, high = (max(_MARGIN * side, _LEAST_MARGIN * width_px) for side in (smoke.width, smoke.height))
    across = min(box.x1, smoke.x1 + wide) - max(box.x0, smoke.x0 - wide)
    down = min(box.y1, smoke.y1 + high) - max(box.y0, smoke.y0 - high)
    return max(0.0, across) * max(0.0, down) >= _EXPLAINED_FROM * box.width * box.height


def _marked(running: _Running, changes: tuple[Sighting, ...]) -> tuple[Sighting, ...]:
    """Return those of the drill's smoke, marked; the rest is the real watcher's to report, which sees it unpainted."""
    smoke = dict(running.smoke)
    marked = []
    for sighting in changes:
        key = sighting.sighting_id
        if not running.known.get(key) and sighting.phase is not SightingPhase.ENDED:
            look = sighting.looks[-1]
            running.known[key] = explains(smoke.get(look.stamp.sha256), look.box, look.stamp.width_px)
        if running.known.get(key):
            marked.append(replace(sighting, is_exercise=True))
        elif sighting.phase is SightingPhase.OPENED:
            facts = {"drill_id": running.drill.drill_id, "camera_id": sighting.camera_id}
            logger.info("drill.not_its_smoke", extra=facts)
    return tuple(marked)
