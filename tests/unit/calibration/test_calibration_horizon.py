"""The skyline of painted photographs: where it is, and where it cannot be told."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skylines import SIZE, camera, rugged

from firewatch.calibration import draw_skylines, find_horizon
from firewatch.errors import InvalidValue
from firewatch.testing.skyline_picture import SkylinePainter

LOOKS = {
    "clear": (SkylinePainter(), 0.9, 0.4),
    "hazy": (SkylinePainter(visibility_m=9_000.0, noise=3.0), 0.9, 0.8),
    "blurred": (SkylinePainter(blur_px=3.0), 0.9, 0.8),
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_painted_skyline_is_found_to_a_part_of_a_pixel(look: str) -> None:
    painter, coverage, at_most_px = LOOKS[look]
    image, rows = painter.paint(rugged(3), camera(), SIZE, np.random.default_rng(1))
    horizon = find_horizon(image)
    off = np.abs(horizon.row_px - rows)[horizon.is_usable]
    assert horizon.coverage > coverage
    assert float(np.median(off)) < at_most_px
    assert float(np.percentile(off, 90)) < 3.0 * at_most_px
    assert (horizon.width_px, horizon.height_px) == SIZE


def test_trees_before_it_leave_the_rest_right() -> None:
    image, rows = SkylinePainter(trees=4).paint(rugged(5), camera(), SIZE, np.random.default_rng(2))
    horizon = find_horizon(image)
    off = np.abs(horizon.row_px - rows)[horizon.is_usable]
    assert float(np.median(off)) < 0.7


def test_snow_under_a_dark_sky_and_white_clouds_are_no_hindrance() -> None:
    image, rows = SkylinePainter().paint(rugged(9), camera(), SIZE, np.random.default_rng(3))
    is_sky = np.arange(SIZE[1])[:, None] < rows
    snow = image.copy()
    snow[is_sky] = snow[is_sky] // 4
    snow[~is_sky] = 150 + snow[~is_sky] // 3
    clouds = image.copy()
    for x, y in ((200, 60), (520, 110), (800, 70)):
        cv2.ellipse(clouds, (x, y), (90, 22), 0, 0, 360, (245, 245, 245), -1)
    clouds = cv2.GaussianBlur(clouds, (0, 0), 1.0)
    for picture in (snow, clouds):
        horizon = find_horizon(picture)
        off = np.abs(horizon.row_px - rows)[horizon.is_usable]
        assert horizon.coverage > 0.7
        assert float(np.median(off)) < 1.0


def test_in_fog_nothing_is_told() -> None:
    image, _ = SkylinePainter(fog=1.0).paint(rugged(3), camera(), SIZE, np.random.default_rng(1))
    assert find_horizon(image).coverage < 0.15


@pytest.mark.parametrize("level", [0, 12, 128, 255])
def test_a_picture_of_nothing_has_no_skyline(level: int) -> None:
    horizon = find_horizon(np.full((*SIZE[::-1], 3), level, np.uint8))
    assert horizon.coverage == 0.0
    assert np.isnan(horizon.row_px).all()


def test_a_picture_of_ground_alone_has_no_skyline() -> None:
    grain = cv2.GaussianBlur(np.random.default_rng(4).normal(0.0, 80.0, SIZE[::-1]).astype(np.float32), (0, 0), 1.6)
    ground = np.clip(np.array([42.0, 66.0, 52.0]) + grain[..., None], 0.0, 255.0).astype(np.uint8)
    assert find_horizon(ground).coverage < 0.15


def test_a_skyline_far_outside_the_picture_is_none() -> None:
    image, rows = SkylinePainter().paint(rugged(3), camera(tilt_deg=-30.0), SIZE, np.random.default_rng(1))
    assert rows.max() < 0.0
    assert find_horizon(image).coverage < 0.15


@pytest.mark.parametrize(
    "picture", [np.zeros((40, 40), np.uint8), np.zeros((20, 40, 3), np.uint8), np.zeros((40, 40, 3), np.float32)]
)
def test_what_is_no_picture_is_refused(picture: np.ndarray) -> None:
    with pytest.raises(InvalidValue, match="photograph"):
        find_horizon(picture)


def test_the_overlay_shows_both_lines() -> None:
    look, skyline = camera(), rugged(3)
    image, rows = SkylinePainter().paint(skyline, look, SIZE, np.random.default_rng(1))
    drawn = draw_skylines(image, find_horizon(image), skyline, look)
    along = np.round(rows).astype(int)[20:-20]
    near = np.stack([drawn[along + shift, np.arange(20, SIZE[0] - 20)] for shift in (-1, 0, 1)])
    for tint in ((60, 220, 255), (255, 90, 200)):
        assert (np.abs(near.astype(int) - tint).sum(axis=2).min(axis=0) < 60).mean() > 0.2
    assert (drawn[-20:] == image[-20:]).all()
