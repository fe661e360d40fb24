"""How a picture travels: the four bytes ``FWE1``, its header's length (two bytes, big-endian), the header, the JPEG."""

from __future__ import annotations

from firewatch.errors import MalformedMessage, UnsupportedVersion

__all__ = ["join", "split"]

_NAME = "firewatch/v1/evidence"
_MAGIC = b"FWE1"
_LENGTH_BYTES = 2


def join(header: bytes, jpeg: bytes) -> bytes:
    """Return header and JPEG as one message."""
    return _MAGIC + len(header).to_bytes(_LENGTH_BYTES, "big") + header + jpeg


def split(payload: bytes, most_bytes: int) -> tuple[bytes, bytes]:
    """Return header and JPEG of a message.

    Raises
    ------
    MalformedMessage
        If the layout is wrong, or there are more than `most_bytes`.
    UnsupportedVersion
        If it is of another version.
    """
    if len(payload) > most_bytes:
        raise MalformedMessage(_NAME, f"{len(payload)} bytes; at most {most_bytes} are read")
    if payload[:3] == _MAGIC[:3] and payload[:4] != _MAGIC:
        raise UnsupportedVersion(payload[:4].decode("ascii", "replace"), _MAGIC.decode())
    if payload[:4] != _MAGIC:
        raise MalformedMessage(_NAME, f"starts with {payload[:4]!r} in place of {_MAGIC!r}")
    start = len(_MAGIC) + _LENGTH_BYTES
    end = start + int.from_bytes(payload[len(_MAGIC) : start], "big")
    if end > len(payload):
        raise MalformedMessage(_NAME, f"the header ends at byte {end} of {len(payload)}")
    return payload[start:end], payload[end:]
