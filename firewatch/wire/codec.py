"""Between the domain's values and the bytes of wire version 1: the only place that builds and reads messages."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

import msgspec

from firewatch.domain.geo import Bearing
from firewatch.domain.ids import (
    ULID_PATTERN,
    CameraId,
    EvidenceId,
    MessageId,
    PoseId,
    SightingId,
    StationId,
    TowerId,
)
from firewatch.domain.mounting import HeadOffset
from firewatch.domain.vision import (
    Box,
    ClockState,
    Evidence,
    EvidenceKind,
    FrameStamp,
    Look,
    Sighting,
    SightingPhase,
)
from firewatch.domain.weather import Observation
from firewatch.errors import DomainError, InvalidValue, MalformedMessage
from firewatch.wire import evidence_layout, v1
from firewatch.wire.reading import MOST_BYTES, decode_as, in_utc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firewatch.domain.node import Vitals

__all__ = [
    "MOST_BYTES",
    "Received",
    "decode_evidence",
    "decode_incident",
    "decode_observation",
    "decode_receipts",
    "decode_sighting",
    "decode_status",
    "decode_vitals",
    "encode",
    "encode_evidence",
    "encode_observation",
    "encode_receipts",
    "encode_sighting",
    "encode_status",
    "encode_vitals",
    "message_id_of",
    "stamp_from_wire",
]

_MESSAGE_ID = re.compile(rb'"message_id"\s*:\s*"(' + ULID_PATTERN.strip("^$").encode() + rb')"')

_Message = TypeVar("_Message", bound=msgspec.Struct)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Received(Generic[_Value]):
    """A value with the id of the message that brought it, and its age [s] when that was sent, where it says so."""

    message_id: MessageId
    value: _Value
    age_s: float | None = None


def encode(message: msgspec.Struct) -> bytes:
    """Return a message as JSON."""
    return msgspec.json.encode(message)


def message_id_of(payload: bytes) -> MessageId | None:
    """Find the message id in bytes that may be anything, so that even what cannot be read gets its receipt.

    Parameters
    ----------
    payload : bytes
        A message, an evidence frame or rubbish.

    Returns
    -------
    MessageId or None
        The first well-formed ``"message_id"`` within the first `MOST_BYTES`; None where there is none.
    """
    found = _MESSAGE_ID.search(payload, 0, MOST_BYTES)
    return MessageId(found.group(1).decode("ascii")) if found else None


def _stamp_to_wire(stamp: FrameStamp) -> v1.FrameStampV1:
    aside = stamp.aside
    return v1.FrameStampV1(
        captured_at=stamp.captured_at,
        sha256=stamp.sha256,
        width_px=stamp.width_px,
        height_px=stamp.height_px,
        aside=None if aside is None else v1.HeadOffsetV1(**asdict(aside)),
    )


def stamp_from_wire(stamp: v1.FrameStampV1) -> FrameStamp:
    """Return the stamp of a frame; raise `InvalidValue` where a value in it is not allowed."""
    told = stamp.aside
    aside = None if told is None else HeadOffset(told.azimuth_deg, told.tilt_deg, told.focal)
    return FrameStamp(in_utc(stamp.captured_at), stamp.sha256, stamp.width_px, stamp.height_px, aside)


def _box_to_wire(box: Box) -> v1.BoxV1:
    return v1.BoxV1(x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y1)


def _box_from_wire(box: v1.BoxV1) -> Box:
    return Box(box.x0, box.y0, box.x1, box.y1)


def _dated(message: _Message) -> _Message:
    """Return a message that is handed on as it came, once its instants are found to have a UTC."""
    try:
        _require_instants(message)
    except InvalidValue as err:
        raise MalformedMessage(str(message.__struct_config__.tag), str(err)) from err
    return message


def _require_instants(value: object) -> None:
    """Raise `InvalidValue` if an instant in it, however deep, has no UTC."""
    if isinstance(value, datetime):
        in_utc(value)
    elif isinstance(value, msgspec.Struct):
        for part in msgspec.structs.asdict(value).values():
            _require_instants(part)
    elif isinstance(value, tuple):
        for part in value:
            _require_instants(part)


def encode_sighting(sighting: Sighting, message_id: MessageId) -> bytes:
    """Return one revision of a sighting as a message."""
    return encode(
        v1.SightingV1(
            is_exercise=sighting.is_exercise,
            message_id=message_id,
            sighting_id=sighting.sighting_id,
            revision=sighting.revision,
            phase=sighting.phase.value,
            tower_id=sighting.tower_id,
            camera_id=sighting.camera_id,
            pose_id=sighting.pose_id,
            calibration_id=sighting.calibration_id,
            first_seen_at=sighting.first_seen_at,
            observed_at=sighting.observed_at,
            looks=tuple(_look_to_wire(look) for look in sighting.looks),
            azimuth_deg=sighting.bearing.azimuth_deg,
            azimuth_sigma_deg=sighting.bearing.sigma_deg,
            score=sighting.score,
            frames_hit=sighting.frames_hit,
            frames_seen=sighting.frames_seen,
            model_sha256=sighting.model_sha256,
            clock=sighting.clock.value,
        ),
    )


def _look_to_wire(look: Look) -> v1.LookV1:
    return v1.LookV1(
        stamp=_stamp_to_wire(look.stamp),
        box=_box_to_wire(look.box),
        score=look.score,
        evidence_ids=look.evidence_ids,
    )


def _look_from_wire(look: v1.LookV1) -> Look:
    return Look(
        stamp_from_wire(look.stamp),
        _box_from_wire(look.box),
        look.score,
        tuple(EvidenceId(evidence_id) for evidence_id in look.evidence_ids),
    )


def decode_sighting(payload: bytes) -> Received[Sighting]:
    """Read one revision of a sighting.

    Raises
    ------
    MalformedMessage
        If the bytes are no sighting, a value is out of range or they are too many.
    UnsupportedVersion
        If they are of another version.
    """
    message = decode_as(payload, v1.SightingV1)
    try:
        return Received(MessageId(message.message_id), _sighting_from_wire(message), message.age_s)
    except DomainError as err:
        raise MalformedMessage("firewatch/v1/sighting", str(err)) from err


def _sighting_from_wire(message: v1.SightingV1) -> Sighting:
    return Sighting(
        sighting_id=SightingId(message.sighting_id),
        revision=message.revision,
        phase=SightingPhase(message.phase),
        tower_id=TowerId(message.tower_id),
        camera_id=CameraId(message.camera_id),
        pose_id=PoseId(message.pose_id),
        calibration_id=message.calibration_id,
        first_seen_at=in_utc(message.first_seen_at),
        observed_at=in_utc(message.observed_at),
        looks=tuple(_look_from_wire(look) for look in message.looks),
        bearing=Bearing(message.azimuth_deg, message.azimuth_sigma_deg),
        score=message.score,
        frames_hit=message.frames_hit,
        frames_seen=message.frames_seen,
        model_sha256=message.model_sha256,
        clock=ClockState(message.clock),
        is_exercise=message.is_exercise,
    )


def encode_evidence(evidence: Evidence, message_id: MessageId) -> bytes:
    """Return a picture behind its header, laid out as `firewatch.wire.evidence_layout` says."""
    header = encode(
        v1.EvidenceHeaderV1(
            is_exercise=evidence.is_exercise,
            message_id=message_id,
            evidence_id=evidence.evidence_id,
            sighting_id=evidence.sighting_id,
            kind=evidence.kind.value,
            stamp=_stamp_to_wire(evidence.stamp),
            jpeg_sha256=hashlib.sha256(evidence.jpeg).hexdigest(),
            box=None if evidence.box is None else _box_to_wire(evidence.box),
        ),
    )
    return evidence_layout.join(header, evidence.jpeg)


def decode_evidence(payload: bytes, tower_id: TowerId, camera_id: CameraId) -> Received[Evidence]:
    """Read a picture behind its header; the topic says which camera took it.

    Raises
    ------
    MalformedMessage
        If the layout, the header, the picture's hash or its first bytes are wrong, or it is too large.
    UnsupportedVersion
        If it is of another version.
    """
    header_bytes, jpeg = evidence_layout.split(payload, MOST_BYTES)
    header = decode_as(header_bytes, v1.EvidenceHeaderV1)
    if hashlib.sha256(jpeg).hexdigest() != header.jpeg_sha256:
        raise MalformedMessage("firewatch/v1/evidence", f"{len(jpeg)} bytes of JPEG do not have the hash of the header")
    try:
        evidence = Evidence(
            EvidenceId(header.evidence_id),
            SightingId(header.sighting_id),
            tower_id,
            camera_id,
            EvidenceKind(header.kind),
            stamp_from_wire(header.stamp),
            None if header.box is None else _box_from_wire(header.box),
            jpeg,
            header.is_exercise,
        )
    except DomainError as err:
        raise MalformedMessage("firewatch/v1/evidence", str(err)) from err
    return Received(MessageId(header.message_id), evidence)


def encode_receipts(receipts: Iterable[v1.ReceiptV1]) -> bytes:
    """Return receipts as one message."""
    return encode(v1.ReceiptsV1(receipts=tuple(receipts)))


def decode_receipts(payload: bytes) -> tuple[v1.ReceiptV1, ...]:
    """Read receipts; raise `MalformedMessage` or `UnsupportedVersion`."""
    return decode_as(payload, v1.ReceiptsV1).receipts


def encode_status(
    state: Literal["online", "stopped", "lost"], at: datetime, boot_id: str, software: str, claimant: str | None = None
) -> bytes:
    """Return a node's birth, orderly stop or last will; `claimant` is the start of another that claims its tower."""
    return encode(v1.StatusV1(state=state, at=at, boot_id=boot_id, software=software, claimant_boot_id=claimant))


def decode_status(payload: bytes) -> v1.StatusV1:
    """Read a node's status; raise `MalformedMessage` or `UnsupportedVersion`."""
    return _dated(decode_as(payload, v1.StatusV1))


def encode_vitals(vitals: Vitals) -> bytes:
    """Return a node's vitals as a message: field by field under the same names, checked as if it had come in."""
    return encode(msgspec.convert(vitals, v1.VitalsV1, from_attributes=True))


def decode_vitals(payload: bytes) -> v1.VitalsV1:
    """Read a node's vitals; raise `MalformedMessage` or `UnsupportedVersion`."""
    return _dated(decode_as(payload, v1.VitalsV1))


def decode_incident(payload: bytes) -> v1.IncidentV1:
    """Read an incident's snapshot; raise `MalformedMessage` or `UnsupportedVersion`."""
    return _dated(decode_as(payload, v1.IncidentV1))


def encode_observation(observation: Observation, message_id: MessageId) -> bytes:
    """Return a weather reading as a message."""
    return encode(
        v1.ObservationV1(
            message_id=message_id,
            station_id=observation.station_id,
            observed_at=observation.observed_at,
            temp_c=observation.temp_c,
            rh_pct=observation.rh_pct,
            wind_kmh=observation.wind_kmh,
            rain_mm=observation.rain_mm,
            max_temp_c=observation.max_temp_c,
            min_rh_pct=observation.min_rh_pct,
            max_wind_ms=observation.max_wind_ms,
            wind_from_deg=observation.wind_from_deg,
        ),
    )


def decode_observation(payload: bytes) -> Received[Observation]:
    """Read a weather reading; raise `MalformedMessage` or `UnsupportedVersion`."""
    message = decode_as(payload, v1.ObservationV1)
    try:
        observation = Observation(
            station_id=StationId(message.station_id),
            observed_at=in_utc(message.observed_at),
            temp_c=message.temp_c,
            rh_pct=message.rh_pct,
            wind_kmh=message.wind_kmh,
            rain_mm=message.rain_mm,
            max_temp_c=message.max_temp_c,
            min_rh_pct=message.min_rh_pct,
            max_wind_ms=message.max_wind_ms,
            wind_from_deg=message.wind_from_deg,
        )
    except DomainError as err:
        raise MalformedMessage("firewatch/v1/observation", str(err)) from err
    return Received(MessageId(message.message_id), observation)
