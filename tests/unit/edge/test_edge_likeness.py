"""Whether two pictures show one pose: of a camera that is drawn, with noise and its own writing on them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from turning_camera import HFOV_DEG, TurningCamera

from firewatch.domain.optics import Calibration
from firewatch.errors import InvalidValue
from firewatch_edge.patrol import Gallery, Heading, MountPosition, View, outline_of

NORTH, EAST = 0, 1


@pytest.fixture(scope="module")
def camera() -> TurningCamera:
    return TurningCamera(speed=1e6)


def outline(camera: TurningCamera, pan: float, light: float = 1.0) -> npt.NDArray[np.float32]:
    camera.turn_by_hand(pan)
    return outline_of(np.clip(camera.picture() * light, 0, 255).astype(np.uint8))


def see(gallery: Gallery, pose: int, camera: TurningCamera, pan: float, light: float = 1.0) -> View:
    return gallery.view(pose, outline(camera, pan, light), outline(camera, pan, light))


def test_the_first_picture_is_the_reference_and_later_ones_agree_in_other_light(camera: TurningCamera) -> None:
    gallery = Gallery()
    assert see(gallery, NORTH, camera, 0.0) is View.UNSURE
    for light in (1.0, 0.5, 1.4):
        assert see(gallery, NORTH, camera, 0.0, light) is View.AGREES
    assert gallery.aside(NORTH) == pytest.approx(0.0, abs=0.002)
    assert gallery.aside(EAST) is None


def test_another_pose_is_known_as_such_whatever_the_camera_writes_on_it(camera: TurningCamera) -> None:
    gallery = Gallery()
    see(gallery, NORTH, camera, 0.0)
    # Never seen before, and seen before: a head that did not turn is noticed either way.
    assert see(gallery, EAST, camera, 0.0) is View.ANOTHER
    assert see(gallery, EAST, camera, 0.5) is View.UNSURE
    assert see(gallery, EAST, camera, 0.0) is View.ANOTHER
    assert see(gallery, EAST, camera, 0.5) is View.AGREES
    assert gallery.recognise(outline(camera, 0.5)) == EAST
    assert gallery.recognise(outline(camera, -0.6)) is None


def test_poses_that_overlap_are_told_apart(camera: TurningCamera) -> None:
    gallery = Gallery()
    for pose, pan in enumerate((0.0, 0.15, 0.3)):
        assert see(gallery, pose, camera, pan) is View.UNSURE
    for pose, pan in enumerate((0.0, 0.15, 0.3)):
        assert see(gallery, pose, camera, pan) is View.AGREES


@pytest.mark.parametrize("aside_deg", [2.0, -3.0, 9.0])
def test_a_head_that_stands_aside_is_noticed(camera: TurningCamera, aside_deg: float) -> None:
    gallery = Gallery()
    see(gallery, NORTH, camera, 0.0)
    assert see(gallery, NORTH, camera, aside_deg / 180.0) is View.DISPLACED


def test_a_head_that_slips_a_little_each_round_does_not_take_its_reference_along(camera: TurningCamera) -> None:
    gallery = Gallery()
    views = [see(gallery, NORTH, camera, step * 0.3 / 180.0) for step in range(12)]
    assert views[1] is View.AGREES
    assert views[-1] is View.DISPLACED
    first = views.index(View.DISPLACED)
    # Two per cent of the width.
    assert 0.3 * first == pytest.approx(0.02 * HFOV_DEG, abs=0.3)


def test_a_picture_that_moves_still_is_not_at_rest(camera: TurningCamera) -> None:
    assert Gallery().view(NORTH, outline(camera, 0.0), outline(camera, 0.05)) is View.UNSTEADY


def test_fog_says_nothing_and_is_no_reference(camera: TurningCamera) -> None:
    gallery = Gallery()
    fog = TurningCamera(is_foggy=True)
    see(gallery, NORTH, camera, 0.0)
    assert see(gallery, NORTH, fog, 0.0) is View.UNSURE
    assert see(gallery, NORTH, camera, 0.0) is View.AGREES


def test_a_reference_that_has_had_its_day_is_replaced_after_five_rounds(camera: TurningCamera) -> None:
    gallery = Gallery()
    see(gallery, NORTH, camera, 0.0)
    views = [see(gallery, NORTH, camera, 0.8) for _ in range(7)]
    assert views == [View.UNSURE] * 4 + [View.STRANGE] + [View.AGREES] * 2


def test_a_picture_of_another_size_or_of_nothing_is_no_reason_to_stop(camera: TurningCamera) -> None:
    gallery = Gallery()
    see(gallery, NORTH, camera, 0.0)
    wide = outline_of(cv2.resize(camera.picture(), (640, 360)))
    assert gallery.view(NORTH, wide, wide) is View.UNSURE
    with pytest.raises(InvalidValue, match="width"):
        outline_of(np.zeros((8, 8, 3), np.uint8))


def lens(azimuth_deg: float, hfov_deg: float = 60.0) -> Calibration:
    return Calibration("a", azimuth_deg, -2.0, hfov_deg, 0.5)


def test_a_view_that_nobody_surveyed_is_placed_by_the_nearest_pose_and_says_how_well() -> None:
    heading = Heading(180.0, 90.0, [(MountPosition(0.0), lens(350.0)), (MountPosition(0.5, 0.1), lens(80.0))])
    near = heading.calibration_at(MountPosition(0.1, 0.0), "free")
    assert near.azimuth_deg == pytest.approx(8.0)
    assert near.tilt_deg == pytest.approx(-2.0)
    assert near.hfov_deg == 60.0
    assert 2.0 < near.sigma_deg < 2.2
    over_the_seam = heading.calibration_at(MountPosition(-0.95), "free")
    assert over_the_seam.azimuth_deg == pytest.approx(179.0)
    zoomed = heading.calibration_at(MountPosition(0.1, 0.0, 0.5), "free")
    assert zoomed.sigma_deg > 15.0
    assert not heading.contradicts()


def test_a_camera_that_hangs_turns_the_other_way() -> None:
    heading = Heading(-180.0, -90.0, [(MountPosition(0.0), lens(100.0)), (MountPosition(0.25), lens(55.0))])
    assert heading.calibration_at(MountPosition(0.125, 0.1), "free").azimuth_deg == pytest.approx(77.5)
    assert heading.calibration_at(MountPosition(0.0, 0.1), "free").tilt_deg == pytest.approx(-11.0)
    assert not heading.contradicts()


def test_azimuths_that_cannot_all_be_right_are_noticed() -> None:
    heading = Heading(180.0, 90.0, [(MountPosition(0.0), lens(0.0)), (MountPosition(0.5), lens(270.0))])
    assert heading.contradicts()
    assert heading.disagreement_deg() == pytest.approx(180.0)
    with pytest.raises(InvalidValue, match="at least one"):
        Heading(180.0, 90.0, [])
