"""Quality control flags and explains, and never drops or alters a reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.danger.quality import FIELDS, FieldLimits, QualityLimits, Span, check_hours, check_noon, is_doubted
from firewatch.danger.quality_runs import flat_runs, lone_steps
from firewatch.domain.ids import StationId
from firewatch.domain.weather import Doubt, DoubtKind, HourlyReading, Observation
from firewatch.errors import InvalidValue

START = datetime(2026, 3, 1, tzinfo=UTC)
STATION = StationId("hengyang")


def hour(number: float, **figures: float | None) -> HourlyReading:
    usual = {"temp_c": 15.0 + number % 7, "rh_pct": 60.0 + number % 5, "wind_kmh": 8.0 + number % 3, "rain_mm": 0.0}
    return HourlyReading(STATION, START + timedelta(hours=number), "csv", **(usual | figures))


def kinds(reading: HourlyReading) -> set[tuple[str, str]]:
    return {(doubt.field, doubt.kind.value) for doubt in reading.doubts}


def flagged(readings: tuple[HourlyReading, ...]) -> set[tuple[int, str, str]]:
    return {(place, *pair) for place, one in enumerate(readings) for pair in kinds(one)}


def test_an_ordinary_day_is_not_doubted() -> None:
    assert not flagged(check_hours([hour(n) for n in range(48)]))


@pytest.mark.parametrize(
    ("field", "value"),
    [("temp_c", 60.1), ("temp_c", -61.0), ("rh_pct", 104.4), ("rh_pct", -1.0), ("wind_kmh", 271.0), ("rain_mm", 306.0)],
)
def test_what_no_sensor_can_show_is_doubted_with_figures_and_unit(field: str, value: float) -> None:
    (found,) = check_hours([hour(0, **{field: value})])
    assert getattr(found, field) == value
    assert kinds(found) == {(field, "range")}
    assert f"{value:g} {QualityLimits().of(field).unit}; " in found.doubts[0].why
    assert "is possible" in found.doubts[0].why


@pytest.mark.parametrize(("field", "value"), [("temp_c", 60.0), ("rh_pct", 0.0), ("rain_mm", 305.0), ("wind_kmh", 0.0)])
def test_the_limits_themselves_are_allowed(field: str, value: float) -> None:
    assert not check_hours([hour(0, **{field: value})])[0].doubts


def test_a_place_may_have_narrower_limits() -> None:
    limits = replace(QualityLimits(), temp_c=replace(QualityLimits().temp_c, usual=Span(-12.0, 43.0)))
    (found,) = check_hours([hour(0, temp_c=45.0)], limits)
    assert found.doubts == (Doubt("temp_c", DoubtKind.RANGE, "45 deg C; -12 to 43 is usual here"),)


def test_a_lone_spike_is_doubted_and_not_its_neighbours() -> None:
    readings = [hour(n, temp_c=20.0 + 0.1 * n) for n in range(6)]
    readings[3] = hour(3, temp_c=38.5)
    found = check_hours(readings)
    assert flagged(found) == {(3, "temp_c", "step")}
    assert found[3].doubts[0].why == "+18.3 deg C against the reading 1 h before; at most 12 in an hour"


def test_a_jump_that_the_next_reading_confirms_is_weather() -> None:
    front = [hour(0, temp_c=31.0), hour(1, temp_c=30.8), hour(2, temp_c=16.0)]
    assert flagged(check_hours(front)) == {(2, "temp_c", "step")}, "nothing confirms the newest reading yet"
    assert not flagged(check_hours([*front, hour(3, temp_c=15.4)]))


def test_a_step_over_a_gap_is_allowed_more_and_over_a_long_one_anything() -> None:
    assert not flagged(check_hours([hour(0, temp_c=5.0), hour(3, temp_c=40.0)]))
    assert not flagged(check_hours([hour(0, temp_c=-5.0), hour(3.5, temp_c=40.0)]))
    found = check_hours([hour(0, temp_c=0.0), hour(2, temp_c=25.0)])
    assert flagged(found) == {(0, "temp_c", "step"), (1, "temp_c", "step")}
    assert "against the reading 2 h after" in found[0].doubts[0].why


@pytest.mark.parametrize(
    ("field", "value", "longest_h"),
    [("temp_c", 21.0, 12), ("rh_pct", 55.0, 12), ("wind_kmh", 7.0, 12), ("rain_mm", 0.4, 6)],
)
def test_a_figure_that_stands_still_too_long_is_stuck(field: str, value: float, longest_h: int) -> None:
    still = [hour(n, **{field: value}) for n in range(longest_h + 1)]
    assert not flagged(check_hours(still))
    still.append(hour(longest_h + 1, **{field: value}))
    found = check_hours(still)
    assert flagged(found) == {(n, field, "stuck") for n in range(longest_h + 2)}
    assert f"for {longest_h + 1} h; at most {longest_h}" in found[0].doubts[0].why


def test_no_rain_and_saturated_air_may_last_and_calm_for_two_days() -> None:
    long = check_hours([hour(n, rain_mm=0.0, rh_pct=100.0, wind_kmh=0.0) for n in range(49)])
    assert not flagged(long)
    longer = check_hours([hour(n, rain_mm=0.0, rh_pct=100.0, wind_kmh=0.0) for n in range(50)])
    assert {pair[1:] for pair in flagged(longer)} == {("wind_kmh", "stuck")}


def test_a_gap_ends_a_standstill() -> None:
    still = [hour(n, temp_c=21.0) for n in (*range(7), *range(11, 18))]
    assert not flagged(check_hours(still))


def test_rain_in_dry_air_casts_doubt_on_both() -> None:
    (found,) = check_hours([hour(0, rain_mm=4.2, rh_pct=18.0)])
    assert kinds(found) == {("rain_mm", "inconsistent"), ("rh_pct", "inconsistent")}
    assert found.doubts[0].why == "4.2 mm of rain in an hour at 18 % humidity; at least 30 % is expected"


def test_two_figures_of_one_instant_are_doubted_and_the_same_one_twice_is_not() -> None:
    found = check_hours([hour(0, temp_c=20.0), hour(0, temp_c=22.0), hour(1, temp_c=21.0)])
    assert flagged(found) == {(0, "temp_c", "inconsistent"), (1, "temp_c", "inconsistent")}
    assert not flagged(check_hours([hour(0), hour(0)]))


def test_each_station_and_source_is_looked_at_by_itself() -> None:
    other = replace(hour(1, temp_c=45.0), station_id=StationId("leiyang"))
    model = replace(hour(1, temp_c=44.0), source="model")
    assert not flagged(check_hours([hour(0, temp_c=20.0), other, model, hour(2, temp_c=21.0)]))


def test_what_is_missing_is_not_doubted() -> None:
    assert not flagged(check_hours([hour(n, temp_c=None, rh_pct=None, wind_kmh=None, rain_mm=None) for n in range(30)]))
    assert not list(lone_steps([START], [1.0], None, 3.0, "mm"))
    assert not list(flat_runs([], [], 3.0))


def test_the_sources_own_mark_stays_and_ours_is_found_anew() -> None:
    mark = Doubt("temp_c", DoubtKind.SOURCE, "the station marks it")
    stale = Doubt("temp_c", DoubtKind.STEP, "+15 deg C against the reading 1 h before; at most 12 in an hour")
    (found,) = check_hours([replace(hour(0), doubts=(mark, stale))])
    assert found.doubts == (mark,)
    assert not is_doubted(found, "temp_c")
    assert is_doubted(replace(found, doubts=(stale,)), "temp_c")


def test_what_no_sensor_measured_is_not_looked_at_over_time() -> None:
    limits = QualityLimits().timeless()
    still = [hour(n, temp_c=21.0, wind_kmh=0.0, rain_mm=2.0, rh_pct=95.0) for n in range(60)]
    assert not flagged(check_hours([*still, hour(60, temp_c=50.0)], limits))
    assert flagged(check_hours([hour(0, temp_c=61.0)], limits)) == {(0, "temp_c", "range")}


figures = st.one_of(st.none(), st.floats(-90.0, 400.0), st.sampled_from([0.0, 20.0, 100.0]))
readings = st.lists(
    st.builds(
        lambda at, station, source, row: HourlyReading(
            StationId(station), START + timedelta(minutes=30 * at), source, *row
        ),
        st.integers(0, 80),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["csv", "metar"]),
        st.tuples(figures, figures, figures, figures),
    ),
    max_size=40,
)


@given(readings)
@settings(max_examples=150)
def test_no_reading_is_dropped_or_altered_and_a_second_look_sees_the_same(given_: list[HourlyReading]) -> None:
    found = check_hours(given_)
    assert [replace(one, doubts=()) for one in found] == given_
    assert check_hours(found) == found


@given(readings, st.randoms())
@settings(max_examples=150)
def test_the_order_of_arrival_does_not_matter(given_: list[HourlyReading], random: object) -> None:
    shuffled = list(given_)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sorted(map(repr, check_hours(shuffled))) == sorted(map(repr, check_hours(given_)))


def widened(limits: QualityLimits, by: float) -> QualityLimits:
    fields = {name: _wider(limits.of(name), by) for name in FIELDS}
    driest, least = limits.driest_rain_pct - by, limits.least_rain_mm + by
    return replace(limits, **fields, driest_rain_pct=driest, least_rain_mm=least)


def _wider(limits: FieldLimits, by: float) -> FieldLimits:
    usual = None if limits.usual is None else Span(limits.usual.low - by, limits.usual.high + by)
    return replace(
        limits,
        possible=Span(limits.possible.low - by, limits.possible.high + by),
        usual=usual,
        most_step=None if limits.most_step is None else limits.most_step + by,
        longest_still_h=None if limits.longest_still_h is None else limits.longest_still_h + by,
    )


@given(readings, st.floats(0.0, 50.0))
@settings(max_examples=150)
def test_wider_limits_never_add_a_doubt(given_: list[HourlyReading], by: float) -> None:
    strict = replace(QualityLimits(), temp_c=replace(QualityLimits().temp_c, usual=Span(-10.0, 40.0)))
    assert flagged(check_hours(given_, widened(strict, by))) <= flagged(check_hours(given_, strict))


def test_limits_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(InvalidValue, match="the lower one first"):
        Span(40.0, -10.0)


def noon(day: int, **changed: object) -> Observation:
    usual = {"temp_c": 24.0 + day, "rh_pct": 35.0, "wind_kmh": 18.0, "rain_mm": 0.0}
    return Observation(STATION, START + timedelta(days=day, hours=4), **(usual | changed))  # type: ignore[arg-type]


def test_a_noon_reading_is_doubted_beyond_its_place_and_where_it_contradicts_itself() -> None:
    limits = replace(
        QualityLimits(), temp_c=replace(QualityLimits().temp_c, usual=Span(-12.0, 43.0)), wettest_day_mm=500
    )
    given_ = noon(0, temp_c=44.0, rain_mm=600.0, max_temp_c=30.0, min_rh_pct=50.0, max_wind_ms=2.0)
    (found,) = check_noon([given_], limits)
    assert replace(found, doubts=()) == given_
    assert [(doubt.field, doubt.kind.value) for doubt in found.doubts] == [
        ("temp_c", "range"),
        ("rain_mm", "range"),
        ("max_temp_c", "inconsistent"),
        ("min_rh_pct", "inconsistent"),
        ("max_wind_ms", "inconsistent"),
    ]
    assert found.doubts[2].why == "30 deg C as the day's extreme, but 44 deg C at noon"
    assert check_noon([found], limits) == (found,)


def test_three_noons_alike_are_stuck_and_two_are_not() -> None:
    alike = [noon(day, temp_c=24.0) for day in (0, 1, 2)]
    found = check_noon([*alike, noon(4)])
    assert [bool(one.doubts) for one in found] == [True, True, True, False]
    assert found[0].doubts[0].kind is DoubtKind.STUCK
    assert check_noon(alike[:2]) == tuple(alike[:2])
    again = [noon(0, temp_c=24.0)] * 3
    assert check_noon(again) == tuple(again), "one noon sent three times is one"
    assert check_noon([noon(0, max_temp_c=24.05)])[0].doubts == ()


def test_a_station_that_sends_every_hour_is_looked_at_over_time() -> None:
    hourly = [replace(noon(0), observed_at=START + timedelta(hours=n)) for n in range(14)]
    assert {doubt.kind for one in check_noon(hourly) for doubt in one.doubts} == {DoubtKind.STUCK}
    spike = [
        replace(one, temp_c=20.0 + n % 3, rh_pct=50.0 + n % 4, wind_kmh=9.0 + n % 2) for n, one in enumerate(hourly)
    ]
    spike[5] = replace(spike[5], temp_c=45.0)
    assert [n for n, one in enumerate(check_noon(spike)) if one.doubts] == [5]


def test_the_longest_standstill_that_is_no_doubt_yet_is_that_of_any_figure() -> None:
    assert QualityLimits().longest_undoubted_h == 120.0
    assert QualityLimits().timeless().longest_undoubted_h == 0.0
