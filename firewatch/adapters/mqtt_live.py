"""Live looks: the latest picture of each camera, heard from the broker and kept in memory only."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from msgspec import structs

from firewatch.errors import DomainError, WireError
from firewatch.mqtt import MqttSession, Subscription
from firewatch.services.command_ports import LivePicture
from firewatch.wire import codec, topics
from firewatch.wire.topics import ALL_OF, Kind

if TYPE_CHECKING:
    from firewatch.domain.ids import CameraId, TowerId
    from firewatch.mqtt import Delivery, MqttSettings
    from firewatch.services.ports import Clock

__all__ = ["MqttLive"]

logger = logging.getLogger(__name__)

# Of so many cameras at once the latest picture is kept, at most a third of a megabyte each.
_MOST_CAMERAS = 64
_MOST_BYTES = 350_000


class MqttLive:
    """Fulfils `firewatch.services.command_ports.LivePictures` over a session of its own.

    Nothing waits for it at the broker while it is away: a live picture of yesterday is none.

    Parameters
    ----------
    settings : MqttSettings
        The broker, and as whom.
    clock : Clock
        Gives the time of receipt.
    """

    def __init__(self, settings: MqttSettings, clock: Clock) -> None:
        self._clock = clock
        self._latest: dict[tuple[TowerId, CameraId], LivePicture] = {}
        self._lock = threading.Lock()
        self._session = MqttSession(
            structs.replace(settings, clean_start=True, session_expiry_s=0),
            subscriptions=[Subscription(ALL_OF[Kind.LIVE], 0)],
            receiver=self._receive,
        )
        self._session.start()

    def latest(self, tower_id: TowerId, camera_id: CameraId) -> LivePicture | None:
        """Return the latest picture of a camera; None where none came in this run of the program."""
        with self._lock:
            return self._latest.get((tower_id, camera_id))

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until it hears; raise `BrokerUnavailable` if that takes longer."""
        self._session.wait_ready(timeout_s)

    def close(self) -> None:
        """End the session."""
        self._session.stop()

    def _receive(self, delivery: Delivery) -> None:
        try:
            topic = topics.parse(delivery.topic)
            if topic.tower_id is None or topic.camera_id is None or len(delivery.payload) > _MOST_BYTES:
                return
            evidence = codec.decode_evidence(delivery.payload, topic.tower_id, topic.camera_id).value
        except (WireError, DomainError, ValueError) as err:
            logger.warning("live.unreadable", extra={"topic": delivery.topic[:200], "why": str(err)[:200]})
            return
        picture = LivePicture(evidence.jpeg, evidence.stamp.captured_at, self._clock.now())
        with self._lock:
            self._latest.pop((topic.tower_id, topic.camera_id), None)
            self._latest[topic.tower_id, topic.camera_id] = picture
            while len(self._latest) > _MOST_CAMERAS:
                self._latest.pop(next(iter(self._latest)))
