"""Large frames: a far plume keeps its pixels, none is cut, one plume has one box, and time rules how many tiles."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.errors import InvalidValue
from firewatch_edge.detect import (
    FAR_PLUME_PX,
    Letterbox,
    Scan,
    TileTime,
    far_plume_px,
    plan_tiles,
    without_tiles,
)
from firewatch_edge.detect.boxes import Cut
from firewatch_edge.detect.horizon import Horizon
from firewatch_edge.detect.joining import joined, part_of

if TYPE_CHECKING:
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
            (105, 105, 122, 124): 0.8,  # less than what counts by itself, 0.9
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
    assert sorted(both.scores.tolist()) == pytest.approx([0.4, 0.65], abs=1e-3)
    assert both.scores.max() < 0.65, "what only a tile shows does not count by itself"
    assert sorted(both.logits.tolist()) == pytest.approx([0.8, 1.4]), "the verifier's sum has the network's own word"
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
