"""The folder of the bureau's authority: made here, brought along, or signed elsewhere; its key is always locked."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from firewatch.adapters.bureau_ca import BureauCa, CaKey, pem_of
from firewatch.errors import EnrolmentError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["CaFolder", "ca_passphrase", "write_private"]

_KEY, _CHAIN, _REQUEST = "ca.key", "ca.pem", "ca.csr"
_OWNER_ONLY = 0o600
_SHORTEST_PASSPHRASE = 12
_LEAST_RSA_BITS = 2048
_VARIABLE, _FILE_VARIABLE = "FIREWATCH_CA_PASSPHRASE", "FIREWATCH_CA_PASSPHRASE_FILE"
_BACKDATED = timedelta(hours=1)


def ca_passphrase(environment: Mapping[str, str] = os.environ) -> bytes:
    """Return the passphrase of the authority's key, from the environment or from a file that only its owner reads.

    Raises
    ------
    EnrolmentError
        If there is none, it is shorter than 12 characters, or others may read its file.
    """
    given = environment.get(_VARIABLE, "")
    if not given and (name := environment.get(_FILE_VARIABLE, "")):
        path = Path(name)
        try:
            mode, given = path.stat().st_mode & 0o777, path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as err:
            raise EnrolmentError("no passphrase", f"{_FILE_VARIABLE}: {path} cannot be read: {err}") from err
        if mode & 0o077:
            raise EnrolmentError("no passphrase", f"{path} may be read by others (mode {mode:o}); chmod 600 {path}")
    if len(given) < _SHORTEST_PASSPHRASE:
        why = f"set {_VARIABLE}, or {_FILE_VARIABLE} to a file of mode 600; at least {_SHORTEST_PASSPHRASE} characters"
        raise EnrolmentError("no passphrase", f"the authority's key is locked with a passphrase: {why}")
    return given.encode("utf-8")


class CaFolder:
    """Makes and opens the authority.

    Parameters
    ----------
    path : Path
        The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self, name: str, passphrase: bytes, at: datetime, life: timedelta) -> x509.Certificate:
        """Make a key and a certificate signed by itself; raise `EnrolmentError` where there is an authority already."""
        self._require_free()
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = _self_signed(key, subject, at, life)
        self._write_key(key, passphrase)
        write_private(self.path / _CHAIN, pem_of([certificate]).encode("ascii"), 0o644)
        return certificate

    def request(self, name: str, passphrase: bytes) -> Path:
        """Make a key, and a request that another authority signs; `accept` takes its answer."""
        self._require_free()
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        made = builder.sign(key, hashes.SHA256())
        self._write_key(key, passphrase)
        write_private(self.path / _REQUEST, made.public_bytes(Encoding.PEM), 0o644)
        return self.path / _REQUEST

    def accept(self, chain_pem: bytes, passphrase: bytes, at: datetime) -> x509.Certificate:
        """Take the certificates that belong to the key in the folder: its own first, the root's last."""
        if (self.path / _CHAIN).exists():
            raise EnrolmentError("authority exists", f"{self.path / _CHAIN} is there already; it was not touched")
        chain = _checked_chain(chain_pem, self._key(passphrase), at)
        write_private(self.path / _CHAIN, pem_of(chain).encode("ascii"), 0o644)
        return chain[0]

    def bring(
        self, key_pem: bytes, key_passphrase: bytes | None, chain_pem: bytes, passphrase: bytes, at: datetime
    ) -> x509.Certificate:
        """Take a key and certificates that were made elsewhere; the key is locked with our passphrase."""
        self._require_free()
        key = _load_key(key_pem, key_passphrase, "the key")
        chain = _checked_chain(chain_pem, key, at)
        self._write_key(key, passphrase)
        write_private(self.path / _CHAIN, pem_of(chain).encode("ascii"), 0o644)
        return chain[0]

    def chain(self) -> tuple[x509.Certificate, ...]:
        """Return the certificates, which are public; raise `EnrolmentError` if there is no authority."""
        path = self.path / _CHAIN
        try:
            return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
        except OSError as err:
            why = f"there is no authority in {self.path} ({err.strerror}); make one: firewatch towers ca init"
            raise EnrolmentError("no authority", why) from err
        except ValueError as err:
            raise EnrolmentError("no authority", f"{path} holds no certificates that can be read: {err}") from err

    def open(self, passphrase: bytes) -> BureauCa:
        """Return the authority, ready to sign."""
        return BureauCa(self._key(passphrase), self.chain())

    def _key(self, passphrase: bytes) -> CaKey:
        path = self.path / _KEY
        try:
            mode, pem = path.stat().st_mode & 0o777, path.read_bytes()
        except OSError as err:
            why = f"there is no key {path} ({err.strerror}); make one: firewatch towers ca init"
            raise EnrolmentError("no authority", why) from err
        if mode & 0o077:
            raise EnrolmentError("no authority", f"{path} may be read by others (mode {mode:o}); chmod 600 {path}")
        return _load_key(pem, passphrase, str(path))

    def _write_key(self, key: CaKey, passphrase: bytes) -> None:
        lock = BestAvailableEncryption(passphrase)
        write_private(self.path / _KEY, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock), _OWNER_ONLY)

    def _require_free(self) -> None:
        for name in (_KEY, _CHAIN):
            if (self.path / name).exists():
                why = f"{self.path / name} is there already: every tower trusts it, so it is never overwritten"
                raise EnrolmentError("authority exists", f"{why}. Give another folder, or move this one away")
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)


def write_private(path: Path, content: bytes, mode: int = _OWNER_ONLY) -> None:
    """Write a file whole, with its rights from the first byte; raise `EnrolmentError` if it cannot be written."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as err:
        raise EnrolmentError("not written", f"{path} cannot be written: {err.strerror}") from err
    finally:
        beside.unlink(missing_ok=True)


def _self_signed(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, at: datetime, life: timedelta
) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(at - _BACKDATED).not_valid_after(at + life)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder.sign(key, hashes.SHA256())


def _load_key(pem: bytes, passphrase: bytes | None, source: str) -> CaKey:
    try:
        key = load_pem_private_key(pem, passphrase)
    except TypeError as err:
        raise EnrolmentError("bad key", f"{source}: {err}") from err
    except (ValueError, UnsupportedAlgorithm) as err:
        raise EnrolmentError("bad key", f"{source} cannot be opened; is the passphrase another?") from err
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
        return key
    raise EnrolmentError("bad key", f"{source} is of another kind; allowed are P-256, P-384, RSA from 2048 bits")


def _checked_chain(pem: bytes, key: CaKey, at: datetime) -> tuple[x509.Certificate, ...]:
    """Return the certificates if they lead from this key to a root, may sign, and hold now."""
    try:
        chain = tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as err:
        raise EnrolmentError("bad certificate", f"no certificates that can be read: {err}") from err
    if chain[0].public_key() != key.public_key():
        raise EnrolmentError("bad certificate", "the first certificate is not of this key; its own comes first")
    for place, one in enumerate(chain):
        _require_authority(one, at)
        try:
            one.verify_directly_issued_by(chain[min(place + 1, len(chain) - 1)])
        except (ValueError, TypeError, InvalidSignature) as err:
            why = f"{one.subject.rfc4514_string()} is not signed by the next; give all, up to the root, in that order"
            raise EnrolmentError("bad certificate", why) from err
    return chain


def _require_authority(certificate: x509.Certificate, at: datetime) -> None:
    name = certificate.subject.rfc4514_string()
    try:
        is_ca = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        may_sign = usage.key_cert_sign and usage.crl_sign
    except x509.ExtensionNotFound:
        is_ca = may_sign = False
    if not (is_ca and may_sign):
        why = "may not sign certificates and revocation lists (CA:TRUE, keyCertSign, cRLSign)"
        raise EnrolmentError("bad certificate", f"{name} {why}")
    if not certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc:
        until = certificate.not_valid_after_utc.isoformat(timespec="minutes")
        raise EnrolmentError("bad certificate", f"{name} does not hold now; it does until {until}")
