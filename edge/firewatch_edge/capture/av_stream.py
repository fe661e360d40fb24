"""Streams by PyAV (extra `av`): where key frames come often, only they are decoded; the camera's clock is read."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from firewatch.domain.vision import Frame, FrameStamp
from firewatch.errors import FrameUnavailableError

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch_edge.capture.connection import Dating, Limits

__all__ = ["AvConnection", "connect_av"]

# What FFmpeg may look at before it gives the first frame [us]; its usual 5 s are 5 s of blindness at each reconnection.
_PROBE_US = 1_000_000
# Undecoded frames that may wait for the next picture that is asked for [bytes]: some 20 s of 4K.
_MOST_WAITING_BYTES = 48 << 20
# FFmpeg's AVProducerReferenceTime: wall clock [us since 1970], flags.
_REFERENCE_TIME = struct.Struct("=qi")


def connect_av(url: str, label: str, limits: Limits, key_s: float) -> AvConnection:
    """Open a stream; RTSP over TCP.

    Parameters
    ----------
    url : str
        With its account, as FFmpeg takes it.
    label : str
        The same without the account.
    limits : Limits
        How long it may keep us waiting.
    key_s : float
        Where whole pictures (key frames) come at least this often, only they are decoded [s].

    Raises
    ------
    FrameUnavailableError
        If it cannot be opened, or holds no video.
    """
    options = {
        "analyzeduration": str(_PROBE_US),
        "fpsprobesize": "0",
        **({"rtsp_transport": "tcp"} if url.startswith("rtsp") else {}),
    }
    try:
        container = av.open(url, options=options, timeout=(limits.open_s, limits.library_s))
    except av.FFmpegError as err:
        raise FrameUnavailableError(label, _words(err)) from err
    if not container.streams.video:
        container.close()
        raise FrameUnavailableError(label, "there is no video in the stream")
    return AvConnection(label, container, key_s)


class AvConnection:
    """Frames of an open container (see `Connection`)."""

    def __init__(self, label: str, container: Any, key_s: float) -> None:
        self._label = label
        self._container = container
        self._decoder = container.streams.video[0].codec_context
        # One camera must not take the cores of the network; a key frame of 4K takes some 15 ms.
        self._decoder.thread_count = 1
        self._packets = container.demux(container.streams.video[0])
        self._key_s = key_s
        self._key_at_s: float | None = None
        self._keys_are_frequent = False
        # Whether the decoder has all that the next frame builds upon.
        self._is_continuous = False
        self._waiting: list[tuple[Any, datetime]] = []
        self._waiting_bytes = 0

    def grab(self, date: Dating) -> None:
        """Take the next frame off the stream, undecoded."""
        try:
            packet = next(self._packets)
        except StopIteration:
            raise FrameUnavailableError(self._label, "the stream ended") from None
        except av.FFmpegError as err:
            raise FrameUnavailableError(self._label, _words(err)) from err
        if not packet.size:
            return
        at_s = None if packet.pts is None else float(packet.pts * packet.time_base)
        self._keep(packet, date(at_s, _told_s(packet)), at_s)

    def forget(self) -> None:
        """Wait for the next key frame, where only they are decoded; else the frames to come build upon those held."""
        if self._keys_are_frequent:
            self._waiting, self._waiting_bytes, self._is_continuous = [], 0, False

    def picture(self) -> Frame | None:
        """Decode what has come since the last picture, or the key frame alone; None where that is nothing."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        found: tuple[Any, datetime, Any] | None = None
        try:
            for packet, captured_at in waiting:
                for image in self._decoder.decode(packet):
                    found = image, captured_at, packet
            if waiting and self._keys_are_frequent:
                found = self._last_out(*waiting[-1]) or found
        except av.FFmpegError as err:
            self._begin_anew()
            raise FrameUnavailableError(self._label, f"a frame cannot be decoded: {_words(err)}") from err
        if found is not None and found[0].is_corrupt:
            raise FrameUnavailableError(self._label, "a frame came damaged")
        return None if found is None else _frame(*found)

    def close(self) -> None:
        """Close the stream."""
        self._container.close()

    def _last_out(self, packet: Any, captured_at: datetime) -> tuple[Any, datetime, Any] | None:
        """Return the frame that the decoder keeps back in case that another comes before it in the pictures' order."""
        found = None
        for image in self._decoder.decode(None):
            found = image, captured_at, packet
        self._begin_anew()
        return found

    def _begin_anew(self) -> None:
        """Decode no further before the next key frame."""
        self._decoder.flush_buffers()
        self._is_continuous = False

    def _keep(self, packet: Any, captured_at: datetime, at_s: float | None) -> None:
        if packet.is_keyframe:
            self._saw_key(at_s)
            self._waiting, self._waiting_bytes, self._is_continuous = [], 0, True
        elif self._keys_are_frequent or not self._is_continuous:
            return
        self._waiting.append((packet, captured_at))
        self._waiting_bytes += packet.size
        if self._waiting_bytes > _MOST_WAITING_BYTES:
            self._waiting, self._waiting_bytes, self._is_continuous = [], 0, False

    def _saw_key(self, at_s: float | None) -> None:
        if at_s is None:
            return
        if self._key_at_s is not None:
            self._keys_are_frequent = 0.0 < at_s - self._key_at_s <= self._key_s
        self._key_at_s = at_s


def _told_s(packet: Any) -> float | None:
    """Return when the camera says that it made a frame: from its RTCP sender reports (RFC 3550, 6.4.1)."""
    if not packet.has_sidedata("prft"):
        return None
    wall_us, _ = _REFERENCE_TIME.unpack_from(bytes(packet.get_sidedata("prft")))
    return float(wall_us) / 1e6


def _frame(image: Any, captured_at: datetime, packet: Any) -> Frame:
    pixels = np.asarray(image.to_ndarray(format="bgr24"), np.uint8)
    # The hash is that of the encoded picture where it is one; a frame that changes an earlier one is no picture alone.
    coded = bytes(packet) if packet.is_keyframe else np.ascontiguousarray(pixels).data
    return Frame(FrameStamp(captured_at, hashlib.sha256(coded).hexdigest(), pixels.shape[1], pixels.shape[0]), pixels)


def _words(err: av.FFmpegError) -> str:
    advice = {
        "HTTPUnauthorizedError": "the camera refuses the account: check username and the variable of password_env",
        "HTTPForbiddenError": "the account may not see the stream",
        "HTTPNotFoundError": "no such stream on the camera: check url",
        "ExitError": "nothing came in time",
        "TimeoutError": "nothing came in time",
        "ConnectionRefusedError": "the camera refuses the connection: is it on?",
        "InvalidDataError": "no stream that can be read, or none in time",
    }.get(type(err).__name__, err.strerror or "it failed")
    return f"{advice} ({type(err).__name__})"
