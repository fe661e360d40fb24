from __future__ import annotations

import math

import numpy as np
import pytest
from sight_lines import line, slope

from firewatch.domain.land import LandClass
from firewatch.errors import InvalidValue
from firewatch.fusion import LAND_COVER_WEIGHTS, locate_fire, prior_over

GRID = slope(cell_m=500.0)


def weights_of(cover: np.ndarray) -> np.ndarray:
    return np.vectorize(lambda code: LAND_COVER_WEIGHTS.get(code, np.nan))(cover)


def test_every_class_has_a_weight() -> None:
    assert set(LAND_COVER_WEIGHTS) == set(LandClass)


def test_a_product_of_factors_has_the_given_mean_and_no_place_is_ruled_out() -> None:
    cover = np.full(GRID.shape, 10)
    cover[:10] = 80
    danger = np.linspace(1.0, 3.0, GRID.shape[1]) * np.ones(GRID.shape)
    found = prior_over(GRID, [weights_of(cover), danger], fires_per_km2=0.01)
    share = np.exp(found.log_per_km2)
    assert share.mean() == pytest.approx(0.01)
    assert share.min() > 0.01 * 0.015
    assert share[20, -1] == pytest.approx(3.0 * share[20, 0])
    assert share[20, 5] > 20.0 * share[5, 5]


def test_the_prior_of_a_place_is_its_cell_s_and_outside_the_mean() -> None:
    factor = np.ones(GRID.shape)
    factor[0, 0] = 9.0
    found = prior_over(GRID, [factor])
    east_m, north_m = np.array([GRID.west_m + 200.0, 0.0, 1e6]), np.array([GRID.north_m - 200.0, 0.0, 0.0])
    here, usual, outside = found(east_m, north_m)
    assert here == pytest.approx(usual + math.log(9.0))
    assert outside == 0.0


def test_a_cell_of_which_nobody_knows_is_like_the_others() -> None:
    weights = weights_of(np.array([[10, 10], [7, 80]]))
    assert np.isnan(weights[1, 0])
    factor = np.ones(GRID.shape)
    factor[0, 0] = np.nan
    assert np.all(prior_over(GRID, [factor, np.full(GRID.shape, np.nan)]).log_per_km2 == 0.0)


def test_cover_moves_the_place_along_a_line_of_sight() -> None:
    cover = np.full(GRID.shape, 80)
    cover[:, GRID.east_m() > 4_000.0] = 10
    sight = [line("a", (-6_000.0, 0.0))]
    found = locate_fire(sight, prior=prior_over(GRID, [weights_of(cover)]))
    assert found.mass[found.patches.east_m + found.plane.project(sight[0].eye.position).east_m > 4_000.0].sum() > 0.5


@pytest.mark.parametrize(
    ("factors", "what"),
    [
        ([np.ones((2, 2))], "shape"),
        ([-np.ones(GRID.shape)], "negative"),
        ([np.zeros(GRID.shape)], "nothing but 0"),
        ([np.eye(*GRID.shape), 1.0 - np.eye(*GRID.shape)], "product of 0"),
    ],
)
def test_factors_that_are_none_are_refused(factors: list[np.ndarray], what: str) -> None:
    with pytest.raises(InvalidValue, match=what):
        prior_over(GRID, factors)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(InvalidValue, match="fires per km2"):
        prior_over(GRID, [], fires_per_km2=0.0)
    with pytest.raises(InvalidValue, match="least share"):
        prior_over(GRID, [], least_share=0.0)
