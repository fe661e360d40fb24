"""Viewsheds against cases that can be worked out, against a line of sight for each cell, and between the engines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fractal import fractal_heights
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.domain.geo import Position
from firewatch.errors import InvalidValue, TerrainError
from firewatch.geodesy import LocalPlane
from firewatch.terrain import AboveGround, TerrainGrid, least_visible_height, line_of_sight, viewshed
from firewatch.terrain.reach import reach_of
from firewatch.terrain.sight import drop_m, effective_radius_m
from firewatch.terrain.visible import Engine, best_engine

PLANE = LocalPlane(Position(26.9, 112.6))
SIDE = 121
HILLS = TerrainGrid(PLANE, -1800.0, 1800.0, 30.0, fractal_heights(SIDE, 11, 120.0))


def flat(rows: int, columns: int, cell_m: float = 30.0) -> TerrainGrid:
    return TerrainGrid(PLANE, 0.0, (rows - 1) * cell_m, cell_m, np.zeros((rows, columns), np.float32))


@pytest.mark.parametrize("engine", list(Engine))
def test_on_the_plane_everything_to_the_horizon_is_seen_and_then_less_and_less(engine: Engine) -> None:
    # A sea of 120 km: an eye at 30 m sees its surface to 3.83 sqrt(30) = 21 km, and beyond it what is taller.
    grid = TerrainGrid(PLANE, -60_000.0, 400.0, 400.0, np.zeros((3, 301), np.float32))
    least = least_visible_height(grid, AboveGround(0.0, 0.0, 30.0), engine=engine)[1]
    far = np.abs(grid.east_m())
    horizon = math.sqrt(2.0 * effective_radius_m() * 30.0)
    assert horizon == pytest.approx(3830.0 * math.sqrt(30.0), rel=1e-3)
    assert (least[far <= horizon] == 0.0).all()
    beyond = far > horizon + 400.0
    np.testing.assert_allclose(least[beyond], drop_m(far[beyond] - horizon), atol=0.15)


@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_behind_a_ridge_the_shadow_deepens_as_the_line_over_it_climbs(
    engine: Engine, *, across: bool, turned: bool
) -> None:
    grid = flat(41, 41)
    wall = 15 if turned else 25
    grid.elevation_m[(slice(None), wall) if across else (wall, slice(None))] = 40.0
    least = least_visible_height(grid, AboveGround(600.0, 600.0, 10.0), refraction=0.0, engine=engine)
    along = least[20] if across else least[:, 20]
    along = along[::-1] if turned else along
    assert (along[:26] == 0.0).all()
    gone = 30.0 * np.arange(6, 21)
    wanted = 10.0 + gone / 150.0 * (30.0 - drop_m(150.0, 0.0)) + drop_m(gone, 0.0)
    np.testing.assert_allclose(along[26:], wanted, atol=1e-3)


@pytest.mark.parametrize(
    ("east", "north", "mast"),
    [
        (0.0, 0.0, 20.0),
        (7.3, -411.9, 5.0),
        (-1800.0, 1800.0, 2.0),
        (1800.0, 3.0, 30.0),
        (1e-7, -1e-7, 20.0),
        (0.1, -0.1, 20.0),
    ],
)
@pytest.mark.parametrize("range_m", [math.inf, 1234.5])
def test_both_engines_give_the_same_bits(east: float, north: float, mast: float, range_m: float) -> None:
    holed = TerrainGrid(PLANE, -1800.0, 1800.0, 30.0, HILLS.elevation_m[:, :].copy())
    holed.elevation_m[30:34, 70:90] = np.nan
    for grid in (HILLS, holed, TerrainGrid(PLANE, -1800.0, 1800.0, 30.0, HILLS.elevation_m[:, : SIDE - 40])):
        if east > 500.0 and grid.shape[1] < SIDE:
            continue
        eye = AboveGround(east, north, mast)
        one, other = (
            least_visible_height(grid, eye, max_range_m=range_m, engine=engine)
            for engine in (Engine.NUMPY, Engine.COMPILED)
        )
        assert one.dtype == np.float32
        np.testing.assert_array_equal(one.view(np.uint32)[~np.isnan(one)], other.view(np.uint32)[~np.isnan(one)])
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other))


def rays_of(grid: TerrainGrid, eye: AboveGround, cells: np.ndarray) -> np.ndarray:
    """Return the least visible height over some cells, each by a line of sight of its own."""
    east, north = grid.east_m()[cells[:, 1]], grid.north_m_of_rows()[cells[:, 0]]
    return np.array(
        [
            line_of_sight(grid, eye, AboveGround(float(x), float(y), 0.0)).least_visible_height_m
            for x, y in zip(east, north, strict=True)
        ]
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_it_comes_close_to_a_line_of_sight_for_each_cell(seed: int) -> None:
    grid = TerrainGrid(PLANE, -4500.0, 4500.0, 30.0, fractal_heights(301, seed, 120.0))
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 301, (1500, 2))
    highest = np.unravel_index(grid.elevation_m[100:200, 100:200].argmax(), (100, 100))
    eye = AboveGround(
        float(grid.east_m()[100 + highest[1]]) + 4.0, float(grid.north_m_of_rows()[100 + highest[0]]), 20.0
    )
    wanted = rays_of(grid, eye, cells)
    found = least_visible_height(grid, eye)[cells[:, 0], cells[:, 1]]
    for height, most in ((0.0, 0.012), (20.0, 0.004), (100.0, 0.003)):
        share = np.mean((found <= height) != (wanted <= height))
        assert share <= most, (height, share)
    assert np.median(np.abs(found - wanted)) < 0.05
    assert np.percentile(np.abs(found - wanted), 90) < 2.0


def test_what_is_seen_from_a_place_sees_it() -> None:
    eye = AboveGround(0.0, 0.0, 20.0)
    seen = viewshed(HILLS, eye, 30.0)
    rows, columns = np.nonzero(seen)
    rng = np.random.default_rng(0)
    agrees = []
    for pick in rng.choice(rows.size, 60, replace=False):
        row, column = rows[pick], columns[pick]
        back = AboveGround(float(HILLS.east_m()[column]), float(HILLS.north_m_of_rows()[row]), 30.0)
        agrees.append(viewshed(HILLS, back, 20.0)[SIDE // 2, SIDE // 2])
    assert np.mean(agrees) >= 0.95


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    east=st.floats(-500.0, 500.0),
    north=st.floats(-500.0, 500.0),
    low=st.floats(0.0, 60.0),
    more=st.floats(0.0, 200.0),
)
def test_a_higher_eye_never_sees_less(seed: int, east: float, north: float, low: float, more: float) -> None:
    grid = TerrainGrid(PLANE, -600.0, 600.0, 30.0, fractal_heights(41, seed, 80.0))
    one = least_visible_height(grid, AboveGround(east, north, low), engine=Engine.NUMPY)
    other = least_visible_height(grid, AboveGround(east, north, low + more), engine=Engine.NUMPY)
    assert (other <= one + 1e-3 * (1.0 + one)).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), height=st.floats(0.0, 300.0), more=st.floats(0.0, 300.0))
def test_a_taller_smoke_is_never_seen_less(seed: int, height: float, more: float) -> None:
    grid = TerrainGrid(PLANE, -600.0, 600.0, 30.0, fractal_heights(41, seed, 80.0))
    eye = AboveGround(13.0, -7.0, 10.0)
    low, tall = viewshed(grid, eye, height), viewshed(grid, eye, height + more)
    assert not (low & ~tall).any()
    np.testing.assert_array_equal(low, least_visible_height(grid, eye) <= np.float32(height))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), turns=st.integers(1, 3), is_mirrored=st.booleans())
def test_it_turns_with_the_ground(seed: int, turns: int, *, is_mirrored: bool) -> None:
    heights = fractal_heights(31, seed, 80.0)
    turned = np.ascontiguousarray(np.rot90(heights[:, ::-1] if is_mirrored else heights, turns))
    eye = AboveGround(0.0, 0.0, 5.0)
    one, other = (
        least_visible_height(TerrainGrid(PLANE, -450.0, 450.0, 30.0, each), eye, engine=Engine.NUMPY)
        for each in (heights, turned)
    )
    back = np.rot90(other, -turns)
    # On a diagonal two quadrants meet, and either may be the one that is written last.
    off = ~(np.eye(31, dtype=bool) | np.eye(31, dtype=bool)[::-1])
    np.testing.assert_allclose((back[:, ::-1] if is_mirrored else back)[off], one[off], atol=2e-3)


def test_a_void_hides_nothing_and_is_unknown_itself() -> None:
    grid = flat(41, 41)
    grid.elevation_m[:, 25] = 40.0
    grid.elevation_m[15:26, 24:27] = np.nan
    least = least_visible_height(grid, AboveGround(600.0, 600.0, 10.0))
    assert np.isnan(least[15:26, 24:27]).all()
    assert (least[20, 27:] == 0.0).all()
    assert (least[5, 30:33] > 0.0).all()
    assert not viewshed(grid, AboveGround(600.0, 600.0, 10.0), 500.0)[20, 25]


def test_beyond_the_range_nothing_is_told() -> None:
    eye = AboveGround(100.0, -50.0, 20.0)
    least = least_visible_height(HILLS, eye, max_range_m=777.0)
    east, north = np.meshgrid(HILLS.east_m() - 100.0, HILLS.north_m_of_rows() + 50.0)
    far = np.hypot(east, north)
    assert np.isnan(least[far > 777.1]).all()
    assert not np.isnan(least[far < 776.9]).any()
    np.testing.assert_allclose(least[far < 700.0], least_visible_height(HILLS, eye)[far < 700.0], atol=8.0)


def test_it_is_asked_for_what_can_be() -> None:
    eye = AboveGround(0.0, 0.0, 20.0)
    for range_m in (0.0, -1.0, math.nan):
        with pytest.raises(InvalidValue, match="range"):
            least_visible_height(HILLS, eye, max_range_m=range_m)
    with pytest.raises(InvalidValue, match="target"):
        viewshed(HILLS, eye, -1.0)
    with pytest.raises(TerrainError, match="no height of the ground"):
        viewshed(HILLS, AboveGround(9e4, 0.0, 20.0))


def test_without_numba_numpy_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert best_engine() is Engine.COMPILED
    monkeypatch.setattr("firewatch.terrain.visible.find_spec", lambda _: None)
    assert best_engine() is Engine.NUMPY
    assert viewshed(HILLS, AboveGround(0.0, 0.0, 20.0)).any()


def test_the_reach_counts_what_is_seen_by_sectors() -> None:
    grid = flat(41, 41)
    grid.elevation_m[:, 25] = 400.0
    grid.elevation_m[:3, :3] = np.nan
    eye = AboveGround(600.0, 600.0, 10.0)
    reach = reach_of(grid, eye, least_visible_height(grid, eye), (0.0, 5000.0))
    assert reach.known_km2 == pytest.approx((41 * 41 - 9) * 0.0009)
    assert reach.void_km2 == pytest.approx(9 * 0.0009)
    assert reach.share[1] == 1.0
    # From north clockwise: behind the wall in the east little is seen, in the west everything.
    assert (reach.sector_share[[2, 3], 0] < 0.2).all()
    assert (reach.sector_share[6:, 0] == 1.0).all()
    whole = (reach.sector_share[:, 0] >= 0.0).all()
    assert whole
    near = reach_of(grid, eye, least_visible_height(grid, eye, max_range_m=100.0), (0.0,), 100.0)
    assert (near.void_km2, near.share.tolist()) == (0.0, [1.0])


def test_where_nothing_may_be_kept_the_sweep_compiles_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from firewatch.terrain import sweep_kernel

    real = sweep_kernel.njit

    def read_only(signature: object, *, cache: bool = False, **options: object) -> object:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(signature, **options)

    monkeypatch.setattr(sweep_kernel, "njit", read_only)
    assert sweep_kernel._compiled(lambda x: 2.0 * x)(21.0) == 42.0
