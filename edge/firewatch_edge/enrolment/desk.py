"""The centre's enrolment desk, as a tower asks it: nothing is sent before the desk has proved who it is."""

from __future__ import annotations

import hmac
import http.client
import re
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from cryptography.hazmat.primitives.serialization import Encoding

from firewatch.errors import EnrolmentError, InvalidValue, MalformedMessage
from firewatch.wire.enrolment import (
    AUTHORITY_PATH,
    DEFAULT_PORT,
    ENROL_PATH,
    LOOK_PATH,
    RENEW_PATH,
    Enrolled,
    EnrolRequest,
    LookAnswer,
    LookRequest,
    Refusal,
    RenewRequest,
    plain_port,
    read_message,
    write_message,
)
from firewatch.wire.enrolment_code import pin_of
from firewatch.wire.tower_keys import read_certificates

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgspec import Struct

__all__ = ["Desk", "DeskAddress", "centre_time", "fetch_authority", "read_address"]

_TIMEOUT_S = 20.0
_CLOCK_S = 5.0
_MOST_BYTES = 65_536
_OK = 200
# A sighting's time must be right, and a certificate's first and last day are judged by this clock.
_MOST_CLOCK_ERROR = timedelta(minutes=5)
_ADDRESS = re.compile(r"(?:https://)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?/?")
_MOST_PORT = 65_534
_SET_CLOCK = "set the clock (timedatectl set-time, or let chrony keep it), then try again"
# OpenSSL's numbers of what is wrong with a certificate (X509_V_ERR_CERT_NOT_YET_VALID, ..._HAS_EXPIRED).
_NOT_YET_VALID, _HAS_EXPIRED = 9, 10

_Answer = TypeVar("_Answer", bound="Struct")


@dataclass(frozen=True, slots=True)
class DeskAddress:
    """Where the desk is."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def read_address(typed: str) -> DeskAddress:
    """Read HOST, HOST:PORT or https://HOST:PORT; raise `InvalidValue` for anything else."""
    found = _ADDRESS.fullmatch(typed.strip())
    port = int(found[2] or DEFAULT_PORT) if found else 0
    if found is None or not 1 <= port <= _MOST_PORT:
        allowed = f"the centre's name or address, as fire.example.org or 10.1.2.3:{DEFAULT_PORT}"
        raise InvalidValue("the centre's address", typed, allowed)
    return DeskAddress(found[1].strip("[]"), port)


def fetch_authority(address: DeskAddress, pin: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    """Fetch the authority's certificate, which is believed by the code's pin alone, and compare the clocks.

    Parameters
    ----------
    address : DeskAddress
        The desk; the certificate is on the port after it, over plain HTTP: it is public, and the pin proves it.
    pin : str
        Of the code.
    now : callable
        This tower's clock.

    Returns
    -------
    str
        The certificate, PEM.

    Raises
    ------
    EnrolmentError
        "unreachable", "other authority", or "clock" if this tower's clock is more than five minutes off.
    """
    port = plain_port(address.port)
    connection = http.client.HTTPConnection(address.host, port, timeout=_TIMEOUT_S)
    content, date = _exchange(connection, "GET", AUTHORITY_PATH, None, f"{address.host}:{port}")
    found = read_certificates(content.decode("ascii", "replace"), f"{address.host}:{port}")
    if len(found) != 1 or not hmac.compare_digest(pin_of(found[0].public_bytes(Encoding.DER)), pin):
        why = (
            f"{address.host}:{port} shows another authority than the one of the code. Is this the right centre? "
            "If so, somebody stands between: do not go on, and tell the centre"
        )
        raise EnrolmentError("other authority", why)
    _compare_clocks(date, now())
    return found[0].public_bytes(Encoding.PEM).decode("ascii")


def centre_time(address: DeskAddress) -> tuple[datetime | None, datetime]:
    """Return the centre's clock as its desk tells it (to the second; None where it does not), and ours at the answer.

    Raises
    ------
    EnrolmentError
        "unreachable" or "odd answer".
    """
    port = plain_port(address.port)
    connection = http.client.HTTPConnection(address.host, port, timeout=_CLOCK_S)
    _, date = _exchange(connection, "GET", AUTHORITY_PATH, None, f"{address.host}:{port}")
    here = datetime.now(UTC)
    try:
        # Whole seconds were told: half a one is the best guess of the rest.
        return parsedate_to_datetime(date).astimezone(UTC) + timedelta(seconds=0.5), here
    except (ValueError, TypeError):
        return None, here


def _compare_clocks(told: str, here: datetime) -> None:
    try:
        centre = parsedate_to_datetime(told).astimezone(UTC)
    except (ValueError, TypeError):
        # No clock was told; a wrong one still shows when the desk's certificate is checked.
        return
    if abs(here - centre) > _MOST_CLOCK_ERROR:
        raise EnrolmentError("clock", f"{_clocks(here, centre)}: {_SET_CLOCK}")


def _clocks(here: datetime, centre: datetime) -> str:
    minutes = round(abs(here - centre).total_seconds() / 60)
    span = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"  # noqa: PLR2004 - two hours
    behind = "behind" if here < centre else "ahead"
    return f"this tower's clock says {_told(here)}, the centre's {_told(centre)}: it is {span} {behind}"


class Desk:
    """Asks the desk over TLS; the authority's certificate is the only one believed.

    Parameters
    ----------
    address : DeskAddress
        Where it is.
    authority_pem : str
        The certificate that the desk's must be signed by.
    """

    def __init__(self, address: DeskAddress, authority_pem: str) -> None:
        self._address = address
        self._tls = ssl.create_default_context(cadata=authority_pem)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def look(self, secret: str) -> LookAnswer:
        """Ask which tower a code invites; uses nothing up."""
        return self._ask(LOOK_PATH, LookRequest(secret=secret), LookAnswer)

    def enrol(self, secret: str, request_pem: str) -> Enrolled:
        """Bring the code and the request; the same key may ask again."""
        return self._ask(ENROL_PATH, EnrolRequest(secret=secret, request=request_pem), Enrolled)

    def renew(self, certificate_pem: str, request_pem: str, signature: bytes) -> Enrolled:
        """Ask for the next certificate."""
        asked = RenewRequest(certificate=certificate_pem, request=request_pem, signature=signature)
        return self._ask(RENEW_PATH, asked, Enrolled)

    def _ask(self, path: str, message: Struct, kind: type[_Answer]) -> _Answer:
        connection = http.client.HTTPSConnection(
            self._address.host, self._address.port, timeout=_TIMEOUT_S, context=self._tls
        )
        content, _ = _exchange(connection, "POST", path, write_message(message), str(self._address))
        try:
            return read_message(content, kind)
        except MalformedMessage as err:
            raise EnrolmentError("odd answer", f"{self._address} answers something else than a desk: {err}") from err


def _exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None, where: str
) -> tuple[bytes, str]:
    """Ask once; return the answer's body and date, or raise `EnrolmentError` with what to do."""
    headers = {} if body is None else {"Content-Type": "application/json"}
    try:
        connection.request(method, path, body, headers)
        # An answer that ends with its connection (HTTP/1.0) takes the socket over: only it can close it.
        with connection.getresponse() as response:
            content, date, status = response.read(_MOST_BYTES), response.getheader("Date", ""), response.status
    except ssl.SSLCertVerificationError as err:
        raise _not_trusted(err, where) from err
    except (OSError, http.client.HTTPException) as err:
        why = f"{where} gives no answer ({err or type(err).__name__}): is the address right, the link up, the desk on?"
        raise EnrolmentError("unreachable", why) from err
    finally:
        connection.close()
    if status == _OK:
        return content, date
    try:
        refusal = read_message(content, Refusal)
    except MalformedMessage as err:
        why = f"{where} answers {status} and is no enrolment desk; is the address right?"
        raise EnrolmentError("odd answer", why) from err
    raise EnrolmentError(refusal.error, f"the centre refuses: {refusal.words}")


def _not_trusted(err: ssl.SSLCertVerificationError, where: str) -> EnrolmentError:
    here = _told(datetime.now(UTC))
    if err.verify_code == _NOT_YET_VALID:
        return EnrolmentError("clock", f"by this tower's clock ({here}) {where} is not yet valid: {_SET_CLOCK}")
    if err.verify_code == _HAS_EXPIRED:
        why = f"by this tower's clock ({here}) the certificate of {where} has expired: if the clock is wrong"
        return EnrolmentError("clock", f"{why}, {_SET_CLOCK}; if it is right, the centre must restart its desk")
    why = f"{where} does not prove that it belongs to the bureau: {err.verify_message}. Nothing was sent"
    return EnrolmentError("not trusted", why)


def _told(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
