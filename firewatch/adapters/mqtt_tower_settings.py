"""Settings of towers as retained messages of the broker."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from firewatch.domain.ids import MessageId, make_ulid
from firewatch.mqtt import MqttSession
from firewatch.wire.settings_codec import encode_settings
from firewatch.wire.topics import Kind, Topic

if TYPE_CHECKING:
    from firewatch.domain.ids import TowerId
    from firewatch.domain.tower_settings import TowerSettings
    from firewatch.mqtt import MqttSettings

__all__ = ["MqttTowerSettings"]

_WITHIN_S = 5.0


class MqttTowerSettings:
    """Fulfils `firewatch.services.tower_ratings.TowerSettingsSender` over a session of its own.

    Parameters
    ----------
    settings : MqttSettings
        The broker, and as whom.
    """

    def __init__(self, settings: MqttSettings) -> None:
        self._session = MqttSession(settings)
        self._session.start()

    def send(self, tower_id: TowerId, settings: TowerSettings) -> None:
        """Leave settings for a tower at the broker, which has them when this returns; raises `TransportError`."""
        message_id = MessageId(make_ulid(settings.issued_at, os.urandom(10)))
        topic = str(Topic.of_tower(Kind.SETTINGS, tower_id))
        self._session.publish(topic, encode_settings(settings, message_id), qos=1, retain=True).wait(_WITHIN_S)

    def close(self) -> None:
        """End the session."""
        self._session.stop()
