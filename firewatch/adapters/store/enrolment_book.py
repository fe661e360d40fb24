"""One-time codes and certificates of towers: rows are added and marked, never deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from firewatch.adapters.store.database import storable
from firewatch.adapters.store.instants import from_us, from_us_or_none, to_us
from firewatch.adapters.store.schema import enrolment_codes, tower_certificates
from firewatch.domain.ids import TowerId
from firewatch.services.enrolment_ports import CodeRecord, IssuedCertificate

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from firewatch.adapters.store.database import Database

__all__ = ["SqlEnrolmentBook"]

_codes, _certificates = enrolment_codes.c, tower_certificates.c
_LONGEST_NAME = 80


class SqlEnrolmentBook:
    """Fulfils `firewatch.services.enrolment_ports.CodeBook` and `CertificateBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, record: CodeRecord) -> None:
        """Store a new code and withdraw the open ones of its tower."""
        row = {
            "digest": record.digest,
            "tower_id": record.tower_id,
            "made_at": to_us(record.made_at),
            "made_by": storable(record.made_by)[:_LONGEST_NAME],
            "expires_at": to_us(record.expires_at),
            "used_for": "",
        }
        with self._database.writing() as connection:
            _withdraw(connection, record.tower_id, record.made_at)
            connection.execute(insert(enrolment_codes), row)

    def find(self, digest: str) -> CodeRecord | None:
        """Return a code by its digest."""
        with self._database.reading() as connection:
            row = connection.execute(select(enrolment_codes).where(_codes.digest == digest)).first()
        return None if row is None else _code(row)

    def use(self, digest: str, certificate: IssuedCertificate, at: datetime) -> bool:
        """Mark a code used and store the certificate, together; False, and nothing changed, if it is no longer open."""
        is_open = (_open(), _codes.digest == digest, _codes.expires_at > to_us(at))
        used = {"used_at": to_us(at), "used_for": certificate.key_digest}
        with self._database.writing() as connection:
            if connection.execute(update(enrolment_codes).where(*is_open).values(used)).rowcount == 0:
                return False
            connection.execute(insert(tower_certificates), _row_of(certificate))
        return True

    def codes(self) -> tuple[CodeRecord, ...]:
        """Return all codes, the latest first."""
        order = (_codes.made_at.desc(), _codes.digest)
        with self._database.reading() as connection:
            return tuple(_code(row) for row in connection.execute(select(enrolment_codes).order_by(*order)).all())

    def add(self, certificate: IssuedCertificate) -> None:
        """Store a renewed certificate."""
        with self._database.writing() as connection:
            connection.execute(insert(tower_certificates), _row_of(certificate))

    def of_key(self, key_digest: str) -> IssuedCertificate | None:
        """Return the latest certificate of a key."""
        query = select(tower_certificates).where(_certificates.key_digest == key_digest)
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(_certificates.issued_at.desc()).limit(1)).first()
        return None if row is None else _certificate(row)

    def certificates(self) -> tuple[IssuedCertificate, ...]:
        """Return all, the latest first."""
        query = select(tower_certificates).order_by(_certificates.issued_at.desc(), _certificates.serial)
        with self._database.reading() as connection:
            return tuple(_certificate(row) for row in connection.execute(query).all())

    def revoke(self, tower_id: TowerId, at: datetime, by: str, reason: str) -> int:
        """Take back all certificates of a tower and withdraw its open codes; return how many certificates stood."""
        standing = (
            _certificates.tower_id == tower_id,
            _certificates.revoked_at.is_(None),
            _certificates.expires_at > to_us(at),
        )
        told = {"revoked_at": to_us(at), "revoked_by": storable(by)[:_LONGEST_NAME], "reason": storable(reason)}
        with self._database.writing() as connection:
            _withdraw(connection, tower_id, at)
            return connection.execute(update(tower_certificates).where(*standing).values(told)).rowcount


def _open() -> ColumnElement[bool]:
    return _codes.used_at.is_(None) & _codes.withdrawn_at.is_(None)


def _withdraw(connection: Connection, tower_id: TowerId, at: datetime) -> None:
    # A used one too: its tower must not get its certificate again after a revocation.
    of_tower = (_codes.tower_id == tower_id, _codes.withdrawn_at.is_(None))
    connection.execute(update(enrolment_codes).where(*of_tower).values(withdrawn_at=to_us(at)))


def _row_of(certificate: IssuedCertificate) -> dict[str, Any]:
    return {
        "serial": certificate.serial,
        "tower_id": certificate.tower_id,
        "key_digest": certificate.key_digest,
        "pem": certificate.pem,
        "issued_at": to_us(certificate.issued_at),
        "expires_at": to_us(certificate.expires_at),
        "how": certificate.how,
        "asked_from": storable(certificate.asked_from)[:64],
        "revoked_by": "",
        "reason": "",
    }


def _code(row: Row[Any]) -> CodeRecord:
    return CodeRecord(
        row.digest,
        TowerId(row.tower_id),
        from_us(row.made_at),
        row.made_by,
        from_us(row.expires_at),
        from_us_or_none(row.used_at),
        row.used_for,
        from_us_or_none(row.withdrawn_at),
    )


def _certificate(row: Row[Any]) -> IssuedCertificate:
    return IssuedCertificate(
        serial=row.serial,
        tower_id=TowerId(row.tower_id),
        key_digest=row.key_digest,
        pem=row.pem,
        issued_at=from_us(row.issued_at),
        expires_at=from_us(row.expires_at),
        how=row.how,
        asked_from=row.asked_from,
        revoked_at=from_us_or_none(row.revoked_at),
        revoked_by=row.revoked_by,
        reason=row.reason,
    )
