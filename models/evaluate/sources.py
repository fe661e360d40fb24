"""Which frames and sequences a command asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.errors import InvalidValue
from models.data.frames import load_annotated

if TYPE_CHECKING:
    from collections.abc import Sequence
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
    frames = read_annotated(real / folder, subset or None)
    if not frames:
        raise InvalidValue("split", split, f"a subset of {path} with frames in it")
    return frames


def made_frames(folders: Sequence[Path]) -> list[Frame]:
    """Read the held-out part of made frames.

    Raises
    ------
    InvalidValue
        If a folder holds none.
    """
    held = {folder: read_annotated(folder, "val") for folder in folders}
    for folder, frames in held.items():
        if not frames:
            raise InvalidValue("made frames", str(folder), "a folder of models.make with frames held out (subset val)")
    return [frame for frames in held.values() for frame in frames]


def read_annotated(folder: Path, subset: str | None = None) -> list[Frame]:
    """Read annotated frames.

    Raises
    ------
    InvalidValue
        If there are no annotations, or they cannot be read.
    """
    try:
        return load_annotated(folder, subset)
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as err:
        allowed = f"images with file, image_label and boxes ({err!r})"
        raise InvalidValue("annotations", str(folder / "annotations.json"), allowed) from err


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
