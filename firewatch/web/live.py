"""Server-sent events: the queue moves within a second, and resumes where it stopped.

One task tails the log for all browsers, only while somebody listens: woken by the database where it can, else every
`poll_s`. Each stream sends the cards
of the incidents that changed (``event: incident``, ``id:`` the seq), a ``beat`` while nothing happens, and ``resync``
when a browser comes back from so long ago that reading the state again is cheaper.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from fastapi.concurrency import run_in_threadpool
from sse_starlette import ServerSentEvent

from firewatch.web.cards import card_out
from firewatch.web.schemas import BeatOut
from firewatch.web.site_state import eyes_out

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from firewatch.domain.ids import IncidentId
    from firewatch.services.ports import LoggedEvent
    from firewatch.web.wiring import WebServices
    from firewatch.web.words import Speaker

__all__ = ["LiveHub", "stream"]

logger = logging.getLogger(__name__)

_BATCH = 500
# Beyond this many missed events the browser reads the whole state again.
_RESYNC_AFTER = 2000


class LiveHub:
    """Tails the log once for all streams."""

    def __init__(self, services: WebServices) -> None:
        self._services = services
        self._seq = 0
        self._listeners = 0
        self._moved = asyncio.Condition()
        self._starting = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def seq(self) -> int:
        """The latest seq that the tail has seen."""
        return self._seq

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Keep the tail running while somebody listens."""
        self._listeners += 1
        try:
            async with self._starting:
                if self._task is None:
                    self._seq = await run_in_threadpool(self._services.live.last_seq)
                    self._task = asyncio.create_task(self._tail(), name="live-tail")
            yield
        finally:
            self._listeners -= 1
            if not self._listeners:
                self.close()

    def close(self) -> None:
        """Stop the tail."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    async def later_than(self, seq: int, timeout_s: float) -> bool:
        """Wait until the log has passed `seq`; return False when the time is over first."""
        async with self._moved:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._moved.wait_for(lambda: self._seq > seq)
            except TimeoutError:
                return False
        return True

    async def _tail(self) -> None:
        wake = self._services.wake
        wakes = _paced(self._services.settings.poll_s) if wake is None else wake.wakes()
        async with contextlib.aclosing(wakes):
            async for _ in wakes:
                try:
                    await self._look()
                except Exception:
                    # The store is away, or whatever else: the one tail of all browsers must not end by it. They keep
                    # their stream and their beats, and see what they missed afterwards.
                    logger.exception("web.tail_failed")

    async def _look(self) -> None:
        seq = await run_in_threadpool(self._services.live.last_seq)
        if seq > self._seq:
            async with self._moved:
                self._seq = seq
                self._moved.notify_all()


async def _paced(poll_s: float) -> AsyncGenerator[None]:
    while True:
        await asyncio.sleep(poll_s)
        yield


async def stream(
    services: WebServices, hub: LiveHub, speaker: Speaker, after: int, session: str | None
) -> AsyncIterator[ServerSentEvent]:
    """Yield what happens after a seq, for as long as the browser listens and its log-in stands."""
    async with hub.listening():
        yield await run_in_threadpool(_beat, services, hub)
        if hub.seq - after > _RESYNC_AFTER or after > hub.seq:
            after = hub.seq
            yield ServerSentEvent(event="resync", id=str(after), data="{}")
        while True:
            if await hub.later_than(after, services.settings.beat_s):
                logged = await run_in_threadpool(services.live.events_after, after, _BATCH)
                for seq, data in await run_in_threadpool(_changed_cards, services, speaker, logged):
                    yield ServerSentEvent(event="incident", id=str(seq), data=data)
                after = logged[-1].seq if logged else after
            elif await run_in_threadpool(_is_ended, services, session):
                return
            else:
                yield await run_in_threadpool(_beat, services, hub)


def _changed_cards(services: WebServices, speaker: Speaker, logged: tuple[LoggedEvent, ...]) -> list[tuple[int, str]]:
    latest: dict[IncidentId, int] = {one.event.incident_id: one.seq for one in logged}
    cards = []
    for incident_id, seq in sorted(latest.items(), key=lambda item: item[1]):
        card = services.incidents.card(incident_id)
        if card is not None:
            cards.append((seq, card_out(card, speaker).model_dump_json()))
    return cards


def _beat(services: WebServices, hub: LiveHub) -> ServerSentEvent:
    at = services.clock.now()
    eyes = eyes_out(services.sites.sites(), services.sites.nodes(), at)
    hotspots = services.hotspots.changes() if services.hotspots else 0
    beat = BeatOut(at=at, seq=hub.seq, eyes=eyes, danger=services.danger.changes(), hotspots=hotspots)
    return ServerSentEvent(event="beat", data=beat.model_dump_json())


def _is_ended(services: WebServices, session: str | None) -> bool:
    if not services.accounts.any_configured():
        return False
    return session is None or services.sessions.person(session, services.clock.now()) is None
