"""Classes by a station's own record: plotting positions, seasons, and records that are too short."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.adapters.class_tables import load_class_table
from firewatch.danger import (
    DangerIndex,
    FirePreventionPeriod,
    IndexRecord,
    LimitSide,
    MonthDay,
    PercentileScheme,
    RecordRules,
    SourceMark,
    classify,
    percentile_rank,
    percentile_table,
)
from firewatch.errors import InvalidValue, ObservationError

HENGYANG = FirePreventionPeriod(MonthDay(9, 15), MonthDay(4, 30))
MONTH = FirePreventionPeriod(MonthDay(4, 1), MonthDay(4, 30))


def scheme() -> PercentileScheme:
    table = load_class_table("local_percentiles")
    assert isinstance(table, PercentileScheme)
    return table


def days_of(first: str, last: str) -> np.ndarray:
    return np.arange(np.datetime64(first), np.datetime64(last) + 1)


def aprils(values: list[float], years: int = 2) -> IndexRecord:
    """Return a record that has `values` in April, spread over `years` years, and 999 in every other month."""
    days = days_of("2001-01-01", f"{2000 + years}-12-31")
    all_values = np.full(days.size, 999.0)
    is_april = days.astype("datetime64[M]").astype(int) % 12 == 3
    all_values[is_april] = values
    return IndexRecord("hy", days, all_values, RecordRules(MONTH, least_seasons=2))


@pytest.mark.parametrize(
    ("percentile", "value"),
    # Hyndman and Fan (1996), type 8, of 1 to 60: the p-th stands at p/100 * (60 + 1/3) + 1/3 in the order.
    [(50.0, 30.5), (75.0, 45.0 + 7.0 / 12.0), (90.0, 54.0 + 19.0 / 30.0), (95.0, 57.65)],
)
def test_a_limit_stands_where_its_plotting_position_says(percentile: float, value: float) -> None:
    record = aprils([float(number) for number in range(1, 61)])
    two = replace(scheme(), percentiles=(percentile,), classes=scheme().classes[:2])
    (limits,) = percentile_table(record, two).indices
    assert limits.limits == (pytest.approx(value, abs=1e-9),)
    assert percentile_rank(value, record) == pytest.approx(percentile, abs=1e-9)


def test_the_table_says_what_it_was_made_of_and_classifies() -> None:
    table = percentile_table(aprils([float(number) for number in range(60)]), scheme())
    (limits,) = table.indices
    assert limits.provenance.mark is SourceMark.OWN_RECORD
    assert limits.limit_in is LimitSide.UPPER
    told = limits.provenance.source
    for fact in ("station hy", "2 seasons", "2001 to 2002", "04-01 to 04-30", "n = 60", "Hyndman-Fan type 8", "50, 75"):
        assert fact in told
    keys = classify([0.0, limits.limits[0], 58.9, np.nan], table, DangerIndex.FWI).keys()
    assert keys == ["below-p50", "p50", "p98", ""]


def test_days_outside_the_season_do_not_count() -> None:
    record = aprils([float(number) for number in range(60)])
    assert record.season_values().max() == 59.0
    assert percentile_rank([999.0, -1.0, np.nan], record).tolist()[:2] == [100.0, 0.0]
    assert np.isnan(percentile_rank(np.nan, record))


def test_a_season_over_the_turn_of_the_year_belongs_to_the_year_in_which_it_begins() -> None:
    days = days_of("2001-01-01", "2004-12-31")
    record = IndexRecord("hy", days, np.arange(days.size, dtype=float), RecordRules(HENGYANG, least_seasons=2))
    # The tail of 2000's (January to April 2001) and the head of 2004's are less than 80 % of a season.
    assert record.whole_seasons().tolist() == [2001, 2002, 2003]
    expected = days_of("2001-09-15", "2004-04-30")
    months = expected.astype("datetime64[M]").astype(int) % 12 + 1
    of_month = (expected - expected.astype("datetime64[M]")).astype(int) + 1
    inside = (months >= 10) | (months <= 4) | ((months == 9) & (of_month >= 15))
    assert record.season_values().size == inside.sum()


def test_the_whole_year_is_a_season_too() -> None:
    days = days_of("2001-01-01", "2003-12-31")
    record = IndexRecord("hy", days, np.arange(days.size, dtype=float), RecordRules(least_seasons=3))
    assert record.season_values().size == 1095
    assert "the whole year" in percentile_table(record, scheme()).indices[0].provenance.source


@pytest.mark.parametrize("lacking", [6, 7])
def test_a_season_with_too_few_days_does_not_count(lacking: int) -> None:
    values = [float(number) for number in range(60)]
    values[:lacking] = [float("nan")] * lacking
    record = aprils(values)
    assert record.whole_seasons().tolist() == ([2001, 2002] if lacking == 6 else [2002])
    if lacking == 7:
        with pytest.raises(ObservationError, match=r"not enough years for percentiles: 1 whole season.* 2 are needed"):
            percentile_table(record, scheme())


def test_an_empty_record_is_too_short_and_says_so() -> None:
    for days, values in (
        (days_of("2001-01-01", "2001-01-03"), np.full(3, np.nan)),
        (np.array([], "M8[D]"), np.array([])),
    ):
        with pytest.raises(ObservationError, match="0 whole season"):
            percentile_rank(1.0, IndexRecord("hy", days, values))


def test_a_flat_record_parts_no_classes() -> None:
    with pytest.raises(ObservationError, match="too flat"):
        percentile_table(aprils([0.0] * 60), scheme())


@given(st.permutations(list(range(60))), st.lists(st.floats(-5, 70), min_size=2, max_size=12))
def test_neither_the_order_of_days_nor_of_values_matters_and_ranks_rise_with_the_value(
    order: list[int], values: list[float]
) -> None:
    record = aprils([float(number) for number in range(60)])
    shuffled = np.random.default_rng(order[0]).permutation(record.days.size)
    mixed = replace(record, days=record.days[shuffled], values=record.values[shuffled])
    assert percentile_table(mixed, scheme()).indices[0].limits == percentile_table(record, scheme()).indices[0].limits
    ranks = percentile_rank(sorted(values), aprils([float(number) for number in order]))
    assert (np.diff(ranks) >= 0).all()
    assert ((ranks >= 0) & (ranks <= 100)).all()


def test_of_equal_values_the_last_position_counts() -> None:
    record = aprils([0.0] * 30 + [5.0] * 29 + [9.0])
    places = [30.0, 30.5, 59.0, 59.25, 60.0]
    expected = [100.0 * (place - 1 / 3) / (60 + 1 / 3) for place in places]
    assert percentile_rank([0.0, 2.5, 5.0, 6.0, 9.0], record) == pytest.approx(expected)


@given(st.lists(st.integers(0, 12), min_size=60, max_size=60), st.floats(0, 12) | st.integers(0, 12).map(float))
def test_a_value_reaches_a_rank_exactly_where_it_reaches_the_limit(numbers: list[int], value: float) -> None:
    record = aprils([float(number) for number in numbers])
    rank = float(percentile_rank(value, record))
    ordered = np.sort(np.array(numbers, dtype=float))
    for percentile in (50.0, 75.0, 90.0, 95.0, 98.0):
        limit = float(np.percentile(ordered, percentile, method="median_unbiased"))
        if abs(value - limit) > 1e-9 or value in numbers:
            assert (value >= limit - 1e-12) == (rank >= percentile - 1e-9)


def test_a_record_has_a_value_a_day_and_each_day_once() -> None:
    days = days_of("2001-01-01", "2001-01-03")
    with pytest.raises(InvalidValue, match="one and the same"):
        IndexRecord("hy", days, np.zeros(2))
    with pytest.raises(InvalidValue, match="each day once"):
        IndexRecord("hy", days[[0, 0, 1]], np.zeros(3))


@pytest.mark.parametrize("wrong", [{"least_seasons": 1}, {"least_coverage": 0.0}, {"least_coverage": 1.1}])
def test_rules_that_ask_for_next_to_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValue, match="least"):
        RecordRules(**wrong)


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({"percentiles": (50.0,)}, "5 ascending"),
        ({"percentiles": (0.0, 75.0, 90.0, 95.0, 98.0)}, "between 0 and 100"),
        ({"percentiles": (50.0, 75.0, 90.0, 95.0, 100.0)}, "between 0 and 100"),
        ({"percentiles": (50.0, 75.0, 75.0, 95.0, 98.0)}, "ascending"),
        ({"index": DangerIndex.ANGSTROEM}, "rises with danger"),
    ],
)
def test_a_scheme_that_cannot_be_is_refused(changed: dict[str, object], allowed: str) -> None:
    with pytest.raises(InvalidValue, match=allowed):
        replace(scheme(), **changed)
