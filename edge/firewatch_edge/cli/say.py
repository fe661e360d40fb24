"""What the commands print."""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["complain", "padded", "say", "say_json"]


def say(line: str) -> None:
    """Print one line."""
    sys.stdout.write(line + "\n")


def say_json(facts: Mapping[str, Any]) -> None:
    """Print one JSON object on one line, at once, so that a reader can follow."""
    sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    """Print one line for a person on the error stream."""
    sys.stderr.write(f"firewatch-edge: {line}\n")


def padded(text: str, columns: int) -> str:
    """Fill a text up with spaces; a Chinese character takes two columns of a terminal."""
    taken = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return text + " " * max(0, columns - taken)
