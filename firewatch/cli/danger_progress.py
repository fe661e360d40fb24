"""The line of progress that long commands show on a terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Progress"]


class Progress:
    """A line on a terminal that says how far a long run is; nothing where nobody watches."""

    _LONG_BYTES = 3_000_000  # a file up to this is read and written within a second
    _WAIT_S = 1.0  # a run shorter than this needs no line
    _EVERY_S = 0.2

    def __init__(self, verb: str, command: str = "danger") -> None:
        self._called = f"firewatch {command} {verb}"
        self._is_watched = sys.stderr.isatty()
        self._next_s = time.monotonic() + self._WAIT_S
        self._is_long = False
        self._has_line = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._has_line:
            sys.stderr.write("\r\x1b[K")

    def begin(self, path: Path) -> None:
        """Say that a file is read, if it is a long one."""
        self._is_long = path.is_file() and path.stat().st_size > self._LONG_BYTES
        if self._is_long:
            self._write(f"reading {path.name}")

    def compute(self) -> None:
        """Say that the result is computed, if it is a long one and no count of days tells it."""
        if self._is_long:
            self._write("computing")

    def show(self, done: int, of: int) -> None:
        """Say how far the computation is, now and then."""
        self.say(f"day {done} of {of}")

    def say(self, text: str) -> None:
        """Say something, now and then."""
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + self._EVERY_S
            self._write(text)

    def end(self, path: Path) -> None:
        """Say that the result is written, if it is a long one."""
        if self._is_long:
            self._write(f"writing {path.name}")

    def _write(self, text: str) -> None:
        if self._is_watched:
            self._has_line = True
            sys.stderr.write(f"\r\x1b[K{self._called}: {text}")
            sys.stderr.flush()
