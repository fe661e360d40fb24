"""HTTP as a camera needs it: one time limit for all of an answer, and one try to log in."""

from __future__ import annotations

import hashlib
import http.client
import io
import time
import urllib.request
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from http.client import HTTPMessage

__all__ = ["Credentials", "Deadline", "make_opener"]

# `hashlib` calls them thus; RFC 7616 names more, which no camera was seen to ask for.
_DIGESTS = {"MD5": "md5", "SHA": "sha1", "SHA-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Name and password of a camera's account."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.username!r}, ...)"


class Deadline:
    """When an answer must be complete, whatever it takes to get it: connection, log-in, redirects, headers, body."""

    def __init__(self) -> None:
        self._ends_at = 0.0

    def set(self, timeout_s: float) -> None:
        """Begin to count."""
        self._ends_at = time.monotonic() + timeout_s

    def left_s(self) -> float:
        """Return the time that is left [s]; raise `TimeoutError` where none is."""
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0.0:
            raise TimeoutError("the answer was not complete in time")
        return left_s


def make_opener(url: str, credentials: Credentials | None, deadline: Deadline) -> urllib.request.OpenerDirector:
    """Return what opens http and https, and nothing else: a redirect leads to no file, and a proxy is for the internet.

    Parameters
    ----------
    url : str
        The camera's; its account is told to this host only.
    credentials : Credentials or None
        For basic or digest authentication, whichever the camera asks for.
    deadline : Deadline
        Set anew before each `open`.

    Returns
    -------
    OpenerDirector
        For one thread.
    """
    handlers: list[urllib.request.BaseHandler] = [
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Http(deadline),
        _Https(deadline),
    ]
    if credentials is not None:
        account = _Account(url, credentials)
        handlers += [_DigestOnce(account), _BasicOnce(account)]
    opener = urllib.request.OpenerDirector()
    for handler in handlers:
        opener.add_handler(handler)
    return opener


class _TimedReader(io.RawIOBase):
    """Reads a socket, each time with what is left of the deadline: a drip of bytes does not begin it anew."""

    def __init__(self, raw: Any, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.left_s())
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *, deadline: Deadline, **rest: Any) -> None:
        super().__init__(sock, **rest)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock, deadline))


def _connect(kind: type[http.client.HTTPConnection], deadline: Deadline) -> Callable[..., http.client.HTTPConnection]:
    def make(host: str, *, timeout: float, **rest: Any) -> http.client.HTTPConnection:  # noqa: ARG001 - the deadline is nearer
        connection = kind(host, timeout=deadline.left_s(), **rest)
        connection.response_class = partial(_TimedResponse, deadline=deadline)  # type: ignore[assignment]  # called, never subclassed
        return connection

    return make


class _Http(urllib.request.HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._connection = _connect(http.client.HTTPConnection, deadline)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._connection = _connect(http.client.HTTPSConnection, deadline)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req)


class _Account(urllib.request.HTTPPasswordMgr):
    """Knows the account of one host, on any of its ports: cameras redirect from http to https."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        super().__init__()
        self._host = urlsplit(url).hostname
        self._is_secret = urlsplit(url).scheme == "https"
        self._credentials = credentials

    def find_user_password(self, realm: str, authuri: str) -> tuple[str | None, str | None]:  # noqa: ARG002 - any realm of this host
        parts = urlsplit(authuri)
        # What was to travel encrypted does not go out in the clear because a redirect says so.
        if parts.hostname != self._host or (self._is_secret and parts.scheme != "https"):
            return None, None
        return self._credentials.username, self._credentials.password


def _challenges(headers: HTTPMessage, scheme: str) -> list[str]:
    offered: list[str] = headers.get_all("WWW-Authenticate", [])
    return [challenge for challenge in offered if challenge.lower().startswith(f"{scheme} ")]


class _DigestOnce(urllib.request.HTTPDigestAuthHandler):
    """Answers the first challenge that it can, once a request: cameras lock an account after a few wrong passwords.

    The standard library's own handler tries six times, and after that never again in the life of the process.
    """

    def http_error_401(self, req: Any, fp: Any, code: int, msg: str, headers: HTTPMessage) -> Any:  # noqa: ARG002 - the base class's
        if req.has_header(self.auth_header):
            return None
        for challenge in _challenges(headers, "digest"):
            asked = urllib.request.parse_keqv_list(urllib.request.parse_http_list(challenge.partition(" ")[2]))
            if asked.get("algorithm", "MD5") in _DIGESTS:
                return self.retry_http_digest_auth(req, challenge)
        return None

    def get_algorithm_impls(self, algorithm: str) -> tuple[Callable[[str], str], Callable[[str, str], str]]:
        def hashed(text: str) -> str:
            return hashlib.new(_DIGESTS[algorithm], text.encode(), usedforsecurity=False).hexdigest()

        return hashed, lambda secret, rest: hashed(f"{secret}:{rest}")


class _BasicOnce(urllib.request.HTTPBasicAuthHandler):
    """Gives the password as it is, once a request, and only where it is asked for so."""

    def http_error_401(self, req: Any, fp: Any, code: int, msg: str, headers: HTTPMessage) -> Any:
        if req.has_header(self.auth_header) or not _challenges(headers, "basic"):
            return None
        return super().http_error_401(req, fp, code, msg, headers)
