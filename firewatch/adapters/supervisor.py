"""Keeps child processes running: starts them again when they die, ends them together.

A child holds one end of a pipe as standard input and watches it (`firewatch.parent`): when this process dies, however
it dies, the child stops by itself, and no orphan goes on writing to the store.
"""

from __future__ import annotations

import logging
import subprocess
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence

__all__ = ["ChildSpec", "Supervisor"]

logger = logging.getLogger(__name__)

_POLL_S = 0.2
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
# A child that ran this long was well: its next death starts with a short pause again.
_WELL_AFTER_S = 60.0
_GRACE_S = 10.0


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A program to keep running.

    Parameters
    ----------
    name : str
        As in the log.
    command : sequence of str
        Program and arguments.
    environment : mapping
        Its whole environment.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


@dataclass(slots=True)
class _Child:
    spec: ChildSpec
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause_s: float = _FIRST_PAUSE_S
    deaths: int = field(default=0)


class Supervisor:
    """Runs children until told to stop.

    Parameters
    ----------
    specs : sequence of ChildSpec
        Started in this order.
    """

    def __init__(self, specs: Sequence[ChildSpec]) -> None:
        self._children = [_Child(spec) for spec in specs]

    def process_id(self, name: str) -> int | None:
        """Return the process id of a running child."""
        for child in self._children:
            if child.spec.name == name and child.process is not None and child.process.poll() is None:
                return child.process.pid
        return None

    def run(self, stop: threading.Event) -> None:
        """Keep the children running until `stop` is set; then end them, the last started first."""
        try:
            while not stop.is_set():
                for child in self._children:
                    _look_after(child)
                stop.wait(_POLL_S)
        finally:
            _end_all([child.process for child in reversed(self._children) if child.process is not None])


def _look_after(child: _Child) -> None:
    now = monotonic()
    if child.process is None:
        if now >= child.start_at:
            _start(child, now)
        return
    code = child.process.poll()
    if code is None:
        return
    if now - child.started_at >= _WELL_AFTER_S:
        child.pause_s = _FIRST_PAUSE_S
    child.deaths += 1
    logger.error(
        "child.died",
        extra={"child": child.spec.name, "exit_code": code, "deaths": child.deaths, "again_in_s": child.pause_s},
    )
    _close_pipe(child.process)
    child.process = None
    _wait_longer(child, now)


def _wait_longer(child: _Child, now: float) -> None:
    child.start_at = now + child.pause_s
    child.pause_s = min(_LONGEST_PAUSE_S, child.pause_s * 2.0)


def _start(child: _Child, now: float) -> None:
    try:
        child.process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            list(child.spec.command), env=dict(child.spec.environment), stdin=subprocess.PIPE
        )
    except OSError as err:
        # No memory or process left for it: its brothers go on, and it is tried again.
        logger.error("child.not_started", extra={"child": child.spec.name, "why": str(err)})  # noqa: TRY400 - as said
        _wait_longer(child, now)
        return
    child.started_at = now
    logger.info("child.started", extra={"child": child.spec.name, "process_id": child.process.pid})


def _end_all(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End them side by side: together they have the grace of one."""
    for process in processes:
        _close_pipe(process)
        process.terminate()
    until = monotonic() + _GRACE_S
    for process in processes:
        try:
            process.wait(max(0.0, until - monotonic()))
        except subprocess.TimeoutExpired:
            logger.warning("child.killed", extra={"process_id": process.pid, "after_s": _GRACE_S})
            process.kill()
            process.wait(_GRACE_S)


def _close_pipe(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
