"""`firewatch towers`: which towers may speak, by which certificate, and who let them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.centre_store import existing_store
from firewatch.cli.config_option import add_config_option
from firewatch.cli.named_tower import named_tower
from firewatch.cli.towers_command import add_command_actions, run_command, run_commands
from firewatch.cli.towers_masks import add_masks_parser, run_masks
from firewatch.errors import EnrolmentError, InvalidValue

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from firewatch.adapters.store import Store
    from firewatch.config import CentralConfig
    from firewatch.domain.ids import TowerId
    from firewatch.domain.sites import SiteMap
    from firewatch.services.enrolment_ports import CodeRecord, IssuedCertificate

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "towers",
        help="enrol a tower, see its certificates, revoke them; ask it to do things; the bureau's authority",
        description="Each tower has a key of its own and a certificate of the bureau's authority. `ca` makes the "
        "authority, `enrol` a one-time code that a technician types on the mast, `revoke` shuts a tower out, `broker` "
        "writes what Mosquitto needs. docs/how-to/enrol-a-tower.md leads through it. `command` asks a tower to do "
        "something: docs/how-to/ask-a-tower.md.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="every tower: enrolled, invited, revoked, or not yet")
    show = actions.add_parser("show", help="all codes and certificates of one tower: who, when, from where")
    enrol = actions.add_parser("enrol", help="make a one-time code; a former open one is withdrawn")
    enrol.add_argument("--hours", type=float, metavar="H", help="how long the code is good (enrolment.code_hours)")
    revoke = actions.add_parser("revoke", help="take back every certificate of a tower, and its codes")
    revoke.add_argument("--reason", default="", metavar="TEXT", help="kept in the record")
    for action in (enrol, revoke):
        action.add_argument("--by", metavar="NAME", help="who asks for it (default: your account on this computer)")
    for action in (show, enrol, revoke):
        action.add_argument("tower", metavar="TOWER", help="its id in the sites file")
    for action in (listing, show):
        action.add_argument("--json", action="store_true", help="one JSON object a line, times in UTC")
    broker = actions.add_parser("broker", help="write Mosquitto's settings, rights and certificates into a folder")
    broker.add_argument("--out", type=Path, metavar="DIR", help="the folder (default: enrolment.broker_files)")
    broker.add_argument("--host", action="append", default=[], metavar="NAME", help="a further name of the broker")
    ca = actions.add_parser("ca", help="make the bureau's authority, or bring one along")
    doing = [*_add_ca_actions(ca), *add_command_actions(actions)]
    add_masks_parser(
        actions.add_parser("masks", help="parts of a view that are not reported: list, add, remove, restore")
    )
    add_config_option(parser, listing, show, enrol, revoke, broker, ca, *doing)


def _add_ca_actions(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    actions = parser.add_subparsers(dest="ca_action", required=True, metavar="ACTION")
    init = actions.add_parser("init", help="make a key and a certificate that it signs itself")
    init.add_argument("--years", type=int, default=20, metavar="N", help="how long it is good (20)")
    request = actions.add_parser("request", help="make a key, and a request (ca.csr) that another authority signs")
    for action in (init, request):
        action.add_argument("--name", metavar="TEXT", help="common name (default: the centre's, and 'firewatch CA')")
    accept = actions.add_parser("accept", help="take the certificates that answer the request")
    bring = actions.add_parser("import", help="take a key and certificates that were made elsewhere")
    bring.add_argument("--key", type=Path, required=True, metavar="FILE", help="PEM; its passphrase is asked for")
    for action in (accept, bring):
        help_chain = "PEM: the authority's own certificate first, the root's last"
        action.add_argument("--chain", type=Path, required=True, metavar="FILE", help=help_chain)
    show = actions.add_parser("show", help="name, fingerprint and end of the certificates")
    return [init, request, accept, bring, show]


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from firewatch.config import read_config

    config = read_config(args.config)
    if args.action == "ca":
        from firewatch.cli.towers_ca import run_ca

        return run_ca(args, config)
    with existing_store(config, args.config) as store:
        if args.action == "masks":
            return run_masks(args, config, store, _who(args))
        done = {"list": _list, "show": _show, "enrol": _enrol, "revoke": _revoke, "broker": _broker}
        done |= {"command": run_command, "commands": run_commands}
        return done[args.action](args, config, store)


def _enrol(args: argparse.Namespace, config: CentralConfig, store: Store) -> int:
    import os
    from datetime import timedelta

    from cryptography.hazmat.primitives.serialization import Encoding

    from firewatch.adapters.ca_folder import CaFolder
    from firewatch.adapters.clock import SystemClock
    from firewatch.services.enrolment import Inviting

    hours = config.enrolment.code_hours if args.hours is None else args.hours
    if not 0.0 < hours <= _MOST_HOURS:
        raise InvalidValue("--hours", hours, f"above 0, at most {_MOST_HOURS:g}")
    tower = named_tower(_sites(config), _tower_id(args.tower))
    root = CaFolder(Path(config.enrolment.ca)).chain()[-1]
    inviting = Inviting(store.enrolment_book, root.public_bytes(Encoding.DER), os.urandom)
    code, record = inviting.invite(tower.tower_id, _who(args), SystemClock().now(), timedelta(hours=hours))
    until = _told(record.expires_at, _zone(config))
    print(f"tower {tower.tower_id} ({tower.name.zh}): this code is good once, until {until}\n")
    print(f"    {code.text}\n")
    host = config.enrolment.public_host
    if not host:
        print("enrolment.public_host is not set: there is no desk yet that the tower could bring the code to")
        return 0
    if any(one.tower_id == tower.tower_id and one.revoked_at for one in store.enrolment_book.certificates()):
        print(
            "it was revoked: once it is enrolled, `firewatch towers broker`, then reload the broker, let it speak again"
        )
    print(f"on the tower:\n    firewatch-edge init --centre {host}:{config.enrolment.port} --code {code.text}")
    return 0


def _revoke(args: argparse.Namespace, config: CentralConfig, store: Store) -> int:
    from firewatch.adapters.clock import SystemClock

    tower_id, at, book = _tower_id(args.tower), SystemClock().now(), store.enrolment_book
    if tower_id not in _ever_named(book.certificates(), book.codes()):
        raise InvalidValue("tower", tower_id, "one that has a code or a certificate; see `firewatch towers list`")
    count = book.revoke(tower_id, at, _who(args), args.reason)
    print(f"tower {tower_id}: {count} certificates revoked, open codes withdrawn; it can renew nothing from now on")
    folder = config.enrolment.broker_files
    if not folder:
        print("enrolment.broker_files is not set: write the broker's files with `firewatch towers broker --out DIR`")
        return 0
    try:
        from firewatch.adapters.broker_files import BrokerFiles
        from firewatch.enrolment_wiring import open_authority

        BrokerFiles(Path(folder), open_authority(config.enrolment)).revoke(book.certificates(), at)
    except EnrolmentError as err:
        raise EnrolmentError(err.reason, f"revoked here, BUT THE BROKER DOES NOT KNOW YET: {err}") from err
    print(f"written: revoked.pem and rights.acl in {folder}\nnow let the broker read them: systemctl reload mosquitto")
    return 0


def _broker(args: argparse.Namespace, config: CentralConfig, store: Store) -> int:
    from firewatch.adapters.broker_files import BrokerFiles
    from firewatch.adapters.clock import SystemClock
    from firewatch.enrolment_wiring import open_authority

    folder = args.out or (config.enrolment.broker_files and Path(config.enrolment.broker_files))
    if not folder:
        raise InvalidValue("--out", "", "a folder, or enrolment.broker_files in the settings")
    hosts = [*dict.fromkeys(host for host in (config.enrolment.broker, *args.host) if host)]
    if not hosts:
        raise InvalidValue("--host", "", "the broker's name, or enrolment.public_host in the settings")
    files = BrokerFiles(folder, open_authority(config.enrolment))
    files.write(hosts, config.enrolment.broker_port, store.enrolment_book.certificates(), SystemClock().now())
    print(f"{folder}: firewatch.conf, rights.acl, ca.pem, broker.pem, revoked.pem for Mosquitto")
    print("and, for the centre: ca.pem as mqtt.tls_ca, centre.pem as mqtt.tls_cert")
    print(f"next: chgrp mosquitto {folder}/broker.pem; chmod 640 {folder}/broker.pem; then in mosquitto.conf")
    print(f"  include_dir {folder}\nand systemctl restart mosquitto (reload, where only certificates are newer)")
    return 0


def _list(args: argparse.Namespace, config: CentralConfig, store: Store) -> int:
    from firewatch.adapters.clock import SystemClock

    now, zone, book = SystemClock().now(), _zone(config), store.enrolment_book
    certificates, codes = book.certificates(), book.codes()
    known: list[TowerId] = [tower.tower_id for tower in _sites(config).towers]
    gone = _ever_named(certificates, codes) - set(known)
    for tower_id in (*known, *sorted(gone)):
        state, until = _state(
            [one for one in certificates if one.tower_id == tower_id],
            [one for one in codes if one.tower_id == tower_id],
            now,
        )
        if args.json:
            told = None if until is None else until.isoformat()
            print(json.dumps({"tower": tower_id, "state": state, "at": told, "in_sites": tower_id not in gone}))
        else:
            when = "" if until is None else _told(until, zone)
            print(f"{tower_id:<32} {_IN_WORDS[state]:<22} {when}".rstrip())
    return 0


def _ever_named(certificates: Sequence[IssuedCertificate], codes: Sequence[CodeRecord]) -> set[TowerId]:
    return {one.tower_id for one in certificates} | {one.tower_id for one in codes}


_IN_WORDS = {
    "enrolled": "enrolled, until",
    "invited": "invited, until",
    "revoked": "REVOKED at",
    "expired": "EXPIRED at",
    "none": "not enrolled",
}
_MOST_HOURS = 168.0


def _state(
    certificates: Sequence[IssuedCertificate], codes: Sequence[CodeRecord], now: datetime
) -> tuple[str, datetime | None]:
    standing = [one.expires_at for one in certificates if one.stands(now)]
    if standing:
        return "enrolled", max(standing)
    for code in codes:
        if code.used_at is None and code.withdrawn_at is None and now < code.expires_at:
            return "invited", code.expires_at
    if not certificates:
        return "none", None
    last = certificates[0]
    return ("expired", last.expires_at) if last.revoked_at is None else ("revoked", last.revoked_at)


def _show(args: argparse.Namespace, config: CentralConfig, store: Store) -> int:
    tower_id, zone, book = _tower_id(args.tower), _zone(config), store.enrolment_book
    rows = [_code_row(one, zone) for one in book.codes() if one.tower_id == tower_id]
    rows += [_certificate_row(one, zone) for one in book.certificates() if one.tower_id == tower_id]
    if not rows:
        raise InvalidValue("tower", tower_id, "one that has a code or a certificate; see `firewatch towers list`")
    for facts, words in sorted(rows, key=lambda row: str(row[0]["at"])):
        print(json.dumps(facts, ensure_ascii=False) if args.json else words)
    return 0


def _code_row(one: CodeRecord, zone: ZoneInfo) -> tuple[dict[str, object], str]:
    ends = [("used", one.used_at), ("withdrawn", one.withdrawn_at)]
    told = [f"{word} {_told(at, zone)}" for word, at in ends if at is not None]
    words = f"{_told(one.made_at, zone)}  code by {one.made_by}, good until {_told(one.expires_at, zone)}"
    facts: dict[str, object] = {"what": "code", "at": one.made_at.isoformat(), "by": one.made_by}
    facts |= {word: None if at is None else at.isoformat() for word, at in ends}
    return facts, "; ".join([words, *told])


def _certificate_row(one: IssuedCertificate, zone: ZoneInfo) -> tuple[dict[str, object], str]:
    words = f"{_told(one.issued_at, zone)}  certificate {one.serial} by {one.how} from {one.asked_from or '?'}"
    words += f", good until {_told(one.expires_at, zone)}"
    facts: dict[str, object] = {"what": "certificate", "at": one.issued_at.isoformat(), "serial": one.serial}
    facts |= {"how": one.how, "from": one.asked_from, "until": one.expires_at.isoformat()}
    if one.revoked_at is not None:
        words += f"; REVOKED {_told(one.revoked_at, zone)} by {one.revoked_by}: {one.reason or 'no reason given'}"
        facts |= {"revoked": one.revoked_at.isoformat(), "by": one.revoked_by, "reason": one.reason}
    return facts, words


def _tower_id(given: str) -> TowerId:
    from firewatch.domain.ids import TowerId, require_slug

    return TowerId(require_slug("tower", given))


def _who(args: argparse.Namespace) -> str:
    import getpass

    try:
        return str(getattr(args, "by", None) or getpass.getuser())
    except (OSError, KeyError):
        return "unknown"


def _sites(config: CentralConfig) -> SiteMap:
    from firewatch.adapters.sites_geojson import read_sites

    return read_sites(Path(config.centre.sites))


def _zone(config: CentralConfig) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(config.centre.time_zone)


def _told(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")
