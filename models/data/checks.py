"""Checks of single values in label files. Each returns the value, or raises ValueError that says what is allowed."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from models.data.pictures import image_size

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from models.data.frames import Boxes

# Rounding in files, up to half a pixel, may put an edge outside; such a box is cut at the image's edge.
ROUNDING_PX = 0.5
SIDES = 4


def number(value: Any, what: str) -> float:
    """Return a finite number; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        text = f"{what} is {value!r:.60}; it must be a number"
        raise ValueError(text)  # noqa: TRY004 - one kind of error for every wrong value
    try:
        read = float(value)
    except OverflowError:
        read = math.inf
    if not math.isfinite(read):
        text = f"{what} is {value!r:.60}; it must be a finite number"
        raise ValueError(text)
    return read


def box(given: Any, size: tuple[int, int], slack_px: float = ROUNDING_PX) -> list[float]:
    """Check one box.

    Parameters
    ----------
    given : list of 4 numbers
        x, y, w, h: left, top, width and height [pixels].
    size : (width, height)
        Of the image.
    slack_px : float
        So far an edge may lie outside by rounding.

    Returns
    -------
    list of float
        x0, y0, x1, y1.
    """
    if not isinstance(given, list) or len(given) != SIDES:
        text = f"box {given!r:.80}; it must be [x, y, width, height]"
        raise ValueError(text)
    x, y, width, height = (number(side, f"a side of box {given!r:.80}") for side in given)
    if width <= 0 or height <= 0:
        text = f"box {given} has no area; width and height must be above 0"
        raise ValueError(text)
    across, down = size
    if min(x, y) < -slack_px or x + width > across + slack_px or y + height > down + slack_px:
        text = f"box {given} reaches outside the image of {across} x {down}; it must lie inside"
        raise ValueError(text)
    corners = [max(x, 0.0), max(y, 0.0), min(x + width, across), min(y + height, down)]
    if corners[2] <= corners[0] or corners[3] <= corners[1]:
        text = f"box {given} lies on the edge of the image of {across} x {down}, with nothing inside"
        raise ValueError(text)
    return corners


def boxes(given: Iterable[Any], size: tuple[int, int], slack_px: float = ROUNDING_PX) -> Boxes:
    """Check several boxes; return them as corners (n, 4)."""
    return np.asarray([box(each, size, slack_px) for each in given], np.float32).reshape(-1, SIDES)


def inside(folder: Path, given: Any) -> Path:
    """Return the path of a file that a label file names: relative, forward slashes, never out of the folder."""
    if not isinstance(given, str) or not given.strip() or "\0" in given:
        text = f"file name {given!r:.80}; it must be text"
        raise ValueError(text)
    name = PurePosixPath(given)
    if name.is_absolute() or ".." in name.parts or "\\" in given:
        text = f"file name {given!r:.200}; it must be relative, stay in the folder and have forward slashes"
        raise ValueError(text)
    return folder / name


def present(path: Path) -> Path:
    """Return the path of a file that is there."""
    try:
        there = path.is_file()
    except OSError:  # a name longer than the system takes
        there = False
    if not there:
        text = f"the image {path.name!r:.200} is not there"
        raise ValueError(text)
    return path


def refuse_repeat(name: Any, seen: set[str]) -> None:
    """Refuse a file that was listed before; note it as seen."""
    if isinstance(name, str):
        key = str(PurePosixPath(name))  # a/b.jpg and ./a//b.jpg are one file
        if key in seen:
            text = "is listed twice; each image has one row"
            raise ValueError(text)
        seen.add(key)


def measured(path: Path, row: dict[str, Any]) -> tuple[int, int]:
    """Return (width, height) of an image from its header; what its label file says, if anything, must agree."""
    size = image_size(path)
    for key, is_so in zip(("width", "height"), size, strict=True):
        if row.get(key) is not None and number(row[key], key) != is_so:
            text = f"{key} is {row[key]}, but the image is {size[0]} x {size[1]} (as its EXIF orientation turns it)"
            raise ValueError(text)
    return size


def text_of(row: dict[str, Any], key: str) -> str:
    """Return a text that may be missing or null: then empty."""
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        text = f"{key} is {value!r:.60}; it must be text or null"
        raise ValueError(text)  # noqa: TRY004 - one kind of error for every wrong value
    return value


def instant(value: Any, what: str) -> datetime:
    """Return an instant with its offset from UTC, as ISO 8601."""
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError) as err:
        text = f"{what} is {value!r:.60}; it must be an ISO 8601 time with its offset, as 2026-03-01T08:00:00+08:00"
        raise ValueError(text) from err
    if read.utcoffset() is None:
        text = f"{what} is {value!r:.60}, without an offset from UTC; write +00:00 or the like behind it"
        raise ValueError(text)
    return read
