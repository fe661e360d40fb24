"""Live streams: MJPEG over HTTP, and RTSP with H.264 and H.265 from a real server."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from rtsp_camera import Film, RtspCamera, made_at_s, require_rtsp

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import Limits, StreamSource, connect_mjpeg, connect_opencv, whole_picture
from firewatch_edge.config import CameraSection, PoseSection
from firewatch_edge.node.live import has_pyav, live_opener

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.domain.vision import Frame

# How a stream is read: the decoder by its name in the settings.
DECODERS = ["opencv", pytest.param("av", marks=pytest.mark.skipif(not has_pyav(), reason="PyAV is not installed"))]


def utc_now() -> datetime:
    return datetime.now(UTC)


def mjpeg_source(url: str, label: str = "mjpeg") -> StreamSource:
    return StreamSource(partial(connect_mjpeg, url, None), label, utc_now, Limits(5.0, 1.0), again_s=1.0)


def section(url: str) -> CameraSection:
    pose = PoseSection(azimuth_deg=0.0, hfov_deg=60.0)
    return CameraSection(id="north", kind="mjpeg", url=url, pose=pose)


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
    source = mjpeg_source(mjpeg.url)
    frames = [read_until(source, 20.0), *(source.read(5.0) for _ in range(4))]
    source.close()
    times = [frame.stamp.captured_at for frame in frames]
    assert times == sorted(set(times))
    assert len({frame.stamp.sha256 for frame in frames}) == 5


def test_mjpeg_is_decoded_no_larger_than_is_asked_for_and_the_whole_can_be_had(mjpeg: MjpegCamera) -> None:
    asked: list[tuple[int, int]] = []

    def half(width: int, height: int) -> int:
        asked.append((width, height))
        return 2

    source = live_opener(section(mjpeg.url), None, utc_now, reduction=half)()
    frame = read_until(source, 20.0)
    source.close()
    assert asked[0] == (64, 48)
    assert (frame.stamp.width_px, frame.stamp.height_px, frame.image.shape) == (64, 48, (24, 32, 3))
    assert whole_picture(frame).shape == (48, 64, 3)


def test_a_frame_is_of_now_even_when_nobody_read_for_a_while(mjpeg: MjpegCamera) -> None:
    source = mjpeg_source(mjpeg.url)
    read_until(source, 20.0)
    time.sleep(1.5)
    asked_at = utc_now()
    frame = source.read(5.0)
    source.close()
    assert frame.stamp.captured_at >= asked_at


def test_a_frozen_stream_is_left_and_comes_back(mjpeg: MjpegCamera) -> None:
    source = mjpeg_source(mjpeg.url)
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
    source = mjpeg_source(mjpeg.url)
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
        source = mjpeg_source(url, "nothing")
        with pytest.raises(FrameUnavailableError, match="nothing: no frame within 1 s"):
            source.read(1.0)
        source.close()


def rtsp_source(camera: RtspCamera, decoder: str, stall_s: float = 2.0) -> StreamSource:
    limits, label = Limits(open_s=10.0, stall_s=stall_s), "rtsp"
    if decoder == "opencv":
        return StreamSource(partial(connect_opencv, camera.url, label), label, utc_now, limits, again_s=1.0)
    from firewatch_edge.capture.av_stream import connect_av

    return StreamSource(partial(connect_av, camera.url, label, key_s=2.0), label, utc_now, limits, again_s=1.0)


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    require_rtsp()
    made = RtspCamera()
    yield made
    made.kill()


@pytest.mark.slow
@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_rtsp_is_read_and_comes_back_after_its_server_was_killed(camera: RtspCamera, decoder: str, codec: str) -> None:
    camera.film = Film(codec)
    camera.start()
    source = rtsp_source(camera, decoder)
    try:
        first = read_until(source, 30.0)
        assert (first.stamp.width_px, first.stamp.height_px) == (640, 360)
        second = source.read(5.0)
        assert second.stamp.sha256 != first.stamp.sha256
        # Dated by when it was made, as far as encoder and network allow.
        assert abs(second.stamp.captured_at.timestamp() - made_at_s(second.image)) < 2.0
        camera.kill()
        with pytest.raises(FrameUnavailableError):
            read_until_refused(source, 1.0)
        camera.start()
        assert read_until(source, 40.0).stamp.captured_at > second.stamp.captured_at
    finally:
        source.close()


@pytest.mark.slow
@pytest.mark.parametrize("decoder", DECODERS)
def test_an_rtsp_server_that_hangs_is_left_and_its_threads_do_not_pile_up(camera: RtspCamera, decoder: str) -> None:
    camera.start()
    source = rtsp_source(camera, decoder, stall_s=1.0)
    try:
        read_until(source, 30.0)
        before = threading.active_count()
        camera.hang()
        until = time.monotonic() + 8.0
        most_left = most_threads = 0
        while time.monotonic() < until:
            with contextlib.suppress(FrameUnavailableError):
                source.read(0.2)
            most_left = max(most_left, source.left_behind)
            most_threads = max(most_threads, threading.active_count())
        assert most_left <= 3
        assert most_threads <= before + 3
        camera.go_on()
        frame = read_until(source, 30.0)
        assert abs(frame.stamp.captured_at.timestamp() - made_at_s(frame.image)) < 3.0
    finally:
        source.close()
