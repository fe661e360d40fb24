"""Sets a first camera up as a technician does, takes the time, and draws the pictures of docs/how-to/first-camera.md.

A rendered view is served by an HTTP camera on loopback; the bureau's authority, its enrolment desk and Mosquitto run
beside it. A pseudo-terminal types the answers at a person's pace: so long to read a question, so long a letter.
Run ``python scripts/first_camera.py [--read-s 6] [--key-s 0.3] [--out docs/images]``; it prints what took how long.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import getpass
import http.server
import json
import os
import pty
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from terminal_picture import draw_terminal

from firewatch.adapters.store import open_store
from firewatch.scene import Air, Landscape, Plume, Sun, View, Wind, make_backdrop, make_cover, render

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[1]
# What the technician types: a part of the question, and the answer.
PASSWORD = "a long one 42"  # noqa: S105 - of a camera that is drawn
SHOWN_FOLDER = "/etc/firewatch"
CENTRE = """
[centre]
sites = "{configs}/sites.geojson"
roster = "{configs}/roster.toml"
[store]
url = "sqlite:///centre.sqlite"
evidence = "evidence"
[enrolment]
public_host = "127.0.0.1"
host = "127.0.0.1"
port = {port}
ca = "ca"
broker_port = {broker_port}
broker_files = "mosquitto"
"""


def main() -> int:
    """Run it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--read-s", type=float, default=6.0, help="to read a question and look the answer up")
    parser.add_argument("--key-s", type=float, default=0.3, help="to type a letter")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, camera() as url, centre(Path(name)) as (desk, code):
        folder = Path(name) / "tower"
        folder.mkdir()
        technician = Technician(folder, asked.read_s, asked.key_s)
        setup = technician.work(["init", "--config", "edge.toml", "--language", "en"], answers(url, desk, code))
        check = technician.work(["check-config", "--config", "edge.toml"], [])
        doctor = technician.work(["doctor", "--config", "edge.toml", "--language", "en"], [])
        chinese = technician.work(["doctor", "--config", "edge.toml", "--language", "zh"], [])
        shutil.copy(folder / "first-picture-north.jpg", asked.out / "first-camera-picture.jpg")
    for kind, run in (("init", setup), ("doctor", doctor), ("doctor-zh", chinese)):
        text = run.text.replace(str(folder), SHOWN_FOLDER)
        (asked.out / f"first-camera-{kind}.svg").write_text(draw_terminal(text), encoding="utf-8")
    times = {"init_s": setup.took_s, "typing_s": setup.typed_s, "check_config_s": check.took_s}
    print(json.dumps({key: round(value, 1) for key, value in (times | {"doctor_s": doctor.took_s}).items()}))
    return max(setup.code, check.code)


def answers(url: str, desk: str, code: str) -> list[tuple[str, str]]:
    """Return question and answer, in order."""
    return [
        ("Tower (", "yunfeng"),
        ("Place:", "26.905, 112.545"),
        ("Elevation", "290"),
        ("Height", "20"),
        ("enrolment desk", desk),
        ("Code", code),
        ("Camera:", url),
        ("User name", "viewer"),
        ("Its password", PASSWORD),
        ("Name of this camera", ""),
        ("field of view", "50"),
        ("True azimuth", "m"),
        ("Landmark", "26.968, 112.545"),
        ("Where is it", "50"),
        ("True azimuth", ""),
        ("Tilt", "-1"),
        ("Another camera", "n"),
        ("Write it", ""),
    ]


class Run:
    """One command that was run at a terminal."""

    def __init__(self, text: str, code: int, took_s: float, typed_s: float) -> None:
        self.text, self.code, self.took_s, self.typed_s = text, code, took_s, typed_s


class Technician:
    """Types at a pseudo-terminal at a person's pace.

    Parameters
    ----------
    folder : Path
        Where the settings come to lie.
    read_s, key_s : float
        To read a question, and to type a letter [s].
    """

    def __init__(self, folder: Path, read_s: float, key_s: float) -> None:
        self._folder = folder
        self._read_s, self._key_s = read_s, key_s

    def work(self, words: list[str], answers: list[tuple[str, str]]) -> Run:
        """Run one command and answer its questions."""
        mine, theirs = pty.openpty()
        command = [sys.executable, "-m", "firewatch_edge", *words]
        began_s, typed_s, seen = time.monotonic(), 0.0, ""
        child = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=self._folder, start_new_session=True
        )
        os.close(theirs)
        for question, answer in answers:
            seen = _read_until(mine, seen, question)
            started_s = time.monotonic()
            time.sleep(self._read_s)
            for letter in f"{answer}\n":
                time.sleep(self._key_s)
                os.write(mine, letter.encode())
            typed_s += time.monotonic() - started_s
        seen = _read_until(mine, seen, None)
        code = child.wait(60)
        os.close(mine)
        shown = f"$ firewatch-edge {' '.join(words)}\n{seen}".replace("\r\n", "\n")
        return Run(shown, code, time.monotonic() - began_s, typed_s)


def _read_until(terminal: int, seen: str, words: str | None) -> str:
    """Read until words are there; with None, until the program has ended."""
    start, ends_at = len(seen), time.monotonic() + 600.0
    while words is None or words not in seen[start:]:
        if time.monotonic() > ends_at:
            raise TimeoutError(f"{words!r} was not asked:\n{seen}")
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:  # what Linux says when the other side is closed
            part = b""
        if not part and words is None:
            return seen
        if not part:
            raise EOFError(f"{words!r} was not asked:\n{seen}")
        seen += part.decode("utf-8", "replace")
    return seen


def _view() -> list[bytes]:
    """Render some frames of a view with a hill right ahead, and a young plume."""
    north, east = np.mgrid[-20:201, -100:101].astype(np.float32) * 100.0
    ridge = 100.0 + np.clip((north - 5000.0) / 4000.0, 0.0, 1.0) * (300.0 + 160.0 * np.sin(east / 1700.0))
    peak = 330.0 * np.exp(-((east / 900.0) ** 2 + ((north - 7000.0) / 900.0) ** 2))
    land = Landscape((ridge + peak).astype(np.float32), 100.0, -10_000.0, -2000.0)
    view, wind = View(0.0, 0.0, 300.0, 0.0, -1.0, 50.0, 1920, 1080), Wind(3.0, 250.0)
    air = Air(40_000.0, wind, cloud_cover=0.15)
    backdrop = make_backdrop(land, make_cover(np.random.default_rng(1)), view, Sun(160.0, 45.0), air, fineness=1)
    plume = Plume(2000.0, 6000.0, land.elevation_at(2000.0, 6000.0), 0.0, wind, seed=5)
    frames = [render(backdrop, [plume], 240.0 + 10.0 * number, seed=number).image for number in range(4)]
    return [cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes() for frame in frames]


@contextlib.contextmanager
def camera() -> Iterator[str]:
    """Serve the view as a camera's snapshot, behind an account."""
    frames = _view()
    account = "Basic " + base64.b64encode(f"viewer:{PASSWORD}".encode()).decode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_known = self.headers.get("Authorization") == account
            body = frames[int(time.monotonic()) % len(frames)] if is_known else b""
            self.send_response(200 if is_known else 401)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/snapshot.jpg"
    server.shutdown()


@contextlib.contextmanager
def centre(folder: Path) -> Iterator[tuple[str, str]]:
    """Run a bureau: authority, enrolment desk, broker; yield the desk's address and a code for yunfeng."""
    port, broker_port = _free_port(), _free_port()
    settings = folder / "central.toml"
    text = CENTRE.format(configs=ROOT / "configs", port=port, broker_port=broker_port)
    settings.write_text(text, encoding="utf-8")
    secrets = {"FIREWATCH_CA_PASSPHRASE": "of a bureau that is made up", "FIREWATCH_SECRET": "0123456789abcdef0123"}
    environment = os.environ | secrets
    program = [sys.executable, "-m", "firewatch"]

    def firewatch(*words: str) -> str:
        done = subprocess.run(  # noqa: S603 - our own program
            [*program, *words, "--config", str(settings)], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    open_store(f"sqlite:///{folder / 'centre.sqlite'}", folder / "evidence").close()
    firewatch("towers", "ca", "init")
    firewatch("towers", "broker")
    broker = folder / "broker.conf"
    broker.write_text(f"include_dir {folder / 'mosquitto'}\nuser {getpass.getuser()}\n")
    served = [*program, "serve", "--role", "enrolment", "--config", str(settings)]
    mosquitto = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    children = [
        subprocess.Popen(served, env=environment, **quiet),  # type: ignore[call-overload]  # noqa: S603 - our own
        subprocess.Popen([mosquitto, "-c", str(broker)], **quiet),  # type: ignore[call-overload]  # noqa: S603
    ]
    try:
        for each in (port, port + 1, broker_port):
            _wait_for(each)
        told = firewatch("towers", "enrol", "yunfeng")
        yield f"127.0.0.1:{port}", next(line.strip() for line in told.splitlines() if line.startswith("    "))
    finally:
        for child in children:
            child.terminate()
            child.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    ends_at = time.monotonic() + 60.0
    while socket.socket().connect_ex(("127.0.0.1", port)):
        if time.monotonic() > ends_at:
            raise TimeoutError(f"nothing listens on {port}")
        time.sleep(0.1)


if __name__ == "__main__":
    raise SystemExit(main())
