"""How the service writes its log: one line an event, facts as key=value, to the error stream for the journal."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from firewatch_edge.node.hands.log_ring import LogRing

__all__ = ["EventFormatter", "keep_log", "set_up_logs"]

_OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class EventFormatter(logging.Formatter):
    """Writes ``2026-01-02T03:04:05.678Z WARNING camera.no_frame camera_id="north" why="..."``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of one event."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        facts = [
            f"{name}={json.dumps(value, ensure_ascii=False, default=str)}"
            for name, value in vars(record).items()
            if name not in _OWN
        ]
        line = " ".join((at, record.levelname, record.getMessage(), *facts))
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up_logs(level: str) -> None:
    """Send every event of at least `level` to the error stream."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(EventFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def keep_log() -> LogRing:
    """Keep the last of the log in memory too, from now on."""
    ring = LogRing()
    ring.setFormatter(EventFormatter())
    logging.getLogger().addHandler(ring)
    return ring
