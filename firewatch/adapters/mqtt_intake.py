"""The centre's ear: takes messages from the broker, and lets it forget them only when they are stored and receipted."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from msgspec import structs

from firewatch.errors import StoreError, TransportError
from firewatch.mqtt import Delivery, LinkState, MqttSession, MqttSettings, Subscription
from firewatch.services.ports import Arrived, Oversize
from firewatch.wire import codec
from firewatch.wire.topics import ALL_OF, Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firewatch.domain.ids import TowerId
    from firewatch.services.ports import BatchTaker, Clock
    from firewatch.wire.v1 import ReceiptV1

__all__ = ["IntakeCounts", "IntakeTuning", "MqttIntake"]

logger = logging.getLogger(__name__)

_LIVE = (Kind.SIGHTINGS, Kind.EVIDENCE, Kind.STATUS, Kind.VITALS, Kind.OBSERVATIONS, Kind.REPLIES)
_WAIT_S = 0.5
_MOST_RECEIPTS = 1000
_STOP_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeTuning:
    """How much is taken at once.

    Parameters
    ----------
    most_messages, most_bytes, within_s
        A batch ends at any of them; `within_s` counts from its first message [s].
    held_messages, held_bytes
        What may wait in memory; beyond it the link is not read, so that the broker holds back.
    kept_of_oversize : int
        First bytes kept of a message that is too large to read.
    first_pause_s, last_pause_s : float
        Pauses between tries while the store fails, doubling from the first to the last [s].
    """

    most_messages: int = 500
    most_bytes: int = 8_000_000
    within_s: float = 0.02
    held_messages: int = 5000
    held_bytes: int = 64_000_000
    kept_of_oversize: int = 65_536
    first_pause_s: float = 0.1
    last_pause_s: float = 5.0


@dataclass(frozen=True, slots=True)
class IntakeCounts:
    """What the intake did since its start.

    Parameters
    ----------
    taken, batches : int
        Messages and batches that were stored, receipted and acknowledged.
    store_failures : int
        Tries that the store refused; each was followed by another.
    skipped : int
        Messages that made the taker fail in an unforeseen way: neither receipted nor acknowledged, so they come again.
    oversized : int
        Messages that were too large to read.
    dropped_vitals : int
        Unconfirmed messages for which there was no room.
    """

    taken: int = 0
    batches: int = 0
    store_failures: int = 0
    skipped: int = 0
    oversized: int = 0
    dropped_vitals: int = 0

    def __add__(self, other: IntakeCounts) -> IntakeCounts:
        """Add the counts of two lanes."""
        return IntakeCounts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


class MqttIntake:
    """Takes messages from the broker and hands them to the service in batches.

    The order for each batch is: commit (`taker.take` returns), receipts, acknowledgement to the broker. What was not
    stored is neither receipted nor acknowledged, so both the broker and the node bring it again.

    Two sessions: one for what is fresh, and one for late sightings, which yields to the first.

    Parameters
    ----------
    settings : MqttSettings
        The broker; "-live" and "-late" are added to the client id.
    taker : BatchTaker
        Stores; called by one thread at a time.
    clock : Clock
        Gives the time of receipt.
    tuning : IntakeTuning, optional
        How much at once.
    """

    def __init__(
        self, settings: MqttSettings, taker: BatchTaker, clock: Clock, tuning: IntakeTuning | None = None
    ) -> None:
        turn = _Turn(taker, threading.Lock())
        used = tuning or IntakeTuning()
        self._live = _Lane(_named(settings, "live"), _LIVE, turn, clock, used)
        self._late = _Lane(_named(settings, "late"), (Kind.BACKFILL,), turn, clock, used, yields_to=self._live)
        self._lanes = (self._live, self._late)

    def start(self) -> None:
        """Begin, and return at once."""
        for lane in self._lanes:
            lane.start()

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until both sessions hear; raise `BrokerUnavailable` if that takes longer."""
        ends_at = time.monotonic() + timeout_s
        for lane in self._lanes:
            lane.session.wait_ready(max(0.0, ends_at - time.monotonic()))

    def stop(self) -> None:
        """End in order: the batch at hand is finished, the rest stays with the broker and the nodes."""
        for lane in self._lanes:
            lane.begin_to_stop()
        for lane in self._lanes:
            lane.stop()

    def links(self) -> tuple[LinkState, LinkState]:
        """Return how the links for fresh and for late messages are."""
        return self._live.session.state(), self._late.session.state()

    def counts(self) -> IntakeCounts:
        """Return what was done since the start."""
        return self._live.counts + self._late.counts


def _named(settings: MqttSettings, ending: str) -> MqttSettings:
    return structs.replace(settings, client_id=f"{settings.client_id}-{ending}")


@dataclass(frozen=True, slots=True)
class _Turn:
    """The taker, one thread at a time: there is one writer."""

    taker: BatchTaker
    lock: threading.Lock


@dataclass(frozen=True, slots=True)
class _Waiting:
    delivery: Delivery
    arrived: Arrived

    @property
    def size(self) -> int:
        return len(self.arrived.payload)


@dataclass(slots=True)
class _Inbox:
    """Messages in memory, bounded in number and bytes."""

    tuning: IntakeTuning
    waiting: deque[_Waiting] = field(default_factory=deque)
    held_bytes: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def has_room(self) -> bool:
        return len(self.waiting) < self.tuning.held_messages and self.held_bytes < self.tuning.held_bytes

    def put(self, message: _Waiting, stopping: threading.Event) -> bool:
        """Wait for room and keep a message; return False for one that needs no room or when stopping."""
        with self.changed:
            while not self.has_room():
                if message.delivery.qos == 0 or stopping.is_set():
                    return False
                self.changed.wait(_WAIT_S)
            self.waiting.append(message)
            self.held_bytes += message.size
            self.changed.notify_all()
        return True

    def take(self) -> list[_Waiting]:
        """Return a batch, or nothing when there was nothing for a while."""
        with self.changed:
            self.changed.wait_for(lambda: bool(self.waiting), _WAIT_S)
            if not self.waiting:
                return []
            self.changed.wait_for(self._is_full_batch, self.tuning.within_s)
            batch: list[_Waiting] = []
            size = 0
            while self.waiting and len(batch) < self.tuning.most_messages and size < self.tuning.most_bytes:
                batch.append(self.waiting.popleft())
                size += batch[-1].size
            self.held_bytes -= size
            self.changed.notify_all()
        return batch

    def _is_full_batch(self) -> bool:
        return len(self.waiting) >= self.tuning.most_messages or self.held_bytes >= self.tuning.most_bytes


class _Lane:
    """One session, its inbox and the thread that empties it."""

    def __init__(
        self,
        settings: MqttSettings,
        kinds: Sequence[Kind],
        turn: _Turn,
        clock: Clock,
        tuning: IntakeTuning,
        yields_to: _Lane | None = None,
    ) -> None:
        self.session = MqttSession(
            settings,
            subscriptions=[Subscription(ALL_OF[kind], 0 if kind is Kind.VITALS else 1) for kind in kinds],
            receiver=self._receive,
            manual_ack=True,
        )
        self.counts = IntakeCounts()
        self._counting = threading.Lock()
        self._turn = turn
        self._clock = clock
        self._tuning = tuning
        self._yields_to = yields_to
        self._inbox = _Inbox(tuning)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"intake-{settings.client_id}", daemon=True)

    def start(self) -> None:
        self.session.start()
        self._thread.start()

    def begin_to_stop(self) -> None:
        self._stopping.set()

    def stop(self) -> None:
        self.begin_to_stop()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)
        self.session.stop()

    def is_busy(self) -> bool:
        return bool(self._inbox.waiting)

    def _receive(self, delivery: Delivery) -> None:
        payload, oversize = delivery.payload, None
        if len(payload) > codec.MOST_BYTES:
            oversize = Oversize(len(payload), hashlib.sha256(payload).hexdigest())
            payload = payload[: self._tuning.kept_of_oversize]
            delivery = replace(delivery, payload=b"")
            self._count(oversized=1)
        arrived = Arrived(delivery.topic, payload, self._clock.now(), oversize)
        if not self._inbox.put(_Waiting(delivery, arrived), self._stopping):
            self._count(dropped_vitals=1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._yield()
            batch = self._inbox.take()
            if batch:
                self._carry(batch)

    def _yield(self) -> None:
        # At most half a second for each batch: what is late must get through too.
        ends_at = time.monotonic() + _WAIT_S
        while self._yields_to is not None and self._yields_to.is_busy() and time.monotonic() < ends_at:
            self._stopping.wait(self._tuning.within_s)

    def _carry(self, batch: list[_Waiting]) -> None:
        """Commit, then receipts, then acknowledgements; until it is done or the intake stops."""
        pause_s = self._tuning.first_pause_s
        while not self._stopping.is_set():
            try:
                with self._turn.lock:
                    receipts = self._turn.taker.take([message.arrived for message in batch])
            except StoreError as err:
                self._count(store_failures=1)
                logger.error("intake.store_failed", extra={"why": str(err), "batch": len(batch)})  # noqa: TRY400 - the store logs its trace
                self._stopping.wait(pause_s)
                pause_s = min(2.0 * pause_s, self._tuning.last_pause_s)
            except Exception:
                logger.exception("intake.taker_failed", extra={"batch": len(batch)})
                self._part(batch)
                return
            else:
                self._finish(batch, receipts)
                return

    def _part(self, batch: list[_Waiting]) -> None:
        """Find the message that the taker cannot bear, so that the others get through."""
        if len(batch) == 1:
            logger.error("intake.skipped", extra={"topic": batch[0].arrived.topic, "size": batch[0].size})
            self._count(skipped=1)
            self._stopping.wait(self._tuning.first_pause_s)
            return
        middle = len(batch) // 2
        self._carry(batch[:middle])
        self._carry(batch[middle:])

    def _finish(self, batch: list[_Waiting], receipts: Mapping[TowerId, tuple[ReceiptV1, ...]]) -> None:
        try:
            for tower_id, of_tower in receipts.items():
                self._publish_receipts(tower_id, of_tower)
        except TransportError as err:
            # The link is gone, and with it the right to acknowledge: everything comes again and is receipted again.
            logger.warning("intake.receipts_not_sent", extra={"why": str(err)})
            return
        for message in batch:
            self.session.acknowledge(message.delivery)
        self._count(taken=len(batch), batches=1)

    def _publish_receipts(self, tower_id: TowerId, receipts: tuple[ReceiptV1, ...]) -> None:
        topic = str(Topic.of_tower(Kind.RECEIPTS, tower_id))
        for first in range(0, len(receipts), _MOST_RECEIPTS):
            self.session.publish(topic, codec.encode_receipts(receipts[first : first + _MOST_RECEIPTS]))

    def _count(self, **more: int) -> None:
        # Two threads count: the session's and the lane's.
        with self._counting:
            self.counts += IntakeCounts(**more)
