"""A published message's handle ends whichever of the two sides comes first."""

from __future__ import annotations

import socket
import ssl

import pytest

from firewatch.errors import BrokerUnavailable, PublishTimeout
from firewatch.mqtt import MqttSession, MqttSettings, PublishHandle, words
from firewatch.mqtt.handle import HandleBook

SETTINGS = MqttSettings(client_id="x", username="node", password="secret")  # noqa: S106 - an example


def test_the_brokers_word_after_publish_ends_the_handle() -> None:
    book, handle = HandleBook(SETTINGS), PublishHandle("a")
    assert book.enter(7, handle) is handle
    with pytest.raises(PublishTimeout, match=r"a: no acknowledgement from the broker within 0\.01 s"):
        handle.wait(0.01)
    book.acknowledge(7)
    handle.wait(0.0)
    assert handle.is_taken


def test_the_brokers_word_before_publish_returned_is_not_lost() -> None:
    book = HandleBook(SETTINGS)
    book.acknowledge(7)
    assert book.enter(7, PublishHandle("a")).is_taken
    assert not book.enter(7, PublishHandle("b")).is_taken  # the number is free again


def test_a_refusal_and_a_lost_link_are_told() -> None:
    book = HandleBook(SETTINGS)
    refused, lost = book.enter(1, PublishHandle("a")), book.enter(2, PublishHandle("b"))
    book.acknowledge(1, "not allowed")
    book.lose("the link broke")
    with pytest.raises(BrokerUnavailable, match="not allowed"):
        refused.wait(0.0)
    with pytest.raises(BrokerUnavailable, match="the link broke"):
        lost.wait(0.0)


def test_a_session_that_was_not_started_says_so() -> None:
    session = MqttSession(SETTINGS)
    with pytest.raises(BrokerUnavailable, match="not started"):
        session.publish("a", b"x")
    with pytest.raises(BrokerUnavailable, match="not started"):
        session.wait_ready(0.0)
    session.stop()


def test_settings_do_not_show_the_password() -> None:
    assert "secret" not in repr(SETTINGS)
    assert "as node" in repr(SETTINGS)


@pytest.mark.parametrize(
    ("err", "said"),
    [
        (ConnectionRefusedError(), "no broker listens there"),
        (socket.gaierror(-2, "x"), "host name is not known"),
        (TimeoutError(), "no answer"),
        (OSError(113, "No route to host"), "No route to host"),
        (ssl.SSLError(1, "x"), "does this port speak TLS"),
        (None, "no connection"),
    ],
)
def test_a_failed_link_is_told_in_words(err: BaseException | None, said: str) -> None:
    assert said in words.of_error(err)


def test_a_refusal_is_told_in_words() -> None:
    assert "user name or password" in words.of_refusal("Bad user name or password")
    assert words.is_refusal(words.of_refusal("Something new"))
    assert not words.is_refusal("the link broke")
