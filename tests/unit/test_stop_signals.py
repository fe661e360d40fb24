"""A signal ends a program in order, even one that is just being woken."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

# The main thread is where `Event.wait` is when it has just been woken: it holds the event's lock.
_WOKEN_AND_SIGNALLED = """
import signal, sys, threading
from firewatch.stop_signals import stop_with_signals

stop = threading.Event()
stop_with_signals(stop)
with stop._cond:
    signal.raise_signal(int(sys.argv[1]))
    signal.raise_signal(int(sys.argv[1]))
sys.exit(0 if stop.wait(20) else 1)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_at_the_moment_of_waking_does_not_hang_the_program(number: signal.Signals) -> None:
    command = [sys.executable, "-c", _WOKEN_AND_SIGNALLED, str(int(number))]
    assert subprocess.run(command, timeout=60, check=False).returncode == 0
