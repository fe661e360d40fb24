"""Snapshots over HTTP: one picture a request."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture.port import decode_frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from firewatch.domain.vision import Frame

__all__ = ["Credentials", "SnapshotSource"]

_NOT_MODIFIED = 304
_CHUNK_BYTES = 65_536
# An 8K JPEG of best quality; a camera that sends more without end is broken.
_MOST_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Credentials:
    """Name and password of a camera's account."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.username!r}, ...)"


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
    """

    def __init__(
        self,
        url: str,
        now: Callable[[], datetime],
        credentials: Credentials | None = None,
        *,
        trusts_camera: bool = True,
    ) -> None:
        self._url = url
        self._now = now
        self._trusts_camera = trusts_camera
        self._opener = _opener(url, credentials)
        self._last: tuple[str, Frame] | None = None

    def read(self, timeout_s: float) -> Frame:
        """Return the camera's present picture (see `Source.read`); the last one again when it has no newer."""
        request = urllib.request.Request(self._url, headers={"Accept": "image/*", "Cache-Control": "no-cache"})  # noqa: S310 - the configuration admits only http and https
        if self._last is not None:
            request.add_header("If-None-Match", self._last[0])
        deadline = time.monotonic() + timeout_s
        try:
            with self._opener.open(request, timeout=timeout_s) as response:
                return self._frame(response.headers, _body(self._url, response, deadline))
        except urllib.error.HTTPError as err:
            err.close()
            if err.code == _NOT_MODIFIED and self._last is not None:
                return self._last[1]
            raise FrameUnavailableError(self._url, _http_advice(err)) from err
        except (OSError, http.client.HTTPException) as err:
            raise FrameUnavailableError(self._url, f"{type(err).__name__}: {err}") from err

    def close(self) -> None:
        """Nothing is held open between pictures."""

    def _frame(self, headers: Message, body: bytes) -> Frame:
        frame = decode_frame(self._url, body, self._captured_at(headers))
        etag = headers.get("ETag")
        self._last = None if etag is None else (etag, frame)
        return frame

    def _captured_at(self, headers: Message) -> datetime:
        for name in ("X-Captured-At", "Last-Modified"):
            text = headers.get(name)
            if text is not None and self._trusts_camera:
                return _instant(self._url, name, text)
        return self._now()


def _opener(url: str, credentials: Credentials | None) -> urllib.request.OpenerDirector:
    # A proxy of the environment is for the internet, not for a camera on the mast.
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if credentials is not None:
        known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        known.add_password(None, url, credentials.username, credentials.password)
        handlers += [urllib.request.HTTPDigestAuthHandler(known), urllib.request.HTTPBasicAuthHandler(known)]
    return urllib.request.build_opener(*handlers)


def _body(url: str, response: http.client.HTTPResponse, deadline: float) -> bytes:
    """Read the whole body in time: a camera that drips a byte now and then must not hold the thread."""
    parts: list[bytes] = []
    size = 0
    while part := response.read1(_CHUNK_BYTES):
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline:
            raise FrameUnavailableError(url, f"only {size} bytes came in time")
        if size > _MOST_BYTES:
            raise FrameUnavailableError(url, f"over {_MOST_BYTES >> 20} MiB: no snapshot")
    expected = response.headers.get("Content-Length")
    if expected is not None and expected.isdigit() and int(expected) != size:
        raise FrameUnavailableError(url, f"{size} of {expected} bytes came")
    return b"".join(parts)


def _instant(url: str, header: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = parsedate_to_datetime(text)
        except ValueError as err:
            raise FrameUnavailableError(url, f"{header} is {text[:80]!r}: neither ISO 8601 nor an HTTP date") from err
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _http_advice(err: urllib.error.HTTPError) -> str:
    advice = {
        401: "the camera refuses the account: check username and the variable that password_env names",
        403: "the account may not take snapshots",
        404: "no such path on the camera: check url",
    }.get(err.code, err.reason)
    return f"HTTP {err.code}: {advice}"
