"""A result file that appears whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from firewatch.errors import ObservationError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside the wanted one, then give it its name.

    Raises
    ------
    ObservationError
        If it cannot be written; what was there before stays as it was.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with beside.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as err:
        raise ObservationError("(file)", str(path), f"cannot be written: {err.strerror}") from err
