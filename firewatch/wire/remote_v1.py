"""Remote hands in wire version 1: commands to a tower, and its replies; by the rules of `firewatch.wire.v1`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from firewatch.wire.v1 import (
    Azimuth,
    BoxV1,
    FrameStampV1,
    Instant,
    Line,
    Ordinal,
    Probability,
    Sha256,
    Slug,
    Ulid,
)

__all__ = [
    "ActionV1",
    "AttachmentV1",
    "CommandV1",
    "EndExerciseV1",
    "ExerciseV1",
    "HeldBackFetchV1",
    "HeldBackV1",
    "LiveV1",
    "LogsV1",
    "LookAtV1",
    "PauseV1",
    "ReloadV1",
    "ReplyV1",
    "ResumeV1",
    "SnapshotV1",
    "UpdateModelV1",
]

Name = Annotated[Line, Meta(max_length=64)]
Words = Annotated[Line, Meta(max_length=500)]


class SnapshotV1(Struct, frozen=True, kw_only=True, tag_field="name", tag="snapshot"):
    """Send what a camera shows now."""

    camera_id: Slug


class LookAtV1(Struct, frozen=True, kw_only=True, tag_field="name", tag="look"):
    """Look along a bearing, send the picture, stay there for a while; without a camera the tower chooses one."""

    bearing_deg: Azimuth
    camera_id: Slug | None = None
    hold_s: Annotated[float, Meta(ge=0.0, le=600.0)] = 60.0
    sighting_id: Ulid | None = None
    incident_id: Ulid | None = None


class PauseV1(Struct, frozen=True, kw_only=True, tag_field="name", tag="pause"):
    """Stop detecting at a camera until a stated time."""

    camera_id: Slug
    until: Instant
    reason: Annotated[Line, Meta(min_length=1, max_length=200)]


class ResumeV1(Struct, frozen=True, kw_only=True, tag_field="name", tag="resume"):
    """Detect again at a camera that was paused."""

    camera_id: Slug


class HeldBackFetchV1(Struct, frozen=True, kw_only=True, tag_field="name", tag="held_back"):
    """Send what was found and not reported, the latest first."""

    since: Instant | None = None
    most: Annotated[int, Meta(ge=1, le=50)] = 20


class LiveV1(Struct, frozen=True, kw_only=True, tag_field="name", tag="live"):
    """Send a small picture every second for so long."""

    camera_id: Slug
    for_s: Annotated[float, Meta(ge=1.0, le=60.0)] = 60.0


class ReloadV1(Struct, frozen=True, kw_only=True, tag_field="name", tag="reload"):
    """Read the settings file again."""


class LogsV1(Struct, frozen=True, kw_only=True, tag_field="name", tag="logs"):
    """Send the last of the node's log, at most so many bytes before they are compressed."""

    most_bytes: Annotated[int, Meta(ge=1_000, le=200_000)] = 50_000


class UpdateModelV1(Struct, frozen=True, kw_only=True, tag_field="name", tag="update_model"):
    """Fetch a signed model package, try it, and go on with it; the place is a path at the centre's desk, or https."""

    sha256: Sha256
    size_bytes: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    location: Annotated[str, Meta(max_length=500, pattern=r"^(/|https://)[^\u0000-\u0020\u007f]*$")]
    version: Annotated[Line, Meta(min_length=1, max_length=64)]


class ExerciseV1(Struct, frozen=True, kw_only=True, tag_field="name", tag="exercise"):
    """Draw a smoke that is none into the pictures of a camera."""

    camera_id: Slug
    pose_id: Slug | None = None
    minutes: Annotated[float, Meta(ge=0.1, le=30.0)] = 10.0
    azimuth_deg: Azimuth | None = None


class EndExerciseV1(Struct, frozen=True, kw_only=True, tag_field="name", tag="end_exercise"):
    """Draw no more smoke."""


ActionV1 = (
    SnapshotV1
    | LookAtV1
    | PauseV1
    | ResumeV1
    | HeldBackFetchV1
    | LiveV1
    | ReloadV1
    | LogsV1
    | UpdateModelV1
    | ExerciseV1
    | EndExerciseV1
)


class CommandV1(Struct, frozen=True, kw_only=True, tag_field="schema", tag="firewatch/v1/command"):
    """One thing that the centre asks of one tower; never retained, and done by nobody from `expires_at` on."""

    command_id: Ulid
    tower_id: Slug
    issued_at: Instant
    expires_at: Instant
    issued_by: Name = ""
    action: ActionV1


class HeldBackV1(Struct, frozen=True, kw_only=True):
    """What was held back at one place of one view; its picture is evidence under `held_id`."""

    held_id: Ulid
    camera_id: Slug
    pose_id: Slug
    reason: Slug
    box: BoxV1
    score: Probability
    stamp: FrameStampV1
    first_at: Instant
    last_at: Instant
    times: Ordinal
    note: Words = ""
    evidence_id: Ulid | None = None


class AttachmentV1(Struct, frozen=True, kw_only=True):
    """A small file, in base 64."""

    name: Annotated[Line, Meta(min_length=1, max_length=64)]
    media_type: Name
    content: Annotated[bytes, Meta(max_length=250_000)]


class ReplyV1(Struct, frozen=True, kw_only=True, tag_field="schema", tag="firewatch/v1/reply"):
    """What a tower says to a command: of several replies the one of the highest ordinal counts."""

    message_id: Ulid
    command_id: Ulid
    tower_id: Slug
    at: Instant
    state: Literal["accepted", "done", "refused", "failed", "expired"]
    ordinal: Ordinal
    code: Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9-]{0,31})?$")] = ""
    text: Words = ""
    clock: Literal["unsaid", "kept", "free", "stepped", "unset"] = "unsaid"
    evidence_ids: Annotated[tuple[Ulid, ...], Meta(max_length=64)] = ()
    facts: Annotated[
        dict[
            Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")],
            Annotated[str, Meta(max_length=500)] | int | float | bool | None,
        ],
        Meta(max_length=32),
    ] = {}
    held_back: Annotated[tuple[HeldBackV1, ...], Meta(max_length=50)] = ()
    attachment: AttachmentV1 | None = None
