"""Commands to towers as messages of the broker: never retained, and gone when they expire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.mqtt import MqttSession
from firewatch.wire.remote_codec import encode_command
from firewatch.wire.topics import Kind, Topic

if TYPE_CHECKING:
    from firewatch.domain.remote import Command
    from firewatch.mqtt import MqttSettings

__all__ = ["MqttCommands"]

_WITHIN_S = 5.0


class MqttCommands:
    """Fulfils `firewatch.services.command_ports.CommandPost` over a session of its own.

    Parameters
    ----------
    settings : MqttSettings
        The broker, and as whom.
    """

    def __init__(self, settings: MqttSettings) -> None:
        self._session = MqttSession(settings)
        self._session.start()

    def send(self, command: Command, expires_s: int) -> None:
        """Hand a command to the broker, which has it when this returns; raises `TransportError`.

        A broker of MQTT 3.1.1 may bring it late: the node looks at its end, too.
        """
        topic = str(Topic.of_tower(Kind.COMMANDS, command.tower_id))
        self._session.publish(topic, encode_command(command), qos=1, expires_s=expires_s).wait(_WITHIN_S)

    def close(self) -> None:
        """End the session."""
        self._session.stop()
