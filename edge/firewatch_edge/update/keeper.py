"""The running node's side of model updates: which model a start takes, and how a new one does in its probation."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firewatch.errors import ModelError
from firewatch.wire.model_package import is_higher
from firewatch_edge.update.shelf import stated_model
from firewatch_edge.update.state import (
    SHIPPED,
    ModelState,
    ProbationRules,
    begun,
    judged,
    passed,
    rolled_back,
    without_failing,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from firewatch_edge.update.shelf import ModelShelf
    from firewatch_edge.update.state import Probation

__all__ = ["ModelKeeper", "RunningModel", "boot_of_this_computer"]

logger = logging.getLogger(__name__)

_BOOT = Path("/proc/sys/kernel/random/boot_id")
# How often the disk is asked whether another model is wanted, and told how the probation goes [s].
_LOOK_EVERY_S, _TELL_EVERY_S = 5.0, 60.0
_MOST_NOTE = 300


@dataclass(frozen=True, slots=True)
class RunningModel:
    """What the node says of its model.

    Parameters
    ----------
    version : str
        As its model.toml says.
    state : str
        ``configured`` (a folder of the settings), ``shipped``, ``probation`` or ``installed``.
    note : str
        Which model was taken back last, when and why; empty where none was.
    """

    version: str
    state: str
    note: str = ""


def boot_of_this_computer() -> str:
    """Return what names the computer's present boot; empty where it tells none."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


class ModelKeeper:
    """Says which model runs; no failing disk keeps a node from running one.

    Parameters
    ----------
    shelf : ModelShelf
        The installed models.
    now : callable
        Returns the present as an aware UTC instant.
    rules : ProbationRules
        When a new one has proved itself.
    boot : str
        Of this computer.
    """

    def __init__(self, shelf: ModelShelf, now: Callable[[], datetime], rules: ProbationRules, boot: str) -> None:
        self._shelf = shelf
        self._now = now
        self._rules = rules
        self._boot = boot
        self._running = SHIPPED
        self._last = ModelState()
        self._stamp = (0, 0)
        self._look_due_s = self._tell_due_s = 0.0
        self._told = (0.0, 0, 0)
        # Another model is wanted than the one that runs: end in order and begin anew.
        self.wants_restart = False

    @property
    def folder(self) -> Path:
        """Where the model lies that this run takes."""
        return self._shelf.path_of(self._running)

    def begin(self) -> None:
        """Choose the model of this run, before it is opened; what is on probation and has failed is taken back now."""
        state = self._shelf.state()
        why, probation = "", state.probation
        if probation is not None:
            probation = begun(probation, self._boot, self._rules)
            why = probation.failed
        self._settle(state, why or self._why_not(state), probation)

    def could_not_load(self, why: str) -> bool:
        """Take back a model that cannot be opened; return whether there is another to try, now `folder`."""
        if self._running == SHIPPED:
            return False
        self._take_back(self._last, f"it cannot be opened: {why}")
        return True

    def look(self, at_s: float, judged_frames: int, failed_frames: int) -> bool:
        """Note how the model does; return whether the node shall begin anew with another.

        Parameters
        ----------
        at_s : float
            Monotonic time [s].
        judged_frames, failed_frames : int
            Since the start of this run.
        """
        if self.wants_restart or at_s < self._look_due_s:
            return self.wants_restart
        self._look_due_s = at_s + _LOOK_EVERY_S
        if self._shelf.stamp() != self._stamp:
            self._see_change()
        if self._last.probation is not None and not self.wants_restart:
            self._judge(self._last.probation, at_s, judged_frames, failed_frames)
        return self.wants_restart

    def end(self) -> None:
        """Say that this run ends in order."""
        if self._last.probation is None:
            return
        self._change(lambda state: _ended(state) if state.current == self._running else state)

    def running(self) -> RunningModel:
        """Return what to say of it."""
        taken, version = self._last.taken_back, self._shelf.version_of(self._running)
        state = "installed" if self._last.probation is None else "probation"
        note = ""
        if taken is not None:
            name = self._shelf.version_of(taken.model)
            note = f"{name} was taken back at {taken.at:%Y-%m-%d %H:%M UTC}: {taken.why}"[:_MOST_NOTE]
        return RunningModel(version, "shipped" if self._running == SHIPPED else state, note)

    def _why_not(self, state: ModelState) -> str:
        """Return why the current model cannot run, found without opening it; empty where nothing speaks against it."""
        if state.current == SHIPPED:
            return ""
        shipped, version = stated_model(self._shelf.shipped)[1], self._shelf.version_of(state.current)
        if is_higher(shipped, version):
            return f"the program came with {shipped}, which is newer"
        try:
            self._shelf.check(state.current)
        except ModelError as err:
            return str(err)
        return ""

    def _settle(self, state: ModelState, why: str, probation: Probation | None) -> None:
        self._running, self._last = state.current, state
        if why:
            self._take_back(state, why)
        elif probation is not None:
            self._last = msgspec.structs.replace(state, probation=probation)
            self._change(lambda now: now if now.current != self._running else _on(now, probation))
            logger.info("model.on_probation", extra={"model": self._running, "starts": probation.starts})
        self._stamp = self._shelf.stamp()

    def _take_back(self, state: ModelState, why: str) -> None:
        """Go back to the model before, or to the shipped one, also where the disk cannot be told."""
        failed, to = self._running, state.previous or SHIPPED
        try:
            if to == failed or is_higher(self._shelf.version_of(SHIPPED), self._shelf.version_of(to)):
                to = SHIPPED
            self._shelf.check(to)
        except ModelError:
            to = SHIPPED
        logger.error("model.taken_back", extra={"model": failed, "to": to or "shipped", "why": why})
        at, self._running = self._now(), to
        self._last = rolled_back(state, to, why, at)
        self._change(lambda now: rolled_back(now, to, why, at) if now.current == failed else now)
        self._stamp = self._shelf.stamp()

    def _see_change(self) -> None:
        self._stamp = self._shelf.stamp()
        state = self._shelf.state()
        if state.current == self._running:
            self._last = state
            return
        self.wants_restart = True
        logger.info("model.another_wanted", extra={"running": self._running or "shipped", "wanted": state.current})

    def _judge(self, before: Probation, at_s: float, frames: int, failed: int) -> None:
        since_s, known, known_failed = self._told if self._told[0] else (at_s, 0, 0)
        if not self._told[0]:
            self._told = (at_s, 0, 0)
        after = judged(before, at_s - since_s, frames - known, failed - known_failed, self._rules)
        is_over = without_failing(after, self._rules)
        if not (after.failed or is_over or at_s >= self._tell_due_s):
            return
        self._told, self._tell_due_s = (at_s, frames, failed), at_s + _TELL_EVERY_S
        self._last = msgspec.structs.replace(self._last, probation=None if is_over else after)
        self._change(lambda state: state if state.current != self._running else _on(state, None if is_over else after))
        self._stamp = self._shelf.stamp()
        facts = {"model": self._running, "frames": after.frames, "watched_s": round(after.watched_s)}
        if after.failed:
            logger.error("model.failed_probation", extra={**facts, "why": after.failed})
            self.wants_restart = True
        elif is_over:
            logger.info("model.proved", extra=facts)

    def _change(self, of: Callable[[ModelState], ModelState]) -> None:
        try:
            self._shelf.change(of)
        except (OSError, ModelError) as err:
            logger.error("model.state_unwritten", extra={"why": str(err)})  # noqa: TRY400 - no fault of ours


def _on(state: ModelState, probation: Probation | None) -> ModelState:
    return passed(state) if probation is None else msgspec.structs.replace(state, probation=probation)


def _ended(state: ModelState) -> ModelState:
    if state.probation is None:
        return state
    return _on(state, msgspec.structs.replace(state.probation, running=None))
