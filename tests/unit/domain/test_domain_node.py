"""What a node says of itself is checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from firewatch.domain.ids import CameraId, PoseId, make_ulid
from firewatch.domain.node import CameraVitals, PatrolVitals, Vitals
from firewatch.domain.sun import Light
from firewatch.errors import InvalidValue

T0 = datetime(2026, 4, 4, 3, 0, tzinfo=UTC)
CAMERA = CameraVitals(CameraId("c1"), frame_age_s=4.0, fps=0.1, blur=60.0, darkness=0.0)
VITALS = Vitals(
    at=T0,
    boot_id=make_ulid(T0, bytes(10)),
    cameras=(CAMERA,),
    disk_free_bytes=1_000,
    outbox_depth=0,
    model_sha256="0" * 64,
    clock_offset_s=0.2,
)


def test_vitals_of_a_healthy_node_are_taken() -> None:
    assert VITALS.cameras == (CAMERA,)
    assert replace(VITALS, clock_offset_s=None).clock_offset_s is None


def test_the_round_of_a_camera_is_told_in_words_and_seconds_that_can_be() -> None:
    patrol = PatrolVitals("manual", PoseId("east"), (PoseId("north"),), 600.0)
    assert replace(CAMERA, patrol=patrol).patrol == patrol
    assert replace(patrol, cycle_s=None).cycle_s is None
    for change in ({"phase": "on its way"}, {"blind": (PoseId("North"),)}, {"cycle_s": -1.0}):
        with pytest.raises(InvalidValue):
            replace(patrol, **change)


def test_a_camera_is_named_once() -> None:
    with pytest.raises(InvalidValue, match="c1"):
        replace(VITALS, cameras=(CAMERA, CAMERA))


def test_a_model_has_a_hash() -> None:
    with pytest.raises(InvalidValue, match="64"):
        replace(VITALS, model_sha256="smoke")


def test_a_clock_is_not_off_by_infinity() -> None:
    with pytest.raises(InvalidValue, match="clock"):
        replace(VITALS, clock_offset_s=float("inf"))


def test_counts_and_depths_are_not_negative() -> None:
    with pytest.raises(InvalidValue):
        replace(VITALS, outbox_depth=-1)
    with pytest.raises(InvalidValue, match="frame counts"):
        replace(CAMERA, frames_stale=-1)


def test_what_a_camera_does_not_detect_has_a_known_reason_and_a_count() -> None:
    night = replace(CAMERA, light=Light.NIGHT, not_detecting_reason="night", detections_held_back=3)
    assert night.light is Light.NIGHT
    with pytest.raises(InvalidValue, match="not detecting"):
        replace(CAMERA, not_detecting_reason="tired")
    with pytest.raises(InvalidValue, match="detection counts"):
        replace(CAMERA, detections_masked=-1)


def test_settings_are_dated_in_utc() -> None:
    assert replace(VITALS, settings_issued_at=T0).settings_issued_at == T0
    with pytest.raises(InvalidValue, match="settings"):
        replace(VITALS, settings_issued_at=T0.replace(tzinfo=None))
