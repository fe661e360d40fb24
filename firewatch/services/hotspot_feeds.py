"""The feeds of hotspots are looked at, each at its own pace, and what they give is stored once."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.hotspot import KeptHotspot
from firewatch.errors import FeedError
from firewatch.services.feeding import FeedState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor, Future

    from firewatch.services.hotspots import HotspotBook
    from firewatch.services.ports import Clock
    from firewatch.services.weather_ports import HotspotFeed, Spotted

__all__ = ["HotspotKeeper", "PacedHotspots"]

logger = logging.getLogger(__name__)

# After a failure the next look comes no later than this [s].
_SOON_S = 300.0
# So far ahead of this clock that of a source may be.
_MOST_AHEAD = timedelta(hours=1)
_LONGEST_TOLD = 10


@dataclass(frozen=True, slots=True)
class PacedHotspots:
    """A feed of hotspots, and from one look to the next [s]."""

    feed: HotspotFeed
    every_s: float


@dataclass(slots=True)
class _Running:
    paced: PacedHotspots
    state: FeedState
    due_at_s: float = 0.0
    look: Future[Spotted] | None = None


class HotspotKeeper:
    """Looks at feeds of hotspots and keeps what they give (`firewatch.services.feed_states.WatchedFeeds`).

    Parameters
    ----------
    feeds : sequence of PacedHotspots
        Each is looked at aside: one that is slow holds up no other.
    book : HotspotBook
        Port.
    clock : Clock
        For instants.
    executor : Executor
        Runs the looks.
    monotonic : callable
        For paces [s].
    """

    def __init__(
        self,
        feeds: Sequence[PacedHotspots],
        book: HotspotBook,
        clock: Clock,
        executor: Executor,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._running = [_Running(paced, FeedState(paced.feed.name)) for paced in feeds]
        self._book = book
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
                running.look = self._executor.submit(running.paced.feed.fetch, self._clock.now())
        return len(done)

    def _finish(self, running: _Running) -> None:
        look, running.look = running.look, None
        every_s = running.paced.every_s
        running.due_at_s = self._monotonic() + min(every_s, _SOON_S)
        if look is None:
            return
        try:
            spotted = look.result()
        except FeedError as err:
            if not err.retryable:
                running.due_at_s = self._monotonic() + every_s
            self._fail(running, err.why)
            return
        except Exception as err:
            # A source may send what nobody thought of: the other feeds, and this one later, go on.
            logger.exception("feed.broken", extra={"feed": running.state.name})
            self._fail(running, f"{type(err).__name__}: {err}")
            return
        problems = spotted.problems + self._keep(running.state.name, spotted)
        running.due_at_s = self._monotonic() + every_s
        self._succeed(running, problems)

    def _keep(self, name: str, spotted: Spotted) -> tuple[str, ...]:
        now = self._clock.now()
        timely = [one for one in spotted.hotspots if one.at <= now + _MOST_AHEAD]
        new = self._book.put([KeptHotspot(one, name, now) for one in timely])
        if new:
            logger.info("hotspots.new", extra={"feed": name, "count": new})
        ahead = len(spotted.hotspots) - len(timely)
        return (f"{ahead} hotspots of instants to come are left out; is this clock right?",) if ahead else ()

    def _fail(self, running: _Running, why: str) -> None:
        if why != running.state.failure:
            logger.warning("feed.failed", extra={"feed": running.state.name, "why": why})
        running.state = replace(running.state, failure=why)

    def _succeed(self, running: _Running, problems: tuple[str, ...]) -> None:
        news = [problem for problem in dict.fromkeys(problems) if problem not in running.state.problems]
        if news:
            extra = {"feed": running.state.name, "count": len(news), "problems": news[:_LONGEST_TOLD]}
            logger.warning("feed.problems", extra=extra)
        running.state = FeedState(running.state.name, self._clock.now(), "", problems)
