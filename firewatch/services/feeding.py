"""The feeds are looked at, each at its own pace, and what they give is checked, kept and turned into noon readings.

Each look runs aside: a feed that is slow or broken holds up no other. Whatever is wrong is told in the log once, when
it changes, not at each look. Hours are kept as their source gave them, with their doubts; noon readings go into the
store as those of MQTT do, the same reading once, and none over one that is trusted more (`noon_desk`). Readings of
instants to come are left out and told: a logger with a wrong clock must not end the series of its station.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from firewatch.danger.quality import check_noon
from firewatch.services.feed_looks import FeedLooks, FeedState, PacedLook
from firewatch.services.noon_desk import NoonDesk
from firewatch.services.noons import NoonMaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor
    from datetime import datetime

    from firewatch.danger.noon import NoonRules
    from firewatch.danger.quality import QualityLimits
    from firewatch.domain.ids import StationId
    from firewatch.domain.sites import Station
    from firewatch.domain.weather import Forecast
    from firewatch.services.ports import Clock, IntakeWriter
    from firewatch.services.weather_ports import Fetched, ForecastBook, HourBook, ReadingBook, WeatherFeed

__all__ = ["FeedBooks", "FeedKeeper", "FeedRules", "FeedState", "PacedFeed", "too_early"]

# So far ahead of this clock that of a station may be; a reading of a later instant has a wrong clock or offset.
_MOST_AHEAD = timedelta(hours=1)


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
        self._books = books
        self._rules = rules
        names = [paced.feed.name for paced in feeds]
        self._noons = NoonMaker(books.hours, names, rules.limits, rules.noon)
        givers = [paced.feed.name for paced in feeds if paced.gives_noons]
        self._desk = NoonDesk(books.readings, books.writer, names, givers)
        self._clock = clock
        looks = [PacedLook(one.feed.name, one.every_s, partial(one.feed.fetch, one.stations)) for one in feeds]
        self._looks = FeedLooks(looks, self._keep, clock, executor, monotonic)

    @property
    def states(self) -> tuple[FeedState, ...]:
        """How each feed is, in their order."""
        return self._looks.states

    def step(self) -> int:
        """Keep what looks gave that are done, begin those that are due; return how many looks were done."""
        return self._looks.step()

    def _keep(self, name: str, fetched: Fetched, asked_at: datetime) -> tuple[str, ...]:
        now = self._clock.now()
        self._books.forecasts.put(self._issued(fetched.forecasts, asked_at))
        hours = [one for one in fetched.hours if one.at <= now + _MOST_AHEAD]
        observations = [one for one in fetched.observations if one.observed_at <= now + _MOST_AHEAD]
        made = self._noons.keep(name, hours, now)
        own = check_noon(observations, self._rules.limits)
        self._desk.write([*own, *made.observations], now)
        self._noons.settle()
        return (*fetched.problems, *made.problems, *too_early(fetched, now))

    def _issued(self, given: Sequence[Forecast], asked_at: datetime) -> list[Forecast]:
        """Return the forecasts with the instant at which their source first gave them so.

        A source that does not say when it computed gives a forecast issued now at each look. It would never grow old,
        and each look would be news to all that follows, unless the same days keep their instant.
        """
        issued = []
        for forecast in given:
            known = self._books.forecasts.latest(forecast.station_id) if forecast.issued_at == asked_at else ()
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
