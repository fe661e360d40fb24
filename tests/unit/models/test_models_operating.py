"""Thresholds and calibration: recall first, at a specificity; and whether a probability means what it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looked_at import clear, look, smoke

from firewatch.errors import InvalidValue
from models.calibrate import try_calibrations
from models.evaluate.reliability import bins_of, brier, calibration_error
from models.operating import choose_threshold, curve_of

CLEAR = [clear(f"n{i:02}", i / 20, f"camera {i % 5}") for i in range(20)]  # 0, .05 ... .95


def test_the_threshold_is_the_lowest_that_leaves_enough_clear_frames_alone() -> None:
    # At .85 three of the twenty may be flagged: .95, .90, .85; so above .80. Smoke at .83, .99 is found, .79 is not.
    looks = [*CLEAR, smoke("s1", 0.83, "b"), smoke("s2", 0.99), smoke("s3", 0.79, "b")]
    choice = choose_threshold(looks, 0.85, draws=20)
    assert choice.threshold == pytest.approx((0.83 + 0.80) / 2), "midway to the next lower frame"
    assert choice.localised_recall == pytest.approx(2 / 3)
    assert choice.specificity == pytest.approx(17 / 20)


def test_of_thresholds_that_find_the_same_the_one_with_fewer_false_alarms_is_taken() -> None:
    choice = choose_threshold([*CLEAR, smoke("s1", 0.98, "b")], 0.5, draws=20)
    assert choice.threshold == pytest.approx((0.98 + 0.95) / 2)
    assert choice.specificity == 1.0


def test_smoke_found_in_the_wrong_place_earns_nothing() -> None:
    looks = [*CLEAR, smoke("s1", 0.99), smoke("s2", 0.88, in_place=False), smoke("s3", 0.10)]
    assert choose_threshold(looks, 0.85, draws=5).threshold == pytest.approx((0.99 + 0.95) / 2)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.5, 0.85, 0.95, 1.0]))
def test_the_choice_keeps_its_promise_and_no_point_of_the_curve_beats_it(seed: int, least: float) -> None:
    rng = np.random.default_rng(seed)
    looks = [clear(f"n{i}", float(rng.random()), f"c{i % 4}") for i in range(15)]
    looks += [smoke(f"s{i}", float(rng.random()), f"c{i % 4}", in_place=i % 3 > 0) for i in range(12)]
    looks.append(smoke("sure", 1.0))
    choice, curve = choose_threshold(looks, least, draws=5), curve_of(looks)
    assert choice.specificity >= least
    allowed = curve.specificity >= least
    assert choice.localised_recall == pytest.approx(curve.localised_recall[allowed].max())
    low, high = choice.threshold_95
    assert low <= choice.threshold <= high


def test_the_curve_goes_from_nothing_flagged_to_everything() -> None:
    curve = curve_of([*CLEAR, smoke("s1", 0.5), smoke("s2", 0.7, in_place=False)])
    assert (curve.specificity[0], curve.localised_recall[0]) == (1.0, 0.0)
    assert (curve.specificity[-1], curve.localised_recall[-1]) == (0.0, 0.5)
    assert (np.diff(curve.specificity) <= 0).all()
    assert (np.diff(curve.localised_recall) >= 0).all()


@pytest.mark.parametrize(
    ("looks", "least", "told"),
    [
        (CLEAR, 0.85, "at least one of each"),
        ([smoke("s", 0.5)], 0.85, "at least one of each"),
        ([*CLEAR, smoke("s", 0.5, in_place=False)], 0.85, "finds some smoke in place"),
        ([*CLEAR, look("s", smoke=True, boxes=[(0, 0, 9, 9)])], 0.85, "finds some smoke in place"),
        ([*CLEAR, smoke("s", 0.5)], 0.0, "more than 0"),
    ],
)
def test_what_cannot_be_chosen_on_is_refused_with_the_reason(looks: list, least: float, told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        choose_threshold(looks, least)


def test_brier_and_calibration_error_by_hand() -> None:
    truth = np.array([True, True, False, True])
    said = np.array([0.9, 0.8, 0.15, 0.15])
    assert brier(truth, said) == pytest.approx((0.01 + 0.04 + 0.0225 + 0.7225) / 4)
    # Ten bins: .15 twice (half true, gap .35), .8 (gap .2), .9 (gap .1).
    assert calibration_error(truth, said) == pytest.approx((2 * 0.35 + 0.2 + 0.1) / 4)
    # Two bins of two: .15 (gap .35), .85 (gap .15).
    assert calibration_error(truth, said, 2, adaptive=True) == pytest.approx((2 * 0.35 + 2 * 0.15) / 4)
    assert [b.frames for b in bins_of(truth, said)] == [2, 1, 1]
    assert [b.frames for b in bins_of(np.array([True]), np.array([1.0]))] == [1], "1 belongs to the last bin"


def test_honest_probabilities_have_little_error_and_boasting_ones_much() -> None:
    rng = np.random.default_rng(0)
    said = rng.random(20_000)
    truth = rng.random(20_000) < said
    for adaptive in (False, True):
        assert calibration_error(truth, said, adaptive=adaptive) < 0.02
        assert calibration_error(truth, np.sqrt(said), adaptive=adaptive) > 0.1


@pytest.mark.parametrize("said", [np.array([1.2]), np.array([-0.1]), np.array([]), np.array([0.1, 0.2])])
def test_what_is_no_probability_is_refused(said: np.ndarray) -> None:
    with pytest.raises(InvalidValue, match="probabilities"):
        brier(np.array([True]), said)


def test_platt_wins_where_logits_are_logistic_and_isotonic_where_they_are_not() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(0.0, 2.0, 1500)
    cameras = np.array([f"camera {i % 10}" for i in range(1500)])
    truth = rng.random(1500) < 1 / (1 + np.exp(-(2.0 * logits + 1.0)))
    straight = {trial.name: trial for trial in try_calibrations(logits, truth, cameras)}
    assert straight["platt"].log_loss < straight["as it is"].log_loss
    assert straight["platt"].error < 0.05
    stepped = rng.random(1500) < np.where(np.abs(logits) < 1.0, 0.9, 0.1)
    assert try_calibrations(logits, stepped, cameras)[0].name == "isotonic"


def test_no_camera_is_judged_by_a_fit_that_saw_it() -> None:
    # One camera says the opposite of the others: a fit that had seen it could know.
    cameras = np.repeat(["a", "b", "c", "odd"], 20)
    logits = np.tile(np.linspace(-3, 3, 20), 4)
    truth = np.where(cameras == "odd", logits < 0, logits > 0)
    known, odd = (
        {t.name: t for t in try_calibrations(logits[keep], truth[keep], cameras[keep])}["platt"].brier
        for keep in (cameras != "odd", cameras != "none")
    )
    assert odd > known + 0.2


def test_one_camera_alone_compares_nothing() -> None:
    with pytest.raises(InvalidValue, match="at least two"):
        try_calibrations(np.array([1.0, -1.0]), np.array([True, False]), np.array(["a", "a"]))
    with pytest.raises(InvalidValue, match="smoke and clear"):
        try_calibrations(np.array([1.0, -1.0]), np.array([True, False]), np.array(["a", "b"]))
