"""The demo's phones: a webhook that writes down every alert the moment it comes."""

from __future__ import annotations

import json
import logging
import os
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PhoneSink"]

logger = logging.getLogger(__name__)

_MOST_BYTES = 5_000_000


class PhoneSink:
    """Answers ``POST /<person>``, after the alert is synced to its log; a context manager.

    Parameters
    ----------
    log_path : Path
        One JSON line an alert: when it came, for whom, and its body without the picture.
    """

    def __init__(self, log_path: Path) -> None:
        self._log = log_path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="phones", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)
        with self._lock:
            self._log.close()

    def channel(self, person: str) -> str:
        """Return a person's address, as in a roster."""
        return f"webhook:http://127.0.0.1:{self._server.server_address[1]}/{person}"

    def _keep(self, person: str, idempotency_key: str, body: dict[str, object]) -> bool:
        body.pop("crop_jpeg_base64", None)
        line = {
            "received_at": datetime.now(UTC).isoformat(),
            "person": person,
            "idempotency_key": idempotency_key,
            **body,
        }
        with self._lock:
            if self._log.closed:
                return False
            self._log.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._log.flush()
            os.fsync(self._log.fileno())
        logger.info("phone.rang", extra={"person": person, "subject": body.get("subject"), "link": body.get("link")})
        return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = self.headers.get("Content-Length", "0")
                if not length.isdecimal() or not 0 < int(length) <= _MOST_BYTES:
                    self.send_error(413)
                    return
                try:
                    body = json.loads(self.rfile.read(int(length)))
                except ValueError:
                    body = None
                if not isinstance(body, dict):
                    self.send_error(400)
                    return
                if not sink._keep(self.path.strip("/"), self.headers.get("Idempotency-Key", ""), body):
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                logger.debug("phone.request", extra={"request": format % args})

        return Handler
