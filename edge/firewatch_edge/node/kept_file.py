"""Small files that the node keeps beside its outbox: replaced whole, or left as they were."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_kept", "write_kept"]

logger = logging.getLogger(__name__)


def read_kept(path: Path) -> bytes:
    """Return what is kept; nothing where there is no such file, or the disk does not give it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as err:
        logger.warning("kept_file.unreadable", extra={"path": str(path), "why": str(err)})
        return b""


def write_kept(path: Path, content: bytes) -> None:
    """Replace a kept file, on the disk when it returns; raises `OSError` and leaves the old one where it cannot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
