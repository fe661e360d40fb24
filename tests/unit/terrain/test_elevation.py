"""Tiles in degrees become a raster of the plane: bilinear, without seams, voids kept."""

from __future__ import annotations

import math

import numpy as np
import pytest

from firewatch.domain.geo import Position
from firewatch.errors import InvalidValue, TerrainError
from firewatch.geodesy import LocalPlane, PlanePoint
from firewatch.terrain import AboveGround, TerrainGrid, least_visible_height, line_of_sight, skyline
from firewatch.terrain.elevation import ElevationTile, box_deg_around, grid_from_tiles

ORIGIN = Position(26.9, 112.6)
PLANE = LocalPlane(ORIGIN)
STEP = 1.0 / 3600.0


def height_of(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Return a tilted plane in degrees, which bilinear sampling must give back."""
    return 300.0 + 2000.0 * (lat - 26.9) - 1500.0 * (lon - 112.6)


def tile(west: float, north: float, rows: int, columns: int, step: float = STEP) -> ElevationTile:
    lon, lat = np.meshgrid(west + step * np.arange(columns), north - step * np.arange(rows))
    return ElevationTile(west, north, step, step, height_of(lat, lon).astype(np.float32))


def heights_wanted(grid: TerrainGrid) -> np.ndarray:
    east, north = np.meshgrid(grid.east_m(), grid.north_m_of_rows())
    lat, lon = PLANE.unproject_all(east, north)
    return height_of(lat, lon)


def test_a_tile_is_resampled_bilinear_at_the_geodesics_of_its_cells() -> None:
    grid = grid_from_tiles([tile(112.5, 27.0, 720, 720)], PLANE, 3000.0, 25.0)
    assert (grid.west_m, grid.north_m, grid.cell_m, grid.shape) == (-3000.0, 3000.0, 25.0, (241, 241))
    np.testing.assert_allclose(grid.elevation_m, heights_wanted(grid), atol=2e-3)
    one = PLANE.unproject(PlanePoint(-1234.0, 777.0))
    wanted = height_of(np.asarray(one.lat_deg), np.asarray(one.lon_deg))
    assert grid.height_at(np.asarray(-1234.0), np.asarray(777.0)) == pytest.approx(wanted, abs=0.01)


def test_no_seam_shows_between_tiles_whose_cells_follow_each_other() -> None:
    # As Copernicus cuts: the next tile begins one cell behind the last one of the former. The origin is in the corner.
    parts = [
        tile(west, north, 200, 200)
        for north in (26.9 + 199 * STEP, 26.9 - STEP)
        for west in (112.6 - 200 * STEP, 112.6)
    ]
    grid = grid_from_tiles(parts, PLANE, 3000.0, 30.0)
    assert not np.isnan(grid.elevation_m).any()
    np.testing.assert_allclose(grid.elevation_m, heights_wanted(grid), atol=2e-3)


def test_tiles_that_share_their_edges_fit_as_well() -> None:
    # As SRTM cuts: the last cells of one are the first of the next.
    parts = [tile(112.6 - 199 * STEP, 27.0, 600, 200), tile(112.6, 27.0, 600, 300)]
    grid = grid_from_tiles(parts, PLANE, 3000.0, 30.0)
    np.testing.assert_allclose(grid.elevation_m, heights_wanted(grid), atol=2e-3)


def test_a_void_stays_one_and_a_coarser_model_behind_fills_it() -> None:
    fine = tile(112.5, 27.0, 720, 720)
    fine.elevation_m[350:360, 355:365] = np.nan
    holed = grid_from_tiles([fine], PLANE, 3000.0, 30.0)
    share = np.isnan(holed.elevation_m).mean()
    assert 0.0 < share < 0.05
    filled = grid_from_tiles([fine, tile(112.5, 27.0, 240, 240, 3.0 * STEP)], PLANE, 3000.0, 30.0)
    assert not np.isnan(filled.elevation_m).any()
    np.testing.assert_allclose(filled.elevation_m, heights_wanted(filled), atol=2e-3)
    known = ~np.isnan(holed.elevation_m)
    np.testing.assert_array_equal(filled.elevation_m[known], holed.elevation_m[known])


def test_the_first_tile_is_trusted_most() -> None:
    high = tile(112.5, 27.0, 720, 720)
    high.elevation_m[:] += 50.0
    for other in (tile(112.5, 27.0, 720, 720), tile(112.5, 27.0, 240, 240, 3.0 * STEP)):
        grid = grid_from_tiles([high, other], PLANE, 1000.0, 30.0)
        np.testing.assert_allclose(grid.elevation_m, heights_wanted(grid) + 50.0, atol=2e-3)


def test_where_no_tile_lies_the_raster_is_unknown_or_refused() -> None:
    grid = grid_from_tiles([tile(112.6, 27.0, 720, 400)], PLANE, 3000.0, 30.0)
    east, _ = np.meshgrid(grid.east_m(), grid.north_m_of_rows())
    assert np.isnan(grid.elevation_m[east < -30.0]).all()
    assert not np.isnan(grid.elevation_m[east > 30.0]).any()
    for tiles in ([], [tile(10.0, 50.0, 30, 30)]):
        with pytest.raises(TerrainError, match=r"26\.90000, 112\.60000.*firewatch terrain import"):
            grid_from_tiles(tiles, PLANE, 3000.0, 30.0)


def test_one_row_or_column_of_a_tile_is_enough_where_it_is() -> None:
    thin = tile(112.6, 26.9, 1, 1)
    grid = grid_from_tiles([thin, tile(112.5, 27.0, 720, 720)], PLANE, 300.0, 30.0)
    np.testing.assert_allclose(grid.elevation_m, heights_wanted(grid), atol=2e-3)


@pytest.mark.parametrize(("half_side_m", "cell_m"), [(10.0, 30.0), (200_000.0, 30.0), (1000.0, 0.5), (math.nan, 30.0)])
def test_sizes_that_make_no_raster_are_refused(half_side_m: float, cell_m: float) -> None:
    with pytest.raises(InvalidValue):
        grid_from_tiles([tile(112.5, 27.0, 720, 720)], PLANE, half_side_m, cell_m)


@pytest.mark.parametrize(
    "values",
    [
        (181.0, 27.0, STEP, STEP, np.zeros((2, 2), np.float32)),
        (112.0, 91.0, STEP, STEP, np.zeros((2, 2), np.float32)),
        (112.0, 27.0, 0.0, STEP, np.zeros((2, 2), np.float32)),
        (112.0, 27.0, STEP, -STEP, np.zeros((2, 2), np.float32)),
        (112.0, 27.0, STEP, STEP, np.zeros((2, 2))),
        (112.0, 27.0, STEP, STEP, np.zeros(2, np.float32)),
        (112.0, 27.0, STEP, STEP, np.zeros((0, 2), np.float32)),
    ],
)
def test_what_is_no_tile_is_refused(values: tuple[float, float, float, float, np.ndarray]) -> None:
    with pytest.raises(InvalidValue):
        ElevationTile(*values)


def test_the_box_around_a_place_holds_its_square() -> None:
    west, south, east, north = box_deg_around(PLANE, 20_000.0)
    for x in (-20_000.0, 0.0, 20_000.0):
        for y in (-20_000.0, 0.0, 20_000.0):
            at = PLANE.unproject(PlanePoint(x, y))
            assert west <= at.lon_deg <= east
            assert south <= at.lat_deg <= north


def jacksboro() -> ElevationTile:
    """Return the real SRTM tile that comes with matplotlib: a fault in Tennessee, cells of 3 seconds."""
    cbook = pytest.importorskip("matplotlib.cbook")
    try:
        sample = cbook.get_sample_data("jacksboro_fault_dem.npz")
    except FileNotFoundError:
        pytest.skip("this matplotlib comes without its sample data")
    with sample:
        west, north = float(sample["xmin"]), max(float(sample["ymin"]), float(sample["ymax"]))
        step_lon, step_lat = float(sample["dx"]), float(sample["dy"])
        heights = sample["elevation"].astype(np.float32)
    return ElevationTile(west + step_lon / 2.0, north - step_lat / 2.0, step_lon, step_lat, heights)


def test_over_real_hills_viewshed_line_of_sight_and_skyline_agree() -> None:
    plane = LocalPlane(Position(36.59, -84.25))
    grid = grid_from_tiles([jacksboro()], plane, 9000.0, 60.0)
    assert not np.isnan(grid.elevation_m).any()
    assert 236.0 <= grid.elevation_m.min() < grid.elevation_m.max() <= 1076.0
    top = np.unravel_index(grid.elevation_m[100:200, 100:200].argmax(), (100, 100))
    eye = AboveGround(float(grid.east_m()[100 + top[1]]), float(grid.north_m_of_rows()[100 + top[0]]), 25.0)
    least = least_visible_height(grid, eye)
    assert 0.02 < (least == 0.0).mean() < 0.6
    rng = np.random.default_rng(1)
    places = rng.integers(0, grid.shape[0], (400, 2))
    rays = np.array(
        [
            line_of_sight(
                grid, eye, AboveGround(float(grid.east_m()[q]), float(grid.north_m_of_rows()[r]), 0.0)
            ).least_visible_height_m
            for r, q in places
        ]
    )
    found = least[places[:, 0], places[:, 1]]
    assert np.mean((found == 0.0) != (rays == 0.0)) < 0.015
    assert np.percentile(np.abs(found - rays), 95) < 6.0
    # Where the skyline stands the ground is seen, and nothing beyond it is.
    horizon = skyline(grid, eye, np.arange(0.0, 360.0, 15.0), 5000.0)
    for azimuth, far in zip(horizon.azimuth_deg, horizon.distance_m - 1.0, strict=True):
        toward = math.radians(azimuth)
        crest = AboveGround(eye.east_m + far * math.sin(toward), eye.north_m + far * math.cos(toward), 3.0)
        assert line_of_sight(grid, eye, crest).is_clear, azimuth


def test_a_raster_around_another_point_of_the_plane_is_a_part_of_a_wider_one() -> None:
    model = [tile(112.5, 27.0, 720, 720)]
    wide = grid_from_tiles(model, PLANE, 6000.0, 60.0)
    part = grid_from_tiles(model, PLANE, 1500.0, 60.0, PlanePoint(2400.0, -1800.0))
    assert (part.west_m, part.north_m, part.shape) == (900.0, -300.0, (51, 51))
    top, left = round((wide.north_m - part.north_m) / 60.0), round((part.west_m - wide.west_m) / 60.0)
    np.testing.assert_allclose(part.elevation_m, wide.elevation_m[top : top + 51, left : left + 51], atol=0.05)
    west, south, east, north = box_deg_around(PLANE, 1500.0, PlanePoint(2400.0, -1800.0))
    corner = PLANE.project(Position(north, east))
    assert corner.east_m == pytest.approx(3900.0, abs=5.0)
    assert corner.north_m == pytest.approx(-300.0, abs=5.0)
    assert west < east
    assert south < north
