"""Telling people: an alert has a reason, a notification has an addressee and three truths."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_utc
from firewatch.domain.ids import require_ulid
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.ids import AlertId, IncidentId, NotificationId, PersonId

__all__ = ["Acknowledgement", "Alert", "Notification", "NotifyReason"]


class NotifyReason(StrEnum):
    """Why people are told."""

    FIRST = "first"
    SECOND_TOWER = "second_tower"
    CONFIRMED = "confirmed"
    REOPENED = "reopened"
    NODE_LOST = "node_lost"
    CAMERA_BLIND = "camera_blind"
    CAMERA_BACK = "camera_back"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that people are told, once; its key makes a second one of the same meaning impossible.

    Parameters
    ----------
    alert_id : AlertId
        ULID.
    incident_id : IncidentId or None
        What it is about; None for a node or a camera.
    reason : NotifyReason
        Why.
    raised_at : datetime
        UTC instant.
    key : str
        Equal keys are the same alert: ``{incident}/{reason}``.
    """

    alert_id: AlertId
    incident_id: IncidentId | None
    reason: NotifyReason
    raised_at: datetime
    key: str

    def __post_init__(self) -> None:
        require_ulid("alert", self.alert_id)
        require_utc("raised", self.raised_at)


@dataclass(frozen=True, slots=True)
class Notification:
    """An alert to one person over one channel; sent, reached and acknowledged are three things.

    Parameters
    ----------
    notification_id : NotificationId
        ULID, also the idempotency key given to the channel.
    alert_id : AlertId
        What is told.
    person_id : PersonId
        Whom.
    channel : str
        The address as a channel URL.
    sent_at : datetime or None
        When the channel accepted it by its own word.
    reached_at : datetime or None
        When it was opened, or the channel gave a delivery receipt.
    acknowledged_at : datetime or None
        When the person said so.
    attempts : int
        Tries so far.
    failed : str
        The channel's last words; empty if none.
    """

    notification_id: NotificationId
    alert_id: AlertId
    person_id: PersonId
    channel: str
    sent_at: datetime | None = None
    reached_at: datetime | None = None
    acknowledged_at: datetime | None = None
    attempts: int = 0
    failed: str = ""

    def __post_init__(self) -> None:
        require_ulid("notification", self.notification_id)
        for what, given in (
            ("sent", self.sent_at),
            ("reached", self.reached_at),
            ("acknowledged", self.acknowledged_at),
        ):
            if given is not None:
                require_utc(what, given)
        if self.attempts < 0:
            raise InvalidValue("attempts", self.attempts, "0 or more")


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A person's answer to a notification."""

    notification_id: NotificationId
    person_id: PersonId
    at: datetime

    def __post_init__(self) -> None:
        require_utc("acknowledged", self.at)
