"""A broker, a centre with a store in memory, and a node: the transport from end to end."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import msgspec
import pytest

from firewatch.adapters.broker import BrokerAccount, EmbeddedBroker, find_mosquitto
from firewatch.adapters.mqtt_intake import IntakeTuning, MqttIntake
from firewatch.domain.ids import TowerId
from firewatch.errors import StoreError, WireError
from firewatch.testing.builders import a_ulid
from firewatch.wire import codec, topics
from firewatch.wire.v1 import ReceiptV1
from firewatch_edge.publish import CourierSettings, OutboxPublisher, PublishSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from firewatch.mqtt import MqttSettings
    from firewatch.services.ports import Arrived, BatchTaker

TOWER = TowerId("tower-a")
BROKERS = ["mosquitto", "amqtt"]


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class LedgerTaker:
    """A store in memory: idempotent, and told to fail, or to keep a receipt to itself, as a test wants."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.messages: dict[str, bytes] = {}
        self.arrivals: dict[str, int] = {}
        self.topics: list[str] = []
        self.unnamed: list[Arrived] = []
        self.unreadable: list[Arrived] = []
        self.batches: list[int] = []
        self.failures_left = 0
        self.receipts_to_lose = 0

    def take(self, batch: Sequence[Arrived]) -> Mapping[TowerId, tuple[ReceiptV1, ...]]:
        with self.lock:
            self.batches.append(len(batch))
            if self.failures_left:
                self.failures_left -= 1
                msg = "the disk is full"
                raise StoreError(msg)
            receipts: dict[TowerId, list[ReceiptV1]] = {}
            for arrived in batch:
                tower_id, receipt = topics.parse(arrived.topic).tower_id, self._take_one(arrived)
                if tower_id and receipt:
                    receipts.setdefault(tower_id, []).append(receipt)
            return {tower_id: tuple(named) for tower_id, named in receipts.items()}

    def _take_one(self, arrived: Arrived) -> ReceiptV1 | None:
        message_id = codec.message_id_of(arrived.payload)
        if message_id is None:
            self.unnamed.append(arrived)
            return None
        self.messages.setdefault(message_id, arrived.payload)
        self.arrivals[message_id] = self.arrivals.get(message_id, 0) + 1
        self.topics.append(arrived.topic)
        if self.receipts_to_lose:
            self.receipts_to_lose -= 1
            return None
        try:
            if topics.parse(arrived.topic).kind in (topics.Kind.SIGHTINGS, topics.Kind.BACKFILL):
                codec.decode_sighting(arrived.payload)
        except WireError as err:
            self.unreadable.append(arrived)
            return ReceiptV1(message_id=message_id, outcome="quarantined", reason=str(err)[:500])
        return ReceiptV1(message_id=message_id, outcome="stored")

    def sightings(self) -> list[tuple[str, int]]:
        """Return (sighting id, revision) of each stored message, sorted; a doubled one is there twice."""
        with self.lock:
            kept = [codec.decode_sighting(payload).value for payload in self.messages.values() if payload[:1] == b"{"]
        return sorted((sighting.sighting_id, sighting.revision) for sighting in kept)


class Rig:
    """Everything that one test of the transport needs; ends what it began."""

    def __init__(self, folder: Path, kind: Literal["mosquitto", "amqtt"]) -> None:
        self.folder = folder
        self.centre = BrokerAccount.of_centre()
        self.tower = BrokerAccount.of_tower(TOWER)
        self.broker = EmbeddedBroker(folder / "broker", [self.centre, self.tower], kind=kind)
        self.outbox = folder / "outbox.sqlite"
        self._ends: list[Callable[[], None]] = [self.broker.stop]
        self.broker.start()

    def settings(self, client_id: str, *, is_tower: bool = False) -> MqttSettings:
        # The default of 30 s between tries is for the field.
        account = self.tower if is_tower else self.centre
        return msgspec.structs.replace(self.broker.settings_for(account, client_id), last_retry_s=1)

    def begin_intake(self, taker: BatchTaker, tuning: IntakeTuning | None = None) -> MqttIntake:
        intake = MqttIntake(self.settings("central"), taker, SystemClock(), tuning)
        intake.start()
        self._ends.append(intake.stop)
        intake.wait_ready(20.0)
        return intake

    def publish_settings(self, **courier: float) -> PublishSettings:
        return PublishSettings(
            tower_id=TOWER,
            outbox=self.outbox,
            mqtt=self.settings("node", is_tower=True),
            courier=CourierSettings(**{"resend_after_s": 1.0} | courier),  # type: ignore[arg-type]
        )

    def begin_node(self, clock: Callable[[], datetime] | None = None, **courier: float) -> OutboxPublisher:
        settings = self.publish_settings(**courier)
        boot_id = a_ulid("boot", 1)
        node = OutboxPublisher(settings, boot_id, clock) if clock else OutboxPublisher(settings, boot_id)
        self._ends.append(node.close)
        return node

    def end(self) -> None:
        for end in reversed(self._ends):
            end()


def until(condition: Callable[[], bool], within_s: float = 30.0) -> None:
    """Wait until something holds, or fail."""
    ends_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends_at, f"did not come true within {within_s} s"
        time.sleep(0.01)


@pytest.fixture(params=BROKERS)
def broker_kind(request: pytest.FixtureRequest) -> Literal["mosquitto", "amqtt"]:
    """Each broker in turn; skips Mosquitto where it is not installed."""
    if request.param == "mosquitto" and find_mosquitto() is None:
        pytest.skip("mosquitto is not installed (Debian: apt install mosquitto)")
    kind: Literal["mosquitto", "amqtt"] = request.param
    return kind


@pytest.fixture
def rig(tmp_path: Path, broker_kind: Literal["mosquitto", "amqtt"]) -> Iterator[Rig]:
    """Start a broker, and give the way to begin a centre and a node."""
    made = Rig(tmp_path, broker_kind)
    yield made
    made.end()


@pytest.fixture
def mosquitto_rig(tmp_path: Path) -> Iterator[Rig]:
    """Start Mosquitto, for what only it can."""
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed (Debian: apt install mosquitto)")
    made = Rig(tmp_path, "mosquitto")
    yield made
    made.end()


@pytest.fixture
def taker() -> LedgerTaker:
    """Return an empty store."""
    return LedgerTaker()


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Wait until something holds, or fail."""
    return until
