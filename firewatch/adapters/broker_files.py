"""What Mosquitto needs so that each tower speaks for itself only: settings, rights, certificates, the revoked ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509

from firewatch.adapters.bureau_ca import CENTRE_NAME
from firewatch.adapters.ca_folder import write_private
from firewatch.domain.ids import TowerId
from firewatch.wire.topics import rights_of_centre, rights_of_tower

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from firewatch.adapters.bureau_ca import BureauCa
    from firewatch.services.enrolment_ports import IssuedCertificate
    from firewatch.wire.topics import Rights

__all__ = ["BrokerFiles", "is_still_good"]

_PUBLIC = 0o644
_SERVER_LIFE = timedelta(days=825)
_ANY = TowerId("any-tower")
_CONF = """\
# Written by `firewatch towers broker`; written anew when a tower is revoked. Include it in mosquitto.conf with
#   include_dir {folder}
# and let Mosquitto read its key: chgrp mosquitto {folder}/broker.pem; chmod 640 {folder}/broker.pem
# Mosquitto holds all three per listener, so that a listener of your own keeps its own rules.
per_listener_settings true
listener {port}
cafile {folder}/ca.pem
certfile {folder}/broker.pem
keyfile {folder}/broker.pem
crlfile {folder}/revoked.pem
# Who shows no certificate of the bureau is not let in; who does is known by the name in it, whatever it says.
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file {folder}/rights.acl
tls_version tlsv1.2
# A burst of sightings after a week without a link must not be cut short.
max_inflight_messages 1000
max_queued_messages 100000
"""


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """Writes the folder.

    Parameters
    ----------
    folder : Path
        Where Mosquitto reads them.
    ca : BureauCa
        Signs the broker's and the centre's certificate, and the list of revoked ones.
    """

    folder: Path
    ca: BureauCa

    def write(self, hosts: Sequence[str], port: int, certificates: Sequence[IssuedCertificate], at: datetime) -> None:
        """Write everything; keys that still hold for a third of their life, for the same names, are kept."""
        self.folder.mkdir(parents=True, exist_ok=True)
        broker, centre = self.folder / "broker.pem", self.folder / "centre.pem"
        if not is_still_good(broker, tuple(hosts), self.ca, at):
            write_private(broker, self.ca.server(hosts, at, _SERVER_LIFE))
        if not is_still_good(centre, (), self.ca, at):
            write_private(centre, self.ca.centre(at, _SERVER_LIFE))
        authority = self.ca.root_pem + self.ca.between_pem
        write_private(self.folder / "ca.pem", authority.encode("ascii"), _PUBLIC)
        conf = _CONF.format(folder=self.folder.resolve(), port=port)
        write_private(self.folder / "firewatch.conf", conf.encode("utf-8"), _PUBLIC)
        self.revoke(certificates, at)

    def revoke(self, certificates: Sequence[IssuedCertificate], at: datetime) -> None:
        """Write what a revocation changes: the list, for new links, and the rights, for those that stand already."""
        revoked = [one for one in certificates if one.revoked_at is not None]
        shut = {one.tower_id for one in revoked} - {one.tower_id for one in certificates if one.stands(at)}
        write_private(self.folder / "revoked.pem", self.ca.revoked_list(revoked, at), _PUBLIC)
        write_private(self.folder / "rights.acl", _rights(sorted(shut)).encode("utf-8"), _PUBLIC)


def _rights(shut: Sequence[TowerId]) -> str:
    tower = rights_of_tower(_ANY)
    lines = [
        "# %u is the name in the certificate, which the broker has checked.",
        *(_any_tower(line) for line in _lines("pattern", tower)),
        "",
        f"user {CENTRE_NAME}",
        *_lines("topic", rights_of_centre()),
    ]
    for tower_id in shut:
        # A link that stands when its certificate is revoked stays: from now on it carries nothing.
        lines += ["", f"user {tower_id}", *(line for line in _lines("topic", rights_of_tower(tower_id), shut=True))]
    return "\n".join([*lines, ""])


def _lines(word: str, rights: Rights, *, shut: bool = False) -> list[str]:
    if shut:
        return [f"{word} deny {topic}" for topic in (*rights.may_publish, *rights.may_subscribe)]
    may_write = [f"{word} write {topic}" for topic in rights.may_publish]
    return may_write + [f"{word} read {topic}" for topic in rights.may_subscribe]


def _any_tower(line: str) -> str:
    return line.replace(f"/{_ANY}/", "/%u/")


def is_still_good(path: Path, hosts: tuple[str, ...], ca: BureauCa, at: datetime) -> bool:
    """Tell whether a file's certificate is of this authority, for these names, with a third of its life to come."""
    try:
        own = x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError):
        return False
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    told = {str(name.value) for name in names if not isinstance(name, x509.UniformResourceIdentifier)}
    left, life = own.not_valid_after_utc - at, own.not_valid_after_utc - own.not_valid_before_utc
    is_ours = own.issuer == ca.chain[0].subject and _signed_by(own, ca.chain[0])
    return is_ours and told == set(hosts) and left > life / 3


def _signed_by(own: x509.Certificate, issuer: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        own.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
