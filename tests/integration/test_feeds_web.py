"""Whatever a web server does, a feed ends in time, in bounded memory, and says in words what came."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from feed_answers import NOW, as_json, open_meteo_answer, station

from firewatch.adapters.feeds.open_meteo import OpenMeteoFeed
from firewatch.adapters.feeds.web_source import WebSource
from firewatch.danger.noon import NoonRules
from firewatch.errors import FeedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Server:
    """A real server on loopback; `answer` decides what each request gets."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer: Callable[[BaseHTTPRequestHandler, int], None] = lambda handler, _: send(handler, b"{}")
        self.ended = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append({key.lower(): value for key, value in self.headers.items()} | {"path": self.path})
                try:
                    server.answer(self, len(server.asked))
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1/forecast"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.ended.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def web() -> Iterator[WebSource]:
    source = WebSource("open-meteo", timeout_s=0.5, most_bytes=100_000, tries=3, first_pause_s=0.01)
    yield source
    source.close()


def test_a_whole_look_over_a_real_connection(server: Server, web: WebSource) -> None:
    body = as_json(open_meteo_answer()).encode()
    server.answer = lambda handler, _: send(handler, body)
    fetched = OpenMeteoFeed("open-meteo", web, server.url, NoonRules()).fetch([station()], NOW)
    assert len(fetched.forecasts[0].days) == 6
    assert server.asked[0]["user-agent"].startswith("firewatch")
    assert "latitude=26.9000" in server.asked[0]["path"]


def test_a_server_that_fails_once_is_asked_again(server: Server, web: WebSource) -> None:
    server.answer = lambda handler, count: send(handler, b"busy" if count == 1 else b"[1]", 503 if count == 1 else 200)
    assert web.get(server.url).json() == [1]
    assert len(server.asked) == 2


def test_a_server_that_goes_on_failing_is_told_after_three_tries(server: Server, web: WebSource) -> None:
    server.answer = lambda handler, _: send(handler, b"<h1>bad\n gateway</h1>", 502)
    with pytest.raises(FeedError, match="answered 502 '<h1>bad gateway</h1>' \\(will be tried again\\)"):
        web.get(server.url)
    assert len(server.asked) == 3


@pytest.mark.parametrize(("status", "retryable"), [(400, False), (401, False), (404, False), (429, True)])
def test_a_refusal_is_not_repeated_at_once(server: Server, web: WebSource, status: int, *, retryable: bool) -> None:
    server.answer = lambda handler, _: send(handler, b'{"error": true, "reason": "no"}', status)
    with pytest.raises(FeedError, match=f"answered {status}") as told:
        web.get(server.url)
    assert (len(server.asked), told.value.retryable) == (1, retryable)


def test_a_silent_and_a_dripping_server_end_in_time(server: Server, web: WebSource) -> None:
    def silent(_: BaseHTTPRequestHandler, __: int) -> None:
        server.ended.wait(5)

    def dripping(handler: BaseHTTPRequestHandler, _: int) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not server.ended.wait(0.1):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    for answer, told in ((silent, "no answer within 0.5 s"), (dripping, "took longer than 0.5 s")):
        server.answer = answer
        start = time.monotonic()
        with pytest.raises(FeedError, match=told):
            web.get(server.url)
        assert time.monotonic() - start < 5


def test_a_huge_answer_is_not_read_whole(server: Server, web: WebSource) -> None:
    sent = []

    def huge(handler: BaseHTTPRequestHandler, _: int) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _number in range(2_000):
            handler.wfile.write(b"x" * 65_536)
            sent.append(65_536)

    server.answer = huge
    with pytest.raises(FeedError, match="larger than 100000 bytes"):
        web.get(server.url)
    assert sum(sent) < 50_000_000


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (as_json(open_meteo_answer()).encode()[:3000], 'the answer is no JSON .*it starts with \'{"latitude": 26.875'),
        (b"<html>login</html>", "the answer is no JSON .*it starts with '<html>login"),
        (b"", "the answer is no JSON"),
        (b"[" * 100_000, "the answer is no JSON"),
        (b'{"hourly": NaN, "latitude": 1e999}', "has no hourly values"),
    ],
)
def test_wrong_content_is_told_with_its_start(server: Server, web: WebSource, body: bytes, told: str) -> None:
    server.answer = lambda handler, _: send(handler, body)
    with pytest.raises(FeedError, match=told):
        OpenMeteoFeed("open-meteo", web, server.url, NoonRules()).fetch([station()], NOW)


def test_nan_and_null_figures_are_missing_ones(server: Server, web: WebSource) -> None:
    answer = open_meteo_answer()
    answer["hourly"]["temperature_2m"][:2] = [float("nan"), None]
    server.answer = lambda handler, _: send(handler, as_json(answer).encode())
    fetched = OpenMeteoFeed("open-meteo", web, server.url, NoonRules()).fetch([station()], NOW)
    assert [one.temp_c for one in fetched.hours[:3]] == [None, None, 16.8]


def test_a_connection_cut_off_in_the_body_is_repeated_and_told(server: Server, web: WebSource) -> None:
    def cut(handler: BaseHTTPRequestHandler, _: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"{")
        handler.close_connection = True

    server.answer = cut
    with pytest.raises(FeedError, match="cannot be reached: RemoteProtocolError"):
        web.get(server.url)
    assert len(server.asked) == 3


def test_nobody_there_and_no_address_are_told() -> None:
    web = WebSource("open-meteo", timeout_s=0.5, tries=2, first_pause_s=0.01)
    with pytest.raises(FeedError, match="cannot be reached: ConnectError"):
        web.get("http://127.0.0.1:9/")
    with pytest.raises(FeedError, match="its address is none") as told:
        web.get("http://[::1")
    assert not told.value.retryable
    with pytest.raises(FeedError, match="cannot be reached: UnsupportedProtocol"):
        web.get("ftp://127.0.0.1/")
    web.close()


def test_what_did_not_change_is_not_sent_again(server: Server, web: WebSource) -> None:
    def tagged(handler: BaseHTTPRequestHandler, _: int) -> None:
        if handler.headers.get("If-None-Match") == '"7"':
            handler.send_response(304)
            handler.end_headers()
        else:
            send(handler, b"[7]", ETag='"7"', Last_Modified="Thu, 26 Nov 2026 04:00:00 GMT")

    server.answer = tagged
    first, second = web.get(server.url), web.get(server.url)
    assert (first.is_new, second.is_new) == (True, False)
    assert second.json() == [7]
    assert server.asked[1]["if-modified-since"] == "Thu, 26 Nov 2026 04:00:00 GMT"
    for number in range(60):
        web.get(f"{server.url}?{number}")
    assert web.get(server.url).is_new, "of many addresses the first are forgotten"


def test_text_that_is_none_and_a_304_out_of_the_blue_are_refused(server: Server, web: WebSource) -> None:
    server.answer = lambda handler, _: send(handler, b"METAR \xff")
    with pytest.raises(FeedError, match="byte 7 is no text in UTF-8"):
        web.get(server.url).text()
    server.answer = lambda handler, _: send(handler, b"", 304)
    with pytest.raises(FeedError, match="answered 304"):
        web.get(server.url)


def test_remembered_answers_take_no_more_memory_than_one_may(server: Server) -> None:
    server.answer = lambda handler, _: send(handler, b"x" * 600, ETag='"a"')
    web = WebSource("web", most_bytes=1000)
    for place in ("a", "b", "a"):
        web.get(f"{server.url}/{place}")
    assert ["if-none-match" in one for one in server.asked] == [False, False, False]
    web.get(f"{server.url}/a")
    assert "if-none-match" in server.asked[-1]
