from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.geo import Bearing, ErrorEllipse, Fix, Position, difference_deg, wrap_deg
from firewatch.errors import InvalidValue

angles = st.floats(-1e6, 1e6)


@given(angles)
def test_a_wrapped_angle_lies_in_one_turn_and_points_the_same_way(angle_deg: float) -> None:
    wrapped = wrap_deg(angle_deg)
    assert 0.0 <= wrapped < 360.0
    assert math.isclose(math.cos(math.radians(wrapped)), math.cos(math.radians(angle_deg)), abs_tol=1e-8)
    assert math.isclose(math.sin(math.radians(wrapped)), math.sin(math.radians(angle_deg)), abs_tol=1e-8)


@pytest.mark.parametrize(
    ("given_deg", "wrapped_deg"), [(0.0, 0.0), (360.0, 0.0), (-90.0, 270.0), (725.0, 5.0), (-1e-18, 0.0)]
)
def test_angles_wrap_at_north(given_deg: float, wrapped_deg: float) -> None:
    assert wrap_deg(given_deg) == wrapped_deg


@given(angles, angles)
def test_a_difference_is_the_shorter_turn_and_turns_back(to_deg: float, from_deg: float) -> None:
    turn = difference_deg(to_deg, from_deg)
    assert -180.0 <= turn < 180.0
    assert math.isclose(abs(difference_deg(from_deg + turn, to_deg)), 0.0, abs_tol=1e-6)


def test_a_turn_across_north_is_short_and_clockwise_is_positive() -> None:
    assert difference_deg(5.0, 355.0) == pytest.approx(10.0)
    assert difference_deg(355.0, 5.0) == pytest.approx(-10.0)


@pytest.mark.parametrize(("lat", "lon"), [(90.1, 0.0), (-90.1, 0.0), (0.0, 180.1), (0.0, -180.1), (math.nan, 0.0)])
def test_a_position_off_the_globe_is_refused(lat: float, lon: float) -> None:
    with pytest.raises(InvalidValue, match=r"l(atitude|ongitude) \(deg\)"):
        Position(lat, lon)


def test_an_elevation_may_be_unknown_but_not_absurd() -> None:
    assert Position(26.9, 112.6).elevation_m is None
    assert Position(26.9, 112.6, 1290.0).elevation_m == 1290.0
    with pytest.raises(InvalidValue, match="elevation"):
        Position(26.9, 112.6, 9001.0)


@pytest.mark.parametrize("azimuth_deg", [-0.1, 360.0, math.nan, math.inf])
def test_a_bearing_outside_one_turn_is_refused(azimuth_deg: float) -> None:
    with pytest.raises(InvalidValue, match="azimuth"):
        Bearing(azimuth_deg, 1.0)


@pytest.mark.parametrize("sigma_deg", [0.0, -1.0, 90.1, math.nan])
def test_a_bearing_without_a_believable_error_is_refused(sigma_deg: float) -> None:
    with pytest.raises(InvalidValue, match="sigma"):
        Bearing(10.0, sigma_deg)


@pytest.mark.parametrize(
    ("major_m", "minor_m", "azimuth_deg"), [(1.0, 2.0, 0.0), (2.0, -1.0, 0.0), (2.0, 1.0, 180.0), (math.inf, 1.0, 0.0)]
)
def test_an_ellipse_that_is_none_is_refused(major_m: float, minor_m: float, azimuth_deg: float) -> None:
    with pytest.raises(InvalidValue, match=r"semi-axis|azimuth"):
        ErrorEllipse(major_m, minor_m, azimuth_deg)


def test_a_fix_is_a_position_with_its_error() -> None:
    fix = Fix(Position(26.9, 112.6), ErrorEllipse(120.0, 60.0, 45.0))
    assert (fix.position.lat_deg, fix.ellipse.major_m) == (26.9, 120.0)
