from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.geo import Position, difference_deg
from firewatch.errors import InvalidValue
from firewatch.geodesy import LocalPlane, PlanePoint, direct, inverse

HENGYANG = Position(26.8932, 112.5720)

lats = st.floats(-70.0, 70.0)
lons = st.floats(-179.0, 179.0)
places = st.builds(Position, lats, lons)
azimuths = st.floats(0.0, 359.99)
ranges = st.floats(10.0, 60_000.0)


def test_the_flinders_peak_to_buninyong_line_is_as_published() -> None:
    """Geoscience Australia, GDA technical manual v2.4 (2014), section 3.1: GRS 80, 0.1 mm from WGS 84 here."""
    flinders = Position(-(37 + 57 / 60 + 3.72030 / 3600), 144 + 25 / 60 + 29.52440 / 3600)
    buninyong = Position(-(37 + 39 / 60 + 10.15610 / 3600), 143 + 55 / 60 + 35.38390 / 3600)
    leg = inverse(flinders, buninyong)
    assert leg.distance_m == pytest.approx(54_972.271, abs=2e-3)
    assert leg.azimuth_deg == pytest.approx(306 + 52 / 60 + 5.37 / 3600, abs=1e-5)
    assert leg.arrival_azimuth_deg == pytest.approx(127 + 10 / 60 + 25.07 / 3600 + 180.0, abs=1e-5)


@given(places, azimuths, ranges)
def test_going_straight_and_looking_back_gives_the_same_way(place: Position, azimuth: float, distance: float) -> None:
    leg = inverse(place, direct(place, azimuth, distance))
    assert leg.distance_m == pytest.approx(distance, abs=1e-6)
    assert difference_deg(leg.azimuth_deg, azimuth) == pytest.approx(0.0, abs=1e-5)


def test_the_way_from_a_place_to_itself_is_nothing() -> None:
    assert inverse(HENGYANG, HENGYANG).distance_m == 0.0


@pytest.mark.parametrize(("azimuth", "distance"), [(math.nan, 1.0), (math.inf, 1.0), (0.0, -1.0), (0.0, math.nan)])
def test_a_way_that_is_none_is_refused(azimuth: float, distance: float) -> None:
    with pytest.raises(InvalidValue):
        direct(HENGYANG, azimuth, distance)


@given(places, azimuths, ranges)
def test_the_local_plane_gives_a_place_back(place: Position, azimuth: float, distance: float) -> None:
    plane = LocalPlane(place)
    there = direct(place, azimuth, distance)
    assert inverse(plane.unproject(plane.project(there)), there).distance_m < 1e-5


def test_east_and_north_of_the_local_plane_point_east_and_north() -> None:
    point = LocalPlane(HENGYANG).project(direct(HENGYANG, 90.0, 1000.0))
    assert (point.east_m, point.north_m) == (pytest.approx(1000.0), pytest.approx(0.0, abs=1e-6))
    point = LocalPlane(HENGYANG).project(direct(HENGYANG, 180.0, 1000.0))
    assert (point.east_m, point.north_m) == (pytest.approx(0.0, abs=1e-6), pytest.approx(-1000.0))


@given(places, azimuths, st.floats(1_000.0, 40_000.0), azimuths)
def test_a_grid_azimuth_is_the_direction_in_which_things_lie_on_the_plane(
    place: Position, azimuth: float, distance: float, onward: float
) -> None:
    plane = LocalPlane(place)
    here = direct(place, azimuth, distance)
    there = direct(here, onward, 500.0)
    a, b = plane.project(here), plane.project(there)
    drawn_deg = math.degrees(math.atan2(b.east_m - a.east_m, b.north_m - a.north_m))
    assert difference_deg(drawn_deg, plane.grid_azimuth_deg(here, onward)) == pytest.approx(0.0, abs=2e-3)


def test_many_points_become_the_same_degrees_as_each_alone() -> None:
    plane = LocalPlane(Position(26.9, 112.6))
    east, north = np.array([[0.0, 1000.0], [-40_000.0, 12.5]]), np.array([[0.0, 2000.0], [30_000.0, -7.0]])
    lat, lon = plane.unproject_all(east, north)
    assert lat.shape == lon.shape == (2, 2)
    for place in np.ndindex(2, 2):
        alone = plane.unproject(PlanePoint(float(east[place]), float(north[place])))
        assert (lat[place], lon[place]) == pytest.approx((alone.lat_deg, alone.lon_deg), abs=1e-12)
    back_east, back_north = plane.project_all(lat, lon)
    np.testing.assert_allclose(back_east, east, atol=1e-5)
    np.testing.assert_allclose(back_north, north, atol=1e-5)
