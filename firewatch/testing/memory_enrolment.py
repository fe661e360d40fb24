"""One-time codes and certificates of towers in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.ids import TowerId
    from firewatch.services.enrolment_ports import CodeRecord, IssuedCertificate

__all__ = ["MemoryEnrolmentBook"]


class MemoryEnrolmentBook:
    """Fulfils `firewatch.services.enrolment_ports.CodeBook` and `CertificateBook`."""

    def __init__(self) -> None:
        self._codes: dict[str, CodeRecord] = {}
        self._certificates: dict[str, IssuedCertificate] = {}

    def put(self, record: CodeRecord) -> None:
        """Store a new code and withdraw the open ones of its tower."""
        self._withdraw(record.tower_id, record.made_at)
        self._codes[record.digest] = record

    def find(self, digest: str) -> CodeRecord | None:
        """Return a code by its digest."""
        return self._codes.get(digest)

    def use(self, digest: str, certificate: IssuedCertificate, at: datetime) -> bool:
        """Mark a code used and store the certificate, together; False, and nothing changed, if it is no longer open."""
        found = self._codes.get(digest)
        if found is None or found.used_at or found.withdrawn_at or at >= found.expires_at:
            return False
        self._codes[digest] = replace(found, used_at=at, used_for=certificate.key_digest)
        self.add(certificate)
        return True

    def codes(self) -> tuple[CodeRecord, ...]:
        """Return all codes, the latest first."""
        return tuple(sorted(self._codes.values(), key=lambda one: one.made_at, reverse=True))

    def add(self, certificate: IssuedCertificate) -> None:
        """Store a renewed certificate."""
        self._certificates[certificate.serial] = certificate

    def of_key(self, key_digest: str) -> IssuedCertificate | None:
        """Return the latest certificate of a key."""
        return next((one for one in self.certificates() if one.key_digest == key_digest), None)

    def certificates(self) -> tuple[IssuedCertificate, ...]:
        """Return all, the latest first."""
        return tuple(sorted(self._certificates.values(), key=lambda one: one.issued_at, reverse=True))

    def revoke(self, tower_id: TowerId, at: datetime, by: str, reason: str) -> int:
        """Take back all certificates of a tower and withdraw its open codes; return how many certificates stood."""
        self._withdraw(tower_id, at)
        standing = [one for one in self._certificates.values() if one.tower_id == tower_id and one.stands(at)]
        for one in standing:
            self._certificates[one.serial] = replace(one, revoked_at=at, revoked_by=by, reason=reason)
        return len(standing)

    def _withdraw(self, tower_id: TowerId, at: datetime) -> None:
        for digest, one in self._codes.items():
            if one.tower_id == tower_id and one.withdrawn_at is None:
                self._codes[digest] = replace(one, withdrawn_at=at)
