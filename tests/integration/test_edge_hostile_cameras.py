"""Cameras that answer over HTTP what no camera should: never for ever, and always with words."""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture import Credentials, Gate, SnapshotSource, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
JPEG = bytes(cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].data)
THE_RIGHT_ONE = "made-up"


class HostileCamera:
    """An HTTP server on loopback that answers each request by `answer`, and remembers the requests."""

    def __init__(self) -> None:
        self.answer: Callable[[BaseHTTPRequestHandler], None] = picture
        self.asked: list[dict[str, str]] = []
        self.is_over = threading.Event()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 20

            def do_GET(self) -> None:
                camera.asked.append({name.lower(): value for name, value in self.headers.items()})
                with contextlib.suppress(OSError):
                    camera.answer(self)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/snapshot.jpg"

    def source(self, credentials: Credentials | None = None) -> SnapshotSource:
        return SnapshotSource(self.url, lambda: NOW, credentials)

    def drip(self, request: BaseHTTPRequestHandler, text: bytes, every_s: float = 0.1) -> None:
        for number in range(len(text)):
            if self.is_over.wait(every_s):
                return
            request.wfile.write(text[number : number + 1])
            request.wfile.flush()

    def stop(self) -> None:
        self.is_over.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def camera() -> Iterator[HostileCamera]:
    made = HostileCamera()
    yield made
    made.stop()


def reply(request: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], body: bytes = b"") -> None:
    request.send_response(status)
    for name, value in (*headers, ("Content-Length", str(len(body)))):
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)


def picture(request: BaseHTTPRequestHandler) -> None:
    reply(request, 200, [], JPEG)


def refused(source: SnapshotSource, says: str, timeout_s: float = 1.0) -> None:
    started = time.monotonic()
    with pytest.raises(FrameUnavailableError, match=says):
        source.read(timeout_s)
    assert time.monotonic() - started < timeout_s + 1.0


def test_headers_that_drip_do_not_hold_the_camera_for_ever(camera: HostileCamera) -> None:
    camera.answer = lambda request: camera.drip(request, b"HTTP/1.0 200 OK\r\n" + b"X-Slow: yes\r\n" * 50)
    refused(camera.source(), "in time")


def test_headers_and_then_nothing_is_said(camera: HostileCamera) -> None:
    def hang(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.flush()
        camera.is_over.wait(10.0)

    camera.answer = hang
    refused(camera.source(), "0 bytes came in time")


def test_an_endless_body_is_left(camera: HostileCamera) -> None:
    def pour(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not camera.is_over.is_set():
            request.wfile.write(bytes(1 << 16))

    camera.answer = pour
    refused(camera.source(), "no snapshot|in time", timeout_s=3.0)


def test_slow_redirects_share_the_time_of_one_read(camera: HostileCamera) -> None:
    def send_on(request: BaseHTTPRequestHandler) -> None:
        camera.is_over.wait(0.4)
        reply(request, 302, [("Location", f"/{len(camera.asked)}.jpg")])

    camera.answer = send_on
    refused(camera.source(), "in time|timed out")


def test_a_redirect_in_a_circle_and_one_out_of_http_are_refused(camera: HostileCamera) -> None:
    camera.answer = lambda request: reply(request, 302, [("Location", camera.url)])
    refused(camera.source(), "HTTP 302")
    for elsewhere in ("file:///etc/hostname", "ftp://127.0.0.1/x.jpg", "data:text/plain,x"):
        camera.answer = lambda request, to=elsewhere: reply(request, 302, [("Location", to)])
        refused(camera.source(), "30[0-9]|unknown")


def test_a_redirect_to_the_picture_is_followed(camera: HostileCamera) -> None:
    camera.answer = lambda request: (
        picture(request) if request.path == "/real.jpg" else reply(request, 302, [("Location", "/real.jpg")])
    )
    assert camera.source().read(2.0).stamp.width_px == 64


def test_a_web_page_in_place_of_a_picture_says_what_to_look_at(camera: HostileCamera) -> None:
    camera.answer = lambda request: reply(request, 200, [], b"\n<!DOCTYPE html><title>log in</title>")
    refused(camera.source(), "web page.*check url")


def digest_camera(password: Callable[[], str], *extra: tuple[str, str], algorithm: str = "MD5") -> Callable[..., None]:
    """Return the answers of a camera that wants a digest (RFC 7616), with a new nonce each time."""
    hashed = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]

    def digest(*parts: str) -> str:
        return hashed(":".join(parts).encode()).hexdigest()

    def answer(request: BaseHTTPRequestHandler) -> None:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', request.headers.get("Authorization", "")))
        if given:
            secret = digest("viewer", "camera", password())
            tail = (given["nonce"], given["nc"], given["cnonce"], "auth", digest("GET", given["uri"]))
            if digest(secret, *tail) == given["response"]:
                picture(request)
                return
        challenge = f'Digest realm="camera", nonce="{time.monotonic_ns()}", qop="auth", algorithm={algorithm}'
        reply(request, 401, [*extra, ("WWW-Authenticate", challenge)])

    return answer


def test_a_wrong_password_is_tried_once_a_read_so_that_the_camera_locks_nobody_out(camera: HostileCamera) -> None:
    camera.answer = digest_camera(lambda: "another")
    refused(camera.source(Credentials("viewer", THE_RIGHT_ONE)), "check username")
    assert sum("authorization" in headers for headers in camera.asked) == 1


def test_a_camera_whose_password_was_mended_is_seen_again(camera: HostileCamera) -> None:
    passwords = ["another"]
    camera.answer = digest_camera(lambda: passwords[0])
    source = camera.source(Credentials("viewer", THE_RIGHT_ONE))
    for _ in range(3):
        refused(source, "check username")
    passwords[0] = THE_RIGHT_ONE
    assert source.read(2.0).stamp.width_px == 64


@pytest.mark.parametrize(
    ("extra", "algorithm"),
    [
        ((), "MD5"),
        ((), "SHA-256"),
        ((("WWW-Authenticate", 'Basic realm="camera"'),), "MD5"),
        ((("WWW-Authenticate", 'Digest realm="camera", nonce="1", algorithm=SHA-512-256'),), "MD5"),
        ((("WWW-Authenticate", "Negotiate"),), "MD5"),
    ],
)
def test_of_several_ways_to_log_in_one_that_we_speak_is_taken(
    camera: HostileCamera, extra: tuple[tuple[str, str], ...], algorithm: str
) -> None:
    camera.answer = digest_camera(lambda: THE_RIGHT_ONE, *extra, algorithm=algorithm)
    assert camera.source(Credentials("viewer", THE_RIGHT_ONE)).read(2.0).stamp.width_px == 64


def test_basic_is_spoken_where_nothing_better_is_offered(camera: HostileCamera) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("Authorization", "").startswith("Basic "):
            picture(request)
        else:
            reply(request, 401, [("WWW-Authenticate", 'Basic realm="camera"')])

    camera.answer = answer
    assert camera.source(Credentials("viewer", THE_RIGHT_ONE)).read(2.0).stamp.width_px == 64


def test_a_way_to_log_in_that_nobody_speaks_is_said_in_words(camera: HostileCamera) -> None:
    camera.answer = lambda request: reply(request, 401, [("WWW-Authenticate", 'Negotiate realm="x"')])
    refused(camera.source(Credentials("viewer", THE_RIGHT_ONE)), "HTTP 401")


def test_the_account_is_not_told_to_another_host(camera: HostileCamera) -> None:
    other = HostileCamera()
    other.answer = lambda request: reply(request, 401, [("WWW-Authenticate", 'Basic realm="camera"')])
    elsewhere = f"http://localhost:{other.port}/x.jpg"
    camera.answer = lambda request: reply(request, 302, [("Location", elsewhere)])
    refused(camera.source(Credentials("viewer", THE_RIGHT_ONE)), "HTTP 401")
    assert [headers for headers in other.asked if "authorization" in headers] == []
    assert other.asked
    other.stop()


def with_time(camera: HostileCamera, at: datetime | str) -> None:
    text = at if isinstance(at, str) else at.isoformat()
    camera.answer = lambda request: reply(request, 200, [("X-Captured-At", text)], JPEG)


def test_a_camera_whose_clock_is_ahead_gives_frames_of_now(
    camera: HostileCamera, caplog: pytest.LogCaptureFixture
) -> None:
    """No picture is of the future: an hour ahead would be an hour's blindness once the clock is set right."""
    source, gate = camera.source(), Gate(60.0)
    with_time(camera, NOW + timedelta(hours=1))
    stamps = [source.read(2.0).stamp for _ in range(3)]
    assert [stamp.captured_at for stamp in stamps] == [NOW] * 3
    assert gate.judge(stamps[0], NOW) is Verdict.FRESH
    assert caplog.messages.count("camera.clock_ahead") == 1
    with_time(camera, NOW - timedelta(seconds=1))
    assert source.read(2.0).stamp.captured_at == NOW - timedelta(seconds=1)
    with_time(camera, NOW + timedelta(hours=1))
    source.read(2.0)
    assert caplog.messages.count("camera.clock_ahead") == 2


def test_a_camera_whose_clock_is_behind_is_stale_by_its_age(camera: HostileCamera) -> None:
    with_time(camera, NOW - timedelta(hours=1))
    assert Gate(60.0).judge(camera.source().read(2.0).stamp, NOW) is Verdict.STALE


@pytest.mark.parametrize("text", ["yesterday", "0001-01-01T00:00:00+08:00", "Sun, 99 Apr 2026 03:00:00 GMT", ""])
def test_a_time_that_is_none_names_the_way_out(camera: HostileCamera, text: str) -> None:
    with_time(camera, text)
    refused(camera.source(), 'clock = "arrival"')
