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

# Markers of JPEG (ITU-T T.81, table B.1): each begins 0xFF; start of scan, end of image.
_MARK = 0xFF
_JPEG_DATA_OR_END = {0xDA, 0xD9}


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
    if encoded.startswith(b"\xff\xd8") and _is_cut_off(encoded):
        raise FrameUnavailableError(source, f"the JPEG is cut off after {len(encoded)} bytes")
    try:
        image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR) if encoded else None
    except cv2.error as err:
        raise FrameUnavailableError(source, f"the picture cannot be decoded: {err.err}") from err
    if image is None and encoded[:256].lstrip().startswith(b"<"):
        raise FrameUnavailableError(source, "a web page came in place of a picture: check url and account")
    if image is None:
        raise FrameUnavailableError(source, f"{len(encoded)} bytes starting {encoded[:8]!r} are no picture")
    height, width = image.shape[:2]
    stamp = FrameStamp(captured_at, hashlib.sha256(encoded).hexdigest(), width, height)
    return Frame(stamp, np.asarray(image, np.uint8))


def _is_cut_off(encoded: bytes) -> bool:
    """Tell whether a JPEG ends before its end mark.

    The segments before the picture's own data are stepped over: a preview among them has an end mark too. What follows
    the end is of no matter: some cameras write their notes there.
    """
    at = 2
    while at + 2 <= len(encoded) and encoded[at] == _MARK:
        kind = encoded[at + 1]
        if kind in _JPEG_DATA_OR_END:
            return encoded.rfind(b"\xff\xd9", at) < 0
        if kind == _MARK:  # fill
            at += 1
        else:
            at += 2 + int.from_bytes(encoded[at + 2 : at + 4], "big")
    return at >= len(encoded) - 1


def pixel_frame(image: npt.NDArray[np.uint8], captured_at: datetime) -> Frame:
    """Return a frame of pixels that came without encoded bytes; its hash is that of the pixels."""
    height, width = image.shape[:2]
    digest = hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()
    return Frame(FrameStamp(captured_at, digest, width, height), image)
