"""`firewatch model`: keys, and signed packages that carry a model to the towers."""

from __future__ import annotations

import getpass
import importlib.metadata
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.config_option import add_config_option
from firewatch.errors import ConfigError, InvalidValue, ModelError

if TYPE_CHECKING:
    import argparse

    from firewatch.wire.model_package import ModelPackage
    from firewatch.wire.package_keys import SigningKey, TrustedKey

__all__ = ["add_parser", "run", "write_new"]

_LOCKED = b"ENCRYPTED PRIVATE KEY"
# Of the private key's file: nobody else may read it.
_OWNER_ONLY = 0o600


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "model",
        help="sign a model's folder into a package for the towers; check, open and offer one",
        description="A tower takes a new model only from a package that one of the bureau's keys has signed. `keygen` "
        "makes the keys, `pack` signs, `verify` and `unpack` prove a package before anything of it is used; `offer` "
        "lets enrolled towers fetch one.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    keygen = actions.add_parser("keygen", help="make a pair of keys: NAME.key signs, NAME.pub goes to the towers")
    keygen.add_argument("--out", type=Path, required=True, metavar="NAME.key", help="a new file; NAME.pub lies beside")
    keygen.add_argument("--passphrase", action="store_true", help="lock the private key; the passphrase is asked for")
    pack = actions.add_parser("pack", help="sign and pack a model's folder")
    pack.add_argument(
        "--model", type=Path, required=True, metavar="DIR", help="with model.toml, card, gate.json, .onnx"
    )
    pack.add_argument("--key", type=Path, required=True, metavar="FILE", help="the private key")
    pack.add_argument("--out", type=Path, required=True, metavar="FILE.fwmodel", help="a new file")
    pack.add_argument("--least-edge", metavar="VERSION", help="oldest firewatch-edge that can run it (this version)")
    pack.add_argument("--ungated", default="", metavar="REASON", help="why there is no gate.json; towers are told")
    pack.add_argument(
        "--self-test", type=Path, metavar="FILE", help="what `firewatch-edge detect --json IMAGE...` said"
    )
    pack.add_argument("--tolerance", type=float, default=0.1, metavar="P", help="how far off a tower may be (0.1)")
    verify = actions.add_parser("verify", help="prove a package, or the folder that one was unpacked into")
    unpack = actions.add_parser("unpack", help="prove a package and write it into a new folder, whole or not at all")
    unpack.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    offer = actions.add_parser("offer", help="prove a package and let every enrolled tower fetch it")
    offers = actions.add_parser("offers", help="list what towers may fetch")
    for action in (offer, offers):
        add_config_option(action)
    for action in (verify, unpack, offer):
        action.add_argument("package", type=Path, metavar="FILE.fwmodel")
        action.add_argument("--trust", type=Path, required=True, metavar="FILE", help="public keys, one or several")
    for action in (verify, unpack):
        action.add_argument("--installed", type=Path, metavar="DIR", help="refuse what is not newer than this model")


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from firewatch.cli.model_shelf import offers

    done = {
        "keygen": _keygen,
        "pack": _pack,
        "verify": _verify,
        "unpack": _unpack,
        "offer": _offer,
        "offers": offers,
    }
    print(done[args.action](args))
    return 0


def _keygen(args: argparse.Namespace) -> str:
    from firewatch.wire.package_keys import make_keys

    if args.out.suffix != ".key":
        raise InvalidValue("--out", str(args.out), "a name that ends in .key; the public key gets .pub")
    public = args.out.with_suffix(".pub")
    for path in (args.out, public):
        if path.exists():
            raise InvalidValue("--out", str(path), "a name that is not taken: a key that signed must not be lost")
    pair = make_keys(_new_passphrase() if args.passphrase else None)
    write_new(args.out, pair.private_pem, _OWNER_ONLY)
    write_new(public, pair.public_pem, 0o644)
    return (
        f"key {pair.key_id}\n{args.out}  signs: keep it, and a copy, where no tower and no mail can reach it\n"
        f"{public}  goes to every tower"
    )


def _pack(args: argparse.Namespace) -> str:
    from firewatch.adapters.clock import SystemClock
    from firewatch.services.model_packing import PackOrder, is_packed, package_of

    key = _signing_key(args.key)
    try:
        files = {path.name: path.read_bytes() for path in sorted(args.model.iterdir()) if is_packed(path.name)}
    except OSError as err:
        raise ModelError(str(args.model), f"{err.strerror}; give a model's folder") from err
    order = PackOrder(args.least_edge or _edge_version(), SystemClock().now().replace(microsecond=0), args.ungated)
    if args.self_test is not None:
        from firewatch.cli.model_shelf import with_self_test

        files = with_self_test(files, args.self_test, args.tolerance)
    content = package_of(files, order, key, str(args.model))
    write_new(args.out, content, 0o644)
    return f"{args.out}: {len(content)} bytes, signed by key {key.key_id}\n" + "\n".join(f"  {name}" for name in files)


def _verify(args: argparse.Namespace) -> str:
    return _told(_proved(args))


def _unpack(args: argparse.Namespace) -> str:
    from firewatch.whole_folder import write_folder_whole

    package = _proved(args)
    try:
        write_folder_whole(args.out, package.files)
    except OSError as err:
        raise ModelError(str(args.out), f"cannot be written: {err.strerror}; give a new or empty folder") from err
    return f"{_told(package)}\nwritten to {args.out}"


def _offer(args: argparse.Namespace) -> str:
    from firewatch.cli.model_shelf import offer
    from firewatch.wire.model_package import open_package

    content = _package_bytes(args.package)
    return offer(args, open_package(content, _trusted(args.trust), str(args.package)), content)


def _proved(args: argparse.Namespace) -> ModelPackage:
    from firewatch.wire.model_package import open_package, require_upgrade, verified

    source, trusted = str(args.package), _trusted(args.trust)
    if args.package.is_dir():
        package = verified(_folder_files(args.package), trusted, source)
    else:
        package = open_package(_package_bytes(args.package), trusted, source)
    if args.installed is not None:
        manifest = package.manifest
        require_upgrade(manifest, _installed_version(args.installed, manifest.name), _edge_version(), source)
    return package


def _told(package: ModelPackage) -> str:
    manifest = package.manifest
    gate = f"passed against {manifest.gate.against}, {manifest.gate.tests} tests" if manifest.gate else manifest.ungated
    lines = [
        f"{manifest.name} {manifest.version}: whole and signed by key {package.signed_by}",
        f"made {manifest.created_at.isoformat(timespec='seconds')}",
        f"needs firewatch-edge {manifest.least_edge_version} or later",
        f"gate: {gate if manifest.gate else f'none ({gate})'}",
        *(f"  {each.sha256[:12]}  {each.size:>9}  {each.name}" for each in manifest.files),
    ]
    return "\n".join(lines)


def _package_bytes(path: Path) -> bytes:
    from firewatch.wire.model_package import MOST_PACKAGE_BYTES

    try:
        with path.open("rb") as file:
            # One byte more than is allowed is enough to refuse a file of any length.
            return file.read(MOST_PACKAGE_BYTES + 1)
    except OSError as err:
        raise ModelError(str(path), f"{err.strerror}; give a package") from err


def _folder_files(folder: Path) -> dict[str, bytes]:
    try:
        return {path.name: _package_bytes(path) for path in sorted(folder.iterdir())}
    except OSError as err:
        raise ModelError(
            str(folder), f"{err.strerror}; give a package, or a folder that one was unpacked into"
        ) from err


def _installed_version(folder: Path, name: str) -> str | None:
    import tomllib

    path = folder / "model.toml"
    try:
        sheet = tomllib.loads(path.read_text(encoding="utf-8"))
        installed = str(sheet["name"]), str(sheet["version"])
    except OSError as err:
        raise ModelError(str(path), f"{err.strerror}; give the folder of the installed model") from err
    except (ValueError, KeyError) as err:
        raise ModelError(str(path), f"cannot be read: {err}") from err
    return installed[1] if installed[0] == name else None


def _edge_version() -> str:
    # Both distributions are released together, under one version; what follows its three numbers does not count.
    version = importlib.metadata.version("firewatch")
    return ".".join([*re.findall(r"\d+", version), "0", "0"][:3])


def _signing_key(path: Path) -> SigningKey:
    from firewatch.wire.package_keys import read_signing_key

    pem = _key_bytes(path, "private key")
    passphrase = _asked("Passphrase: ") if _LOCKED in pem else None
    return read_signing_key(pem, str(path), passphrase)


def _trusted(path: Path) -> tuple[TrustedKey, ...]:
    from firewatch.wire.package_keys import read_trusted

    return read_trusted(_key_bytes(path, "public key"), str(path))


def _key_bytes(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as err:
        raise ConfigError(str(path), what, f"{err.strerror}; `firewatch model keygen` makes one") from err


def _new_passphrase() -> bytes:
    passphrase = _asked("Passphrase: ")
    if not passphrase:
        raise InvalidValue("passphrase", "", "at least one character; without --passphrase there is none")
    if sys.stdin.isatty() and _asked("Again: ") != passphrase:
        raise InvalidValue("passphrase", "two that differ", "the same one twice; nothing was written")
    return passphrase


def _asked(prompt: str) -> bytes:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n").encode()
    return getpass.getpass(prompt).encode()


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that was not there, under its name only when it is whole."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.exists():
            raise FileExistsError(17, "there is such a file", str(path))
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as err:
        raise InvalidValue("--out", str(path), f"a new file that can be written ({err.strerror})") from err
