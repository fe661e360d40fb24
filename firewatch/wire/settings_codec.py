"""Between a tower's settings and the bytes of wire version 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.ids import CameraId, MessageId, PoseId
from firewatch.domain.masks import Mask, Polygon
from firewatch.domain.scales import DangerGrade
from firewatch.domain.tower_settings import PlaceRating, PoseMask, PoseThreshold, TowerSettings
from firewatch.errors import DomainError, MalformedMessage
from firewatch.wire import v1
from firewatch.wire.calibration_codec import calibration_from_wire, calibration_to_wire
from firewatch.wire.codec import Received, encode
from firewatch.wire.reading import decode_as, in_utc

if TYPE_CHECKING:
    from typing import Any

__all__ = ["decode_settings", "encode_settings"]


def encode_settings(settings: TowerSettings, message_id: MessageId) -> bytes:
    """Return what the centre sets of a tower as a message."""
    rating = settings.rating
    return encode(
        v1.SettingsV1(
            message_id=message_id,
            issued_at=settings.issued_at,
            rating=None
            if rating is None
            else v1.PlaceRatingV1(grade=rating.grade.value, valid_until=rating.valid_until),
            thresholds=tuple(
                v1.PoseThresholdV1(camera_id=each.camera_id, pose_id=each.pose_id, threshold=each.threshold)
                for each in settings.thresholds
            ),
            masks=tuple(v1.MaskV1(**_mask_fields(each)) for each in settings.masks),
            calibrations=tuple(calibration_to_wire(each) for each in settings.calibrations),
        )
    )


def _mask_fields(placed: PoseMask) -> dict[str, Any]:
    mask = placed.mask
    return {
        "camera_id": placed.camera_id,
        "pose_id": placed.pose_id,
        "name": mask.name,
        "reason": mask.reason,
        "polygon": mask.polygon.points,
        "until": mask.until,
    }


def decode_settings(payload: bytes) -> Received[TowerSettings]:
    """Read what the centre sets of a tower.

    Raises
    ------
    MalformedMessage
        If the bytes are no settings, or a value in them is not allowed: a mask that crosses itself, a pose named twice.
    UnsupportedVersion
        If they are of another version.
    """
    message = decode_as(payload, v1.SettingsV1)
    try:
        return Received(MessageId(message.message_id), _settings(message))
    except DomainError as err:
        raise MalformedMessage("firewatch/v1/settings", str(err)) from err


def _settings(message: v1.SettingsV1) -> TowerSettings:
    rating = message.rating
    return TowerSettings(
        issued_at=in_utc(message.issued_at),
        rating=None if rating is None else PlaceRating(DangerGrade(rating.grade), in_utc(rating.valid_until)),
        thresholds=tuple(
            PoseThreshold(CameraId(each.camera_id), PoseId(each.pose_id), each.threshold) for each in message.thresholds
        ),
        masks=tuple(_placed(each) for each in message.masks),
        calibrations=tuple(calibration_from_wire(each) for each in message.calibrations),
    )


def _placed(each: v1.MaskV1) -> PoseMask:
    mask = Mask(each.name, each.reason, Polygon(each.polygon), each.until)
    return PoseMask(CameraId(each.camera_id), PoseId(each.pose_id), mask)
