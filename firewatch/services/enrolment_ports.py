"""What enrolment needs from outside: a book of codes, a book of certificates, an authority that signs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from firewatch.domain.ids import TowerId
    from firewatch.wire.tower_keys import KeyRequest

__all__ = ["Authority", "CertificateBook", "CodeBook", "CodeRecord", "IssuedCertificate"]


@dataclass(frozen=True, slots=True)
class CodeRecord:
    """A one-time code as the centre keeps it: never the code itself.

    Parameters
    ----------
    digest : str
        Of the secret; slow to compute, so that a stolen database gives no code in its lifetime.
    made_by : str
        Who asked for it.
    used_at, used_for : datetime or None, str
        When it was used, and the digest of the key that it was used for.
    withdrawn_at : datetime or None
        When a newer code, or a revocation, took its place.
    """

    digest: str
    tower_id: TowerId
    made_at: datetime
    made_by: str
    expires_at: datetime
    used_at: datetime | None = None
    used_for: str = ""
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate that was given to a tower, and what became of it.

    Parameters
    ----------
    serial : str
        In hexadecimal digits.
    pem : str
        The tower's own, then those up to the authority, without it.
    key_digest : str
        SHA-256 of its public key.
    how : "code" or "renewal"
        What it was given for.
    asked_from : str
        The network address that asked.
    revoked_at, revoked_by, reason
        When, by whom and why it was taken back; None and empty while it stands.
    """

    serial: str
    tower_id: TowerId
    key_digest: str
    pem: str
    issued_at: datetime
    expires_at: datetime
    how: str = "code"
    asked_from: str = ""
    revoked_at: datetime | None = None
    revoked_by: str = ""
    reason: str = ""

    def stands(self, at: datetime) -> bool:
        """Tell whether it is neither revoked nor expired."""
        return self.revoked_at is None and at < self.expires_at


class CodeBook(Protocol):
    """One-time codes."""

    def put(self, record: CodeRecord) -> None:
        """Store a new code and withdraw the open ones of its tower."""
        ...

    def find(self, digest: str) -> CodeRecord | None:
        """Return a code by its digest."""
        ...

    def use(self, digest: str, certificate: IssuedCertificate, at: datetime) -> bool:
        """Mark a code used and store the certificate, together; False, and nothing changed, if it is no longer open."""
        ...

    def codes(self) -> tuple[CodeRecord, ...]:
        """Return all codes, the latest first."""
        ...


class CertificateBook(Protocol):
    """Certificates of towers."""

    def add(self, certificate: IssuedCertificate) -> None:
        """Store a renewed certificate."""
        ...

    def of_key(self, key_digest: str) -> IssuedCertificate | None:
        """Return the latest certificate of a key."""
        ...

    def certificates(self) -> tuple[IssuedCertificate, ...]:
        """Return all, the latest first."""
        ...

    def revoke(self, tower_id: TowerId, at: datetime, by: str, reason: str) -> int:
        """Take back all certificates of a tower and withdraw its open codes; return how many certificates stood."""
        ...


class Authority(Protocol):
    """Who signs."""

    @property
    def root_pem(self) -> str:
        """The certificate that everything is checked with."""
        ...

    def issue(self, request: KeyRequest, at: datetime, life: timedelta) -> IssuedCertificate:
        """Sign a certificate for a tower; it never outlives the authority's own."""
        ...

    def revoked_list(self, revoked: Sequence[IssuedCertificate], at: datetime) -> bytes:
        """Return the signed list (PEM) of certificates that were taken back."""
        ...
