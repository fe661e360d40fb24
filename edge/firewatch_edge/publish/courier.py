"""The courier: carries messages from the outbox to the broker, and again until the centre has receipted them."""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.ids import MessageId
from firewatch.errors import StoreError, TransportError, WireError
from firewatch.wire import codec, dating, topics
from firewatch.wire.v1 import ReceiptV1
from firewatch_edge.publish.held import Priority

if TYPE_CHECKING:
    from firewatch.mqtt import Delivery, LinkState, MqttSession
    from firewatch_edge.publish.held import Pending
    from firewatch_edge.publish.outbox import Outbox

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
_BEGIN_MS, _END_MS = -(2**62), 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierSettings:
    """How the courier carries.

    Parameters
    ----------
    resend_after_s : float
        A message without a receipt goes out again after this time, then after twice that, up to 10 minutes [s].
    backfill_after_s : float
        Messages older than this are late: they wait behind all fresh ones, the newest of them first, and late sightings
        go to the backfill topic [s].
    sighting_window, picture_window : int
        Messages of each kind on their way without a receipt. Few pictures, so that a new sighting never waits long
        behind them on a thin link.
    """

    resend_after_s: float = 30.0
    backfill_after_s: float = 600.0
    sighting_window: int = 64
    picture_window: int = 4


@dataclass(frozen=True, slots=True)
class _Lane:
    """Messages of one sort; the lanes are served in order, each only when all of the former is on its way."""

    priority: Priority
    window: int
    is_late: bool


@dataclass(slots=True)
class _OnItsWay:
    lane: _Lane
    tries: int
    due_at: float


class Courier:
    """Sends what is in the outbox until each message has its receipt.

    First fresh sightings and their crops, oldest first; then replies; then late sightings, newest first; then the other
    pictures. So an alarm of now, with its picture, never waits behind the back-fill of a week.

    Give `take_delivery` and `note_link` to the session; `wake` it after each put.

    Parameters
    ----------
    outbox : Outbox
        What there is to send.
    settings : CourierSettings
        How.
    """

    def __init__(self, outbox: Outbox, settings: CourierSettings) -> None:
        self._outbox = outbox
        self._settings = settings
        self._session: MqttSession | None = None
        self._lanes = (
            _Lane(Priority.SIGHTING, settings.sighting_window, is_late=False),
            _Lane(Priority.CROP, settings.picture_window, is_late=False),
            _Lane(Priority.REPLY, settings.picture_window, is_late=False),
            _Lane(Priority.SIGHTING, settings.sighting_window, is_late=True),
            _Lane(Priority.REPLY, settings.picture_window, is_late=True),
            _Lane(Priority.FRAME, settings.picture_window, is_late=False),
            _Lane(Priority.CROP, settings.picture_window, is_late=True),
            _Lane(Priority.FRAME, settings.picture_window, is_late=True),
        )
        self._on_way: dict[MessageId, _OnItsWay] = {}
        self._receipts: queue.Queue[tuple[ReceiptV1, ...]] = queue.Queue(_RECEIPT_QUEUE)
        # By message: what is receipted and still in the outbox, because the disk takes no change now.
        self._unsettled: dict[MessageId, ReceiptV1] = {}
        self._wake = threading.Event()
        # How often the link had been made when the last message went out.
        self._link_of_last = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        # When the thread last came round; it does so at least every few seconds.
        self.turned_at_s = time.monotonic()

    def start(self, session: MqttSession) -> None:
        """Begin to carry over a session, which its owner starts."""
        self._session = session
        self.turned_at_s = time.monotonic()
        self._thread.start()

    @property
    def has_begun(self) -> bool:
        """Whether it carries: not before `start`."""
        return self._thread.ident is not None

    def stop(self, within_s: float = 5.0) -> None:
        """End; what has no receipt stays in the outbox."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def silence(self) -> None:
        """Send nothing more, without waiting for the end."""
        self._stopping.set()
        self._wake.set()

    def wake(self) -> None:
        """Tell that something was put."""
        self._wake.set()

    def note_link(self, _state: LinkState) -> None:
        """Take note that the link was made or broke."""
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
            self.turned_at_s = time.monotonic()
            try:
                self._wake.wait(self._turn())
            except (StoreError, TransportError) as err:
                logger.warning("courier.trouble", extra={"why": str(err)})
                self._stopping.wait(_TROUBLE_PAUSE_S)
            except Exception:
                logger.exception("courier.failed")
                self._stopping.wait(_TROUBLE_PAUSE_S)
        self._settle()

    def _turn(self) -> float:
        """Do all that can be done now; return how long nothing more is due [s]."""
        self._settle()
        if self._session is None or not (link := self._session.state()).is_connected:
            return _IDLE_S
        if link.connects != self._link_of_last:
            # After a break everything without a receipt goes out again at once.
            self._link_of_last = link.connects
            self._on_way.clear()
        self._send_again()
        for lane in self._lanes:
            if not self._send_new(lane):
                break
        return self._next_due_s()

    def _settle(self) -> None:
        while not self._receipts.empty():
            for receipt in self._receipts.get_nowait():
                self._unsettled[MessageId(receipt.message_id)] = receipt
                self._on_way.pop(MessageId(receipt.message_id), None)
        if not self._unsettled:
            return
        try:
            self._outbox.settle(self._unsettled.values())
        except StoreError as err:
            # A disk that takes no receipts must not stop what can still be sent.
            logger.warning("courier.not_settled", extra={"why": str(err), "receipts": len(self._unsettled)})
        else:
            self._unsettled.clear()

    def _send_new(self, lane: _Lane) -> bool:
        """Send what the lane's window allows; return whether all of the lane is on its way now."""
        free = self._free(lane)
        since_ms, before_ms = self._ages(lane)
        limit = len(self._on_way) + len(self._unsettled) + free + 1
        waiting = self._outbox.waiting(
            lane.priority, limit, since_ms=since_ms, before_ms=before_ms, is_newest_first=lane.is_late
        )
        unsent = [each for each in waiting if each not in self._on_way and each not in self._unsettled]
        for message_id in unsent[:free]:
            self._send(message_id, lane, tries=1)
        return len(unsent) <= free

    def _free(self, lane: _Lane) -> int:
        tries = [sent.tries for sent in self._on_way.values() if sent.lane is lane]
        hopeful = sum(1 for tried in tries if tried < _PATIENCE)
        return max(0, min(lane.window - hopeful, lane.window * _MOST_WINDOWS - len(tries)))

    def _ages(self, lane: _Lane) -> tuple[int, int]:
        late_before_ms = self._outbox.now_ms() - int(self._settings.backfill_after_s * 1000)
        return (_BEGIN_MS, late_before_ms) if lane.is_late else (late_before_ms, _END_MS)

    def _send_again(self) -> None:
        now = time.monotonic()
        for message_id, sent in list(self._on_way.items()):
            if sent.due_at <= now:
                logger.info("courier.sent_again", extra={"message_id": message_id, "tries": sent.tries + 1})
                self._send(message_id, sent.lane, tries=sent.tries + 1)

    def _send(self, message_id: MessageId, lane: _Lane, *, tries: int) -> None:
        try:
            is_gone = not self._publish(message_id)
        except (ValueError, TypeError, OverflowError, OSError, WireError) as err:
            self._set_aside(message_id, err)
            is_gone = True
        if is_gone:
            self._on_way.pop(message_id, None)
            return
        pause_s = min(_MOST_PAUSE_S, self._settings.resend_after_s * 2.0 ** (tries - 1))
        self._on_way[message_id] = _OnItsWay(lane, tries, time.monotonic() + pause_s)

    def _publish(self, message_id: MessageId) -> bool:
        """Hand a message to the broker; return False where it is not in the outbox any more."""
        pending = self._outbox.get(message_id)
        if pending is None or self._session is None:
            return False
        self._session.publish(*self._as_sent_now(pending), qos=1)
        return True

    def _as_sent_now(self, pending: Pending) -> tuple[str, bytes]:
        """Return topic and payload; a sighting says how old it is, and a late one takes the other way."""
        if pending.priority is not Priority.SIGHTING:
            return pending.topic, pending.payload
        age_s = max(0.0, self._outbox.now_ms() / 1000.0 - pending.put_at.timestamp())
        is_late = age_s > self._settings.backfill_after_s
        topic = topics.backfill_of(pending.topic) if is_late else pending.topic
        return topic, dating.with_age(pending.payload, age_s)

    def _set_aside(self, message_id: MessageId, err: Exception) -> None:
        """Put away a row that went bad on the disk: every later message would wait behind it."""
        logger.error("courier.unsendable", extra={"message_id": message_id, "why": str(err)})
        reason = f"this node cannot send it: {type(err).__name__}: {err}"
        self._outbox.settle([ReceiptV1(message_id=message_id, outcome="quarantined", reason=reason)])

    def _next_due_s(self) -> float:
        dues = [sent.due_at for sent in self._on_way.values()]
        return max(0.0, min([_IDLE_S, *(due - time.monotonic() for due in dues)]))
