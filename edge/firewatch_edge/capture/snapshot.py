"""Snapshots over HTTP: one picture a request."""

from __future__ import annotations

import http.client
import logging
import urllib.error
import urllib.request
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture.exchange import Deadline, make_opener
from firewatch_edge.capture.port import decode_frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from firewatch.domain.vision import Frame
    from firewatch_edge.capture.exchange import Credentials

__all__ = ["SnapshotSource", "http_advice"]

logger = logging.getLogger(__name__)

_NOT_MODIFIED = 304
_CHUNK_BYTES = 65_536
# Two clocks that are kept agree within this; HTTP dates have whole seconds.
_USUAL_AHEAD_S = 2.0
# An 8K JPEG of best quality; a camera that sends more without end is broken.
_MOST_BYTES = 32 << 20


class SnapshotSource:
    """Asks a camera for its present picture.

    Parameters
    ----------
    url : str
        ``http://`` or ``https://``, without credentials.
    now : callable
        Returns the present as an aware UTC instant: the capture time where the camera gives none.
    credentials : Credentials or None
        For basic or digest authentication, whichever the camera asks for.
    trusts_camera : bool
        Whether the capture time is taken from ``X-Captured-At`` or ``Last-Modified`` where the camera gives one; false
        for a camera whose clock is wrong.
    reduction : callable, optional
        At what part of its size a JPEG need be decoded; see `decode_frame`.
    """

    def __init__(
        self,
        url: str,
        now: Callable[[], datetime],
        credentials: Credentials | None = None,
        *,
        trusts_camera: bool = True,
        reduction: Callable[[int, int], int] | None = None,
    ) -> None:
        self._url = url
        self._now = now
        self._trusts_camera = trusts_camera
        self._reduction = reduction
        self._is_ahead = False
        # The camera's clock minus ours [s], by its last answer's Date; None before, and where it gives none.
        self.clock_offset_s: float | None = None
        self._deadline = Deadline()
        self._opener = make_opener(url, credentials, self._deadline)
        # Its bytes, not its pixels: those of a large frame would be held between two pictures for nothing.
        self._last: tuple[str, bytes, datetime] | None = None

    def read(self, timeout_s: float) -> Frame:
        """Return the camera's present picture (see `Source.read`); the last one again when it has no newer."""
        request = urllib.request.Request(self._url, headers={"Accept": "image/*", "Cache-Control": "no-cache"})  # noqa: S310 - the configuration admits only http and https
        if self._last is not None:
            request.add_header("If-None-Match", self._last[0])
        self._deadline.set(timeout_s)
        try:
            with self._opener.open(request, timeout=timeout_s) as response:
                return self._frame(response.headers, _body(self._url, response))
        except urllib.error.HTTPError as err:
            err.close()
            if err.code == _NOT_MODIFIED and self._last is not None:
                return self._decoded(*self._last[1:])
            raise FrameUnavailableError(self._url, http_advice(err)) from err
        # ValueError is what the standard library says to an address or challenge that it cannot read.
        except (OSError, http.client.HTTPException, ValueError) as err:
            raise FrameUnavailableError(self._url, _words(err, timeout_s)) from err

    def close(self) -> None:
        """Nothing is held open between pictures."""

    def _frame(self, headers: Message, body: bytes) -> Frame:
        captured_at = self._captured_at(headers)
        frame = self._decoded(body, captured_at)
        self.clock_offset_s = _clock_offset_s(headers.get("Date"), self._now())
        etag = headers.get("ETag")
        self._last = None if etag is None else (etag, body, captured_at)
        return frame

    def _decoded(self, body: bytes, captured_at: datetime) -> Frame:
        return decode_frame(self._url, body, captured_at, self._reduction)

    def _captured_at(self, headers: Message) -> datetime:
        now = self._now()
        for name in ("X-Captured-At", "Last-Modified"):
            text = headers.get(name)
            if text is not None and self._trusts_camera:
                return self._not_after(now, _instant(self._url, name, text))
        return now

    def _not_after(self, now: datetime, told: datetime) -> datetime:
        """Return the camera's time, or the present where that is earlier: no picture is of the future.

        A frame dated an hour ahead would make all frames stale for an hour once the camera's clock is set right.
        """
        ahead_s = (told - now).total_seconds()
        was_ahead, self._is_ahead = self._is_ahead, ahead_s > _USUAL_AHEAD_S
        if self._is_ahead and not was_ahead:
            logger.warning("camera.clock_ahead", extra={"camera": self._url, "ahead_s": round(ahead_s, 1)})
        return min(now, told)


def _body(url: str, response: http.client.HTTPResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        while part := response.read1(_CHUNK_BYTES):
            parts.append(part)
            size += len(part)
            if size > _MOST_BYTES:
                raise FrameUnavailableError(url, f"over {_MOST_BYTES >> 20} MiB: no snapshot; is it a stream?")
    except TimeoutError as err:
        raise FrameUnavailableError(url, f"only {size} bytes came in time") from err
    expected = response.headers.get("Content-Length")
    if expected is not None and expected.isdigit() and int(expected) != size:
        raise FrameUnavailableError(url, f"{size} of {expected} bytes came")
    return b"".join(parts)


def _clock_offset_s(date: str | None, now: datetime) -> float | None:
    """Return the clock of an answer's Date minus ours [s]: whole seconds, so half a one is added."""
    try:
        told = None if date is None else parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError):
        return None
    if told is None:
        return None
    return ((told if told.tzinfo else told.replace(tzinfo=UTC)) - now).total_seconds() + 0.5


def _instant(url: str, header: str, text: str) -> datetime:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    raise FrameUnavailableError(
        url, f'{header} is {text[:80]!r}: neither ISO 8601 nor an HTTP date; clock = "arrival" does without it'
    )


def _words(err: Exception, timeout_s: float) -> str:
    reason = err.reason if isinstance(err, urllib.error.URLError) else err
    if isinstance(reason, TimeoutError):
        return f"no complete answer in time ({timeout_s:g} s)"
    return f"{type(err).__name__}: {err}"


def http_advice(err: urllib.error.HTTPError) -> str:
    """Return what a refused request means, and what to do."""
    advice = {
        401: "the camera refuses the account: check username and the variable that password_env names",
        403: "the account may not take snapshots",
        404: "no such path on the camera: check url",
    }.get(err.code, err.reason)
    return f"HTTP {err.code}: {advice}"
