"""`firewatch towers ca`: the bureau's authority."""

from __future__ import annotations

import getpass
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.errors import EnrolmentError, InvalidValue

if TYPE_CHECKING:
    import argparse

    from cryptography import x509

    from firewatch.adapters.ca_folder import CaFolder
    from firewatch.config import CentralConfig

__all__ = ["run_ca"]

_MOST_YEARS = 50
_ACCEPT = "firewatch towers ca accept --chain FILE"


def run_ca(args: argparse.Namespace, config: CentralConfig) -> int:
    """Do what was asked of the authority."""
    from firewatch.adapters.ca_folder import CaFolder

    folder = CaFolder(Path(config.enrolment.ca))
    if args.ca_action == "show":
        print("\n".join(_told(one) for one in folder.chain()))
        return 0
    done = {"init": _init, "request": _request, "accept": _accept, "import": _import}
    print(done[args.ca_action](args, config, folder))
    return 0


def _init(args: argparse.Namespace, config: CentralConfig, folder: CaFolder) -> str:
    from firewatch.adapters.ca_folder import ca_passphrase
    from firewatch.adapters.clock import SystemClock

    if not 1 <= args.years <= _MOST_YEARS:
        raise InvalidValue("--years", args.years, f"1 to {_MOST_YEARS}")
    life = timedelta(days=365.25 * args.years)
    made = folder.make(_name(args, config), ca_passphrase(), SystemClock().now(), life)
    return (
        f"{_told(made)}\nin {folder.path}: ca.key is locked with the passphrase. Keep a copy of both where no fire and "
        "no theft reaches them together;\nwithout them every tower must be enrolled again"
    )


def _request(args: argparse.Namespace, config: CentralConfig, folder: CaFolder) -> str:
    from firewatch.adapters.ca_folder import ca_passphrase

    path = folder.request(_name(args, config), ca_passphrase())
    return f"{path}: have it signed as an authority (CA:TRUE, keyCertSign, cRLSign), then\n{_ACCEPT}"


def _accept(args: argparse.Namespace, _config: CentralConfig, folder: CaFolder) -> str:
    from firewatch.adapters.ca_folder import ca_passphrase
    from firewatch.adapters.clock import SystemClock

    return _told(folder.accept(_read(args.chain), ca_passphrase(), SystemClock().now()))


def _import(args: argparse.Namespace, _config: CentralConfig, folder: CaFolder) -> str:
    from firewatch.adapters.ca_folder import ca_passphrase
    from firewatch.adapters.clock import SystemClock

    key, chain = _read(args.key), _read(args.chain)
    former = _passphrase_of(args.key) if b"ENCRYPTED" in key else None
    return _told(folder.bring(key, former, chain, ca_passphrase(), SystemClock().now()))


def _passphrase_of(path: Path) -> bytes:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n").encode("utf-8")
    return getpass.getpass(f"Passphrase of {path}: ").encode("utf-8")


def _name(args: argparse.Namespace, config: CentralConfig) -> str:
    name = str(args.name or f"{config.centre.name_en or config.centre.name} firewatch CA")
    # X.520: a common name has at most 64 characters.
    return name[:64]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as err:
        raise EnrolmentError("not read", f"{path} cannot be read: {err.strerror}") from err


def _told(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    from firewatch.wire.enrolment_code import pin_of
    from firewatch.wire.tower_keys import sha256_of

    der = certificate.public_bytes(Encoding.DER)
    digits = sha256_of(der).upper()
    fingerprint = ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
    until = certificate.not_valid_after_utc.strftime("%Y-%m-%d")
    name = certificate.subject.rfc4514_string()
    return f"{name}\n  good until {until}\n  SHA-256 {fingerprint}\n  in codes as {pin_of(der)}"
