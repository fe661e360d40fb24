"""Rate and direction of spread from three arrivals: `test_danger_differences` has the reference program's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firewatch.danger import spread_from_arrivals
from firewatch.errors import InvalidValue

EAST, NORTH = np.array([0.0, 100.0, 200.0]), np.array([0.0, 173.2050807568877, 0.0])
PLACE = st.floats(-1000.0, 1000.0)


def test_a_case_by_hand() -> None:
    # 10 m/min to the east: the points lie 0, 100 and 200 m to the east.
    found = spread_from_arrivals([5.0, 15.0, 25.0], EAST, NORTH)
    assert found.rate_m_min == pytest.approx(10.0)
    assert found.azimuth_deg == pytest.approx(90.0)


@given(
    st.floats(0.1, 200.0),
    st.floats(0.0, 359.0),
    st.lists(PLACE, min_size=3, max_size=3),
    st.lists(PLACE, min_size=3, max_size=3),
)
def test_a_front_that_was_is_found_again(rate: float, azimuth: float, east: list[float], north: list[float]) -> None:
    a = np.array([east[1] - east[0], north[1] - north[0]])
    b = np.array([east[2] - east[0], north[2] - north[0]])
    assume(np.abs(a[0] * b[1] - a[1] * b[0]) > 0.05 * np.hypot(*a) * np.hypot(*b))
    assume(min(np.hypot(*a), np.hypot(*b)) > 1.0)
    way = np.array(east) * np.sin(np.radians(azimuth)) + np.array(north) * np.cos(np.radians(azimuth))
    found = spread_from_arrivals(way / rate, east, north)
    assert found.rate_m_min == pytest.approx(rate, rel=1e-6)
    assert (found.azimuth_deg - azimuth + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-4)


def test_points_on_a_line_and_missing_arrivals_give_no_rate() -> None:
    for minutes, east, north in (
        ([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [0.0, 1.0, 2.0]),
        ([0.0, 1.0, 2.0], [0.0, 0.0, 2.0], [0.0, 0.0, 1.0]),
        ([0.0, np.nan, 2.0], EAST, NORTH),
    ):
        found = spread_from_arrivals(minutes, east, north)
        assert np.isnan(found.rate_m_min)
        assert np.isnan(found.azimuth_deg)


def test_reached_all_at_once_the_rate_is_infinite() -> None:
    found = spread_from_arrivals([3.0, 3.0, 3.0], EAST, NORTH)
    assert np.isinf(found.rate_m_min)
    assert np.isnan(found.azimuth_deg)


def test_many_triples_are_each_as_alone() -> None:
    minutes = np.array([[0.0, 2.0, 6.5], [1.0, 4.0, 3.0]])
    found = spread_from_arrivals(minutes, np.stack([EAST, EAST]), np.stack([NORTH, NORTH]))
    alone = spread_from_arrivals(minutes[1], EAST, NORTH)
    assert found.rate_m_min.shape == (2,)
    assert found.rate_m_min[1] == alone.rate_m_min
    assert found.azimuth_deg[1] == alone.azimuth_deg


def test_other_than_three_points_are_refused() -> None:
    with pytest.raises(InvalidValue, match="three points"):
        spread_from_arrivals([0.0, 1.0], [0.0, 1.0], [0.0, 1.0])
    with pytest.raises(InvalidValue, match="three points"):
        spread_from_arrivals([0.0, 1.0, 2.0], EAST, [0.0, 1.0])
