"""Commands that were taken down are sent: once, while they stand, and by one process."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

from firewatch.errors import TransportError

if TYPE_CHECKING:
    from firewatch.services.command_ports import CommandPost, CommandQueue
    from firewatch.services.ports import Clock

__all__ = ["CommandSender"]

logger = logging.getLogger(__name__)

_AT_ONCE = 20


class CommandSender:
    """Sends what waits.

    A command may go out twice if this process dies between sending and noting it: its id is the same, and a node does
    it once.

    Parameters
    ----------
    queue : CommandQueue
        What waits.
    post : CommandPost
        Brings it to the tower.
    clock : Clock
        Tells what has expired.
    """

    def __init__(self, queue: CommandQueue, post: CommandPost, clock: Clock) -> None:
        self._queue = queue
        self._post = post
        self._clock = clock

    def step(self) -> int:
        """Send what waits and still stands; return how many."""
        sent = 0
        for command in self._queue.unsent(self._clock.now(), _AT_ONCE):
            now = self._clock.now()
            left_s = (command.expires_at - now).total_seconds()
            if left_s <= 0.0:
                continue
            try:
                self._post.send(command, math.ceil(left_s))
            except TransportError as err:
                # The next step tries again, for as long as it stands.
                logger.warning("command.not_sent", extra={"command_id": command.command_id, "why": str(err)})
                return sent
            self._queue.mark_sent(command.command_id, self._clock.now())
            sent += 1
        return sent
