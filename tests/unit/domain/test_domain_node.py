"""What a node says of itself is checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from firewatch.domain.condition import BlindTime, CameraCondition, ConditionState, EyesOpen
from firewatch.domain.ids import CameraId, PoseId, make_ulid
from firewatch.domain.node import CameraVitals, Machine, PatrolVitals, Vitals
from firewatch.domain.sun import Light
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

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


CONDITION = CameraCondition("turned", ConditionState.BAD, T0, 2.4)


def test_a_camera_tells_what_is_wrong_with_its_view() -> None:
    eyes = EyesOpen(3000.0, 3600.0, (BlindTime("frozen", 600.0),), "frozen", T0)
    camera = CameraVitals(
        CameraId("north"), 1.0, 0.1, conditions=(CONDITION,), eyes=eyes, glare=0.1, clock_offset_s=-2.0
    )
    assert camera.conditions[0].value == 2.4
    assert eyes.share == pytest.approx(5 / 6)
    assert EyesOpen(0.0, 0.0).share is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: CameraCondition("Turned!", ConditionState.BAD, T0),
        lambda: CameraCondition("turned", ConditionState.BAD, T0.replace(tzinfo=None)),
        lambda: CameraCondition("turned", ConditionState.BAD, T0, float("nan")),
        lambda: BlindTime("no reason", 1.0),
        lambda: BlindTime("dark", -1.0),
        lambda: EyesOpen(2.0, 1.0),
        lambda: EyesOpen(-1.0, 1.0),
        lambda: EyesOpen(1.0, 2.0, (), "no reason"),
        lambda: EyesOpen(1.0, 2.0, (), "dark", T0.replace(tzinfo=None)),
        lambda: CameraVitals(CameraId("north"), None, 0.0, conditions=(CONDITION, CONDITION)),
        lambda: CameraVitals(CameraId("north"), None, 0.0, glare=1.1),
        lambda: CameraVitals(CameraId("north"), None, 0.0, clock_offset_s=float("inf")),
        lambda: CameraVitals(CameraId("north"), None, 0.0, frames_failed=-1),
        lambda: CameraVitals(CameraId("north"), None, 0.0, maintenance_until=T0.replace(tzinfo=None)),
        lambda: CameraVitals(CameraId("north"), None, 0.0, maintenance_reason="x" * 201),
        lambda: CameraVitals(CameraId("north"), None, 0.0, paused_until=T0.replace(tzinfo=None)),
        lambda: CameraVitals(CameraId("north"), None, 0.0, paused_reason="x" * 201),
        lambda: Machine(cpu_load=-0.1),
        lambda: Machine(memory_used=1.1),
        lambda: Machine(process_bytes=-1),
        lambda: Machine(temperature_c=500.0),
    ],
)
def test_no_health_outside_what_can_be(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidValue):
        make()


def test_a_node_tells_how_its_computer_is() -> None:
    whole = Machine(0.5, 0.4, 1 << 20, 60.0, is_throttled=False)
    assert replace(VITALS, machine=whole, uptime_s=5.0, outbox_oldest_s=1.0, held=2).machine == whole
    assert Machine() == Machine(None, None, None, None, None)
    assert replace(VITALS, model_version="0.4.0", model_state="shipped").model_note == ""
    for wrong in ({"uptime_s": -1.0}, {"outbox_oldest_s": float("nan")}, {"held": -1}, {"model_state": "new"}):
        with pytest.raises(InvalidValue):
            replace(VITALS, **wrong)  # type: ignore[arg-type]  # each is a number


def test_a_maintenance_has_an_end_and_a_reason() -> None:
    camera = CameraVitals(CameraId("north"), None, 0.0, maintenance_until=T0, maintenance_reason="new housing")
    assert camera.maintenance_until == T0


def test_a_condition_may_have_a_state_without_a_measure() -> None:
    assert CameraCondition("turned", ConditionState.BAD, T0).value is None
