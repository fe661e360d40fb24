"""A node's vitals as the message that crosses the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.wire import v1

if TYPE_CHECKING:
    from firewatch.domain.condition import CameraCondition, EyesOpen
    from firewatch.domain.node import CameraVitals, Machine, Vitals

__all__ = ["vitals_to_wire"]


def vitals_to_wire(vitals: Vitals) -> v1.VitalsV1:
    """Return a node's vitals as a message.

    Parameters
    ----------
    vitals : Vitals
        Of one node.

    Returns
    -------
    VitalsV1
        With all that the domain's value tells.
    """
    return v1.VitalsV1(
        at=vitals.at,
        boot_id=vitals.boot_id,
        cameras=tuple(_camera(camera) for camera in vitals.cameras),
        disk_free_bytes=vitals.disk_free_bytes,
        outbox_depth=vitals.outbox_depth,
        model_sha256=vitals.model_sha256,
        clock_offset_s=vitals.clock_offset_s,
        machine=None if vitals.machine is None else _machine(vitals.machine),
        uptime_s=vitals.uptime_s,
        outbox_oldest_s=vitals.outbox_oldest_s,
        held=vitals.held,
    )


def _camera(camera: CameraVitals) -> v1.CameraVitalsV1:
    return v1.CameraVitalsV1(
        camera_id=camera.camera_id,
        frame_age_s=camera.frame_age_s,
        fps=camera.fps,
        blur=camera.blur,
        darkness=camera.darkness,
        frames_scored=camera.frames_scored,
        frames_stale=camera.frames_stale,
        frames_repeated=camera.frames_repeated,
        frames_dropped=camera.frames_dropped,
        is_silent=camera.is_silent,
        frames_failed=camera.frames_failed,
        glare=camera.glare,
        clock_offset_s=camera.clock_offset_s,
        conditions=tuple(_condition(condition) for condition in camera.conditions),
        eyes=None if camera.eyes is None else _eyes(camera.eyes),
        maintenance_until=camera.maintenance_until,
        maintenance_reason=camera.maintenance_reason,
    )


def _condition(condition: CameraCondition) -> v1.CameraConditionV1:
    return v1.CameraConditionV1(
        kind=condition.kind, state=condition.state.value, since=condition.since, value=condition.value
    )


def _eyes(eyes: EyesOpen) -> v1.EyesOpenV1:
    return v1.EyesOpenV1(
        seen_s=eyes.seen_s,
        span_s=eyes.span_s,
        blind=tuple(v1.BlindTimeV1(reason=part.reason, seconds=part.seconds) for part in eyes.blind),
        reason=eyes.reason,
        since=eyes.since,
    )


def _machine(machine: Machine) -> v1.MachineV1:
    return v1.MachineV1(
        cpu_load=machine.cpu_load,
        memory_used=machine.memory_used,
        process_bytes=machine.process_bytes,
        temperature_c=machine.temperature_c,
        is_throttled=machine.is_throttled,
    )
