"""The node at work: starts its threads, watches over them, says how it is."""

from __future__ import annotations

import logging
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.node import Vitals
from firewatch.errors import TowerClaimed
from firewatch_edge.health import Supervisor

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from firewatch.domain.ids import CameraId
    from firewatch_edge.health import CameraMonitor
    from firewatch_edge.node.camera import CameraWorker
    from firewatch_edge.node.inbox import Inbox
    from firewatch_edge.node.pipeline import Pipeline
    from firewatch_edge.node.settings_book import SettingsBook
    from firewatch_edge.publish import Publisher

__all__ = ["Node", "NodeIdentity"]

logger = logging.getLogger(__name__)

_TICK_S = 0.25
_STOP_S = 10.0
# A frame takes the detector seconds at worst; after this long it hangs.
_HANGS_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """What the node says of itself in every report.

    Parameters
    ----------
    boot_id : str
        ULID made when it started.
    model_sha256 : str
        Its detector.
    disk : Path
        Where its outbox lies.
    vitals_every_s : float
        Between reports [s].
    tower : str
        Its name.
    settings : SettingsBook or None
        What the centre has set.
    """

    boot_id: str
    model_sha256: str
    disk: Path
    vitals_every_s: float
    tower: str = ""
    settings: SettingsBook | None = None


class Node:
    """Runs cameras, detector and reports until it is told to stop.

    Parameters
    ----------
    identity : NodeIdentity
        What it says of itself.
    workers : sequence of (CameraWorker, CameraMonitor)
        The cameras.
    inbox : Inbox
        Between them and the detector.
    pipeline : Pipeline
        The detector's thread.
    publisher : Publisher
        Where reports go; the node closes it at the end.
    now : callable
        Returns the present as an aware UTC instant.
    """

    def __init__(
        self,
        identity: NodeIdentity,
        workers: Sequence[tuple[CameraWorker, CameraMonitor]],
        inbox: Inbox,
        pipeline: Pipeline,
        publisher: Publisher,
        now: Callable[[], datetime],
    ) -> None:
        self._identity = identity
        self._workers = [worker for worker, _ in workers]
        self._monitors = [monitor for _, monitor in workers]
        self._inbox = inbox
        self._pipeline = pipeline
        self._publisher = publisher
        self._now = now
        self._silent: set[CameraId] = set()
        self._vitals_due_s = 0.0
        self._pet_due_s = 0.0

    def run(self, stop: threading.Event, supervisor: Supervisor | None = None) -> None:
        """Work until `stop` is set, until every recording has been played to its end, or until a claimant is met.

        Parameters
        ----------
        stop : threading.Event
            Ends the work in order.
        supervisor : Supervisor, optional
            systemd's, in place of the one of the environment.

        Raises
        ------
        TowerClaimed
            After the work has ended, where another node lives under this tower's name.
        """
        supervisor = supervisor or Supervisor()
        self._pipeline.start()
        for worker in self._workers:
            worker.start()
        supervisor.ready()
        logger.info("node.started", extra={"boot_id": self._identity.boot_id, "cameras": len(self._workers)})
        try:
            while not stop.wait(_TICK_S) and not self._is_over():
                self._tick(supervisor)
        finally:
            supervisor.stopping()
            self._shut_down()
        claimant = self._publisher.claimant()
        if claimant is not None:
            raise TowerClaimed(self._identity.tower, claimant)

    def vitals(self) -> Vitals:
        """Return how the node is now."""
        at_s = time.monotonic()
        book = self._identity.settings
        current = None if book is None else book.current
        return Vitals(
            at=self._now(),
            boot_id=self._identity.boot_id,
            cameras=tuple(monitor.vitals(at_s) for monitor in self._monitors),
            disk_free_bytes=shutil.disk_usage(self._identity.disk).free,
            outbox_depth=self._publisher.depth(),
            model_sha256=self._identity.model_sha256,
            settings_issued_at=None if current is None else current.issued_at,
            settings_refused="" if book is None else book.refused,
        )

    def _tick(self, supervisor: Supervisor) -> None:
        at_s = time.monotonic()
        try:
            has_changed = self._watch_cameras(at_s, supervisor)
            if has_changed or at_s >= self._vitals_due_s:
                self._vitals_due_s = at_s + self._identity.vitals_every_s
                self._publisher.vitals(self.vitals())
        except Exception:  # a supervised loop: a report that fails must not end the watch
            logger.exception("vitals.failed")
        self._pet(supervisor, at_s)

    def _watch_cameras(self, at_s: float, supervisor: Supervisor) -> bool:
        """Report cameras that fell silent or came back; return whether any did."""
        silent = {monitor.camera_id for monitor in self._monitors if monitor.is_silent(at_s)}
        for camera_id in sorted(silent - self._silent):
            logger.error("camera.silent", extra={"camera_id": camera_id})
        for camera_id in sorted(self._silent - silent):
            logger.info("camera.back", extra={"camera_id": camera_id})
        has_changed = silent != self._silent
        self._silent = silent
        if has_changed:
            supervisor.status(f"silent cameras: {', '.join(sorted(silent)) or 'none'}")
        return has_changed

    def _pet(self, supervisor: Supervisor, at_s: float) -> None:
        """Tell systemd that we live, but only while the detector does."""
        every_s = supervisor.pet_every_s
        if every_s is None or at_s < self._pet_due_s:
            return
        if at_s - self._pipeline.alive_at_s < _HANGS_AFTER_S:
            supervisor.pet()
            self._pet_due_s = at_s + every_s
        else:
            logger.critical("detector.hangs", extra={"since_s": round(at_s - self._pipeline.alive_at_s)})

    def _is_over(self) -> bool:
        if self._publisher.claimant() is not None:
            return True
        return all(worker.has_ended for worker in self._workers) and self._inbox.is_empty()

    def _shut_down(self) -> None:
        for worker in self._workers:
            worker.stop()
        self._pipeline.stop(_STOP_S)
        try:
            self._publisher.vitals(self.vitals())
        except Exception:  # as in _tick
            logger.exception("vitals.failed")
        self._publisher.close()
        for worker in self._workers:
            worker.join(_TICK_S)
        logger.info("node.stopped", extra={"boot_id": self._identity.boot_id})
