"""A danger table from a file of one's own, whatever its kind: its `status` says which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firewatch.adapters.class_tables import read_class_table
from firewatch.adapters.danger_tables import read_danger_table

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.danger.class_tables import DangerTable
    from firewatch.danger.index_classes import ClassTable
    from firewatch.danger.percentiles import PercentileScheme

__all__ = ["read_any_table"]

_OF_CLASSES = ("limits", "percentiles")


class _Status(msgspec.Struct, frozen=True):
    status: str = ""


def read_any_table(path: Path) -> DangerTable | ClassTable | PercentileScheme:
    """Return the table of a file.

    Raises
    ------
    ConfigError
        If the file cannot be read, or its table contradicts itself.
    """
    try:
        status = msgspec.toml.decode(path.read_bytes(), type=_Status).status
    except (OSError, UnicodeDecodeError, msgspec.DecodeError):
        status = ""  # the reader below says what is wrong
    return read_class_table(path) if status in _OF_CLASSES else read_danger_table(path)
