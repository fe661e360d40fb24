"""The node as a process of its own, before a camera that a test holds: for what only the real program can show."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTINGS = """
[tower]
id = "tower-a"
[[camera]]
id = "north"
kind = "snapshot"
url = "http://127.0.0.1:{camera_port}/"
period_s = {period_s}
max_age_s = 60.0
clock = "{clock}"
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
[model]
path = "{model}"
threads = 1
[ledger]
path = "{name}-ledger.jsonl"
[outbox]
path = "{name}.sqlite"
resend_after_s = 1.0
[vitals]
every_s = 0.5
[mqtt]
host = "{mqtt.host}"
port = {mqtt.port}
username = "{mqtt.username}"
password_env = "NODE_PASSWORD"
keepalive_s = 2
last_retry_s = 1
"""


class SmokyCamera:
    """An HTTP camera; five pictures of twelve show a bright square. Its own clock, in `Last-Modified`, is right."""

    def __init__(self) -> None:
        pictures = _pictures()

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = next(pictures)
                self.send_response(200)
                self.send_header("Content-Type", "image/jpeg")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Last-Modified", datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="camera", daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _pictures() -> Any:
    chance = np.random.default_rng(5)
    for number in itertools.count():
        image = chance.integers(40, 60, (96, 128, 3)).astype(np.uint8)
        if number % 12 < 5:
            image[32:48, 48:64] = 250
        yield bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].data)


class RealNode:
    """One `firewatch-edge run`.

    Parameters
    ----------
    rig : Rig
        The broker, and the folder.
    model : Path
        The detector.
    camera : SmokyCamera
        What it looks at.
    name : str
        Of its files: two nodes on one machine each have their own.
    """

    def __init__(self, rig: Any, model: Path, camera: SmokyCamera, name: str = "node", **chosen: Any) -> None:
        self._folder, self._name = rig.folder, name
        mqtt = rig.settings("unused", is_tower=True)
        self._password = mqtt.password
        self.config = rig.folder / f"{name}.toml"
        settings = {"period_s": 0.2, "clock": "arrival"} | chosen
        text = SETTINGS.format(model=model, camera_port=camera.port, mqtt=mqtt, name=name, **settings)
        self.config.write_text(text, encoding="utf-8")
        self.log_path = rig.folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "firewatch_edge", "run", "--config", str(self.config)],
                stderr=log,
                env={**os.environ, "NODE_PASSWORD": self._password, **environment},
            )

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30.0)

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8") if self.log_path.exists() else ""

    def ledger(self) -> list[tuple[str, int]]:
        path = self._folder / f"{self._name}-ledger.jsonl"
        if not path.exists():
            return []
        lines = [
            json.loads(line)
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
            if line.endswith("\n")
        ]
        return [(line["sighting_id"], line["revision"]) for line in lines]


def wait_for(fact: Callable[[], bool], within_s: float, what: str) -> None:
    """Wait until something holds, or fail."""
    ends_at = time.monotonic() + within_s
    while not fact():
        assert time.monotonic() < ends_at, f"not within {within_s:g} s: {what}"
        time.sleep(0.05)
