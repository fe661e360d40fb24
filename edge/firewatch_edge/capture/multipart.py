"""Takes an endless multipart answer apart."""

from __future__ import annotations

import re
from email.message import Message
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PartReader", "boundary_of"]

_CHUNK_BYTES = 65_536
_MOST_HEADER_BYTES = 8192
# As of a snapshot: an 8K JPEG of best quality.
_MOST_BODY_BYTES = 32 << 20
_HEADER = re.compile(rb"^([!-9;-~]+)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)


def boundary_of(content_type: str) -> bytes | None:
    """Return the line that parts begin with, without its two hyphens; None where the answer is not in parts."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary()
    if message.get_content_maintype() != "multipart" or not boundary:
        return None
    # RFC 2046, 5.1.1: two hyphens come before the boundary; many cameras count them as part of it.
    return boundary.strip().removeprefix("--").encode("latin-1", "replace")


class PartReader:
    """Reads part after part.

    A part is as long as its ``Content-Length`` says; without one it goes to the next boundary.

    Parameters
    ----------
    read : callable
        Returns at most so many bytes, at least one; none at the end.
    boundary : bytes
        As of `boundary_of`.
    """

    def __init__(self, read: Callable[[int], bytes], boundary: bytes) -> None:
        self._read = read
        self._mark = b"--" + boundary
        self._buffer = bytearray()

    def next(self) -> tuple[dict[str, str], bytes]:
        """Return the next part's headers, by names in lower case, and its body.

        Raises
        ------
        ValueError
            If the answer has ended, or a part has no end in sight.
        """
        self._drop_through(self._mark, _MOST_BODY_BYTES)
        # Some cameras end their lines with a line feed alone.
        headers = self._headers()
        length = headers.get("content-length", "")
        body = self._exactly(int(length)) if length.isdigit() and 0 < int(length) <= _MOST_BODY_BYTES else self._rest()
        return headers, body

    def _headers(self) -> dict[str, str]:
        while (found := re.search(rb"\r?\n\r?\n", self._buffer)) is None:
            self._more(_MOST_HEADER_BYTES)
        text = bytes(self._buffer[: found.end()]).replace(b"\r\n", b"\n")
        del self._buffer[: found.end()]
        return {name.decode().lower(): value.decode("latin-1") for name, value in _HEADER.findall(text)}

    def _exactly(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._more(length)
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _rest(self) -> bytes:
        searched = 0
        while (at := self._buffer.find(self._mark, searched)) < 0:
            searched = max(0, len(self._buffer) - len(self._mark))
            self._more(_MOST_BODY_BYTES)
        body = bytes(self._buffer[:at])
        del self._buffer[:at]
        return body.removesuffix(b"\n").removesuffix(b"\r")

    def _drop_through(self, mark: bytes, most: int) -> None:
        dropped = 0
        while (at := self._buffer.find(mark)) < 0:
            beyond = max(0, len(self._buffer) - len(mark))
            del self._buffer[:beyond]
            dropped += beyond
            self._more(most - dropped)
        del self._buffer[: at + len(mark)]

    def _more(self, most: int) -> None:
        if len(self._buffer) > most:
            raise ValueError(f"a part without an end after {len(self._buffer)} bytes")
        chunk = self._read(_CHUNK_BYTES)
        if not chunk:
            raise ValueError("the stream ended")
        self._buffer += chunk
