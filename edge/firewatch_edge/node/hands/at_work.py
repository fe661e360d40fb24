"""Remote hands at work: what the node starts, stops and asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

    from firewatch_edge.node.hands.dispatcher import Dispatcher

__all__ = ["RemoteHands"]

_STOP_S = 2.0


class RemoteHands:
    """Commands of a running node.

    Parameters
    ----------
    dispatcher : Dispatcher
        Takes and answers them.
    restart : threading.Event
        Set where a command has the node start anew.
    """

    def __init__(self, dispatcher: Dispatcher, restart: threading.Event) -> None:
        self._dispatcher = dispatcher
        self._restart = restart

    @property
    def wants_restart(self) -> bool:
        """Whether the node shall end in order and start anew in its place."""
        return self._restart.is_set()

    def start(self) -> None:
        """Begin to take commands."""
        self._dispatcher.start()

    def stop(self) -> None:
        """Take no more, while the publisher still takes replies."""
        self._dispatcher.stop(_STOP_S)

    def close(self) -> None:
        """Note what came last, after the publisher has ended."""
        self._dispatcher.keep_rest()
