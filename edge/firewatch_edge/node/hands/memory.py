"""Remembers commands over a restart: what comes twice is done once, and what was begun is answered."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from firewatch_edge.node.kept_file import read_kept, write_kept

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.domain.ids import CommandId

__all__ = ["CommandMemory", "Remembered"]

logger = logging.getLogger(__name__)

# A command lives a day at most; nobody gives a tower so many in one.
_MOST = 1000


class Remembered(msgspec.Struct, kw_only=True):
    """One command.

    Parameters
    ----------
    command_id : str
        ULID.
    ordinal : int
        Of its latest reply; 0 before the first.
    is_open : bool
        Whether its last reply is still owed.
    payload : str
        The message, while it is open.
    """

    command_id: str
    ordinal: int = 0
    is_open: bool = True
    payload: str = ""


class CommandMemory:
    """The latest thousand commands, in one file that is replaced whole; one thread at a time.

    Parameters
    ----------
    path : Path
        The file. One that cannot be read is begun anew: a command may then be done twice, none is lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Remembered] = {}
        kept = read_kept(path)
        try:
            entries = msgspec.json.decode(kept, type=list[Remembered]) if kept else []
        except msgspec.MsgspecError as err:
            logger.error("commands.memory_unreadable", extra={"path": str(path), "why": str(err)})  # noqa: TRY400 - no fault of ours
            entries = []
        self._known = {entry.command_id: entry for entry in entries}

    def knows(self, command_id: CommandId) -> bool:
        """Tell whether a command was here before."""
        return command_id in self._known

    def begin(self, command_id: CommandId, payload: bytes) -> None:
        """Note that a command was taken, on the disk when it returns, unless the disk refuses: that is only logged."""
        self._known[command_id] = Remembered(command_id=command_id, payload=payload.decode("utf-8", "replace"))
        while len(self._known) > _MOST:
            self._known.pop(next(iter(self._known)))
        self._keep()

    def next_ordinal(self, command_id: CommandId, *, is_last: bool) -> int:
        """Return the ordinal of the next reply to a command, noted as `begin` does."""
        entry = self._known.setdefault(command_id, Remembered(command_id=command_id))
        entry.ordinal += 1
        if is_last:
            entry.is_open, entry.payload = False, ""
        self._keep()
        return entry.ordinal

    def is_open(self, command_id: CommandId) -> bool:
        """Tell whether the last reply to a command is owed."""
        entry = self._known.get(command_id)
        return entry is not None and entry.is_open

    def open_ones(self) -> tuple[Remembered, ...]:
        """Return the commands whose last reply is owed, in the order in which they came."""
        return tuple(entry for entry in self._known.values() if entry.is_open)

    def _keep(self) -> None:
        try:
            write_kept(self._path, msgspec.json.encode(list(self._known.values())))
        except OSError as err:
            # Better done twice after a restart than not at all.
            logger.critical("commands.not_remembered", extra={"path": str(self._path), "why": str(err)})
