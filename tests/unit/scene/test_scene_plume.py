from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from firewatch.errors import InvalidValue
from firewatch.scene import FireGrowth, Plume, Wind, puffs_at

WEST_WIND = Wind(3.0, 270.0)


def _plume(**change: object) -> Plume:
    return Plume(
        **(
            {"east_m": 500.0, "north_m": -800.0, "elevation_m": 300.0, "ignited_at_s": 100.0, "wind": WEST_WIND}
            | change
        )
    )  # type: ignore[arg-type]


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    return float((values * weights).sum() / weights.sum())


def test_there_is_no_smoke_before_the_fire() -> None:
    assert len(puffs_at(_plume(), 100.0)) == 0
    assert len(puffs_at(_plume(), 0.0)) == 0


def test_the_state_at_a_time_does_not_depend_on_what_was_asked_before() -> None:
    fresh = puffs_at(_plume(seed=4), 400.0)
    for at_s in (110.0, 777.0, 250.0):
        puffs_at(_plume(seed=4), at_s)
    again = puffs_at(_plume(seed=4), 400.0)
    np.testing.assert_array_equal(fresh.east_m, again.east_m)
    np.testing.assert_array_equal(fresh.area_m2, again.area_m2)


def test_another_seed_is_another_smoke() -> None:
    assert not np.array_equal(puffs_at(_plume(seed=1), 300.0).up_m, puffs_at(_plume(seed=2), 300.0).up_m)


def test_a_puff_moves_on_smoothly_from_one_second_to_the_next() -> None:
    now, later = puffs_at(_plume(seed=3), 250.0), puffs_at(_plume(seed=3), 251.0)
    shared = len(now) - 8
    assert np.abs(later.east_m[:shared] - now.east_m[:shared]).max() < 12.0
    assert np.abs(later.up_m[:shared] - now.up_m[:shared]).max() < 12.0


def test_smoke_starts_at_the_fire() -> None:
    puffs = puffs_at(_plume(), 103.0)
    assert np.hypot(puffs.east_m - 500.0, puffs.north_m + 800.0).max() < 25.0
    assert (puffs.up_m >= 300.0).all()


@pytest.mark.parametrize("from_deg", [0.0, 90.0, 225.0, 270.0])
def test_smoke_drifts_with_the_wind(from_deg: float) -> None:
    puffs = puffs_at(_plume(wind=Wind(4.0, from_deg)), 400.0)
    east, north = _mean(puffs.east_m, puffs.area_m2) - 500.0, _mean(puffs.north_m, puffs.area_m2) + 800.0
    bearing = math.degrees(math.atan2(east, north))
    assert math.cos(math.radians(bearing - from_deg - 180.0)) > math.cos(math.radians(12.0))
    assert math.hypot(east, north) > 150.0


def test_smoke_thickens_rises_and_widens_in_the_first_minutes() -> None:
    stages = [puffs_at(_plume(), 100.0 + burning) for burning in (10.0, 30.0, 60.0, 120.0, 240.0)]
    for earlier, later in itertools.pairwise(stages):
        assert later.area_m2.sum() > earlier.area_m2.sum()
        assert np.quantile(later.up_m, 0.9) > np.quantile(earlier.up_m, 0.9)
        assert later.sigma_m.max() > earlier.sigma_m.max()


def test_a_column_is_tens_of_metres_tall_after_a_minute_and_some_hundred_after_four() -> None:
    after = {m: np.quantile(puffs_at(_plume(), 100.0 + 60.0 * m).up_m - 300.0, 0.9) for m in (1, 4)}
    assert 30.0 < after[1] < 150.0
    assert 120.0 < after[4] < 450.0


def test_the_rise_of_a_steady_fire_is_that_of_briggs() -> None:
    steady = FireGrowth(heat_kw_per_s2=50.0, heat_most_mw=10.0)
    wind = Wind(5.0, 270.0)
    ages, rises = [], []
    for seed in range(40):
        puffs = puffs_at(_plume(growth=steady, wind=wind, seed=seed), 100.0 + 120.0)
        close = np.abs(puffs.east_m - 500.0 - 100.0) < 20.0
        rises.append(_mean(puffs.up_m[close] - 300.0, puffs.area_m2[close]))
        ages.append(100.0)
    flux = 8.84 * 0.65 * 10.0
    briggs = 1.6 * flux ** (1 / 3) * 100.0 ** (2 / 3) / 5.0
    assert np.mean(rises) == pytest.approx(briggs, rel=0.3)


def test_more_wind_bends_the_column_lower() -> None:
    calm, windy = (puffs_at(_plume(wind=Wind(speed, 270.0)), 300.0) for speed in (2.0, 8.0))
    assert _mean(windy.up_m, windy.area_m2) < _mean(calm.up_m, calm.area_m2)


def test_an_old_fire_stays_as_cheap_as_a_young_one() -> None:
    assert len(puffs_at(_plume(), 100.0 + 36_000.0)) <= len(puffs_at(_plume(), 100.0 + 800.0)) + 8


@pytest.mark.parametrize(
    "change", [{"east_m": math.nan}, {"seed": -1}, {"ignited_at_s": math.inf}, {"elevation_m": math.nan}]
)
def test_a_fire_that_cannot_be_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        _plume(**change)


@pytest.mark.parametrize(
    "change",
    [
        {"heat_kw_per_s2": 0.0},
        {"heat_most_mw": 0.0},
        {"smoke_m2_per_mj": -1.0},
        {"smoulder_m2_per_s": -1.0},
        {"whiteness": 1.1},
    ],
)
def test_a_growth_that_cannot_be_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        FireGrowth(**change)
