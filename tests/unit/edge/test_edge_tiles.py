"""Large frames: a far plume keeps its pixels, none is cut, one plume has one box, and time rules how many tiles."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporal_model import landscape

from firewatch.domain.vision import Frame, FrameStamp
from firewatch.errors import FrameUnavailableError, InvalidValue
from firewatch_edge.capture import decode_frame, whole_picture
from firewatch_edge.detect import (
    FAR_PLUME_PX,
    Detector,
    Eyes,
    Letterbox,
    Past,
    Scan,
    Sight,
    TilesWanted,
    TileTime,
    ViewMemory,
    far_plume_px,
    plan_tiles,
    without_tiles,
)
from firewatch_edge.detect.boxes import Cut
from firewatch_edge.detect.closeup import CloseUp
from firewatch_edge.detect.horizon import Horizon
from firewatch_edge.detect.joining import joined, part_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

INPUT = (1280, 736)
START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
CUT = Cut(0.2, 0.6, 0.5)


def seen_px(distance_m: float, wide_m: float, width_px: int, hfov_deg: float, reduction: float, at_deg: float) -> float:
    """Return by angles alone, without a focal length, on how many pixels of the network a plume lies."""
    half = math.tan(math.radians(hfov_deg) / 2.0)
    turn, spread = math.radians(at_deg), wide_m / distance_m / 2.0
    left, right = (math.tan(turn + sign * spread) / half for sign in (-1.0, 1.0))
    return (right - left) * width_px / 2.0 / reduction


@pytest.mark.parametrize("hfov_deg", [20.0, 40.0, 45.0, 50.0, 54.0, 60.0, 62.0])
@pytest.mark.parametrize("at_deg", [0.0, 5.0, -9.0])
def test_a_plume_of_60_m_at_15_km_spans_eight_pixels_of_what_the_network_sees_of_a_4k_frame(
    hfov_deg: float, at_deg: float
) -> None:
    plan = plan_tiles(3840, 2160, hfov_deg, INPUT)
    assert seen_px(15_000.0, 60.0, 3840, hfov_deg, plan.reduction, at_deg) >= 8.0
    # And the tile that the network is given is shrunk by just that.
    for tile in plan.tiles((3840 // plan.decoded, 2160 // plan.decoded)):
        assert Letterbox(*INPUT).scale_of(tile.width, tile.height) == pytest.approx(
            plan.decoded / plan.reduction, rel=2e-3
        )


def test_where_no_tile_can_be_so_sharp_the_frame_is_looked_at_as_it_was_taken() -> None:
    plan = plan_tiles(3840, 2160, 100.0, INPUT)
    assert plan.reduction == 1.0
    assert plan.far_plume_px == pytest.approx(far_plume_px(3840, 100.0))
    assert plan.far_plume_px < FAR_PLUME_PX
    assert plan.columns == 4


@pytest.mark.parametrize(("width", "height", "hfov_deg"), [(1280, 720, 60.0), (1900, 1080, 60.0), (3840, 2160, 20.0)])
def test_a_frame_that_is_sharp_enough_has_no_tiles(width: int, height: int, hfov_deg: float) -> None:
    plan = plan_tiles(width, height, hfov_deg, INPUT)
    assert plan.columns == 0
    assert plan.tiles((width, height)) == ()
    assert without_tiles(plan) == plan


def test_without_tiles_a_large_frame_is_decoded_no_larger_than_the_input() -> None:
    plan = without_tiles(plan_tiles(3840, 2160, 60.0, INPUT))
    assert (plan.columns, plan.decoded, plan.reduction) == (0, 2, 3.0)
    assert plan.far_plume_px == pytest.approx(far_plume_px(1280, 60.0))


@given(
    width=st.integers(1920, 8000),
    share=st.floats(0.4, 0.8),
    hfov_deg=st.floats(25.0, 130.0),
    horizon=st.floats(0.0, 1.0),
)
def test_tiles_lie_in_the_frame_cover_its_width_and_overlap_by_what_a_cut_plume_needs(
    width: int, share: float, hfov_deg: float, horizon: float
) -> None:
    height = round(width * share)
    plan = plan_tiles(width, height, hfov_deg, INPUT)
    wide, high = math.ceil(width / plan.decoded), math.ceil(height / plan.decoded)
    tiles = plan.tiles((wide, high), np.full(64, horizon, np.float32))
    for tile in tiles:
        assert 0 <= tile.left < tile.right <= wide
        assert 0 <= tile.top < tile.top + tile.height <= high
        assert tile.top <= horizon * high <= tile.top + tile.height
    if tiles:
        assert (tiles[0].left, tiles[-1].right) == (0, wide)
        assert plan.reduction >= plan.decoded
    for one, other in itertools.pairwise(tiles):
        overlap = (one.right - other.left) * plan.decoded / plan.reduction
        assert overlap >= 128.0 - 3.0, "a plume 125 pixels wide for the network is whole in one of them"


def test_each_tile_lies_on_its_own_part_of_the_horizon() -> None:
    slope = np.linspace(0.3, 0.7, 64, dtype=np.float32)
    left, right = plan_tiles(3840, 2160, 60.0, INPUT).tiles((3840, 2160), slope)
    assert left.top < right.top
    for tile, share in ((left, 0.4), (right, 0.6)):
        assert tile.top + tile.height / 2.0 == pytest.approx(share * 2160, abs=40.0)


def test_sizes_and_angles_that_are_none_are_refused() -> None:
    with pytest.raises(InvalidValue, match="width"):
        plan_tiles(0, 10, 60.0, INPUT)
    with pytest.raises(InvalidValue, match="field of view"):
        plan_tiles(3840, 2160, 180.0, INPUT)


def hills(row: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    image = np.full((360, 640, 3), 200, np.uint8)
    image[row:] = np.random.default_rng(seed).integers(30, 90, (360 - row, 640, 3), np.uint8)
    return image


def test_the_horizon_is_the_middle_of_what_the_frames_show() -> None:
    horizon = Horizon()
    assert horizon.rows is None
    for number in range(9):
        # Every third frame a bank of fog, whose edge is no horizon.
        horizon.see(hills(300 if number % 3 == 1 else 150, number), 400.0 * number)
    assert horizon.rows == pytest.approx(np.full(64, 150 / 360), abs=0.03)
    horizon.forget()
    assert horizon.rows is None


def test_the_horizon_is_seldom_looked_for_and_never_where_it_is_told() -> None:
    horizon, told = Horizon(), Horizon(0.25)
    for second in range(0, 600, 2):
        horizon.see(hills(150), float(second))
        told.see(hills(300), float(second))
    assert len(horizon._votes) == 4, "0, 30, 60 s, and five minutes on"
    assert told.rows == pytest.approx(np.full(64, 0.25))


def scan(*rows: tuple[float, ...], size: tuple[int, int] = (1000, 600)) -> Scan:
    boxes = np.array([row[:4] for row in rows], np.float32).reshape(-1, 4)
    scores = np.array([row[4] for row in rows], np.float32)
    return Scan(boxes, scores * 2.0, scores, size)


def test_one_plume_in_frame_and_tile_has_one_box() -> None:
    whole = scan((100, 100, 130, 130, 0.4), (500, 100, 530, 130, 0.6), (0, 0, 5, 5, 0.01))
    tile = scan((105, 105, 122, 124, 0.8), (700, 50, 706, 55, 0.5))
    both = joined(whole, [tile], CUT, 0.9)
    found = {tuple(box): score for box, score in zip(both.boxes.tolist(), both.scores.tolist(), strict=True)}
    assert found == pytest.approx(
        {
            (500, 100, 530, 130): 0.6,
            (105, 105, 122, 124): 0.8,
            (700, 50, 706, 55): 0.5,
            (0, 0, 5, 5): 0.01,
        }
    )
    assert both.logits == pytest.approx(both.scores * 2.0), "each with its own logit"


def test_a_box_of_the_whole_frame_that_counts_by_itself_keeps_its_place() -> None:
    whole = scan((100, 100, 200, 300, 0.7))
    both = joined(whole, [scan((120, 120, 150, 160, 0.95))], CUT, 0.65)
    assert both.boxes.tolist() == [[100, 100, 200, 300]]


def test_of_two_tiles_the_better_box_stays_and_near_plumes_stay_two() -> None:
    both = joined(scan(), [scan((10, 10, 20, 20, 0.5)), scan((11, 10, 21, 20, 0.7), (40, 10, 50, 20, 0.4))], CUT, 0.65)
    assert sorted(both.scores.tolist()) == pytest.approx([0.4, 0.7])
    same = scan((1, 1, 9, 9, 0.5))
    assert joined(same, [scan()], CUT, 0.65) is same


def test_what_the_edge_of_a_tile_cuts_is_left_to_the_neighbour_that_is_looked_at_too() -> None:
    tile = scan((0, 50, 20, 80, 0.9), (980, 50, 1000, 80, 0.8), (500, 0, 520, 20, 0.7), (0, 0, 900, 300, 0.99))
    for left, right, kept in ((True, True, [0.7]), (True, False, [0.8, 0.7]), (False, False, [0.9, 0.8, 0.7])):
        assert part_of(tile, CUT, cut_left=left, cut_right=right).scores.tolist() == pytest.approx(kept)


@given(speed_s=st.floats(0.01, 2.0), per_frame_s=st.floats(0.05, 5.0), second_s=st.floats(0.0, 0.5))
def test_the_detector_is_at_work_for_no_more_than_its_share_of_the_time(
    speed_s: float, per_frame_s: float, second_s: float
) -> None:
    time_for, worked_s, tiles = TileTime(per_frame_s), 0.0, 0
    frames = 300
    for _ in range(frames):
        number = time_for.tiles(4)
        time_for.took(speed_s, [speed_s] * number)
        time_for.also_took(second_s)
        worked_s += speed_s * (1 + number) + second_s
        tiles += number
    least_s = frames * (speed_s + second_s)
    # The first frame is not yet measured, and the purse may be overdrawn by one frame's second stage.
    allowance_s = 3.0 * per_frame_s + 4.0 * speed_s + second_s
    assert worked_s <= max(least_s, frames * per_frame_s) + allowance_s
    if least_s + frames * speed_s < 0.9 * frames * per_frame_s:
        assert tiles > 0.5 * min(4.0 * frames, (frames * per_frame_s - least_s) / speed_s) - 8.0, "none is wasted"


def frame_of(image: npt.NDArray[np.uint8], at_s: float = 0.0) -> Frame:
    at = START + timedelta(seconds=at_s)
    return Frame(FrameStamp(at, f"{int(at_s):064x}", image.shape[1], image.shape[0]), image)


def with_square(x: int, y: int, side: int, size: tuple[int, int] = (576, 432)) -> npt.NDArray[np.uint8]:
    image = np.full((size[1], size[0], 3), 60, np.uint8)
    image[y : y + side, x : x + side] = 255
    return image


@pytest.fixture(scope="module")
def detector(squares_model: Path) -> Detector:
    return Detector.load(squares_model, threads=1)


def best_box(scan_: Scan) -> tuple[list[float], float]:
    best = int(scan_.scores.argmax())
    return scan_.boxes[best].tolist(), float(scan_.scores[best])


def test_a_small_bright_place_is_found_in_a_tile_that_the_whole_frame_misses(detector: Detector) -> None:
    # hfov as wide as that the frame is cut at its full sharpness: five columns of 128 pixels.
    image = with_square(256, 216, 16)
    whole = detector.scan(image)
    sight = Sight(detector, TilesWanted(140.0, horizon=0.5))
    seen = sight.look(frame_of(image))
    assert seen.scores.max() > whole.scores.max() + 0.2
    box, _ = best_box(seen)
    x, y = (box[0] + box[2]) / 2.0, (box[1] + box[3]) / 2.0
    assert abs(x - 264.0) < 16.0
    assert abs(y - 224.0) < 16.0
    assert seen.size_px == (576, 432)


def test_without_tiles_the_scan_is_the_detectors_own_to_the_bit(detector: Detector) -> None:
    image = with_square(256, 208, 60)
    own, seen = detector.scan(image), Sight(detector).look(frame_of(image))
    np.testing.assert_array_equal(own.boxes, seen.boxes)
    np.testing.assert_array_equal(own.scores, seen.scores)


class Counting:
    """A detector that notes what it was given."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.spec, self.input_px, self.candidate_cut = detector.spec, detector.input_px, detector.candidate_cut
        self.fitted = detector.fitted
        self.shapes: list[tuple[int, ...]] = []
        self.corners: list[int] = []

    def scan(self, image: npt.NDArray[np.uint8]) -> Scan:
        self.shapes.append(image.shape)
        self.corners.append(int(image[0, 0, 0]))
        return self._detector.scan(image)


def columns_visited(counting: Counting, number: int, image: npt.NDArray[np.uint8]) -> list[list[int]]:
    """Return which tiles, by the grey of their left column, each of so many frames was looked at in."""

    class Scarce(TileTime):
        def tiles(self, most: int) -> int:
            return min(1, most)

    sight = Sight(counting, TilesWanted(140.0, horizon=0.5), Scarce(1.0))  # type: ignore[arg-type]  # as much of one as is asked for
    visited = []
    for at_s in range(number):
        counting.corners.clear()
        sight.look(frame_of(image, float(at_s)))
        assert counting.shapes[-len(counting.corners)] == image.shape, "the whole frame first, always"
        visited.append(counting.corners[1:])
    return visited


def test_with_time_for_one_tile_they_take_turns_and_one_in_which_something_was_found_comes_every_second_time(
    detector: Detector,
) -> None:
    calm = np.repeat(np.arange(576, dtype=np.uint8)[None, :, None] // 8, 432, axis=0).repeat(3, axis=2).copy()
    visited = columns_visited(Counting(detector), 10, calm)
    assert [len(row) for row in visited] == [1] * 10
    assert visited[0:5] == visited[5:10]
    assert len({row[0] for row in visited}) == 5
    burning = calm.copy()
    burning[216:232, 256:272] = 255
    visited = columns_visited(Counting(detector), 20, burning)
    counts = {row[0]: visited.count(row) for row in visited}
    assert len(counts) == 5, "no other is forgotten"
    assert max(counts.values()) >= 8, "three of six frames confirm a sighting"


def test_another_size_is_planned_anew(detector: Detector) -> None:
    counting = Counting(detector)
    sight = Sight(counting, TilesWanted(140.0))  # type: ignore[arg-type]  # as above
    sight.look(frame_of(with_square(0, 0, 4)))
    first = len(counting.shapes)
    sight.look(frame_of(with_square(0, 0, 4, (128, 96))))
    assert len(counting.shapes) == first + 1, "a frame of the input's size is looked at once"


def test_tiles_are_fitted_from_the_frame_itself_into_the_one_input() -> None:
    frame = np.random.default_rng(0).integers(0, 255, (2160, 3840, 3), np.uint8)
    box = Letterbox(*INPUT)
    tiles = plan_tiles(3840, 2160, 60.0, INPUT).tiles((3840, 2160))
    box.fit(frame)
    tracemalloc.start()
    for tile in tiles:
        assert np.shares_memory(tile.of(frame), frame)
        planes, scale = box.fit(tile.of(frame))
    box.fit(frame)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000, "NumPy tells of every array: none is made for a frame"
    planes, scale = box.fit(tiles[0].of(frame))
    alone, alone_scale = Letterbox(*INPUT).fit(np.ascontiguousarray(tiles[0].of(frame)))
    assert scale == alone_scale
    np.testing.assert_array_equal(planes, alone)


def jpeg(image: npt.NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].data)


@pytest.mark.parametrize(("by", "shape"), [(1, (433, 577)), (2, (217, 289)), (4, (109, 145)), (8, (55, 73))])
def test_a_large_jpeg_is_decoded_at_the_part_that_is_needed_and_whole_on_demand(
    by: int, shape: tuple[int, int]
) -> None:
    encoded = jpeg(cv2.GaussianBlur(with_square(200, 100, 80, (577, 433)), (0, 0), 4.0))
    asked = []
    frame = decode_frame("c", encoded, START, lambda *size: asked.append(size) or by)  # type: ignore[func-returns-value]  # notes and answers
    assert asked == [(577, 433)]
    assert frame.image.shape[:2] == shape
    assert (frame.stamp.width_px, frame.stamp.height_px) == (577, 433)
    full = decode_frame("c", encoded, START)
    np.testing.assert_array_equal(whole_picture(frame), full.image)
    assert whole_picture(frame, by) is frame.image
    assert frame.stamp.sha256 == full.stamp.sha256
    small = cv2.resize(full.image, shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(frame.image.astype(int) - small.astype(int)).mean() < 3.0


def test_tiles_are_cut_from_the_full_picture_which_is_decoded_only_when_one_is_looked_at(detector: Detector) -> None:
    image = with_square(256, 216, 16)
    encoded = jpeg(image)
    asked: list[int] = []

    class Purse(TileTime):
        left = 0

        def tiles(self, most: int) -> int:
            return min(most, self.left)

    def sharper(frame: Frame, by: int) -> npt.NDArray[np.uint8]:
        asked.append(by)
        return whole_picture(frame, by)

    purse = Purse(1.0)
    sight = Sight(detector, TilesWanted(140.0, horizon=0.5), purse, sharper)
    frame = decode_frame("c", encoded, START, lambda *_: 4)
    none = sight.look(frame)
    assert asked == []
    purse.left = 9
    seen = sight.look(frame)
    assert asked == [1]
    assert seen.scores.max() > none.scores.max() + 0.2
    box, _ = best_box(seen)
    assert abs((box[0] + box[2]) / 2.0 - 264.0) < 16.0


def test_a_picture_that_cannot_be_had_for_the_tiles_leaves_the_whole_frame(detector: Detector) -> None:
    def broken(_: Frame, by: int) -> npt.NDArray[np.uint8]:
        raise FrameUnavailableError("frame", f"not at 1/{by}")

    image = with_square(256, 208, 60)
    seen = Sight(detector, TilesWanted(140.0), None, broken).look(frame_of(image))
    np.testing.assert_array_equal(seen.scores, detector.scan(image).scores)
    with pytest.raises(FrameUnavailableError, match="decoded at 8 x 8"):
        whole_picture(Frame(FrameStamp(START, "0" * 64, 8, 8), np.zeros((4, 4, 3), np.uint8), b"none"))


def test_a_png_is_decoded_whole() -> None:
    encoded = bytes(cv2.imencode(".png", with_square(0, 0, 9))[1].data)
    frame = decode_frame("c", encoded, START, lambda *_: 8)
    assert frame.image.shape == (432, 576, 3)
    assert frame.encoded is None


def test_places_in_a_reduced_frame_are_given_in_pixels_of_the_camera(detector: Detector) -> None:
    encoded = jpeg(with_square(384, 192, 96, (768, 576)))
    whole, half = (Sight(detector).look(decode_frame("c", encoded, START, lambda *_, by=by: by)) for by in (1, 2))
    assert whole.size_px == half.size_px == (768, 576)
    assert best_box(half)[0] == pytest.approx(best_box(whole)[0], abs=1.0)
    assert best_box(half)[1] == pytest.approx(best_box(whole)[1], abs=0.05)


def close_up_of(image: npt.NDArray[np.uint8], before: npt.NDArray[np.uint8]) -> CloseUp:
    return CloseUp(image, Past((before,) * 4, (60.0,) * 4, ((0.0, 0.0),) * 4), (100.0, 50.0), 0.5)


def test_a_close_up_knows_which_small_places_of_the_frame_it_shows() -> None:
    image = np.zeros((300, 400, 3), np.uint8)
    close_up = close_up_of(image, image)
    boxes = np.array([[100, 50, 120, 70], [99, 50, 120, 70], [880, 600, 901, 640], [110, 60, 512, 100]], np.float32)
    assert close_up.holds(boxes).tolist() == [True, False, False, False]
    assert close_up.placed(boxes[:1]).tolist() == [[0.0, 0.0, 10.0, 10.0]]
    np.testing.assert_allclose(close_up.framed(close_up.placed(boxes)), boxes)


def test_what_is_seen_in_a_close_up_only_is_shown_to_the_verifier_as_sharp(range_model: Path) -> None:
    """A plume of a few pixels of the whole frame, averaged away there, left the range of its past in the tile."""
    eyes = Eyes.load(range_model, 1)
    before = landscape(1280, 720)
    now = before.copy()
    now[400:412, 600:612] = np.clip(now[400:412, 600:612].astype(int) + 90, 0, 255)
    small = [cv2.resize(picture, (160, 90), interpolation=cv2.INTER_AREA) for picture in (now, before)]
    frame = Frame(FrameStamp(START, "0" * 64, 1280, 720), small[0], b"the whole picture")
    past = Past((small[1],) * 4, (60.0,) * 4, ((0.0, 0.0),) * 4)

    class Remembering(ViewMemory):
        def look_back(self, *_: object) -> Past:
            return past

    tile = CloseUp(
        now[200:560, 300:940],
        Past((before[200:560, 300:940],) * 4, (60.0,) * 4, ((0.0, 0.0),) * 4),
        (300.0, 200.0),
        1.0,
    )
    scan_ = Sight(eyes.detector).look(frame)
    alone = eyes.verify(frame, scan_, Remembering(), 4)
    both = eyes.verify(frame, scan_, Remembering(), 4, [tile])
    assert alone is not None
    assert both is not None
    here = [k for k, box in enumerate(both.boxes) if box[0] < 606 < box[2] and box[1] < 406 < box[3]]
    assert both.scores[here].max() > 0.9
    assert alone.scores.max(initial=0.0) < 0.5
    assert both.from_detector == alone.from_detector


def test_tiles_become_close_ups_once_they_have_a_past_and_begin_anew_when_they_move(detector: Detector) -> None:
    view = landscape(576, 432)
    sight = Sight(detector, TilesWanted(140.0, horizon=0.5))
    sight.look(frame_of(view, 0.0))
    sight.look(frame_of(view, 60.0))
    assert sight.close_ups == (), "nobody asked for them"
    sight.remembers = True
    sight.look(frame_of(view, 120.0))
    assert sight.close_ups == ()
    sight.look(frame_of(view, 180.0))
    assert [close.corner_px[0] for close in sight.close_ups] == [0.0, 112.0, 224.0, 336.0, 448.0]
    close = sight.close_ups[1]
    np.testing.assert_array_equal(close.image, view[168:264, 112:240])
    assert np.abs(close.past.images[0].astype(int) - close.image.astype(int)).mean() < 6.0, "JPEG, not to the bit"
    sight._horizon = Horizon(0.52)
    sight.look(frame_of(view, 240.0))
    assert len(sight.close_ups) == 5, "so little does not move them"
    sight._horizon = Horizon(0.8)
    sight.look(frame_of(view, 300.0))
    assert sight.close_ups == ()
    sight.look(frame_of(view, 360.0))
    assert len(sight.close_ups) == 5
    sight.forget()
    assert sight.close_ups == ()
