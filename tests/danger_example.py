"""Danger around the example sites, rated by the real rules from a made record: what the danger pages are tested with.

Hengshan has a full record and a forecast, with one estimated day and a doubted reading; Hengdong is drier. Hengnan
lacks the day's extremes, so it has codes and no grade; Xidu has nothing, and Changning has no station.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from firewatch.adapters.danger_tables import load_danger_table
from firewatch.danger.rating import DangerRules
from firewatch.danger.series import GapPolicy, SeriesRules
from firewatch.domain.ids import StationId
from firewatch.domain.weather import Doubt, DoubtKind, Forecast, Observation
from firewatch.services.danger_board import DangerPages, RatedBooks
from firewatch.services.ports import ObservationArrived
from firewatch.services.rating import DangerBooks, RatingKeeper
from firewatch.testing import (
    MemoryArrivals,
    MemoryForecastBook,
    MemoryOutlookBook,
    MemoryRatingBook,
    a_message_id,
    example_sites,
)

if TYPE_CHECKING:
    from firewatch.domain.sites import SiteMap
    from firewatch.services.ports import Clock

__all__ = ["FEED", "RULES", "ExampleDanger"]

FEED = "open-meteo"
RULES = DangerRules.of(load_danger_table("ly_t_1172_1995"), SeriesRules(gap_policy=GapPolicy.LAST_READING_DRY))
_RECORD_DAYS = 70
_DRY_DAYS = 11
_ESTIMATED, _DOUBTED = 4, 1
_DAY = timedelta(days=1)
DOUBT = Doubt("rh_pct", DoubtKind.STUCK, "31 % for 14 hours; at most 6")


@dataclass
class ExampleDanger:
    """Books with a record, rated; `pages` reads them.

    Parameters
    ----------
    clock : Clock
        Today.
    noon_has_come : bool
        Whether today's noon reading is in; by the clock where not said.
    sites : SiteMap
        Where the stations are.
    rules : DangerRules
        What they are rated by.
    """

    clock: Clock
    noon_has_come: bool | None = None
    sites: SiteMap = field(default_factory=example_sites)
    rules: DangerRules = RULES

    def __post_init__(self) -> None:
        self.weather = MemoryArrivals()
        self.forecasts = MemoryForecastBook()
        self.ratings = MemoryRatingBook()
        self.outlooks = MemoryOutlookBook()
        books = DangerBooks(self.weather, self.forecasts, self.ratings, self.outlooks)
        self.keeper = RatingKeeper(books, self.sites, self.rules, self.clock)
        read = RatedBooks(self.ratings, self.outlooks, self.weather, self.forecasts, self.ratings)
        self.pages = DangerPages(self.sites, read, self.rules)
        self._sent = 0
        local = self.clock.now() + timedelta(hours=8)
        self.today = local.replace(hour=4, minute=0, second=0, microsecond=0)
        if self.noon_has_come is None:
            self.noon_has_come = self.clock.now() >= self.today
        for station, warmer_c in (("hengshan", 0.0), ("hengdong", 6.0)):
            self.report(station, warmer_c)
            self.forecast(station, warmer_c)
        self.report("hengnan", 2.0, has_extremes=False)
        self.keeper.step()

    def reading(self, station: str, ago: int, warmer_c: float) -> Observation:
        """Return the reading of so many days ago (a forecast's where negative)."""
        rains = (ago > _DRY_DAYS and ago % 4 == 0) or ago == -3
        temp_c = (17.0 if rains else 24.0) + warmer_c + ago % 3
        rh_pct = 85.0 if rains else 42.0 - warmer_c + ago % 5
        noon = self.today - ago * _DAY
        day = Observation(StationId(station), noon, temp_c, rh_pct, 12.0 + warmer_c, 9.5 if rains else 0.0)
        return replace(day, max_temp_c=temp_c + 3, min_rh_pct=rh_pct - 6, max_wind_ms=5.0 + warmer_c / 2)

    def report(self, station: str, warmer_c: float, *, has_extremes: bool = True) -> None:
        """Let a station report its record."""
        for ago in range(_RECORD_DAYS, -1 if self.noon_has_come else 0, -1):
            if station == "hengshan" and ago == _ESTIMATED:
                continue
            reading = self.reading(station, ago, warmer_c)
            if station == "hengshan" and ago == _DOUBTED:
                reading = replace(reading, doubts=(DOUBT,), source=FEED)
            if not has_extremes:
                reading = replace(reading, max_temp_c=None, min_rh_pct=None)
            self.send(reading)

    def send(self, reading: Observation) -> None:
        """Let one reading arrive."""
        self._sent += 1
        self.weather.write([ObservationArrived(a_message_id(self._sent), reading, reading.observed_at)])

    def forecast(self, station: str, warmer_c: float, *, issued_at: datetime | None = None) -> None:
        """Let a forecast of today and six days arrive."""
        days = tuple(replace(self.reading(station, -ahead, warmer_c), source=FEED) for ahead in range(7))
        issued = issued_at or self.clock.now() - timedelta(hours=5)
        self.forecasts.put([Forecast(StationId(station), FEED, issued, days)])
