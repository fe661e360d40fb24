"""`firewatch-edge init`: makes this computer one of the centre's towers, and renews what it was given."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.errors import ConfigError, EnrolmentError, FirewatchError, InvalidValue
from firewatch.mqtt import MqttSession, MqttSettings, TlsSettings
from firewatch.wire.enrolment_code import read_code
from firewatch_edge.cli.edge_file import FirstCamera, edge_file
from firewatch_edge.cli.say import complain, say
from firewatch_edge.config import load_settings
from firewatch_edge.enrolment import Desk, IdentityFolder, read_address
from firewatch_edge.enrolment.desk import fetch_authority
from firewatch_edge.enrolment.identity import write_whole

if TYPE_CHECKING:
    import argparse

    from firewatch.wire.enrolment import Enrolled
    from firewatch.wire.enrolment_code import EnrolmentCode

__all__ = ["add_options", "init"]

_BROKER_WAIT_S = 10.0
_KINDS = ("snapshot", "stream", "mjpeg", "device", "folder", "video")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "--config", metavar="FILE", type=Path, default=Path("edge.toml"), help="the settings to write (edge.toml)"
    )
    parser.add_argument("--centre", metavar="HOST[:PORT]", help="the enrolment desk, as `firewatch towers enrol` said")
    parser.add_argument("--code", metavar="CODE", help="the one-time code; asked for where it is not given")
    parser.add_argument("--tower", metavar="ID", help="refuse, before the code is used, if it is for another tower")
    parser.add_argument("--camera-id", metavar="ID", default="north", help="name of the first camera (north)")
    parser.add_argument("--camera-kind", choices=_KINDS, help="of the first camera; left out: none yet")
    parser.add_argument("--camera-url", metavar="URL", help="its address (of a device, folder or video: its path)")
    parser.add_argument("--azimuth-deg", type=float, metavar="DEG", help="true azimuth of its picture's middle")
    parser.add_argument("--hfov-deg", type=float, metavar="DEG", help="its horizontal field of view")
    parser.add_argument("--yes", action="store_true", help="ask nothing; what is not given is left out")
    parser.add_argument("--force", action="store_true", help="replace edge.toml and the identity that are there")
    parser.add_argument("--certificate-only", action="store_true", help="a new identity; edge.toml stays as it is")
    parser.add_argument("--renew", action="store_true", help="a new key and certificate, by the proof of the old one")
    parser.add_argument("--if-due", action="store_true", help="with --renew: only if a third of its life is left")


def init(arguments: argparse.Namespace) -> int:
    """Enrol this tower, or renew its certificate."""
    if arguments.renew:
        return _renew(arguments)
    folder = _identity_folder(arguments.config)
    _require_free(arguments, folder)
    camera = _camera(arguments)
    address = read_address(_asked(arguments, "centre", "Centre (host or host:port): "))
    code = read_code(_asked(arguments, "code", "Code: "))
    authority = fetch_authority(address, code.pin)
    desk = Desk(address, authority)
    tower = _right_tower(desk, code, arguments)
    key = folder.next_key()
    enrolled = desk.enrol(code.secret, key.request(tower))  # type: ignore[arg-type]  # the wire has checked the slug
    identity = folder.install(enrolled, key, str(address), authority)
    if not arguments.certificate_only:
        write_whole(arguments.config, edge_file(enrolled, camera), 0o644)
    until = identity.expires_at.astimezone().strftime("%Y-%m-%d")
    say(f"enrolled: this is tower {tower}, until {until}; {folder.tower_pem} is its key, for no other computer")
    return _try_broker(arguments, enrolled, folder, camera)


def _require_free(arguments: argparse.Namespace, folder: IdentityFolder) -> None:
    """Refuse before the code is used."""
    if arguments.config.exists() and not (arguments.force or arguments.certificate_only):
        why = "is there already; --certificate-only keeps it, --force replaces it. The code was not used"
        raise ConfigError(str(arguments.config), "file", why)
    if arguments.certificate_only and not arguments.config.exists():
        raise ConfigError(str(arguments.config), "file", "is not there; leave --certificate-only out to write it")
    if folder.exists and not (arguments.force or arguments.certificate_only):
        why = f"{folder.tower_pem} is there already: to renew it use --renew, to replace it --force"
        raise EnrolmentError("enrolled already", f"{why}. The code was not used")
    if not arguments.config.resolve().parent.is_dir():
        raise ConfigError(str(arguments.config), "file", "its folder is not there; make it first")


def _camera(arguments: argparse.Namespace) -> FirstCamera | None:
    asks = sys.stdin.isatty() and not arguments.yes and not arguments.certificate_only
    kind = arguments.camera_kind
    if kind is None and asks:
        kind = input(f"First camera ({', '.join(_KINDS)}; empty: none yet): ").strip()
    if not kind:
        return None
    if kind not in _KINDS:
        raise InvalidValue("kind of camera", kind, ", ".join(_KINDS))
    url = arguments.camera_url or (input("Its address, without the password: ").strip() if asks else "")
    azimuth = _number(arguments.azimuth_deg, "True azimuth of its picture's middle [deg]: ", asks=asks)
    hfov = _number(arguments.hfov_deg, "Its horizontal field of view [deg]: ", asks=asks)
    if not url or azimuth is None or hfov is None:
        allowed = "complete: --camera-url, --azimuth-deg and --hfov-deg belong to --camera-kind"
        raise InvalidValue("the first camera", "in part", allowed)
    camera = FirstCamera(arguments.camera_id, kind, url, azimuth, hfov)
    _require_usable(camera)
    return camera


def _number(given: float | None, question: str, *, asks: bool) -> float | None:
    if given is not None or not asks:
        return given
    typed = input(question).strip()
    try:
        return float(typed)
    except ValueError as err:
        raise InvalidValue(question.rstrip(": "), typed, "a number of degrees") from err


def _require_usable(camera: FirstCamera) -> None:
    """Read the settings as they will be, from a folder that is thrown away, before the code is used."""
    import tempfile

    from firewatch.wire.enrolment import Enrolled

    stand_in = Enrolled(tower="tower", certificate="-", authority="-", broker_host="broker", broker_port=8883)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "edge.toml"
        path.write_bytes(edge_file(stand_in, camera))
        try:
            load_settings(path)
        except ConfigError as err:
            raise ConfigError("the first camera", err.key, f"{err.why}. The code was not used") from err


def _asked(arguments: argparse.Namespace, name: str, question: str) -> str:
    given: str | None = getattr(arguments, name)
    if given is not None:
        return given
    if arguments.yes or not sys.stdin.isatty():
        raise InvalidValue(f"--{name}", None, "given, where nobody can be asked")
    return input(question)


def _right_tower(desk: Desk, code: EnrolmentCode, arguments: argparse.Namespace) -> str:
    """Show whose code it is, before anything is made of it."""
    invited = desk.look(code.secret)
    say(f"this code is for tower {invited.tower} ({invited.name})")
    if arguments.tower is not None and arguments.tower != invited.tower:
        why = f"the code is for {invited.tower!r}, not for {arguments.tower!r}; it was not used"
        raise EnrolmentError("other tower", why)
    if arguments.tower is None and not arguments.yes:
        if not sys.stdin.isatty():
            raise EnrolmentError(
                "not confirmed", "nobody can be asked; give --tower ID or --yes. The code was not used"
            )
        if input("Is this that tower? [y/N] ").strip().lower() not in {"y", "yes", "是"}:
            raise EnrolmentError("not confirmed", "not confirmed; the code was not used")
    return invited.tower


def _renew(arguments: argparse.Namespace) -> int:
    folder = _identity_folder(arguments.config)
    identity, now = folder.read(), datetime.now(UTC)
    if arguments.if_due and not identity.is_due(now):
        say(f"not due: the certificate of {identity.tower_id} is good until {identity.expires_at:%Y-%m-%d}")
        return 0
    address, key = read_address(identity.centre), folder.next_key()
    if now >= identity.expires_at:
        why = f"the certificate expired on {identity.expires_at:%Y-%m-%d}: a renewal needs one that holds"
        raise EnrolmentError("expired", f"{why}. Ask the centre for a code; firewatch-edge init --certificate-only")
    request = key.request(identity.tower_id)
    certificate = _own_pem(folder)
    enrolled = Desk(address, identity.authority_pem).renew(certificate, request, identity.key.sign_renewal(request))
    if enrolled.tower != identity.tower_id:
        raise EnrolmentError("odd answer", f"the centre answers for tower {enrolled.tower!r}; nothing was written")
    renewed = folder.install(enrolled, key, identity.centre, identity.authority_pem)
    say(f"renewed: tower {renewed.tower_id}, until {renewed.expires_at:%Y-%m-%d}")
    say("a running node shows it at its next link")
    return 0


def _own_pem(folder: IdentityFolder) -> str:
    """Return the certificates alone: the key stays here."""
    pem = folder.tower_pem.read_text(encoding="ascii")
    return pem[pem.index("-----BEGIN CERTIFICATE-----") :]


def _try_broker(
    arguments: argparse.Namespace, enrolled: Enrolled, folder: IdentityFolder, camera: FirstCamera | None
) -> int:
    tls = TlsSettings(ca_file=str(folder.authority_pem), cert_file=str(folder.tower_pem))
    settings = MqttSettings(
        host=enrolled.broker_host,
        port=enrolled.broker_port,
        client_id=f"firewatch-{enrolled.tower}-init",
        clean_start=True,
        tls=tls,
    )
    session = MqttSession(settings)
    try:
        session.start()
        session.wait_ready(_BROKER_WAIT_S)
    except FirewatchError as err:
        complain(f"the tower is enrolled and {folder.path} is complete, but the broker does not answer yet: {err}")
        complain(f"when it does: firewatch-edge doctor --config {arguments.config}")
        return 1
    finally:
        session.stop()
    say(f"the broker {enrolled.broker_host}:{enrolled.broker_port} accepts this tower")
    if camera is None and not arguments.certificate_only:
        say(f"next: put the first camera into {arguments.config}, then")
    else:
        say("next:")
    say(f"  firewatch-edge doctor --config {arguments.config}\n  firewatch-edge run --config {arguments.config}")
    return 0


def _identity_folder(config: Path) -> IdentityFolder:
    return IdentityFolder(config.resolve().parent / "tls")
