"""A bell for the live pages."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["WakeFake"]


class WakeFake:
    """Fulfils `firewatch.services.views.LiveWake`: wakes when the test rings, from any thread, and not otherwise."""

    def __init__(self) -> None:
        self.listening = 0
        self._bells: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def ring(self) -> None:
        """Wake all who listen."""
        for loop, bell in self._bells:
            loop.call_soon_threadsafe(bell.set)

    async def wakes(self) -> AsyncGenerator[None]:
        """Yield at each ring; rings while nobody waits are one."""
        bell = asyncio.Event()
        entry = (asyncio.get_running_loop(), bell)
        self._bells.append(entry)
        self.listening += 1
        try:
            while True:
                await bell.wait()
                bell.clear()
                yield
        finally:
            self._bells.remove(entry)
            self.listening -= 1
