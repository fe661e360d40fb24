"""The tower's identity on its disk: each file appears whole, with its rights from the first byte."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidSignature
from msgspec import Struct

from firewatch.errors import ConfigError, EnrolmentError
from firewatch.wire.package_keys import read_trusted
from firewatch.wire.tower_keys import TowerKey, key_digest, new_tower_key, read_certificates, read_tower_key, tower_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cryptography import x509

    from firewatch.domain.ids import TowerId
    from firewatch.wire.enrolment import Enrolled

__all__ = ["Identity", "IdentityFolder", "write_whole"]

_OWNER_ONLY, _PUBLIC = 0o600, 0o644
# Renewed when this share of its life is left.
_DUE_SHARE = 3


class _Centre(Struct, frozen=True, kw_only=True):
    """Where the next certificate is asked for."""

    centre: str
    tower: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What the tower has: key, certificate, and where it renews them."""

    key: TowerKey
    certificates: tuple[x509.Certificate, ...]
    authority_pem: str
    centre: str
    tower_id: TowerId

    @property
    def expires_at(self) -> datetime:
        """End of the certificate."""
        return self.certificates[0].not_valid_after_utc

    def is_due(self, at: datetime) -> bool:
        """Tell whether a third of its life, or less, is left."""
        life = self.expires_at - self.certificates[0].not_valid_before_utc
        return self.expires_at - at <= life / _DUE_SHARE


class IdentityFolder:
    """Writes and reads the identity.

    ``tower.pem`` holds key and certificates together: both are replaced by one rename, and a power cut leaves the old
    pair or the new one. ``next.key`` is a key whose certificate was asked for and has not come; it is used again, so
    that a command that was killed can be repeated with the same code.

    Parameters
    ----------
    path : Path
        The folder, beside edge.toml.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tower_pem, self.authority_pem = path / "tower.pem", path / "ca.pem"
        self._centre, self._next = path / "enrolment.json", path / "next.key"
        # What packages are verified with, where enrolment has brought it.
        self.package_keys = path / "bureau.pub"

    @property
    def exists(self) -> bool:
        """Whether there is an identity."""
        return self.tower_pem.exists()

    def next_key(self) -> TowerKey:
        """Return the key that waits for its certificate; a new one, on the disk, where there is none."""
        try:
            return read_tower_key(self._next.read_bytes(), str(self._next))
        except FileNotFoundError:
            key = new_tower_key()
        except OSError as err:
            raise EnrolmentError("not read", f"{self._next} cannot be read: {err.strerror}") from err
        _make_folder(self.path)
        write_whole(self._next, key.pem, _OWNER_ONLY)
        return key

    def install(
        self, enrolled: Enrolled, key: TowerKey, centre: str, authority_pem: str, package_keys: str = ""
    ) -> Identity:
        """Check the answer and put it in place.

        Parameters
        ----------
        enrolled : Enrolled
            The centre's answer.
        key : TowerKey
            For which it is.
        centre : str
            Where the next certificate is asked for.
        authority_pem : str
            What it must be signed by.
        package_keys : str
            What packages are verified with from now on; empty leaves that as it is. Only a code brings it, never a
            renewal: whoever has got hold of the desk must not choose whose models the towers run.

        Raises
        ------
        EnrolmentError
            "odd answer" if the certificate is not of this key and tower, or not signed by the authority, or the
            package keys are none; nothing is written then.
        """
        chain = tuple(read_certificates(enrolled.certificate, "the centre's answer"))
        root = read_certificates(authority_pem, "the authority")[0]
        _check(chain, root, key, enrolled.tower)
        if package_keys:
            _check_package_keys(package_keys)
        place = _Centre(centre=centre, tower=enrolled.tower)
        write_whole(self.authority_pem, authority_pem.encode("ascii"), _PUBLIC)
        write_whole(self._centre, msgspec.json.encode(place), _PUBLIC)
        if package_keys:
            write_whole(self.package_keys, package_keys.encode("ascii"), _PUBLIC)
        write_whole(self.tower_pem, key.pem + enrolled.certificate.encode("ascii"), _OWNER_ONLY)
        self._next.unlink(missing_ok=True)
        return Identity(key, chain, authority_pem, centre, tower_of(chain[0].subject))

    def read(self) -> Identity:
        """Read the identity; raise `EnrolmentError` if there is none, or a file of it is damaged."""
        try:
            pem, authority = self.tower_pem.read_bytes(), self.authority_pem.read_text(encoding="ascii")
            place = msgspec.json.decode(self._centre.read_bytes(), type=_Centre)
        except OSError as err:
            why = f"this tower is not enrolled: {err.filename} cannot be read ({err.strerror}); firewatch-edge init"
            raise EnrolmentError("not enrolled", why) from err
        except (msgspec.DecodeError, UnicodeDecodeError) as err:
            why = f"a file in {self.path} is damaged: {err}; ask the centre for a new code"
            raise EnrolmentError("not enrolled", why) from err
        key = read_tower_key(pem, str(self.tower_pem))
        chain = tuple(read_certificates(pem.decode("ascii", "replace"), str(self.tower_pem)))
        return Identity(key, chain, authority, place.centre, tower_of(chain[0].subject))


def _check(chain: tuple[x509.Certificate, ...], root: x509.Certificate, key: TowerKey, tower: str) -> None:
    own = chain[0]
    if key_digest(own.public_key()) != key.digest:
        raise EnrolmentError("odd answer", "the centre's certificate is not of this tower's key; nothing was written")
    if tower_of(own.subject) != tower:
        raise EnrolmentError("odd answer", f"the centre's certificate is not in the name of {tower!r}")
    try:
        for one, issuer in zip(chain, (*chain[1:], root), strict=True):
            one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as err:
        raise EnrolmentError("odd answer", "the centre's certificate is not signed by its authority") from err


def _check_package_keys(pem: str) -> None:
    try:
        read_trusted(pem.encode("ascii"), "the centre's answer")
    except (ConfigError, UnicodeEncodeError) as err:
        why = f"the centre's keys for packages cannot be used ({err}); nothing was written"
        raise EnrolmentError("odd answer", why) from err


def write_whole(path: Path, content: bytes, mode: int) -> None:
    """Write a file beside the wanted one, synced, then give it its name; raise `EnrolmentError` if that fails."""
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _sync_folder(path.parent)
    except OSError as err:
        beside.unlink(missing_ok=True)
        raise EnrolmentError("not written", f"{path} cannot be written: {err.strerror}; free space, rights?") from err


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as err:
        raise EnrolmentError("not written", f"{path} cannot be made: {err.strerror}") from err


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
