"""Wiring of the place of a fire: what the posterior of an incident is fed with, in the associator and in the pages."""

from __future__ import annotations

import logging
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from firewatch.adapters.daemon_threads import DaemonThreads
from firewatch.services.locating import Locator
from firewatch.services.silences import OpenEyes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor, Future

    from firewatch.adapters.store import Store
    from firewatch.domain.ids import TowerId
    from firewatch.domain.sites import SiteMap, Tower
    from firewatch.fusion import Ground

    GroundOf: TypeAlias = Callable[[Sequence[Tower]], Ground | None]

__all__ = ["GroundLater", "build_locator"]

logger = logging.getLogger(__name__)

# What was not there is asked for again after so long, as after a tile was added [s].
_AGAIN_S = 20.0
_KEPT = 64


class GroundLater:
    """The ground around towers where it is there already; until then None, and it is made in the background.

    One piece at a time: a viewshed takes seconds of a core, and alerts must not wait for it.

    Parameters
    ----------
    ground_of : callable
        Makes it of some towers; may take seconds.
    threads : Executor
        Where it is made.
    now_s : callable
        Seconds that only rise.
    """

    def __init__(
        self, ground_of: GroundOf, threads: Executor | None = None, now_s: Callable[[], float] = monotonic
    ) -> None:
        self._ground_of = ground_of
        self._threads = threads or DaemonThreads("ground")
        self._now_s = now_s
        self._made: dict[tuple[TowerId, ...], tuple[Ground | None, float]] = {}
        self._making: tuple[tuple[TowerId, ...], Future[Ground | None]] | None = None
        self._lock = Lock()

    def __call__(self, towers: Sequence[Tower]) -> Ground | None:
        """Return the ground of some towers if it is made; else have it made, and return None."""
        key = tuple(sorted(tower.tower_id for tower in towers))
        with self._lock:
            self._collect()
            ground, at_s = self._made.get(key, (None, -_AGAIN_S))
            is_due = ground is None and self._now_s() - at_s >= _AGAIN_S
            if is_due and self._making is None:
                self._making = key, self._threads.submit(self._ground_of, list(towers))
                # It may be there at once.
                self._collect()
                ground, _ = self._made.get(key, (None, 0.0))
            return ground

    def _collect(self) -> None:
        if self._making is None or not self._making[1].done():
            return
        key, future = self._making
        self._making = None
        failure = future.exception()
        if failure is not None:
            logger.error("ground.failed", extra={"towers": ", ".join(key), "why": str(failure)}, exc_info=failure)
        self._made.pop(key, None)
        while len(self._made) >= _KEPT:
            del self._made[next(iter(self._made))]
        self._made[key] = (None if failure is not None else future.result(), self._now_s())


def build_locator(sites: SiteMap, store: Store, ground_of: GroundOf) -> Locator:
    """Wire what says where fires are."""
    return Locator(sites, ground_of, OpenEyes(store.eyes_record, store.sighting_book, store.mask_book))
