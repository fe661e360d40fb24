"""Making the demo's world in the background, so that the centre starts meanwhile."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from firewatch.demo.world import make_sights, make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firewatch.demo.world import Ground, TowerSight, World

__all__ = ["WorldMaker"]

# One tower of the world, on a loaded machine.
_JOIN_S = 12.0


class WorldMaker:
    """Makes a world in a thread of its own, which can be given up.

    The interpreter must not end while another thread is within OpenCV: C++ would abort the whole process. So whoever
    starts it also joins it.

    Parameters
    ----------
    ground : Ground
        Of which world.
    ignites_at_s : float or None
        Scene time of the ignition [s]; None for no fire.
    make : callable
        Makes the towers' sights, one after the other.
    """

    def __init__(
        self,
        ground: Ground,
        ignites_at_s: float | None,
        make: Callable[[Ground], Iterator[TowerSight]] = make_sights,
    ) -> None:
        self._ground = ground
        self._ignites_at_s = ignites_at_s
        self._make = make
        self._given_up = threading.Event()
        self._future: Future[World] = Future()
        self._thread = threading.Thread(target=self._work, name="world", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def result(self) -> World:
        """Wait for the world; raise what went wrong in making it."""
        return self._future.result()

    def give_up(self) -> None:
        """Return at once; the thread stops after the tower that it is at, and `result` would wait for ever."""
        self._given_up.set()

    def join(self) -> None:
        """Wait until the thread has stopped, if it was started."""
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)

    def _work(self) -> None:
        try:
            sights = []
            for sight in self._make(self._ground):
                sights.append(sight)
                if self._given_up.is_set():
                    return
            self._future.set_result(make_world(self._ground, ignites_at_s=self._ignites_at_s, sights=sights))
        except Exception as err:  # noqa: BLE001 - raised again where the world is wanted
            self._future.set_exception(err)
