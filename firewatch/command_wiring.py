"""Wiring of remote hands: what the pages and the clockwork need of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.adapters.package_folder import PackageFolder
from firewatch.services.command_sending import CommandSender
from firewatch.services.commanding import CommandDesk

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from firewatch.adapters.store import Store
    from firewatch.domain.ids import CameraId, TowerId
    from firewatch.services.command_ports import CommandPost, LivePicture, LivePictures
    from firewatch.services.ports import Clock
    from firewatch.web.remote_wiring import RemoteServices

__all__ = ["command_sender", "remote_services"]


class _NoLive:
    def latest(self, _tower_id: TowerId, _camera_id: CameraId) -> LivePicture | None:
        return None


def remote_services(
    store: Store, clock: Clock, new_id: Callable[[datetime], str], live: LivePictures | None, models: str
) -> RemoteServices:
    """Wire the pages of remote hands; without `live` no picture is ever live, without `models` none is offered."""
    from firewatch.web.remote_wiring import RemoteServices

    desk = CommandDesk(store.command_book, clock, new_id)
    packages = PackageFolder(Path(models)) if models else None
    return RemoteServices(store.command_book, desk, live or _NoLive(), store.evidence_index, packages)


def command_sender(store: Store, post: CommandPost, clock: Clock) -> CommandSender:
    """Wire what sends commands."""
    return CommandSender(store.command_book, post, clock)
