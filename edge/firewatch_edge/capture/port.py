"""The port of a camera."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from firewatch.domain.vision import Frame, FrameStamp
from firewatch.errors import FrameUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    import numpy.typing as npt

__all__ = ["EndOfRecording", "Source", "decode_frame", "pixel_frame", "whole_picture"]

# Markers of JPEG (ITU-T T.81, table B.1): each begins 0xFF; start of scan, end of image; starts of frames, 0xC0 to 0xCF
# but for the tables among them.
_MARK = 0xFF
_JPEG_DATA_OR_END = {0xDA, 0xD9}
_JPEG_FRAME = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# libjpeg decodes at these shares of the size for half the time and less: it leaves out the finest waves.
_AT_SIZE = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


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


def decode_frame(
    source: str, encoded: bytes, captured_at: datetime, reduction: Callable[[int, int], int] | None = None
) -> Frame:
    """Decode a picture; its hash is that of the encoded bytes.

    Parameters
    ----------
    source : str
        Who sent it, for messages.
    encoded : bytes
        A JPEG, PNG, ...
    captured_at : datetime
        UTC instant.
    reduction : callable, optional
        Of the width and height of a JPEG returns 1, 2, 4 or 8: one part in so many of the size is enough. The frame
        then keeps the bytes too, for `whole_picture`.

    Raises
    ------
    FrameUnavailableError
        If the bytes are no picture, or a JPEG that was cut off.
    """
    if encoded.startswith(b"\xff\xd8") and _is_cut_off(encoded):
        raise FrameUnavailableError(source, f"the JPEG is cut off after {len(encoded)} bytes")
    size = _jpeg_size(encoded) if reduction is not None else None
    by = 1 if reduction is None or size is None else reduction(*size)
    try:
        image = cv2.imdecode(np.frombuffer(encoded, np.uint8), _AT_SIZE[by]) if encoded else None
    except cv2.error as err:
        raise FrameUnavailableError(source, f"the picture cannot be decoded: {err.err}") from err
    if image is None and encoded[:256].lstrip().startswith(b"<"):
        raise FrameUnavailableError(source, "a web page came in place of a picture: check url and account")
    if image is None:
        raise FrameUnavailableError(source, f"{len(encoded)} bytes starting {encoded[:8]!r} are no picture")
    height, width = image.shape[:2] if by == 1 or size is None else _turned(size, image.shape, by)
    stamp = FrameStamp(captured_at, hashlib.sha256(encoded).hexdigest(), width, height)
    return Frame(stamp, np.asarray(image, np.uint8), encoded if by > 1 else None)


def whole_picture(frame: Frame, by: int = 1) -> npt.NDArray[np.uint8]:
    """Return the picture of a frame at its full size, or at one part in `by` of it: 2, 4 or 8.

    Raises
    ------
    FrameUnavailableError
        If its bytes cannot be decoded at that size.
    """
    size = (-(-frame.stamp.height_px // by), -(-frame.stamp.width_px // by))
    if frame.encoded is None or frame.image.shape[:2] == size:
        return frame.image
    image = cv2.imdecode(np.frombuffer(frame.encoded, np.uint8), _AT_SIZE[by])
    if image is None or image.shape[:2] != size:
        raise FrameUnavailableError(
            "frame", f"its {len(frame.encoded)} bytes cannot be decoded at {size[1]} x {size[0]}"
        )
    return np.asarray(image, np.uint8)


def _turned(size: tuple[int, int], shape: tuple[int, ...], by: int) -> tuple[int, int]:
    """Return the full height and width of a picture that was reduced, and perhaps turned as its notes say."""
    width, height = size
    return (height, width) if shape[:2] == (-(-height // by), -(-width // by)) else (width, height)


def _jpeg_size(encoded: bytes) -> tuple[int, int] | None:
    """Return the width and height in a JPEG's header; None where the bytes are no JPEG or give none."""
    for kind, at in _segments(encoded) if encoded.startswith(b"\xff\xd8") else ():
        if kind in _JPEG_FRAME:
            height, width = (int.from_bytes(encoded[at + k : at + k + 2], "big") for k in (5, 7))
            return (width, height) if width and height else None
    return None


def _segments(encoded: bytes) -> Iterator[tuple[int, int]]:
    """Yield the kind of each segment of a JPEG up to the picture's own data, and where it begins."""
    at = 2
    while at + 2 <= len(encoded) and encoded[at] == _MARK:
        kind = encoded[at + 1]
        yield kind, at
        if kind in _JPEG_DATA_OR_END:
            return
        at += 1 if kind == _MARK else 2 + int.from_bytes(encoded[at + 2 : at + 4], "big")
    if at >= len(encoded) - 1:
        yield _MARK, at


def _is_cut_off(encoded: bytes) -> bool:
    """Tell whether a JPEG ends before its end mark.

    The segments before the picture's own data are stepped over: a preview among them has an end mark too. What follows
    the end is of no matter: some cameras write their notes there.
    """
    kind, at = _MARK, 2
    for kind, at in _segments(encoded):
        if kind in _JPEG_DATA_OR_END:
            return encoded.rfind(b"\xff\xd9", at) < 0
    return at >= len(encoded) - 1


def pixel_frame(image: npt.NDArray[np.uint8], captured_at: datetime) -> Frame:
    """Return a frame of pixels that came without encoded bytes; its hash is that of the pixels."""
    height, width = image.shape[:2]
    digest = hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()
    return Frame(FrameStamp(captured_at, digest, width, height), image)
