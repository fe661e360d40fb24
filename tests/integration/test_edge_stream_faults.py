"""What a stream's far end may be: not there, silent, something else, a part of a picture."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import cv2
import msgspec
import numpy as np
import pytest

from firewatch.errors import ConfigError, FrameUnavailableError
from firewatch_edge.capture import Credentials, Limits, connect_device, connect_mjpeg, connect_opencv
from firewatch_edge.capture.greeting import greet
from firewatch_edge.config import CameraSection
from firewatch_edge.node import source_opener
from firewatch_edge.node.live import live_opener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
LIMITS = Limits(open_s=1.0, stall_s=0.5)
JPEG = bytes(cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].data)
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=--edge\r\n\r\n"


class FarEnd:
    """Takes connections on loopback and lets `answer` speak on each."""

    def __init__(self) -> None:
        self.answer: Callable[[socket.socket], None] = self.say_nothing
        self.heard: list[bytes] = []
        self.is_over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._take, daemon=True).start()

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.port}/stream.mjpg"

    @property
    def rtsp(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/camera"

    def say_nothing(self, _: socket.socket) -> None:
        self.is_over.wait(20.0)

    def saying(self, *texts: bytes) -> Callable[[socket.socket], None]:
        def say(link: socket.socket) -> None:
            self.heard.append(link.recv(4096))
            for text in texts:
                link.sendall(text)
            self.is_over.wait(20.0)

        return say

    def close(self) -> None:
        self.is_over.set()
        self._listening.close()

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = self._listening.accept()
                threading.Thread(target=self._speak, args=(link,), daemon=True).start()

    def _speak(self, link: socket.socket) -> None:
        with link, contextlib.suppress(OSError):
            self.answer(link)


@pytest.fixture
def far_end() -> Iterator[FarEnd]:
    made = FarEnd()
    yield made
    made.close()


def refused(open_it: Callable[[], object], says: str, within_s: float = 3.0) -> None:
    started_s = time.monotonic()
    with pytest.raises(FrameUnavailableError, match=says):
        open_it()
    assert time.monotonic() - started_s < within_s


def part(body: bytes, *headers: str) -> bytes:
    lines = ["--edge", "Content-Type: image/jpeg", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body + b"\r\n"


def test_an_rtsp_server_that_takes_the_call_and_says_nothing_never_reaches_the_decoder(far_end: FarEnd) -> None:
    refused(lambda: connect_opencv(far_end.rtsp, "north", LIMITS), "no answer within 0.5 s")


def test_many_cameras_that_hang_hold_each_other_up_no_longer_than_one(far_end: FarEnd) -> None:
    """OpenCV itself would open them one after the other."""
    refusals: list[str] = []

    def open_one() -> None:
        with contextlib.suppress(FrameUnavailableError):
            connect_opencv(far_end.rtsp, "north", LIMITS)
        refusals.append(threading.current_thread().name)

    started_s = time.monotonic()
    openers = [threading.Thread(target=open_one) for _ in range(12)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(20.0)
    assert len(refusals) == 12
    # One after the other would take 12 times 0.5 s.
    assert time.monotonic() - started_s < 3.0


def test_one_that_answers_is_greeted_without_the_account(far_end: FarEnd) -> None:
    far_end.answer = far_end.saying(b"RTSP/1.0 401 Unauth", b"orized\r\n\r\n")
    url = far_end.rtsp.replace("rtsp://", "rtsp://viewer:made-up@")
    greet(url, "north", 2.0)
    assert far_end.heard[0].startswith(b"OPTIONS rtsp://127.0.0.1:")
    assert b"made-up" not in far_end.heard[0]


def test_a_web_server_and_a_closed_door_are_told_apart(far_end: FarEnd) -> None:
    far_end.answer = far_end.saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    refused(lambda: greet(far_end.rtsp, "north", 1.0), "no RTSP server answers there but b'HTTP")
    far_end.answer = lambda _: None
    refused(lambda: greet(far_end.rtsp, "north", 1.0), "no RTSP server|reset")
    far_end.close()
    refused(lambda: greet("rtsp://127.0.0.1:9/camera", "north", 1.0), "refused: check url")


def test_each_part_is_dated_by_its_own_header_and_hashed_as_it_was_sent(far_end: FarEnd) -> None:
    told: list[float | None] = []

    def date(stream_s: float | None, told_s: float | None) -> datetime:
        told.append(told_s)
        return NOW

    parts = [part(JPEG, "X-Timestamp: 1775361600.25"), part(JPEG, "Date: Sun, 05 Apr 2026 04:00:00 GMT")]
    far_end.answer = far_end.saying(HEAD, *parts, part(JPEG, "X-Timestamp: soon"), part(JPEG))
    connection = connect_mjpeg(far_end.web, None, LIMITS)
    for _ in range(4):
        connection.grab(date)
    assert told == [1775361600.25, 1775361600.0, None, None]
    frame = connection.picture()
    assert frame is not None
    assert (frame.stamp.width_px, frame.stamp.captured_at) == (64, NOW)
    assert connection.picture() is None
    refused(lambda: connection.grab(date), "no whole picture within 0.5 s")
    connection.close()


def test_a_part_that_drips_or_breaks_off_or_is_no_picture_has_its_words(far_end: FarEnd) -> None:
    far_end.answer = far_end.saying(HEAD, part(b"this is no picture"), part(JPEG)[:-100])
    connection = connect_mjpeg(far_end.web, None, LIMITS)
    connection.grab(lambda *_: NOW)
    refused(connection.picture, "no picture")
    refused(lambda: connection.grab(lambda *_: NOW), "no whole picture")
    connection.close()

    def break_off(link: socket.socket) -> None:
        link.recv(4096)
        link.sendall(HEAD + part(JPEG)[:-100])

    far_end.answer = break_off
    connection = connect_mjpeg(far_end.web, None, LIMITS)
    refused(lambda: connection.grab(lambda *_: NOW), "the stream broke: the stream ended")
    connection.close()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n", 'kind = "snapshot" takes single pictures'),
        (b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n", "text/html came.*check url"),
        (b"HTTP/1.0 404 Not Found\r\n\r\n", "check url"),
        (b"HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\n\r\n", "HTTP 401"),
        (b"rubbish\r\n\r\n", "cannot be opened"),
        (b"", "cannot be opened"),
    ],
)
def test_an_answer_that_is_no_stream_is_refused_in_words(far_end: FarEnd, answer: bytes, says: str) -> None:
    far_end.answer = far_end.saying(answer)
    refused(lambda: connect_mjpeg(far_end.web, Credentials("viewer", "made-up"), LIMITS), says)


def test_a_device_that_is_not_there_is_refused() -> None:
    """Real V4L2 hardware is not to be had in a test: only the refusal is shown."""
    refused(lambda: connect_device("/dev/video250", LIMITS), "cannot be opened")


def section(**facts: object) -> CameraSection:
    return msgspec.convert({"id": "north", "pose": {"azimuth_deg": 1.0, "hfov_deg": 50.0}, **facts}, CameraSection)


def test_each_kind_of_live_camera_is_opened_by_its_own_reader(far_end: FarEnd) -> None:
    def film(link: socket.socket) -> None:
        link.sendall(HEAD)
        while not far_end.is_over.wait(0.05):
            link.sendall(part(JPEG))

    far_end.answer = film
    mjpeg = source_opener(section(kind="mjpeg", url=far_end.web))()
    assert mjpeg.read(5.0).stamp.width_px == 64
    mjpeg.close()
    for camera in (section(kind="device", path="/dev/video250"), section(kind="stream", url=far_end.rtsp)):
        source = source_opener(camera)()
        with pytest.raises(FrameUnavailableError, match="no frame within"):
            source.read(0.2)
        source.close()


def test_a_decoder_that_is_not_installed_is_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match="pip install"):
        live_opener(section(kind="stream", url="rtsp://127.0.0.1/x", decoder="av"), None, lambda: NOW, has_av=False)
