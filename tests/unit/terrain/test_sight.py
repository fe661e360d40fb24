"""Curvature, refraction, elevation angles and one line of sight, against what can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fractal import fractal_heights

from firewatch.domain.geo import Position
from firewatch.errors import InvalidValue, TerrainError
from firewatch.geodesy import LocalPlane
from firewatch.terrain import AboveGround, TerrainGrid, elevation_angle_deg, line_of_sight
from firewatch.terrain.sight import EARTH_RADIUS_M, drop_m, effective_radius_m

PLANE = LocalPlane(Position(26.9, 112.6))


def flat(half: int = 20, cell_m: float = 30.0, height_m: float = 0.0) -> TerrainGrid:
    heights = np.full((2 * half + 1, 2 * half + 1), height_m, np.float32)
    return TerrainGrid(PLANE, -half * cell_m, half * cell_m, cell_m, heights)


def with_ridge(column: int, height_m: float, half: int = 20) -> TerrainGrid:
    """Return flat ground with a wall of one column of cells, 30 m each."""
    grid = flat(half)
    grid.elevation_m[:, column] = height_m
    return grid


def test_the_ground_drops_as_surveyors_say() -> None:
    # 0.0785 m in 1 km without air, by half the square over the radius; refraction takes 13 % of it away.
    assert drop_m(1000.0, 0.0) == pytest.approx(0.0785, abs=5e-5)
    assert drop_m(1000.0) == pytest.approx(0.87 * 0.0785, abs=5e-5)
    assert drop_m(np.array([[0.0, 2000.0]]), 0.0).shape == (1, 2)
    assert effective_radius_m(0.0) == EARTH_RADIUS_M


@pytest.mark.parametrize(("refraction", "factor"), [(0.0, 3.57), (1.0 / 7.0, 3.86), (0.13, 3.83)])
def test_the_horizon_is_as_far_as_seafarers_say(refraction: float, factor: float) -> None:
    # An eye at h sees as far as the tangent touches: there the drop is h, and h again below the tangent.
    for height_m in (2.0, 20.0, 200.0):
        distance_m = math.sqrt(2.0 * effective_radius_m(refraction) * height_m)
        assert distance_m / 1000.0 == pytest.approx(factor * math.sqrt(height_m), rel=2e-3)
        assert drop_m(distance_m, refraction) == pytest.approx(height_m)


def test_the_parabola_is_the_sphere_to_a_millimetre_a_kilometre_of_height_within_sixty_kilometres() -> None:
    for distance_m in (1e3, 1e4, 6e4):
        radius_m = effective_radius_m()
        on_sphere = radius_m * (1.0 / math.cos(distance_m / radius_m) - 1.0)
        assert drop_m(distance_m) == pytest.approx(on_sphere, rel=1e-4)


@pytest.mark.parametrize("refraction", [-1.5, 0.95, math.nan])
def test_air_that_bends_light_more_than_it_can_is_refused(refraction: float) -> None:
    with pytest.raises(InvalidValue, match="refraction"):
        effective_radius_m(refraction)


def test_an_angle_is_rise_over_distance_less_the_drop() -> None:
    grid = flat(40)
    east, north = np.array([300.0, 0.0, 600.0]), np.array([0.0, -900.0, 800.0])
    found = elevation_angle_deg(grid, AboveGround(0.0, 0.0, 50.0), east, north, np.array([0.0, 50.0, 80.0]))
    far = np.hypot(east, north)
    wanted = np.degrees(np.arctan2(np.array([-50.0, 0.0, 30.0]) - drop_m(far), far))
    np.testing.assert_allclose(found, wanted, atol=1e-9)
    assert np.isnan(elevation_angle_deg(grid, AboveGround(0.0, 0.0, 50.0), np.array([9e9]), np.array([0.0]))).all()


def test_an_eye_stands_over_its_place_whatever_elevation_the_place_has() -> None:
    place = PLANE.unproject(PLANE.project(Position(26.903, 112.604)))
    eye = AboveGround.at(PLANE, Position(place.lat_deg, place.lon_deg, 777.0), 20.0)
    point = PLANE.project(place)
    assert (eye.east_m, eye.north_m, eye.above_ground_m) == (point.east_m, point.north_m, 20.0)


def test_a_wall_hides_what_the_line_over_its_edge_passes() -> None:
    # The eye 10 m over the plane; a wall of 40 m at 150 m; behind it the line climbs 0.2 m a metre.
    grid = with_ridge(25, 40.0)
    eye, target = AboveGround(0.0, 0.0, 10.0), AboveGround(600.0, 0.0, 0.0)
    found = line_of_sight(grid, eye, target, refraction=0.0)
    edge = (40.0 - float(drop_m(150.0, 0.0)) - 10.0) / 150.0
    assert found.least_visible_height_m == pytest.approx(10.0 + 600.0 * edge + float(drop_m(600.0, 0.0)))
    assert found.distance_m == 600.0
    assert not found.is_clear
    assert found.elevation_deg == pytest.approx(math.degrees(math.atan2(-10.0 - float(drop_m(600.0, 0.0)), 600.0)))
    tall = AboveGround(600.0, 0.0, found.least_visible_height_m + 0.01)
    assert line_of_sight(grid, eye, tall, refraction=0.0).is_clear
    # Askew, the same wall is farther away along the line, and its edge lower.
    askew = line_of_sight(grid, eye, AboveGround(600.0, 600.0, 0.0), refraction=0.0)
    assert askew.least_visible_height_m == pytest.approx(10.0 + 4.0 * 30.0, abs=0.1)


def test_before_the_wall_and_on_it_nothing_is_hidden() -> None:
    grid = with_ridge(25, 40.0)
    eye = AboveGround(0.0, 0.0, 10.0)
    for east in (0.0, 20.0, 120.0, 150.0):
        assert line_of_sight(grid, eye, AboveGround(east, 0.0, 0.0)).is_clear, east


def test_sight_goes_both_ways() -> None:
    grid = TerrainGrid(PLANE, -1200.0, 1200.0, 30.0, fractal_heights(81, 5, 60.0))
    rng = np.random.default_rng(3)
    for _ in range(50):
        one = AboveGround(*rng.uniform(-1100.0, 1100.0, 2), 3.0)
        other = AboveGround(*rng.uniform(-1100.0, 1100.0, 2), 3.0)
        assert line_of_sight(grid, one, other).is_clear == line_of_sight(grid, other, one).is_clear


def test_an_eye_or_target_without_ground_is_refused_and_told_what_to_do() -> None:
    grid = flat()
    outside = AboveGround(5000.0, 0.0, 2.0)
    for pair in ((outside, AboveGround(0.0, 0.0, 2.0)), (AboveGround(0.0, 0.0, 2.0), outside)):
        with pytest.raises(TerrainError, match=r"5000 m east.*import the tiles"):
            line_of_sight(grid, *pair)


def test_a_void_hides_nothing() -> None:
    grid = with_ridge(25, 40.0)
    grid.elevation_m[:, 24:27] = np.nan
    found = line_of_sight(grid, AboveGround(0.0, 0.0, 10.0), AboveGround(600.0, 0.0, 0.0))
    assert found.is_clear
    grid.elevation_m[:, 22:] = np.nan
    grid.elevation_m[:, 38:] = 0.0
    assert line_of_sight(grid, AboveGround(0.0, 0.0, 10.0), AboveGround(570.0, 0.0, 0.0)).is_clear


@pytest.mark.parametrize("values", [(math.nan, 0.0, 1.0), (0.0, math.inf, 1.0), (0.0, 0.0, -1.0), (0.0, 0.0, 1001.0)])
def test_what_is_no_point_above_ground_is_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidValue):
        AboveGround(*values)
