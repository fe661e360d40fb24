"""A bar on a terminal for what takes minutes; nothing where nobody watches."""

from __future__ import annotations

import sys
import time
from typing import Self

_WIDTH = 30
_EVERY_S = 0.2


class Bar:
    """How far a piece of work is: call it after each part.

    Parameters
    ----------
    what : str
        Said before the bar.
    of : int
        How many parts there are.
    """

    def __init__(self, what: str, of: int) -> None:
        self._what, self._of, self._done = what, max(of, 1), 0
        self._began_s, self._next_s = time.monotonic(), 0.0
        self._is_watched = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_watched:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def __call__(self) -> None:
        """Count one more part, and show the bar now and then."""
        self._done += 1
        now_s = time.monotonic()
        if self._is_watched and now_s >= self._next_s:
            self._next_s = now_s + _EVERY_S
            sys.stderr.write("\r\x1b[K" + self.line(now_s - self._began_s))
            sys.stderr.flush()

    def line(self, passed_s: float) -> str:
        """Return the line after so many seconds."""
        done = min(self._done / self._of, 1.0)
        filled = round(_WIDTH * done)
        left_s = passed_s / done - passed_s if done else 0.0
        bar = "#" * filled + "." * (_WIDTH - filled)
        return f"{self._what} [{bar}] {self._done}/{self._of}, {left_s:.0f} s left"
