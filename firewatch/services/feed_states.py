"""How the feeds are, told from the process that looks at them to those that show it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.services.feeding import FeedState

__all__ = ["FeedBoard", "FeedPages", "FeedReporter", "FeedStateBook", "FeedView", "WatchedFeeds"]

# A feed may miss one look; then it is overdue, and this much later [s].
_LOOKS, _GRACE_S = 2.0, 300.0


class FeedStateBook(Protocol):
    """How the feeds were last."""

    def put(self, states: Sequence[FeedState]) -> None:
        """Store states by the feed's name; a later one of the same replaces it."""
        ...

    def states(self) -> tuple[FeedState, ...]:
        """Return the states of all feeds that ever had one, by name."""
        ...


class WatchedFeeds(Protocol):
    """What looks at the feeds: `firewatch.services.feeding.FeedKeeper`."""

    @property
    def states(self) -> tuple[FeedState, ...]:
        """How each feed is."""
        ...

    def step(self) -> int:
        """Go on; return how many looks were done."""
        ...


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed of the settings as a page shows it.

    Parameters
    ----------
    name : str
        As the settings have it.
    every_s : float
        From one look to the next [s].
    state : FeedState or None
        None where nothing was heard of it yet.
    """

    name: str
    every_s: float
    state: FeedState | None

    def is_overdue(self, at: datetime) -> bool:
        """Return whether it gave nothing for longer than two looks."""
        if self.state is None or self.state.last_success_at is None:
            return True
        return (at - self.state.last_success_at).total_seconds() > _LOOKS * self.every_s + _GRACE_S


class FeedBoard(Protocol):
    """The feeds as people read them."""

    def feeds(self) -> tuple[FeedView, ...]:
        """Return the feeds of the settings, in their order."""
        ...


class FeedPages:
    """Fulfils `FeedBoard`.

    Parameters
    ----------
    paces : sequence of (str, float)
        Name and pace [s] of each feed of the settings.
    book : FeedStateBook
        Port.
    """

    def __init__(self, paces: Sequence[tuple[str, float]], book: FeedStateBook) -> None:
        self._paces = tuple(paces)
        self._book = book

    def feeds(self) -> tuple[FeedView, ...]:
        """Return the feeds of the settings, in their order."""
        known = {state.name: state for state in self._book.states()} if self._paces else {}
        return tuple(FeedView(name, every_s, known.get(name)) for name, every_s in self._paces)


class FeedReporter:
    """Lets the feeds be looked at, and tells how they are whenever that changes.

    Parameters
    ----------
    keeper : WatchedFeeds
        Looks at them.
    book : FeedStateBook
        Port.
    """

    def __init__(self, keeper: WatchedFeeds, book: FeedStateBook) -> None:
        self._keeper = keeper
        self._book = book
        self._told: tuple[FeedState, ...] = keeper.states

    def step(self) -> int:
        """Go on; return how many looks were done."""
        done = self._keeper.step()
        states = self._keeper.states
        if states != self._told:
            self._tell([now for now, then in zip(states, self._told, strict=True) if now != then])
            self._told = states
        return done

    def _tell(self, states: Sequence[FeedState]) -> None:
        """Store what changed; what a feed gave before a restart is not forgotten by its first failure after it."""
        before = {state.name: state.last_success_at for state in self._book.states()}
        self._book.put(
            [
                replace(state, last_success_at=before.get(state.name)) if state.last_success_at is None else state
                for state in states
            ]
        )
