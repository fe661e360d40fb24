from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sight_lines import HENGYANG, RANGE_M, line, place

from firewatch.domain.geo import Bearing, Position
from firewatch.domain.ids import TowerId
from firewatch.errors import InvalidValue
from firewatch.fusion import (
    Eye,
    Posterior,
    SightLine,
    as_geometry,
    locate_fire,
    region,
    region_scale,
    shares,
    squares,
)
from firewatch.geodesy import direct, inverse

A, B, C = (-7_000.0, 0.0), (5_000.0, -4_000.0), (0.0, 9_000.0)


@pytest.fixture(scope="module")
def three() -> Posterior:
    return locate_fire([line("a", A), line("b", B), line("c", C)])


@pytest.fixture(scope="module")
def wedge() -> Posterior:
    return locate_fire([line("a", (0.0, 0.0), fire=(9_000.0, 0.0))])


def outline_of(geometry: dict[str, object]) -> shapely.Geometry:
    return shapely.from_geojson(json.dumps(geometry))


def test_the_region_of_three_towers_is_their_ellipse(three: Posterior) -> None:
    for share in (0.5, 0.9):
        found = region(three, share)
        (part,) = found.geoms
        assert part.is_valid
        scale = region_scale(share)
        assert part.area == pytest.approx(math.pi * scale**2 * three.ellipse.major_m * three.ellipse.minor_m, rel=0.12)
        assert part.contains(shapely.Point(three.best.east_m, three.best.north_m))


@pytest.mark.parametrize("share", [0.1, 0.3, 0.9, 0.99])
def test_a_region_holds_its_share(three: Posterior, wedge: Posterior, share: float) -> None:
    """Counted over points thrown into the patches by their mass."""
    rng = np.random.default_rng(1)
    for posterior in (three, wedge):
        patches = posterior.patches.take(rng.choice(len(posterior.mass), 4_000, p=posterior.mass))
        turn = rng.uniform(patches.turn0, patches.turn1)
        east_m, north_m = posterior.fan.place(turn, rng.uniform(patches.range0, patches.range1))
        held = shapely.contains_xy(region(posterior, share), east_m, north_m).mean()
        assert held == pytest.approx(share, abs=0.03)


@settings(max_examples=15)
@given(st.floats(0.02, 0.6), st.floats(0.05, 0.35))
def test_a_larger_share_is_around_a_smaller_one(share: float, more: float) -> None:
    posterior = locate_fire([line("a", A), line("b", B)])
    inner, outer = region(posterior, share), region(posterior, share + more)
    assert outer.area > inner.area
    assert inner.difference(outer).area < 0.02 * inner.area


@pytest.mark.parametrize("share", [0.0, 1.0, math.nan])
def test_a_share_that_is_none_is_refused(three: Posterior, share: float) -> None:
    with pytest.raises(InvalidValue, match="probability"):
        region(three, share)


def test_a_region_is_geojson_that_runs_counter_clockwise(three: Posterior) -> None:
    geometry = as_geometry(three, region(three, 0.9))
    assert geometry["type"] == "Polygon"
    outline = outline_of(geometry)
    assert outline.is_valid
    assert outline.exterior.is_ccw
    assert outline.contains(shapely.Point(HENGYANG.lon_deg, HENGYANG.lat_deg))


def test_two_possible_crossings_are_two_parts() -> None:
    posterior = locate_fire([line("a", A), line("b", B), line("c", C, off_deg=8.0)])
    geometry = as_geometry(posterior, region(posterior, 0.9))
    assert geometry["type"] == "MultiPolygon"
    parts = shapely.get_parts(outline_of(geometry))
    assert len(parts) >= 2
    assert all(part.exterior.is_ccw for part in parts)


def test_a_hole_runs_clockwise() -> None:
    """Where the prior rules out the middle, the region has a hole."""
    posterior = locate_fire(
        [line("a", A, sigma_deg=3.0), line("b", B, sigma_deg=3.0)],
        prior=lambda east, north: np.where(np.hypot(east - 7_000.0, north) < 250.0, -12.0, 0.0),
    )
    outline = outline_of(as_geometry(posterior, region(posterior, 0.9)))
    (hole,) = [ring for part in shapely.get_parts(outline) for ring in part.interiors]
    assert not hole.is_ccw


def test_a_region_over_the_antimeridian_is_cut_there() -> None:
    middle = Position(52.0, 180.0)
    lines = []
    for name, azimuth_deg in (("a", 30.0), ("b", 120.0)):
        at = direct(middle, azimuth_deg, 9_000.0)
        lines.append(SightLine(Eye(TowerId(name), at, RANGE_M), Bearing(inverse(at, middle).azimuth_deg, 0.5)))
    posterior = locate_fire(lines)
    geometry = as_geometry(posterior, region(posterior, 0.9))
    assert geometry["type"] == "MultiPolygon"
    west, east = sorted(outline_of(geometry).geoms, key=lambda part: part.bounds[0])
    assert west.bounds[0] == -180.0
    assert east.bounds[2] == 180.0
    assert west.bounds[2] < -179.9
    assert east.bounds[0] > 179.9


@pytest.mark.parametrize("lat_deg", [-78.0, 0.0, 84.0])
def test_regions_have_the_same_size_at_any_latitude(lat_deg: float, three: Posterior) -> None:
    middle = Position(lat_deg, 20.0)
    lines = []
    for name, at in (("a", A), ("b", B), ("c", C)):
        where = direct(middle, math.degrees(math.atan2(*at)), math.hypot(*at))
        lines.append(SightLine(Eye(TowerId(name), where, RANGE_M), Bearing(inverse(where, middle).azimuth_deg, 0.5)))
    assert region(locate_fire(lines), 0.9).area == pytest.approx(region(three, 0.9).area, rel=0.03)


def test_the_shares_of_townships_are_what_lies_in_them(three: Posterior, wedge: Posterior) -> None:
    """A border through the fire: half on each side; a township in two parts, and one far away."""

    def ring(*corners: tuple[float, float]) -> list[tuple[float, float]]:
        return [(place(*corner).lon_deg, place(*corner).lat_deg) for corner in corners]

    east = ring((0.0, -9e3), (9e3, -9e3), (9e3, 9e3), (0.0, 9e3))
    north_west = ring((-9e3, 0.0), (0.0, 0.0), (0.0, 9e3), (-9e3, 9e3))
    south_west = ring((-9e3, -9e3), (0.0, -9e3), (0.0, 0.0), (-9e3, 0.0))
    far = ring((3e4, 3e4), (4e4, 3e4), (4e4, 4e4))
    in_two = shapely.MultiPolygon([shapely.Polygon(north_west), shapely.Polygon(south_west)])
    in_far, in_west, in_east = shares(three, [shapely.Polygon(far), in_two, shapely.Polygon(east)])
    assert in_east == pytest.approx(0.5, abs=0.05)
    assert in_west == pytest.approx(0.5, abs=0.05)
    assert in_east + in_west == pytest.approx(1.0, abs=1e-3)
    assert in_far == 0.0
    town = ring((-200.0, -200.0), (200.0, -200.0), (200.0, 200.0), (-200.0, 200.0))
    around, inner = shares(three, [shapely.Polygon(east, [town]), shapely.Polygon(town)])
    assert around + inner / 2.0 == pytest.approx(in_east, abs=0.05)


def test_squares_add_up_and_come_in_order(three: Posterior, wedge: Posterior) -> None:
    for posterior in (three, wedge):
        found = squares(posterior, least=0.0)
        assert sum(square.probability for square in found) == pytest.approx(1.0)
        assert [s.probability for s in found] == sorted((s.probability for s in found), reverse=True)
    assert len(squares(three)) == 4, "the fire lies where four squares meet"
    assert all(abs(s.south_deg - HENGYANG.lat_deg) < 0.011 for s in squares(three))
    with pytest.raises(InvalidValue, match="side of a square"):
        squares(three, 0.0)


def test_a_region_that_no_raster_shows_is_its_patches(three: Posterior) -> None:
    higher = replace(three, log_density=three.log_density + 3.0)
    found = region(higher, 0.5)
    assert found.area == pytest.approx(region(three, 0.5).area, rel=0.15)
