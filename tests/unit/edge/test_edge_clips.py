"""Clips of large places: averaged before they are laid between pixels, and the same picture for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from temporal_model import landscape

from firewatch_edge.detect import AGES_S, CLIP_SIDE, Past, cut_clips

if TYPE_CHECKING:
    import numpy.typing as npt

VIEW = landscape(1280, 720)
# A clip shows 2.2 times a box.
CONTEXT = 2.2


def still(shift: tuple[float, float]) -> Past:
    return Past((VIEW,) * len(AGES_S), AGES_S, (shift,) * len(AGES_S))


def sampled(left: float, top: float, side: float) -> npt.NDArray[np.float64]:
    """Return a square at full detail, eight samples a clip's pixel each way, averaged in floats."""
    many = 8 * CLIP_SIDE
    step = side / many
    corner = 0.5 * step - 0.5
    matrix = np.array([[step, 0.0, left + corner], [0.0, step, top + corner]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    image = VIEW.astype(np.float32)
    fine = cv2.warpAffine(image, matrix, (many, many), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    blocks = np.asarray(fine, np.float64).reshape(CLIP_SIDE, 8, CLIP_SIDE, 8, 3)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float64)


def inside(left: float, top: float, side: float) -> npt.NDArray[np.bool_]:
    """Return which pixels (96, 96) of a clip lie in the frame; those at its very edge are of both."""
    step = side / CLIP_SIDE
    middles = (np.arange(CLIP_SIDE) + 0.5) * step
    columns, rows = (
        (corner + middles > 2.0 * step) & (corner + middles < length - 2.0 * step)
        for corner, length in ((left, 1280.0), (top, 720.0))
    )
    return np.logical_and.outer(rows, columns)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.3, -0.7), (-31.4, 22.6), (41.5, -60.2)])
@pytest.mark.parametrize("side", [100.0, 191.0, 193.0, 290.3, 383.9, 385.0, 480.0, 560.0])
@pytest.mark.parametrize("middle", [(640.0, 360.0), (1279.0, 719.0), (0.0, 0.0)])
def test_a_place_of_any_size_is_shown_where_it_lies(
    side: float, middle: tuple[float, float], shift: tuple[float, float]
) -> None:
    half = side / CONTEXT / 2.0
    x, y = middle
    clips = cut_clips(VIEW, still(shift), np.array([[x - half, y - half, x + half, y + half]]))
    # Moved inside at the top alone.
    left, top = x - side / 2.0, max(y - side / 2.0, 0.0)
    for planes, (by_x, by_y) in ((clips[0, 0], (0.0, 0.0)), (clips[0, 1], shift)):
        within = inside(left + by_x, top + by_y, side)
        apart = (planes.transpose(1, 2, 0) - sampled(left + by_x, top + by_y, side))[within]
        assert np.abs(apart).mean() < 1.5
        assert abs(apart.mean()) < 0.4, "no darker, no brighter than rounding makes it"
    beside = (planes.transpose(1, 2, 0) - sampled(left + by_x + side / CLIP_SIDE, top + by_y, side))[within]
    assert np.abs(beside).mean() > 2.0 * np.abs(apart).mean(), "a clip's pixel aside is told apart"


def test_what_lies_beyond_the_frame_is_its_edge() -> None:
    white = VIEW.copy()
    white[:, :2] = 255
    past = Past((white,) * len(AGES_S), AGES_S, ((-60.0, 0.0),) * len(AGES_S))
    clips = cut_clips(VIEW, past, np.array([[0.0, 100.0, 250.0, 350.0]]))
    # 550 pixels in 96: 150 lie beyond the frame, and sixty more by the camera's shake: 36 and a half of them.
    assert (clips[0, 1:, :, :, :35] >= 254).all()
    assert clips[0, 1:, :, :, 38:].mean() < 140.0
