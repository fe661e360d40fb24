"""Send the last of the log, compressed, without its secrets."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

from firewatch.domain.remote import MOST_ATTACHED_BYTES, Attachment, FetchLogs
from firewatch_edge.node.hands.log_ring import redact
from firewatch_edge.node.hands.outcome import Outcome, failed, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.domain.remote import Command
    from firewatch_edge.config import EdgeSettings
    from firewatch_edge.node.hands.reach import Reach

__all__ = ["LogsHand", "secrets_of"]


class LogsHand:
    """Does `firewatch.domain.remote.FetchLogs`.

    Parameters
    ----------
    reach : Reach
        The node.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def do(self, command: Command) -> Outcome:
        """Send the log as an attachment of the reply."""
        action = command.action
        assert isinstance(action, FetchLogs), "the registry says so"  # noqa: S101 - as the registry pairs them
        if self._reach.log is None:
            return refused("no-log", "this node keeps no log in memory")
        text = redact(self._reach.log.last(action.most_bytes), secrets_of(self._reach.settings))
        content = gzip.compress(text.encode("utf-8"))
        if len(content) > MOST_ATTACHED_BYTES:
            return failed("too-large", f"{len(content)} bytes; ask for fewer")
        name = f"{self._reach.settings.tower.id}-{self._reach.now():%Y%m%dT%H%M%SZ}.log.gz"
        attachment = Attachment(name=name, media_type="application/gzip", content=content)
        return Outcome(facts={"lines": text.count("\n"), "bytes": len(text.encode())}, attachment=attachment)


def secrets_of(settings: EdgeSettings) -> frozenset[str]:
    """Return the passwords of the settings, from the environment."""
    return frozenset(os.environ.get(name, "") for name in _names(settings) if name) - {""}


def _names(settings: EdgeSettings) -> Iterator[str]:
    yield settings.mqtt.password_env
    for camera in settings.camera:
        yield camera.password_env
        if camera.mount is not None:
            yield camera.mount.password_env
