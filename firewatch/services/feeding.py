"""The feeds are looked at, each at its own pace, and what they give is checked, kept and turned into noon readings.

Each look runs aside: a feed that is slow or broken holds up no other. Whatever is wrong is told in the log once, when
it changes, not at each look. Hours are kept as their source gave them, with their doubts; noon readings go into the
store as those of MQTT do, the same reading once, and none over one that is trusted more (`noon_desk`). Readings of
instants to come are left out and told: a logger with a wrong clock must not end the series of its station.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.danger.quality import check_noon
from firewatch.errors import FeedError
from firewatch.services.noon_desk import NoonDesk
from firewatch.services.noons import NoonMaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor, Future
    from datetime import datetime

    from firewatch.danger.noon import NoonRules
    from firewatch.danger.quality import QualityLimits
    from firewatch.domain.ids import StationId
    from firewatch.domain.sites import Station
    from firewatch.domain.weather import Forecast
    from firewatch.services.ports import Clock, IntakeWriter
    from firewatch.services.weather_ports import Fetched, ForecastBook, HourBook, ReadingBook, WeatherFeed

__all__ = ["FeedBooks", "FeedKeeper", "FeedRules", "FeedState", "PacedFeed", "too_early"]

logger = logging.getLogger(__name__)

# After a failure the next look comes no later than this [s].
_SOON_S = 300.0
# So far ahead of this clock that of a station may be; a reading of a later instant has a wrong clock or offset.
_MOST_AHEAD = timedelta(hours=1)
_LONGEST_TOLD = 10
# A look that takes longer is told; it is waited for, for its thread cannot be ended [s].
_HANGS_S = 900.0


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
    gives_noons : bool
        Whether it gives noon readings itself, and no hours.
    """

    feed: WeatherFeed
    every_s: float
    stations: tuple[Station, ...]
    gives_noons: bool = False


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
    asked_at: datetime | None = None
    asked_at_s: float = 0.0
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
        names = [paced.feed.name for paced in feeds]
        self._noons = NoonMaker(books.hours, names, rules.limits, rules.noon)
        givers = [paced.feed.name for paced in feeds if paced.gives_noons]
        self._desk = NoonDesk(books.readings, books.writer, names, givers)
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
                paced = running.paced
                running.asked_at, running.asked_at_s = self._clock.now(), self._monotonic()
                running.look = self._executor.submit(paced.feed.fetch, paced.stations, running.asked_at)
            elif running.look is not None and self._monotonic() > running.asked_at_s + _HANGS_S:
                self._fail(running, f"no answer for {_HANGS_S / 60.0:.0f} minutes; it is waited for")
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
        self._books.forecasts.put(self._issued(running, fetched.forecasts))
        hours = [one for one in fetched.hours if one.at <= now + _MOST_AHEAD]
        observations = [one for one in fetched.observations if one.observed_at <= now + _MOST_AHEAD]
        made = self._noons.keep(running.state.name, hours, now)
        own = check_noon(observations, self._rules.limits)
        self._desk.write([*own, *made.observations], now)
        self._noons.settle()
        return (*made.problems, *too_early(fetched, now))

    def _issued(self, running: _Running, given: Sequence[Forecast]) -> list[Forecast]:
        """Return the forecasts with the instant at which their source first gave them so.

        A source that does not say when it computed gives a forecast issued now at each look. It would never grow old,
        and each look would be news to all that follows, unless the same days keep their instant.
        """
        issued = []
        for forecast in given:
            known = self._books.forecasts.latest(forecast.station_id) if forecast.issued_at == running.asked_at else ()
            before = next((one for one in known if one.source == forecast.source), None)
            same = before is not None and before.issued_at < forecast.issued_at and _is_same_run(before, forecast)
            issued.append(replace(forecast, issued_at=before.issued_at) if before is not None and same else forecast)
        return issued


def _is_same_run(before: Forecast, after: Forecast) -> bool:
    """Return whether two forecasts say the same about all days that both have."""
    days = {day.observed_at: day for day in before.days}
    common = [day for day in after.days if day.observed_at in days]
    return bool(common) and all(days[day.observed_at] == day for day in common)


def too_early(fetched: Fetched, now: datetime) -> Iterator[str]:
    """Tell of each station how many readings are of instants to come; they are left out."""
    ahead: dict[StationId, list[datetime]] = {}
    instants = [(one.station_id, one.at) for one in fetched.hours]
    instants += [(one.station_id, one.observed_at) for one in fetched.observations]
    for station_id, at in instants:
        if at > now + _MOST_AHEAD:
            ahead.setdefault(station_id, []).append(at)
    for station_id, ats in sorted(ahead.items()):
        yield (
            f"station {station_id}: {len(ats)} readings of instants to come are left out, the last of "
            f"{max(ats):%Y-%m-%d %H:%M}Z; are its clock and its offset from UTC right?"
        )
