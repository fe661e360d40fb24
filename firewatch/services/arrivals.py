"""What arrives at the centre, on its way from the broker into the store, and a sighting as it lies there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.ids import IncidentId, MessageId, TowerId
    from firewatch.domain.remote import Reply
    from firewatch.domain.vision import Evidence, Sighting
    from firewatch.domain.weather import Observation
    from firewatch.wire.v1 import StatusV1, VitalsV1

__all__ = [
    "Arrived",
    "EvidenceArrived",
    "Held",
    "IntakeItem",
    "ObservationArrived",
    "Oversize",
    "Quarantined",
    "ReplyArrived",
    "SightingArrived",
    "StatusArrived",
    "StoredSighting",
    "VitalsArrived",
]


@dataclass(frozen=True, slots=True)
class Oversize:
    """What a message was before only its first bytes were kept.

    Parameters
    ----------
    size_bytes : int
        Of the whole message.
    sha256 : str
        Of the whole message, 64 hexadecimal digits.
    """

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as it came from the broker.

    Parameters
    ----------
    topic : str
        As spelled by the broker.
    payload : bytes
        Untouched, or the first bytes of a message that is too large to read.
    received_at : datetime
        UTC instant.
    oversize : Oversize or None
        Set where `payload` holds only the first bytes: such a message is quarantined, never decoded.
    """

    topic: str
    payload: bytes
    received_at: datetime
    oversize: Oversize | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A message in quarantine.

    Parameters
    ----------
    digest : str
        Its key: the same bytes on the same topic have the same.
    count : int
        How often it came.
    message : Arrived
        As it came first.
    """

    digest: str
    count: int
    message: Arrived


@dataclass(frozen=True, slots=True)
class SightingArrived:
    """One revision of a sighting to store."""

    message_id: MessageId
    sighting: Sighting
    received_at: datetime


@dataclass(frozen=True, slots=True)
class StoredSighting:
    """The highest revision of a sighting.

    Parameters
    ----------
    mark : int
        Rises in commit order with every stored revision; ask for what came after the last mark seen.
    sighting : Sighting
        The highest revision.
    received_at : datetime
        When the first revision was learned.
    incident_id : IncidentId or None
        Where it belongs now.
    """

    mark: int
    sighting: Sighting
    received_at: datetime
    incident_id: IncidentId | None


@dataclass(frozen=True, slots=True)
class EvidenceArrived:
    """A picture to store; its file is kept already."""

    message_id: MessageId
    evidence: Evidence
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ObservationArrived:
    """A weather reading to store."""

    message_id: MessageId
    observation: Observation
    received_at: datetime


@dataclass(frozen=True, slots=True)
class StatusArrived:
    """A node's birth, stop or last will."""

    tower_id: TowerId
    status: StatusV1
    received_at: datetime


@dataclass(frozen=True, slots=True)
class VitalsArrived:
    """How a node is; only the latest is kept."""

    tower_id: TowerId
    vitals: VitalsV1
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ReplyArrived:
    """What a tower says to a command; one to a command that nobody gave is quarantined by the store."""

    message_id: MessageId
    reply: Reply
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message that could not be read: its raw bytes are kept, counted and shown."""

    message_id: MessageId | None
    topic: str
    payload: bytes
    received_at: datetime
    reason: str


IntakeItem = (
    SightingArrived | EvidenceArrived | ObservationArrived | StatusArrived | VitalsArrived | ReplyArrived | Quarantined
)
