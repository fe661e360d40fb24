"""How a tower asks the centre for model packages over HTTPS, version 1.

Each question is a GET with three headers: the tower's certificate, the time, and a signature by the certificate's key
over path and time. It passes a proxy that ends TLS, as a renewal does (docs/adr/0027). A package's path is its
SHA-256, so a download that broke off goes on where it ended (``Range``), and what comes can be nothing else.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Meta, Struct

from firewatch.errors import EnrolmentError
from firewatch.wire.model_package import MOST_PACKAGE_BYTES, Sha256, Version
from firewatch.wire.tower_keys import is_question_signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firewatch.wire.tower_keys import TowerKey

__all__ = [
    "OFFERS_PATH",
    "PACKAGE_PATTERN",
    "OfferedModel",
    "OfferedModels",
    "Question",
    "package_path",
    "question_headers",
    "read_question",
]

OFFERS_PATH = "/models/v1/offers"
PACKAGE_PATTERN = "/models/v1/{sha256}.fwmodel"
_CERTIFICATE, _AT, _SIGNATURE = "firewatch-certificate", "firewatch-at", "firewatch-signature"
_MOST_HEADER = 8_192


class OfferedModel(Struct, frozen=True, kw_only=True):
    """A package that towers may fetch; `sha256` and `size` [bytes] are the whole package's."""

    name: Annotated[str, Meta(max_length=32)]
    version: Version
    sha256: Sha256
    size: Annotated[int, Meta(ge=1, le=MOST_PACKAGE_BYTES)]
    least_edge_version: Version
    created_at: Annotated[datetime, Meta(tz=True)]


class OfferedModels(Struct, frozen=True, kw_only=True):
    """All that is offered, the newest version first."""

    models: Annotated[tuple[OfferedModel, ...], Meta(max_length=1000)] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A tower's question: who asks for what, when, and the signature that it is so."""

    certificate: x509.Certificate
    path: str
    at: datetime
    signature: bytes

    def is_signed(self) -> bool:
        """Tell whether the key of its certificate signed it."""
        return is_question_signed(self.certificate, _words(self.path, self.at), self.signature)


def package_path(sha256: str) -> str:
    """Return where a package is."""
    return PACKAGE_PATTERN.format(sha256=sha256)


def question_headers(path: str, at: datetime, key: TowerKey, certificate: x509.Certificate) -> dict[str, str]:
    """Return the headers of a question.

    Parameters
    ----------
    path : str
        That is asked for.
    at : datetime
        Now, aware.
    key : TowerKey
        Signs.
    certificate : x509.Certificate
        Of this key.
    """
    whole_s = at.astimezone(UTC).replace(microsecond=0)
    return {
        _CERTIFICATE: base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii"),
        _AT: whole_s.isoformat(),
        _SIGNATURE: base64.b64encode(key.sign_question(_words(path, whole_s))).decode("ascii"),
    }


def read_question(headers: Mapping[str, str], path: str) -> Question:
    """Read a question from the headers (names in small letters) that came with it.

    Raises
    ------
    EnrolmentError
        "no proof" if one is missing or cannot be read; whether it is signed is not looked at.
    """
    given = [headers.get(name, "") for name in (_CERTIFICATE, _AT, _SIGNATURE)]
    try:
        if max(map(len, given)) > _MOST_HEADER:
            raise ValueError("a header is too long")  # noqa: TRY301 - one answer to all that is wrong
        certificate = x509.load_der_x509_certificate(base64.b64decode(given[0], validate=True))
        certificate.public_key()
        at = datetime.fromisoformat(given[1]).astimezone(UTC)
        return Question(certificate, path, at, base64.b64decode(given[2], validate=True))
    except (ValueError, binascii.Error, OverflowError, UnsupportedAlgorithm) as err:
        why = f"models are for enrolled towers: the question carries no certificate and signature ({err})"
        raise EnrolmentError("no proof", why) from err


def _words(path: str, at: datetime) -> bytes:
    return f"{path}\n{at.astimezone(UTC).isoformat()}\n".encode()
