"""What a verb of `firewatch danger` tells a person besides its result, on the error stream."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["say_notes"]


def say_notes(verb: str, notes: Sequence[str], most: int | None = None) -> None:
    """Print notes, a line each; beyond `most` only how many more there are."""
    shown = [*notes] if most is None or len(notes) <= most else [*notes[:most], f"and {len(notes) - most} more such"]
    for note in shown:
        sys.stderr.write(f"firewatch danger {verb}: note: {note}\n")
