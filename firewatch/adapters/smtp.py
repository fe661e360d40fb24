"""Alerts by e-mail."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING, Literal

from firewatch.errors import DeliveryError

if TYPE_CHECKING:
    from firewatch.domain.ids import AlertId, NotificationId
    from firewatch.services.ports import Words

__all__ = ["SmtpNotifier", "SmtpServer"]

_PREFIX = "mailto:"
# RFC 5321, section 4.2.1: replies of 500 and above are permanent.
_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over.

    Parameters
    ----------
    host, port
        The server.
    sender : str
        The From address.
    security : "none", "starttls" or "tls"
        How the connection is protected.
    username, password : str
        Empty for a server that asks for none.
    timeout_s : float
        Longest wait for each answer [s].
    """

    host: str
    port: int
    sender: str
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str = ""
    password: str = ""
    timeout_s: float = 15.0

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port}, {self.security})"


class SmtpNotifier:
    """Mails a notification to ``mailto:name@host``; fulfils `firewatch.services.ports.Notifier`."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    def accepts(self, channel: str) -> bool:
        """Tell whether the address is a mail address."""
        return channel.startswith(_PREFIX) and "@" in channel

    def send(self, channel: str, notification_id: NotificationId, alert_id: AlertId, words: Words) -> None:
        """Mail once; raise `DeliveryError` unless the server took it."""
        message = self._compose(channel.removeprefix(_PREFIX), notification_id, alert_id, words)
        try:
            with self._connect() as smtp:
                smtp.send_message(message)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as err:
            raise DeliveryError("smtp", str(err), retryable=_is_retryable(err)) from err
        except (smtplib.SMTPException, OSError) as err:
            raise DeliveryError("smtp", f"{self._server!r}: {err}", retryable=True) from err

    def _compose(
        self,
        to: str,
        notification_id: NotificationId,
        alert_id: AlertId,
        words: Words,
    ) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._server.sender
        message["To"] = to
        message["Subject"] = " ".join(words.subject.split())
        # The same id on a second try lets the mailbox show it once.
        message["Message-ID"] = f"<{notification_id}@firewatch>"
        message["X-Firewatch-Alert"] = alert_id
        if words.is_exercise:
            message["X-Firewatch-Exercise"] = "true"
        message.set_content(f"{words.text}\n\n{words.link}\n")
        if words.crop_jpeg is not None:
            message.add_attachment(words.crop_jpeg, maintype="image", subtype="jpeg", filename="smoke.jpg")
        return message

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context()
        smtp: smtplib.SMTP
        if server.security == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_s, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
        try:
            if server.security == "starttls":
                smtp.starttls(context=context)
            if server.username:
                smtp.login(server.username, server.password)
        except (smtplib.SMTPException, OSError):
            smtp.close()
            raise
        return smtp


def _is_retryable(err: smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused) -> bool:
    if isinstance(err, smtplib.SMTPAuthenticationError):
        # A wrong password is the centre's mistake, not the message's: it goes out once someone corrects it.
        return True
    if isinstance(err, smtplib.SMTPResponseException):
        return err.smtp_code < _PERMANENT
    return any(code < _PERMANENT for code, _ in err.recipients.values())
