from __future__ import annotations

import numpy as np
import pytest

from firewatch.errors import InvalidValue
from firewatch.scene import Landscape, make_hills


def _slope(rows: int = 5, columns: int = 7) -> Landscape:
    north, east = np.mgrid[0:rows, 0:columns].astype(np.float32)
    return Landscape(100.0 + 10.0 * east + 20.0 * north, 50.0, -100.0, 400.0)


def test_elevation_between_cells_is_bilinear_and_row_0_lies_in_the_south() -> None:
    land = _slope()
    assert land.elevation_at(-100.0, 400.0) == pytest.approx(100.0)
    assert land.elevation_at(-75.0, 425.0) == pytest.approx(100.0 + 5.0 + 10.0)
    assert land.elevation_at(-100.0, 600.0) == pytest.approx(180.0)


def test_beyond_the_edge_the_edge_goes_on() -> None:
    land = _slope()
    assert land.elevation_at(-9e9, -9e9) == pytest.approx(100.0)
    assert land.elevation_at(9e9, 9e9) == pytest.approx(100.0 + 60.0 + 80.0)


def test_a_finer_raster_keeps_every_value_at_its_place() -> None:
    land = make_hills(np.random.default_rng(3), size_m=4000.0, cell_m=100.0)
    fine = land.finer(4)
    assert fine.cell_m == 25.0
    np.testing.assert_allclose(fine.elevation_m[::4, ::4], land.elevation_m, atol=1e-3)


def test_a_tower_stands_on_a_hilltop_not_on_the_slope_that_leaves_the_window() -> None:
    north, east = np.mgrid[-40:41, -40:41].astype(np.float32) * 50.0
    hill = 300.0 * np.exp(-((east + 200.0) ** 2 + north**2) / 200.0**2)
    land = Landscape((100.0 + hill + 0.4 * np.maximum(east, 0.0)).astype(np.float32), 50.0, -2000.0, -2000.0)
    assert land.summit_near(0.0, 0.0, 800.0) == (-200.0, 0.0)


def test_without_a_hilltop_the_highest_place_counts() -> None:
    assert _slope(41, 41).summit_near(900.0, 900.0, 200.0) == (1100.0, 1100.0)


def test_hills_follow_from_the_generator_alone_and_span_basin_to_summit() -> None:
    first, again = (make_hills(np.random.default_rng(8), size_m=10_000.0) for _ in range(2))
    other = make_hills(np.random.default_rng(9), size_m=10_000.0)
    np.testing.assert_array_equal(first.elevation_m, again.elevation_m)
    assert not np.array_equal(first.elevation_m, other.elevation_m)
    assert first.elevation_m.min() == pytest.approx(80.0)
    assert first.elevation_m.max() == pytest.approx(1200.0)
    assert first.elevation_m.shape == (201, 201)


def test_hills_have_a_wide_basin_and_slopes_that_one_can_walk() -> None:
    land = make_hills(np.random.default_rng(1))
    assert np.percentile(land.elevation_m, 30.0) < 250.0
    steep = np.hypot(*np.gradient(land.elevation_m, land.cell_m))
    assert 0.02 < np.median(steep) < 0.4
    assert np.percentile(steep, 99.5) < 1.5


@pytest.mark.parametrize(
    ("elevation", "cell_m"),
    [
        (np.zeros(9, np.float32), 10.0),
        (np.zeros((1, 9), np.float32), 10.0),
        (np.zeros((9, 9)), 10.0),
        (np.full((9, 9), np.nan, np.float32), 10.0),
        (np.zeros((9, 9), np.float32), 0.0),
    ],
)
def test_a_raster_that_is_none_is_refused(elevation: np.ndarray, cell_m: float) -> None:
    with pytest.raises(InvalidValue):
        Landscape(elevation, cell_m)
