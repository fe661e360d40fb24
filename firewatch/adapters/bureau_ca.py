"""The bureau's small certificate authority: a folder with a locked key and its certificates (X.509, RFC 5280)."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from firewatch.services.enrolment_ports import IssuedCertificate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.wire.tower_keys import KeyRequest

__all__ = ["CENTRE_NAME", "BureauCa", "CaKey", "pem_of"]

CaKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
# No tower can have this name: a slug has no dot.
CENTRE_NAME = "firewatch.centre"
# A tower whose clock is a little behind must not find its new certificate "not yet valid".
_BACKDATED = timedelta(hours=1)
_URI = "urn:firewatch:tower:"
_CLIENT, _SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


@dataclass(frozen=True, slots=True)
class BureauCa:
    """Fulfils `firewatch.services.enrolment_ports.Authority`.

    Parameters
    ----------
    key : elliptic or RSA private key
        Signs.
    chain : tuple of Certificate
        Its own certificate first, the root's last; the same one where the authority signed itself.
    """

    key: CaKey
    chain: tuple[x509.Certificate, ...]

    @property
    def root_pem(self) -> str:
        """The certificate that everything is checked with."""
        return pem_of(self.chain[-1:])

    @property
    def between_pem(self) -> str:
        """The certificates between a tower's and the root, which travel with the tower's."""
        return pem_of(self.chain[:-1])

    def issue(self, request: KeyRequest, at: datetime, life: timedelta) -> IssuedCertificate:
        """Sign a certificate for a tower: its id as common name and URI, for clients only."""
        names = [x509.UniformResourceIdentifier(f"{_URI}{request.tower_id}")]
        made = self._sign(request.public_key, request.tower_id, names, (at, life), _CLIENT)
        return IssuedCertificate(
            serial=f"{made.serial_number:x}",
            tower_id=request.tower_id,
            key_digest=request.digest,
            pem=pem_of([made]) + self.between_pem,
            issued_at=at,
            expires_at=made.not_valid_after_utc,
        )

    def server(self, hosts: Sequence[str], at: datetime, life: timedelta) -> bytes:
        """Return a new key, its certificate for a server of these names or addresses, and the chain, in one PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._sign(key.public_key(), hosts[0][:64], [_host_name(host) for host in hosts], (at, life), _SERVER)
        return _with_key(key, pem_of([made]) + self.between_pem)

    def centre(self, at: datetime, life: timedelta) -> bytes:
        """Return a new key, its certificate as the centre at the broker, and the chain, in one PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.UniformResourceIdentifier("urn:firewatch:centre")]
        made = self._sign(key.public_key(), CENTRE_NAME, names, (at, life), _CLIENT)
        return _with_key(key, pem_of([made]) + self.between_pem)

    def revoked_list(self, revoked: Sequence[IssuedCertificate], at: datetime) -> bytes:
        """Return the signed list (PEM) of certificates that were taken back.

        It is good for as long as the authority: a broker with a list that has run out refuses every tower, and a
        forgotten date must not blind a county. A newer list replaces the file.
        """
        own = self.chain[0]
        builder = x509.CertificateRevocationListBuilder().issuer_name(own.subject)
        builder = builder.last_update(at - _BACKDATED).next_update(own.not_valid_after_utc)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        ).add_extension(x509.CRLNumber(int(at.timestamp() * 1000)), critical=False)
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(int(one.serial, 16))
            builder = builder.add_revoked_certificate(entry.revocation_date(one.revoked_at or at).build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def _sign(
        self,
        public_key: ec.EllipticCurvePublicKey,
        common_name: str,
        names: Sequence[x509.GeneralName],
        span: tuple[datetime, timedelta],
        usage: x509.ObjectIdentifier,
    ) -> x509.Certificate:
        own, (at, life) = self.chain[0], span
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
            .issuer_name(own.subject)
            .public_key(public_key)
            .serial_number(_random_serial())
            .not_valid_before(at - _BACKDATED)
            .not_valid_after(min(at + life, own.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_digital_signature(), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        return builder.sign(self.key, hashes.SHA256())


def pem_of(certificates: Sequence[x509.Certificate]) -> str:
    """Return certificates as one PEM text."""
    return "".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in certificates)


def _with_key(key: ec.EllipticCurvePrivateKey, certificates: str) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificates.encode("ascii")


def _random_serial() -> int:
    # RFC 5280, 4.1.2.2: positive, at most 20 octets; here 127 random bits.
    return int.from_bytes(os.urandom(16), "big") >> 1 | 1


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _digital_signature() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
