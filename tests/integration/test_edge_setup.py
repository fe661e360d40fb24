"""`init` at a real terminal, and cameras that are wrong in each way that a technician meets."""

from __future__ import annotations

import contextlib
import gc
import http.server
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np
import pytest
from onvif_device import OnvifDevice
from turning_camera import TurningCamera

from firewatch_edge.cli import main
from firewatch_edge.cli.checkup import gather
from firewatch_edge.cli.checkup.cameras import camera_jobs
from firewatch_edge.cli.secrets_file import read_secrets
from firewatch_edge.cli.trying import Trial, try_camera
from firewatch_edge.cli.words import Words
from firewatch_edge.config import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firewatch_edge.config import EdgeSettings

pytestmark = [
    # Servers and streams that are given up in mid-answer leave their sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

PICTURE = cv2.imencode(".jpg", np.full((72, 128, 3), 90, np.uint8))[1].tobytes()


class CameraHandler(http.server.BaseHTTPRequestHandler):
    """Answers by path, as cameras and what is mistaken for one do."""

    def do_GET(self) -> None:
        known = {
            "/snapshot.jpg": (200, "image/jpeg", PICTURE),
            "/old.jpg": (200, "image/jpeg", PICTURE),
            "/page": (200, "text/html", b"<html>log in</html>"),
            "/text": (200, "text/plain", b"hello"),
            "/locked": (401, "text/plain", b""),
            "/forbidden": (403, "text/plain", b""),
        }
        if self.path == "/mjpeg":
            self.stream()
            return
        status, kind, body = known.get(self.path, (404, "text/plain", b""))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
        if self.path == "/old.jpg":
            self.send_header("Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        with contextlib.suppress(OSError):
            for number in range(200):
                image = np.full((72, 128, 3), number, np.uint8)
                part = cv2.imencode(".jpg", image)[1].tobytes()
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(part))
                self.wfile.write(part + b"\r\n")
                time.sleep(0.1)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _collect() -> Iterator[None]:
    """Collect here what these tests leave, so that no other test is blamed for it."""
    yield
    gc.collect()


@pytest.fixture
def web() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), CameraHandler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@contextlib.contextmanager
def rtsp(describe: bytes) -> Iterator[int]:
    """Answer OPTIONS as a camera does, DESCRIBE with one line, and then hang; with b"" answer with silence at once."""
    server = socket.create_server(("127.0.0.1", 0))
    is_over, links = threading.Event(), []

    def serve(link: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while not is_over.is_set():
                asked = link.recv(4096)
                if not asked:
                    return
                if describe:
                    line = b"RTSP/1.0 200 OK" if asked.startswith(b"OPTIONS") else describe
                    link.sendall(line + b"\r\nCSeq: 1\r\n\r\n")

    def accept() -> None:
        with contextlib.suppress(OSError):
            while not is_over.is_set():
                link, _ = server.accept()
                links.append(link)
                threading.Thread(target=serve, args=(link,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        is_over.set()
        for each in (server, *links):
            each.close()


def settings_with(folder: Path, *cameras: str) -> EdgeSettings:
    pose = "[camera.pose]\nazimuth_deg = 0.0\nhfov_deg = 50.0\n"
    blocks = "".join(
        f'[[camera]]\nid = "c{number}"\ntimeout_s = 1.5\n{each}\n{pose}' for number, each in enumerate(cameras)
    )
    path = folder / "edge.toml"
    path.write_text(f'[tower]\nid = "a"\n{blocks}[model]\npath = "none"\n', encoding="utf-8")
    return load_settings(path)


def test_each_wrong_camera_is_told_by_what_to_touch_and_none_delays_another(tmp_path: Path, web: str) -> None:
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    with rtsp(b"RTSP/1.0 404 Not Found") as lost, rtsp(b"RTSP/1.0 401 Unauthorized") as locked, rtsp(b"") as mute:
        wrong = {
            f'kind = "snapshot"\nurl = "{web}/none"': "trouble.path",
            f'kind = "snapshot"\nurl = "{web}/locked"': "trouble.account_missing",
            f'kind = "snapshot"\nurl = "{web}/forbidden"': "trouble.forbidden",
            f'kind = "snapshot"\nurl = "{web}/page"': "trouble.web_page",
            f'kind = "snapshot"\nurl = "{web}/text"': "trouble.no_picture",
            f'kind = "mjpeg"\nurl = "{web}/snapshot.jpg"': "trouble.is_snapshot",
            f'kind = "snapshot"\nurl = "http://127.0.0.1:{port}/x"': "trouble.refused",
            'kind = "snapshot"\nurl = "http://no-such-camera.invalid/x"': "trouble.unknown_host",
            f'kind = "stream"\nurl = "rtsp://127.0.0.1:{lost}/x"': "trouble.path",
            f'kind = "stream"\nurl = "rtsp://127.0.0.1:{locked}/x"': "trouble.account_missing",
            f'kind = "stream"\nurl = "rtsp://127.0.0.1:{mute}/x"': "trouble.silent",
            'kind = "device"\npath = "/dev/video99"': "trouble.device_missing",
            'kind = "folder"\npath = "none"': "trouble.path_missing",
            f'kind = "snapshot"\nurl = "{web}/old.jpg"': "camera.stale",
            f'kind = "snapshot"\nurl = "{web}/snapshot.jpg"': "camera.seen",
        }
        settings = settings_with(tmp_path, *wrong)
        started = time.monotonic()
        found = list(gather(camera_jobs(settings)))
        assert time.monotonic() - started < 20.0
    assert {each.key for each in found} >= {"camera.seen"}
    assert [each.key for each in found] == list(wrong.values())
    for each in found[:-1]:
        assert each.level == "fail"
        assert each.to_do(Words("en"))
        assert each.to_do(Words("zh"))


def test_a_stream_that_is_tried_tells_its_size_its_age_and_its_rate(tmp_path: Path, web: str) -> None:
    settings = settings_with(tmp_path, f'kind = "mjpeg"\nurl = "{web}/mjpeg"')
    result = try_camera(settings.camera[0])
    assert isinstance(result, Trial)
    assert result.fps is not None
    assert result.is_changing
    assert 1.0 < result.fps < 15.0
    assert (result.frame.stamp.width_px, abs(result.age_s) < 5.0) == (128, True)


def test_an_address_of_the_web_is_found_out_to_be_a_snapshot_or_a_stream(tmp_path: Path, web: str) -> None:
    wanted = {"mjpeg": ("mjpeg", "camera"), "old.jpg": ("snapshot", "arrival")}
    for number, (path, kind_and_clock) in enumerate(wanted.items()):
        config = tmp_path / f"edge{number}.toml"
        angles = ["--azimuth-deg", "1", "--hfov-deg", "50", "--tower", "a", "--yes"]
        assert main(["init", "--config", str(config), "--camera-url", f"{web}/{path}", *angles]) == 0
        camera = load_settings(config).camera[0]
        assert (camera.kind, camera.clock) == kind_and_clock


def test_an_onvif_camera_is_set_up_from_what_it_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OnvifDevice(TurningCamera(speed=1.0)) as device:
        device.presets = {"North": (0.0, 0.1, 0.0), "东山": (0.5, 0.0, 0.2)}
        answers = tmp_path / "answers.toml"
        answers.write_text(
            f'[tower]\nid = "a"\n[[camera]]\nid = "dome"\nonvif = "{device.url}"\nusername = "admin"\n'
            'password = "secret"\n[[camera.poses]]\npreset = "North"\nazimuth_deg = 0.0\nhfov_deg = 64.0\n'
            '[[camera.poses]]\npreset = "东山"\nazimuth_deg = 90.0\nhfov_deg = 64.0\n',
            encoding="utf-8",
        )
        config = tmp_path / "edge.toml"
        assert main(["init", "--config", str(config), "--answers", str(answers), "--yes"]) == 0
        (camera,) = load_settings(config).camera
        assert camera.mount is not None
        assert (camera.kind, [pose.preset for pose in camera.poses]) == ("snapshot", ["North", "东山"])
        assert read_secrets(tmp_path / "edge.env") == {"CAMERA_DOME_PASSWORD": "secret"}
        monkeypatch.setenv("CAMERA_DOME_PASSWORD", "secret")
        found = {each.label: each for each in gather(camera_jobs(load_settings(config)))}
        assert {label: each.level for label, each in found.items()} == {"camera dome": "ok", "mount dome": "ok"}


class Terminal:
    """A person at a pseudo-terminal."""

    def __init__(self, *words: object) -> None:
        environment = os.environ | {"LANG": "en_US.UTF-8", "LC_ALL": ""}
        self._mine, theirs = pty.openpty()
        command = [sys.executable, "-m", "firewatch_edge", *map(str, words)]
        self.child = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        self.seen = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no child and no terminal behind, whatever the test found."""
        self.child.kill()
        self.child.wait()
        os.close(self._mine)

    def wait_for(self, words: str, timeout_s: float = 60.0) -> None:
        ends_at, start = time.monotonic() + timeout_s, len(self.seen)
        while words not in self.seen[start:]:
            assert time.monotonic() < ends_at, self.seen
            if select.select([self._mine], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self._mine, 4096).decode("utf-8", "replace")
                except OSError:
                    break
        assert words in self.seen[start:], self.seen

    def type(self, line: str) -> None:
        os.write(self._mine, f"{line}\n".encode())

    def answer(self, question: str, line: str) -> None:
        self.wait_for(question)
        self.type(line)

    def end(self) -> int:
        """Wait for the program's end, read what it said last, and return its exit code."""
        code = self.child.wait(30)
        with contextlib.suppress(OSError):
            while select.select([self._mine], [], [], 0.1)[0] and (part := os.read(self._mine, 4096)):
                self.seen += part.decode("utf-8", "replace")
        return code


def test_a_technician_at_a_terminal_sets_a_tower_up_and_his_password_is_not_shown(tmp_path: Path, web: str) -> None:
    config = tmp_path / "edge.toml"
    with Terminal(
        "init", "--config", config, "--camera-id", "north", "--camera-url", f"{web}/snapshot.jpg"
    ) as terminal:
        terminal.answer("Language", "en")
        terminal.answer("Tower (", "yunfeng")
        terminal.answer("Place: latitude", "26.905, 112.545")
        terminal.answer("Elevation", "-")
        terminal.answer("enrolment desk", "")
        terminal.answer("User name", "viewer")
        terminal.answer("Its password", "hunter2 two")
        terminal.answer("field of view", "54")
        terminal.answer("True azimuth", "350")
        terminal.answer("Tilt", "")
        terminal.answer("Write it", "")
        terminal.wait_for("firewatch-edge run")
        assert terminal.end() == 0
    assert "hunter2" not in terminal.seen
    assert "ok: snapshot, 128x72" in terminal.seen
    assert load_settings(config).camera[0].username == "viewer"
    assert read_secrets(tmp_path / "edge.env") == {"CAMERA_NORTH_PASSWORD": "hunter2 two"}
    assert (tmp_path / "edge.env").stat().st_mode & 0o777 == 0o600


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, web: str) -> None:
    config = tmp_path / "edge.toml"
    with Terminal("init", "--config", config, "--language", "zh", "--camera-url", f"{web}/snapshot.jpg") as terminal:
        terminal.answer("瞭望塔编号", "yunfeng")
        terminal.answer("位置", "26.905, 112.545")
        terminal.answer("海拔", "-")
        terminal.answer("登记台", "")
        terminal.answer("用户名", "")
        terminal.answer("摄像机编号", "")
        terminal.wait_for("水平视场角")
        assert [path.name for path in tmp_path.iterdir()] == ["first-picture-north.jpg"]
        os.killpg(terminal.child.pid, signal.SIGINT)
        assert terminal.end() == 1
    assert "没有写入任何文件" in terminal.seen
    assert list(tmp_path.iterdir()) == []
