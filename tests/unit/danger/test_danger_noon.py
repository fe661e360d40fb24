"""A noon reading made of hours says of each figure whether it is the plain one, and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.danger.noon import NoonReadings, NoonRules, missing_hours, noon_instant, noon_readings
from firewatch.danger.quality import check_hours
from firewatch.domain.ids import StationId
from firewatch.domain.weather import Doubt, DoubtKind, HourlyReading, Observation

STATION = StationId("hengyang")
DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def at(local_hour: float, source: str = "csv", **figures: float | None) -> HourlyReading:
    """Return the reading of an hour of the day, China standard time; below 0 of the day before."""
    usual: dict[str, float | None] = {
        "temp_c": 12.0 + 0.5 * local_hour,
        "rh_pct": 80.0 - local_hour,
        "wind_kmh": 10.0 + local_hour % 3,
        "rain_mm": 0.0,
    }
    return HourlyReading(STATION, NOON + timedelta(hours=local_hour - 12), source, **(usual | figures))


def a_day(until: int = 24, without: tuple[int, ...] = (), **figures: float | None) -> list[HourlyReading]:
    return [at(hour, **figures) for hour in range(-11, until) if hour not in without]


def made(hours: list[HourlyReading], sources: tuple[str, ...] = (), rules: NoonRules | None = None) -> NoonReadings:
    return noon_readings(STATION, check_hours(hours), [DAY], sources, rules)


def one(hours: list[HourlyReading], sources: tuple[str, ...] = ()) -> Observation:
    found = made(hours, sources)
    assert found.problems == ()
    (observation,) = found.observations
    return observation


def test_a_whole_day_gives_the_noon_figures_and_the_extremes_and_no_doubt() -> None:
    hours = a_day()
    hours[5] = at(-6, rain_mm=2.5)
    found = one(hours)
    assert found == Observation(
        STATION, NOON, 18.0, 68.0, 10.0, 2.5, max_temp_c=23.5, min_rh_pct=57.0, max_wind_ms=12.0 / 3.6, source="csv"
    )
    assert found.weather_day(timedelta(hours=8)) == DAY


def test_rain_counts_from_the_hour_after_yesterdays_noon_to_noon() -> None:
    hours = [at(-12, rain_mm=10.0), *a_day(), at(13, rain_mm=99.0)]
    hours[1] = at(-11, rain_mm=1.0)
    hours[24] = at(12, rain_mm=0.5)
    assert one(hours).rain_mm == pytest.approx(1.5)


def test_before_the_afternoon_is_over_there_are_no_extremes() -> None:
    assert one(a_day(until=17)).max_temp_c is None
    assert one(a_day(until=18)).max_temp_c == pytest.approx(20.5)
    assert one(a_day(without=(15, 16))).max_temp_c is None


def test_without_noon_the_line_between_its_neighbours_counts_and_says_so() -> None:
    found = one(a_day(without=(12,)))
    assert (found.temp_c, found.rh_pct) == (pytest.approx(18.0), pytest.approx(68.0))
    assert [doubt.field for doubt in found.doubts] == ["temp_c", "rh_pct", "wind_kmh", "rain_mm"]
    assert {doubt.kind for doubt in found.doubts} == {DoubtKind.MISSING}
    assert found.doubts[0].why == "no usable reading at 12:00; on the line from 17.5 at 11:00 to 18.5 deg C at 13:00"
    assert found.doubts[3].why == "rain of 1 of 24 hours is missing; the sum is of the others"


def test_a_doubtful_noon_is_replaced_by_the_line_and_tells_why() -> None:
    hours = a_day(without=(12,))
    hours.append(at(12, temp_c=45.0))
    found = one(hours)
    assert found.temp_c == pytest.approx(18.0)
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.STEP, DoubtKind.MISSING]


def test_without_a_line_the_reading_nearest_to_noon_counts() -> None:
    found = one(a_day(until=12))
    assert found.temp_c == pytest.approx(17.5)
    assert found.doubts[0].why == "no usable reading at 12:00; that of 11:00 is taken"


def test_a_reading_some_minutes_off_is_of_the_hour() -> None:
    late = [replace(hour, at=hour.at + timedelta(minutes=10)) for hour in a_day()]
    assert one(late).doubts == ()


def test_a_doubtful_reading_counts_where_there_is_no_other_and_an_impossible_one_never() -> None:
    stuck = one(a_day(wind_kmh=7.0))
    assert stuck.wind_kmh == 7.0
    assert [(doubt.field, doubt.kind.value) for doubt in stuck.doubts] == [("wind_kmh", "stuck")]
    found = made(a_day(rh_pct=130.0))
    assert found.observations == ()
    assert found.problems == ("station hengyang, 2026-03-02: no noon reading: no humidity near 12:00",)


def test_doubtful_rain_is_left_out_of_the_sum_and_told() -> None:
    hours = a_day()
    hours[8] = at(-3, rain_mm=20.0, rh_pct=12.0)
    hours[9] = at(-2, rain_mm=400.0)
    found = one(hours)
    assert found.rain_mm == 0.0
    (doubt,) = [doubt for doubt in found.doubts if doubt.field == "rain_mm"]
    assert doubt.kind is DoubtKind.RANGE
    assert doubt.why == "420 mm of 2 h are doubtful and not counted: 400 mm; 0 to 305 is possible"


def test_an_unchecked_impossible_rain_is_left_out_too() -> None:
    hours = [at(hour, rain_mm=9999.0 if hour == 0 else 0.0) for hour in range(-11, 24)]
    (found,) = noon_readings(STATION, hours, [DAY]).observations
    assert found.doubts[0].why == "9999 mm of 1 h are doubtful and not counted: impossible figures"


def test_without_rain_there_is_no_noon_reading() -> None:
    found = made(a_day(rain_mm=None))
    assert found.problems == (
        "station hengyang, 2026-03-02: no noon reading: rain of 0 of 24 hours known, at least 12 needed",
    )
    assert made([], rules=NoonRules(fewest_rain_hours=0)).problems[0].count("no ") == 4


def test_the_first_source_counts_and_another_fills_what_it_lacks() -> None:
    airport = [replace(at(hour, source="metar", rain_mm=None), temp_c=30.0 + 0.1 * hour) for hour in range(-11, 24)]
    mark = Doubt("source", DoubtKind.SOURCE, "computed by a weather model, not measured")
    model = [replace(at(hour, source="model", rain_mm=0.1), doubts=(mark,)) for hour in range(-11, 24)]
    hours = check_hours([*model, *airport])
    (found,) = noon_readings(STATION, [*hours], [DAY], ("metar", "model")).observations
    assert found.temp_c == pytest.approx(31.2)
    assert found.source == "metar+model"
    (other,) = noon_readings(STATION, [*hours], [DAY], ("model", "metar")).observations
    assert other.temp_c == pytest.approx(18.0)
    assert other.source == "model"
    assert other.doubts[0] == mark


def test_readings_of_another_station_are_left_aside() -> None:
    strangers = [replace(hour, station_id=StationId("leiyang")) for hour in a_day()]
    assert made(strangers).observations == ()


def test_missing_hours_are_told_by_their_instant() -> None:
    hours = a_day(without=(3, 4))
    first, last = NOON - timedelta(hours=23), NOON
    assert missing_hours(hours, first, last) == (NOON - timedelta(hours=9), NOON - timedelta(hours=8))
    assert missing_hours(hours, NOON, NOON) == ()


def test_noon_is_of_the_standard_time_given() -> None:
    assert noon_instant(DAY, timedelta(hours=8)) == NOON
    assert noon_instant(DAY, timedelta(hours=-5)) == datetime(2026, 3, 2, 17, tzinfo=UTC)


figures = st.one_of(st.none(), st.floats(-70.0, 320.0), st.floats(0.0, 60.0))
rows = st.lists(st.tuples(st.integers(-26, 30), st.sampled_from(["csv", "model"]), figures, figures, figures, figures))


@given(rows, st.randoms())
@settings(max_examples=200)
def test_any_hours_give_a_noon_or_a_problem_whatever_their_order(
    given_: list[tuple[int, str, float | None, float | None, float | None, float | None]], random: object
) -> None:
    hours = [HourlyReading(STATION, NOON + timedelta(hours=hour), source, *values) for hour, source, *values in given_]
    found = made(hours)
    assert len(found.observations) + len(found.problems) == 1
    random.shuffle(hours)  # type: ignore[attr-defined]
    assert made(hours) == found


@given(st.sets(st.integers(-11, 12), max_size=12))
@settings(max_examples=100)
def test_a_missing_hour_never_makes_a_day_wetter(absent: set[int]) -> None:
    hours = [at(hour, rain_mm=0.1 * (hour % 4), rh_pct=90.0) for hour in range(-11, 24)]
    kept = [hour for number, hour in zip(range(-11, 24), hours, strict=True) if number not in absent or number >= 11]
    found = noon_readings(STATION, kept, [DAY])
    whole = noon_readings(STATION, hours, [DAY])
    assert found.observations[0].rain_mm <= whole.observations[0].rain_mm + 1e-12


def test_rain_beyond_the_record_of_a_day_gives_no_noon_and_no_error() -> None:
    found = made(a_day(rain_mm=None) + [at(hour, "gauge", rain_mm=200.0 + hour) for hour in range(-11, 13)])
    assert found.observations == ()
    assert "mm in 24 hours; at most 1825 is possible" in found.problems[0]


def test_humidity_a_little_above_saturated_counts_as_saturated() -> None:
    found = one(a_day(rh_pct=103.0) + [at(hour, "other", rh_pct=50.0) for hour in range(-11, 24)], ("csv", "other"))
    assert (found.rh_pct, found.min_rh_pct, found.doubts) == (100.0, 100.0, ())
    too_much = one(a_day(rh_pct=105.0) + [at(hour, "other") for hour in range(-11, 24)], ("csv", "other"))
    assert too_much.rh_pct == 68.0
