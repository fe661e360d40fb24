"""Commands to towers in memory: their book, a post that keeps what it is given, live pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firewatch.errors import BrokerUnavailable
from firewatch.services.command_ports import CommandRecord, CommandsWanted, LivePicture, StoredReply

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from firewatch.domain.ids import CameraId, CommandId, TowerId
    from firewatch.domain.remote import Attachment, Command
    from firewatch.services.ports import ReplyArrived

__all__ = ["CommandPostFake", "LivePicturesFake", "MemoryCommandBook"]

_MOST_REPLIES = 20


class MemoryCommandBook:
    """Fulfils `CommandBook` and `CommandQueue` of `firewatch.services.command_ports`."""

    def __init__(self) -> None:
        self._records: dict[CommandId, CommandRecord] = {}
        self._files: dict[CommandId, Attachment] = {}

    def add(self, record: CommandRecord) -> bool:
        """Store a command that is not sent yet; False, and nothing changed, if its id is known."""
        if record.command.command_id in self._records:
            return False
        self._records[record.command.command_id] = replace(record, sent_at=None, replies=())
        return True

    def command(self, command_id: CommandId) -> CommandRecord | None:
        """Return one command with its replies."""
        return self._records.get(command_id)

    def latest(self, wanted: CommandsWanted, limit: int) -> tuple[CommandRecord, ...]:
        """Return commands with their replies, the latest issued first."""
        found = [
            one
            for one in self._records.values()
            if wanted.tower_id in (None, one.command.tower_id) and wanted.incident_id in (None, one.incident_id)
        ]
        found.sort(key=lambda one: (one.command.issued_at, one.command.command_id), reverse=True)
        return tuple(found[:limit])

    def attachment(self, command_id: CommandId) -> Attachment | None:
        """Return the file of the command's latest reply that has one."""
        return self._files.get(command_id)

    def unsent(self, at: datetime, limit: int) -> tuple[Command, ...]:
        """Return commands that were never sent and have not expired, the oldest first."""
        waiting = [one.command for one in self._records.values() if one.sent_at is None and at < one.command.expires_at]
        return tuple(sorted(waiting, key=lambda one: (one.issued_at, one.command_id))[:limit])

    def mark_sent(self, command_id: CommandId, at: datetime) -> None:
        """Note that the broker has a command."""
        if self._records[command_id].sent_at is None:
            self._records[command_id] = replace(self._records[command_id], sent_at=at)

    def take(self, item: ReplyArrived) -> str:
        """Keep a reply as the store does; return why not where it must go into quarantine."""
        reply = item.reply
        record = self._records.get(reply.command_id)
        if record is None or record.command.tower_id != reply.tower_id:
            return f"it answers {reply.command_id}, which was not asked of this tower"
        if any(one.reply.ordinal == reply.ordinal for one in record.replies):
            return ""
        if len(record.replies) >= _MOST_REPLIES:
            return f"command {reply.command_id} has {_MOST_REPLIES} replies already"
        if reply.attachment is not None:
            self._files[reply.command_id] = reply.attachment
        name = "" if reply.attachment is None else reply.attachment.name
        stored = StoredReply(replace(reply, attachment=None), item.received_at, name)
        replies = sorted((*record.replies, stored), key=lambda one: one.reply.ordinal)
        self._records[reply.command_id] = replace(record, replies=tuple(replies))
        return ""

    def drop_older(self, than: timedelta, now: datetime, most: int) -> int:
        """Delete some commands issued longer before both now and the newest; return how many."""
        newest = max((one.command.issued_at for one in self._records.values()), default=now)
        old = [key for key, one in self._records.items() if one.command.issued_at < min(now, newest) - than][:most]
        for key in old:
            del self._records[key]
        return len(old)


class CommandPostFake:
    """Fulfils `firewatch.services.command_ports.CommandPost`; `fails` makes it lose its link."""

    def __init__(self) -> None:
        self.sent: list[tuple[Command, int]] = []
        self.fails = False

    def send(self, command: Command, expires_s: int) -> None:
        """Keep a command."""
        if self.fails:
            raise BrokerUnavailable("127.0.0.1", 1883, "the link broke")
        self.sent.append((command, expires_s))


class LivePicturesFake:
    """Fulfils `firewatch.services.command_ports.LivePictures` with what `show` was given."""

    def __init__(self) -> None:
        self._shown: dict[tuple[TowerId, CameraId], LivePicture] = {}

    def show(self, tower_id: TowerId, camera_id: CameraId, picture: LivePicture) -> None:
        """Let a picture arrive."""
        self._shown[tower_id, camera_id] = picture

    def latest(self, tower_id: TowerId, camera_id: CameraId) -> LivePicture | None:
        """Return the latest picture of a camera."""
        return self._shown.get((tower_id, camera_id))
