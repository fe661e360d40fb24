"""A tower's own key: made on the tower, shown to the centre only as a signed request (PKCS #10)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from firewatch.domain.ids import TowerId, require_slug
from firewatch.errors import EnrolmentError, InvalidValue

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

__all__ = [
    "KeyRequest",
    "TowerKey",
    "is_question_signed",
    "is_renewal_signed",
    "key_digest",
    "new_tower_key",
    "read_certificates",
    "read_request",
    "read_tower_key",
    "sha256_of",
    "tower_of",
]

# What a signature with the old key says, so that it can never stand for anything else.
_RENEWAL = b"firewatch renewal 1\n"
_QUESTION = b"firewatch question 1\n"
_WANTED_KEY = "an elliptic key on P-256"


@dataclass(frozen=True, slots=True)
class TowerKey:
    """A private key on the tower; `pem` is what its file holds."""

    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """PKCS #8, unlocked: the node starts alone after a power cut."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def digest(self) -> str:
        """As `key_digest`."""
        return key_digest(self.key.public_key())

    def request(self, tower_id: TowerId) -> str:
        """Return a signed request (PEM) for a certificate in the tower's name."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, require_slug("tower", tower_id))])
        made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(self.key, hashes.SHA256())
        return made.public_bytes(Encoding.PEM).decode("ascii")

    def sign_renewal(self, request_pem: str) -> bytes:
        """Sign the request of the next key with this one."""
        return self.key.sign(_RENEWAL + request_pem.encode("ascii"), ec.ECDSA(hashes.SHA256()))

    def sign_question(self, words: bytes) -> bytes:
        """Sign what this tower asks the centre for."""
        return self.key.sign(_QUESTION + words, ec.ECDSA(hashes.SHA256()))


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A request that was checked: signed by the key in it, of the right kind, in the name of one tower."""

    tower_id: TowerId
    public_key: ec.EllipticCurvePublicKey

    @property
    def digest(self) -> str:
        """As `key_digest`."""
        return key_digest(self.public_key)


def new_tower_key() -> TowerKey:
    """Make a key; it never leaves the tower."""
    return TowerKey(ec.generate_private_key(ec.SECP256R1()))


def read_tower_key(pem: bytes, source: str) -> TowerKey:
    """Read a tower's private key, also from a file with certificates; raise `EnrolmentError` if there is none."""
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as err:
        raise EnrolmentError("bad key", f"{source} holds no private key that can be read: {err}") from err
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise EnrolmentError("bad key", f"{source} holds a key of another kind; wanted is {_WANTED_KEY}")
    return TowerKey(key)


def read_request(pem: str) -> KeyRequest:
    """Check a request.

    Parameters
    ----------
    pem : str
        PKCS #10; extensions that it asks for are not read: the centre decides what a certificate says.

    Raises
    ------
    EnrolmentError
        If it cannot be read, is not signed by its own key, has a key of another kind, or names no tower.
    """
    try:
        request = x509.load_pem_x509_csr(pem.encode("ascii"))
        public, is_signed = request.public_key(), request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as err:
        raise EnrolmentError("bad request", f"the request for a certificate cannot be read: {err}") from err
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise EnrolmentError("bad request", f"the request has a key of another kind; wanted is {_WANTED_KEY}")
    if not is_signed:
        raise EnrolmentError("bad request", "the request is not signed by the key in it")
    return KeyRequest(tower_of(request.subject), public)


def tower_of(subject: x509.Name) -> TowerId:
    """Return the tower that a subject names and nothing else; raise `EnrolmentError` if it names something else."""
    names = [attribute for attribute in subject if attribute.oid == NameOID.COMMON_NAME]
    if len(names) != 1 or len(list(subject)) != 1:
        raise EnrolmentError("bad request", f"the subject {subject.rfc4514_string()!r} is not the name of one tower")
    try:
        return TowerId(require_slug("tower in the request", str(names[0].value)))
    except InvalidValue as err:
        raise EnrolmentError("bad request", str(err)) from err


def read_certificates(pem: str, source: str) -> list[x509.Certificate]:
    """Read one or several certificates; raise `EnrolmentError` if there is none."""
    try:
        return x509.load_pem_x509_certificates(pem.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as err:
        raise EnrolmentError("bad certificate", f"{source} holds no certificate that can be read: {err}") from err


def is_renewal_signed(certificate: x509.Certificate, request_pem: str, signature: bytes) -> bool:
    """Tell whether the key of a certificate signed the request of the next one."""
    return _is_signed(certificate, _RENEWAL + request_pem.encode("utf-8"), signature)


def is_question_signed(certificate: x509.Certificate, words: bytes, signature: bytes) -> bool:
    """Tell whether the key of a certificate signed what is asked for."""
    return _is_signed(certificate, _QUESTION + words, signature)


def _is_signed(certificate: x509.Certificate, content: bytes, signature: bytes) -> bool:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def key_digest(key: PublicKeyTypes) -> str:
    """Return the SHA-256 of a public key (SubjectPublicKeyInfo), in hexadecimal digits."""
    return sha256_of(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
