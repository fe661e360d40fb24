"""What is of no use after some time is deleted, bit by bit: the store of a centre must not grow for ever.

Noon readings and ratings are never deleted: the codes of a station are made of all of them.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from firewatch.services.ports import Clock
    from firewatch.services.weather_ports import AgingBook

__all__ = ["Aging", "Pruner"]

logger = logging.getLogger(__name__)

# So many rows a transaction: others wait for it no longer than for one of the intake's.
_AT_ONCE = 1000
_PAUSE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Aging:
    """A book and how long its entries are kept.

    Parameters
    ----------
    name : str
        As in the log.
    book : AgingBook
        Port.
    keep : timedelta
        Entries older than that go.
    """

    name: str
    book: AgingBook
    keep: timedelta


class Pruner:
    """Deletes old entries of some books.

    Parameters
    ----------
    books : sequence of Aging
        One after the other.
    clock : Clock
        Tells now.
    monotonic : callable
        For the pause of an hour between two rounds [s].
    """

    def __init__(self, books: Sequence[Aging], clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._books = tuple(books)
        self._clock = clock
        self._monotonic = monotonic
        self._due_at_s = 0.0
        self._dropped = dict.fromkeys((aging.name for aging in self._books), 0)

    def step(self) -> int:
        """Delete some entries, if it is time; return how many."""
        if self._monotonic() < self._due_at_s:
            return 0
        now = self._clock.now()
        for aging in self._books:
            count = aging.book.drop_older(aging.keep, now, _AT_ONCE)
            if count:
                self._dropped[aging.name] += count
                return count
        for name, count in self._dropped.items():
            if count:
                logger.info("retention.dropped", extra={"what": name, "count": count})
                self._dropped[name] = 0
        self._due_at_s = self._monotonic() + _PAUSE_S
        return 0
