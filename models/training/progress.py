"""How far a training run is: a moving line on a terminal, JSON lines in a log."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BAR = 24


class Progress:
    """Tell the steps of a run.

    Parameters
    ----------
    steps : int
        Of the whole run.
    every : int
        Steps between two lines of a log.
    """

    def __init__(self, steps: int, every: int) -> None:
        self.steps, self.every = steps, every
        self.began = time.monotonic()
        self.first: int | None = None  # steps that earlier calls had made
        self.is_watched = sys.stderr.isatty()

    def tell(self, done: int, parts: Mapping[str, float]) -> None:
        """Tell a step: always on a terminal, now and then in a log."""
        if self.first is None:
            self.first = done - 1
        if self.is_watched:
            sys.stderr.write(f"\r\x1b[K{self._line(done, parts)}")
            sys.stderr.flush()
        if done % self.every == 0:
            self.note({"step": done, "s": round(time.monotonic() - self.began), **parts})

    def note(self, row: Mapping[str, float]) -> None:
        """Print a row of figures as one JSON object."""
        if self.is_watched:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        print(json.dumps({key: round(value, 5) for key, value in row.items()}), flush=True)

    def _line(self, done: int, parts: Mapping[str, float]) -> str:
        full = BAR * min(done, self.steps) // max(self.steps, 1)
        pace = (time.monotonic() - self.began) / max(done - (self.first or 0), 1)
        left = max(self.steps - done, 0) * pace / 60
        losses = " ".join(f"{key} {value:.3f}" for key, value in parts.items())
        return (
            f"[{'#' * full}{'.' * (BAR - full)}] {done}/{self.steps} {pace:.2f} s/step, {left:.0f} min left, {losses}"
        )
