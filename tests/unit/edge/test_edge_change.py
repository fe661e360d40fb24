"""Places that left the range of their past: found while small, and not for light, shake or noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from temporal_model import landscape, moved, noisy, with_blob

from firewatch_edge.detect import ViewMemory, changed_places, overlaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

VIEW = landscape(1280, 720)


def places(frames: Sequence[npt.NDArray[np.uint8]], most: int = 4) -> npt.NDArray[np.float64]:
    """Return what changed in the last of frames a minute apart."""
    memory = ViewMemory()
    for number, frame in enumerate(frames):
        past = memory.look_back(frame, 60.0 * number)
    assert past is not None
    return changed_places(frames[-1], past, most)


@pytest.mark.parametrize("radius", [6.0, 12.0, 40.0])
@pytest.mark.parametrize("level", [150.0, 20.0])
def test_what_came_is_found_from_a_dozen_pixels_on(radius: float, level: float) -> None:
    """A disc is lighter or darker than all that was there before, by what thin smoke is."""
    calm = np.clip(VIEW, 60, 110).astype(np.uint8)
    frames = [noisy(calm, number) for number in range(4)]
    found = places([*frames, noisy(with_blob(calm, (700.0, 300.0), radius, level), 9)])
    assert len(found) >= 1
    box = np.array([[700.0 - radius, 300.0 - radius, 700.0 + radius, 300.0 + radius]])
    assert overlaps(found[:1], box)[0, 0] > 0.3
    assert len(found) == 1


def test_a_still_view_has_not_changed_even_when_the_camera_shakes_by_three_pixels() -> None:
    shakes = [(0.0, 0.0), (3.0, 0.0), (0.0, -3.0), (-2.1, 2.1), (1.3, -2.6)]
    frames = [noisy(moved(VIEW, x, y), number) for number, (x, y) in enumerate(shakes)]
    assert places(frames).tolist() == []


@pytest.mark.parametrize("gain", [0.6, 1.4])
def test_a_change_of_exposure_is_no_change_of_the_view(gain: float) -> None:
    frames = [noisy(VIEW, number) for number in range(4)]
    brighter = np.clip(gain * VIEW.astype(float), 0.0, 255.0).astype(np.uint8)
    assert len(places([*frames, noisy(brighter, 9)])) == 0


def test_the_shadow_of_a_wide_cloud_is_no_smoke() -> None:
    x = np.linspace(0.0, 1.0, 1280)[None, :, None]
    shadow = (VIEW * (1.0 - 0.4 / (1.0 + np.exp(-12.0 * (x - 0.5))))).astype(np.uint8)
    assert len(places([*(noisy(VIEW, number) for number in range(4)), noisy(shadow, 9)])) == 0


def test_what_was_there_in_one_frame_of_the_past_is_not_new() -> None:
    seen = with_blob(VIEW, (700.0, 300.0), 15.0)
    frames = [noisy(VIEW, 0), noisy(seen, 1), noisy(VIEW, 2), noisy(VIEW, 3), noisy(seen, 4)]
    assert len(places(frames)) == 0


def test_the_clearest_come_first_and_no_more_than_asked_for() -> None:
    now = VIEW
    for number in range(6):
        now = with_blob(now, (150.0 + 180.0 * number, 300.0), 8.0 + 2.0 * number)
    frames = [*(noisy(VIEW, number) for number in range(3)), noisy(now, 9)]
    found = places(frames, 4)
    assert len(found) == 4
    assert found[0, 0] > 900.0, "the largest"
    assert len(places(frames, 0)) == 0


@pytest.mark.parametrize("size", [(16, 16), (40, 30), (320, 180), (1280, 300)])
def test_any_size_can_be_compared_and_boxes_stay_inside(size: tuple[int, int]) -> None:
    width, height = size
    view = landscape(width, height)
    past_of = ViewMemory()
    past_of.look_back(view, 0.0)
    now = with_blob(view, (width - 4.0, height - 4.0), 6.0)
    past = past_of.look_back(now, 60.0)
    if past is None:
        pytest.skip("so small a view cannot be told from another")
    for x0, y0, x1, y1 in changed_places(now, past, 4):
        assert 0.0 <= x0 < x1 <= width
        assert 0.0 <= y0 < y1 <= height
