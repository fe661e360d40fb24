"""Between commands and replies and the bytes of wire version 1."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from firewatch.domain import remote
from firewatch.domain.ids import ULID_PATTERN, CameraId, CommandId, EvidenceId, MessageId, PoseId, TowerId
from firewatch.domain.vision import Box, ClockState
from firewatch.errors import DomainError, MalformedMessage
from firewatch.wire import remote_v1 as v1
from firewatch.wire.codec import Received, encode, stamp_from_wire
from firewatch.wire.reading import decode_as, in_utc

if TYPE_CHECKING:
    from firewatch.domain.remote import Action, Attachment, Command, HeldBackEntry, Reply

__all__ = [
    "MOST_COMMAND_BYTES",
    "MOST_REPLY_BYTES",
    "action_name",
    "command_id_of",
    "decode_command",
    "decode_reply",
    "encode_command",
    "encode_reply",
]

MOST_COMMAND_BYTES = 16_384
# What is attached, in base 64, and the most that the other fields can hold.
MOST_REPLY_BYTES = 500_000

_COMMAND_ID = re.compile(rb'"command_id"\s*:\s*"(' + ULID_PATTERN.strip("^$").encode() + rb')"')

_WIRE: dict[type[Action], type[v1.ActionV1]] = {
    remote.Snapshot: v1.SnapshotV1,
    remote.LookAt: v1.LookAtV1,
    remote.Pause: v1.PauseV1,
    remote.Resume: v1.ResumeV1,
    remote.FetchHeldBack: v1.HeldBackFetchV1,
    remote.LiveLook: v1.LiveV1,
    remote.Reload: v1.ReloadV1,
    remote.FetchLogs: v1.LogsV1,
    remote.UpdateModel: v1.UpdateModelV1,
    remote.Exercise: v1.ExerciseV1,
    remote.EndExercise: v1.EndExerciseV1,
}
_DOMAIN = {wire: action for action, wire in _WIRE.items()}


def action_name(action: Action) -> str:
    """Return what an action is called on the wire, as ``snapshot``."""
    return str(_WIRE[type(action)].__struct_config__.tag)


def command_id_of(payload: bytes) -> CommandId | None:
    """Find the id of a command in bytes that may be anything, so that even what cannot be read gets an answer."""
    found = _COMMAND_ID.search(payload, 0, MOST_COMMAND_BYTES)
    return CommandId(found.group(1).decode("ascii")) if found else None


def encode_command(command: Command) -> bytes:
    """Return a command as a message."""
    action = command.action
    return encode(
        v1.CommandV1(
            command_id=command.command_id,
            tower_id=command.tower_id,
            issued_at=command.issued_at,
            expires_at=command.expires_at,
            issued_by=command.issued_by,
            action=msgspec.convert(action, _WIRE[type(action)], from_attributes=True),
        )
    )


def decode_command(payload: bytes) -> Command:
    """Read a command.

    Raises
    ------
    MalformedMessage
        If the bytes are no command, of an unknown action, more than 16,384, or a value in them is not allowed.
    UnsupportedVersion
        If they are of another version.
    """
    _require_size("command", payload, MOST_COMMAND_BYTES)
    message = decode_as(payload, v1.CommandV1)
    try:
        return remote.Command(
            command_id=CommandId(message.command_id),
            tower_id=TowerId(message.tower_id),
            issued_at=in_utc(message.issued_at),
            expires_at=in_utc(message.expires_at),
            issued_by=message.issued_by,
            action=_DOMAIN[type(message.action)](**_fields(message.action)),
        )
    except DomainError as err:
        raise MalformedMessage("firewatch/v1/command", str(err)) from err


def _fields(action: v1.ActionV1) -> dict[str, Any]:
    found = msgspec.structs.asdict(action)
    return {name: in_utc(value) if isinstance(value, datetime) else value for name, value in found.items()}


def encode_reply(reply: Reply, message_id: MessageId) -> bytes:
    """Return a reply as a message."""
    return encode(
        v1.ReplyV1(
            message_id=message_id,
            command_id=reply.command_id,
            tower_id=reply.tower_id,
            at=reply.at,
            state=reply.state.value,
            ordinal=reply.ordinal,
            code=reply.code,
            text=reply.text,
            clock=reply.clock.value,  # type: ignore[arg-type] # a reply's clock is never the centre's own word
            evidence_ids=reply.evidence_ids,
            facts=dict(reply.facts),
            held_back=tuple(msgspec.convert(each, v1.HeldBackV1, from_attributes=True) for each in reply.held_back),
            attachment=_attachment_to_wire(reply.attachment),
        )
    )


def _attachment_to_wire(attachment: Attachment | None) -> v1.AttachmentV1 | None:
    return None if attachment is None else msgspec.convert(attachment, v1.AttachmentV1, from_attributes=True)


def decode_reply(payload: bytes) -> Received[Reply]:
    """Read a reply.

    Raises
    ------
    MalformedMessage
        If the bytes are no reply, more than 500,000, or a value in them is not allowed.
    UnsupportedVersion
        If they are of another version.
    """
    _require_size("reply", payload, MOST_REPLY_BYTES)
    message = decode_as(payload, v1.ReplyV1)
    try:
        return Received(MessageId(message.message_id), _reply(message))
    except DomainError as err:
        raise MalformedMessage("firewatch/v1/reply", str(err)) from err


def _reply(message: v1.ReplyV1) -> Reply:
    attached = message.attachment
    return remote.Reply(
        command_id=CommandId(message.command_id),
        tower_id=TowerId(message.tower_id),
        at=in_utc(message.at),
        state=remote.ReplyState(message.state),
        ordinal=message.ordinal,
        code=message.code,
        text=message.text,
        clock=ClockState(message.clock),
        evidence_ids=tuple(EvidenceId(each) for each in message.evidence_ids),
        facts=message.facts,
        held_back=tuple(_entry(each) for each in message.held_back),
        attachment=None if attached is None else remote.Attachment(**msgspec.structs.asdict(attached)),
    )


def _entry(each: v1.HeldBackV1) -> HeldBackEntry:
    return remote.HeldBackEntry(
        held_id=each.held_id,
        camera_id=CameraId(each.camera_id),
        pose_id=PoseId(each.pose_id),
        reason=each.reason,
        box=Box(each.box.x0, each.box.y0, each.box.x1, each.box.y1),
        score=each.score,
        stamp=stamp_from_wire(each.stamp),
        first_at=in_utc(each.first_at),
        last_at=in_utc(each.last_at),
        times=each.times,
        note=each.note,
        evidence_id=None if each.evidence_id is None else EvidenceId(each.evidence_id),
    )


def _require_size(name: str, payload: bytes, most: int) -> None:
    if len(payload) > most:
        raise MalformedMessage(f"firewatch/v1/{name}", f"{len(payload)} bytes; at most {most} are read")
