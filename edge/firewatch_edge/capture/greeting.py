"""One word with an RTSP server before a decoder is sent there."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from firewatch.errors import FrameUnavailableError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["greet"]

_PORTS = {"rtsp": 554, "rtsps": 322}
_MOST_BYTES = 4096


def greet(url: str, label: str, timeout_s: float) -> None:
    """Ask an RTSP server what it can do (RFC 2326, 10.1), and wait for the first line of its answer.

    OpenCV opens one stream at a time in a whole process (measured: 20 openings of a server that hangs took 20 times
    the time-out), so a camera that is away must not get as far. A server over TLS is only connected to.

    Raises
    ------
    FrameUnavailableError
        If nothing answers within `timeout_s`, or something that is no RTSP server.
    """
    parts = urlsplit(url)
    until_s = time.monotonic() + timeout_s
    try:
        with socket.create_connection((parts.hostname or "", parts.port or _PORTS[parts.scheme]), timeout_s) as link:
            answer = b"RTSP/" if parts.scheme == "rtsps" else _ask(link, parts, until_s)
    except TimeoutError as err:
        raise FrameUnavailableError(label, f"no answer within {timeout_s:g} s: is the camera on, is it hung?") from err
    except OSError as err:
        raise FrameUnavailableError(label, f"{err.strerror or err}: check url and network") from err
    if not answer.startswith(b"RTSP/"):
        raise FrameUnavailableError(label, f"no RTSP server answers there but {answer[:20]!r}: check url")


def _ask(link: socket.socket, parts: SplitResult, until_s: float) -> bytes:
    host = parts.netloc.rpartition("@")[2]
    link.sendall(f"OPTIONS rtsp://{host}{parts.path or '/'} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
    answer = b""
    while b"\n" not in answer and len(answer) < _MOST_BYTES:
        link.settimeout(max(0.001, until_s - time.monotonic()))
        part = link.recv(_MOST_BYTES)
        if not part:
            break
        answer += part
    return answer
