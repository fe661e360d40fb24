"""The node at work: starts its threads, watches over them, says how it is."""

from __future__ import annotations

import logging
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.node import Vitals
from firewatch.errors import TowerClaimed
from firewatch_edge.health import HardwareWatchdog, Stage, Supervisor, Token, stuck_stages

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence
    from pathlib import Path

    from firewatch_edge.node.camera import CameraWorker
    from firewatch_edge.node.hands.at_work import RemoteHands
    from firewatch_edge.node.inbox import Inbox
    from firewatch_edge.node.oversight import Oversight
    from firewatch_edge.node.pipeline import Pipeline
    from firewatch_edge.node.settings_book import SettingsBook
    from firewatch_edge.publish import Publisher

__all__ = ["Node", "NodeIdentity"]

logger = logging.getLogger(__name__)

_TICK_S = 0.25
_STOP_S = 10.0
# A frame takes the detector seconds at worst; after this long a stage hangs, sooner where systemd's own interval is
# shorter: so much of it.
_HANGS_AFTER_S, _HANGS_AFTER = 60.0, 2.0 / 3.0
# The courier sleeps so long when there is nothing to carry.
_COURIER_SLEEPS_S = 5.0
# A computer's own watchdog fires after a minute as a rule.
_PET_HARDWARE_EVERY_S = 10.0


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
    watchdog : str
        The computer's own watchdog, as ``/dev/watchdog``; empty means that this node keeps none.
    """

    boot_id: str
    model_sha256: str
    disk: Path
    vitals_every_s: float
    tower: str = ""
    settings: SettingsBook | None = None
    watchdog: str = ""


class Node:
    """Runs cameras, detector and reports until it is told to stop.

    Parameters
    ----------
    identity : NodeIdentity
        What it says of itself.
    workers : sequence of CameraWorker
        The cameras.
    inbox : Inbox
        Between them and the detector.
    pipeline : Pipeline
        The detector's thread.
    publisher : Publisher
        Where reports go; the node closes it at the end.
    oversight : Oversight
        Watches over the cameras.
    """

    def __init__(
        self,
        identity: NodeIdentity,
        workers: Sequence[CameraWorker],
        inbox: Inbox,
        pipeline: Pipeline,
        publisher: Publisher,
        oversight: Oversight,
    ) -> None:
        self._hands: RemoteHands | None = None
        self._identity = identity
        self._workers = list(workers)
        self._oversight = oversight
        self._watchdog = HardwareWatchdog(identity.watchdog)
        self._started_s = time.monotonic()
        self._inbox = inbox
        self._pipeline = pipeline
        self._publisher = publisher
        self._vitals_due_s = self._pet_due_s = self._pet_hardware_due_s = 0.0

    def lend(self, hands: RemoteHands) -> Node:
        """Let it do what the centre asks, before `run`; return itself."""
        self._hands = hands
        return self

    @property
    def wants_restart(self) -> bool:
        """Whether it ended in order to be started anew in its place, by settings that were read again."""
        return self._hands is not None and self._hands.wants_restart

    def run(self, stop: threading.Event, supervisor: Supervisor | None = None) -> None:
        """Work until `stop` is set, every recording is over, a command wants a new start, or a claimant is met.

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
        if self._hands is not None:
            self._hands.start()
        supervisor.ready()
        logger.info("node.started", extra={"boot_id": self._identity.boot_id, "cameras": len(self._workers)})
        try:
            while not stop.wait(_TICK_S) and not self._is_over():
                self._tick(supervisor)
        finally:
            if self.wants_restart and not stop.is_set():
                supervisor.reloading()
            else:
                supervisor.stopping()
            self._watchdog.disarm()
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
            at=self._oversight.now(),
            boot_id=self._identity.boot_id,
            cameras=self._oversight.cameras(at_s),
            disk_free_bytes=shutil.disk_usage(self._identity.disk).free,
            outbox_depth=self._publisher.depth(),
            model_sha256=self._identity.model_sha256,
            settings_issued_at=None if current is None else current.issued_at,
            settings_refused="" if book is None else book.refused,
            machine=self._oversight.machine(),
            uptime_s=at_s - self._started_s,
            outbox_oldest_s=self._publisher.oldest_s(),
            held=self._oversight.held(),
        )

    def _tick(self, supervisor: Supervisor) -> None:
        at_s = time.monotonic()
        try:
            has_changed = self._oversight.look(at_s)
            if has_changed:
                supervisor.status(self._oversight.status())
            if has_changed or at_s >= self._vitals_due_s:
                self._vitals_due_s = at_s + self._identity.vitals_every_s
                self._publisher.vitals(self.vitals())
        except Exception:  # a supervised loop: a report that fails must not end the watch
            logger.exception("vitals.failed")
        self._pet(supervisor, at_s)

    def _pet(self, supervisor: Supervisor, at_s: float) -> None:
        """Pet the watchdogs, but only while capture, model and publishing all go on."""
        every_s = supervisor.pet_every_s
        is_due = every_s is not None and at_s >= self._pet_due_s
        is_hardware_due = at_s >= self._pet_hardware_due_s
        if not (is_due or is_hardware_due):
            return
        if stuck := stuck_stages(self._stages(_patience_s(every_s)), at_s):
            logger.critical("node.stuck", extra={"stages": ", ".join(stuck)})
            supervisor.status(f"stuck: {', '.join(stuck)}")
            self._pet_due_s = self._pet_hardware_due_s = at_s + 1.0
            return
        if is_due and every_s is not None:
            supervisor.pet()
            self._pet_due_s = at_s + every_s
        if is_hardware_due:
            self._watchdog.pet()
            self._pet_hardware_due_s = at_s + _PET_HARDWARE_EVERY_S

    def _stages(self, patience_s: float) -> tuple[Stage, ...]:
        """Return what must go on; a recording that was played to its end has nothing more to do."""
        cameras = [worker for worker in self._workers if not worker.has_ended]
        return (
            Stage("capture", tuple(Token(worker.turned_at_s, worker.most_turn_s + patience_s) for worker in cameras)),
            Stage("model", (Token(self._pipeline.alive_at_s, patience_s),)),
            Stage("publish", (Token(self._publisher.turned_at_s(), _COURIER_SLEEPS_S + patience_s),)),
        )

    def _is_over(self) -> bool:
        if self._publisher.claimant() is not None or self.wants_restart:
            return True
        return all(worker.has_ended for worker in self._workers) and self._inbox.is_empty()

    def _shut_down(self) -> None:
        self._oversight.save()
        if self._hands is not None:
            self._hands.stop()
        for worker in self._workers:
            worker.stop()
        self._pipeline.stop(_STOP_S)
        try:
            self._publisher.vitals(self.vitals())
        except Exception:  # as in _tick
            logger.exception("vitals.failed")
        self._publisher.close()
        if self._hands is not None:
            self._hands.close()
        for worker in self._workers:
            worker.join(_TICK_S)
        logger.info("node.stopped", extra={"boot_id": self._identity.boot_id})


def _patience_s(pet_every_s: float | None) -> float:
    """Return how long a stage may stand still; systemd's interval is twice that of petting."""
    return _HANGS_AFTER_S if pet_every_s is None else min(_HANGS_AFTER_S, 2.0 * pet_every_s * _HANGS_AFTER)
