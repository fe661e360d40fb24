"""Sites, vision, alerts and people check themselves."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import numpy as np
import pytest

from firewatch.domain.alert import Acknowledgement, Alert, Notification, NotifyReason
from firewatch.domain.checks import require_at_least, require_between, require_finite, require_text, require_utc
from firewatch.domain.geo import Bearing, Position
from firewatch.domain.ids import (
    AlertId,
    CameraId,
    EvidenceId,
    NotificationId,
    PersonId,
    PoseId,
    SightingId,
    StationId,
    TowerId,
    make_ulid,
)
from firewatch.domain.optics import Calibration
from firewatch.domain.roster import Actor, Person, Role
from firewatch.domain.sites import Camera, Name, Pose, SiteMap, Station, Tower
from firewatch.domain.vision import (
    Box,
    Detections,
    Evidence,
    EvidenceKind,
    Frame,
    FrameStamp,
    Look,
    Sighting,
    SightingPhase,
)
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

T0 = datetime(2026, 4, 4, 3, 0, tzinfo=UTC)
ULID = make_ulid(T0, bytes(10))
STAMP = FrameStamp(T0, "0" * 64, 64, 48)
CALIBRATION = Calibration("v1", 90.0, 0.0, 60.0, 0.5)
POSE = Pose(PoseId("east"), CALIBRATION)
CAMERA = Camera(CameraId("c1"), (POSE,))
TOWER = Tower(TowerId("t1"), Name("塔一", "Tower 1"), Position(26.9, 112.6), (CAMERA,))
LOOK = Look(STAMP, Box(1.0, 2.0, 3.0, 4.0), 0.7)
SIGHTING = Sighting(
    sighting_id=SightingId(ULID),
    revision=1,
    phase=SightingPhase.OPENED,
    tower_id=TowerId("t1"),
    camera_id=CameraId("c1"),
    pose_id=PoseId("east"),
    calibration_id="v1",
    first_seen_at=T0,
    observed_at=T0,
    looks=(LOOK,),
    bearing=Bearing(90.0, 0.5),
    score=0.7,
    frames_hit=3,
    frames_seen=6,
    model_sha256="0" * 64,
)


def test_a_tower_gives_its_cameras_and_a_camera_its_poses() -> None:
    assert TOWER.camera(CameraId("c1")).pose(PoseId("east")) is POSE


def test_an_unknown_camera_or_pose_names_those_that_exist() -> None:
    with pytest.raises(InvalidValue, match="allowed is c1"):
        TOWER.camera(CameraId("c2"))
    with pytest.raises(InvalidValue, match="none here"):
        replace(TOWER, cameras=()).camera(CameraId("c2"))
    with pytest.raises(InvalidValue, match="allowed is east"):
        CAMERA.pose(PoseId("west"))


def test_names_of_sites_are_unique() -> None:
    with pytest.raises(InvalidValue, match="cameras of tower t1"):
        replace(TOWER, cameras=(CAMERA, CAMERA))
    with pytest.raises(InvalidValue, match="towers"):
        SiteMap((TOWER, TOWER), ())
    with pytest.raises(InvalidValue, match="at least one"):
        Camera(CameraId("c1"), ())


def test_a_site_map_finds_towers_and_knows_no_others() -> None:
    station = Station(StationId("s1"), Name("站", "Station"), Position(26.9, 112.6))
    sites = SiteMap((TOWER,), (station,), is_illustrative=True)
    assert sites.tower(TowerId("t1")) is TOWER
    assert sites.tower(TowerId("t9")) is None


def test_a_box_has_a_size_and_a_middle() -> None:
    box = Box(10.0, 20.0, 30.0, 60.0)
    assert (box.width, box.height, box.centre_x) == (20.0, 40.0, 20.0)


@pytest.mark.parametrize("corners", [(3.0, 0.0, 3.0, 1.0), (0.0, 2.0, 1.0, 1.0), (math.nan, 0.0, 1.0, 1.0)])
def test_an_empty_or_unreal_box_is_refused(corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidValue, match="box"):
        Box(*corners)


def test_detections_are_aligned_sorted_and_probable() -> None:
    boxes = np.zeros((2, 4), np.float32)
    found = Detections(boxes, np.array([0.9, 0.2], np.float32))
    assert len(found) == 2
    assert found.best_score == pytest.approx(0.9)
    assert len(found.above(0.5)) == 1
    assert Detections.none().best_score == 0.0
    for scores in ([0.2, 0.9], [1.2, 0.1]):
        with pytest.raises(InvalidValue, match="detections"):
            Detections(boxes, np.array(scores, np.float32))
    with pytest.raises(InvalidValue, match="shapes"):
        Detections(boxes, np.array([0.9], np.float32))


def test_a_frame_has_the_size_of_its_stamp_and_a_stamp_a_hash() -> None:
    assert Frame(STAMP, np.zeros((48, 64, 3), np.uint8)).stamp is STAMP
    with pytest.raises(InvalidValue, match="frame"):
        Frame(STAMP, np.zeros((48, 64), np.uint8))
    half = np.zeros((24, 32, 3), np.uint8)
    assert Frame(STAMP, half, b"the whole picture").encoded == b"the whole picture"
    with pytest.raises(InvalidValue, match=r"48, 64, 3"):
        Frame(STAMP, half)
    with pytest.raises(InvalidValue, match="frame"):
        Frame(STAMP, np.zeros((16, 32, 3), np.uint8), b"no half of it")
    with pytest.raises(InvalidValue, match="SHA-256"):
        replace(STAMP, sha256="F" * 64)


def test_evidence_is_a_jpeg() -> None:
    evidence = Evidence(
        EvidenceId(ULID),
        SightingId(ULID),
        TowerId("t1"),
        CameraId("c1"),
        EvidenceKind.CROP,
        STAMP,
        None,
        b"\xff\xd8\xff\xe0",
    )
    with pytest.raises(InvalidValue, match="JPEG"):
        replace(evidence, jpeg=b"GIF89a")


def test_the_best_look_is_the_surest_and_of_equals_the_earliest() -> None:
    later = replace(LOOK, stamp=replace(STAMP, captured_at=T0 + timedelta(seconds=10)))
    assert replace(SIGHTING, looks=(LOOK, later)).best_look is LOOK
    surer = replace(later, score=0.9, evidence_ids=(EvidenceId(ULID),))
    assert replace(SIGHTING, looks=(LOOK, surer)).best_look is surer


def test_a_sighting_rests_on_frames_and_time_goes_forward() -> None:
    with pytest.raises(InvalidValue, match="looks"):
        replace(SIGHTING, looks=())
    with pytest.raises(InvalidValue, match="not before"):
        replace(SIGHTING, observed_at=T0 - timedelta(seconds=1))
    with pytest.raises(InvalidValue, match="frames hit"):
        replace(SIGHTING, frames_hit=7)


def test_alerts_and_notifications_have_ulids_and_utc() -> None:
    alert = Alert(AlertId(ULID), None, NotifyReason.NODE_LOST, T0, "t1/node_lost")
    assert alert.incident_id is None
    notification = Notification(
        NotificationId(ULID), AlertId(ULID), PersonId("li"), "mailto:li@example.org", sent_at=T0
    )
    assert notification.acknowledged_at is None
    with pytest.raises(InvalidValue, match="attempts"):
        replace(notification, attempts=-1)
    with pytest.raises(InvalidValue, match="UTC"):
        Acknowledgement(NotificationId(ULID), PersonId("li"), T0.astimezone(timezone(timedelta(hours=8))))


def test_people_and_actors_have_names() -> None:
    assert Person(PersonId("li"), "李", Role.RANGER).channels == ()
    with pytest.raises(InvalidValue, match="name"):
        Actor("li", " ")


@pytest.mark.parametrize(
    ("check", "arguments"),
    [
        (require_finite, (math.inf,)),
        (require_between, (2.0, 0.0, 1.0)),
        (require_between, (math.nan, 0.0, 1.0)),
        (require_at_least, (math.nan, 0.0)),
        (require_at_least, (-1.0, 0.0)),
        (require_text, ("",)),
        (require_text, ("x" * 501,)),
        (require_utc, (T0.replace(tzinfo=None),)),
    ],
)
def test_checks_refuse_what_is_out_of_range(check: Callable[..., None], arguments: tuple[object, ...]) -> None:
    with pytest.raises(InvalidValue, match="what"):
        check("what", *arguments)
