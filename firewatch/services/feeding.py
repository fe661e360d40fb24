"""The feeds are looked at, each at its own pace, and what they give is checked, kept and turned into noon readings.

Each look runs aside: a feed that is slow or broken holds up no other. Whatever is wrong is told in the log once, when
it changes, not at each look. Hours are kept as their source gave them, with their doubts; noon readings go into the
store as those of MQTT do, under an id made of their content, so that the same reading is stored once. A noon reading
that the station itself sent is never replaced by one made here.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from firewatch.danger.quality import check_noon
from firewatch.errors import FeedError
from firewatch.services.arrivals import ObservationArrived
from firewatch.services.noons import NoonMaker, reading_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor, Future
    from datetime import datetime

    from firewatch.danger.noon import NoonRules
    from firewatch.danger.quality import QualityLimits
    from firewatch.domain.sites import Station
    from firewatch.domain.weather import Observation
    from firewatch.services.ports import Clock, IntakeWriter
    from firewatch.services.weather_ports import Fetched, ForecastBook, HourBook, ReadingBook, WeatherFeed

__all__ = ["FeedBooks", "FeedKeeper", "FeedRules", "FeedState", "PacedFeed"]

logger = logging.getLogger(__name__)

# After a failure the next look comes no later than this [s].
_SOON_S = 300.0
_MOST_REMEMBERED = 10_000
_LONGEST_TOLD = 10


@dataclass(frozen=True, slots=True)
class PacedFeed:
    """A feed and its pace.

    Parameters
    ----------
    feed : WeatherFeed
        Asked about `stations`.
    every_s : float
        From one look to the next [s].
    stations : tuple of Station
        Those that it is for.
    """

    feed: WeatherFeed
    every_s: float
    stations: tuple[Station, ...]


@dataclass(frozen=True, slots=True)
class FeedBooks:
    """Where what is fetched goes."""

    hours: HourBook
    forecasts: ForecastBook
    readings: ReadingBook
    writer: IntakeWriter


@dataclass(frozen=True, slots=True)
class FeedRules:
    """How hours are judged, and noon readings made of them."""

    limits: QualityLimits
    noon: NoonRules


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
        What of the last look could not be read, or made no noon reading.
    """

    name: str
    last_success_at: datetime | None = None
    failure: str = ""
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Running:
    """A feed with what is known of it."""

    paced: PacedFeed
    state: FeedState
    due_at_s: float = 0.0
    look: Future[Fetched] | None = None
    told: frozenset[str] = field(default_factory=frozenset)


class FeedKeeper:
    """Looks at the feeds and keeps what they give.

    Parameters
    ----------
    feeds : sequence of PacedFeed
        In the order in which their sources are trusted.
    books : FeedBooks
        Ports.
    rules : FeedRules
        Of quality control and of noon.
    clock : Clock
        For instants.
    executor : Executor
        Runs the looks.
    monotonic : callable
        For paces [s].
    """

    def __init__(
        self,
        feeds: Sequence[PacedFeed],
        books: FeedBooks,
        rules: FeedRules,
        clock: Clock,
        executor: Executor,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._running = [_Running(paced, FeedState(paced.feed.name)) for paced in feeds]
        self._books = books
        self._rules = rules
        self._noons = NoonMaker(books.hours, [paced.feed.name for paced in feeds], rules.limits, rules.noon)
        self._clock = clock
        self._executor = executor
        self._monotonic = monotonic
        self._written: dict[str, None] = {}

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
                paced = running.paced
                running.look = self._executor.submit(paced.feed.fetch, paced.stations, self._clock.now())
        return len(done)

    def _finish(self, running: _Running) -> None:
        look, running.look = running.look, None
        running.due_at_s = self._monotonic() + min(running.paced.every_s, _SOON_S)
        if look is None:
            return
        try:
            fetched = look.result()
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
        problems = fetched.problems + self._keep(running, fetched)
        running.due_at_s = self._monotonic() + running.paced.every_s
        self._succeed(running, problems)

    def _fail(self, running: _Running, why: str) -> None:
        if why != running.state.failure:
            logger.warning("feed.failed", extra={"feed": running.state.name, "why": why})
        running.state = replace(running.state, failure=why)

    def _succeed(self, running: _Running, problems: tuple[str, ...]) -> None:
        name = running.state.name
        if running.state.failure or running.state.last_success_at is None:
            logger.info("feed.works", extra={"feed": name})
        news = [problem for problem in dict.fromkeys(problems) if problem not in running.told]
        if news:
            extra = {"feed": name, "count": len(news), "problems": news[:_LONGEST_TOLD]}
            logger.warning("feed.problems", extra=extra)
        running.told = frozenset(problems)
        running.state = FeedState(name, self._clock.now(), "", problems)

    def _keep(self, running: _Running, fetched: Fetched) -> tuple[str, ...]:
        now = self._clock.now()
        self._books.forecasts.put(fetched.forecasts)
        made = self._noons.keep(running.state.name, fetched.hours, now)
        own = check_noon(fetched.observations, self._rules.limits)
        self._write([*own, *made.observations], now)
        return made.problems

    def _write(self, observations: Sequence[Observation], now: datetime) -> None:
        items = []
        for observation in observations:
            message_id = reading_id(observation)
            if message_id in self._written or self._is_the_stations_own(observation):
                continue
            items.append(ObservationArrived(message_id, replace(observation, received_at=now), now))
        if items:
            self._books.writer.write(items)
        self._written |= dict.fromkeys(item.message_id for item in items)
        while len(self._written) > _MOST_REMEMBERED:
            self._written.pop(next(iter(self._written)))

    def _is_the_stations_own(self, observation: Observation) -> bool:
        known = self._books.readings.observation_at(observation.station_id, observation.observed_at)
        return known is not None and known.source == "mqtt"
