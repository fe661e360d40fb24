"""A tower's node as a real process, with RTSP cameras on loopback, and what its vitals said at the broker."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.adapters.broker import BrokerAccount, EmbeddedBroker
from firewatch.domain.ids import TowerId
from firewatch.mqtt import MqttSession, Subscription
from firewatch.wire import codec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rtsp_camera import RtspCamera

    from firewatch.mqtt import Delivery

__all__ = ["Seen", "TowerWithCameras"]

_TOWER = TowerId("tower-a")
_SETTINGS = """
[tower]
id = "tower-a"
[model]
path = "{model}"
threads = 1
[vitals]
every_s = 2.0
[mqtt]
host = "{host}"
port = {port}
username = "{username}"
password_env = "NODE_PASSWORD"
last_retry_s = 1
"""
_CAMERA = """
[[camera]]
id = "{name}"
kind = "stream"
url = "{url}"
decoder = "{decoder}"
period_s = {period_s}
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
"""


@dataclass(slots=True)
class Seen:
    """What the vitals said of one camera, on the monotonic clock [s].

    Parameters
    ----------
    silent : list of (float, bool)
        When it was said to be silent, and when not, at each change.
    new_at : list of float
        When it had a new frame.
    darkness : float
        Of its last new frame.
    repeated : int
        Frames that were the same picture again.
    """

    silent: list[tuple[float, bool]] = field(default_factory=list)
    new_at: list[float] = field(default_factory=list)
    darkness: float = 0.0
    dark_at: float | None = None
    repeated: int = 0

    @property
    def is_silent(self) -> bool:
        return bool(self.silent) and self.silent[-1][1]


class TowerWithCameras:
    """The node at work; ends what it began.

    Parameters
    ----------
    folder : Path
        An empty one.
    model : Path
        Of the detector.
    cameras : Mapping of str to (RtspCamera, str)
        By their names: the camera, and what decodes it.
    period_s : float
        Of each [s].
    """

    def __init__(
        self, folder: Path, model: Path, cameras: Mapping[str, tuple[RtspCamera, str]], period_s: float
    ) -> None:
        self.cameras = {name: camera for name, (camera, _) in cameras.items()}
        self.seen = {name: Seen() for name in cameras}
        self.sightings = 0
        self._lock = threading.Lock()
        self._folder = folder
        centre, tower = BrokerAccount.of_centre(), BrokerAccount.of_tower(_TOWER)
        self._broker = EmbeddedBroker(folder / "broker", [centre, tower])
        self._broker.start()
        listening = self._broker.settings_for(centre, "listener")
        self._session = MqttSession(listening, subscriptions=[Subscription("#", 1)], receiver=self._take)
        self._session.start()
        mqtt = self._broker.settings_for(tower, "unused")
        text = _SETTINGS.format(model=model, host=mqtt.host, port=mqtt.port, username=mqtt.username)
        for name, (camera, decoder) in cameras.items():
            text += _CAMERA.format(name=name, url=camera.url, decoder=decoder, period_s=period_s)
        (folder / "edge.toml").write_text(text, encoding="utf-8")
        self._environment = {**os.environ, "NODE_PASSWORD": mqtt.password}
        self._node: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start cameras and node."""
        for camera in self.cameras.values():
            camera.start()
        with (self._folder / "node.log").open("wb") as log:
            command = [
                sys.executable,
                "-m",
                "firewatch_edge",
                "run",
                "--child",
                "--config",
                str(self._folder / "edge.toml"),
            ]
            self._node = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log, env=self._environment)

    def stop(self) -> None:
        """End the node in order, then the rest."""
        try:
            if self._node is not None:
                self._node.terminate()
                self._node.communicate(timeout=30.0)
        finally:
            self._session.stop()
            self._broker.stop()
            for camera in self.cameras.values():
                camera.kill()

    def threads(self) -> int:
        """Return how many threads the node has."""
        return self._of_node("Threads")

    def memory_mb(self) -> float:
        """Return how much memory the node holds [MB]."""
        return self._of_node("VmRSS") / 1000.0

    def log(self) -> str:
        """Return what the node logged."""
        return (self._folder / "node.log").read_text(encoding="utf-8")

    def wait(self, what: Callable[[], bool], at_most_s: float) -> float | None:
        """Wait until something is so; return the monotonic time, None if it did not come [s]."""
        until_s = time.monotonic() + at_most_s
        while not what():
            assert self._node is None or self._node.poll() is None, f"the node ended: {self.log()[-2000:]}"
            if time.monotonic() >= until_s:
                return None
            time.sleep(0.05)
        return time.monotonic()

    def _of_node(self, what: str) -> int:
        assert self._node is not None
        status = Path(f"/proc/{self._node.pid}/status").read_text(encoding="utf-8")
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith(f"{what}:")))

    def _take(self, delivery: Delivery) -> None:
        if delivery.topic.endswith(("/sightings", "/backfill")):
            self.sightings += 1
        if not delivery.topic.endswith("/vitals"):
            return
        at_s = time.monotonic()
        with self._lock:
            for camera in codec.decode_vitals(delivery.payload).cameras:
                _note(self.seen[camera.camera_id], camera, at_s)


def _note(seen: Seen, camera: object, at_s: float) -> None:
    is_silent, age_s = camera.is_silent, camera.frame_age_s  # type: ignore[attr-defined]
    if not seen.silent or seen.silent[-1][1] != is_silent:
        seen.silent.append((at_s, is_silent))
    if age_s is not None and (not seen.new_at or at_s - age_s > seen.new_at[-1] + 1.0):
        seen.new_at.append(at_s - age_s)
    seen.repeated = camera.frames_repeated  # type: ignore[attr-defined]
    is_dark = (camera.darkness or 0.0) > 0.98  # type: ignore[attr-defined]
    seen.dark_at = (seen.dark_at or at_s) if is_dark else None
