"""The demo's cameras: snapshots over HTTP, as a real camera gives them."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from firewatch.errors import FirewatchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from firewatch.demo.clock import SceneClock
    from firewatch.demo.pictures import PictureSource

__all__ = ["CameraServer"]

logger = logging.getLogger(__name__)


class CameraServer:
    """Serves ``/<camera>.jpg`` for each source; a context manager.

    Parameters
    ----------
    sources : mapping of str to PictureSource
        By name, as ``tower-1``.
    truth_path : Path
        A JSON line is added for every picture served: camera, capture time, scene second, whether smoke is visible.
    """

    def __init__(self, sources: Mapping[str, PictureSource], truth_path: Path) -> None:
        self._sources = sources
        self._clock: SceneClock | None = None
        self._is_over = False
        self._truth = truth_path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, name="cameras", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)
        self._truth.close()

    def url(self, name: str) -> str:
        """Return the address of a camera's snapshot."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{name}.jpg"

    def roll(self, clock: SceneClock) -> None:
        """Start the scene: until then the cameras answer 503."""
        self._clock = clock

    def stop(self) -> None:
        """End the scene: the cameras answer 503 again, and when this returns the truth is complete."""
        self._clock = None
        with self._lock:
            self._is_over = True

    def _snapshot(self, name: str) -> tuple[datetime, bytes] | None:
        clock = self._clock
        if clock is None:
            return None
        captured_at = datetime.now(UTC)
        scene_s = clock.scene_s(captured_at)
        picture = self._sources[name].picture(scene_s)
        truth = {
            "camera": name,
            "captured_at": captured_at.isoformat(),
            "scene_s": round(scene_s, 3),
            "smoke_visible": picture.is_smoke_visible,
        }
        with self._lock:
            # What is not written down is not shown: the report would know nothing of it.
            if self._is_over:
                return None
            self._truth.write(json.dumps(truth) + "\n")
            self._truth.flush()
        return captured_at, picture.jpeg

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        cameras = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                name = self.path.strip("/").removesuffix(".jpg")
                if name not in cameras._sources:
                    self.send_error(404)
                    return
                try:
                    taken = cameras._snapshot(name)
                except FirewatchError as err:
                    logger.warning("camera.failed", extra={"camera": name, "why": str(err)})
                    taken = None
                if taken is None:
                    self.send_error(503)
                    return
                captured_at, jpeg = taken
                self.send_response(200)
                self.send_header("Content-Type", "image/jpeg")
                self.send_header("Content-Length", str(len(jpeg)))
                self.send_header("X-Captured-At", captured_at.isoformat())
                self.send_header("Last-Modified", format_datetime(captured_at, usegmt=True))
                self.end_headers()
                self.wfile.write(jpeg)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                logger.debug("camera.request", extra={"request": format % args})

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base class's
        """Log what went wrong while answering; the standard library would print it past the log."""
        logger.exception("camera.failed")  # noqa: LOG004 - called from within the base class's handler
