"""A folder of pictures of one view, taken in the order of time."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.errors import FrameUnavailableError
from firewatch_edge.capture.port import EndOfRecording, decode_frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from firewatch.domain.vision import Frame

__all__ = ["FolderSource", "StoredFrame", "list_frames", "load_picture"]

_PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}
# A hyphen after a letter or digit is a hyphen ("img-0001", "2026-04-05"), not a sign.
_SECONDS = re.compile(r"(?:^|(?<=[_ .]))[+-]\d+(?:\.\d+)?$")


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """One picture of a folder.

    Parameters
    ----------
    path : Path
        The file.
    at_s : float
        Seconds from ignition where the names say so, else from the first picture.
    """

    path: Path
    at_s: float


def list_frames(folder: Path, interval_s: float = 60.0) -> list[StoredFrame]:
    """List the pictures of a folder in the order of time.

    Parameters
    ----------
    folder : Path
        Files that are no pictures are passed over.
    interval_s : float
        Between pictures whose names carry no time [s].

    Returns
    -------
    list of StoredFrame
        By the signed seconds at the end of the names (``+00060.jpg``, ``1569440002_-02400.jpg``); where no name has
        them, by name, `interval_s` apart from 0.

    Raises
    ------
    FrameUnavailableError
        If there is no such folder or no picture in it, if only some names carry seconds, or two carry the same.
    """
    if not folder.is_dir():
        raise FrameUnavailableError(str(folder), "there is no such folder")
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _PICTURES and path.is_file())
    except OSError as err:
        raise FrameUnavailableError(str(folder), f"it cannot be read: {err.strerror or err}") from err
    if not paths:
        raise FrameUnavailableError(str(folder), f"no picture in it ({', '.join(sorted(_PICTURES))})")
    seconds = {path: found for path in paths if (found := _SECONDS.search(path.stem))}
    if not seconds:
        return [StoredFrame(path, number * interval_s) for number, path in enumerate(paths)]
    if len(seconds) < len(paths):
        _refuse_mixed(folder, paths, seconds)
    frames = sorted((StoredFrame(path, float(found.group())) for path, found in seconds.items()), key=_time_of)
    _refuse_twins(folder, frames)
    return frames


def _time_of(frame: StoredFrame) -> float:
    return frame.at_s


def _refuse_mixed(folder: Path, paths: list[Path], seconds: dict[Path, re.Match[str]]) -> None:
    timed = next(iter(seconds))
    other = next(path for path in paths if path not in seconds)
    raise FrameUnavailableError(
        str(folder),
        f"{len(seconds)} of {len(paths)} names end in signed seconds ({timed.name}), the others do not ({other.name}): "
        "name all of them so, or none",
    )


def _refuse_twins(folder: Path, frames: list[StoredFrame]) -> None:
    for earlier, later in itertools.pairwise(frames):
        if earlier.at_s == later.at_s:
            raise FrameUnavailableError(
                str(folder), f"{earlier.path.name} and {later.path.name} carry the same time, {later.at_s:g} s"
            )


def load_picture(path: Path, captured_at: datetime, reduction: Callable[[int, int], int] | None = None) -> Frame:
    """Read one picture from a file; `reduction` as of `decode_frame`.

    Raises
    ------
    FrameUnavailableError
        If there is no such file, or it is no picture.
    """
    try:
        encoded = path.read_bytes()
    except OSError as err:
        raise FrameUnavailableError(str(path), err.strerror or str(err)) from err
    return decode_frame(str(path), encoded, captured_at, reduction)


class FolderSource:
    """Plays a folder of pictures once, one a read.

    Parameters
    ----------
    folder : Path
        See `list_frames`.
    started_at : datetime
        UTC instant that the first picture is given; the others keep their distance from it.
    interval_s : float
        Between pictures whose names carry no time [s].
    """

    def __init__(self, folder: Path, started_at: datetime, interval_s: float) -> None:
        self._frames = list_frames(folder, interval_s)
        self._started_at = started_at
        self._next = 0

    def read(self, timeout_s: float) -> Frame:  # noqa: ARG002 - a file does not keep anyone waiting
        """Return the next picture (see `Source.read`)."""
        if self._next >= len(self._frames):
            raise EndOfRecording
        stored = self._frames[self._next]
        self._next += 1
        return load_picture(stored.path, self._started_at + timedelta(seconds=stored.at_s - self._frames[0].at_s))

    def close(self) -> None:
        """Nothing is held open."""
