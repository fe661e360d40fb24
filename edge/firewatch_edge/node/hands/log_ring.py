"""The last of the node's log, in memory, for one who cannot come to the tower."""

from __future__ import annotations

import logging
import re
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LogRing", "redact"]

_MOST_BYTES = 400_000
_MOST_LINE = 8_000
_HIDDEN = "[hidden]"
# An account in an address; a word that names a secret, and what follows it; a private key.
_SECRETS = (
    (re.compile(r"(?<=://)[^/@\s\"']+(?=@)"), _HIDDEN),
    (
        re.compile(
            r"(?i)((?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|authorization|nonce|digest)[\w-]*"
            r"[\"'\\]*\s*[=:]\s*[\"'\\]*(?:basic |bearer |digest )?)[^\s\"'\\,;&<>]+"
        ),
        r"\1" + _HIDDEN,
    ),
    (re.compile(r"(?is)(<[^>]*(?:password|nonce)[^>]*>)[^<]*"), r"\1" + _HIDDEN),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), _HIDDEN),
)


class LogRing(logging.Handler):
    """Keeps the newest lines of the log, at most 400 kB; give it the service's formatter."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._ring_lock = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        try:
            line = self.format(record).encode("utf-8", "replace")[:_MOST_LINE]
        except Exception:  # noqa: BLE001 - logging's own way: a line that cannot be written must not end its writer
            self.handleError(record)
            return
        with self._ring_lock:
            self._lines.append(line)
            self._bytes += len(line) + 1
            while self._bytes > _MOST_BYTES:
                self._bytes -= len(self._lines.popleft()) + 1

    def last(self, most_bytes: int) -> str:
        """Return the newest whole lines that take at most so many bytes together, the oldest first."""
        kept: list[bytes] = []
        left = most_bytes
        with self._ring_lock:
            for line in reversed(self._lines):
                left -= len(line) + 1
                if left < 0:
                    break
                kept.append(line)
        return b"".join(line + b"\n" for line in reversed(kept)).decode("utf-8", "replace")


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return a text without passwords: the given ones, and what looks like one."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, _HIDDEN)
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text
