"""The courier: carries messages from the outbox to the broker, and again until the centre has receipted them."""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from firewatch.domain.ids import MessageId
from firewatch.errors import StoreError, TransportError, WireError
from firewatch.wire import codec, topics
from firewatch_edge.publish.outbox import Outbox, Pending, Priority

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.mqtt import Delivery, LinkState, MqttSession
    from firewatch.wire.v1 import ReceiptV1

__all__ = ["Courier", "CourierSettings"]

logger = logging.getLogger(__name__)

_MOST_PAUSE_S = 600.0
_TROUBLE_PAUSE_S = 1.0
_RECEIPT_QUEUE = 1000
# A message that the centre has passed over this often may no longer hold up the others ...
_PATIENCE = 3
# ... but so many of them may not flood the broker either while nobody answers.
_MOST_WINDOWS = 4
_IDLE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierSettings:
    """How the courier carries.

    Parameters
    ----------
    resend_after_s : float
        A message without a receipt goes out again after this time, then after twice that, up to 10 minutes [s].
    backfill_after_s : float
        Sightings older than this are late: they go to the backfill topic [s].
    sighting_window, picture_window : int
        Messages of each kind on their way without a receipt. Few pictures, so that a new sighting never waits long
        behind them on a thin link.
    """

    resend_after_s: float = 30.0
    backfill_after_s: float = 600.0
    sighting_window: int = 64
    picture_window: int = 4


@dataclass(slots=True)
class _OnItsWay:
    tries: int
    due_at: float


@dataclass(slots=True)
class _Lane:
    """Messages of one sort on their way."""

    priorities: tuple[Priority, ...]
    window: int
    last_seq: int = 0
    on_way: dict[MessageId, _OnItsWay] = field(default_factory=dict)

    def free(self) -> int:
        """Return how many more may be sent."""
        waiting = sum(1 for sent in self.on_way.values() if sent.tries < _PATIENCE)
        return max(0, min(self.window - waiting, self.window * _MOST_WINDOWS - len(self.on_way)))

    def forget(self) -> None:
        """Begin again from the oldest."""
        self.last_seq = 0
        self.on_way.clear()


class Courier:
    """Sends what is in the outbox, oldest first, sightings before pictures, until each has its receipt.

    Give `take_delivery` and `note_link` to the session; `wake` it after each put.

    Parameters
    ----------
    outbox : Outbox
        What there is to send.
    settings : CourierSettings
        How.
    clock : callable returning datetime
        The wall clock, aware, in UTC: tells late sightings from fresh ones.
    """

    def __init__(
        self, outbox: Outbox, settings: CourierSettings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._outbox = outbox
        self._settings = settings
        self._clock = clock
        self._session: MqttSession | None = None
        self._sightings = _Lane((Priority.SIGHTING,), settings.sighting_window)
        self._pictures = _Lane((Priority.CROP,), settings.picture_window)
        self._frames = _Lane((Priority.FRAME,), settings.picture_window)
        self._lanes = (self._sightings, self._pictures, self._frames)
        self._receipts: queue.Queue[tuple[ReceiptV1, ...]] = queue.Queue(_RECEIPT_QUEUE)
        self._unsettled: list[ReceiptV1] = []
        self._wake = threading.Event()
        self._begin_again = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self, session: MqttSession) -> None:
        """Begin to carry over a session, which its owner starts."""
        self._session = session
        self._thread.start()

    def stop(self, within_s: float = 5.0) -> None:
        """End; what has no receipt stays in the outbox."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def wake(self) -> None:
        """Tell that something was put."""
        self._wake.set()

    def note_link(self, state: LinkState) -> None:
        """Take note of the link: after a break everything without a receipt goes out again at once."""
        if state.is_connected:
            self._begin_again.set()
        self._wake.set()

    def take_delivery(self, delivery: Delivery) -> None:
        """Take receipts from the session."""
        try:
            self._receipts.put_nowait(codec.decode_receipts(delivery.payload))
        except WireError as err:
            logger.error("courier.unreadable_receipts", extra={"topic": delivery.topic, "why": str(err)})  # noqa: TRY400 - no fault of ours
        except queue.Full:
            # Their messages go out again and are receipted again.
            logger.warning("courier.receipts_dropped")
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self._wake.wait(self._turn())
            except (StoreError, TransportError) as err:
                logger.warning("courier.trouble", extra={"why": str(err)})
                self._stopping.wait(_TROUBLE_PAUSE_S)
            except Exception:
                logger.exception("courier.failed")
                self._stopping.wait(_TROUBLE_PAUSE_S)
        self._settle_quietly()

    def _settle_quietly(self) -> None:
        try:
            self._settle()
        except StoreError as err:
            logger.warning("courier.trouble", extra={"why": str(err)})

    def _turn(self) -> float:
        """Do all that can be done now; return how long nothing more is due [s]."""
        self._settle()
        if self._session is None or not self._session.state().is_connected:
            return _IDLE_S
        if self._begin_again.is_set():
            self._begin_again.clear()
            for lane in self._lanes:
                lane.forget()
        for lane in self._lanes:
            self._send_again(lane)
        for lane in self._lanes:
            self._send_new(lane)
            if self._outbox.after(lane.last_seq, lane.priorities, 1):
                break  # pictures wait until every sighting is on its way
        return self._next_due_s()

    def _settle(self) -> None:
        while not self._receipts.empty():
            self._unsettled.extend(self._receipts.get_nowait())
        if not self._unsettled:
            return
        self._outbox.settle(self._unsettled)
        for receipt in self._unsettled:
            for lane in self._lanes:
                lane.on_way.pop(MessageId(receipt.message_id), None)
        self._unsettled.clear()

    def _send_new(self, lane: _Lane) -> None:
        for pending in self._outbox.after(lane.last_seq, lane.priorities, lane.free()):
            if pending.message_id not in lane.on_way:
                self._send(lane, pending, tries=1)
            lane.last_seq = pending.seq

    def _send_again(self, lane: _Lane) -> None:
        now = time.monotonic()
        for message_id, sent in list(lane.on_way.items()):
            if sent.due_at > now:
                continue
            pending = self._outbox.get(message_id)
            if pending is None:
                del lane.on_way[message_id]
            else:
                logger.info("courier.sent_again", extra={"message_id": message_id, "tries": sent.tries + 1})
                self._send(lane, pending, tries=sent.tries + 1)

    def _send(self, lane: _Lane, pending: Pending, *, tries: int) -> None:
        if self._session is None:
            return
        self._session.publish(self._topic_now(pending), pending.payload, qos=1)
        pause_s = min(_MOST_PAUSE_S, self._settings.resend_after_s * 2.0 ** (tries - 1))
        lane.on_way[pending.message_id] = _OnItsWay(tries, time.monotonic() + pause_s)

    def _topic_now(self, pending: Pending) -> str:
        late = timedelta(seconds=self._settings.backfill_after_s)
        if pending.priority is not Priority.SIGHTING or self._clock() - pending.put_at <= late:
            return pending.topic
        return topics.backfill_of(pending.topic)

    def _next_due_s(self) -> float:
        dues = [sent.due_at for lane in self._lanes for sent in lane.on_way.values()]
        return max(0.0, min([_IDLE_S, *(due - time.monotonic() for due in dues)]))
