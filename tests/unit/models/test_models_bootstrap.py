"""Intervals: what they hold, what they cost, and that cameras are drawn whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looked_at import clear, seen, smoke

from firewatch.errors import InvalidValue
from models.evaluate.bootstrap import camera_draws, differences, figures, frame_draws, interval
from models.evaluate.frame_table import FrameTable, measures_at, table_of


def random_table(seed: int, frames: int = 60, cameras: int = 6, shift: float = 0.0) -> FrameTable:
    rng = np.random.default_rng(seed)
    looks = []
    for i in range(frames):
        is_smoke = bool(rng.random() < 0.5)
        score = float(np.clip(rng.random() + shift * is_smoke, 0.0, 1.0))
        looks.append((smoke if is_smoke else clear)(f"{i:03}", score, f"camera {i % cameras}"))
    return table_of([seen(one) for one in looks])


@pytest.mark.parametrize("seed", range(5))
def test_a_detector_that_guesses_has_an_auroc_of_one_half_within_its_interval(seed: int) -> None:
    figure = figures(random_table(seed, 200), measures_at(0.5), draws=200)["auroc"]
    assert figure.value == pytest.approx(0.5, abs=0.12)
    low, high = figure.by_frame
    assert low - 0.03 <= 0.5 <= high + 0.03


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8), st.floats(0.0, 0.5))
def test_an_interval_holds_its_value(seed: int, cameras: int, shift: float) -> None:
    for name, figure in figures(random_table(seed, 24, cameras, shift), measures_at(0.6), draws=30).items():
        for low, high in (figure.by_camera, figure.by_frame):
            assert math.isnan(low) or low <= figure.value <= high, name


def test_frames_of_one_camera_are_alike_so_the_honest_interval_is_wider() -> None:
    # Forty cameras of ten frames: each camera is all found or all missed.
    looks = [smoke(f"{c}{i}", 0.9 if c % 2 else 0.1, f"camera {c}") for c in range(40) for i in range(10)]
    figure = figures(table_of([seen(one) for one in looks]), measures_at(0.5), draws=400)["localised_recall"]
    width = [high - low for low, high in (figure.by_camera, figure.by_frame)]
    # By hand: sqrt(.25 / 40) against sqrt(.25 / 400), times 2 * 1.96.
    assert width[0] == pytest.approx(3.92 * math.sqrt(0.25 / 40), rel=0.25)
    assert width[1] == pytest.approx(3.92 * math.sqrt(0.25 / 400), rel=0.25)


def test_intervals_do_not_depend_on_the_order_of_looking() -> None:
    looks = [(smoke if i % 3 else clear)(f"{i:02}", i / 20, "abc"[i % 3]) for i in range(20)]
    forward, backward = (
        figures(table_of([seen(one) for one in some]), measures_at(0.5), draws=50) for some in (looks, looks[::-1])
    )
    assert str(forward) == str(backward)


def test_cameras_are_drawn_with_replacement_then_their_own_frames() -> None:
    cameras = np.array(["a", "a", "a", "b", "c", "c"])
    drawn = list(camera_draws(cameras, 300, 0))
    for index in drawn:
        for camera, frames in (("a", 3), ("b", 1), ("c", 2)):
            assert (cameras[index] == camera).sum() % frames == 0, "a camera brings as many frames as it has"
    assert any("b" not in cameras[index] for index in drawn)
    assert any(len(set(index.tolist())) < len(index) for index in drawn)
    assert {len(index) for index in frame_draws(6, 10, 0)} == {6}


def test_a_measure_undefined_in_most_draws_has_no_interval() -> None:
    assert interval(0.5, np.array([np.nan, np.nan, np.nan, 0.5])) == pytest.approx((math.nan, math.nan), nan_ok=True)
    assert interval(0.5, np.array([np.nan, 0.4, 0.6, 0.5])) == pytest.approx((0.405, 0.595))
    assert interval(math.nan, np.array([0.1]))[0] != interval(math.nan, np.array([0.1]))[0]


def test_a_detector_does_not_differ_from_itself() -> None:
    one, at = random_table(1), measures_at(0.5)
    for found in differences(one, one, (at, at), draws=20).values():
        assert (found.value, *found.by_camera) == (0.0, 0.0, 0.0)


def test_a_paired_difference_is_surer_than_two_intervals() -> None:
    # Cameras differ much from each other, the second detector finds one frame in ten more in every camera.
    def detector(more: int) -> FrameTable:
        looks = [smoke(f"{c}{i}", 0.9 if i < c + more else 0.1, f"camera {c}") for c in range(9) for i in range(10)]
        return table_of([seen(one) for one in looks])

    at = measures_at(0.5)
    found = differences(detector(0), detector(1), (at, at), draws=300)["localised_recall"]
    low, high = figures(detector(0), at, draws=300)["localised_recall"].by_camera
    assert found.value == pytest.approx(0.1)
    assert found.by_camera[0] > 0.0
    assert found.by_camera[1] - found.by_camera[0] < 0.5 * (high - low)


def test_two_detectors_must_have_seen_the_same_frames() -> None:
    at = measures_at(0.5)
    with pytest.raises(InvalidValue, match="the same frames"):
        differences(random_table(1, 10), random_table(1, 11), (at, at), draws=2)
