"""Children are kept running, and end with their parent."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from firewatch.adapters.supervisor import ChildSpec, Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_GOOD = """
import threading
from firewatch.parent import stop_with_parent
stop = threading.Event()
stop_with_parent(stop)
stop.wait()
"""


def wait_for(is_so: Callable[[], bool], most_s: float = 20.0) -> None:
    until = time.monotonic() + most_s
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def spec(name: str, program: str) -> ChildSpec:
    return ChildSpec(name, [sys.executable, "-c", program], os.environ)


@pytest.fixture
def running() -> Iterator[Callable[[Supervisor], threading.Event]]:
    started: list[tuple[threading.Event, threading.Thread]] = []

    def run(supervisor: Supervisor) -> threading.Event:
        stop = threading.Event()
        thread = threading.Thread(target=supervisor.run, args=(stop,))
        thread.start()
        started.append((stop, thread))
        return stop

    yield run
    for stop, thread in started:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def test_a_killed_child_comes_back_and_leaves_no_zombie(running: Callable[[Supervisor], threading.Event]) -> None:
    supervisor = Supervisor([spec("one", _GOOD)])
    running(supervisor)
    wait_for(lambda: supervisor.process_id("one") is not None)
    first = supervisor.process_id("one")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: supervisor.process_id("one") not in {None, first})
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_a_child_that_always_dies_is_started_again_after_growing_pauses(
    tmp_path: Path, running: Callable[[Supervisor], threading.Event]
) -> None:
    log = tmp_path / "starts"
    program = f"import time; open({str(log)!r}, 'a').write(str(time.time()) + chr(10))"
    running(Supervisor([spec("dies", program)]))
    wait_for(lambda: log.exists() and len(log.read_text().splitlines()) >= 4)
    starts = [float(line) for line in log.read_text().splitlines()]
    pauses = [after - before for before, after in pairwise(starts)]
    assert pauses[2] > pauses[0]
    assert pauses[2] > 1.5


def test_a_program_that_is_not_there_ends_nobody_else(
    running: Callable[[Supervisor], threading.Event], caplog: pytest.LogCaptureFixture
) -> None:
    supervisor = Supervisor([ChildSpec("missing", ["/no/such/program"], os.environ), spec("one", _GOOD)])
    running(supervisor)
    wait_for(lambda: supervisor.process_id("one") is not None)
    wait_for(lambda: [r.getMessage() for r in caplog.records].count("child.not_started") >= 2)
    assert supervisor.process_id("missing") is None
    assert supervisor.process_id("one") is not None


def test_children_that_do_not_listen_have_the_grace_of_one_together(
    monkeypatch: pytest.MonkeyPatch, running: Callable[[Supervisor], threading.Event]
) -> None:
    monkeypatch.setattr("firewatch.adapters.supervisor._GRACE_S", 1.0)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('', flush=True); time.sleep(99)"
    supervisor = Supervisor([spec(name, deaf) for name in ("a", "b", "c")])
    stop = running(supervisor)
    wait_for(lambda: all(supervisor.process_id(name) for name in ("a", "b", "c")))
    time.sleep(1.0)
    started = time.monotonic()
    stop.set()
    wait_for(lambda: not any(supervisor.process_id(name) for name in ("a", "b", "c")))
    assert time.monotonic() - started < 4.0
