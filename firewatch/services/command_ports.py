"""What remote hands need from outside: a book of commands and replies, a way to the towers, live pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.ids import CameraId, CommandId, IncidentId, TowerId
    from firewatch.domain.remote import Attachment, Command, Reply
    from firewatch.domain.roster import Actor

__all__ = [
    "CommandBook",
    "CommandPost",
    "CommandQueue",
    "CommandRecord",
    "CommandsWanted",
    "LivePicture",
    "LivePictures",
    "StoredReply",
]


@dataclass(frozen=True, slots=True)
class StoredReply:
    """A tower's answer as the centre keeps it.

    Parameters
    ----------
    reply : Reply
        Without its attachment, which may be large: `CommandBook.attachment` reads it.
    received_at : datetime
        When the centre learned it.
    attachment_name : str
        Of the file that came with it; empty for none.
    """

    reply: Reply
    received_at: datetime
    attachment_name: str = ""


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command, who asked for it, and what became of it.

    Parameters
    ----------
    command : Command
        As the tower gets it.
    actor : Actor
        Who asked.
    through : "page" or "program"
        Where they asked.
    incident_id : IncidentId or None
        About which incident.
    sent_at : datetime or None
        When the broker had it; None before.
    replies : tuple of StoredReply
        By rising ordinal.
    """

    command: Command
    actor: Actor
    through: str = "page"
    incident_id: IncidentId | None = None
    sent_at: datetime | None = None
    replies: tuple[StoredReply, ...] = ()

    @property
    def last(self) -> StoredReply | None:
        """The reply that counts: that of the highest ordinal."""
        return self.replies[-1] if self.replies else None


@dataclass(frozen=True, slots=True)
class CommandsWanted:
    """Which commands to read: all, or those of a tower, or about an incident."""

    tower_id: TowerId | None = None
    incident_id: IncidentId | None = None


class CommandBook(Protocol):
    """The record of what was asked of towers. Replies come into it by the intake."""

    def add(self, record: CommandRecord) -> bool:
        """Store a command that is not sent yet; False, and nothing changed, if its id is known."""
        ...

    def command(self, command_id: CommandId) -> CommandRecord | None:
        """Return one command with its replies."""
        ...

    def latest(self, wanted: CommandsWanted, limit: int) -> tuple[CommandRecord, ...]:
        """Return commands with their replies, the latest issued first."""
        ...

    def attachment(self, command_id: CommandId) -> Attachment | None:
        """Return the file of the command's latest reply that has one."""
        ...


class CommandQueue(Protocol):
    """The commands that wait to be sent."""

    def unsent(self, at: datetime, limit: int) -> tuple[Command, ...]:
        """Return commands that were never sent and have not expired at `at`, the oldest first."""
        ...

    def mark_sent(self, command_id: CommandId, at: datetime) -> None:
        """Note that the broker has a command."""
        ...


class CommandPost(Protocol):
    """Brings commands to towers."""

    def send(self, command: Command, expires_s: int) -> None:
        """Hand a command to the broker, which has it when this returns; raises `TransportError` where it cannot."""
        ...


@dataclass(frozen=True, slots=True)
class LivePicture:
    """The latest picture of a live look; kept in memory only.

    Parameters
    ----------
    jpeg : bytes
        The picture.
    captured_at : datetime
        When it was taken, by the tower's clock.
    received_at : datetime
        When it came.
    """

    jpeg: bytes
    captured_at: datetime
    received_at: datetime


class LivePictures(Protocol):
    """What live looks bring."""

    def latest(self, tower_id: TowerId, camera_id: CameraId) -> LivePicture | None:
        """Return the latest picture of a camera; None where none came in this run of the program."""
        ...
