"""A camera that turns and zooms looks as its head says: at a pose, beside it, and where a person drives it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patrol_bench import LENSES, Bench
from patrol_world import PANS

from firewatch.domain.geo import difference_deg, wrap_deg
from firewatch.domain.lens import Lens, LensKind, plain_lens
from firewatch.domain.mounting import AngleErrors, Mount
from firewatch.domain.optics import Calibration
from firewatch.domain.zoom import ZoomStep, ZoomTable
from firewatch_edge.node.errand import Errand
from firewatch_edge.patrol import Heading, Look, LookFree, MountPosition

WIDE = Lens(LensKind.RECTILINEAR, 0.8, (-0.2, 0.05, 0.0, 0.0, 0.0))
TABLE = ZoomTable((ZoomStep(0.1, WIDE), ZoomStep(0.9, replace(WIDE, focal=16.0, distortion=(0.0,) * 5))))


def surveyed(azimuth_deg: float, lens: Lens | None = None, **more: object) -> Calibration:
    hfov = 60.0 if lens is None else lens.hfov_deg()
    return Calibration("v1", azimuth_deg, -2.0, hfov, 0.4, 1.5, lens, **more)  # type: ignore[arg-type]


HEADING = Heading(
    180.0,
    90.0,
    [
        (MountPosition(0.0, 0.0, 0.1), surveyed(350.0, WIDE, mount=Mount(lean_deg=2.0), errors=AngleErrors(0.1, 0.2))),
        (MountPosition(0.5, 0.1, 0.5), surveyed(80.0, TABLE.lens_at(0.5))),
    ],
    TABLE,
)


def test_a_free_view_has_the_lens_of_its_zoom_and_hangs_as_the_pose_beside_it() -> None:
    seen = HEADING.calibration_at(MountPosition(0.1, 0.05, 0.5), "free")
    assert seen.lens == TABLE.lens_at(0.5)
    assert (seen.roll_deg, seen.mount, seen.calibration_id) == (1.5, Mount(lean_deg=2.0), "free")
    assert [seen.azimuth_deg, seen.tilt_deg] == pytest.approx([8.0, 2.5])
    # Nobody measured this pose, but where in the picture a smoke stands says what it always does.
    assert 2.0 < seen.sigma_deg < 2.2
    assert seen.errors is not None
    assert 2.0 < seen.errors.tilt_deg < 2.2


def test_beyond_the_table_the_lens_of_a_pose_at_that_zoom_serves_and_else_none() -> None:
    poses = [(MountPosition(0.0, 0.0, 0.0), surveyed(350.0, WIDE)), (MountPosition(0.5, 0.1, 0.5), surveyed(80.0))]
    heading = Heading(180.0, 90.0, poses, TABLE)
    assert heading.calibration_at(MountPosition(0.1, 0.0, 0.01), "free").lens == WIDE
    unknown = heading.calibration_at(MountPosition(0.1, 0.0, 0.95), "free")
    assert unknown.lens is None
    assert unknown.hfov_deg == WIDE.hfov_deg()
    assert unknown.sigma_deg > 15.0


def test_a_fisheye_of_unknown_zoom_stays_one() -> None:
    fisheye = Lens(LensKind.FISHEYE, 0.33)
    heading = Heading(180.0, 90.0, [(MountPosition(0.0), surveyed(0.0, fisheye))])
    assert heading.calibration_at(MountPosition(0.0, 0.0, 0.5), "free").lens == fisheye


@given(st.floats(-0.9, 0.9), st.floats(-0.3, 0.3), st.floats(0.1, 0.9), st.floats(0.02, 0.98))
def test_a_pose_and_the_offset_look_along_what_the_head_says(pan: float, tilt: float, zoom: float, x: float) -> None:
    at, known = HEADING.surveyed[1]
    offset = HEADING.offset_at(at, MountPosition(pan, tilt, zoom))
    seen = known.aside(offset)
    assert seen.calibration_id == known.calibration_id
    assert abs(difference_deg(seen.azimuth_deg, wrap_deg(80.0 + (pan - 0.5) * 180.0))) < 0.01 + 1e-9
    assert seen.tilt_deg == pytest.approx(-2.0 + (tilt - 0.1) * 90.0, abs=0.01 + 1e-9)
    assert seen.effective_lens.focal == pytest.approx(TABLE.lens_at(zoom).focal, rel=4e-4)
    assert 0.0 <= seen.bearing_of(1600 * x, 450.0, 1600, 900).azimuth_deg < 360.0


def test_a_head_that_stands_at_its_pose_is_beside_nothing() -> None:
    at, known = HEADING.surveyed[0]
    assert HEADING.offset_at(at, MountPosition(0.00001, 0.0, 0.1)) is None
    assert known.aside(None) is known
    # Round the seam of an endless head the short way.
    near = Heading(180.0, 90.0, HEADING.surveyed).offset_at(MountPosition(0.99), MountPosition(-0.99, 0.0, 0.8))
    assert near is not None
    assert near.azimuth_deg == pytest.approx(3.6)
    assert near.focal == 1.0


def test_to_look_along_a_bearing_the_middle_of_the_picture_is_meant_not_the_axis() -> None:
    shifted = surveyed(90.0, replace(WIDE, centre_x=0.4))
    heading = Heading(180.0, 90.0, [(MountPosition(0.5), shifted)])
    target = heading.position_at(200.0)
    assert target is not None
    there = replace(shifted, azimuth_deg=wrap_deg(90.0 + (target.pan - 0.5) * 180.0))
    assert there.middle_deg == pytest.approx(200.0, abs=1e-9)
    assert there.across(200.0) == pytest.approx(0.5, abs=1e-9)
    assert difference_deg(there.middle_deg, there.azimuth_deg) > 4.0


def test_frames_at_a_pose_say_where_the_head_stood() -> None:
    bench = Bench(zooms=ZoomTable((ZoomStep(0.0, plain_lens(64.0)), ZoomStep(1.0, plain_lens(4.0)))))
    bench.until(Look)
    bench.mount.position = MountPosition(PANS[0] + 0.004, -0.002, 0.015)
    bench.step()
    (frame,) = bench.taken
    aside = frame.stamp.aside
    assert aside is not None
    assert [aside.azimuth_deg, aside.tilt_deg] == pytest.approx([0.72, -0.18])
    assert aside.focal == pytest.approx((plain_lens(4.0).focal / plain_lens(64.0).focal) ** 0.015)
    # Of the pose all the same: its masks and its past count.
    assert frame.calibration is None


def test_frames_of_a_free_view_say_where_the_head_stood_within_it() -> None:
    bench = Bench()
    bench.until(Look)
    bench.worker.take_over(60.0)
    bench.mount.position = MountPosition(0.25)
    bench.until(LookFree)
    bench.step()
    bench.mount.position = MountPosition(0.253)
    bench.until(LookFree)
    bench.step()
    first, second = (frame for frame in bench.taken if frame.pose_id == "free")
    assert first.stamp.aside is None
    assert second.stamp.aside is not None
    assert second.calibration is not None
    assert second.calibration.aside(second.stamp.aside).azimuth_deg == pytest.approx(45.54)


def test_a_lens_that_cannot_zoom_as_the_head_says_stays_as_it_is_calibrated() -> None:
    bench = Bench(zooms=ZoomTable((ZoomStep(0.0, plain_lens(64.0)), ZoomStep(1.0, plain_lens(1.0)))))
    bench.worker._camera = replace(bench.worker._camera, calibrations=[replace(each, hfov_deg=1.0) for each in LENSES])
    bench.until(Look)
    bench.mount.position = MountPosition(PANS[0], 0.0, 0.015)
    bench.step()
    assert [frame.stamp.aside for frame in bench.taken] == [None]


def test_who_is_sent_to_look_is_told_where_the_head_looked() -> None:
    bench = Bench()
    bench.until(Look)
    errand = Errand(45.0, 5.0, 60.0)
    bench.worker.send(errand)
    bench.until(LookFree)
    bench.mount.position = MountPosition(0.252)
    while not bench.taken or bench.taken[-1].pose_id != "free":
        bench.step()
    glance = errand.wait(5.0)
    assert glance.calibration.azimuth_deg == pytest.approx(45.36)  # type: ignore[union-attr]
