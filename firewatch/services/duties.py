"""The supervised loop of a process: its duties in turn, each at its own pace, until told to stop."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Duty", "run_duties", "run_side_by_side"]

logger = logging.getLogger(__name__)

# After a failure a duty waits this much longer, so that a dead database is not asked five times a second.
_FAILURE_PAUSE_S = 2.0
# How long a stopping process waits for what is being done aside.
_LAST_STEP_S = 5.0


@dataclass(frozen=True, slots=True)
class Duty:
    """Something done again and again.

    Parameters
    ----------
    name : str
        As in the log.
    step : callable
        Does it once; may raise, which is logged, counted and tried again.
    every_s : float
        Pause between two steps [s].
    """

    name: str
    step: Callable[[], object]
    every_s: float


def run_duties(duties: Sequence[Duty], stop: threading.Event) -> None:
    """Do the duties until `stop` is set; a failing duty never ends the others.

    Parameters
    ----------
    duties : sequence of Duty
        Done one after the other in this thread.
    stop : threading.Event
        Ends the loop within the shortest pause.
    """
    due_at = dict.fromkeys(range(len(duties)), 0.0)
    failures = dict.fromkeys(range(len(duties)), 0)
    while not stop.is_set():
        for number, duty in enumerate(duties):
            if monotonic() < due_at[number]:
                continue
            pause_s = duty.every_s
            try:
                duty.step()
            except Exception:
                failures[number] += 1
                pause_s += _FAILURE_PAUSE_S
                logger.exception("duty.failed", extra={"duty": duty.name, "failures": failures[number]})
            due_at[number] = monotonic() + pause_s
        stop.wait(max(0.0, min(due_at.values()) - monotonic()))


def run_side_by_side(duties: Sequence[Duty], aside: Sequence[Sequence[Duty]], stop: threading.Event) -> None:
    """Do duties as `run_duties` does, and others in threads of their own, until `stop` is set.

    Parameters
    ----------
    duties : sequence of Duty
        Done in this thread.
    aside : sequence of sequences of Duty
        Those whose steps may take longer than others can wait: a thread for each group.
    stop : threading.Event
        Ends all loops; steps that are being done aside are waited for some seconds.
    """
    threads = [
        threading.Thread(target=run_duties, args=(group, stop), name=f"duties-{group[0].name}", daemon=True)
        for group in aside
    ]
    for thread in threads:
        thread.start()
    try:
        run_duties(duties, stop)
    finally:
        until = monotonic() + _LAST_STEP_S
        for thread in threads:
            thread.join(max(0.0, until - monotonic()))
