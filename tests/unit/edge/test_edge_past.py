"""The memory of a view: registered to a third of a pixel, thinned out, never of another view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporal_model import landscape, moved, noisy

from firewatch.errors import InvalidValue
from firewatch_edge.detect import AGES_S, CLIP_FRAMES, CLIP_SIDE, ViewMemory, at_working_size, clip_window, cut_clips

if TYPE_CHECKING:
    import numpy.typing as npt

WIDE = landscape(1280, 720)
SMALL = landscape(320, 180)
VIEW = landscape(640, 360)
# Where the camera has panned by a fifth of the picture's width.
OTHER = np.roll(VIEW, 120, axis=1)


def remembering() -> ViewMemory:
    """Return a memory of the view, one frame a minute, the last at 240 s."""
    memory = ViewMemory()
    for number in range(5):
        memory.look_back(noisy(VIEW, number), 60.0 * number)
    return memory


def test_frames_played_sixty_times_as_fast_have_the_ages_of_their_scene() -> None:
    played, real = ViewMemory(speed=60.0), ViewMemory()
    for number in range(5):
        fast = played.look_back(noisy(VIEW, number), 1.0 * number)
        slow = real.look_back(noisy(VIEW, number), 60.0 * number)
    assert fast is not None
    assert slow is not None
    assert fast.ages_s == slow.ages_s == (60.0, 180.0, 240.0, 240.0)


def test_a_frugal_memory_keeps_nothing_unpacked_and_tells_the_same() -> None:
    frugal, ample = ViewMemory(is_frugal=True), ViewMemory()
    for number in range(8):
        sparing = frugal.look_back(noisy(VIEW, number), 60.0 * number)
        usual = ample.look_back(noisy(VIEW, number), 60.0 * number)
    assert sparing is not None
    assert usual is not None
    assert sparing.ages_s == usual.ages_s
    assert np.allclose(sparing.shifts, usual.shifts, rtol=0.0, atol=1e-5)
    assert all((one == other).all() for one, other in zip(sparing.images, usual.images, strict=True))
    assert (len(frugal._seen), len(ample._seen)) == (0, len(AGES_S))


def test_a_frame_that_is_compared_again_and_again_stays_as_it_was() -> None:
    memory = remembering()
    for number in range(3):
        memory.look_back(noisy(VIEW, number), 250.0 + 10.0 * number)
    for seen in memory._seen.values():
        assert np.allclose(seen.outline, memory._outline(seen.image), rtol=0.0, atol=1e-4)


@pytest.mark.parametrize("is_frugal", [False, True])
def test_a_copy_goes_on_as_its_original_would(*, is_frugal: bool) -> None:
    memory = ViewMemory(speed=60.0, is_frugal=is_frugal)
    for number in range(4):
        memory.look_back(noisy(VIEW, number), 1.0 * number)
    copied = memory.copy().look_back(noisy(VIEW, 4), 4.0)
    original = memory.look_back(noisy(VIEW, 4), 4.0)
    assert copied is not None
    assert original is not None
    assert copied.ages_s == original.ages_s == (60.0, 180.0, 240.0, 240.0)


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (3.0, -2.0), (0.5, 0.25), (-7.3, 5.6), (20.4, -11.0)])
def test_a_shaken_picture_is_laid_back_to_a_third_of_a_pixel(x: float, y: float) -> None:
    memory = ViewMemory()
    assert memory.look_back(WIDE, 0.0) is None
    past = memory.look_back(noisy(moved(WIDE, x, y), 1), 60.0)
    assert past is not None
    # A place of the present frame lies at minus the shake in the frame before.
    assert past.shifts[0] == pytest.approx((-x, -y), abs=0.3)


def test_clips_of_a_shaken_still_view_show_the_same_five_times() -> None:
    memory = ViewMemory()
    for number, (x, y) in enumerate([(0.0, 0.0), (2.0, 3.0), (-3.0, 1.0), (1.5, -2.5)]):
        past = memory.look_back(frame := moved(WIDE, x, y), 60.0 * number)
    assert past is not None
    clips = cut_clips(frame, past, np.array([[600.0, 300.0, 640.0, 340.0], [100.0, 100.0, 400.0, 300.0]]))
    assert clips.shape == (2, CLIP_FRAMES, 3, CLIP_SIDE, CLIP_SIDE)
    assert clips.dtype == np.uint8
    apart = np.abs(clips[:, 1:].astype(float) - clips[:, :1].astype(float))
    assert apart.mean() < 2.0
    assert np.abs(WIDE[300:396, 600:696].astype(float) - WIDE[303:399, 603:699]).mean() > 5.0, "the picture has texture"


def test_the_ages_are_the_nearest_that_there_are() -> None:
    memory = ViewMemory()
    for number in range(14):
        past = memory.look_back(SMALL.copy(), 60.0 * number)
    assert past is not None
    assert past.ages_s[:3] == pytest.approx(AGES_S[:3], abs=60.0)
    assert past.ages_s[3] == pytest.approx(AGES_S[3], rel=0.15)
    young = ViewMemory()
    young.look_back(SMALL, 0.0)
    assert young.look_back(SMALL.copy(), 19.0) is None, "so young a frame shows the same smoke"
    second = young.look_back(SMALL.copy(), 20.0)
    assert second is not None
    assert second.ages_s == (20.0,) * 4


@settings(max_examples=25)
@given(period_s=st.floats(0.2, 300.0), jitter=st.floats(0.0, 0.4), seed=st.integers(0, 99))
def test_whatever_the_cadence_few_frames_are_kept_and_the_ages_covered(
    period_s: float, jitter: float, seed: int
) -> None:
    memory, rng, at_s = ViewMemory(), np.random.default_rng(seed), 0.0
    image = SMALL[::4, ::4].copy()
    memory._outline = lambda _: np.ones((8, 8), np.float32)  # type: ignore[method-assign]
    memory._shift = lambda *_: (0.0, 0.0)  # type: ignore[method-assign]
    most = 0
    for _ in range(min(4000, int(2400.0 / period_s) + 12)):
        at_s += period_s * (1.0 + jitter * rng.uniform(-1.0, 1.0))
        past = memory.look_back(image, at_s)
        most = max(most, len(memory._kept))
    # Twenty at an even pace; frames that come unevenly leave gaps that no frame may be taken from.
    assert most <= 24
    assert at_s - memory._kept[0].at_s <= 1080.0
    if at_s > 1200.0 and period_s < 300.0:
        assert past is not None
        for age_s, wanted_s in zip(past.ages_s, AGES_S, strict=True):
            assert abs(age_s - wanted_s) <= max(1.4 * period_s, 30.0, 0.2 * wanted_s)


@pytest.mark.parametrize("period_s", [1.0, 10.0, 60.0])
def test_a_view_takes_some_three_fifths_of_what_its_pixels_are(period_s: float) -> None:
    memory, most, soft = ViewMemory(), 0, cv2.GaussianBlur(SMALL, (0, 0), 1.5)
    for number in range(int(1500.0 / period_s)):
        memory.look_back(soft.copy(), period_s * number)
        most = max(most, len(memory._kept))
        assert len(memory._seen) <= len(AGES_S)
    assert 10 <= most <= 20
    assert sum(kept.packed.nbytes for kept in memory._kept) < 0.65 * len(memory._kept) * SMALL.nbytes


def test_what_is_packed_comes_back_to_the_bit() -> None:
    memory, frames = ViewMemory(), {}
    for number in range(30):
        frame = frames[60.0 * number] = noisy(WIDE[:200, :400], number)
        past = memory.look_back(frame, 60.0 * number)
        if past is None:
            continue
        for image, age_s in zip(past.images, past.ages_s, strict=True):
            np.testing.assert_array_equal(image, frames[60.0 * number - age_s])


@pytest.mark.parametrize(("period_s", "frames"), [(60.0, 3), (30.0, 3), (10.0, 7), (5.0, 13)])
def test_after_the_camera_has_turned_the_old_view_is_forgotten(period_s: float, frames: int) -> None:
    memory = remembering()
    for number in range(frames):
        assert memory.look_back(OTHER.copy(), 300.0 + period_s * number) is None
        assert len(memory._kept) == (1 if number == frames - 1 else 5), "three frames, and a minute of them"
    newest_s = 300.0 + period_s * (frames - 1)
    again = memory.look_back(noisy(OTHER, 99), newest_s + 60.0)
    assert again is not None
    assert again.ages_s == (60.0,) * 4


@pytest.mark.parametrize("odd", [OTHER, np.full_like(VIEW, 250)])
@pytest.mark.parametrize("most", [1, 2])
def test_a_hand_before_the_lens_erases_nothing(odd: npt.NDArray[np.uint8], most: int) -> None:
    memory = remembering()
    before = list(memory._kept)
    for number in range(most):
        assert memory.look_back(odd.copy(), 300.0 + 60.0 * number) is None
    assert list(memory._kept) == before
    at_s = 300.0 + 60.0 * most
    past = memory.look_back(noisy(VIEW, 9), at_s)
    assert past is not None
    assert past.ages_s[0] == at_s - 240.0, "and the odd frame is not remembered"
    # A frame of the view in between: the count of odd ones begins again.
    for number in range(2):
        assert memory.look_back(odd.copy(), at_s + 60.0 * (1 + number)) is None
    assert memory.look_back(noisy(VIEW, 10), at_s + 180.0) is not None


def test_many_odd_frames_within_a_minute_are_one_hand() -> None:
    memory = remembering()
    for number in range(30):
        assert memory.look_back(OTHER, 300.0 + 2.0 * number) is None
    assert memory.look_back(noisy(VIEW, 9), 360.0) is not None


def test_an_odd_first_frame_is_given_up_for_the_second() -> None:
    memory = ViewMemory()
    memory.look_back(OTHER, 0.0)
    assert memory.look_back(noisy(VIEW, 1), 60.0) is None
    past = memory.look_back(noisy(VIEW, 2), 120.0)
    assert past is not None
    assert past.ages_s == (60.0,) * 4


def test_after_forgetting_odd_frames_count_anew() -> None:
    memory = remembering()
    for number in range(2):
        memory.look_back(OTHER, 300.0 + 60.0 * number)
    memory.forget()
    for number in range(5):
        memory.look_back(noisy(VIEW, number), 1000.0 + 60.0 * number)
    assert memory.look_back(OTHER, 1300.0) is None
    assert memory.look_back(noisy(VIEW, 9), 1360.0) is not None


def test_one_odd_frame_in_the_past_is_stood_for_by_its_neighbour() -> None:
    memory, odd = ViewMemory(), ViewMemory()
    for number in range(8):
        past = memory.look_back(noisy(WIDE, number), 60.0 * number)
    odd.look_back(landscape(1280, 720, seed=7), 420.0 - 180.0)
    at = next(i for i, kept in enumerate(memory._kept) if kept.at_s == 240.0)
    memory._kept[at] = odd._kept[0]
    past = memory.look_back(noisy(WIDE, 8), 421.0)
    assert past is not None
    assert past.ages_s == (61.0, 361.0, 421.0, 421.0)
    strange = landscape(1280, 720, seed=7)
    assert not any((image == strange).all() for image in past.images)
    assert len(memory._kept) > 4, "nothing is forgotten for it"


@pytest.mark.parametrize("step_s", [0.0, -3600.0])
def test_a_time_that_does_not_go_on_begins_anew(step_s: float) -> None:
    memory = ViewMemory()
    memory.look_back(SMALL, 0.0)
    assert memory.look_back(SMALL.copy(), 60.0) is not None
    assert memory.look_back(SMALL.copy(), 60.0 + step_s) is None
    assert len(memory._kept) == 1


def test_another_size_begins_anew() -> None:
    memory = ViewMemory()
    memory.look_back(WIDE, 0.0)
    assert memory.look_back(landscape(640, 360), 60.0) is None
    assert memory.look_back(landscape(640, 360), 120.0) is not None


def test_forget_begins_anew() -> None:
    memory = ViewMemory()
    memory.look_back(SMALL, 0.0)
    memory.forget()
    assert memory.look_back(SMALL.copy(), 60.0) is None


@pytest.mark.parametrize("level", [0, 114, 255])
def test_a_view_in_which_there_is_nothing_has_no_past(level: int) -> None:
    """A lens covered, a night without a light: nothing tells that it is the same view."""
    memory, blank = ViewMemory(), np.full((90, 160, 3), level, np.uint8)
    assert [memory.look_back(blank.copy(), 60.0 * number) for number in range(4)] == [None] * 4


def test_what_is_no_view_is_refused() -> None:
    with pytest.raises(InvalidValue, match="width"):
        ViewMemory().look_back(np.zeros((4, 8, 3), np.uint8), 0.0)


def test_the_working_size_is_at_most_1280_wide() -> None:
    same, scale = at_working_size(WIDE)
    assert same is WIDE
    assert scale == 1.0
    shrunk, scale = at_working_size(cv2.resize(WIDE, (2560, 1440)))
    assert shrunk.shape == (720, 1280, 3)
    assert scale == 0.5


@pytest.mark.parametrize(
    ("box", "window"),
    [
        ((600.0, 300.0, 610.0, 305.0), (577.0, 274.5, 56.0)),
        ((0.0, 0.0, 10.0, 10.0), (-23.0, 0.0, 56.0)),
        ((1200.0, 640.0, 1280.0, 720.0), (1152.0, 592.0, 176.0)),
        ((100.0, 100.0, 1200.0, 700.0), (370.0, 120.0, 560.0)),
    ],
)
def test_a_clip_shows_the_box_in_its_middle_with_its_surroundings(
    box: tuple[float, ...], window: tuple[float, float, float]
) -> None:
    assert clip_window(box, 1280, 720) == pytest.approx(window)


def test_no_square_is_larger_than_the_frame() -> None:
    assert clip_window((5.0, 5.0, 20.0, 20.0), 40, 30) == (-2.5, 0.0, 30.0)


@pytest.mark.parametrize("corner", [(0.0, 0.0), (620.0, 0.0), (0.0, 340.0), (620.0, 340.0)])
@pytest.mark.parametrize("side", [20.0, 120.0, 300.0])
def test_beyond_the_edge_of_the_frame_its_last_pixels_go_on(corner: tuple[float, float], side: float) -> None:
    """So a plume that is cut off by the edge is in the middle of its clip, as every other."""
    memory = ViewMemory()
    assert memory.look_back(VIEW, 0.0) is None
    past = memory.look_back(VIEW, 60.0)
    assert past is not None
    x, y = corner
    box = np.array([[x - side, y - side, x + 20.0 + side, y + 20.0 + side]]).clip(0.0, [640.0, 360.0, 640.0, 360.0])
    left, top, cut = clip_window(box[0].tolist(), 640, 360)
    wide = cv2.copyMakeBorder(VIEW, 600, 600, 600, 600, cv2.BORDER_REPLICATE)
    square = wide[round(top) + 600 : round(top + cut) + 600, round(left) + 600 : round(left + cut) + 600]
    expected = cv2.resize(square, (CLIP_SIDE, CLIP_SIDE), interpolation=cv2.INTER_AREA)
    clip = cut_clips(VIEW, past, box)[0, 0].transpose(1, 2, 0)
    assert np.abs(clip.astype(float) - expected.astype(float)).mean() < 4.0
