"""The keys that model packages are signed with: Ed25519 (RFC 8032) in PEM files, by the library cryptography."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from firewatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "SIGNATURE_BYTES",
    "KeyPair",
    "SigningKey",
    "TrustedKey",
    "believed_by",
    "make_keys",
    "read_signing_key",
    "read_trusted",
]

SIGNATURE_BYTES = 64
# Sixteen hexadecimal digits tell a bureau's keys apart; they decide nothing.
_KEY_ID_DIGITS = 16
_BLOCK = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Two PEM files: the private one signs and stays with the bureau; the public one goes to the towers."""

    private_pem: bytes
    public_pem: bytes
    key_id: str


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs; `key_id` names it in messages."""

    key_id: str
    key: Ed25519PrivateKey

    def sign(self, content: bytes) -> bytes:
        """Return the signature, 64 bytes; equal content gives an equal one."""
        return self.key.sign(content)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key whose signatures are believed."""

    key_id: str
    key: Ed25519PublicKey

    def made(self, signature: bytes, content: bytes) -> bool:
        """Tell whether the signature is this key's over this content."""
        try:
            self.key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


def make_keys(passphrase: bytes | None = None) -> KeyPair:
    """Make a new pair of keys; a passphrase, if there is one, locks the private file."""
    key = Ed25519PrivateKey.generate()
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return KeyPair(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock),
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        _key_id(key.public_key()),
    )


def read_signing_key(pem: bytes, source: str, passphrase: bytes | None = None) -> SigningKey:
    """Read a private key.

    Parameters
    ----------
    pem : bytes
        What `make_keys` made, or ``openssl genpkey -algorithm ed25519``.
    source : str
        The file's name, for the error.
    passphrase : bytes, optional
        Needed where the file is locked.

    Raises
    ------
    ConfigError
        If it is no Ed25519 private key, or the passphrase is missing or another.
    """
    try:
        key = load_pem_private_key(pem, passphrase)
    except TypeError as err:
        # The library's way to say that a passphrase is missing, or was given for a file without one.
        raise ConfigError(source, "private key", f"{err}; give the passphrase that it was locked with") from err
    except (ValueError, UnsupportedAlgorithm) as err:
        why = "is no PEM private key, or the passphrase is another; `firewatch model keygen` makes one"
        raise ConfigError(source, "private key", why) from err
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(source, "private key", "is of another kind; allowed is Ed25519")
    return SigningKey(_key_id(key.public_key()), key)


def read_trusted(pem: bytes, source: str) -> tuple[TrustedKey, ...]:
    """Read the public keys of a file: several, one after the other, while an old key gives way to a new one.

    Raises
    ------
    ConfigError
        If there is none, or one is of another kind.
    """
    if b"PRIVATE KEY-----" in pem:
        why = "holds a private key; towers get the public one (.pub), and the private one stays with the bureau"
        raise ConfigError(source, "public key", why)
    blocks = _BLOCK.findall(pem)
    if not blocks:
        raise ConfigError(source, "public key", "is no PEM public key; `firewatch model keygen` makes one")
    return tuple(_trusted(block, source) for block in blocks)


def believed_by(trusted: Sequence[TrustedKey], signature: bytes, content: bytes) -> TrustedKey | None:
    """Return the key that signed the content, or None where none of these did."""
    return next((key for key in trusted if key.made(signature, content)), None)


def _trusted(block: bytes, source: str) -> TrustedKey:
    try:
        key = load_pem_public_key(block)
    except (ValueError, UnsupportedAlgorithm) as err:
        raise ConfigError(source, "public key", "cannot be read; copy the file again") from err
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(source, "public key", "is of another kind; allowed is Ed25519")
    return TrustedKey(_key_id(key), key)


def _key_id(key: Ed25519PublicKey) -> str:
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:_KEY_ID_DIGITS]
