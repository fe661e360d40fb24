"""A real RTSP camera on loopback, in a process of its own, for tests that need one."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ports import free_port

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SERVER = Path(__file__).with_name("rtsp_server.py")
_PYTHON = "/usr/bin/python3"
_WANTED = "gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-good, -bad and -ugly"
_PROBE = """
import gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
print(*[name for name in ("x264enc", "x265enc", "h264parse", "rtph264pay") if not Gst.ElementFactory.find(name)])
"""


def clean_environment() -> dict[str, str]:
    """Return an environment for the system's GStreamer: `import cv2` puts its own libraries into LD_LIBRARY_PATH."""
    return {name: value for name, value in os.environ.items() if name not in {"LD_LIBRARY_PATH", "PYTHONPATH"}}


@cache
def _missing() -> str:
    try:
        probe = subprocess.run(
            [_PYTHON, "-c", _PROBE], capture_output=True, text=True, check=True, env=clean_environment(), timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return "GStreamer's RTSP server"
    return probe.stdout.strip()


def require_rtsp() -> None:
    """Skip the test where no RTSP server can be started."""
    if _missing():
        pytest.skip(f"not here: {_missing()} (Debian: {_WANTED})")


@dataclass(frozen=True, slots=True)
class Film:
    """What a camera sends."""

    codec: str = "h264"
    width: int = 640
    height: int = 360
    fps: float = 10.0
    key_every: int = 10


class RtspCamera:
    """One camera; it can be killed, hung, and told what to show."""

    def __init__(self, film: Film | None = None) -> None:
        self.film = film or Film()
        self._child: subprocess.Popen[str] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/camera"

    def start(self) -> None:
        """Begin to serve; return when it listens."""
        film = self.film
        words = (self.port, film.width, film.height, film.fps, film.codec, film.key_every)
        with tempfile.TemporaryFile() as said:
            child = subprocess.Popen(
                [_PYTHON, str(_SERVER), *map(str, words)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                env=clean_environment(),
            )
            self._child = child
            assert child.stdout is not None
            line = child.stdout.readline()
            if line.strip() != "ready":
                self.kill()
                said.seek(0)
                pytest.fail(f"the RTSP server did not start: {line!r}; it said {said.read()[-2000:]!r}")

    def kill(self) -> None:
        """End it without a word, as a power cut does."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait(10.0)
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()

    def hang(self) -> None:
        """Stop it with its connections open: nothing more comes, nothing is closed."""
        assert self._child is not None
        self._child.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run again."""
        assert self._child is not None
        self._child.send_signal(signal.SIGCONT)

    def show(self, picture: str) -> None:
        """Show a ``moving``, ``frozen`` or ``black`` picture from now on."""
        assert self._child is not None
        assert self._child.stdin is not None
        self._child.stdin.write(f"{picture}\n")
        self._child.stdin.flush()


def made_at_s(image: npt.NDArray[np.uint8]) -> float:
    """Return the Unix time that a moving picture carries in its corner, to a tenth [s]."""
    bits = "".join("1" if image[8, 16 * n + 8].mean() > 128 else "0" for n in range(32))
    now = int(time.time() * 10.0)
    # The picture holds the lowest 32 bits.
    return (now - (now - int(bits, 2)) % (1 << 32)) / 10.0
