"""The feeds of hotspots are looked at, each at its own pace, and what they give is stored once."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.hotspot import KeptHotspot
from firewatch.services.feed_looks import FeedLooks, FeedState, PacedLook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor
    from datetime import datetime

    from firewatch.services.hotspots import HotspotBook
    from firewatch.services.ports import Clock
    from firewatch.services.weather_ports import HotspotFeed, Spotted

__all__ = ["HotspotKeeper", "PacedHotspots"]

logger = logging.getLogger(__name__)

# So far ahead of this clock that of a source may be.
_MOST_AHEAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PacedHotspots:
    """A feed of hotspots, and from one look to the next [s]."""

    feed: HotspotFeed
    every_s: float


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
        self._book = book
        self._clock = clock
        looks = [PacedLook(one.feed.name, one.every_s, one.feed.fetch) for one in feeds]
        self._looks = FeedLooks(looks, self._keep, clock, executor, monotonic)

    @property
    def states(self) -> tuple[FeedState, ...]:
        """How each feed is, in their order."""
        return self._looks.states

    def step(self) -> int:
        """Keep what looks gave that are done, begin those that are due; return how many looks were done."""
        return self._looks.step()

    def _keep(self, name: str, spotted: Spotted, _asked_at: datetime) -> tuple[str, ...]:
        now = self._clock.now()
        timely = [one for one in spotted.hotspots if one.at <= now + _MOST_AHEAD]
        new = self._book.put([KeptHotspot(one, name, now) for one in timely])
        if new:
            logger.info("hotspots.new", extra={"feed": name, "count": new})
        ahead = len(spotted.hotspots) - len(timely)
        told = (f"{ahead} hotspots of instants to come are left out; is this clock right?",) if ahead else ()
        return (*spotted.problems, *told)
