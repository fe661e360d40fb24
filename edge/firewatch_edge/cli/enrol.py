"""Makes this computer one of the centre's towers, renews what it was given, and tries the broker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from firewatch.errors import EnrolmentError, FirewatchError
from firewatch.mqtt import MqttSession, MqttSettings, TlsSettings
from firewatch_edge.cli.say import complain, say
from firewatch_edge.enrolment import Desk, IdentityFolder, read_address

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.wire.enrolment import Enrolled
    from firewatch.wire.tower_keys import TowerKey
    from firewatch_edge.cli.setup.draft import Invitation

__all__ = ["ask_for_certificate", "identity_folder", "install", "renew", "try_broker"]

_BROKER_WAIT_S = 10.0


def identity_folder(config: Path) -> IdentityFolder:
    """Return where the identity of a tower lies: ``tls/`` beside its settings."""
    return IdentityFolder(config.resolve().parent / "tls")


def ask_for_certificate(folder: IdentityFolder, invitation: Invitation) -> tuple[Enrolled, TowerKey]:
    """Use the code up; only the key that waits for its certificate is written, so that the same may be asked again."""
    key = folder.next_key()
    request = key.request(invitation.tower_id)  # type: ignore[arg-type]  # the wire has checked the slug
    return Desk(invitation.address, invitation.authority_pem).enrol(invitation.secret, request), key


def install(folder: IdentityFolder, invitation: Invitation, enrolled: Enrolled, key: TowerKey) -> None:
    """Put the certificate in its place, and say until when it is good."""
    keys = enrolled.package_keys
    identity = folder.install(enrolled, key, str(invitation.address), invitation.authority_pem, keys)
    until = identity.expires_at.astimezone().strftime("%Y-%m-%d")
    say(
        f"enrolled: this is tower {enrolled.tower}, until {until}; {folder.tower_pem} is its key, for no other computer"
    )
    if keys:
        say(f"packages of models are verified by {folder.package_keys}")


def renew(config: Path, *, is_only_if_due: bool) -> int:
    """Get a new key and certificate by the proof of the old one."""
    folder = identity_folder(config)
    identity, now = folder.read(), datetime.now(UTC)
    if is_only_if_due and not identity.is_due(now):
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


def try_broker(config: Path, enrolled: Enrolled, folder: IdentityFolder) -> bool:
    """Log in once; return whether the broker accepts this tower."""
    settings = MqttSettings(
        host=enrolled.broker_host,
        port=enrolled.broker_port,
        client_id=f"firewatch-{enrolled.tower}-init",
        clean_start=True,
        tls=TlsSettings(ca_file=str(folder.authority_pem), cert_file=str(folder.tower_pem)),
    )
    session = MqttSession(settings)
    try:
        session.start()
        session.wait_ready(_BROKER_WAIT_S)
    except FirewatchError as err:
        complain(f"the tower is enrolled and {folder.path} is complete, but the broker does not answer yet: {err}")
        complain(f"when it does: firewatch-edge doctor --config {config}")
        return False
    finally:
        session.stop()
    say(f"the broker {enrolled.broker_host}:{enrolled.broker_port} accepts this tower")
    return True
