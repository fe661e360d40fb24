"""Frames of one pose: tiles where there is time, pictures no larger than needed, far smoke as sharp as can be."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from temporal_model import landscape

from firewatch.domain.vision import Frame, FrameStamp
from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import decode_frame, whole_picture
from firewatch_edge.detect import (
    Detector,
    Eyes,
    Letterbox,
    Past,
    Scan,
    Sight,
    TilesWanted,
    TileTime,
    ViewMemory,
    plan_tiles,
)
from firewatch_edge.detect.closeup import CloseUp
from firewatch_edge.detect.horizon import Horizon

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

INPUT = (1280, 736)
START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)


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
        self.counts_from = detector.counts_from
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
    sight.remember_beside(ViewMemory())
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
    assert len(sight.take_close_ups()) == 5
    assert sight.close_ups == (), "nothing is held between two frames"


def test_what_is_set_aside_suppresses_nothing_in_the_frame_nor_in_a_tile(detector: Detector) -> None:
    image = with_square(256, 216, 16)
    sight = Sight(detector, TilesWanted(140.0, horizon=0.5))

    def near_the_square(scan: Scan) -> npt.NDArray[np.bool_]:
        assert scan.size_px == (576, 432), "in pixels of the frame"
        middles = (scan.boxes[:, :2] + scan.boxes[:, 2:]) / 2.0
        return np.asarray((np.abs(middles - (264.0, 224.0)) < 48.0).all(axis=1), bool)

    unmasked = sight.look(frame_of(image))
    assert not len(sight.set_aside.scores)
    masked = sight.look(frame_of(image, 10.0), near_the_square)
    assert unmasked.scores.max() > masked.scores.max() + 0.2
    assert not near_the_square(masked).any()
    assert near_the_square(sight.set_aside).all()
    assert len(sight.set_aside.scores)
