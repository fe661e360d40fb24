"""What the pages of remote hands are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firewatch.services.command_ports import CommandBook, LivePictures
    from firewatch.services.commanding import CommandDesk
    from firewatch.services.offering import PackageShelf
    from firewatch.services.ports import EvidenceIndex

__all__ = ["RemoteServices"]


@dataclass(frozen=True, slots=True)
class RemoteServices:
    """The ports that the pages of remote hands read and act through.

    Parameters
    ----------
    book : CommandBook
        What was asked, and what was answered.
    desk : CommandDesk
        Takes down commands.
    live : LivePictures
        What live looks bring.
    index : EvidenceIndex
        Which pictures have arrived.
    packages : PackageShelf or None
        The model packages that towers may fetch; None where the settings name no folder for them.
    """

    book: CommandBook
    desk: CommandDesk
    live: LivePictures
    index: EvidenceIndex
    packages: PackageShelf | None = None
