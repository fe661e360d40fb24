"""A head beside its pose, a picture's middle beside its axis, a zoom by its field of view."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.geo import difference_deg
from firewatch.domain.lens import Lens, LensKind, plain_lens
from firewatch.domain.mounting import HeadOffset
from firewatch.domain.optics import Calibration
from firewatch.domain.sight import line_of_look, sight_line
from firewatch.domain.vision import Box, FrameStamp, Look
from firewatch.domain.zoom import ZoomStep, ZoomTable
from firewatch.errors import InvalidValue

BARREL = Lens(LensKind.RECTILINEAR, 0.8, (-0.2, 0.05, 0.0, 0.0, 0.0), 0.45)
BENT = Calibration("v1", 350.0, -3.0, BARREL.hfov_deg(), 0.3, 2.0, BARREL)
PLAIN = Calibration("v1", 20.0, 0.0, 60.0, 0.3)
TABLE = ZoomTable((ZoomStep(0.0, plain_lens(60.0)), ZoomStep(0.4, plain_lens(20.0)), ZoomStep(1.0, plain_lens(4.0))))


@pytest.mark.parametrize("wrong", [{"azimuth_deg": 181.0}, {"tilt_deg": -91.0}, {"focal": 0.0}, {"focal": math.nan}])
def test_an_offset_out_of_bounds_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        HeadOffset(**wrong)


def test_a_head_beside_its_pose_turns_and_zooms_what_is_known() -> None:
    seen = PLAIN.aside(HeadOffset(-30.0, 1.0, 2.0))
    assert (seen.azimuth_deg, seen.tilt_deg, seen.lens) == (350.0, 1.0, None)
    assert math.tan(math.radians(seen.hfov_deg) / 2.0) == pytest.approx(math.tan(math.radians(30.0)) / 2.0)
    bent = BENT.aside(HeadOffset(20.0, -90.0, 1.1))
    assert (bent.azimuth_deg, bent.tilt_deg, bent.roll_deg) == (10.0, -90.0, 2.0)
    assert bent.lens == BARREL.zoomed(1.1)
    assert BENT.aside(None) is BENT
    with pytest.raises(InvalidValue):
        replace(PLAIN, hfov_deg=1.0).aside(HeadOffset(focal=5.0))


def test_the_line_of_a_look_is_that_of_where_the_head_stood() -> None:
    box, offset = Box(900.0, 300.0, 940.0, 360.0), HeadOffset(0.4, -0.1, 1.02)
    stamp = FrameStamp(datetime(2026, 4, 5, 4, tzinfo=UTC), "a" * 64, 1280, 720, offset)
    beside = line_of_look(BENT, Look(stamp, box, 0.8))
    assert beside == sight_line(BENT.aside(offset), box, 1280, 720)
    assert line_of_look(BENT, Look(replace(stamp, aside=None), box, 0.8)) == sight_line(BENT, box, 1280, 720)


@given(st.floats(-28.0, 28.0))
def test_an_azimuth_is_found_again_where_it_is_seen(turn_deg: float) -> None:
    across = BENT.across(BENT.azimuth_at(0.5 + turn_deg / 60.0))
    assert across == pytest.approx(0.5 + turn_deg / 60.0, abs=2e-3)
    straight = PLAIN.across((20.0 + turn_deg) % 360.0)
    assert straight == pytest.approx(0.5 + math.tan(math.radians(turn_deg)) / math.tan(math.radians(30.0)) / 2.0)


def test_the_middle_of_the_picture_lies_beside_an_axis_that_is_not_in_it() -> None:
    assert PLAIN.middle_deg == pytest.approx(20.0)
    assert 2.0 < difference_deg(BENT.middle_deg, BENT.azimuth_deg) < 5.0
    assert BENT.across(BENT.middle_deg) == pytest.approx(0.5)


def test_nothing_is_seen_behind_a_camera() -> None:
    assert PLAIN.across(200.0) is None
    assert PLAIN.across(60.0) > 1.0  # type: ignore[operator]  # a number: 40 degrees to the right


def test_far_things_are_as_large_as_the_focal_length_says() -> None:
    assert PLAIN.plain_hfov_deg == 60.0
    assert BENT.plain_hfov_deg == pytest.approx(plain_lens(64.0107667).hfov_deg(), abs=1e-6)
    assert BENT.plain_hfov_deg < BENT.hfov_deg


@given(st.floats(4.0, 60.0))
def test_a_zoom_is_found_by_its_field_of_view(hfov_deg: float) -> None:
    zoom = TABLE.zoom_of(hfov_deg)
    assert zoom is not None
    assert TABLE.covers(zoom)
    assert TABLE.lens_at(zoom).hfov_deg() == pytest.approx(hfov_deg, abs=1e-6)


def test_no_zoom_has_a_field_of_view_beyond_the_table() -> None:
    assert TABLE.zoom_of(61.0) is None
    assert TABLE.zoom_of(3.0) is None
    assert not TABLE.covers(1.1)
    single = ZoomTable((ZoomStep(0.3, plain_lens(60.0)),))
    assert single.zoom_of(60.0) == 0.3
    assert single.zoom_of(50.0) is None
