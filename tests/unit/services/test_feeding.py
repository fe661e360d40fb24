"""Each feed is looked at at its pace; what it gives is checked, kept, and stored once; none holds up another."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from feed_answers import NOON, NOW, station

from firewatch.danger.noon import NoonRules
from firewatch.danger.quality import QualityLimits
from firewatch.domain.ids import MessageId, StationId, make_ulid
from firewatch.domain.weather import DoubtKind, Forecast, HourlyReading, Observation
from firewatch.errors import FeedError, StoreError
from firewatch.services.feeding import FeedBooks, FeedKeeper, FeedRules, PacedFeed
from firewatch.services.forecasting import ForecastRun, forecast_of
from firewatch.services.noon_desk import reading_id
from firewatch.services.ports import ObservationArrived
from firewatch.services.weather_ports import Fetched
from firewatch.testing import FrozenClock, MemoryArrivals, MemoryForecastBook, MemoryHourBook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.sites import Station

HENGYANG = StationId("hengyang")


class FeedFake:
    """Gives what it is told to."""

    def __init__(self, name: str, *answers: Fetched | Exception) -> None:
        self.name = name
        self.asked: list[tuple[tuple[Station, ...], datetime]] = []
        self.answers = list(answers)

    def fetch(self, stations: Sequence[Station], now: datetime) -> Fetched:
        self.asked.append((tuple(stations), now))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class AtOnce(Executor):
    """Runs what it is given before it returns; `held` keeps some undone."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.undone: list[tuple[Future[Any], Any, tuple[Any, ...]]] = []

    def release(self) -> None:
        """Do what was held."""
        self.held = set()
        for future, fn, args in self.undone:
            future.set_result(fn(*args))

    def submit(self, fn: Any, /, *args: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if fn.func.__self__.name in self.held:  # a look is bound to the stations that it is for
            self.undone.append((future, fn, args))
            return future
        try:
            future.set_result(fn(*args))
        except Exception as err:  # noqa: BLE001 - as an executor does
            future.set_exception(err)
        return future


@dataclass
class Desk:
    feeds: list[PacedFeed]
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(NOW))
    hours: MemoryHourBook = field(default_factory=MemoryHourBook)
    forecasts: MemoryForecastBook = field(default_factory=MemoryForecastBook)
    arrivals: MemoryArrivals = field(default_factory=MemoryArrivals)
    executor: AtOnce = field(default_factory=AtOnce)
    passed_s: float = 0.0

    def __post_init__(self) -> None:
        self.keeper = self.new_keeper()

    def new_keeper(self) -> FeedKeeper:
        books = FeedBooks(self.hours, self.forecasts, self.arrivals, self.arrivals)
        rules = FeedRules(QualityLimits(), NoonRules())
        return FeedKeeper(self.feeds, books, rules, self.clock, self.executor, lambda: self.passed_s)

    def look(self, after_s: float = 0.0) -> None:
        self.passed_s += after_s
        self.keeper.step()
        self.keeper.step()

    @property
    def readings(self) -> tuple[Observation, ...]:
        return self.arrivals.observations(HENGYANG)


def desk(*feeds: FeedFake, every_s: float = 600.0) -> Desk:
    return Desk([PacedFeed(feed, every_s, (station(),)) for feed in feeds])


def hours(first: int = -36, last: int = 2, source: str = "own", **figures: float | None) -> tuple[HourlyReading, ...]:
    """Return the hours from `first` to `last`, counted from noon of today."""
    return tuple(
        HourlyReading(
            HENGYANG,
            NOON + timedelta(hours=n),
            source,
            **({"temp_c": 20.0 + n % 5, "rh_pct": 40.0 + n % 7, "wind_kmh": 9.0 + n % 3, "rain_mm": 0.0} | figures),
        )
        for n in range(first, last + 1)
    )


def test_hours_are_kept_and_make_the_noon_reading_once() -> None:
    feed = FeedFake("own", Fetched(hours=hours()))
    at = desk(feed)
    at.look()
    assert len(at.hours.hours(HENGYANG, NOON - timedelta(days=9), NOW)) == 39
    yesterday, today = at.readings
    assert (today.observed_at, today.temp_c, today.source, today.doubts) == (NOON, 20.0, "own", ())
    assert today.received_at == NOW
    assert yesterday.doubts[0].kind is DoubtKind.MISSING, "its rain is known only of some hours"
    at.look(601)
    at.keeper = at.new_keeper()
    at.look()
    assert (len(feed.asked), len(at.arrivals._readings)) == (3, 2)


def test_a_feed_is_asked_at_its_pace_about_its_stations() -> None:
    feed = FeedFake("own", Fetched())
    at = desk(feed)
    for after_s in (0, 599, 2, 599, 2):
        at.look(after_s)
    assert len(feed.asked) == 3
    assert feed.asked[0] == ((station(),), NOW)


def test_a_feed_that_hangs_or_breaks_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    hanging = FeedFake("hanging", Fetched())
    strange = FeedFake("strange", KeyError("a bug"))
    broken = FeedFake("broken", FeedError("broken", "answered 500 ''", retryable=True))
    at = desk(hanging, strange, broken, FeedFake("own", Fetched(hours=hours())))
    at.executor.held = {"hanging"}
    at.look()
    assert len(at.readings) == 2
    at.look(301)
    assert (len(hanging.asked), len(broken.asked), len(strange.asked)) == (0, 2, 2)
    at.look(601)
    at.look(601)
    states = {state.name: state for state in at.keeper.states}
    assert states["hanging"].failure == "no answer for 15 minutes; it is waited for"
    assert [record.__dict__["feed"] for record in caplog.records].count("hanging") == 1
    assert states["broken"].failure == "answered 500 ''"
    assert states["strange"].failure == "KeyError: 'a bug'"
    assert states["own"].last_success_at == NOW
    assert states["own"].failure == ""


def test_a_failure_and_its_end_are_told_once_each(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    failure = FeedError("own", "answered 503 ''", retryable=True)
    feed = FeedFake("own", failure, failure, failure, Fetched(problems=("row 7: no number",)))
    at = desk(feed)
    for _ in range(6):
        at.look(600)
    told = [record.message for record in caplog.records]
    assert told == ["feed.failed", "feed.works", "feed.problems"]
    assert at.keeper.states[0].problems == ("row 7: no number",)


def test_a_failure_is_looked_at_again_soon_unless_the_settings_are_at_fault() -> None:
    for retryable, looks in ((True, 2), (False, 1)):
        feed = FeedFake("own", FeedError("own", "no", retryable=retryable))
        at = desk(feed, every_s=3600.0)
        at.look()
        at.look(301)
        assert len(feed.asked) == looks


def test_what_a_full_store_refused_is_fetched_again_soon() -> None:
    at = desk(FeedFake("own", Fetched(hours=hours())), every_s=3600.0)
    at.arrivals.fails = True
    with pytest.raises(StoreError):
        at.look()
    at.arrivals.fails = False
    at.look(301)
    at.look()
    assert at.keeper.states[0].last_success_at == NOW
    assert [one.observed_at for one in at.readings] == [NOON - timedelta(days=1), NOON], "its noons, too"


def test_a_doubtful_hour_is_kept_and_cleared_when_the_next_confirms_it() -> None:
    jump = tuple(replace(one, temp_c=5.0) for one in hours(2, 2))
    feed = FeedFake("own", Fetched(hours=(*hours(-36, 1), *jump)))
    at = desk(feed)
    at.look()
    doubted = at.hours.hours(HENGYANG, NOON + timedelta(hours=2), NOW)[0]
    assert (doubted.temp_c, doubted.doubts[0].kind) == (5.0, DoubtKind.STEP)
    feed.answers = [Fetched(hours=tuple(replace(one, temp_c=5.5) for one in hours(3, 3)))]
    at.look(601)
    assert at.hours.hours(HENGYANG, NOON + timedelta(hours=2), NOW)[0].doubts == ()


def test_a_standstill_stays_doubted_when_it_lies_some_days_back() -> None:
    stuck = tuple(replace(one, temp_c=17.0) if one.at > NOON - timedelta(hours=20) else one for one in hours(-36, 0))
    at = desk(FeedFake("own", Fetched(hours=stuck)))
    at.look()
    for hour in range(1, 24 * 9):
        at.clock.advance(3600.0)
        at.feeds[0].feed.answers = [Fetched(hours=hours(hour, hour))]  # type: ignore[attr-defined]
        at.look(601)
    doubted = [one.at for one in at.hours.hours(HENGYANG, NOON - timedelta(hours=36), NOON) if one.doubts]
    assert doubted == [NOON - timedelta(hours=n) for n in reversed(range(20))]
    (noon,) = [one for one in at.readings if one.observed_at == NOON]
    assert noon.doubts[0].kind is DoubtKind.STUCK


def test_what_a_feed_gives_again_is_not_looked_at_again() -> None:
    book = CountingHours()
    feed = FeedFake("own", Fetched(hours=hours(-36, 0)))
    at = Desk([PacedFeed(feed, 600.0, (station(),))], hours=book)
    at.look()
    asked = book.count
    at.look(601)
    assert book.count == asked
    feed.answers = [Fetched(hours=hours(-36, 1))]
    at.look(601)
    assert book.count > asked
    assert len(book.hours(HENGYANG, NOON - timedelta(days=9), NOW)) == 38


class CountingHours(MemoryHourBook):
    """Counts how often it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def hours(self, station_id: StationId, since: datetime, until: datetime) -> tuple[HourlyReading, ...]:
        self.count += 1
        return super().hours(station_id, since, until)


def test_extremes_come_with_the_evening_as_a_later_reading_of_the_same_noon() -> None:
    feed = FeedFake("own", Fetched(hours=hours()))
    at = desk(feed)
    at.look()
    assert at.readings[-1].max_temp_c is None
    at.clock.advance(6 * 3600.0)
    feed.answers = [Fetched(hours=hours(3, 8))]
    at.look(601)
    assert at.readings[-1].observed_at == NOON
    assert at.readings[-1].max_temp_c == 24.0


def test_noon_waits_for_its_hour_for_a_while() -> None:
    feed = FeedFake("own", Fetched(hours=hours(-36, -1)))
    at = desk(feed)
    at.clock = FrozenClock(NOON + timedelta(minutes=5))
    at.keeper = at.new_keeper()
    at.look()
    assert [one.observed_at for one in at.readings] == [NOON - timedelta(days=1)]
    assert not any("2026-11-26" in problem for problem in at.keeper.states[0].problems)
    at.clock.advance(90 * 60.0)
    feed.answers = [Fetched(hours=(replace(hours(-1, -1)[0], temp_c=19.5),))]
    at.look(601)
    assert at.readings[-1].observed_at == NOON
    assert at.readings[-1].doubts[0].kind is DoubtKind.MISSING


def test_a_reading_that_the_station_sent_itself_is_not_replaced() -> None:
    own = Observation(HENGYANG, NOON, 25.0, 30.0, 12.0, 0.0)
    at = desk(FeedFake("model", Fetched(hours=hours(source="model"))))
    at.arrivals.write([ObservationArrived(MessageId(make_ulid(NOON, b"0" * 10)), own, NOON)])
    at.look()
    assert at.readings[-1].temp_c == 25.0


def test_noon_readings_of_a_feed_are_checked_and_stored_and_forecasts_kept() -> None:
    reading = Observation(HENGYANG, NOON, 25.0, 30.0, 12.0, 0.0, max_temp_c=20.0, source="noons")
    coming = Forecast(HENGYANG, "noons", NOW, (replace(reading, observed_at=NOON + timedelta(days=1)),))
    at = desk(FeedFake("noons", Fetched(observations=(reading,), forecasts=(coming,))))
    at.look()
    assert at.readings[0].doubts[0].kind is DoubtKind.INCONSISTENT
    assert at.forecasts.latest(HENGYANG) == (coming,)


def test_the_same_reading_has_the_same_id_and_a_corrected_one_another() -> None:
    reading = Observation(HENGYANG, NOON, 25.0, 30.0, 12.0, 0.0)
    assert reading_id(reading) == reading_id(replace(reading, received_at=NOW))
    assert reading_id(reading) != reading_id(replace(reading, rain_mm=0.1))


def test_a_correction_that_is_taken_back_counts() -> None:
    first, second = hours(), hours(temp_c=25.0)
    feed = FeedFake("own", Fetched(hours=first), Fetched(hours=second), Fetched(hours=first))
    at = desk(feed)
    temperatures = []
    for _ in range(4):
        at.look(601)
        at.clock.advance(601)
        temperatures.append(at.readings[-1].temp_c)
    assert temperatures == [20.0, 25.0, 20.0, 20.0]
    assert len([one for one in at.arrivals._readings.values() if one.observation.observed_at == NOON]) == 3


@pytest.mark.parametrize("first", ["noons", "model"])
@pytest.mark.parametrize("later", ["noons", "model"])
def test_a_measured_noon_and_one_of_a_model_s_hours_stand_in_the_order_of_trust(first: str, later: str) -> None:
    reading = Observation(HENGYANG, NOON, 25.0, 30.0, 12.0, 0.0, source="noons")
    noons = PacedFeed(FeedFake("noons", Fetched(observations=(reading,))), 600.0, (station(),), gives_noons=True)
    model = PacedFeed(FeedFake("model", Fetched(hours=hours(source="model"))), 600.0, (station(),))
    at = Desk([noons, model] if first == "noons" else [model, noons])
    at.executor.held = {later}
    at.look()
    at.executor.release()
    for _ in range(3):
        at.clock.advance(601)
        at.look(601)
    assert at.readings[-1].source == first


def test_a_corrected_noon_of_a_feed_replaces_the_former_one() -> None:
    reading = Observation(HENGYANG, NOON, 25.0, 30.0, 12.0, 0.0, source="noons")
    feed = FeedFake("noons", Fetched(observations=(reading,)), Fetched(observations=(replace(reading, rain_mm=4.0),)))
    at = Desk([PacedFeed(feed, 600.0, (station(),), gives_noons=True)])
    at.look()
    at.clock.advance(601)
    at.look(601)
    assert at.readings[-1].rain_mm == 4.0


def test_readings_of_instants_to_come_are_left_out_and_told() -> None:
    ahead = Observation(HENGYANG, NOON + timedelta(days=365), 25.0, 30.0, 12.0, 0.0, source="noons")
    at = desk(FeedFake("own", Fetched(hours=hours(30, 40), observations=(ahead,))))
    at.look()
    assert at.readings == ()
    assert at.hours.hours(HENGYANG, NOON, NOON + timedelta(days=3)) == ()
    assert at.keeper.states[0].problems == (
        (
            "station hengyang: 12 readings of instants to come are left out, the last of 2027-11-26 04:00Z; "
            "are its clock and its offset from UTC right?"
        ),
    )


def test_a_forecast_without_an_instant_of_issue_grows_old_while_it_stays_the_same() -> None:
    days = tuple(
        Observation(HENGYANG, NOON + timedelta(days=n), 25.0 + n, 30.0, 12.0, 0.0, source="model") for n in range(8)
    )
    feed = FeedFake("model", Fetched())
    at = desk(feed)
    marks = []
    for first, changed in ((0, 0.0), (0, 0.0), (1, 0.0), (1, 1.0)):
        coming = tuple(replace(day, temp_c=day.temp_c + changed) for day in days[first : first + 6])
        feed.answers = [Fetched(forecasts=(Forecast(HENGYANG, "model", at.clock.now(), coming),))]
        at.look(601)
        (latest,) = at.forecasts.latest(HENGYANG)
        assert latest.days == coming
        marks.append((latest.issued_at - NOW).total_seconds())
        at.clock.advance(3600.0)
    assert marks == [0.0, 0.0, 0.0, 3 * 3600.0]


def test_a_forecast_that_says_when_it_was_computed_keeps_that() -> None:
    days = (Observation(HENGYANG, NOON, 25.0, 30.0, 12.0, 0.0, source="model"),)
    issued = NOW - timedelta(hours=6)
    feed = FeedFake(
        "model", *(Fetched(forecasts=(Forecast(HENGYANG, "model", issued + timedelta(hours=n), days),)) for n in (0, 3))
    )
    at = desk(feed)
    at.look()
    at.look(601)
    assert at.forecasts.latest(HENGYANG)[0].issued_at == issued + timedelta(hours=3)


def test_a_forecast_is_of_days_in_an_unbroken_row() -> None:
    run = ForecastRun("model", NOW, NOW, NoonRules())
    coming = hours(-30, 130, source="model")
    (forecast,), problems = forecast_of(HENGYANG, coming, run)
    assert ([day.weather_day(timedelta(hours=8)) for day in forecast.days], problems) == (
        [date(2026, 11, 26) + timedelta(days=n) for n in range(6)],
        (),
    )
    broken = [one for one in coming if abs(one.at - NOON - timedelta(days=2)) > timedelta(hours=6)]
    (forecast,), _ = forecast_of(HENGYANG, broken, run)
    assert len(forecast.days) == 2
    nothing, problems = forecast_of(HENGYANG, [], run)
    assert nothing == ()
    assert problems[0].startswith("station hengyang: no forecast: station hengyang, 2026-11-26: no noon reading")
