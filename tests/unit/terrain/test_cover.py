"""Land cover on a plane: each place has the class of its cell, each cell of a raster its shares."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.domain.geo import ErrorEllipse, Position
from firewatch.domain.land import LandClass
from firewatch.errors import InvalidValue
from firewatch.geodesy import LocalPlane
from firewatch.terrain import TerrainGrid
from firewatch.terrain.cover import CoverTile, codes_at, majority_over, mean_over, reach_of_shares, shares_around

PLACE = Position(26.9, 112.6)
PLANE = LocalPlane(PLACE)
STEP = 1.0 / 9000.0
POINT = ErrorEllipse(0.0, 0.0, 0.0)
TREES, WATER, FIELD = int(LandClass.TREE_COVER), int(LandClass.WATER), int(LandClass.CROPLAND)


def tile(codes: np.ndarray, west: float = 112.55, north: float = 26.95, step: float = STEP) -> CoverTile:
    return CoverTile(west, north, step, step, codes.astype(np.uint8))


def halves(west_code: int, east_code: int) -> CoverTile:
    """Return a map whose border runs through the place from north to south."""
    codes = np.full((900, 900), west_code)
    codes[:, 450:] = east_code
    return tile(codes)


def grid(cell_m: float, half: int, west_m: float | None = None) -> TerrainGrid:
    flat = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    return TerrainGrid(PLANE, -half * cell_m if west_m is None else west_m, half * cell_m, cell_m, flat)


def test_a_place_has_the_class_of_its_cell_and_none_outside() -> None:
    small = tile(np.array([[1, 2], [3, 4]]), 112.0, 27.0, 0.5)
    lat = np.array([26.9, 26.9, 26.1, 26.1, 27.1, 26.5, 25.9])
    lon = np.array([112.1, 112.9, 112.1, 112.9, 112.5, 113.1, 112.5])
    assert codes_at([small], lat, lon).tolist() == [1, 2, 3, 4, 0, 0, 0]
    behind = tile(np.full((4, 4), 9), 111.5, 27.5, 0.5)
    beside = tile(np.array([[0, 2], [3, 4]]), 112.0, 27.0, 0.5)
    assert codes_at([beside, behind], lat, lon).tolist() == [9, 2, 3, 4, 9, 9, 9], "the first that knows is taken"
    assert codes_at([], lat, lon).tolist() == [0] * 7


def test_a_cell_on_a_border_has_the_mean_of_both_sides() -> None:
    found = mean_over(grid(100.0, 10), [halves(TREES, WATER)], {TREES: 1.0, WATER: 0.0})
    assert found.shape == (21, 21)
    assert np.all(found[:, :10] == 1.0)
    assert np.all(found[:, 11:] == 0.0)
    # Five places from west to east, the middle one a hair beside the border.
    assert set(np.round(found[:, 10], 9)) <= {0.4, 0.6}


def test_what_no_tile_knows_or_no_number_is_for_is_unknown() -> None:
    values = {TREES: 1.0, WATER: 0.0}
    assert np.isnan(mean_over(grid(100.0, 2), [], values)).all()
    assert np.isnan(mean_over(grid(100.0, 2), [halves(FIELD, FIELD)], values)).all()
    part = mean_over(grid(100.0, 2), [halves(FIELD, TREES)], values)
    assert np.isnan(part[:, 0]).all()
    assert np.all(part[:, 2:] == 1.0), "of a cell that is known in part the known part counts"
    far = mean_over(grid(100.0, 2, west_m=40_000.0), [halves(TREES, TREES)], values)
    assert np.isnan(far).all()


def test_the_majority_is_drawn_and_unknown_where_nothing_is() -> None:
    assert majority_over(grid(100.0, 2), [halves(FIELD, TREES)])[2].tolist()[:2] == [FIELD, FIELD]
    assert majority_over(grid(100.0, 2), [halves(FIELD, TREES)])[2].tolist()[3:] == [TREES, TREES]
    assert not majority_over(grid(100.0, 2), []).any()


def test_a_fine_raster_over_a_coarse_map_looks_once_into_each_cell() -> None:
    coarse = tile(np.full((9, 9), TREES), step=1.0 / 90.0)
    assert np.all(mean_over(grid(30.0, 3), [coarse], {TREES: 0.7}) == 0.7)


def test_degrees_are_right_to_a_centimetre_far_from_the_origin() -> None:
    # Stripes of one cell in longitude tell which cell each place was looked up in.
    codes = np.tile(np.arange(900) % 200 + 1, (900, 1))
    wide = grid(50.0, 80)
    east, north = np.meshgrid(wide.east_m(), wide.north_m_of_rows())
    exact = codes_at([tile(codes)], *PLANE.unproject_all(east, north))
    numbers = {code: float(code) for code in range(1, 201)}
    once = CoverTile(112.55, 26.95, STEP, 5.0 * STEP, codes[:180].astype(np.uint8))
    found = mean_over(wide, [once], numbers)
    assert np.mean(found == exact) > 0.999


def test_the_shares_around_a_point_are_those_of_the_ground_there() -> None:
    found = shares_around(PLANE, [halves(TREES, WATER)], POINT, 500.0)
    assert found is not None
    assert found.known == 1.0
    assert found.shares[LandClass.TREE_COVER] == pytest.approx(0.5, abs=0.02)
    assert found.forest == found.shares[LandClass.TREE_COVER]
    assert shares_around(PLANE, [], POINT, 500.0) is None
    assert shares_around(LocalPlane(Position(20.0, 100.0)), [halves(TREES, WATER)], POINT, 500.0) is None
    with pytest.raises(InvalidValue, match="radius"):
        shares_around(PLANE, [], POINT, 5.0)


def test_an_uncertain_place_sees_more_of_what_lies_along_its_error() -> None:
    codes = np.full((900, 900), TREES)
    codes[:, 550:] = WATER
    lake = [tile(codes)]  # 1.1 km to the east

    def water(error: ErrorEllipse) -> float:
        found = shares_around(PLANE, lake, error, 500.0)
        assert found is not None
        return found.shares.get(LandClass.WATER, 0.0)

    assert water(POINT) < 1e-3
    assert water(ErrorEllipse(1000.0, 50.0, 90.0)) == pytest.approx(
        _beyond(1100.0, math.hypot(1000.0, 250.0)), abs=0.02
    )
    assert water(ErrorEllipse(1000.0, 50.0, 0.0)) < 1e-3
    assert reach_of_shares(ErrorEllipse(1e5, 10.0, 0.0), 500.0) == 12_000.0


def _beyond(distance_m: float, sigma_m: float) -> float:
    return 0.5 * math.erfc(distance_m / sigma_m / math.sqrt(2.0))


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.builds(
        lambda major, share, azimuth: ErrorEllipse(major, share * major, azimuth),
        st.floats(0.0, 600.0),
        st.floats(0.0, 1.0),
        st.floats(0.0, 179.0),
    ),
    st.floats(100.0, 900.0),
)
def test_shares_are_shares_whatever_the_ground(seed: int, error: ErrorEllipse, radius_m: float) -> None:
    codes = np.random.default_rng(seed).choice(np.array([0, *LandClass]), (60, 60))
    found = shares_around(PLANE, [tile(codes, step=15.0 * STEP)], error, radius_m)
    assert found is not None
    assert math.fsum(found.shares.values()) == pytest.approx(1.0, abs=1e-9)
    assert 0.0 < found.known <= 1.0
    assert -1e-9 <= found.forest <= 1.0 + 1e-9


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"west_deg": 200.0}, "west edge"),
        ({"north_deg": 95.0}, "north edge"),
        ({"step_lon_deg": 0.0}, "longitude"),
        ({"step_lat_deg": 2.0}, "latitude"),
        ({"codes": np.zeros((2, 2), np.int16)}, "int16"),
        ({"codes": np.zeros(4, np.uint8)}, "rows by columns"),
        ({"codes": np.zeros((0, 3), np.uint8)}, "rows by columns"),
    ],
)
def test_a_tile_that_is_none_is_refused(changed: dict[str, object], what: str) -> None:
    facts: dict[str, object] = {"west_deg": 112.0, "north_deg": 27.0, "step_lon_deg": 0.1, "step_lat_deg": 0.1}
    with pytest.raises(InvalidValue, match=what):
        CoverTile(**facts | {"codes": np.zeros((2, 2), np.uint8)} | changed)  # type: ignore[arg-type]
