"""A drill is kept with an end that no clock prolongs, and painted into a copy that is marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from drill_bench import (
    BEGUN,
    LENS,
    START,
    a_drill,
    a_frame,
    hills,
    painted,
)

from firewatch.domain.vision import Box
from firewatch.errors import InvalidValue
from firewatch_edge.node import crop_jpeg
from firewatch_edge.node.drill_file import Aim, DrillFile, Moment, steady_now
from firewatch_edge.node.drill_picture import SmokePainter, require_in_view
from firewatch_edge.node.drilling import explains
from firewatch_edge.node.exercise_mark import marked

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("at_s", "boot", "steady_s", "holds"),
    [
        (0.0, "this-boot", 0.0, True),
        (599.0, "this-boot", 599.0, True),
        (601.0, "this-boot", 601.0, False),
        (-7200.0, "this-boot", 300.0, True),  # the wall clock was set back: the other one still counts
        (-7200.0, "this-boot", 601.0, False),
        (900.0, "this-boot", 10.0, False),  # set on past the end: it is over, rather too early than too late
        (60.0, "another-boot", 60.0, False),  # the computer was switched off and on
        (60.0, "this-boot", -1.0, False),
    ],
)
def test_a_drill_never_outlives_its_end_whatever_the_clocks_do(
    at_s: float, boot: str, steady_s: float, *, holds: bool
) -> None:
    drill = a_drill()
    assert drill.holds(START + timedelta(seconds=at_s), Moment(boot, BEGUN.at_s + steady_s)) is holds


@pytest.mark.parametrize("minutes", [0.0, -1.0, 30.5, float("nan")])
def test_no_drill_is_longer_than_half_an_hour(minutes: float) -> None:
    with pytest.raises(InvalidValue, match="at most 30"):
        a_drill(minutes=minutes)


@pytest.mark.parametrize("aim", [Aim(azimuth_deg=360.0), Aim(distance_m=10.0), Aim(at=(1.2, 0.5))])
def test_a_place_that_cannot_be_meant_is_refused(aim: Aim) -> None:
    with pytest.raises(InvalidValue):
        a_drill(aim=aim)


def test_what_is_written_down_is_read_again_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "drill.json"
    file, other = DrillFile(path), DrillFile(path)
    assert file.present(START, BEGUN) is None
    assert file.end() is False
    drill = a_drill(aim=Aim(azimuth_deg=80.0, distance_m=3000.0))
    other.begin(drill)
    assert file.present(START, BEGUN) == drill
    other.begin(replace(drill, minutes=2.0))
    changed = file.present(START, BEGUN)
    assert changed is not None
    assert changed.minutes == 2.0
    assert other.end() is True
    assert file.present(START, BEGUN) is None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"minutes": 300}'])
def test_a_file_that_cannot_be_read_is_no_drill(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "drill.json"
    path.write_bytes(content)
    assert DrillFile(path).present(START, BEGUN) is None


def test_an_edited_file_cannot_make_a_drill_longer(tmp_path: Path) -> None:
    path = tmp_path / "drill.json"
    file = DrillFile(path)
    file.begin(a_drill())
    path.write_bytes(path.read_bytes().replace(b'"minutes": 10.0', b'"minutes": 999.0'))
    assert DrillFile(path).present(START, BEGUN) is None


def test_the_steady_clock_goes_on_and_names_its_start() -> None:
    first, second = steady_now(), steady_now()
    assert first.boot == second.boot
    assert second.at_s >= first.at_s > 0.0


def test_the_smoke_is_on_a_copy_which_is_no_picture_of_the_camera() -> None:
    out = painted(Aim(distance_m=2000.0), 240.0)
    given = a_frame()
    assert out.box is not None
    assert out.frame.stamp.sha256 != given.stamp.sha256
    assert out.frame.stamp.captured_at == given.stamp.captured_at
    changed = np.abs(out.frame.image.astype(int) - given.image.astype(int)).max(axis=2) > 8
    rows, columns = np.nonzero(changed)
    assert columns.min() >= out.box.x0 - 80
    assert 0 < changed.mean() < 0.3
    assert rows.max() < 330


def test_a_nearer_fire_looks_larger_and_one_that_burns_longer_too() -> None:
    def area(aim: Aim, burning_s: float) -> float:
        box = painted(aim, burning_s).box
        return 0.0 if box is None else float(box.width * box.height)

    assert area(Aim(distance_m=1500.0), 200.0) > 1.5 * area(Aim(distance_m=4000.0), 200.0) > 0.0
    assert area(Aim(distance_m=1500.0), 300.0) > area(Aim(distance_m=1500.0), 60.0)


def test_the_smoke_moves_from_frame_to_frame() -> None:
    painter = SmokePainter(a_drill(), LENS)
    frame = a_frame()
    first, second = painter.paint(frame, 200.0), painter.paint(frame, 205.0)
    assert first is not None
    assert second is not None
    assert not np.array_equal(first.frame.image, second.frame.image)
    again = SmokePainter(a_drill(), LENS).paint(frame, 200.0)
    assert again is not None
    assert np.array_equal(first.frame.image, again.frame.image), "the same drill looks the same after a restart"


def test_the_smoke_rises_where_it_was_asked_for() -> None:
    # 20 degrees right of the middle of 60: three quarters of the way across and some.
    right = painted(Aim(azimuth_deg=110.0, distance_m=2000.0), 60.0).box
    x = 320.0 + LENS.focal_px(640) * np.tan(np.radians(20.0))
    assert right.x0 - 30.0 <= x <= right.x1 + 30.0
    placed = painted(Aim(distance_m=2000.0, at=(0.25, 0.7)), 60.0).box
    assert placed.x0 - 20.0 <= 160.0 <= placed.x1 + 20.0
    assert placed.y1 <= 0.7 * 360.0 + 8.0


def test_no_fire_burns_in_the_sky_it_burns_behind_the_crest() -> None:
    image = hills()
    image[180:250] = image[60:130]  # a near hill's crest, below where level ground would be seen at 2.5 km
    out = painted(Aim(distance_m=2500.0), 240.0, image)
    assert out.box is not None
    changed = np.abs(out.frame.image.astype(int) - image.astype(int)).max(axis=2) > 8
    assert 215 < np.nonzero(changed)[0].max() < 256, "the crest hides what is below it"


def test_a_picture_too_dark_for_smoke_gets_none() -> None:
    assert painted(Aim(distance_m=2000.0), 240.0, np.full((360, 640, 3), 6, np.uint8)) is None


def test_a_dim_picture_gets_dim_smoke() -> None:
    bright, dim = hills(), (hills() * 0.4).astype(np.uint8)
    lit = painted(Aim(distance_m=1500.0), 240.0, bright).frame.image.max()
    assert painted(Aim(distance_m=1500.0), 240.0, dim).frame.image.max() < 0.6 * lit


def test_an_azimuth_that_the_pose_does_not_see_is_refused_with_what_it_sees() -> None:
    require_in_view(Aim(azimuth_deg=65.0), LENS)
    require_in_view(Aim(at=(0.1, 0.1)), LENS)
    with pytest.raises(InvalidValue, match="from 61 to 119"):
        require_in_view(Aim(azimuth_deg=200.0), LENS)


@pytest.mark.parametrize("size", [(224, 224), (720, 1280), (20, 30)])
def test_the_mark_is_seen_in_every_picture_and_leaves_the_given_one_alone(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 90, np.uint8)
    out = marked(image)
    assert (image == 90).all()
    band = out[: max(20, round(0.07 * size[0])) - 2]
    assert (band != 90).any(axis=2).all()
    assert (out[-1] != 90).any(axis=1).all()
    if size[0] > 100:
        assert (band > 200).all(axis=2).sum() > 100, "words in white"


def test_a_crop_bears_the_mark_too() -> None:
    jpeg = crop_jpeg(hills(1280, 720), Box(600.0, 300.0, 640.0, 330.0), marked)
    crop = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    blue, green, red = crop[4, crop.shape[1] - 8].astype(int)
    assert blue > red > green + 40


@pytest.mark.parametrize(
    ("box", "is_its_smoke"),
    [
        (Box(100, 100, 200, 150), True),
        (Box(90, 95, 210, 160), True),
        (Box(120, 110, 140, 130), True),
        (Box(180, 100, 380, 150), False),  # mostly something beside it
        (Box(300, 100, 400, 150), False),
        (Box(0, 0, 640, 360), False),
    ],
)
def test_only_what_lies_mostly_in_the_painted_smoke_is_the_drills(box: Box, *, is_its_smoke: bool) -> None:
    assert explains(Box(100, 100, 200, 150), box, 640) is is_its_smoke
    assert not explains(None, box, 640)


def test_a_small_smoke_explains_the_larger_box_that_a_detector_draws_round_it() -> None:
    smoke, found = Box(600, 300, 620, 314), Box(592, 292, 630, 322)
    assert explains(smoke, found, 1280)
    assert not explains(smoke, Box(560, 260, 660, 360), 1280)
