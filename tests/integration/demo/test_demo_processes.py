"""However the demo ends, nothing that it started lives on."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Alone = Callable[[], contextlib.AbstractContextManager[None]]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="follows processes in /proc"),
]

# What the demo promises.
ENDS_WITHIN_S = 15.0
_STARTS_WITHIN_S = 240.0
# Supervisor, four roles, a broker and its guard; then the nodes.
_WITHOUT_NODES = 7


def born(pid: int) -> str | None:
    """Return when a process started, in the kernel's ticks: its id alone may come again. None for one that is over."""
    with contextlib.suppress(OSError):
        state, *facts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        # A zombie works no more; whether it is fetched is the business of process 1.
        return None if state in "ZX" else facts[18]
    return None


def parents() -> dict[int, int]:
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            found[int(path.parent.name)] = int(path.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    return found


def tree_below(pid: int) -> dict[int, str]:
    """Return the processes below one, with when each started."""
    above, found = parents(), {pid}
    while more := {child for child, parent in above.items() if parent in found} - found:
        found |= more
    return {child: at for child in found - {pid} if (at := born(child)) is not None}


def living(tree: Mapping[int, str]) -> dict[int, str]:
    return {pid: command_of(pid) for pid, at in tree.items() if born(pid) == at}


def command_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    return ""


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def wait_for(is_so: Callable[[], object], within_s: float, what: Callable[[], object]) -> float:
    """Return after how many seconds it was so."""
    started = time.monotonic()
    while not is_so():
        assert time.monotonic() - started < within_s, what()
        time.sleep(0.05)
    return time.monotonic() - started


@dataclass(frozen=True, slots=True)
class StartedDemo:
    """An interactive demo, as a person runs it in a terminal."""

    process: subprocess.Popen[bytes]
    folder: Path
    ports: tuple[int, int]
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def log(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def wait_until_said(self, text: str) -> None:
        wait_for(lambda: text in self.said or self.process.poll() is not None, _STARTS_WITHIN_S, lambda: self.said)
        assert text in self.said

    def wait_until_watching(self, *towers: str) -> dict[int, str]:
        """Wait until the nodes and the centre's four roles work; return all processes of the demo."""
        wait_for(lambda: self.log("central.log").count("role.started") == 4, _STARTS_WITHIN_S, lambda: self.said)
        for tower in towers:
            wait_for(
                lambda tower=tower: "node.started" in self.log(f"{tower}.log"), _STARTS_WITHIN_S, lambda: self.said
            )
        tree = tree_below(self.process.pid)
        assert len(tree) >= _WITHOUT_NODES + len(towers), living(tree)
        return tree

    def press_ctrl_c(self) -> None:
        """Do what a terminal does: interrupt every process of the foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def assert_gone(self, tree: Mapping[int, str]) -> None:
        """Check that no process is left, and both ports can be had, in time."""
        wait_for(lambda: not living(tree), ENDS_WITHIN_S, lambda: living(tree))
        assert all(is_free(port) for port in self.ports)


@pytest.fixture
def start(alone: Alone, tmp_path: Path) -> Iterator[Callable[..., StartedDemo]]:
    """Return what starts a demo; it ends with the test, whatever becomes of that."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(alone())

        def begin(*options: object) -> StartedDemo:
            folder, ports = tmp_path / "demo", (free_port(), free_port())
            given = ["--keep", folder, "--port", ports[0], "--broker-port", ports[1], *options]
            output = tmp_path / "said.txt"
            with output.open("wb") as said:
                process = subprocess.Popen(
                    [sys.executable, "-m", "firewatch", "demo", *map(str, given)],
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    start_new_session=True,
                )
            demo = StartedDemo(process, folder, ports, output)
            stack.callback(end_hard, demo)
            return demo

        yield begin


def end_hard(demo: StartedDemo) -> None:
    tree = tree_below(demo.process.pid)
    demo.process.kill()
    demo.process.wait()
    for pid in living(tree):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Return a folder of real frames: with them the demo has one node and renders nothing."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.jpg"), np.full((360, 640, 3), 90 + 10 * number, np.uint8))
    return folder


def test_nothing_is_left_of_a_demo_that_is_killed(start: Callable[..., StartedDemo]) -> None:
    demo = start()
    demo.wait_until_said("The cameras run")
    tree = demo.wait_until_watching("tower-1", "tower-2", "tower-3")
    demo.process.kill()
    demo.process.wait()
    demo.assert_gone(tree)
    # Each had time to end in order; the centre's supervisor took its four along.
    for tower in ("tower-1", "tower-2", "tower-3"):
        assert "node.stopped" in demo.log(f"{tower}.log")
    assert demo.log("central.log").count("role.stopped") == 4


def test_nothing_is_left_of_a_demo_that_is_killed_while_it_starts(start: Callable[..., StartedDemo]) -> None:
    demo = start("--broker", "amqtt")
    demo.wait_until_said("making the demo's world")
    tree = tree_below(demo.process.pid)
    assert any("firewatch serve" in command for command in living(tree).values())
    # What the centre starts after this is below it, and ends with it: its command lines name the demo's folder.
    demo.process.kill()
    demo.process.wait()
    demo.assert_gone(tree)
    wait_for(lambda: not of_folder(demo.folder), ENDS_WITHIN_S, lambda: of_folder(demo.folder))


def of_folder(folder: Path) -> list[str]:
    commands = [command_of(pid) for pid in parents() if pid != os.getpid()]
    return [command for command in commands if str(folder) in command]


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_ends_everything_in_order_and_says_so(
    start: Callable[..., StartedDemo], frames: Path, presses: int
) -> None:
    demo = start("--frames", frames)
    demo.wait_until_said("Ctrl-C ends the demo")
    tree = demo.wait_until_watching("tower-1")
    pressed_at = time.monotonic()
    for _ in range(presses):
        demo.press_ctrl_c()
        time.sleep(0.3)
    assert demo.process.wait(ENDS_WITHIN_S) == 0, demo.said
    assert time.monotonic() - pressed_at < ENDS_WITHIN_S
    assert not living(tree)
    demo.assert_gone(tree)
    assert demo.said.rstrip().endswith("the demo has ended")
    assert "ending the demo's programs" in demo.said
    assert "node.stopped" in demo.log("tower-1.log")
    assert demo.log("central.log").count("role.stopped") == 4
    for text in (demo.said, demo.log("tower-1.log"), demo.log("central.log"), demo.log("broker/broker.log")):
        assert "Traceback" not in text


def test_ctrl_c_while_the_demo_starts_ends_it(start: Callable[..., StartedDemo]) -> None:
    demo = start()
    demo.wait_until_said("making the demo's world")
    tree = tree_below(demo.process.pid)
    demo.press_ctrl_c()
    assert demo.process.wait(ENDS_WITHIN_S) == 0, demo.said
    demo.assert_gone(tree)
    assert demo.said.rstrip().endswith("the demo has ended")
    assert "Traceback" not in demo.said


@pytest.mark.parametrize(("program", "words"), [("firewatch_edge", "tower-1"), ("mosquitto -c", "the broker")])
def test_a_program_that_dies_ends_the_demo_with_1_and_its_name(
    start: Callable[..., StartedDemo], frames: Path, program: str, words: str
) -> None:
    demo = start("--frames", frames)
    demo.wait_until_said("Ctrl-C ends the demo")
    tree = demo.wait_until_watching("tower-1")
    victims = [pid for pid, command in living(tree).items() if program in command and "broker_child" not in command]
    if not victims:
        pytest.skip(f"there is no {program} on this machine")
    os.kill(victims[0], signal.SIGKILL)
    assert demo.process.wait(60.0) == 1, demo.said
    demo.assert_gone(tree)
    assert f"{words} ended by itself" in demo.said
    assert "its log ends:" in demo.said
    assert "Traceback" not in demo.said


def test_a_node_that_cannot_start_ends_the_demo_with_what_it_said(
    start: Callable[..., StartedDemo], frames: Path, tmp_path: Path
) -> None:
    no_model = tmp_path / "no model"
    no_model.mkdir()
    demo = start("--frames", frames, "--model", no_model)
    assert demo.process.wait(_STARTS_WITHIN_S) == 1
    assert "tower-1 ended by itself (exit code 1)" in demo.said
    assert str(no_model) in demo.said.partition("its log ends:")[2]
    demo.assert_gone(tree_below(demo.process.pid))
