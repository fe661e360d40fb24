"""How long to wait before the next try."""

from __future__ import annotations

import random

__all__ = ["Backoff"]

_JITTER = 0.25


class Backoff:
    """Doubles the wait with each failure, up to a limit, with jitter so that cameras do not all come back at once.

    Parameters
    ----------
    first_s, most_s : float
        The first and the longest wait [s].
    """

    def __init__(self, first_s: float, most_s: float) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._next_s = first_s
        self._random = random.Random()  # noqa: S311 - jitter, not secrecy

    def next_s(self) -> float:
        """Return the wait before the next try [s]: within a quarter of its nominal length."""
        nominal_s = self._next_s
        self._next_s = min(self._most_s, 2.0 * nominal_s)
        return nominal_s * self._random.uniform(1.0 - _JITTER, 1.0 + _JITTER)

    def reset(self) -> None:
        """Begin anew after a success."""
        self._next_s = self._first_s
