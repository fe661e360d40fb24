"""How the programs log: one JSON object a line on stderr, or plain text for a person's eyes."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

__all__ = ["start_logging"]

# What every record has; the rest came in as `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
            **_facts(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class _PlainText(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        facts = " ".join(f"{key}={value}" for key, value in _facts(record).items())
        text = f"{at} {record.levelname:<7} {record.getMessage()} {facts}".rstrip()
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def start_logging(form: Literal["json", "text"], level: str = "INFO") -> None:
    """Send all log records to stderr.

    Parameters
    ----------
    form : "json" or "text"
        One JSON object a line, or a line for people.
    level : str
        The least severe level that is kept.
    """
    # The handler of an earlier call is replaced, so that calling twice does not double the lines.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if form == "json" else _PlainText())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # At INFO it writes every address, and a webhook's address holds its key.
    logging.getLogger("httpx").setLevel(logging.WARNING)
