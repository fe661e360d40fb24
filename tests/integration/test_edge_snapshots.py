"""A camera over HTTP that does what real ones do: freeze, repeat, drip, die and come back."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from firewatch.domain.ids import CameraId
from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import Credentials, Gate, SnapshotSource
from firewatch_edge.health import CameraMonitor
from firewatch_edge.node import Cadence, CameraWorker, Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NORTH = CameraId("north")


def utc_now() -> datetime:
    return datetime.now(UTC)


class SnapshotCamera:
    """An HTTP camera on loopback; `mode` says how it behaves."""

    def __init__(self) -> None:
        self.mode = "live"
        self.headers: dict[str, str] = {}
        self.asked = 0
        self._number = 0
        self._frozen: bytes | None = None
        self._server: ThreadingHTTPServer | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/snapshot.jpg"

    def start(self) -> None:
        camera = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 20

            def do_GET(self) -> None:
                camera.asked += 1
                with contextlib.suppress(OSError):
                    camera.answer(self)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def picture(self) -> bytes:
        if self.mode == "frozen" and self._frozen is not None:
            return self._frozen
        self._number += 1
        image = np.full((48, 64, 3), self._number % 200, np.uint8)
        self._frozen = bytes(cv2.imencode(".jpg", image)[1].data)
        return self._frozen

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if self.mode == "hang":
            time.sleep(10.0)
            return
        if self.mode in {"404", "500"}:
            request.send_error(int(self.mode))
            return
        if self.mode == "locked" and "Authorization" not in request.headers:
            request.send_response(401)
            request.send_header("WWW-Authenticate", 'Digest realm="camera", nonce="abc", qop="auth"')
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        self.send(request, b"this is no picture" if self.mode == "rubbish" else self.picture())

    def send(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.mode == "frozen" and request.headers.get("If-None-Match") == tag:
            request.send_response(304)
            request.end_headers()
            return
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("ETag", tag)
        for name, value in self.headers.items():
            request.send_header(name, value)
        request.end_headers()
        self.write(request, body)

    def write(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        if self.mode == "cut":
            request.wfile.write(body[: len(body) // 2])
        elif self.mode == "drip":
            for byte in body[:40]:
                request.wfile.write(bytes([byte]))
                request.wfile.flush()
                time.sleep(0.05)
        else:
            request.wfile.write(body)


@pytest.fixture
def camera() -> Iterator[SnapshotCamera]:
    made = SnapshotCamera()
    made.start()
    yield made
    made.stop()


def wait_for(fact: Callable[[], bool], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not fact():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_a_snapshot_carries_the_camera_time_and_its_hash(camera: SnapshotCamera) -> None:
    at = datetime(2026, 4, 5, 4, 0, 0, 250_000, tzinfo=UTC)
    camera.headers = {"X-Captured-At": at.isoformat(), "Last-Modified": "Sun, 05 Apr 2026 03:00:00 GMT"}
    frame = SnapshotSource(camera.url, lambda: at).read(5.0)
    assert frame.stamp.captured_at == at
    assert frame.stamp.sha256 == hashlib.sha256(camera._frozen or b"").hexdigest()
    assert (frame.stamp.width_px, frame.stamp.height_px) == (64, 48)


def test_an_http_date_is_understood_and_another_offset_becomes_utc(camera: SnapshotCamera) -> None:
    at = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
    source = SnapshotSource(camera.url, lambda: at)
    camera.headers = {"Last-Modified": format_datetime(at, usegmt=True)}
    assert source.read(5.0).stamp.captured_at == at
    camera.headers = {"X-Captured-At": "2026-04-05T12:00:00+08:00"}
    assert source.read(5.0).stamp.captured_at == at


def test_without_a_camera_time_the_arrival_counts(camera: SnapshotCamera) -> None:
    before = utc_now()
    assert before <= SnapshotSource(camera.url, utc_now).read(5.0).stamp.captured_at <= utc_now()
    camera.headers = {"X-Captured-At": "1970-01-01T00:00:00Z"}
    distrusting = SnapshotSource(camera.url, utc_now, trusts_camera=False)
    assert distrusting.read(5.0).stamp.captured_at >= before


def test_a_time_that_is_none_is_refused(camera: SnapshotCamera) -> None:
    camera.headers = {"X-Captured-At": "yesterday"}
    with pytest.raises(FrameUnavailableError, match="neither ISO 8601 nor an HTTP date"):
        SnapshotSource(camera.url, utc_now).read(5.0)


def test_a_camera_that_has_no_newer_picture_gives_the_last_again(camera: SnapshotCamera) -> None:
    source = SnapshotSource(camera.url, utc_now)
    first = source.read(5.0)
    camera.mode = "frozen"
    assert source.read(5.0).stamp == first.stamp, "the gate knows it for the same by its stamp"
    camera.mode = "live"
    assert source.read(5.0).stamp.sha256 != first.stamp.sha256


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("404", "check url"),
        ("500", "HTTP 500"),
        ("rubbish", "no picture"),
        ("cut", "bytes came"),
        ("hang", "[Tt]ime"),
        ("drip", "in time"),
        ("locked", "check username"),
    ],
)
def test_what_a_camera_may_do_wrong_has_its_words_within_the_time(camera: SnapshotCamera, mode: str, says: str) -> None:
    camera.mode = mode
    started = time.monotonic()
    with pytest.raises(FrameUnavailableError, match=says):
        SnapshotSource(camera.url, utc_now).read(1.0)
    assert time.monotonic() - started < 3.0


def test_a_camera_that_asks_for_an_account_gets_it(camera: SnapshotCamera) -> None:
    camera.mode = "locked"
    source = SnapshotSource(camera.url, utc_now, Credentials("viewer", "made-up"))
    assert source.read(5.0).stamp.width_px == 64
    assert "made-up" not in repr(Credentials("viewer", "made-up"))


def test_a_camera_that_is_away_is_refused_at_once(camera: SnapshotCamera) -> None:
    camera.stop()
    with pytest.raises(FrameUnavailableError, match="refused"):
        SnapshotSource(camera.url, utc_now).read(5.0)


class Watched:
    """A worker on a snapshot camera, with what came of it."""

    def __init__(self, camera: SnapshotCamera, inbox: Inbox, name: CameraId, period_s: float) -> None:
        self.monitor = CameraMonitor(name, period_s, time.monotonic())
        self.worker = CameraWorker(
            lambda: SnapshotSource(camera.url, utc_now),
            Gate(60.0),
            self.monitor,
            inbox,
            Cadence(period_s, period_s),
            utc_now,
        )
        self.worker.start()

    def is_silent(self) -> bool:
        return self.monitor.is_silent(time.monotonic())


@pytest.mark.parametrize("fault", ["frozen", "hang", "500", "rubbish", "away", "old"])
def test_a_faulty_camera_is_silent_soon_after_two_periods_and_comes_back(camera: SnapshotCamera, fault: str) -> None:
    period_s = 0.4
    inbox = Inbox([NORTH])
    watched = Watched(camera, inbox, NORTH, period_s)
    wait_for(lambda: inbox.take(0.01) is not None)
    if fault == "away":
        camera.stop()
    elif fault == "old":
        camera.headers = {"X-Captured-At": (utc_now() - timedelta(minutes=5)).isoformat()}
    else:
        camera.mode = fault
    broken_at = time.monotonic()
    wait_for(watched.is_silent)
    # At most the period that was running, two more, and the thread's own delay.
    assert time.monotonic() - broken_at < 3 * period_s + 0.5
    inbox.take(0.01)
    time.sleep(period_s)
    assert inbox.take(0.01) is None, "a frame of a faulty camera came through"
    camera.mode, camera.headers = "live", {}
    if fault == "away":
        camera.start()
    wait_for(lambda: not watched.is_silent())
    assert inbox.take(5.0) is not None
    watched.worker.stop()
    watched.worker.join(5.0)


def test_a_dead_camera_slows_no_other(camera: SnapshotCamera) -> None:
    dead = SnapshotCamera()
    dead.start()
    dead.mode = "hang"
    south = CameraId("south")
    inbox = Inbox([NORTH, south])
    both = [Watched(dead, inbox, NORTH, 0.2), Watched(camera, inbox, south, 0.2)]
    until = time.monotonic() + 4.0
    taken = []
    while time.monotonic() < until:
        item = inbox.take(0.1)
        if item is not None:
            taken.append(item[0])
    for watched in both:
        watched.worker.stop()
    dead.stop()
    assert set(taken) == {south}
    # 20 frames are due in 4 s; half of them leaves room for a busy machine.
    assert len(taken) >= 10


def test_a_repeat_is_counted_and_the_camera_asked_again_soon(camera: SnapshotCamera) -> None:
    inbox = Inbox([NORTH])
    watched = Watched(camera, inbox, NORTH, 0.4)
    wait_for(lambda: inbox.take(0.01) is not None)
    camera.mode = "frozen"
    asked = camera.asked
    wait_for(lambda: watched.monitor.vitals(time.monotonic(), datetime.now(UTC)).frames_repeated >= 4)
    assert camera.asked > asked
    watched.worker.stop()
    watched.worker.join(5.0)
    vitals = watched.monitor.vitals(time.monotonic(), datetime.now(UTC))
    assert vitals.frames_stale == 0
