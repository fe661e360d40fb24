"""Looks at the link to the centre: the broker with the real reason of what fails, the certificate, the clocks."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from firewatch.errors import BrokerUnavailable, EnrolmentError, FirewatchError
from firewatch.mqtt import MqttSession
from firewatch.mqtt.client import tls_context
from firewatch.mqtt.words import of_error
from firewatch.wire.tower_keys import read_certificates, tower_of
from firewatch_edge.cli.checkup.finding import Finding
from firewatch_edge.enrolment import IdentityFolder, read_address
from firewatch_edge.enrolment.desk import centre_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.mqtt import MqttSettings, TlsSettings
    from firewatch_edge.config import EdgeSettings

__all__ = ["broker_findings", "centre_offset_s", "certificate_findings"]

_BROKER_WAIT_S = 8.0
_CONNECT_S = 6.0
# A broker's certificate with less time left wants its maker's attention.
_SOON = timedelta(days=30)
# A tower's own is renewed when this share of its life is left (as `init --renew --if-due` does).
_DUE_SHARE = 3
# OpenSSL's numbers of what is wrong with a certificate (openssl/x509_vfy.h).
_KINDS = {9: "early", 10: "expired", 18: "authority", 19: "authority", 20: "authority", 21: "authority"}
_KINDS |= {62: "name", 64: "name"}
_NAMES_SHOWN = 4


@dataclass(frozen=True, slots=True)
class _Peek:
    """What the broker's port shows: its certificate, or what is wrong with it."""

    kind: str
    why: str
    certificate: x509.Certificate | None


def broker_findings(settings: EdgeSettings) -> Iterator[Finding]:
    """Look at the port, at its certificate, then log in as the node does."""
    mqtt = settings.mqtt_settings()
    facts: dict[str, object] = {"host": mqtt.host, "port": mqtt.port}
    until: datetime | None = None
    if mqtt.tls is not None:
        peek = _peek(mqtt, mqtt.tls)
        facts |= _certificate_facts(peek.certificate)
        until = None if peek.certificate is None else peek.certificate.not_valid_after_utc
        if peek.kind:
            yield Finding("broker", "fail", f"broker.{peek.kind}", facts | {"why": peek.why})
            return
    try:
        protocol = _log_in(mqtt)
    except BrokerUnavailable as err:
        yield Finding("broker", "fail", "broker.refused", facts | {"why": err.why})
        return
    facts |= {"protocol": protocol}
    if until is None:
        yield Finding("broker", "warn" if _is_far(mqtt.host) else "ok", "broker.plain", facts)
    else:
        yield Finding("broker", "warn" if until - datetime.now(UTC) < _SOON else "ok", "broker.tls", facts)


def _log_in(mqtt: MqttSettings) -> str:
    """Return the version of MQTT that the broker takes from us."""
    # Under a name of its own: the service may be running, and a second client of its name would throw it out.
    session = MqttSession(msgspec.structs.replace(mqtt, client_id=f"{mqtt.client_id[:120]}-doctor", clean_start=True))
    session.start()
    try:
        session.wait_ready(_BROKER_WAIT_S)
        return session.state().protocol
    finally:
        session.stop()


def _is_far(host: str) -> bool:
    return host not in {"127.0.0.1", "::1", "localhost"}


def _peek(mqtt: MqttSettings, tls: TlsSettings) -> _Peek:
    """Shake hands once, as the client library will; of a certificate that is not believed tell what is in it."""
    try:
        context = tls_context(tls)
    except OSError as err:
        return _Peek("files", f"{err}", None)
    try:
        return _Peek("", "", _certificate_of(mqtt, context))
    except ssl.SSLCertVerificationError as err:
        return _Peek(_KINDS.get(err.verify_code, "unreachable"), of_error(err, is_tls=True), _shown(mqtt, tls))
    except OSError as err:
        return _Peek("unreachable", of_error(err, is_tls=True), None)


def _shown(mqtt: MqttSettings, tls: TlsSettings) -> x509.Certificate | None:
    """Return the certificate without believing it; nothing is sent over that link."""
    context = tls_context(tls)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        return _certificate_of(mqtt, context)
    except OSError:
        return None


def _certificate_of(mqtt: MqttSettings, context: ssl.SSLContext) -> x509.Certificate | None:
    with socket.create_connection((mqtt.host, mqtt.port), _CONNECT_S) as plain:
        plain.settimeout(_CONNECT_S)
        with context.wrap_socket(plain, server_hostname=mqtt.host) as link:
            der = link.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(der) if der else None


def _certificate_facts(certificate: x509.Certificate | None) -> dict[str, object]:
    here = datetime.now(UTC)
    facts: dict[str, object] = {"here": _told(here), "since": "?", "until": "?", "days": "?", "names": "?", "by": "?"}
    if certificate is None:
        return facts
    until = certificate.not_valid_after_utc
    return facts | {
        "since": _told(certificate.not_valid_before_utc),
        "until": _told(until),
        "days": (until - here).days,
        "names": _names(certificate),
        "by": certificate.issuer.rfc4514_string(),
    }


def _names(certificate: x509.Certificate) -> str:
    try:
        alternatives = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except x509.ExtensionNotFound:
        return "-"
    names = [str(each.value) for each in alternatives] if isinstance(alternatives, x509.SubjectAlternativeName) else []
    return ", ".join(names[:_NAMES_SHOWN]) or "-"


def _told(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M UTC")


def certificate_findings(settings: EdgeSettings, now: datetime) -> Iterator[Finding]:
    """Look at this tower's own certificate."""
    tls = settings.mqtt.tls
    if tls is None or not tls.cert_file:
        yield Finding("certificate", "warn", "certificate.none")
        return
    path = Path(tls.cert_file)
    try:
        pem = path.read_text(encoding="ascii", errors="replace")
    except OSError as err:
        yield Finding("certificate", "fail", "certificate.unreadable", {"path": path, "why": err.strerror})
        return
    yield _judged(settings, read_certificates(pem, str(path))[0], now)


def _judged(settings: EdgeSettings, own: x509.Certificate, now: datetime) -> Finding:
    since, until = own.not_valid_before_utc, own.not_valid_after_utc
    facts = {"since": _told(since), "until": _told(until), "days": (until - now).days, "here": _told(now)}
    try:
        named = str(tower_of(own.subject))
    except FirewatchError:
        named = ""
    if now < since:
        return Finding("certificate", "fail", "certificate.early", facts)
    if now > until:
        return Finding("certificate", "fail", "certificate.expired", facts)
    if named and named != settings.tower.id:
        return Finding("certificate", "fail", "certificate.other", {"named": named, "tower": settings.tower.id})
    is_due = until - now <= (until - since) / _DUE_SHARE
    return Finding(
        "certificate", "warn" if is_due else "ok", "certificate.due" if is_due else "certificate.held", facts
    )


def centre_offset_s(settings: EdgeSettings) -> float | None:
    """Return the centre's clock minus ours [s]; None where this tower is not enrolled, or the centre does not say."""
    tls = settings.mqtt.tls
    if tls is None or not tls.cert_file:
        return None
    try:
        identity = IdentityFolder(Path(tls.cert_file).parent).read()
        told, asked = centre_time(read_address(identity.centre))
    except (EnrolmentError, FirewatchError):
        return None
    return None if told is None else (told - asked).total_seconds()
