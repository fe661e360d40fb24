"""The encrypted link of the session: nothing stays open of one that failed."""

from __future__ import annotations

import socket
import ssl

import pytest

from firewatch.mqtt.client import tls_context
from firewatch.mqtt.settings import TlsSettings


def pair() -> tuple[ssl.SSLSocket, socket.socket]:
    ours, theirs = socket.socketpair()
    return tls_context(TlsSettings()).wrap_socket(
        ours, server_hostname="localhost", do_handshake_on_connect=False
    ), theirs


def test_a_socket_whose_handshake_fails_is_closed_at_once() -> None:
    """Left to the collector it is a ResourceWarning, and on a mast a descriptor a try."""
    link, peer = pair()
    with peer:
        peer.sendall(b"HTTP/1.0 400 this is no TLS\r\n\r\n")
        with pytest.raises(ssl.SSLError):
            link.do_handshake()
    assert link.fileno() == -1


def test_a_handshake_that_waits_for_the_peer_is_left_open() -> None:
    link, peer = pair()
    with peer, link:
        link.settimeout(0.0)
        with pytest.raises(ssl.SSLWantReadError):
            link.do_handshake()
        assert link.fileno() != -1
