"""An event loop of one's own, for a library that speaks asynchronously only."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

__all__ = ["OwnLoop"]

Answer = TypeVar("Answer")
_STOP_S = 5.0


class OwnLoop:
    """Runs one coroutine after the other in a thread of its own, whatever loop runs in the caller's.

    Parameters
    ----------
    name : str
        Of the thread.
    """

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_until_closed, name=name, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Answer]) -> Answer:
        """Return what a coroutine returns, or raise what it raises; time-outs are its own matter."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self) -> None:
        """End the thread; a coroutine that still runs is left."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_S)

    def _run_until_closed(self) -> None:
        # All of the loop's life is in this thread: another loop may run in the one that closes it.
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()
