"""Small files that appear whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_file_whole"]


def write_file_whole(path: Path, content: bytes) -> None:
    """Write a file in one step: whoever reads it, also after a power cut, finds the old one or the new one.

    Raises
    ------
    OSError
        If it cannot be written; nothing half-written is left under its name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
