from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.geo import Bearing, ErrorEllipse, Position
from firewatch.errors import InvalidValue
from firewatch.geodesy import LocalPlane, as_geojson_polygon, ellipse_polygon, inverse, sector_polygon

HENGYANG = Position(26.8932, 112.5720)


def signed_area_m2(ring: list[list[float]]) -> float:
    plane = LocalPlane(HENGYANG)
    points = [plane.project(Position(lat, lon)) for lon, lat in ring]
    return sum(a.east_m * b.north_m - b.east_m * a.north_m for a, b in pairwise(points)) / 2.0


ellipses = st.tuples(st.floats(20.0, 3_000.0), st.floats(0.1, 1.0), st.floats(0.0, 179.9)).map(
    lambda t: ErrorEllipse(t[0], t[0] * t[1], t[2])
)


@given(ellipses, st.floats(0.5, 3.0))
def test_an_ellipse_outline_is_closed_counter_clockwise_and_holds_its_area(e: ErrorEllipse, scale: float) -> None:
    (ring,) = ellipse_polygon(HENGYANG, e, scale)
    assert ring[0] == ring[-1]
    assert len(ring) == 73
    assert signed_area_m2(ring) == pytest.approx(math.pi * e.major_m * e.minor_m * scale**2, rel=1e-2)


def test_the_long_axis_points_along_the_azimuth() -> None:
    (ring,) = ellipse_polygon(HENGYANG, ErrorEllipse(1000.0, 100.0, 30.0))
    legs = [inverse(HENGYANG, Position(lat, lon)) for lon, lat in ring]
    farthest = max(legs, key=lambda leg: leg.distance_m)
    assert farthest.distance_m == pytest.approx(1000.0, abs=0.1)
    assert farthest.azimuth_deg % 180.0 == pytest.approx(30.0, abs=0.1)


@pytest.mark.parametrize(("scale", "corners"), [(0.0, 72), (math.nan, 72), (1.0, 7), (1.0, 721)])
def test_an_outline_that_cannot_be_drawn_is_refused(scale: float, corners: int) -> None:
    with pytest.raises(InvalidValue):
        ellipse_polygon(HENGYANG, ErrorEllipse(100.0, 50.0, 0.0), scale, corners)


@given(st.floats(0.0, 359.9), st.floats(0.1, 90.0))
def test_a_view_cone_is_closed_counter_clockwise_and_holds_its_area(azimuth_deg: float, half_deg: float) -> None:
    (ring,) = sector_polygon(HENGYANG, Bearing(azimuth_deg, 1.0), half_deg, 10_000.0)
    assert ring[0] == ring[-1] == [112.572, 26.8932]
    assert signed_area_m2(ring) == pytest.approx(math.radians(half_deg) * 1e8, rel=2e-3)


def test_a_view_cone_reaches_from_edge_to_edge() -> None:
    (ring,) = sector_polygon(HENGYANG, Bearing(350.0, 1.0), 27.0, 15_000.0)
    legs = [inverse(HENGYANG, Position(lat, lon)) for lon, lat in ring[1:-1]]
    assert all(leg.distance_m == pytest.approx(15_000.0, abs=0.02) for leg in legs)
    assert (legs[0].azimuth_deg, legs[-1].azimuth_deg) == (pytest.approx(17.0), pytest.approx(323.0))


@pytest.mark.parametrize(("half_deg", "range_m"), [(0.0, 100.0), (180.0, 100.0), (10.0, 0.0), (10.0, math.inf)])
def test_a_view_cone_that_is_none_is_refused(half_deg: float, range_m: float) -> None:
    with pytest.raises(InvalidValue):
        sector_polygon(HENGYANG, Bearing(0.0, 1.0), half_deg, range_m)


def test_an_outline_becomes_a_geojson_geometry() -> None:
    outline = sector_polygon(HENGYANG, Bearing(0.0, 1.0), 5.0, 100.0)
    assert as_geojson_polygon(outline) == {"type": "Polygon", "coordinates": outline}
