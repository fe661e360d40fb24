"""How old a message is when it goes out: said in the message itself, because a wrong clock spoils every date in it."""

from __future__ import annotations

import msgspec

from firewatch.wire import v1

__all__ = ["with_age"]


def with_age(payload: bytes, age_s: float) -> bytes:
    """Return a sighting's message with its age at this sending [s]; bytes that are none come back as they are."""
    try:
        message = msgspec.json.decode(payload, type=v1.SightingV1)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return payload  # the centre keeps what it cannot read, byte by byte
    return msgspec.json.encode(msgspec.structs.replace(message, age_s=round(age_s, 3)))
