"""Watches over the cameras: which of them sees, which does not, since when and why."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from firewatch.domain.condition import ConditionState
from firewatch_edge.health import EyesFile, MachineReader, MaintenanceFile
from firewatch_edge.node.drill_file import steady_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from firewatch.domain.ids import CameraId
    from firewatch.domain.node import CameraVitals, Machine
    from firewatch_edge.health import CameraMonitor
    from firewatch_edge.node.drill_file import DrillFile

__all__ = ["Oversight"]

logger = logging.getLogger(__name__)

_SAVE_EVERY_S = 60.0


def _never(_camera_id: CameraId, _at: datetime) -> str:
    return ""


class Oversight:
    """Asks each camera's monitor whether it sees, and remembers it over a restart.

    Parameters
    ----------
    monitors : sequence of CameraMonitor
        One a camera.
    now : callable
        Returns the present as an aware UTC instant.
    folder : Path or None
        Where the last hour and the maintenance are kept; None keeps nothing and knows no maintenance.
    held : callable
        Returns how many sightings were held back for maintenance since the start.
    pauses : MaintenanceFile or None
        Which cameras are paused from afar.
    paused_for : callable
        Tells of a camera at a UTC instant why what it sees does not count, as ``night`` or ``paused``; empty where it
        does.
    drill : DrillFile or None
        Says at which camera an exercise goes on.
    """

    def __init__(  # noqa: PLR0913 - what it asks of each camera
        self,
        monitors: Sequence[CameraMonitor],
        now: Callable[[], datetime],
        folder: Path | None = None,
        held: Callable[[], int] = int,
        paused_for: Callable[[CameraId, datetime], str] = _never,
        *,
        drill: DrillFile | None = None,
        pauses: MaintenanceFile | None = None,
    ) -> None:
        self.held = held
        self._monitors = monitors
        self.now = now
        self._paused_for = paused_for
        self._drill = drill
        self._pauses = pauses
        self._file = None if folder is None else EyesFile(folder / "eyes.json")
        self._maintenance = None if folder is None else MaintenanceFile(folder / "maintenance.json")
        self._machine = MachineReader()
        self._save_due_s = time.monotonic() + _SAVE_EVERY_S
        self._reasons: dict[CameraId, str] = {}
        self._silent: frozenset[CameraId] = frozenset()
        if self._file is not None:
            self._remember(self._file)

    def look(self, at_s: float) -> bool:
        """Note of each camera whether it sees; return whether that has changed for any, or one fell silent or spoke."""
        at = self.now()
        found = {monitor.camera_id: monitor.look_at_eyes(at_s, self._why(monitor, at)) for monitor in self._monitors}
        for camera_id, reason in found.items():
            if reason != self._reasons.get(camera_id, "starting"):
                event = "camera.sees" if not reason else "camera.blind"
                level = logging.INFO if reason in {"", "maintenance", "paused", "over", "starting"} else logging.ERROR
                logger.log(level, event, extra={"camera_id": camera_id, "reason": reason})
        # A camera is silent two periods after its last new frame, and blind two after that was judged: a little later.
        silent = frozenset(monitor.camera_id for monitor in self._monitors if monitor.is_silent(at_s))
        has_changed = (found, silent) != (self._reasons, self._silent)
        self._reasons, self._silent = found, silent
        if self._file is not None and at_s >= self._save_due_s:
            self.save()
        return has_changed

    def save(self) -> None:
        """Keep the last hour for a node that will run after this one."""
        self._save_due_s = time.monotonic() + _SAVE_EVERY_S
        if self._file is not None:
            runs = {monitor.camera_id: monitor.runs() for monitor in self._monitors}
            self._file.save(runs, self._wall_minus_monotonic_s())

    def cameras(self, at_s: float) -> tuple[CameraVitals, ...]:
        """Return how each camera is."""
        at = self.now()
        work, pauses = self._maintenance, self._pauses
        cameras = tuple(
            monitor.vitals(
                at_s,
                at,
                None if work is None else work.of(monitor.camera_id, at),
                None if pauses is None else pauses.of(monitor.camera_id, at),
            )
            for monitor in self._monitors
        )
        drill = None if self._drill is None else self._drill.present(at, steady_now())
        if drill is None:
            return cameras
        return tuple(
            replace(camera, exercise_until=drill.until) if camera.camera_id == drill.camera_id else camera
            for camera in cameras
        )

    def machine(self) -> Machine:
        """Return how the computer is."""
        return self._machine.read()

    def status(self) -> str:
        """Return one line for a person at the computer."""
        blind = [
            f"{camera_id}: {self._said(camera_id, why)}" for camera_id, why in sorted(self._reasons.items()) if why
        ]
        open_count = len(self._reasons) - len(blind)
        words = f"eyes open {open_count} of {len(self._reasons)}"
        wrong = [
            f"{monitor.camera_id}: {condition.kind}"
            for monitor in self._monitors
            for condition in monitor.conditions()
            if condition.state is ConditionState.BAD and self._reasons.get(monitor.camera_id) != condition.kind
        ]
        return "; ".join([words, *blind, *wrong])

    def _said(self, camera_id: CameraId, reason: str) -> str:
        pause = None if self._pauses is None else self._pauses.of(camera_id, self.now())
        return f"paused until {pause.until:%Y-%m-%d %H:%M} UTC" if reason == "paused" and pause else reason

    def _why(self, monitor: CameraMonitor, at: datetime) -> str:
        work = self._maintenance
        if work is not None and work.of(monitor.camera_id, at) is not None:
            return "maintenance"
        if self._pauses is not None and self._pauses.of(monitor.camera_id, at) is not None:
            return "paused"
        return self._paused_for(monitor.camera_id, at)

    def _remember(self, file: EyesFile) -> None:
        at_s = time.monotonic()
        known = file.load(self._wall_minus_monotonic_s())
        for monitor in self._monitors:
            if runs := known.get(monitor.camera_id):
                monitor.remember(runs, at_s)

    def _wall_minus_monotonic_s(self) -> float:
        return self.now().timestamp() - time.monotonic()
