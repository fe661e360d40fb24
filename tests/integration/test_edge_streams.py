"""Live streams: MJPEG over HTTP, and RTSP with H.264 from a real server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import StreamSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.domain.vision import Frame

_RTSP_SERVER = """
import gi, sys
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1"); server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_launch("( videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=10/1"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay name=pay0 pt=96 )")
factory.set_shared(True)
server.get_mount_points().add_factory("/camera", factory)
if not server.attach(None):
    sys.exit("no bind")
print("ready", flush=True)
GLib.MainLoop().run()
"""


def utc_now() -> datetime:
    return datetime.now(UTC)


def read_until(source: StreamSource, timeout_s: float) -> Frame:
    """Return the next frame, over as many failed reads as it takes."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return source.read(1.0)
        except FrameUnavailableError:
            assert time.monotonic() < deadline, "the stream did not come back in time"


def read_until_refused(source: StreamSource, wait_s: float) -> None:
    """Read on until a read fails; frames that were on their way may still come."""
    for _ in range(20):
        source.read(wait_s)


class MjpegCamera:
    """A camera that sends JPEGs in one endless answer; it can freeze with the connection open."""

    def __init__(self) -> None:
        self.is_frozen = threading.Event()
        self._stop = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/stream.mjpg"

    def start(self) -> None:
        camera = self
        self._stop.clear()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                camera.stream(self)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def stream(self, request: BaseHTTPRequestHandler) -> None:
        number = 0
        while not self._stop.wait(0.05):
            if self.is_frozen.is_set():
                continue
            number += 1
            body = bytes(cv2.imencode(".jpg", np.full((48, 64, 3), 3 * number % 250, np.uint8))[1].data)
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            try:
                request.wfile.write(head + body + b"\r\n")
            except OSError:
                return


@pytest.fixture
def mjpeg() -> Iterator[MjpegCamera]:
    camera = MjpegCamera()
    camera.start()
    yield camera
    camera.stop()


def test_a_stream_gives_ever_newer_frames(mjpeg: MjpegCamera) -> None:
    source = StreamSource(mjpeg.url, "mjpeg", utc_now)
    frames = [read_until(source, 20.0), *(source.read(5.0) for _ in range(4))]
    source.close()
    times = [frame.stamp.captured_at for frame in frames]
    assert times == sorted(set(times))
    assert len({frame.stamp.sha256 for frame in frames}) == 5


def test_a_frame_is_of_now_even_when_nobody_read_for_a_while(mjpeg: MjpegCamera) -> None:
    source = StreamSource(mjpeg.url, "mjpeg", utc_now)
    read_until(source, 20.0)
    time.sleep(1.5)
    asked_at = utc_now()
    frame = source.read(5.0)
    source.close()
    assert frame.stamp.captured_at >= asked_at


def test_a_frozen_stream_is_left_and_comes_back(mjpeg: MjpegCamera) -> None:
    source = StreamSource(mjpeg.url, "mjpeg", utc_now, stall_s=1.0)
    read_until(source, 20.0)
    mjpeg.is_frozen.set()
    started = time.monotonic()
    with pytest.raises(FrameUnavailableError, match="no frame within 2 s"):
        read_until_refused(source, 2.0)
    assert time.monotonic() - started < 6.0
    mjpeg.is_frozen.clear()
    assert read_until(source, 30.0).stamp.width_px == 64
    source.close()


def test_a_stream_comes_back_after_its_server_died(mjpeg: MjpegCamera) -> None:
    source = StreamSource(mjpeg.url, "mjpeg", utc_now, stall_s=1.0)
    before = read_until(source, 20.0)
    mjpeg.stop()
    with pytest.raises(FrameUnavailableError):
        read_until_refused(source, 1.0)
    mjpeg.start()
    assert read_until(source, 40.0).stamp.captured_at > before.stamp.captured_at
    source.close()


def test_an_address_where_nothing_is_fails_in_time() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/none"
        source = StreamSource(url, "nothing", utc_now)
        with pytest.raises(FrameUnavailableError, match="nothing: no frame within 1 s"):
            source.read(1.0)
        source.close()


def clean_environment() -> dict[str, str]:
    # `import cv2` puts its own libraries into LD_LIBRARY_PATH, which the system's GStreamer must not load.
    return {name: value for name, value in os.environ.items() if name not in {"LD_LIBRARY_PATH", "PYTHONPATH"}}


def start_rtsp(port: int) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        ["/usr/bin/python3", "-c", _RTSP_SERVER, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=clean_environment(),
    )
    assert child.stdout is not None
    line = child.stdout.readline()
    if line.strip() != "ready":
        end(child)
        pytest.fail(f"the RTSP server did not start: {line!r}")
    return child


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.wait(10.0)
    if child.stdout is not None:
        child.stdout.close()


@pytest.fixture
def rtsp_port() -> int:
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    has_python = shutil.which("/usr/bin/python3") is not None
    if (
        not has_python
        or subprocess.run(
            ["/usr/bin/python3", "-c", probe], capture_output=True, check=False, env=clean_environment()
        ).returncode
    ):
        pytest.skip(
            "no GStreamer RTSP server here (Debian: gir1.2-gst-rtsp-server-1.0, python3-gi, plugins good, ugly)"
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.slow
def test_rtsp_is_read_and_comes_back_after_its_server_was_killed(rtsp_port: int) -> None:
    url = f"rtsp://127.0.0.1:{rtsp_port}/camera"
    server = start_rtsp(rtsp_port)
    source = StreamSource(url, "rtsp", utc_now, stall_s=2.0)
    try:
        first = read_until(source, 30.0)
        assert (first.stamp.width_px, first.stamp.height_px) == (320, 240)
        second = source.read(5.0)
        assert second.stamp.sha256 != first.stamp.sha256
        end(server)
        with pytest.raises(FrameUnavailableError):
            read_until_refused(source, 1.0)
        server = start_rtsp(rtsp_port)
        assert read_until(source, 40.0).stamp.captured_at > second.stamp.captured_at
    finally:
        source.close()
        end(server)
