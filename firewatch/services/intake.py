"""Everything that arrives is stored or kept in quarantine, and then receipted."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from firewatch.domain.ids import MessageId, TowerId
from firewatch.errors import DomainError, MalformedMessage, StoreError, WireError
from firewatch.services.dates import redated
from firewatch.services.ports import (
    EvidenceArrived,
    ObservationArrived,
    Quarantined,
    ReplyArrived,
    SightingArrived,
    StatusArrived,
    VitalsArrived,
)
from firewatch.wire import codec, remote_codec, topics
from firewatch.wire.topics import Kind
from firewatch.wire.v1 import ReceiptV1

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firewatch.services.ports import Arrived, EvidenceFiles, Held, IntakeItem, IntakeWriter, QuarantineBook
    from firewatch.wire.topics import Topic

__all__ = ["Intake", "Retried"]

logger = logging.getLogger(__name__)

# What a decoder may raise on bytes of any kind: its own errors, an instant outside the calendar, nesting too deep.
_UNREADABLE = (WireError, DomainError, ValueError, ArithmeticError, RecursionError)
# A camera that sent one revision a second for 60 years stays below it; the database's integers end at it.
_HIGHEST_REVISION = 2**31 - 1
_LONGEST_REASON = 500
# A node that has not learned the time since its start says 1970, and is heard. Beyond these years the pages' local time
# may not exist, and one message would take the board from everybody.
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_RETRIED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of the quarantine when it was read again, in kinds of messages.

    Parameters
    ----------
    stored : int
        Those that were read now, stored, and are in quarantine no longer.
    staying : int
        Those that still cannot be read, that the store refuses, or that came once more meanwhile.
    """

    stored: int
    staying: int


class Intake:
    """Takes batches from the broker; fulfils `firewatch.services.ports.BatchTaker`.

    Parameters
    ----------
    writer : IntakeWriter
        The store.
    files : EvidenceFiles
        Where pictures are kept, before their rows.
    quarantine : QuarantineBook
        What could not be read, for `retry_quarantine`.
    """

    def __init__(self, writer: IntakeWriter, files: EvidenceFiles, quarantine: QuarantineBook) -> None:
        self._writer = writer
        self._files = files
        self._quarantine = quarantine

    def take(self, batch: Sequence[Arrived]) -> Mapping[TowerId, tuple[ReceiptV1, ...]]:
        """Decode, keep pictures, quarantine what cannot be read, and commit; return the receipts by tower.

        Parameters
        ----------
        batch : sequence of Arrived
            In the order of their arrival; one bad message never harms the others.

        Returns
        -------
        mapping of TowerId to tuple of ReceiptV1
            "stored" also for what was stored before; nothing for messages without an id or a tower.

        Raises
        ------
        StoreError
            If the database could not be written: then nothing is receipted, and the same batch may be taken again.

        Notes
        -----
        A picture whose file cannot be kept gets no row and no receipt, so that its node sends it again; a full disk of
        pictures holds up no sighting.
        """
        items = [_read_or_quarantine(message) for message in batch]
        return _receipts(batch, self._store(items))

    def retry_quarantine(self) -> Retried:
        """Read again what is in quarantine, as after an upgrade, and store what can be read now.

        Nothing leaves the quarantine before it is stored; what the store itself puts back there stays. Safe while
        another process takes messages, and safe to repeat: storing is idempotent, and a message that comes once more
        meanwhile stays. Nobody is sent a receipt: the node had its own when the message was put into quarantine.
        """
        stored, seen, digest = 0, 0, ""
        while held := self._quarantine.held_after(digest, _RETRIED_AT_ONCE):
            digest = held[-1].digest
            seen += len(held)
            stored += self._retry(held)
        logger.info("quarantine.retried", extra={"stored": stored, "staying": seen - stored})
        return Retried(stored, seen - stored)

    def _retry(self, held: Sequence[Held]) -> int:
        read = [(one, _read_or_quarantine(one.message)) for one in held]
        readable = [(one, item) for one, item in read if not isinstance(item, Quarantined)]
        stored = self._store([item for _, item in readable])
        return self._quarantine.release([one for (one, _), item in zip(readable, stored, strict=True) if item])

    def _store(self, items: Sequence[IntakeItem]) -> list[IntakeItem | None]:
        """Store the items; return them, with None in the place of each picture that could not be kept."""
        kept = [item if not isinstance(item, EvidenceArrived) or self._keep(item) else None for item in items]
        written = [item for item in kept if item is not None]
        if written:
            self._writer.write(written)
        return kept

    def _keep(self, item: EvidenceArrived) -> bool:
        try:
            self._files.keep(item.evidence)
        except StoreError as err:
            facts = {"evidence_id": item.evidence.evidence_id, "why": str(err)}
            logger.error("evidence.not_kept", extra=facts)  # noqa: TRY400 - the error says all; there may be thousands
            return False
        return True


def _read_or_quarantine(message: Arrived) -> IntakeItem:
    try:
        return _read(message)
    except _UNREADABLE as err:
        reason = str(err)[:_LONGEST_REASON] or type(err).__name__
        extra = {"topic": message.topic, "size_bytes": len(message.payload), "reason": reason}
        logger.warning("message.quarantined", extra=extra)
        message_id = codec.message_id_of(message.payload)
        return Quarantined(message_id, message.topic, message.payload, message.received_at, reason)


def _read(message: Arrived) -> IntakeItem:
    if message.oversize is not None:
        raise MalformedMessage(
            "message",
            f"{message.oversize.size_bytes} bytes with SHA-256 {message.oversize.sha256}; at most {codec.MOST_BYTES}"
            f" are read, and the first {len(message.payload)} are kept",
        )
    topic = topics.parse(message.topic)
    match topic.kind:
        case Kind.SIGHTINGS | Kind.BACKFILL:
            return _read_sighting(topic, message)
        case Kind.EVIDENCE:
            return _read_evidence(topic, message)
        case Kind.OBSERVATIONS:
            return _read_observation(topic, message)
        case Kind.STATUS if topic.tower_id is not None:
            return StatusArrived(topic.tower_id, codec.decode_status(message.payload), message.received_at)
        case Kind.VITALS if topic.tower_id is not None:
            return VitalsArrived(topic.tower_id, codec.decode_vitals(message.payload), message.received_at)
        case Kind.REPLIES:
            return _read_reply(topic, message)
    raise MalformedMessage("topic", f"{topic.kind} is sent by the centre, not to it")


def _read_sighting(topic: Topic, message: Arrived) -> SightingArrived:
    received = codec.decode_sighting(message.payload)
    sighting = received.value
    if (sighting.tower_id, sighting.camera_id) != (topic.tower_id, topic.camera_id):
        named = f"tower {sighting.tower_id} camera {sighting.camera_id}"
        raise MalformedMessage("sighting", f"it names {named}, but came on the topic {topic}")
    if sighting.revision > _HIGHEST_REVISION:
        raise MalformedMessage("sighting", f"revision {sighting.revision}; at most {_HIGHEST_REVISION} can be stored")
    dated = redated(sighting, received.age_s, message.received_at)
    frames = (look.stamp.captured_at for look in dated.looks)
    _require_showable("sighting", dated.first_seen_at, dated.observed_at, *frames)
    return SightingArrived(received.message_id, dated, message.received_at)


def _read_evidence(topic: Topic, message: Arrived) -> EvidenceArrived:
    if topic.tower_id is None or topic.camera_id is None:
        raise MalformedMessage("topic", f"{topic} names no camera")
    received = codec.decode_evidence(message.payload, topic.tower_id, topic.camera_id)
    _require_showable("evidence", received.value.stamp.captured_at)
    return EvidenceArrived(received.message_id, received.value, message.received_at)


def _read_observation(topic: Topic, message: Arrived) -> ObservationArrived:
    received = codec.decode_observation(message.payload)
    if received.value.station_id != topic.station_id:
        named = received.value.station_id
        raise MalformedMessage("observation", f"it names station {named}, but came on the topic {topic}")
    _require_showable("observation", received.value.observed_at)
    return ObservationArrived(received.message_id, received.value, message.received_at)


def _read_reply(topic: Topic, message: Arrived) -> ReplyArrived:
    received = remote_codec.decode_reply(message.payload)
    reply = received.value
    if reply.tower_id != topic.tower_id:
        raise MalformedMessage("reply", f"it names tower {reply.tower_id}, but came on the topic {topic}")
    _require_showable("reply", reply.at, *(one for entry in reply.held_back for one in (entry.first_at, entry.last_at)))
    return ReplyArrived(received.message_id, reply, message.received_at)


def _require_showable(what: str, *instants: datetime) -> None:
    for instant in instants:
        if not _EARLIEST <= instant < _LATEST:
            raise MalformedMessage(what, f"it names the instant {instant.isoformat()}; years 1970 to 2199 are allowed")


def _receipts(batch: Sequence[Arrived], items: Sequence[IntakeItem | None]) -> Mapping[TowerId, tuple[ReceiptV1, ...]]:
    receipts: dict[TowerId, dict[MessageId, ReceiptV1]] = {}
    for message, item in zip(batch, items, strict=True):
        tower_id = _tower_of(message)
        receipt = _receipt(item)
        if tower_id is not None and receipt is not None:
            receipts.setdefault(tower_id, {})[MessageId(receipt.message_id)] = receipt
    return {tower_id: tuple(by_id.values()) for tower_id, by_id in receipts.items()}


def _tower_of(message: Arrived) -> TowerId | None:
    try:
        return topics.parse(message.topic).tower_id
    except MalformedMessage:
        return None


def _receipt(item: IntakeItem | None) -> ReceiptV1 | None:
    match item:
        case SightingArrived() | EvidenceArrived() | ObservationArrived() | ReplyArrived():
            return _receipt_of(item.message_id, "stored", "")
        case Quarantined(message_id=message_id, reason=reason) if message_id is not None:
            return _receipt_of(message_id, "quarantined", reason)
        case _:
            return None


def _receipt_of(message_id: MessageId, outcome: Literal["stored", "quarantined"], reason: str) -> ReceiptV1:
    return ReceiptV1(message_id=message_id, outcome=outcome, reason=reason)
