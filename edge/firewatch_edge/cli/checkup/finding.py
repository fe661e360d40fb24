"""What was found of one part, and how several parts are looked at together."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from firewatch.errors import FirewatchError
from firewatch_edge.capture import EndOfRecording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from firewatch_edge.cli.words import Words

__all__ = ["Finding", "Job", "Level", "gather"]

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part.

    Parameters
    ----------
    part : str
        Kind of part, as ``camera``.
    level : {"ok", "warn", "fail"}
        Only what fails makes the whole fail.
    key : str
        Names the text ``doctor.KEY``, and ``doctor.KEY.do`` that says what to do.
    facts : Mapping
        For the texts.
    name : str
        Which one, where there are several.
    """

    part: str
    level: Level
    key: str
    facts: Mapping[str, object] = field(default_factory=dict)
    name: str = ""

    @property
    def label(self) -> str:
        """The part as programs know it, as ``camera north``."""
        return f"{self.part} {self.name}" if self.name else self.part

    def words(self, words: Words) -> str:
        """Return what was found."""
        return words(f"doctor.{self.key}", **self.facts)

    def to_do(self, words: Words) -> str:
        """Return what to do about it; empty where that goes without saying."""
        return words.perhaps(f"doctor.{self.key}.do", **self.facts)


@dataclass(frozen=True, slots=True)
class Job:
    """One part to be looked at.

    Parameters
    ----------
    part, name : str
        As of a `Finding`.
    look : callable
        Returns what was found.
    limit_s : float
        Longest that it is waited for [s].
    """

    part: str
    look: Callable[[], Iterable[Finding]]
    limit_s: float
    name: str = ""


class _Looking:
    """A job on its way, on a thread that nobody waits for in the end: a library may hang for ever."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._found: tuple[Finding, ...] | None = None
        self._thread = threading.Thread(target=self._run, name=f"doctor {job.part} {job.name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._found = self._look()

    def _look(self) -> tuple[Finding, ...]:
        job = self._job
        try:
            return tuple(job.look())
        except EndOfRecording:
            return (Finding(job.part, "fail", "camera.empty", {}, job.name),)
        except FirewatchError as err:
            why = str(err)
        except Exception as err:  # noqa: BLE001 - whatever a library throws at one part, the other parts are told
            why = f"{type(err).__name__}: {err}"
        return (Finding(job.part, "fail", "error", {"why": why}, job.name),)

    def result(self, started_s: float) -> tuple[Finding, ...]:
        """Wait until its time is over."""
        job = self._job
        self._thread.join(max(0.0, started_s + job.limit_s - time.monotonic()))
        return self._found or (Finding(job.part, "fail", "late", {"limit_s": f"{job.limit_s:g}"}, job.name),)


def gather(jobs: Iterable[Job]) -> Iterator[Finding]:
    """Look at all parts at once, each with its own time; yield what was found in the order of the jobs."""
    started_s = time.monotonic()
    for looking in [_Looking(job) for job in jobs]:
        yield from looking.result(started_s)
