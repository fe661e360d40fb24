"""The node under systemd: the unit as it is shipped, and the real process over a fake notification socket."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

UNIT = Path(__file__).resolve().parents[2] / "edge" / "firewatch-edge.service"
# 0 is closed, 10 is open to all; stated in docs/reference/health.md.
MOST_EXPOSURE = 1.5
SETTINGS = """
[tower]
id = "a"
[[camera]]
id = "north"
kind = "folder"
path = "frames"
period_s = 0.2
timeout_s = 0.5
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
[model]
path = "{model}"
[vitals]
every_s = 0.5
[mqtt]
port = 9
"""


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze: apt-get install systemd")
    command = ["systemd-analyze", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_unit_has_no_fault_but_that_the_program_is_not_installed_here() -> None:
    done = analyze("verify", UNIT)
    lines = (done.stdout + done.stderr).splitlines()
    assert [line for line in lines if "firewatch-edge is not executable" not in line] == []


def test_the_unit_is_closed_as_far_as_it_says() -> None:
    done = analyze("security", "--offline=true", "--no-pager", UNIT)
    found = re.search(r"Overall exposure level for firewatch-edge.service: ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert float(found.group(1)) <= MOST_EXPOSURE


class Systemd:
    """Listens where systemd would."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.path = path
        self.told: list[str] = []

    def listen(self, seconds: float, until: str = "") -> list[str]:
        """Return what was told in this time; sooner where something that begins so is told."""
        begin, deadline = len(self.told), time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0.0:
            self._socket.settimeout(left)
            try:
                self.told.append(self._socket.recv(4096).decode())
            except TimeoutError:
                break
            if until and self.told[-1].startswith(until):
                break
        return self.told[begin:]

    def close(self) -> None:
        """Go away."""
        self._socket.close()


def test_the_real_process_is_ready_pets_and_stops_petting_when_the_capture_hangs(
    squares_model: Path, tmp_path: Path
) -> None:
    """Its last picture becomes a pipe that nobody writes: the read never returns, as that of a dead network disk."""
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(20):
        grain = np.random.default_rng(number).integers(40, 60, (192, 256, 3)).astype(np.uint8)
        cv2.imwrite(str(frames / f"{number:02}.png"), grain)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "edge.toml").write_text(SETTINGS.format(model=squares_model), encoding="utf-8")
    systemd = Systemd(tmp_path / "notify")
    environment = {**os.environ, "NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "3000000"}
    command = [sys.executable, "-m", "firewatch_edge", "run", "--config", str(tmp_path / "edge.toml")]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as node:
        try:
            assert systemd.listen(60.0, "READY=1")[-1] == "READY=1"
            early = systemd.listen(60.0, "WATCHDOG=1")
            (tmp_path / "pipe").replace(frames / "19.png")
            early += systemd.listen(60.0, "STATUS=stuck")
            assert "WATCHDOG=1" in early
            assert any(line.startswith("STATUS=eyes open 1 of 1") for line in early), early
            assert early[-1] == "STATUS=stuck: capture"
            assert "WATCHDOG=1" not in systemd.listen(3.0)
        finally:
            node.send_signal(signal.SIGTERM)
            ended = systemd.listen(20.0, "STOPPING=1")
            node.communicate(timeout=30)
    systemd.close()
    assert "STOPPING=1" in ended
    assert node.returncode == 0
