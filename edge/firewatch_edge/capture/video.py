"""A recorded video, played once."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture.port import EndOfRecording, pixel_frame

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from firewatch.domain.vision import Frame

__all__ = ["VideoSource"]

_USUAL_FPS = 25.0


class VideoSource:
    """Plays a video file once, taking a frame every so often.

    Parameters
    ----------
    path : Path
        Anything that OpenCV's FFmpeg reads.
    started_at : datetime
        UTC instant that the first frame is given.
    every_s : float
        Between the frames taken, in the video's own time [s].

    Raises
    ------
    FrameUnavailableError
        If the file is missing or no video.
    """

    def __init__(self, path: Path, started_at: datetime, every_s: float) -> None:
        if not path.is_file():
            raise FrameUnavailableError(str(path), "there is no such file")
        self._path = path
        self._started_at = started_at
        self._capture: Any = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise FrameUnavailableError(str(path), "it is no video that FFmpeg reads")
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._fps = fps if math.isfinite(fps) and fps > 0.0 else _USUAL_FPS
        self._every_s = every_s
        self._at_frame = -1
        self._due_s = 0.0

    def read(self, timeout_s: float) -> Frame:  # noqa: ARG002 - a file does not keep anyone waiting
        """Return the next frame that is due (see `Source.read`)."""
        while self._capture.grab():
            self._at_frame += 1
            at_s = self._at_frame / self._fps
            # Half a frame of grace: 10 s of 29.97 fps fall between two frames.
            if at_s + 0.5 / self._fps >= self._due_s:
                self._due_s += self._every_s
                return self._take(at_s)
        raise EndOfRecording

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _take(self, at_s: float) -> Frame:
        is_good, image = self._capture.retrieve()
        if not is_good:
            raise FrameUnavailableError(str(self._path), f"the frame at {at_s:.1f} s cannot be decoded")
        return pixel_frame(np.asarray(image, np.uint8), self._started_at + timedelta(seconds=at_s))
