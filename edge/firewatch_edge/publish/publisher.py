"""The publisher: keeps what the node decided on the disk and has it carried to the centre."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from firewatch.domain.ids import MessageId, TowerId, make_ulid
from firewatch.domain.vision import EvidenceKind
from firewatch.errors import StoreError, TransportError
from firewatch.mqtt import LinkState, MqttSession, MqttSettings, Presence, Subscription
from firewatch.wire import codec
from firewatch.wire.remote_codec import encode_reply
from firewatch.wire.topics import Kind, Topic
from firewatch_edge.publish.claims import Claim, ClaimWatch
from firewatch_edge.publish.clock_watch import ClockWatch
from firewatch_edge.publish.courier import Courier, CourierSettings
from firewatch_edge.publish.held import OutboxCounts, Priority
from firewatch_edge.publish.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Literal

    from firewatch.domain.node import Vitals
    from firewatch.domain.remote import Reply
    from firewatch.domain.vision import ClockState, Evidence, Sighting
    from firewatch.mqtt import Delivery, PublishHandle

__all__ = ["OutboxPublisher", "PublishSettings"]

logger = logging.getLogger(__name__)

_ULID_RANDOM_BYTES = 10
_CLAIM_END_S = 10.0


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
    on_settings : callable taking bytes, optional
        Takes the centre's settings as they come, on the session's thread; must not raise.
    on_command : callable taking a Delivery, optional
        Takes the centre's commands in the same way.

    Raises
    ------
    StoreError
        If the outbox cannot be opened.
    BrokerUnavailable
        If the files of an encrypted link cannot be used. A broker that is merely away is waited for.
    """

    def __init__(
        self,
        settings: PublishSettings,
        boot_id: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_settings: Callable[[bytes], None] | None = None,
        on_command: Callable[[Delivery], None] | None = None,
    ) -> None:
        self._settings = settings
        self._on_settings = on_settings
        self._on_command = on_command
        self._command_topic = str(Topic.of_tower(Kind.COMMANDS, settings.tower_id))
        self._live: PublishHandle | None = None
        self._settings_topic = str(Topic.of_tower(Kind.SETTINGS, settings.tower_id))
        self._boot_id = boot_id
        self._clock = clock
        self._clock_watch = ClockWatch(clock, time.monotonic)
        self._outbox = Outbox(settings.outbox, most_bytes=settings.most_bytes, clock=clock)
        self._courier = Courier(self._outbox, settings.courier)
        self._status_topic = str(Topic.of_tower(Kind.STATUS, settings.tower_id))
        self._claimant: str | None = None
        self._told_claimant: str | None = None
        self._is_speaking = False
        self._stopping = threading.Event()
        own_boots = self._own_boots()
        self._claim = Claim(
            settings.mqtt, settings.tower_id, boot_id, own_boots, lambda claimant: self._status("stopped", claimant)
        )
        self._claimants = ClaimWatch(boot_id, own_boots, self._say_again, self._yield_to)
        self._session = self._make_session()
        try:
            self._claim.start()
        except TransportError:
            self._outbox.close()
            raise
        self._beginner = threading.Thread(target=self._begin, name="claim", daemon=True)
        self._beginner.start()

    def _make_session(self) -> MqttSession:
        topics = [str(Topic.of_tower(Kind.RECEIPTS, self._settings.tower_id)), self._status_topic]
        if self._on_settings is not None:
            topics.append(self._settings_topic)
        if self._on_command is not None:
            topics.append(self._command_topic)
        return MqttSession(
            self._settings.mqtt,
            subscriptions=[Subscription(topic) for topic in topics],
            receiver=self._take_delivery,
            on_link=self._courier.note_link,
            presence=Presence(
                self._status_topic,
                birth=lambda: self._status("online"),
                will=lambda: self._status("lost"),
                farewell=lambda: self._status("stopped"),
            ),
        )

    def _own_boots(self) -> tuple[str, ...]:
        try:
            return self._outbox.note_boot(self._boot_id)
        except StoreError as err:
            # On a full disk it takes its own last start for another node's, and waits until the broker gives that up.
            logger.warning("publish.boot_not_noted", extra={"why": str(err)})
            return ()

    def _begin(self) -> None:
        """Speak once it is sure that no other node lives under the tower's name; until then the outbox fills."""
        self._claimant = self._claim.settle(self._stopping)
        if self._claimant is not None:
            logger.critical("node.refused", extra={"claimant_boot_id": self._claimant})
        elif not self._stopping.is_set():
            self._is_speaking = True
            self._session.start()
            self._courier.start(self._session)

    def _take_delivery(self, delivery: Delivery) -> None:
        if delivery.topic == self._status_topic:
            self._claimants.hear(delivery)
        elif self._on_settings is not None and delivery.topic == self._settings_topic:
            self._on_settings(delivery.payload)
        elif self._on_command is not None and delivery.topic == self._command_topic:
            self._on_command(delivery)
        else:
            self._courier.take_delivery(delivery)

    def _say_again(self, claimant: str | None) -> None:
        self._told_claimant = claimant or self._told_claimant
        try:
            self._session.publish(self._status_topic, self._status("online"), qos=1, retain=True)
        except TransportError as err:
            logger.warning("publish.status_not_said", extra={"why": str(err)})

    def _yield_to(self, claimant: str) -> None:
        # The node ends by it; the courier must not go on meanwhile.
        self._claimant = claimant
        self._courier.silence()

    def sighting(self, sighting: Sighting) -> None:
        """Keep one revision of a sighting until the centre's receipt; durable when it returns."""
        message_id = self._new_id()
        topic = Topic.of_camera(Kind.SIGHTINGS, sighting.tower_id, sighting.camera_id)
        payload = codec.encode_sighting(self._dated(sighting), message_id)
        self._outbox.put(message_id, str(topic), payload, Priority.SIGHTING)
        self._courier.wake()

    def evidence(self, evidence: Evidence) -> None:
        """Keep a picture until the centre's receipt; durable when it returns."""
        message_id = self._new_id()
        topic = Topic.of_camera(Kind.EVIDENCE, evidence.tower_id, evidence.camera_id)
        priority = Priority.CROP if evidence.kind is EvidenceKind.CROP else Priority.FRAME
        self._outbox.put(message_id, str(topic), codec.encode_evidence(evidence, message_id), priority)
        self._courier.wake()

    def reply(self, reply: Reply) -> None:
        """Keep a reply to a command until the centre's receipt; durable when it returns. Raises `StoreError`."""
        message_id = self._new_id()
        topic = str(Topic.of_tower(Kind.REPLIES, self._settings.tower_id))
        self._outbox.put(message_id, topic, encode_reply(reply, message_id), Priority.REPLY)
        self._courier.wake()

    def live(self, picture: Evidence) -> bool:
        """Send a picture of a live look, as well as the link allows; return whether it was sent. Never waits.

        Each waits in the link's buffer alone: while one has not gone out, no other is sent.
        """
        topic = str(Topic.of_camera(Kind.LIVE, picture.tower_id, picture.camera_id))
        if self._live is not None and not self._live.has_ended:
            return False
        try:
            self._live = self._session.publish(topic, codec.encode_evidence(picture, self._new_id()), qos=0)
        except TransportError as err:
            logger.debug("publish.live_not_sent", extra={"why": str(err)})
            return False
        return True

    def clock_state(self) -> ClockState:
        """Return how far the wall clock is to be believed now."""
        return self._clock_watch.look()

    def sighting_unkept(self, sighting: Sighting) -> bool:
        """Send a revision that the disk refuses, without keeping it; return whether the link took it. Never raises."""
        topic = str(Topic.of_camera(Kind.SIGHTINGS, sighting.tower_id, sighting.camera_id))
        try:
            self._session.publish(topic, codec.encode_sighting(self._dated(sighting), self._new_id()), qos=1)
        except TransportError as err:
            logger.warning("publish.unkept_not_sent", extra={"sighting_id": sighting.sighting_id, "why": str(err)})
            return False
        return True

    def vitals(self, vitals: Vitals) -> None:
        """Send the node's state, as well as the link allows; never raises and never waits for the link."""
        topic = str(Topic.of_tower(Kind.VITALS, self._settings.tower_id))
        self._clock_watch.look()  # at each report, so that a slow drift is never taken for a jump
        try:
            self._session.publish(topic, codec.encode_vitals(vitals), qos=0)
        except TransportError as err:
            logger.debug("publish.vitals_not_sent", extra={"why": str(err)})

    def depth(self) -> int:
        """Return the number of messages without a receipt."""
        return self._outbox.depth()

    def oldest_s(self) -> float | None:
        """Return the age of the oldest message without a receipt [s]; None where there is none."""
        return self._outbox.oldest_s()

    def turned_at_s(self) -> float:
        """Return the monotonic time at which the courier last came round [s]; now, while it may not speak yet."""
        return self._courier.turned_at_s if self._courier.has_begun else time.monotonic()

    def counts(self) -> OutboxCounts:
        """Return what became of messages, and what is held."""
        return self._outbox.counts()

    def link(self) -> LinkState:
        """Return how the link to the broker is."""
        return self._session.state() if self._is_speaking else self._claim.state()

    def claimant(self) -> str | None:
        """Return the start of another node under this tower's name to which this one gives way; None without one."""
        return self._claimant

    def close(self) -> None:
        """Stop in order: the status becomes "stopped"; what has no receipt stays on the disk."""
        self._stopping.set()
        self._beginner.join(_CLAIM_END_S)
        self._courier.stop()
        # Before a claimant no farewell: the broker would keep it in the place of the other's word.
        self._session.stop(None if self._claimant is not None else 2.0)
        self._outbox.close()

    def _dated(self, sighting: Sighting) -> Sighting:
        return replace(sighting, clock=self._clock_watch.look())

    def _new_id(self) -> MessageId:
        return MessageId(make_ulid(self._clock(), os.urandom(_ULID_RANDOM_BYTES)))

    def _status(self, state: Literal["online", "stopped", "lost"], claimant: str | None = None) -> bytes:
        named = claimant or (self._told_claimant if state == "online" else None)
        return codec.encode_status(state, self._clock(), self._boot_id, self._settings.software, named)
