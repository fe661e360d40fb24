"""The port of a camera."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from firewatch.domain.vision import Frame, FrameStamp
from firewatch.errors import FrameUnavailableError

if TYPE_CHECKING:
    from datetime import datetime

    import numpy.typing as npt

__all__ = ["EndOfRecording", "Source", "decode_frame", "pixel_frame"]


class EndOfRecording(Exception):
    """A recording has no further frame; live cameras never raise it."""


class Source(Protocol):
    """Gives frames of one camera, one at a time; one thread owns it."""

    def read(self, timeout_s: float) -> Frame:
        """Return the newest frame.

        Parameters
        ----------
        timeout_s : float
            Longest wait [s].

        Returns
        -------
        Frame
            It may be one that was returned before, where the camera has no newer one.

        Raises
        ------
        FrameUnavailableError
            If there is none within that time.
        EndOfRecording
            If this is a recording that has come to its end.
        """
        ...

    def close(self) -> None:
        """Let go of the camera; `read` is not called after it."""
        ...


def decode_frame(source: str, encoded: bytes, captured_at: datetime) -> Frame:
    """Decode a picture; its hash is that of the encoded bytes.

    Raises
    ------
    FrameUnavailableError
        If the bytes are no picture, or a JPEG that was cut off.
    """
    if encoded.startswith(b"\xff\xd8") and b"\xff\xd9" not in encoded[-4096:]:
        raise FrameUnavailableError(source, f"the JPEG is cut off after {len(encoded)} bytes")
    try:
        image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR) if encoded else None
    except cv2.error as err:
        raise FrameUnavailableError(source, f"the picture cannot be decoded: {err.err}") from err
    if image is None:
        raise FrameUnavailableError(source, f"{len(encoded)} bytes starting {encoded[:8]!r} are no picture")
    height, width = image.shape[:2]
    stamp = FrameStamp(captured_at, hashlib.sha256(encoded).hexdigest(), width, height)
    return Frame(stamp, np.asarray(image, np.uint8))


def pixel_frame(image: npt.NDArray[np.uint8], captured_at: datetime) -> Frame:
    """Return a frame of pixels that came without encoded bytes; its hash is that of the pixels."""
    height, width = image.shape[:2]
    digest = hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()
    return Frame(FrameStamp(captured_at, digest, width, height), image)
