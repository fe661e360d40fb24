from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.geo import Position
from firewatch.errors import InvalidValue
from firewatch.geodesy import Gcj02Position, from_gcj02, inverse, is_in_china_box, to_gcj02

HENGYANG = Position(26.8932, 112.5720)


def test_hengyang_is_shifted_as_the_navigation_apps_shift_it() -> None:
    shifted = to_gcj02(HENGYANG)
    assert shifted.lon_deg == pytest.approx(112.5772350, abs=5e-8)
    assert shifted.lat_deg == pytest.approx(26.8896143, abs=5e-8)


def test_a_raw_point_pasted_into_an_app_is_655_m_off_to_the_south_east() -> None:
    shifted = to_gcj02(HENGYANG)
    leg = inverse(HENGYANG, Position(shifted.lat_deg, shifted.lon_deg))
    assert leg.distance_m == pytest.approx(654.6, abs=0.2)
    assert leg.azimuth_deg == pytest.approx(128.0, abs=0.7)


@given(st.floats(1.0, 55.6), st.floats(72.2, 137.6))
def test_shifting_back_gives_the_place_within_a_millimetre(lat: float, lon: float) -> None:
    place = Position(lat, lon)
    assert inverse(from_gcj02(to_gcj02(place)), place).distance_m < 1e-3


@given(st.floats(18.2, 53.5), st.floats(73.6, 135.0))
def test_within_china_the_shift_is_never_nothing_and_never_over_a_kilometre(lat: float, lon: float) -> None:
    place, shifted = Position(lat, lon), to_gcj02(Position(lat, lon))
    assert 10.0 < inverse(place, Position(shifted.lat_deg, shifted.lon_deg)).distance_m < 1_000.0


@pytest.mark.parametrize(
    ("lat", "lon"), [(48.38, 2.73), (0.0, 112.0), (56.0, 112.0), (30.0, 72.0), (30.0, 138.0), (-26.9, 112.6)]
)
def test_outside_the_china_box_nothing_is_shifted(lat: float, lon: float) -> None:
    assert not is_in_china_box(lat, lon)
    assert to_gcj02(Position(lat, lon)) == Gcj02Position(lat, lon)
    assert from_gcj02(Gcj02Position(lat, lon)) == Position(lat, lon)


def test_a_gcj_position_off_the_globe_is_refused() -> None:
    with pytest.raises(InvalidValue, match="GCJ-02 latitude"):
        Gcj02Position(91.0, 0.0)
    with pytest.raises(InvalidValue, match="GCJ-02 longitude"):
        Gcj02Position(0.0, 181.0)


def test_shifted_and_true_positions_are_never_equal() -> None:
    assert Gcj02Position(26.0, 112.0) != Position(26.0, 112.0)
