"""A camera that turned, by pictures drawn through its own lens."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from firewatch.calibration.drift import find_patches, measure_drift
from firewatch.domain.geo import wrap_deg
from firewatch.domain.lens import Lens, LensKind
from firewatch.domain.optics import Calibration
from firewatch.errors import CalibrationError, InvalidValue

WIDTH, HEIGHT = 480, 270
BARREL = Lens(LensKind.RECTILINEAR, 0.9, (-0.2, 0.05, 0.0, 0.0, 0.0))
POSE = Calibration("reference", 0.1, -2.0, BARREL.hfov_deg(), 0.3, lens=BARREL)


def land() -> np.ndarray:
    """Return a picture with structure of all sizes."""
    rng = np.random.default_rng(6)
    seen = np.full((HEIGHT, WIDTH), 128.0)
    for finer in (1, 2, 4, 8, 16):
        noise = rng.normal(0.0, 16.0, (9 * finer, 16 * finer))
        seen += cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(seen, 0, 255).astype(np.uint8)


LAND = land()


def after(azimuth_deg: float, tilt_deg: float = 0.0, roll_deg: float = 0.0) -> np.ndarray:
    """Return what the camera sees once it has turned."""
    turned = replace(
        POSE,
        azimuth_deg=wrap_deg(POSE.azimuth_deg + azimuth_deg),
        tilt_deg=POSE.tilt_deg + tilt_deg,
        roll_deg=POSE.roll_deg + roll_deg,
    )
    x, y = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    seen = turned.directions(np.stack([x.ravel(), y.ravel()], axis=1), WIDTH, HEIGHT)
    was = POSE.pixels(seen.azimuth_deg, seen.elevation_deg, WIDTH, HEIGHT).astype(np.float32).reshape(HEIGHT, WIDTH, 2)
    picture = cv2.remap(LAND, was[..., 0] - 0.5, was[..., 1] - 0.5, cv2.INTER_CUBIC, borderValue=128)
    noise = np.random.default_rng(1).normal(0.0, 2.0, picture.shape)
    return np.clip(0.7 * picture + 40.0 + noise, 0, 255).astype(np.uint8)


def test_a_turn_is_told_in_degrees_of_azimuth_tilt_and_roll() -> None:
    drift = measure_drift(LAND, after(-1.2, 0.4, 0.8), POSE, find_patches(LAND))
    assert drift.azimuth_deg == pytest.approx(-1.2, abs=0.05)
    assert drift.tilt_deg == pytest.approx(0.4, abs=0.05)
    assert drift.roll_deg == pytest.approx(0.8, abs=0.15)
    assert drift.has_turned
    assert drift.found >= 6


def test_what_the_calibration_admits_is_no_turn() -> None:
    drift = measure_drift(LAND, after(0.3), POSE, find_patches(LAND))
    assert drift.azimuth_deg == pytest.approx(0.3, abs=0.05)
    assert drift.limit_deg == pytest.approx(0.6)
    assert not drift.has_turned
    assert measure_drift(LAND, after(0.3), POSE, find_patches(LAND), limit_sigmas=0.5).has_turned


def test_a_cloud_over_some_landmarks_turns_nothing() -> None:
    picture = after(0.0)
    picture[90:190, 200:300] = picture[20:120, 60:160]
    drift = measure_drift(LAND, picture, POSE, find_patches(LAND))
    assert drift.azimuth_deg == pytest.approx(0.0, abs=0.05)
    assert drift.found < drift.sought


def test_another_view_is_no_all_clear() -> None:
    other = np.random.default_rng(9).integers(0, 255, (HEIGHT, WIDTH)).astype(np.uint8)
    with pytest.raises(CalibrationError, match=r"0 of \d+ landmarks are found again, 4 are needed"):
        measure_drift(LAND, other, POSE, find_patches(LAND))


def test_patches_without_structure_on_the_edge_or_found_twice_are_no_landmarks() -> None:
    rows = np.tile(LAND[:, :60], (1, 8))
    places = np.array([[240.0, 100.0], [250.0, 150.0], [2.0, 2.0], [120.0, 60.0], [300.0, 200.0]])
    with pytest.raises(CalibrationError, match="0 of 5"):
        measure_drift(rows, rows, POSE, places)
    with pytest.raises(CalibrationError, match="0 of 5"):
        measure_drift(np.full_like(LAND, 7), LAND, POSE, places)


def test_landmarks_are_sought_where_they_may_be() -> None:
    keep = np.zeros(LAND.shape, np.bool_)
    keep[150:] = True
    places = find_patches(LAND, keep)
    assert len(places) >= 3
    assert (places[:, 1] > 149.0).all()
    assert find_patches(np.full_like(LAND, 7)).shape == (0, 2)


def test_pictures_of_two_sizes_are_not_compared() -> None:
    with pytest.raises(InvalidValue, match="size of the new picture"):
        measure_drift(LAND, LAND[:-1], POSE, find_patches(LAND))
