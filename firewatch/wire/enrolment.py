"""What a tower and the enrolment desk say to each other over HTTPS, version 1, in JSON."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads it
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from firewatch.domain.ids import SLUG_PATTERN
from firewatch.errors import MalformedMessage

__all__ = [
    "AUTHORITY_PATH",
    "DEFAULT_PORT",
    "ENROL_PATH",
    "LOOK_PATH",
    "RENEW_PATH",
    "REVOKED_PATH",
    "EnrolRequest",
    "Enrolled",
    "LookAnswer",
    "LookRequest",
    "Refusal",
    "RenewRequest",
    "plain_port",
    "read_message",
    "write_message",
]

# Over TLS.
LOOK_PATH = "/enrolment/v1/look"
ENROL_PATH = "/enrolment/v1/enrol"
RENEW_PATH = "/enrolment/v1/renew"
# Over plain HTTP on the port after it, as is the custom for both (RFC 5280, 4.2.2.1 and 4.2.1.13): public, signed, and
# believed only by the pin of the code, or by the authority that the reader has.
AUTHORITY_PATH = "/enrolment/v1/authority.pem"
REVOKED_PATH = "/enrolment/v1/revoked.pem"
DEFAULT_PORT = 8443

Pem = Annotated[str, Meta(min_length=1, max_length=16_384)]
Secret = Annotated[str, Meta(pattern=r"^[0-9A-HJKMNP-TV-Z]{11}$")]
Tower = Annotated[str, Meta(pattern=SLUG_PATTERN)]
Words = Annotated[str, Meta(max_length=2000)]

_Message = TypeVar("_Message", bound=Struct)


class LookRequest(Struct, frozen=True, kw_only=True):
    """Whose code is this? Asking uses nothing up."""

    secret: Secret


class LookAnswer(Struct, frozen=True, kw_only=True):
    """The tower that a code invites, shown to the technician before anything is done."""

    tower: Tower
    name: Words
    expires_at: datetime


class EnrolRequest(Struct, frozen=True, kw_only=True):
    """The code and the request for a certificate; sent again with the same key it has the same answer."""

    secret: Secret
    request: Pem


class RenewRequest(Struct, frozen=True, kw_only=True):
    """The next key's request, signed with the key of the certificate that still holds (base 64 in JSON)."""

    certificate: Pem
    request: Pem
    signature: Annotated[bytes, Meta(min_length=8, max_length=256)]


class Enrolled(Struct, frozen=True, kw_only=True):
    """What makes a tower one of this centre's.

    Parameters
    ----------
    certificate : str
        The tower's own, then those between it and the authority; PEM.
    authority : str
        The certificate that everything is checked with; PEM.
    broker_host, broker_port
        Where the tower sends to, over TLS.
    package_keys : str
        Public keys that verify packages of models, PEM, one after the other; empty: the centre has none to give.
    """

    tower: Tower
    certificate: Pem
    authority: Pem
    broker_host: Annotated[str, Meta(min_length=1, max_length=253)]
    broker_port: Annotated[int, Meta(ge=1, le=65_535)]
    package_keys: Annotated[str, Meta(max_length=16_384)] = ""


class Refusal(Struct, frozen=True, kw_only=True):
    """Why not: a short constant name, and words for the technician."""

    error: Words
    words: Words


def plain_port(port: int) -> int:
    """Return the port of the two public files beside the desk's own."""
    return port + 1


def write_message(message: Struct) -> bytes:
    """Return a message as JSON."""
    return msgspec.json.encode(message)


def read_message(content: bytes, kind: type[_Message]) -> _Message:
    """Read a message, fields not known let be; raise `MalformedMessage` with the first thing wrong in it."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise MalformedMessage(kind.__name__, str(err)) from err
