"""Builds the client of the library that speaks MQTT for us."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

if TYPE_CHECKING:
    from firewatch.mqtt.settings import MqttSettings, TlsSettings

__all__ = ["Plan", "build_client", "expiry", "show_newest", "tls_context", "topic_of"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is spoken with the broker: settled only once it has answered.

    Parameters
    ----------
    protocol : {"3.1.1", "5"}
        Version of MQTT.
    max_inflight : int
        Messages that may wait for the broker's acknowledgement at once; an MQTT 5 broker may ask for fewer than ours.
    """

    protocol: str
    max_inflight: int


def build_client(settings: MqttSettings, plan: Plan, tls: ssl.SSLContext | None, *, manual_ack: bool) -> paho.Client:
    """Return a client that is ready to start, without its callbacks."""
    is_v5 = plan.protocol == "5"
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        protocol=paho.MQTTv5 if is_v5 else paho.MQTTv311,
        clean_session=None if is_v5 else settings.clean_start,
        manual_ack=manual_ack,
    )
    client.max_inflight_messages = plan.max_inflight
    client.max_queued_messages = settings.max_queued
    client.reconnect_delay_set(settings.first_retry_s, settings.last_retry_s)
    if settings.username:
        client.username_pw_set(settings.username, settings.password or None)
    if tls is not None:
        client.tls_set_context(tls)
    if is_v5:
        client.connect_async(
            settings.host,
            settings.port,
            settings.keepalive_s,
            clean_start=settings.clean_start,
            properties=_connect_properties(settings),
        )
    else:
        client.connect_async(settings.host, settings.port, settings.keepalive_s)
    return client


def _connect_properties(settings: MqttSettings) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # not annotated there
    properties.SessionExpiryInterval = settings.session_expiry_s
    properties.ReceiveMaximum = settings.max_inflight
    return properties


def expiry(plan: Plan, after_s: int | None) -> Properties | None:
    """Return what makes a broker drop a message that nobody fetched in time [s]; nothing on MQTT 3.1.1."""
    if after_s is None or plan.protocol != "5":
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # not annotated there
    properties.MessageExpiryInterval = after_s
    return properties


def topic_of(message: paho.MQTTMessage) -> str:
    """Return the topic of a message, whatever its bytes are."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return "(a topic that is not UTF-8)"


class _ClosingSocket(ssl.SSLSocket):
    """Closes itself when its handshake fails: paho then lets go of it open (``_ssl_wrap_socket`` in 2.1)."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as in the class above it
        """Do it; raise as `ssl.SSLSocket.do_handshake`."""
        try:
            super().do_handshake(block)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except Exception:
            self.close()
            raise


def tls_context(tls: TlsSettings) -> ssl.SSLContext:
    """Return the rules of an encrypted link; raise `OSError` where a file of them cannot be used."""
    context = ssl.create_default_context(cafile=tls.ca_file or None)
    context.sslsocket_class = _ClosingSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.cert_file:
        context.load_cert_chain(tls.cert_file, tls.key_file or None)
    return context


def show_newest(context: ssl.SSLContext | None, tls: TlsSettings | None) -> None:
    """Take this client's certificate, where it has one, from its file again: a renewed one is shown from now on."""
    if context is None or tls is None or not tls.cert_file:
        return
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file or None)
    except OSError as err:
        # The one that was read before may still be good.
        logger.warning("mqtt.certificate_not_read", extra={"file": tls.cert_file, "why": str(err)})
