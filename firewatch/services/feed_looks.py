"""Feeds are looked at, each at its own pace and aside: one that is slow or broken holds up no other."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from firewatch.errors import FeedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor, Future
    from datetime import datetime

    from firewatch.services.ports import Clock

__all__ = ["FeedLooks", "FeedState", "PacedLook"]

logger = logging.getLogger(__name__)

Given = TypeVar("Given")

# After a failure the next look comes no later than this [s].
_SOON_S = 300.0
_LONGEST_TOLD = 10
# A look that takes longer is told; it is waited for, for its thread cannot be ended [s].
_HANGS_S = 900.0


@dataclass(frozen=True, slots=True)
class FeedState:
    """How a feed is.

    Parameters
    ----------
    name : str
        Of the feed.
    last_success_at : datetime or None
        UTC instant of the last look that gave something.
    failure : str
        Why the last look gave nothing; empty where it gave something.
    problems : tuple of str
        What of the last look could not be read or kept, or made no noon reading.
    """

    name: str
    last_success_at: datetime | None = None
    failure: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PacedLook(Generic[Given]):
    """How a feed is looked at.

    Parameters
    ----------
    name : str
        Of the feed.
    every_s : float
        From one look to the next [s].
    fetch : callable
        Takes the instant of asking; raises `FeedError` where it gets nothing.
    """

    name: str
    every_s: float
    fetch: Callable[[datetime], Given]


@dataclass(slots=True)
class _Running(Generic[Given]):
    """A feed with what is known of it."""

    paced: PacedLook[Given]
    state: FeedState
    due_at_s: float = 0.0
    look: Future[Given] | None = None
    asked_at: datetime | None = None
    asked_at_s: float = 0.0
    told: frozenset[str] = field(default_factory=frozenset)


class FeedLooks(Generic[Given]):
    """Looks at feeds and hands on what they give. Whatever is wrong is told in the log once, when it changes.

    Parameters
    ----------
    paced : sequence of PacedLook
        The feeds.
    keep : callable
        Takes a feed's name, what it gave and when it was asked; stores it and returns what was wrong with it.
    clock : Clock
        For instants.
    executor : Executor
        Runs the looks.
    monotonic : callable
        For paces [s].
    """

    def __init__(
        self,
        paced: Sequence[PacedLook[Given]],
        keep: Callable[[str, Given, datetime], tuple[str, ...]],
        clock: Clock,
        executor: Executor,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._running = [_Running(one, FeedState(one.name)) for one in paced]
        self._keep = keep
        self._clock = clock
        self._executor = executor
        self._monotonic = monotonic

    @property
    def states(self) -> tuple[FeedState, ...]:
        """How each feed is, in their order."""
        return tuple(running.state for running in self._running)

    def step(self) -> int:
        """Keep what looks gave that are done, begin those that are due; return how many looks were done."""
        done = [running for running in self._running if running.look is not None and running.look.done()]
        for running in done:
            self._finish(running)
        for running in self._running:
            if running.look is None and self._monotonic() >= running.due_at_s:
                running.asked_at, running.asked_at_s = self._clock.now(), self._monotonic()
                running.look = self._executor.submit(running.paced.fetch, running.asked_at)
            elif running.look is not None and self._monotonic() > running.asked_at_s + _HANGS_S:
                self._fail(running, f"no answer for {_HANGS_S / 60.0:.0f} minutes; it is waited for")
        return len(done)

    def _finish(self, running: _Running[Given]) -> None:
        look, running.look = running.look, None
        running.due_at_s = self._monotonic() + min(running.paced.every_s, _SOON_S)
        if look is None or running.asked_at is None:
            return
        try:
            given = look.result()
        except FeedError as err:
            if not err.retryable:
                running.due_at_s = self._monotonic() + running.paced.every_s
            self._fail(running, err.why)
            return
        except Exception as err:
            # A source may send what nobody thought of: the other feeds, and this one later, go on.
            logger.exception("feed.broken", extra={"feed": running.state.name})
            self._fail(running, f"{type(err).__name__}: {err}")
            return
        # A store that fails is the duty's error; the look is then repeated soon.
        problems = self._keep(running.state.name, given, running.asked_at)
        running.due_at_s = self._monotonic() + running.paced.every_s
        self._succeed(running, problems)

    def _fail(self, running: _Running[Given], why: str) -> None:
        if why != running.state.failure:
            logger.warning("feed.failed", extra={"feed": running.state.name, "why": why})
        running.state = replace(running.state, failure=why)

    def _succeed(self, running: _Running[Given], problems: tuple[str, ...]) -> None:
        name = running.state.name
        if running.state.failure or running.state.last_success_at is None:
            logger.info("feed.works", extra={"feed": name})
        news = [problem for problem in dict.fromkeys(problems) if problem not in running.told]
        if news:
            extra = {"feed": name, "count": len(news), "problems": news[:_LONGEST_TOLD]}
            logger.warning("feed.problems", extra=extra)
        running.told = frozenset(problems)
        running.state = FeedState(name, self._clock.now(), "", problems)
