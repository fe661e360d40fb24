"""The messages of wire version 1: what crosses the network, as frozen structs in JSON.

A minor version may add fields with defaults; anything else is version 2. Only `firewatch.wire.codec` builds these from
the domain's values, because msgspec checks ranges when it decodes, not when it constructs.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from firewatch.domain.ids import SLUG_PATTERN, ULID_PATTERN
from firewatch.wire.calibration_v1 import PoseCalibrationV1  # noqa: TC001 - msgspec reads it

__all__ = [
    "BlindTimeV1",
    "BoxV1",
    "CameraConditionV1",
    "CameraVitalsV1",
    "EvidenceHeaderV1",
    "EyesOpenV1",
    "FrameStampV1",
    "HeadOffsetV1",
    "IncidentV1",
    "LookV1",
    "MachineV1",
    "MaskV1",
    "ObservationV1",
    "PatrolVitalsV1",
    "PlaceRatingV1",
    "PoseThresholdV1",
    "PositionV1",
    "ReceiptV1",
    "ReceiptsV1",
    "SettingsV1",
    "SightingV1",
    "StatusV1",
    "VitalsV1",
]

Ulid = Annotated[str, Meta(pattern=ULID_PATTERN)]
Slug = Annotated[str, Meta(pattern=SLUG_PATTERN)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 instant in UTC")]
Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
Azimuth = Annotated[float, Meta(ge=0.0, lt=360.0, description="True azimuth, clockwise from north [deg]")]
Pixel = Annotated[float, Meta(ge=-100_000.0, le=100_000.0)]
PixelCount = Annotated[int, Meta(ge=1, le=100_000)]
# What the centre's columns hold; a larger number would be taken here and then refused by the store, again and again.
Ordinal = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
# No control characters: PostgreSQL takes no NUL in a text, and a terminal would obey the others.
_LINE_PATTERN = r"^[^\u0000-\u001f\u007f]*$"
Line = Annotated[str, Meta(pattern=_LINE_PATTERN)]
ShortText = Annotated[str, Meta(max_length=500)]
NonNegative = Annotated[float, Meta(ge=0.0)]


class HeadOffsetV1(Struct, frozen=True, kw_only=True):
    """By how much the head of a turning camera stood beside its pose [deg]; the focal length over the pose's."""

    azimuth_deg: Annotated[float, Meta(ge=-180.0, le=180.0)] = 0.0
    tilt_deg: Annotated[float, Meta(ge=-90.0, le=90.0)] = 0.0
    focal: Annotated[float, Meta(ge=0.1, le=10.0)] = 1.0


class FrameStampV1(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a frame was taken, its hash and size."""

    captured_at: Instant
    sha256: Sha256
    width_px: PixelCount
    height_px: PixelCount
    aside: HeadOffsetV1 | None = None


class BoxV1(Struct, frozen=True, kw_only=True):
    """A box in pixels of its frame, from the top-left corner."""

    x0: Pixel
    y0: Pixel
    x1: Pixel
    y1: Pixel


class LookV1(Struct, frozen=True, kw_only=True):
    """One frame that a sighting rests on."""

    stamp: FrameStampV1
    box: BoxV1
    score: Probability
    evidence_ids: Annotated[tuple[Ulid, ...], Meta(max_length=8)] = ()


class SightingV1(Struct, frozen=True, kw_only=True, tag_field="schema", tag="firewatch/v1/sighting"):
    """A smoke that one camera is sure enough of: opens, grows, ends under one id with rising revision."""

    # First in the message: who reads only its beginning must not take a drill for a fire.
    is_exercise: bool = False
    message_id: Ulid
    sighting_id: Ulid
    revision: Ordinal
    phase: Literal["opened", "growing", "ended"]
    tower_id: Slug
    camera_id: Slug
    pose_id: Slug
    calibration_id: Annotated[str, Meta(min_length=1, max_length=64, pattern=_LINE_PATTERN)]
    first_seen_at: Instant
    observed_at: Instant
    looks: Annotated[tuple[LookV1, ...], Meta(min_length=1, max_length=16)]
    azimuth_deg: Azimuth
    azimuth_sigma_deg: Annotated[float, Meta(gt=0.0, le=90.0)]
    score: Probability
    frames_hit: Ordinal
    frames_seen: Ordinal
    model_sha256: Sha256
    # "received" is the centre's own word for one that it dated itself.
    clock: Literal["unsaid", "kept", "free", "stepped", "unset", "received"] = "unsaid"
    # From the node's decision to this sending, by a clock that knows no jumps [s].
    age_s: NonNegative | None = None


class EvidenceHeaderV1(Struct, frozen=True, kw_only=True, tag_field="schema", tag="firewatch/v1/evidence"):
    """What the JPEG behind this header shows; it may come before its sighting."""

    # As of `SightingV1`; the picture bears it, too.
    is_exercise: bool = False
    message_id: Ulid
    evidence_id: Ulid
    sighting_id: Ulid
    kind: Literal["crop", "frame"]
    stamp: FrameStampV1
    jpeg_sha256: Sha256
    box: BoxV1 | None = None


class ReceiptV1(Struct, frozen=True, kw_only=True):
    """What became of one message at the centre."""

    message_id: Ulid
    outcome: Literal["stored", "quarantined", "refused"]
    reason: ShortText = ""


class ReceiptsV1(Struct, frozen=True, kw_only=True, tag_field="schema", tag="firewatch/v1/receipts"):
    """Receipts, many in one message; published only after the centre's commit."""

    receipts: Annotated[tuple[ReceiptV1, ...], Meta(min_length=1, max_length=1000)]


class StatusV1(Struct, frozen=True, kw_only=True, tag_field="schema", tag="firewatch/v1/status"):
    """Birth, orderly stop or last will of a node."""

    state: Literal["online", "stopped", "lost"]
    at: Instant
    boot_id: Ulid
    software: Annotated[str, Meta(max_length=64, pattern=_LINE_PATTERN)] = ""
    # The start of another node that claims the same tower: this one heard it, or was refused because of it.
    claimant_boot_id: Ulid | None = None


class PatrolVitalsV1(Struct, frozen=True, kw_only=True):
    """How the round of a turning camera goes."""

    phase: Slug
    pose_id: Slug
    blind: Annotated[tuple[Slug, ...], Meta(max_length=64)] = ()
    cycle_s: NonNegative | None = None
    is_late: bool = False


class CameraConditionV1(Struct, frozen=True, kw_only=True):
    """One thing that is measured of a camera, and how it is judged; a later node may know more kinds."""

    kind: Slug
    state: Literal["ok", "suspect", "bad"]
    since: Instant
    value: float | None = None


class BlindTimeV1(Struct, frozen=True, kw_only=True):
    """How long a camera could not see for one reason."""

    reason: Slug
    seconds: NonNegative


class EyesOpenV1(Struct, frozen=True, kw_only=True):
    """How much of the last hour a camera saw."""

    seen_s: NonNegative
    span_s: NonNegative
    blind: Annotated[tuple[BlindTimeV1, ...], Meta(max_length=32)] = ()
    reason: Annotated[str, Meta(max_length=64, pattern=_LINE_PATTERN)] = ""
    since: Instant | None = None


class MachineV1(Struct, frozen=True, kw_only=True):
    """How the node's computer is; what it does not tell is null."""

    cpu_load: NonNegative | None = None
    memory_used: Probability | None = None
    process_bytes: Count | None = None
    temperature_c: Annotated[float, Meta(ge=-100.0, le=200.0)] | None = None
    is_throttled: bool | None = None


class CameraVitalsV1(Struct, frozen=True, kw_only=True):
    """How one camera is."""

    camera_id: Slug
    frame_age_s: NonNegative | None
    fps: NonNegative
    blur: NonNegative | None = None
    darkness: Probability | None = None
    frames_scored: Count = 0
    frames_stale: Count = 0
    frames_repeated: Count = 0
    frames_dropped: Count = 0
    is_silent: bool = False
    patrol: PatrolVitalsV1 | None = None
    light: Literal["day", "twilight", "night"] | None = None
    not_detecting_reason: Literal["", "night"] = ""
    detections_masked: Count = 0
    detections_held_back: Count = 0
    frames_failed: Count = 0
    glare: Probability | None = None
    clock_offset_s: float | None = None
    conditions: Annotated[tuple[CameraConditionV1, ...], Meta(max_length=32)] = ()
    eyes: EyesOpenV1 | None = None
    maintenance_until: Instant | None = None
    maintenance_reason: Annotated[str, Meta(max_length=200, pattern=_LINE_PATTERN)] = ""
    exercise_until: Instant | None = None
    paused_until: Instant | None = None
    paused_reason: Annotated[str, Meta(max_length=200, pattern=_LINE_PATTERN)] = ""


class VitalsV1(Struct, frozen=True, kw_only=True, tag_field="schema", tag="firewatch/v1/vitals"):
    """How a node is, every 30 s."""

    at: Instant
    boot_id: Ulid
    cameras: Annotated[tuple[CameraVitalsV1, ...], Meta(max_length=64)]
    disk_free_bytes: Count
    outbox_depth: Count
    model_sha256: Sha256
    clock_offset_s: float | None = None
    settings_issued_at: Instant | None = None
    settings_refused: ShortText = ""
    machine: MachineV1 | None = None
    uptime_s: NonNegative | None = None
    outbox_oldest_s: NonNegative | None = None
    held: Count = 0
    model_version: Annotated[str, Meta(max_length=64)] = ""
    model_state: Literal["", "configured", "shipped", "installed", "probation"] = ""
    model_note: ShortText = ""


class PlaceRatingV1(Struct, frozen=True, kw_only=True):
    """The fire danger where a tower stands, 1 (low) to 5 (extreme); from `valid_until` on it says nothing."""

    grade: Annotated[int, Meta(ge=1, le=5)]
    valid_until: Instant


class PoseThresholdV1(Struct, frozen=True, kw_only=True):
    """From which probability a frame of a pose counts."""

    camera_id: Slug
    pose_id: Slug
    threshold: Probability


class MaskV1(Struct, frozen=True, kw_only=True):
    """A part of a pose's picture, corner by corner in shares of its width and height; the last day is in UTC."""

    camera_id: Slug
    pose_id: Slug
    name: Annotated[str, Meta(min_length=1, max_length=64, pattern=_LINE_PATTERN)]
    reason: Annotated[str, Meta(min_length=1, max_length=200, pattern=_LINE_PATTERN)]
    polygon: Annotated[tuple[tuple[Probability, Probability], ...], Meta(min_length=3, max_length=64)]
    until: date | None = None


class SettingsV1(Struct, frozen=True, kw_only=True, tag_field="schema", tag="firewatch/v1/settings"):
    """What the centre sets of a tower, retained: each message holds the whole and takes the place of the former."""

    message_id: Ulid
    issued_at: Instant
    rating: PlaceRatingV1 | None = None
    thresholds: Annotated[tuple[PoseThresholdV1, ...], Meta(max_length=640)] = ()
    masks: Annotated[tuple[MaskV1, ...], Meta(max_length=200)] = ()
    calibrations: Annotated[tuple[PoseCalibrationV1, ...], Meta(max_length=640)] = ()


class ObservationV1(Struct, frozen=True, kw_only=True, tag_field="schema", tag="firewatch/v1/observation"):
    """A weather reading of the rating day; noon values are local standard time, rain is of the 24 h to noon."""

    message_id: Ulid
    station_id: Slug
    observed_at: Instant
    temp_c: Annotated[float, Meta(ge=-60.0, le=60.0)]
    rh_pct: Annotated[float, Meta(ge=0.0, le=100.0)]
    wind_kmh: Annotated[float, Meta(ge=0.0, le=400.0)]
    rain_mm: Annotated[float, Meta(ge=0.0, le=2000.0)]
    max_temp_c: Annotated[float, Meta(ge=-60.0, le=60.0)] | None = None
    min_rh_pct: Annotated[float, Meta(ge=0.0, le=100.0)] | None = None
    max_wind_ms: Annotated[float, Meta(ge=0.0, le=120.0)] | None = None
    # True azimuth that the wind blows from; without it nobody can say which way a fire runs.
    wind_from_deg: Annotated[float, Meta(ge=0.0, le=360.0)] | None = None


class PositionV1(Struct, frozen=True, kw_only=True):
    """WGS 84 place with its one-sigma error ellipse."""

    lat_deg: Annotated[float, Meta(ge=-90.0, le=90.0)]
    lon_deg: Annotated[float, Meta(ge=-180.0, le=180.0)]
    major_m: NonNegative
    minor_m: NonNegative
    ellipse_azimuth_deg: Annotated[float, Meta(ge=0.0, lt=180.0)]


class IncidentV1(Struct, frozen=True, kw_only=True, tag_field="schema", tag="firewatch/v1/incident"):
    """The retained snapshot of an incident for any other system."""

    # As of `SightingV1`: nothing burns, nobody is to act on it but those who take part.
    is_exercise: bool = False
    incident_id: Ulid
    state: Literal["SUSPECTED", "CONFIRMED", "DISPATCHED", "CONTAINED", "CONTROLLED", "OUT", "FALSE_ALARM", "MERGED"]
    opened_at: Instant
    changed_at: Instant
    towers: tuple[Slug, ...]
    sighting_ids: tuple[Ulid, ...]
    probability: Probability
    position: PositionV1 | None = None
    danger_grade: Annotated[int, Meta(ge=1, le=5)] | None = None
    danger_station: Slug | None = None
