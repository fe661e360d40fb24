"""Model packages, ``.fwmodel``: a plain zip with a model's files, a list of them, and a signature over the list.

::

    manifest.json    what it is: schema firewatch-model/1, name, version, the size and SHA-256 of every other file
    manifest.sig     64 bytes: Ed25519 over the bytes of manifest.json as they stand
    model.toml ...   the files that the list names, stored without compression, in no folder; among them the pictures
                     of a self-test (`firewatch.wire.self_test`), where it has one

Bytes in, values out: whoever opens a package writes nothing before all of it is proved. The same code runs at the
centre, which packs, and on the towers, which open. Anybody can check a signature with other tools::

    openssl pkeyutl -verify -pubin -inkey bureau.pub -rawin -in manifest.json -sigfile manifest.sig
"""

from __future__ import annotations

import hashlib
import io
import re
import stat
import struct
import tomllib
import zipfile
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from firewatch.errors import ModelError
from firewatch.wire.package_keys import SIGNATURE_BYTES, believed_by
from firewatch.wire.self_test import read_self_test

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firewatch.wire.package_keys import SigningKey, TrustedKey

__all__ = [
    "LIST_NAME",
    "MOST_PACKAGE_BYTES",
    "SIGNATURE_NAME",
    "GateSummary",
    "Manifest",
    "ModelPackage",
    "PackagedFile",
    "intact",
    "is_higher",
    "open_package",
    "pack",
    "read_unproved",
    "require_upgrade",
    "verified",
]

LIST_NAME = "manifest.json"
SIGNATURE_NAME = "manifest.sig"
# Two networks of 13 MB with their int8 forms, twice over: what a poor link carries in a night.
MOST_PACKAGE_BYTES = 64_000_000
_MOST_LIST_BYTES = 64_000
_MOST_FILES = 32
# The shape of the earliest date that a zip can carry: equal content gives an equal package.
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644
_ENCRYPTED = 0x1

_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}(\.[A-Za-z0-9]{1,16}){1,3}$"
_VERSION = r"^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$"
Version = Annotated[str, Meta(pattern=_VERSION)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
ShortText = Annotated[str, Meta(min_length=1, max_length=300)]


class PackagedFile(Struct, frozen=True, kw_only=True):
    """One file of a package: a plain name, its size [bytes] and hash."""

    name: Annotated[str, Meta(pattern=_NAME)]
    size: Annotated[int, Meta(ge=1, le=MOST_PACKAGE_BYTES)]
    sha256: Sha256


class GateSummary(Struct, frozen=True, kw_only=True):
    """What the gate said: it let the model through, against which version, by how many tests; all in gate.json."""

    passed: Literal[True]
    against: ShortText
    tests: Annotated[int, Meta(ge=1)]


class Manifest(Struct, frozen=True, kw_only=True):
    """The signed list.

    Parameters
    ----------
    schema : str
        ``firewatch-model/1``.
    name, version : str
        Of the model, as in its model.toml; the version is three numbers.
    least_edge_version : str
        The oldest firewatch-edge that can run it.
    created_at : datetime
        Aware.
    key_id : str
        Names the key in messages; only the signature counts.
    files : tuple of PackagedFile
        All but the list and its signature.
    gate : GateSummary or None
        None with `ungated`: why it went without.
    """

    schema: Literal["firewatch-model/1"]
    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    version: Version
    least_edge_version: Version
    created_at: Annotated[datetime, Meta(tz=True)]
    key_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
    files: Annotated[tuple[PackagedFile, ...], Meta(min_length=2, max_length=_MOST_FILES)]
    gate: GateSummary | None = None
    ungated: Annotated[str, Meta(max_length=300)] = ""


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A package whose signature and hashes are proved.

    Parameters
    ----------
    manifest : Manifest
        What it is.
    signed_by : str
        The id of the trusted key that signed it.
    files : mapping of str to bytes
        All its files by name, the list and its signature too: written as they are into a folder, they can be proved
        again with `verified`.
    """

    manifest: Manifest
    signed_by: str
    files: Mapping[str, bytes]


def pack(files: Mapping[str, bytes], manifest: Manifest, key: SigningKey, source: str) -> bytes:
    """Sign and pack files.

    Parameters
    ----------
    files : mapping of str to bytes
        The model's folder.
    manifest : Manifest
        With any files and key: they are filled in here.
    key : SigningKey
        Signs.
    source : str
        What is packed, for the error.

    Returns
    -------
    bytes
        The package; equal arguments give equal bytes.

    Raises
    ------
    ModelError
        If what would be packed could not be opened.
    """
    listed = tuple(
        PackagedFile(name=name, size=len(content), sha256=_digest(content)) for name, content in sorted(files.items())
    )
    filled = msgspec.structs.replace(manifest, files=listed, key_id=key.key_id)
    encoded = msgspec.json.format(msgspec.json.encode(filled), indent=1)
    # What cannot be opened is not sent: the check is the one of those who open.
    _check_files(_decoded(encoded, source), files, source)
    whole = {LIST_NAME: encoded, SIGNATURE_NAME: key.sign(encoded), **dict(sorted(files.items()))}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in whole.items():
            entry = zipfile.ZipInfo(name, _NO_DATE)
            entry.external_attr = _MODE << 16
            archive.writestr(entry, content)
    _require(stream.tell() <= MOST_PACKAGE_BYTES, source, f"has over {MOST_PACKAGE_BYTES} bytes with its files")
    return stream.getvalue()


def open_package(content: bytes, trusted: Sequence[TrustedKey], source: str) -> ModelPackage:
    """Prove a package and return what is in it.

    Parameters
    ----------
    content : bytes
        The package, at most `MOST_PACKAGE_BYTES`.
    trusted : sequence of TrustedKey
        One of them must have signed it.
    source : str
        Where it came from, for the error.

    Returns
    -------
    ModelPackage
        Proved.

    Raises
    ------
    ModelError
        If it is damaged, signed by none of the keys, or holds anything but the files that its list names.
    """
    return verified(_unzipped(content, source), trusted, source)


def verified(files: Mapping[str, bytes], trusted: Sequence[TrustedKey], source: str) -> ModelPackage:
    """Prove the files of a package, or of the folder that one was written into; raises as `open_package`.

    Before the signature is proved nothing is read of the list but its bytes.
    """
    encoded, signature = files.get(LIST_NAME), files.get(SIGNATURE_NAME)
    if encoded is None or signature is None:
        raise ModelError(source, f"has no {LIST_NAME} or no {SIGNATURE_NAME}: it is no model package")
    _require(len(encoded) <= _MOST_LIST_BYTES, source, f"its list is longer than {_MOST_LIST_BYTES} bytes")
    _require(len(signature) == SIGNATURE_BYTES, source, f"its signature is not of {SIGNATURE_BYTES} bytes")
    key = believed_by(trusted, signature, encoded)
    if key is None:
        keys = ", ".join(each.key_id for each in trusted) or "none"
        raise ModelError(source, f"no trusted key signed it, or it was changed; trusted: {keys}. Nothing was taken")
    manifest = _decoded(encoded, source)
    _check_files(manifest, {name: files[name] for name in files if name not in (LIST_NAME, SIGNATURE_NAME)}, source)
    return ModelPackage(manifest, key.key_id, dict(files))


def intact(files: Mapping[str, bytes], source: str) -> Manifest:
    """Check that files are still those of their list, and the list still readable; the signature is not asked.

    For a folder whose package was proved when it was installed: keys may have changed since, and a disk may have.

    Raises
    ------
    ModelError
        If one is missing or another.
    """
    if LIST_NAME not in files:
        raise ModelError(source, f"has no {LIST_NAME}: it was not installed from a package")
    manifest = _decoded(files[LIST_NAME], source)
    _check_files(manifest, {name: files[name] for name in files if name not in (LIST_NAME, SIGNATURE_NAME)}, source)
    return manifest


def read_unproved(content: bytes, source: str) -> Manifest:
    """Return what a package says of itself, its files' hashes checked and its signature not: for who passes it on."""
    return intact(_unzipped(content, source), source)


def is_higher(version: str, than: str) -> bool:
    """Tell whether a version of three numbers is above another; one that is no such version is below all."""
    return _numbers_or_none(version) > _numbers_or_none(than)


def require_upgrade(manifest: Manifest, installed_version: str | None, edge_version: str, source: str) -> None:
    """Refuse what is not newer than the installed model, or needs a newer program.

    An old package has a good signature for ever: without this, whoever kept one could bring its faults back. To go back
    to a model that ran before, a tower takes the folder that it kept, not a package.

    Parameters
    ----------
    manifest : Manifest
        Of a proved package.
    installed_version : str or None
        Of the model of that name that runs now; None where there is none.
    edge_version : str
        Of this program.
    source : str
        For the error.

    Raises
    ------
    ModelError
        If it does not go up, or not with this program.
    """
    if installed_version is not None and not is_higher(manifest.version, installed_version):
        why = f"is version {manifest.version}; {installed_version} is installed, and only a higher one may replace it"
        raise ModelError(source, why)
    if _numbers(manifest.least_edge_version) > _numbers(edge_version):
        why = f"needs firewatch-edge {manifest.least_edge_version}; this is {edge_version}: upgrade the program first"
        raise ModelError(source, why)


def _require(holds: bool, source: str, why: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise ModelError(source, why)


def _unzipped(content: bytes, source: str) -> dict[str, bytes]:
    _require(len(content) <= MOST_PACKAGE_BYTES, source, f"has more than {MOST_PACKAGE_BYTES} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries, len(content), source)
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, struct.error) as err:
        raise ModelError(source, f"is damaged or cut off ({err}): copy it again") from err


def _check_entries(entries: Sequence[zipfile.ZipInfo], size: int, source: str) -> None:
    """Refuse whatever is not a short list of plain, stored files, before any of them is read."""
    _require(len(entries) <= _MOST_FILES + 2, source, f"holds more than {_MOST_FILES + 2} files")
    folded = [entry.filename.casefold() for entry in entries]
    _require(len(set(folded)) == len(folded), source, "holds two files of one name")
    for entry in entries:
        _require(bool(re.fullmatch(_NAME, entry.filename)), source, f"holds {entry.filename[:80]!r}: no plain name")
        _require(entry.compress_type == zipfile.ZIP_STORED, source, f"{entry.filename} is compressed")
        _require(not entry.flag_bits & _ENCRYPTED, source, f"{entry.filename} is encrypted")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        _require(kind in (0, stat.S_IFREG), source, f"{entry.filename} is no plain file")
    # Entries that overlap would give more than the package holds.
    _require(sum(entry.file_size for entry in entries) <= size, source, "claims more bytes than it has")


def _decoded(encoded: bytes, source: str) -> Manifest:
    try:
        manifest = msgspec.json.decode(encoded, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise ModelError(source, f"its list cannot be read: {err}; is it for a newer firewatch?") from err
    _require((manifest.gate is None) == bool(manifest.ungated), source, "says neither what the gate said nor why not")
    return manifest


def _check_files(manifest: Manifest, files: Mapping[str, bytes], source: str) -> None:
    listed = {each.name: each for each in manifest.files}
    _require(len(listed) == len(manifest.files), source, "its list names a file twice")
    odd = sorted(listed.keys() ^ files.keys())
    _require(not odd, source, f"its list and its files differ: {', '.join(odd)}")
    for name, content in files.items():
        same = len(content) == listed[name].size and _digest(content) == listed[name].sha256
        _require(same, source, f"{name} is not the file that was signed")
    _check_sheet(manifest, files, source)


def _check_sheet(manifest: Manifest, files: Mapping[str, bytes], source: str) -> None:
    """See that the list speaks of the model that model.toml describes, and that its network is there."""
    try:
        sheet = tomllib.loads(files["model.toml"].decode())
    except (KeyError, ValueError) as err:
        raise ModelError(source, f"model.toml is missing or cannot be read: {err}") from err
    stated = (sheet.get("name"), sheet.get("version"))
    _require(stated == (manifest.name, manifest.version), source, f"model.toml is of {stated}, the list of another")
    network = files.get(str(sheet.get("file")))
    same = network is not None and _digest(network) == sheet.get("sha256")
    _require(same, source, f"model.toml names the network {sheet.get('file')}: it is missing or another")
    read_self_test(files, source)


def _numbers_or_none(version: str) -> tuple[int, ...]:
    return _numbers(version) if re.fullmatch(_VERSION, version) else ()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
