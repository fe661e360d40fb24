"""One camera in its own thread: read, judge, hand on."""

from __future__ import annotations

import logging
import threading
import time
import zlib
from typing import TYPE_CHECKING

import numpy as np

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import Backoff, EndOfRecording, Gate, Verdict
from firewatch_edge.health import judge_picture
from firewatch_edge.node.turning import PosedFrame

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from firewatch.domain.vision import Frame
    from firewatch_edge.capture import Source
    from firewatch_edge.health import CameraMonitor
    from firewatch_edge.node.inbox import Inbox

__all__ = ["Cadence", "CameraWorker"]

logger = logging.getLogger(__name__)

# After a repeated frame the camera is asked again this much sooner: our phase is just before its own.
_SOONER = 0.25


class Cadence:
    """When a camera is read.

    Parameters
    ----------
    period_s : float
        Between frames [s].
    timeout_s : float
        Longest wait for one [s].
    waits_for_place : bool
        For recordings: the next frame is read only when the last was fetched, since none must be passed over.
    """

    def __init__(self, period_s: float, timeout_s: float, *, waits_for_place: bool = False) -> None:
        self.period_s = period_s
        self.timeout_s = timeout_s
        self.waits_for_place = waits_for_place


class CameraWorker:
    """Reads one camera at its own pace; whatever befalls it, the other cameras do not notice.

    Parameters
    ----------
    open_source : callable
        Opens the camera; called in the worker's thread, and again after a failure to open.
    gate : Gate
        Says what may be scored.
    monitor : CameraMonitor
        Counts.
    inbox : Inbox
        Where fresh frames go.
    cadence : Cadence
        When to read.
    now : callable
        Returns the present as an aware UTC instant.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        gate: Gate,
        monitor: CameraMonitor,
        inbox: Inbox,
        cadence: Cadence,
        now: Callable[[], datetime],
    ) -> None:
        self._open_source = open_source
        self._gate = gate
        self._monitor = monitor
        self._inbox = inbox
        self._cadence = cadence
        self._now = now
        self._stop = threading.Event()
        self._backoff = Backoff(min(1.0, cadence.period_s), cadence.period_s)
        self._thread = threading.Thread(target=self._run, name=f"camera {monitor.camera_id}", daemon=True)
        self.has_ended = False
        # When the thread last came round, and how long a round may take at worst: its wait, its read, its back-off.
        self.turned_at_s = time.monotonic()
        self.most_turn_s = 2.0 * cadence.period_s + cadence.timeout_s

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end after the frame that it is reading."""
        self._stop.set()

    def join(self, timeout_s: float) -> None:
        """Wait for its end."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        source: Source | None = None
        due_s = time.monotonic()
        try:
            while not self._stop.wait(max(0.0, due_s - time.monotonic())):
                started_s = self.turned_at_s = time.monotonic()
                try:
                    source = source or self._open_source()
                    due_s = started_s + self._take_one(source)
                except EndOfRecording:
                    self._end()
                    return
                except FrameUnavailableError as err:
                    due_s = time.monotonic() + self._fail(err.why)
                except Exception as err:  # a supervised loop: one camera's surprise must not blind the tower
                    logger.exception("camera.failed", extra={"camera_id": self._monitor.camera_id})
                    due_s = time.monotonic() + self._fail(f"{type(err).__name__}: {err}")
        finally:
            if source is not None:
                source.close()

    def _take_one(self, source: Source) -> float:
        """Read and hand on one frame; return the wait from this read's start to the next."""
        if self._cadence.waits_for_place and not self._inbox.has_room(self._monitor.camera_id):
            return self._cadence.period_s * _SOONER
        frame = source.read(self._cadence.timeout_s)
        self._backoff.reset()
        self._hear_clock(source)
        now, pixels = self._now(), zlib.crc32(np.ascontiguousarray(frame.image).data)
        verdict = self._gate.judge(frame.stamp, now, pixels, time.monotonic())
        if verdict is Verdict.FRESH:
            self._hand_on(frame)
            return self._cadence.period_s
        self._monitor.count(verdict.value)
        age_s = round((now - frame.stamp.captured_at).total_seconds(), 1)
        facts = {"camera_id": self._monitor.camera_id, "verdict": verdict.value, "age_s": age_s}
        logger.info("frame.refused", extra=facts)
        return self._cadence.period_s * (1.0 if self._cadence.waits_for_place else _SOONER)

    def _hand_on(self, frame: Frame) -> None:
        now, at_s = self._now(), time.monotonic()
        quality = judge_picture(frame.image)
        self._monitor.saw_new((now - frame.stamp.captured_at).total_seconds(), quality, at_s)
        if self._inbox.put(self._monitor.camera_id, frame):
            self._monitor.count("dropped")
        # After it was handed on: smoke does not wait for a look at the lens.
        pose_id = frame.pose_id if isinstance(frame, PosedFrame) else None
        self._monitor.examine(frame.image, quality, at_s, now, pose_id)

    def _hear_clock(self, source: Source) -> None:
        """Note the camera's own clock, where the source hears of it."""
        offset_s = getattr(source, "clock_offset_s", None)
        if offset_s is not None:
            self._monitor.heard_clock(offset_s, self._now())

    def _fail(self, why: str) -> float:
        wait_s = self._backoff.next_s()
        logger.warning(
            "camera.no_frame",
            extra={"camera_id": self._monitor.camera_id, "why": why, "again_in_s": round(wait_s, 2)},
        )
        return wait_s

    def _end(self) -> None:
        logger.info("camera.recording_over", extra={"camera_id": self._monitor.camera_id})
        self._monitor.end()
        self.has_ended = True
