"""Identifiers: places are named by people (slugs), happenings by machines (ULIDs)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NewType

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "SLUG_PATTERN",
    "ULID_PATTERN",
    "AlertId",
    "CameraId",
    "CommandId",
    "EvidenceId",
    "IncidentId",
    "MessageId",
    "NotificationId",
    "PersonId",
    "PoseId",
    "SightingId",
    "StationId",
    "TowerId",
    "make_ulid",
    "require_slug",
    "require_ulid",
    "ulid_time_ms",
]

TowerId = NewType("TowerId", str)
CameraId = NewType("CameraId", str)
PoseId = NewType("PoseId", str)
StationId = NewType("StationId", str)
PersonId = NewType("PersonId", str)
SightingId = NewType("SightingId", str)
MessageId = NewType("MessageId", str)
CommandId = NewType("CommandId", str)
EvidenceId = NewType("EvidenceId", str)
IncidentId = NewType("IncidentId", str)
AlertId = NewType("AlertId", str)
NotificationId = NewType("NotificationId", str)

# Slugs travel as MQTT topic levels, file names and URLs: no slash, plus, hash, blank or upper case.
SLUG_PATTERN = r"^[a-z0-9][a-z0-9-]{0,31}$"
ULID_PATTERN = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$"

_SLUG = re.compile(SLUG_PATTERN)
_ULID = re.compile(ULID_PATTERN)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BYTES = 10
_TIME_LIMIT_MS = 1 << 48


def require_slug(what: str, given: str) -> str:
    """Return `given` if it can name a place, else raise.

    Parameters
    ----------
    what : str
        What it names, for the error.
    given : str
        The name.

    Returns
    -------
    str
        The same name.

    Raises
    ------
    InvalidValue
        If it is not 1 to 32 of a-z, 0-9 and hyphen, starting with a letter or digit.
    """
    if not _SLUG.fullmatch(given):
        raise InvalidValue(what, given, "1 to 32 of a-z, 0-9 and '-', starting with a letter or digit")
    return given


def require_ulid(what: str, given: str) -> str:
    """Return `given` if it is a ULID in canonical upper case, else raise `InvalidValue`."""
    if not _ULID.fullmatch(given):
        raise InvalidValue(what, given, "a ULID: 26 characters of Crockford base 32")
    return given


def make_ulid(at: datetime, randomness: bytes) -> str:
    """Make a ULID, which sorts by the time it was made.

    Parameters
    ----------
    at : datetime
        Aware instant; milliseconds are kept.
    randomness : bytes, length 10
        From the operating system (`os.urandom`) or, in tests and simulations, from a seeded generator.

    Returns
    -------
    str
        26 characters of Crockford base 32.

    Raises
    ------
    InvalidValue
        If there are not exactly 10 bytes, or the instant lies before 1970 or after 10889.

    References
    ----------
    .. [1] ULID specification, https://github.com/ulid/spec.
    """
    if len(randomness) != _RANDOM_BYTES:
        raise InvalidValue("ULID randomness", len(randomness), f"{_RANDOM_BYTES} bytes")
    time_ms = int(at.timestamp() * 1000)
    if not 0 <= time_ms < _TIME_LIMIT_MS:
        raise InvalidValue("ULID time", at.isoformat(), "an instant from 1970 to 10889")
    number = (time_ms << 80) | int.from_bytes(randomness, "big")
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def ulid_time_ms(ulid: str) -> int:
    """Return the milliseconds since 1970 (UTC) at which a ULID was made."""
    number = 0
    for character in require_ulid("ULID", ulid):
        number = number * 32 + _CROCKFORD.index(character)
    return number >> 80
