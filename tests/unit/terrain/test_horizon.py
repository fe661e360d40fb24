"""Skylines against walls, spheres, dense sampling, and on a real piece of the Appalachians."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fractal import fractal_heights

from firewatch.domain.geo import Position
from firewatch.errors import InvalidValue, TerrainError
from firewatch.geodesy import LocalPlane, PlanePoint, inverse
from firewatch.terrain import AboveGround, TerrainGrid, elevation_angle_deg, skyline
from firewatch.terrain.sight import drop_m, effective_radius_m

PLANE = LocalPlane(Position(26.9, 112.6))
ALL_ROUND = np.arange(0.0, 360.0, 3.7)


def test_over_the_sea_the_horizon_dips_as_navigators_say() -> None:
    # The dip is the square root of 2 h / R, and the horizon lies as far.
    grid = TerrainGrid(PLANE, -40_000.0, 40_000.0, 200.0, np.zeros((401, 401), np.float32))
    found = skyline(grid, AboveGround(0.0, 0.0, 50.0), ALL_ROUND)
    dip = math.degrees(math.sqrt(2.0 * 50.0 / effective_radius_m()))
    np.testing.assert_allclose(found.elevation_deg, -dip, atol=1e-4)
    np.testing.assert_allclose(found.distance_m, math.sqrt(2.0 * 50.0 * effective_radius_m()), rtol=0.01)


def test_a_wall_around_the_eye_stands_where_it_stands() -> None:
    heights = np.zeros((81, 81), np.float32)
    heights[:, 70] = 100.0
    grid = TerrainGrid(PLANE, -1200.0, 1200.0, 30.0, heights)
    found = skyline(grid, AboveGround(0.0, 0.0, 10.0), np.array([90.0, 450.0, 60.0, 0.0]))
    for number, far in ((0, 900.0), (1, 900.0), (2, 900.0 / math.cos(math.radians(30.0)))):
        assert found.distance_m[number] == pytest.approx(far)
        wanted = math.degrees(math.atan((90.0 - float(drop_m(far))) / far))
        assert found.elevation_deg[number] == pytest.approx(wanted, abs=1e-6)
    assert found.elevation_deg[3] < 0.0
    assert found.azimuth_deg.tolist() == [90.0, 450.0, 60.0, 0.0]


def test_it_agrees_with_looking_at_every_metre() -> None:
    grid = TerrainGrid(PLANE, -3000.0, 3000.0, 30.0, fractal_heights(201, 4, 120.0))
    eye = AboveGround(213.0, -88.0, 15.0)
    found = skyline(grid, eye, ALL_ROUND)
    turn = math.radians(PLANE.grid_azimuth_deg(PLANE.unproject(PlanePoint(eye.east_m, eye.north_m)), 0.0))
    far = np.arange(1.0, 4600.0)
    errors = []
    for azimuth, elevation in zip(found.azimuth_deg, found.elevation_deg, strict=True):
        toward = math.radians(azimuth) + turn
        dense = elevation_angle_deg(grid, eye, 213.0 + far * math.sin(toward), -88.0 + far * math.cos(toward))
        errors.append(abs(elevation - np.nanmax(dense)))
    # Within a cell the bilinear ground may bulge over its edges: it shows where the horizon is near and steep.
    assert max(errors) < 0.1
    assert np.median(errors) < 0.01


def test_azimuths_are_true_where_the_eye_is_not_where_the_plane_begins() -> None:
    # 60 km east of the origin, north of the plane and true north differ by the convergence, 0.27 degrees here.
    plane = LocalPlane(Position(26.9, 112.6))
    eye_at = plane.unproject(PlanePoint(60_000.0, 0.0))
    peak_at = Position(eye_at.lat_deg + 0.045, eye_at.lon_deg + 0.001)
    heights = np.zeros((401, 401), np.float32)
    grid = TerrainGrid(plane, 54_000.0, 6_000.0, 30.0, heights)
    peak = plane.project(peak_at)
    row, column = grid.row_column(np.asarray(peak.east_m), np.asarray(peak.north_m))
    heights[round(float(row)), round(float(column))] = 400.0
    top = PlanePoint(float(grid.east_m()[round(float(column))]), float(grid.north_m_of_rows()[round(float(row))]))
    wanted = inverse(eye_at, plane.unproject(top))
    azimuths = np.arange(-1.0, 3.0, 0.005)
    found = skyline(grid, AboveGround(60_000.0, 0.0, 20.0), azimuths)
    summit = found.elevation_deg.argmax()
    assert azimuths[summit] == pytest.approx(wanted.azimuth_deg, abs=0.02)
    assert found.distance_m[summit] == pytest.approx(wanted.distance_m, abs=2.0)
    assert abs(plane.grid_azimuth_deg(eye_at, 0.0) - 360.0) > 0.2


def test_where_no_ground_is_known_there_is_no_horizon() -> None:
    heights = np.zeros((41, 41), np.float32)
    heights[:, 22:] = np.nan
    grid = TerrainGrid(PLANE, -600.0, 600.0, 30.0, heights)
    found = skyline(grid, AboveGround(0.0, 0.0, 10.0), np.array([270.0]))
    assert found.distance_m[0] == pytest.approx(600.0)
    edge = skyline(grid, AboveGround(-600.0, 600.0, 10.0), np.array([315.0, 135.0]))
    assert np.isnan(edge.elevation_deg).tolist() == [True, False]
    assert np.isnan(edge.distance_m).tolist() == [True, False]


def test_the_range_ends_the_view() -> None:
    heights = np.zeros((81, 81), np.float32)
    heights[:, 70] = 100.0
    grid = TerrainGrid(PLANE, -1200.0, 1200.0, 30.0, heights)
    found = skyline(grid, AboveGround(0.0, 0.0, 10.0), np.array([90.0]), 600.0)
    assert found.elevation_deg[0] < 0.0
    assert found.distance_m[0] <= 600.0


def test_it_is_asked_for_what_can_be() -> None:
    grid = TerrainGrid(PLANE, -600.0, 600.0, 30.0, np.zeros((41, 41), np.float32))
    eye = AboveGround(0.0, 0.0, 10.0)
    for azimuths in (np.zeros((2, 2)), np.array([0.0, math.nan])):
        with pytest.raises(InvalidValue, match="azimuths"):
            skyline(grid, eye, azimuths)
    with pytest.raises(InvalidValue, match="range"):
        skyline(grid, eye, np.zeros(1), 0.0)
    with pytest.raises(TerrainError):
        skyline(grid, AboveGround(9e4, 0.0, 10.0), np.zeros(1))
    assert skyline(grid, eye, np.zeros(0)).elevation_deg.shape == (0,)
