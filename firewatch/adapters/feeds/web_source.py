"""One polite look at a web address: limited in time and size, repeated where that may help, told in words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from firewatch.errors import FeedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WebPage", "WebSource"]

_SERVER_ERROR = 500
_NOT_MODIFIED = 304
# "Later" may come true at the next look, not some seconds after this one.
_LATER = frozenset({408, 425, 429})
_SHOWN = 120
_MOST_REMEMBERED = 50


@dataclass(frozen=True, slots=True)
class WebPage:
    """An answer.

    Parameters
    ----------
    source : str
        Name of the feed, for errors.
    body : bytes
        Whole.
    is_new : bool
        False where the server said that it is the one of the last look.
    """

    source: str
    body: bytes
    is_new: bool = True

    def text(self) -> str:
        """Return the body as text; raise `FeedError` if it is no UTF-8."""
        try:
            return self.body.decode("utf-8-sig")
        except UnicodeDecodeError as err:
            raise FeedError(self.source, f"byte {err.start + 1} is no text in UTF-8", retryable=True) from err

    def json(self) -> Any:
        """Return the body as JSON; raise `FeedError` if it is none, or cut off."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as err:
            start = self.body[:_SHOWN].decode("utf-8", "replace")
            why = f"the answer is no JSON ({str(err)[:_SHOWN]}); it starts with {start!r}"
            raise FeedError(self.source, why, retryable=True) from err


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What a server needs to say that nothing changed."""

    headers: dict[str, str]
    body: bytes


class _Passing(FeedError):
    """What may be gone some seconds later."""


class WebSource:
    """Asks web addresses for one feed.

    Parameters
    ----------
    name : str
        Of the feed, for errors; the address is not told, for it may hold a key.
    timeout_s : float
        Longest time of one try, from connecting to the last byte [s].
    most_bytes : int
        A larger answer is refused unread.
    tries : int
        Of one look, where the line or the server failed.
    first_pause_s : float
        Pause before the second try, doubling [s].
    """

    def __init__(
        self,
        name: str,
        *,
        timeout_s: float = 20.0,
        most_bytes: int = 8_000_000,
        tries: int = 3,
        first_pause_s: float = 1.0,
    ) -> None:
        self._name = name
        self._timeout_s = timeout_s
        self._most_bytes = most_bytes
        self._remembered: dict[str, _Remembered] = {}
        self._client = httpx.Client(
            timeout=timeout_s, follow_redirects=True, headers={"User-Agent": "firewatch (forest fire danger)"}
        )
        self._again = Retrying(
            retry=retry_if_exception(lambda err: isinstance(err, _Passing)),
            stop=stop_after_attempt(tries),
            wait=wait_exponential(multiplier=first_pause_s, max=10.0),
            reraise=True,
        )

    def get(self, url: str, params: Mapping[str, str] | None = None) -> WebPage:
        """Return the answer of an address.

        Raises
        ------
        FeedError
            If there is none in time, it is too large, or the server says anything but 200 (or 304 after a 200).
        """
        page: WebPage = self._again(self._once, url, params)
        return page

    def _once(self, url: str, params: Mapping[str, str] | None) -> WebPage:
        try:
            request = self._client.build_request("GET", url, params=params)
            known = self._remembered.get(str(request.url))
            request.headers.update(known.headers if known else {})
            answer = self._client.send(request, stream=True)
            try:
                return self._read(str(request.url), answer, known)
            finally:
                answer.close()
        except httpx.TimeoutException as err:
            raise _Passing(self._name, f"no answer within {self._timeout_s:g} s", retryable=True) from err
        except (httpx.TransportError, httpx.StreamError, httpx.DecodingError, httpx.TooManyRedirects) as err:
            raise _Passing(self._name, f"cannot be reached: {type(err).__name__}", retryable=True) from err
        except httpx.InvalidURL as err:
            raise FeedError(self._name, "its address is none", retryable=False) from err

    def _read(self, address: str, answer: httpx.Response, known: _Remembered | None) -> WebPage:
        if answer.status_code == _NOT_MODIFIED and known is not None:
            return WebPage(self._name, known.body, is_new=False)
        body = self._body(answer)
        if answer.status_code != httpx.codes.OK:
            self._refuse(answer.status_code, body)
        pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
        headers = {ours: answer.headers[theirs] for ours, theirs in pairs if theirs in answer.headers}
        self._remembered.pop(address, None)
        if headers:
            self._remembered[address] = _Remembered(headers, body)
        # Together they may take as much memory as one answer may.
        while len(self._remembered) > _MOST_REMEMBERED or self._remembered_bytes() > self._most_bytes:
            self._remembered.pop(next(iter(self._remembered)))
        return WebPage(self._name, body)

    def _remembered_bytes(self) -> int:
        return sum(len(one.body) for one in self._remembered.values())

    def _body(self, answer: httpx.Response) -> bytes:
        end = monotonic() + self._timeout_s
        body = bytearray()
        # Piece by piece as they arrive: a server that drips would never fill a piece of a given size.
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > self._most_bytes:
                raise FeedError(self._name, f"the answer is larger than {self._most_bytes} bytes", retryable=False)
            if monotonic() > end:
                raise _Passing(self._name, f"the answer took longer than {self._timeout_s:g} s", retryable=True)
        return bytes(body)

    def _refuse(self, status: int, body: bytes) -> None:
        told = " ".join(body[: 2 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]
        why = f"answered {status} {told!r}"
        if status >= _SERVER_ERROR:
            raise _Passing(self._name, why, retryable=True)
        raise FeedError(self._name, why, retryable=status in _LATER)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
