"""The notifiers against real servers: what they say is what happened."""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from ports import free_port

from firewatch.adapters.smtp import SmtpNotifier, SmtpServer
from firewatch.adapters.webhook import WebhookNotifier
from firewatch.domain.ids import AlertId, NotificationId
from firewatch.errors import DeliveryError
from firewatch.services.ports import Words
from firewatch.testing.builders import a_ulid

if TYPE_CHECKING:
    from collections.abc import Iterator

TOLD = NotificationId(a_ulid("notification", 1))
ALERT = AlertId(a_ulid("alert", 1))
WORDS = Words("衡阳: 烟", "南岳塔发现烟", "https://fw.example/a/x", {"probability": 0.9}, b"\xff\xd8jpeg")


@dataclass(slots=True)
class Hook:
    answers: list[int] = field(default_factory=list)
    came: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    pause_s: float = 0.0
    url: str = ""


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.came.append((dict(self.headers), json.loads(body)))
            time.sleep(hook.pause_s)
            try:
                self.send_response(hook.answers.pop() if hook.answers else 204)
                self.end_headers()
            except OSError:
                pass  # the client did not wait

        def log_message(self, *_: object) -> None:  # type: ignore[override]
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook.url = f"webhook:http://127.0.0.1:{server.server_port}/ring"
    yield hook
    server.shutdown()
    server.server_close()


@pytest.fixture
def webhook() -> Iterator[WebhookNotifier]:
    notifier = WebhookNotifier(timeout_s=1.0)
    yield notifier
    notifier.close()


def test_a_webhook_gets_words_facts_picture_and_the_key_that_tells_a_repetition(
    hook: Hook, webhook: WebhookNotifier
) -> None:
    webhook.send(hook.url, TOLD, ALERT, WORDS)
    ((headers, body),) = hook.came
    assert headers["Idempotency-Key"] == TOLD
    assert (body["notification_id"], body["alert_id"], body["text"]) == (TOLD, ALERT, WORDS.text)
    assert (body["facts"], body["link"]) == (WORDS.facts, WORDS.link)
    assert base64.b64decode(body["crop_jpeg_base64"]) == WORDS.crop_jpeg
    assert body["spoken"] == WORDS.subject, "words that nobody wrote for a voice"


@pytest.mark.parametrize(
    ("status", "retryable"), [(400, False), (404, False), (302, False), (408, True), (429, True), (500, True)]
)
def test_a_webhook_that_says_no_says_whether_to_come_again(
    hook: Hook, webhook: WebhookNotifier, status: int, *, retryable: bool
) -> None:
    hook.answers.append(status)
    with pytest.raises(DeliveryError, match=str(status)) as refused:
        webhook.send(hook.url, TOLD, ALERT, WORDS)
    assert refused.value.retryable is retryable


def test_a_webhook_that_does_not_answer_or_listen_is_tried_again(hook: Hook, webhook: WebhookNotifier) -> None:
    hook.pause_s = 2.0
    with pytest.raises(DeliveryError, match="Timeout") as silent:
        webhook.send(hook.url, TOLD, ALERT, WORDS)
    with pytest.raises(DeliveryError) as closed:
        webhook.send(f"webhook:http://127.0.0.1:{free_port()}/", TOLD, ALERT, WORDS)
    assert silent.value.retryable
    assert closed.value.retryable


def test_an_address_that_is_none_is_given_up(webhook: WebhookNotifier) -> None:
    with pytest.raises(DeliveryError) as refused:
        webhook.send("webhook:http://127.0.0.1:notaport/", TOLD, ALERT, WORDS)
    assert not refused.value.retryable
    assert not webhook.accepts("webhook:ftp://x")
    assert not webhook.accepts("mailto:a@b")


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.refusal = ""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's names
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        self.mails.append(envelope.content)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, SmtpNotifier]]:
    mailbox = Mailbox()
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    server = SmtpServer("127.0.0.1", port, "firewatch@example.org", "none", timeout_s=5.0)
    yield mailbox, SmtpNotifier(server)
    controller.stop()


def test_a_mail_arrives_with_text_link_picture_and_a_stable_id(mailbox: tuple[Mailbox, SmtpNotifier]) -> None:
    box, notifier = mailbox
    words = Words("two\nlines", WORDS.text, WORDS.link, {}, WORDS.crop_jpeg)
    notifier.send("mailto:li@example.org", TOLD, ALERT, words)
    mail = message_from_bytes(box.mails[0], policy=default)
    assert mail["Message-ID"] == f"<{TOLD}@firewatch>"
    assert mail["Subject"] == "two lines"
    assert mail["To"] == "li@example.org"
    text = mail.get_body()
    assert text is not None
    assert WORDS.text in text.get_content()
    assert WORDS.link in text.get_content()
    (picture,) = mail.iter_attachments()
    assert picture.get_content() == WORDS.crop_jpeg


@pytest.mark.parametrize(("refusal", "retryable"), [("550 no such person", False), ("451 try later", True)])
def test_a_refused_recipient_says_whether_to_come_again(
    mailbox: tuple[Mailbox, SmtpNotifier], refusal: str, *, retryable: bool
) -> None:
    box, notifier = mailbox
    box.refusal = refusal
    with pytest.raises(DeliveryError, match=refusal[:3]) as refused:
        notifier.send("mailto:li@example.org", TOLD, ALERT, WORDS)
    assert refused.value.retryable is retryable


def test_a_mail_server_that_is_down_or_speaks_no_tls_is_tried_again(mailbox: tuple[Mailbox, SmtpNotifier]) -> None:
    _, notifier = mailbox
    plain = notifier._server
    for server in (
        SmtpServer("127.0.0.1", free_port(), plain.sender, "none"),
        SmtpServer("127.0.0.1", plain.port, plain.sender, "starttls"),
        SmtpServer("127.0.0.1", plain.port, plain.sender, "none", "me", "very-secret"),
    ):
        with pytest.raises(DeliveryError) as refused:
            SmtpNotifier(server).send("mailto:li@example.org", TOLD, ALERT, WORDS)
        assert refused.value.retryable
        assert "very-secret" not in str(refused.value)
    assert notifier.accepts("mailto:a@b")
    assert not notifier.accepts("mailto:nobody")
