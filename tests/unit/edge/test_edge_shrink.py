"""Pictures are shrunk to the average over areas, whatever their size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch_edge.detect.shrink import shrunk


def noise(width: int, height: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.sampled_from([(0, 256), (250, 256), (0, 3)])
)
def test_two_thirds_are_the_average_over_areas_within_one_grey_level(
    columns: int, rows: int, seed: int, greys: tuple[int, int]
) -> None:
    image = np.random.default_rng(seed).integers(*greys, (3 * rows, 3 * columns, 3)).astype(np.uint8)
    # Each source pixel as 2 x 2 equal ones: an output pixel is then the plain mean of 3 x 3 of those.
    fine = image.repeat(2, axis=0).repeat(2, axis=1).astype(float)
    exact = fine.reshape(2 * rows, 3, 2 * columns, 3, 3).mean(axis=(1, 3))
    small = shrunk(image, (2 * columns, 2 * rows))
    assert small.dtype == np.uint8
    assert np.abs(small - exact).max() <= 1.0
    # Rounding drifts nowhere: a grey level would be a shift of every threshold.
    if small.size > 3000:
        assert abs(float((small - exact).mean())) < 0.05


@pytest.mark.parametrize("size", [(1280, 720), (1000, 720), (1280, 719), (640, 360), (1920, 1080)])
def test_other_sizes_are_as_opencv_makes_them(size: tuple[int, int]) -> None:
    image = noise(1920, 1080, 1)
    expected = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk(image, size).astype(int) - expected.astype(int)).max() <= (size == (1280, 720))


def test_a_part_of_a_picture_is_written_into_a_part_of_another() -> None:
    whole, room = noise(1000, 700, 2), np.full((500, 600, 3), 7, np.uint8)
    part, place = whole[50:350, 90:690], room[100:300, 50:450]
    written = shrunk(part, (400, 200), dst=place)
    assert np.shares_memory(written, room)
    assert np.array_equal(place, shrunk(part.copy(), (400, 200)))
    room[100:300, 50:450] = 7
    assert (room == 7).all(), "nothing beyond the place was written"
