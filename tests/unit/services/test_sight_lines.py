"""A corrected calibration moves the bearings that were computed by the old one, and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from firewatch.domain.geo import Bearing, difference_deg
from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.lens import Lens, LensKind
from firewatch.domain.optics import Calibration
from firewatch.domain.sites import Camera, Name, Pose, SiteMap, Tower
from firewatch.domain.vision import Box
from firewatch.errors import InvalidValue
from firewatch.services.sight_lines import bearing_today, is_recalibrated, line_today, place, pointing
from firewatch.testing import a_sighting, example_sites

SENT = a_sighting(1)
POSE = Pose(SENT.pose_id, Calibration("corrected", 30.0, -2.0, 60.0, 0.1), corrects=(SENT.calibration_id,))


def camera(pose: Pose) -> Camera:
    return Camera(SENT.camera_id, (pose,))


def sites(pose: Pose) -> SiteMap:
    tower = example_sites().towers[0]
    return SiteMap((Tower(SENT.tower_id, tower.name, tower.position, (camera(pose),)),), ())


def test_a_corrected_pose_gives_an_old_sighting_the_bearing_of_its_box() -> None:
    look = SENT.looks[-1]
    middle = POSE.calibration.bearing_of(look.box.centre_x, look.box.y1, look.stamp.width_px, look.stamp.height_px)
    moved = bearing_today(SENT, camera(POSE))
    assert is_recalibrated(SENT, camera(POSE))
    assert moved.azimuth_deg == pytest.approx(middle.azimuth_deg)
    assert moved != SENT.bearing
    placed = place(SENT, sites(POSE))
    assert placed is not None
    assert placed.bearing == moved
    assert pointing(SENT, sites(POSE)) == moved


def test_the_correction_of_an_azimuth_turns_the_bearing_by_as_much() -> None:
    further = replace(POSE, calibration=replace(POSE.calibration, azimuth_deg=31.5))
    turn = difference_deg(
        bearing_today(SENT, camera(further)).azimuth_deg, bearing_today(SENT, camera(POSE)).azimuth_deg
    )
    assert turn == pytest.approx(1.5)


def test_before_the_mast_turned_the_old_bearing_was_right() -> None:
    later = replace(POSE, since=SENT.observed_at + timedelta(seconds=1))
    assert bearing_today(SENT, camera(later)) == SENT.bearing
    assert not is_recalibrated(SENT, camera(later))
    assert is_recalibrated(SENT, camera(replace(POSE, since=SENT.observed_at)))


def test_a_node_that_knows_another_calibration_is_believed() -> None:
    unknown = replace(POSE, corrects=("older-still",))
    assert bearing_today(SENT, camera(unknown)) == SENT.bearing
    assert line_today(SENT, camera(unknown)) is None


def test_the_same_calibration_keeps_the_bearing_and_tells_the_elevation() -> None:
    same = Pose(SENT.pose_id, replace(POSE.calibration, calibration_id=SENT.calibration_id))
    assert bearing_today(SENT, camera(same)) == SENT.bearing
    line = line_today(SENT, camera(same))
    assert line is not None
    assert -90.0 < line.elevation_deg < 90.0


def test_a_lens_that_cannot_see_the_box_loses_no_smoke() -> None:
    # Its edges are seen, its corners are not.
    odd = Lens(LensKind.RECTILINEAR, 0.8, (-0.3, 0.0, 0.0, 0.0, 0.0))
    pose = replace(POSE, calibration=replace(POSE.calibration, lens=odd, hfov_deg=odd.hfov_deg()))
    stamp = SENT.looks[-1].stamp
    aside = Box(stamp.width_px - 20.0, stamp.height_px - 20.0, float(stamp.width_px), float(stamp.height_px))
    sighting = replace(SENT, looks=(replace(SENT.looks[-1], box=aside),))
    assert line_today(sighting, camera(pose)) is None
    assert bearing_today(sighting, camera(pose)) == SENT.bearing


def test_a_camera_or_pose_on_no_map_leaves_the_bearing_as_it_was_sent() -> None:
    other = Camera(CameraId("other"), (Pose(PoseId("elsewhere"), POSE.calibration),))
    assert bearing_today(SENT, other) == SENT.bearing
    assert pointing(SENT, SiteMap((), ())) == SENT.bearing
    named = SiteMap(
        (Tower(TowerId(SENT.tower_id), Name("塔", "Tower"), example_sites().towers[0].position, (other,)),), ()
    )
    assert pointing(SENT, named) == SENT.bearing


def test_a_pose_does_not_correct_itself_and_dates_its_correction_in_utc() -> None:
    with pytest.raises(InvalidValue, match="others than its own"):
        replace(POSE, corrects=("corrected",))
    with pytest.raises(InvalidValue, match="UTC"):
        replace(POSE, since=SENT.observed_at.replace(tzinfo=None))
    assert isinstance(SENT.bearing, Bearing)
