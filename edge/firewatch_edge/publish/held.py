"""What lies in the outbox: messages that wait for the centre's receipt, and the counts of what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.ids import MessageId

__all__ = ["OutboxCounts", "Pending", "Priority"]


class Priority(IntEnum):
    """What a message is; when the disk is short, frames are given up first, then crops, sightings only after 30 days.

    Replies are few and small: none is given up.
    """

    REPLY = -1
    SIGHTING = 0
    CROP = 1
    FRAME = 2


@dataclass(frozen=True, slots=True)
class Pending:
    """A message without a receipt.

    Parameters
    ----------
    message_id : MessageId
        Named by the receipt.
    topic : str
        Where it goes.
    payload : bytes
        The message.
    priority : Priority
        What it is.
    put_at : datetime
        When it was put, by the outbox's own clock (`firewatch_edge.publish.steady`): for its age, not for its date.
    """

    message_id: MessageId
    topic: str
    payload: bytes
    priority: Priority
    put_at: datetime


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """What became of messages since the file was made, and what is in it now.

    Parameters
    ----------
    depth : int
        Messages without a receipt.
    held_bytes : int
        Their size.
    refused, quarantined : int
        Messages that the centre would not take, or could not read (it keeps their bytes).
    dropped : int
        Pictures given up because the outbox was full.
    set_aside_files : int
        Damaged files that were replaced since this program started.
    sightings_dropped : int
        Sightings given up because the outbox was full and they had waited for 30 days or more.
    """

    depth: int
    held_bytes: int
    refused: int
    quarantined: int
    dropped: int
    set_aside_files: int
    sightings_dropped: int = 0
