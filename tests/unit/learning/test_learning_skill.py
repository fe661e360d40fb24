"""Scores by hand, intervals that know blocks, and reliability."""

from __future__ import annotations

import math

import numpy as np
import pytest

from firewatch.errors import InvalidValue
from firewatch.learning.skill import log_losses, measure_skill, reliability, resampled

RNG = np.random.default_rng
FIRE = np.array([1.0, 0.0, 0.0, 1.0])


def test_scores_by_hand() -> None:
    said, reference = np.array([0.8, 0.1, 0.4, 0.6]), np.full(4, 0.5)
    skill = measure_skill(FIRE, said, reference, np.arange(4), RNG(1))
    assert skill.brier == pytest.approx((0.04 + 0.01 + 0.16 + 0.16) / 4)
    assert skill.brier_climatology == 0.25
    assert skill.brier_skill == pytest.approx(1 - skill.brier / 0.25)
    assert skill.log_skill == pytest.approx(1 + math.log(0.8 * 0.9 * 0.6 * 0.6) / 4 / math.log(2))
    assert skill.auc == 1.0
    assert skill.brier_skill_low < skill.brier_skill < skill.brier_skill_high


def test_the_reference_has_no_skill_against_itself() -> None:
    skill = measure_skill(FIRE, np.full(4, 0.3), np.full(4, 0.3), np.arange(4), RNG(1))
    assert (skill.brier_skill, skill.brier_skill_low, skill.brier_skill_high) == (0.0, 0.0, 0.0)
    assert not skill.is_shown
    assert skill.auc == 0.5


def test_a_sure_forecast_that_fails_costs_much_but_not_everything() -> None:
    losses = log_losses(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    assert losses == pytest.approx([-math.log(1e-6)] * 2)


def test_days_that_are_alike_widen_the_interval() -> None:
    """A hundred copies of ten days are ten days, not a thousand: by rows the interval would be ten times too narrow."""
    rng = RNG(2)
    loss = np.repeat(rng.random(10), 100)
    by_block = resampled(loss, np.ones(1000), np.repeat(np.arange(10), 100), RNG(1))
    by_row = resampled(loss, np.ones(1000), np.arange(1000), RNG(1))
    assert by_block.std() == pytest.approx(loss.std() / math.sqrt(10), rel=0.1)
    assert by_block.std() > 8 * by_row.std()


def test_right_forecasts_are_found_reliable_and_wrong_ones_are_not() -> None:
    rng = RNG(3)
    chance = rng.uniform(0.0, 0.3, 20_000)
    fire = (rng.random(20_000) < chance).astype(np.float64)
    right = reliability(fire, chance, RNG(1))
    assert len(right) == 10
    assert sum(each.is_consistent for each in right) >= 7
    assert [each.days for each in right] == [2000] * 10
    wrong = reliability(fire, chance / 2, RNG(1))
    assert sum(each.is_consistent for each in wrong) <= 2


def test_equal_forecasts_are_one_bin() -> None:
    (only,) = reliability(FIRE, np.full(4, 0.5), RNG(1))
    assert (only.forecast, only.observed, only.days) == (0.5, 0.5, 4)


@pytest.mark.parametrize("fire", [np.zeros(4), np.ones(4)])
def test_no_skill_is_measured_where_all_days_are_the_same(fire: np.ndarray) -> None:
    with pytest.raises(InvalidValue, match="some and not all"):
        measure_skill(fire, np.full(4, 0.5), np.full(4, 0.5), np.arange(4), RNG(1))
