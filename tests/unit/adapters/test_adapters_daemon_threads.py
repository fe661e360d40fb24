"""Calls run aside, and one that never ends does not keep the program from ending."""

from __future__ import annotations

import subprocess
import sys
import threading
from time import monotonic

import pytest

from firewatch.adapters.daemon_threads import DaemonThreads


def test_a_call_gives_its_outcome() -> None:
    threads = DaemonThreads("feed")
    assert threads.submit(lambda: threading.current_thread().name).result(5.0) == "feed"
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 / 0).result(5.0)


def test_no_thread_left_is_told_by_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoThread:
        def __init__(self, **_: object) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading, "Thread", NoThread)
    with pytest.raises(RuntimeError, match="can't start"):
        DaemonThreads("feed").submit(lambda: 1).result(5.0)


def test_a_call_that_never_ends_does_not_hold_up_the_program_s_end() -> None:
    program = (
        "import threading; from firewatch.adapters.daemon_threads import DaemonThreads; "
        "DaemonThreads('feed').submit(threading.Event().wait)"
    )
    start = monotonic()
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
    assert monotonic() - start < 10.0
