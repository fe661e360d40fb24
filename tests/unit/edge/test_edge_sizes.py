"""A camera that changes the size of its frames (day and night streams, a new firmware) goes on with its smokes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.vision import Detections, FrameStamp, Sighting
from firewatch_edge.confirm import Confirmer, ConfirmState, Rules, Viewpoint

START = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
VIEW = Viewpoint(
    TowerId("a"), CameraId("north"), PoseId("main"), Calibration("a/north/main", 0.0, 0.0, 60.0, 0.3), "f" * 64
)
LARGE, SMALL = (1920, 1080), (640, 360)
# As shares of the frame.
SMOKE = (0.70, 0.40, 0.74, 0.46)


def played(sizes: list[tuple[int, int]], boxes: list[tuple[float, ...]] | None = None) -> list[Sighting]:
    confirmer, state = Confirmer(Rules(0.4), VIEW, np.random.default_rng(7)), ConfirmState()
    changes: list[Sighting] = []
    for number, (width, height) in enumerate(sizes):
        stamp = FrameStamp(START + timedelta(seconds=10 * number), f"{number:064x}", width, height)
        share = np.array([SMOKE if boxes is None else boxes[number]], np.float32)
        found = Detections((share * [width, height, width, height]).astype(np.float32), np.array([0.8], np.float32))
        state, new = confirmer.step(state, stamp, found)
        changes += new
    return changes


def phases(changes: list[Sighting]) -> list[str]:
    return [change.phase.value for change in changes]


@pytest.mark.parametrize("sizes", [[LARGE, SMALL, LARGE], [SMALL, SMALL, LARGE], [LARGE, SMALL, SMALL]])
def test_three_frames_confirm_whatever_their_sizes(sizes: list[tuple[int, int]]) -> None:
    assert phases(played(sizes)) == ["opened"]


def test_an_open_smoke_stays_one_sighting_when_the_size_changes() -> None:
    changes = played([LARGE] * 4 + [SMALL] * 12)
    assert {change.sighting_id for change in changes} == {changes[0].sighting_id}
    assert phases(changes) == ["opened", "growing", "growing"]


def test_each_look_and_the_bearing_are_of_the_frame_they_come_from() -> None:
    (opened,) = played([LARGE, LARGE, SMALL])
    assert [look.stamp.width_px for look in opened.looks] == [1920, 1920, 640]
    assert opened.looks[-1].box.x0 == pytest.approx(0.70 * 640, abs=0.01)
    (same,) = played([LARGE, LARGE, LARGE])
    assert opened.bearing.azimuth_deg == pytest.approx(same.bearing.azimuth_deg, abs=0.01)


def test_a_larger_frame_is_no_growth_of_the_smoke() -> None:
    changes = played([SMALL] * 6 + [LARGE] * 3)
    assert phases(changes) == ["opened", "growing"]
    assert changes[1].observed_at == START + timedelta(seconds=80)


def test_smokes_elsewhere_in_the_view_stay_apart_even_where_their_pixels_agree() -> None:
    """Pixel 448 of a frame 640 wide is far from pixel 448 of one 1920 wide."""
    there = tuple(side / 3.0 for side in SMOKE)
    assert played([SMALL, LARGE, SMALL, LARGE], [SMOKE, there, SMOKE, there]) == []
