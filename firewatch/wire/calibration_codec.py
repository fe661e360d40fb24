"""Between a corrected calibration and its place in wire version 1."""

from __future__ import annotations

from dataclasses import asdict

from msgspec import structs

from firewatch.domain.ids import CameraId, PoseId
from firewatch.domain.lens import Lens, LensKind
from firewatch.domain.mounting import AngleErrors, Mount
from firewatch.domain.optics import Calibration
from firewatch.domain.tower_settings import PoseCalibration
from firewatch.wire.calibration_v1 import AngleErrorsV1, BracketV1, LensV1, PoseCalibrationV1

__all__ = ["calibration_from_wire", "calibration_to_wire"]


def calibration_to_wire(placed: PoseCalibration) -> PoseCalibrationV1:
    """Return a corrected calibration as a message has it."""
    look = placed.calibration
    lens, mount, errors = look.lens, look.mount, look.errors
    return PoseCalibrationV1(
        camera_id=placed.camera_id,
        pose_id=placed.pose_id,
        calibration_id=look.calibration_id,
        corrects=placed.corrects,
        azimuth_deg=look.azimuth_deg,
        tilt_deg=look.tilt_deg,
        hfov_deg=look.hfov_deg,
        sigma_deg=look.sigma_deg,
        roll_deg=look.roll_deg,
        lens=None if lens is None else LensV1(**{**asdict(lens), "kind": lens.kind.value}),
        bracket=None if mount is None else BracketV1(**asdict(mount)),
        errors=None if errors is None else AngleErrorsV1(**asdict(errors)),
    )


def calibration_from_wire(message: PoseCalibrationV1) -> PoseCalibration:
    """Return a corrected calibration of a message; raise `InvalidValue` where its numbers do not go together."""
    lens, mount, errors = message.lens, message.bracket, message.errors
    calibration = Calibration(
        message.calibration_id,
        message.azimuth_deg,
        message.tilt_deg,
        message.hfov_deg,
        message.sigma_deg,
        message.roll_deg,
        None if lens is None else Lens(**{**structs.asdict(lens), "kind": LensKind(lens.kind)}),
        None if mount is None else Mount(**structs.asdict(mount)),
        None if errors is None else AngleErrors(**structs.asdict(errors)),
    )
    return PoseCalibration(CameraId(message.camera_id), PoseId(message.pose_id), calibration, message.corrects)
