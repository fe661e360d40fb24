"""The publisher: keeps what the node decided on the disk and has it carried to the centre."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from firewatch.domain.ids import MessageId, TowerId, make_ulid
from firewatch.domain.vision import EvidenceKind
from firewatch.errors import TransportError
from firewatch.mqtt import LinkState, MqttSession, MqttSettings, Presence, Subscription
from firewatch.wire import codec
from firewatch.wire.topics import Kind, Topic
from firewatch_edge.publish.courier import Courier, CourierSettings
from firewatch_edge.publish.outbox import Outbox, OutboxCounts, Priority

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Literal

    from firewatch.domain.node import Vitals
    from firewatch.domain.vision import Evidence, Sighting

__all__ = ["OutboxPublisher", "PublishSettings"]

logger = logging.getLogger(__name__)

_ULID_RANDOM_BYTES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishSettings:
    """Where a node keeps its messages and how it sends them.

    Parameters
    ----------
    tower_id : TowerId
        The tower that the node serves.
    outbox : Path
        The file of the outbox.
    mqtt : MqttSettings
        The broker.
    most_bytes : int
        What the outbox may take on the disk before pictures are dropped.
    courier : CourierSettings
        How messages are sent again.
    software : str
        Name and version, told in the status.
    """

    tower_id: TowerId
    outbox: Path
    mqtt: MqttSettings
    most_bytes: int = 2_000_000_000
    courier: CourierSettings = field(default_factory=CourierSettings)
    software: str = "firewatch-edge"


class OutboxPublisher:
    """Fulfils `firewatch_edge.publish.port.Publisher` by a disk outbox and one MQTT session.

    Parameters
    ----------
    settings : PublishSettings
        Where and how.
    boot_id : str
        ULID of this start of the node, the same as in its vitals.
    clock : callable returning datetime
        The wall clock, aware, in UTC.

    Raises
    ------
    StoreError
        If the outbox cannot be opened.
    BrokerUnavailable
        If the files of an encrypted link cannot be used. A broker that is merely away is waited for.
    """

    def __init__(
        self, settings: PublishSettings, boot_id: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._settings = settings
        self._boot_id = boot_id
        self._clock = clock
        self._outbox = Outbox(settings.outbox, most_bytes=settings.most_bytes, clock=clock)
        self._courier = Courier(self._outbox, settings.courier, clock)
        self._session = MqttSession(
            settings.mqtt,
            subscriptions=[Subscription(str(Topic.of_tower(Kind.RECEIPTS, settings.tower_id)))],
            receiver=self._courier.take_delivery,
            on_link=self._courier.note_link,
            presence=Presence(
                str(Topic.of_tower(Kind.STATUS, settings.tower_id)),
                birth=lambda: self._status("online"),
                will=lambda: self._status("lost"),
                farewell=lambda: self._status("stopped"),
            ),
        )
        self._session.start()
        self._courier.start(self._session)

    def sighting(self, sighting: Sighting) -> None:
        """Keep one revision of a sighting until the centre's receipt; durable when it returns."""
        message_id = self._new_id()
        topic = Topic.of_camera(Kind.SIGHTINGS, sighting.tower_id, sighting.camera_id)
        self._outbox.put(message_id, str(topic), codec.encode_sighting(sighting, message_id), Priority.SIGHTING)
        self._courier.wake()

    def evidence(self, evidence: Evidence) -> None:
        """Keep a picture until the centre's receipt; durable when it returns."""
        message_id = self._new_id()
        topic = Topic.of_camera(Kind.EVIDENCE, evidence.tower_id, evidence.camera_id)
        priority = Priority.CROP if evidence.kind is EvidenceKind.CROP else Priority.FRAME
        self._outbox.put(message_id, str(topic), codec.encode_evidence(evidence, message_id), priority)
        self._courier.wake()

    def sighting_unkept(self, sighting: Sighting) -> bool:
        """Send a revision that the disk refuses, without keeping it; return whether the link took it. Never raises."""
        topic = str(Topic.of_camera(Kind.SIGHTINGS, sighting.tower_id, sighting.camera_id))
        try:
            self._session.publish(topic, codec.encode_sighting(sighting, self._new_id()), qos=1)
        except TransportError as err:
            logger.warning("publish.unkept_not_sent", extra={"sighting_id": sighting.sighting_id, "why": str(err)})
            return False
        return True

    def vitals(self, vitals: Vitals) -> None:
        """Send the node's state, as well as the link allows; never raises and never waits for the link."""
        topic = str(Topic.of_tower(Kind.VITALS, self._settings.tower_id))
        try:
            self._session.publish(topic, codec.encode_vitals(vitals), qos=0)
        except TransportError as err:
            logger.debug("publish.vitals_not_sent", extra={"why": str(err)})

    def depth(self) -> int:
        """Return the number of messages without a receipt."""
        return self._outbox.depth()

    def oldest_s(self) -> float | None:
        """Return the age of the oldest message without a receipt [s]; None where there is none."""
        put_at = self._outbox.oldest_at()
        return None if put_at is None else max(0.0, (self._clock() - put_at).total_seconds())

    def turned_at_s(self) -> float:
        """Return the monotonic time at which the courier last came round [s]."""
        return self._courier.turned_at_s

    def counts(self) -> OutboxCounts:
        """Return what became of messages, and what is held."""
        return self._outbox.counts()

    def link(self) -> LinkState:
        """Return how the link to the broker is."""
        return self._session.state()

    def close(self) -> None:
        """Stop in order: the status becomes "stopped"; what has no receipt stays on the disk."""
        self._courier.stop()
        self._session.stop()
        self._outbox.close()

    def _new_id(self) -> MessageId:
        return MessageId(make_ulid(self._clock(), os.urandom(_ULID_RANDOM_BYTES)))

    def _status(self, state: Literal["online", "stopped", "lost"]) -> bytes:
        return codec.encode_status(state, self._clock(), self._boot_id, self._settings.software)
