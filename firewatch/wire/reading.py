"""Reads one message of wire version 1: its size, its version, then its fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from firewatch.errors import InvalidValue, MalformedMessage, UnsupportedVersion

__all__ = ["MOST_BYTES", "decode_as", "in_utc"]

# The largest message that is read: an evidence frame of 150 kB with its header, and room to spare.
MOST_BYTES = 1_000_000

_VERSION_PREFIX = "firewatch/v1/"

_Message = TypeVar("_Message", bound=msgspec.Struct)


class _Envelope(msgspec.Struct):
    schema: str = ""


def decode_as(payload: bytes, kind: type[_Message]) -> _Message:
    """Return a message of a kind.

    Raises
    ------
    MalformedMessage
        If the bytes are no message of that kind, or too many.
    UnsupportedVersion
        If they are of another version.
    """
    name = str(kind.__struct_config__.tag)
    if len(payload) > MOST_BYTES:
        raise MalformedMessage(name, f"{len(payload)} bytes; at most {MOST_BYTES} are read")
    try:
        envelope = msgspec.json.decode(payload, type=_Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as err:
        raise MalformedMessage(name, f"not JSON of the expected form: {err}") from err
    if envelope.schema.startswith("firewatch/") and not envelope.schema.startswith(_VERSION_PREFIX):
        raise UnsupportedVersion(envelope.schema, f"{_VERSION_PREFIX}*")
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise MalformedMessage(name, str(err)) from err


def in_utc(instant: datetime) -> datetime:
    """Return an aware instant in UTC; raise `InvalidValue` where the calendar has none."""
    try:
        return instant.astimezone(UTC)
    except OverflowError as err:
        raise InvalidValue("instant", instant.isoformat(), "one whose UTC lies in the years 1 to 9999") from err
