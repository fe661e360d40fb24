"""The one MQTT session for both ends: nothing else in firewatch touches the client library."""

from __future__ import annotations

from firewatch.mqtt.handle import PublishHandle
from firewatch.mqtt.link import Delivery, LinkState, Presence, SessionCounts, Subscription
from firewatch.mqtt.session import MqttSession
from firewatch.mqtt.settings import MqttSettings, TlsSettings

__all__ = [
    "Delivery",
    "LinkState",
    "MqttSession",
    "MqttSettings",
    "Presence",
    "PublishHandle",
    "SessionCounts",
    "Subscription",
    "TlsSettings",
]
