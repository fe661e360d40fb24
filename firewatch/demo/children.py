"""The demo's programs as child processes: none of them lives longer than the demo, however it ends."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

from firewatch.errors import FirewatchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["Children", "DemoError", "last_words"]

# To end in order. One after the other, nodes and centre have 13 of the 15 s in which the demo promises to be over; a
# node that is killed then loses nothing, and the children of the centre's supervisor watch its pipe.
_NODE_GRACE_S = 4.0
_GRACE_S = 9.0
_LOG_TAIL = 600
# As the centre and the nodes write them.
_NO_COMPLAINTS = ('"level": "info"', " INFO ")


class DemoError(FirewatchError):
    """The demo could not be run."""


class Children:
    """Named programs that were started, each with its log in a folder.

    A child holds one end of a pipe as standard input and is told so (``--child``): it ends by itself when this process
    is killed.

    Parameters
    ----------
    folder : Path
        For ``<name>.log``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], secrets: Mapping[str, str]) -> None:
        """Start a program.

        Parameters
        ----------
        name : str
            Of its log, and in messages.
        command : sequence of str
            Program and arguments.
        secrets : mapping
            What its environment has besides ours.
        """
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(  # noqa: S603 - our own programs, no shell
                [*command, "--child"],
                env={**os.environ, **_without_proxy(), **secrets},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Ctrl-C in a terminal is for the demo, which ends them in order.
                process_group=0,
            )

    def require_alive(self) -> None:
        """Raise `DemoError`, with the end of its log, if a program ended by itself."""
        for name, process in self._processes.items():
            code = process.poll()
            if code is not None:
                told = f"exit code {code}" if code >= 0 else f"signal {-code}"
                what = f"the program of {name} ended by itself ({told})"
                raise DemoError(last_words(what, self._folder / f"{name}.log"))

    def end_nodes(self, names: Iterable[str]) -> None:
        """End the nodes that run, side by side: together they have the grace of one."""
        self._end(names, _NODE_GRACE_S)

    def end_all(self) -> None:
        """End all that run, side by side; the centre should be the only one left, so that it heard the last words."""
        self._end(self._processes, _GRACE_S)
        for process in self._processes.values():
            if process.stdin is not None:
                process.stdin.close()

    def _end(self, names: Iterable[str], grace_s: float) -> None:
        living = [p for name in names if (p := self._processes.get(name)) is not None and p.poll() is None]
        for process in living:
            process.terminate()
        until = time.monotonic() + grace_s
        for process in living:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _without_proxy() -> dict[str, str]:
    # A proxy of the environment is for the way out: the simulated phones are on this machine.
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    none = ",".join(filter(None, (given, "127.0.0.1")))
    return {"no_proxy": none, "NO_PROXY": none}


def last_words(what: str, log: Path) -> str:
    """Return a message about a program with the end of its log, of its complaints where there are any."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    complaints = [line for line in lines if not any(level in line for level in _NO_COMPLAINTS)]
    text = "\n".join(complaints or lines)[-_LOG_TAIL:]
    return f"{what}; its log ends:\n{text or '(empty)'}\nWith --keep DIR all logs stay in DIR."
