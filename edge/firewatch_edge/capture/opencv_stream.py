"""Streams by OpenCV: RTSP through its FFmpeg, and V4L2 devices. Every frame is decoded."""

from __future__ import annotations

import contextlib
import math
import os
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture.greeting import greet
from firewatch_edge.capture.port import pixel_frame

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.vision import Frame
    from firewatch_edge.capture.connection import Dating, Limits

# FFmpeg's options, which OpenCV takes from the environment only. Its usual 5 s of looking at a stream before the first
# frame are 5 s of blindness at each reconnection (measured with a frame a second: 7.1 s to open, 3.8 s with these).
_OPTIONS_NAME = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_OPTIONS = "rtsp_transport;tcp|analyzeduration;1000000|fpsprobesize;0"

__all__ = ["OpenCvConnection", "connect_device", "connect_opencv"]


def connect_opencv(url: str, label: str, limits: Limits) -> OpenCvConnection:
    """Open an RTSP stream over TCP.

    Parameters
    ----------
    url : str
        With its account, as FFmpeg takes it.
    label : str
        The same without the account.
    limits : Limits
        How long it may keep us waiting.

    Raises
    ------
    FrameUnavailableError
        If nothing answers there, or it cannot be opened.
    """
    if url.startswith("rtsp"):
        greet(url, label, limits.stall_s)
    os.environ.setdefault(_OPTIONS_NAME, _OPTIONS)
    times_ms = [round(limits.open_s * 1000.0), round(limits.library_s * 1000.0)]
    wanted = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, times_ms[0], cv2.CAP_PROP_READ_TIMEOUT_MSEC, times_ms[1]]
    return OpenCvConnection(label, _opened(label, url, cv2.CAP_FFMPEG, wanted))


def connect_device(path: str, limits: Limits) -> OpenCvConnection:  # noqa: ARG001 - a driver has its own time-outs
    """Open a camera of this computer (V4L2).

    Raises
    ------
    FrameUnavailableError
        If there is none, or it is in use.
    """
    return OpenCvConnection(path, _opened(path, path, cv2.CAP_V4L2, []))


def _opened(label: str, where: str, backend: int, wanted: list[int]) -> Any:
    try:
        capture = cv2.VideoCapture(where, backend, wanted)
    except cv2.error as err:
        raise FrameUnavailableError(label, str(err.err)) from err
    if not capture.isOpened():
        raise FrameUnavailableError(label, "it cannot be opened: check address and account, and that none else uses it")
    return capture


class OpenCvConnection:
    """Frames of an open capture (see `Connection`)."""

    def __init__(self, label: str, capture: Any) -> None:
        self._label = label
        self._capture = capture
        self._captured_at: datetime | None = None
        self._at_s = math.nan

    def grab(self, date: Dating) -> None:
        """Decode the next frame."""
        if not self._capture.grab():
            raise FrameUnavailableError(self._label, "the stream ended")
        at_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
        # A time that stands still is none.
        has_moved, self._at_s = math.isfinite(at_s) and at_s != self._at_s, at_s
        self._captured_at = date(at_s if has_moved else None, None)

    def forget(self) -> None:
        """Only the last frame is held, and the next takes its place."""
        self._captured_at = None

    def picture(self) -> Frame | None:
        """Return the frame that was grabbed last."""
        captured_at, self._captured_at = self._captured_at, None
        if captured_at is None:
            return None
        is_good, image = self._capture.retrieve()
        if not is_good or image is None:
            raise FrameUnavailableError(self._label, "a frame cannot be decoded")
        return pixel_frame(np.array(image, np.uint8), captured_at)

    def close(self) -> None:
        """Release the capture."""
        with contextlib.suppress(cv2.error):
            self._capture.release()
