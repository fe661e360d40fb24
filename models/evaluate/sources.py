"""Which frames and sequences a command asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.errors import InvalidValue
from models.data.frames import load_annotated

if TYPE_CHECKING:
    from pathlib import Path

    from models.data.frames import Frame

# What thresholds and calibrations are chosen on: never `test`.
CHOSEN_ON = ("val", "empty-val")


def frames_of(real: Path, split: str) -> list[Frame]:
    """Read a split: ``val``, or ``empty-val`` for a folder's subset.

    Raises
    ------
    InvalidValue
        If there is no such folder of annotated frames, its annotations cannot be read, or nothing is in that subset.
    """
    folder, _, subset = split.partition("-")
    path = real / folder / "annotations.json"
    if not path.is_file():
        known = sorted(found.parent.name for found in real.glob("*/annotations.json"))
        raise InvalidValue("split", split, f"one of {', '.join(known) or 'none: give the folder with --real'} ({real})")
    try:
        frames = load_annotated(real / folder, subset or None)
    except (KeyError, TypeError, ValueError) as err:
        raise InvalidValue("annotations", str(path), f"images with file, image_label and boxes ({err!r})") from err
    if not frames:
        raise InvalidValue("split", split, f"a subset of {path} with frames in it")
    return frames


def sequence_folders(folder: Path) -> list[Path]:
    """List the sequences in a folder; a folder that is itself one is taken too.

    Raises
    ------
    InvalidValue
        If there is none.
    """
    if (folder / "index.json").is_file():
        return [folder]
    found = sorted(path.parent for path in folder.glob("*/index.json"))
    if not found:
        raise InvalidValue("sequences", str(folder), "a folder whose folders each hold an index.json and frames")
    return found
