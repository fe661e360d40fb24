"""A live stream (RTSP, HTTP MJPEG) through OpenCV's FFmpeg, which comes back by itself."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture.backoff import Backoff
from firewatch_edge.capture.port import pixel_frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import numpy.typing as npt

    from firewatch.domain.vision import Frame

__all__ = ["StreamSource"]

logger = logging.getLogger(__name__)

_POLL_S = 0.25
_OPEN_S = 10.0


@dataclass(frozen=True, slots=True)
class _Grabbed:
    image: npt.NDArray[np.uint8]
    captured_at: datetime


class StreamSource:
    """Keeps a stream open, always at its newest frame.

    A thread of its own takes every frame off the stream, so that none waits in a buffer and grows old, and decodes one
    when it is asked for. FFmpeg notices a frozen server late (measured: 9 s at a time-out of 3 s) and sometimes never,
    so a watch of ours leaves a thread that gives nothing for `stall_s` to itself and starts another.

    Parameters
    ----------
    url : str
        With its credentials, as FFmpeg takes it.
    label : str
        The same without credentials, for messages.
    now : callable
        Returns the present as an aware UTC instant.
    stall_s : float
        Without a frame for so long the stream counts as broken [s].
    """

    def __init__(self, url: str, label: str, now: Callable[[], datetime], stall_s: float = 5.0) -> None:
        self._url = url
        self._label = label
        self._now = now
        self._stall_s = stall_s
        self._changed = threading.Condition()
        self._is_wanted = False
        self._newest: _Grabbed | None = None
        self._why = "not opened yet"
        self._is_closed = threading.Event()
        self._backoff = Backoff(1.0, 30.0)
        self._grabber = self._connect()
        self._watch = threading.Thread(target=self._keep_alive, name=f"watch {label}", daemon=True)
        self._grabber.start()
        self._watch.start()

    def read(self, timeout_s: float) -> Frame:
        """Return the next frame of the stream (see `Source.read`)."""
        with self._changed:
            self._newest = None
            self._is_wanted = True
            self._changed.wait_for(lambda: self._newest is not None or self._is_closed.is_set(), timeout_s)
            self._is_wanted = False
            grabbed, why = self._newest, self._why
        if grabbed is None:
            raise FrameUnavailableError(self._label, f"no frame within {timeout_s:g} s ({why})")
        return pixel_frame(grabbed.image, grabbed.captured_at)

    def close(self) -> None:
        """Leave the stream; a thread that hangs in FFmpeg ends when FFmpeg lets it."""
        self._is_closed.set()
        with self._changed:
            self._changed.notify_all()
        self._watch.join(_POLL_S * 4)
        self._grabber.leave()

    def offer(self, grabber: _Grabber, image: npt.NDArray[np.uint8]) -> None:
        """Take a decoded frame from the grabber; one that was left behind is not heard."""
        with self._changed:
            if grabber is self._grabber:
                self._newest = _Grabbed(image, self._now())
                self._why = "frames were coming"
                self._backoff.reset()
                self._changed.notify_all()

    @property
    def is_wanted(self) -> bool:
        """Whether someone waits for a frame."""
        return self._is_wanted

    def _keep_alive(self) -> None:
        while not self._is_closed.wait(_POLL_S):
            if not self._grabber.is_stalled():
                continue
            self._why = self._grabber.why
            self._grabber.leave()
            wait_s = self._backoff.next_s()
            logger.warning(
                "stream.lost", extra={"camera": self._label, "why": self._why, "again_in_s": round(wait_s, 1)}
            )
            if self._is_closed.wait(wait_s):
                return
            with self._changed:
                self._grabber = self._connect()
            self._grabber.start()

    def _connect(self) -> _Grabber:
        return _Grabber(f"grab {self._label}", self._url, self._stall_s, self)


class _Grabber:
    """One connection to the stream, in its own thread."""

    def __init__(self, name: str, url: str, stall_s: float, owner: StreamSource) -> None:
        self._url = url
        self._stall_s = stall_s
        self._owner = owner
        self._is_left = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._alive_at = time.monotonic()
        # Until the first frame: a slow camera takes this long to open, and would never come up under `stall_s`.
        self._limit_s = max(_OPEN_S, stall_s)
        self.has_ended = False
        self.why = ""

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def leave(self) -> None:
        """Ask it to end; it does when FFmpeg lets it."""
        self._is_left.set()

    def is_stalled(self) -> bool:
        """Whether it has ended, or given nothing for too long."""
        silent_s = time.monotonic() - self._alive_at
        if not self.has_ended and silent_s >= self._limit_s:
            self.why = f"nothing came for {silent_s:.1f} s"
            return True
        return self.has_ended

    def _run(self) -> None:
        capture: Any = None
        try:
            capture = cv2.VideoCapture(self._url, cv2.CAP_FFMPEG, self._timeouts())
            self._grab_all(capture)
        except cv2.error as err:
            self.why = str(err.err)
        finally:
            if capture is not None:
                with contextlib.suppress(cv2.error):
                    capture.release()
            self.has_ended = True

    def _timeouts(self) -> list[int]:
        opening_ms, reading_ms = int(self._limit_s * 1000), int(self._stall_s * 1000)
        return [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, opening_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, reading_ms]

    def _grab_all(self, capture: Any) -> None:
        if not capture.isOpened():
            self.why = "it cannot be opened: check url, account and network"
            return
        while not self._is_left.is_set():
            if not capture.grab():
                self.why = "the stream ended"
                return
            self._alive_at = time.monotonic()
            self._limit_s = self._stall_s
            if self._owner.is_wanted:
                is_good, image = capture.retrieve()
                if is_good and image is not None:
                    self._owner.offer(self, np.asarray(image, np.uint8))  # each call brings an array of its own
