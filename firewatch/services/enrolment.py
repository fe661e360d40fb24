"""Enrolment: a code for a tower, a certificate for the code, renewal by the old key, revocation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firewatch.errors import EnrolmentError
from firewatch.services.enrolment_ports import CodeRecord
from firewatch.wire.enrolment_code import make_code
from firewatch.wire.tower_keys import is_renewal_signed, read_certificates, read_request, sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from cryptography import x509

    from firewatch.domain.ids import TowerId
    from firewatch.services.enrolment_ports import Authority, CertificateBook, CodeBook, IssuedCertificate
    from firewatch.services.ports import Clock
    from firewatch.wire.enrolment_code import EnrolmentCode
    from firewatch.wire.tower_keys import KeyRequest

__all__ = ["Enrolment", "Inviting", "digest_of"]

_SALT = b"firewatch enrolment code 1"
# About 50 ms and 16 MiB: a code has 55 random bits and lives a day.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**14, 8, 1
_ANOTHER = "ask the centre for a new one: firewatch towers enrol"


def digest_of(secret: str) -> str:
    """Return what is kept of a code's secret: scrypt (RFC 7914) with one salt, for the code alone must find its row."""
    return hashlib.scrypt(secret.encode("ascii"), salt=_SALT, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P, dklen=32).hex()


@dataclass(frozen=True, slots=True)
class Inviting:
    """Makes codes.

    Parameters
    ----------
    codes : CodeBook
        Where they are kept.
    authority_der : bytes
        The certificate that the code pins.
    randomness : callable taking a number
        Returns so many bytes from the operating system.
    """

    codes: CodeBook
    authority_der: bytes
    randomness: Callable[[int], bytes]

    def invite(self, tower_id: TowerId, by: str, at: datetime, life: timedelta) -> tuple[EnrolmentCode, CodeRecord]:
        """Make a code for a tower; open ones that it had are withdrawn."""
        code = make_code(self.randomness(7), self.authority_der)
        record = CodeRecord(digest_of(code.secret), tower_id, at, by, at + life)
        self.codes.put(record)
        return code, record


class Enrolment:
    """Answers towers.

    Parameters
    ----------
    codes, certificates
        The books.
    authority : Authority
        Signs.
    clock : Clock
        The centre's.
    life : timedelta
        Of a certificate.
    """

    def __init__(
        self, codes: CodeBook, certificates: CertificateBook, authority: Authority, clock: Clock, life: timedelta
    ) -> None:
        self._codes = codes
        self._certificates = certificates
        self._authority = authority
        self._clock = clock
        self._life = life

    def look(self, secret: str) -> CodeRecord:
        """Return the record of a code that was not withdrawn and has not expired; a used one also, for its own tower.

        Raises
        ------
        EnrolmentError
            "code unknown", "code withdrawn" or "code expired".
        """
        record, at = self._codes.find(digest_of(secret)), self._clock.now()
        if record is None:
            raise EnrolmentError("code unknown", f"no such code was made here; read it again, or {_ANOTHER}")
        if record.withdrawn_at is not None:
            raise EnrolmentError("code withdrawn", f"a newer code or a revocation replaced this one; {_ANOTHER}")
        if at >= record.expires_at:
            raise EnrolmentError("code expired", f"the code was good until {_told(record.expires_at)}; {_ANOTHER}")
        return record

    def enrol(self, secret: str, request_pem: str, asked_from: str) -> IssuedCertificate:
        """Give the code's tower a certificate.

        A tower that lost the answer asks again with the same key and gets the same certificate.

        Parameters
        ----------
        secret : str
            Of the code.
        request_pem : str
            The tower's request.
        asked_from : str
            Network address, for the record.

        Raises
        ------
        EnrolmentError
            Also "bad request", "other tower", "code used".
        """
        record, request = self.look(secret), read_request(request_pem)
        if request.tower_id != record.tower_id:
            why = f"the code is for the tower {record.tower_id!r}, the request for {request.tower_id!r}; {_ANOTHER}"
            raise EnrolmentError("other tower", why)
        if record.used_at is not None:
            return self._again(record, request)
        at = self._clock.now()
        issued = replace(self._authority.issue(request, at, self._life), how="code", asked_from=asked_from)
        if self._codes.use(record.digest, issued, at):
            return issued
        # Somebody was quicker; where it was this tower itself, it has its certificate already.
        return self._again(self.look(secret), request)

    def _again(self, record: CodeRecord, request: KeyRequest) -> IssuedCertificate:
        found = self._certificates.of_key(request.digest)
        if record.used_for != request.digest or found is None or not found.stands(self._clock.now()):
            when = "" if record.used_at is None else f" at {_told(record.used_at)}"
            why = f"the code was used{when} with another key. If that was not you, revoke the tower; {_ANOTHER}"
            raise EnrolmentError("code used", why)
        return found

    def renew(self, certificate_pem: str, request_pem: str, signature: bytes, asked_from: str) -> IssuedCertificate:
        """Give a tower its next certificate; the present one stays good until it expires, so that there is no gap.

        Raises
        ------
        EnrolmentError
            "not ours", "revoked", "expired", "bad proof", "other tower", "same key" or "bad request".
        """
        present = read_certificates(certificate_pem, "the request")[0]
        request, at = read_request(request_pem), self._clock.now()
        record = self._standing(present, at)
        if not is_renewal_signed(present, request_pem, signature):
            raise EnrolmentError("bad proof", "the request is not signed with the present certificate's key")
        if request.tower_id != record.tower_id:
            why = f"the certificate is of {record.tower_id!r}, the request for {request.tower_id!r}"
            raise EnrolmentError("other tower", why)
        if request.digest == record.key_digest:
            raise EnrolmentError("same key", "a renewal needs a new key")
        known = self._certificates.of_key(request.digest)
        if known is not None:
            return self._known(known, record)
        issued = replace(self._authority.issue(request, at, self._life), how="renewal", asked_from=asked_from)
        self._certificates.add(issued)
        return issued

    def standing(self, certificate: x509.Certificate, at: datetime) -> TowerId:
        """Return the tower whose certificate this is, if it stands.

        Raises
        ------
        EnrolmentError
            "not ours", "revoked" or "expired".
        """
        return self._standing(certificate, at).tower_id

    def _standing(self, present: x509.Certificate, at: datetime) -> IssuedCertificate:
        record = self._certificates.of_key(sha256_of(_public_der(present)))
        if record is None or read_certificates(record.pem, "the book")[0] != present:
            raise EnrolmentError("not ours", f"this certificate was not given by this centre; {_ANOTHER}")
        if record.revoked_at is not None:
            raise EnrolmentError("revoked", f"this certificate was revoked at {_told(record.revoked_at)}; {_ANOTHER}")
        if at >= record.expires_at:
            raise EnrolmentError("expired", f"this certificate was good until {_told(record.expires_at)}; {_ANOTHER}")
        return record

    def _known(self, known: IssuedCertificate, present: IssuedCertificate) -> IssuedCertificate:
        if known.tower_id != present.tower_id or not known.stands(self._clock.now()):
            raise EnrolmentError("same key", "a renewal needs a new key")
        return known


def _public_der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _told(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M UTC")
