"""What is wrong with a folder of frames, collected so that a person sees all of it at once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from firewatch.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class Findings:
    """Problems, which refuse a folder, and notes, which a reader should know.

    Parameters
    ----------
    folder : Path
    problems, notes : list of str
    """

    folder: Path
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def wrong(self, source: Path, image: str, why: str) -> None:
        """Add a problem: the label file, the image (empty where it is about the whole file), and why."""
        name = source.relative_to(self.folder) if source.is_relative_to(self.folder) else source
        self.problems.append(f"{name}: {image}: {why}" if image else f"{name}: {why}")

    def close(self) -> None:
        """Refuse the folder if anything is wrong.

        Raises
        ------
        DatasetError
            With every problem.
        """
        if self.problems:
            raise DatasetError(str(self.folder), tuple(self.problems))


def refuse(folder: Path, why: str) -> DatasetError:
    """Return the error of one problem with a whole folder."""
    return DatasetError(str(folder), (why,))


def read_object(path: Path, folder: Path) -> dict[str, Any]:
    """Read a JSON file that holds one object; a byte order mark is taken.

    Raises
    ------
    DatasetError
        If it cannot be read, is no JSON, or holds something else.
    """
    try:
        read = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as err:
        raise refuse(folder, f"{path.name}: cannot be read: {err.strerror}") from err
    except (ValueError, RecursionError) as err:  # also bytes that are not UTF-8
        raise refuse(folder, f"{path.name}: is no JSON in UTF-8: {err}") from err
    if not isinstance(read, dict):
        raise refuse(folder, f"{path.name}: holds a {type(read).__name__}; it must hold one JSON object")
    return read


def rows_of(whole: dict[str, Any], key: str, path: Path, found: Findings) -> list[dict[str, Any]]:
    """Return a list of objects out of a JSON object; what is no object is a problem, and so is no list."""
    rows = whole.get(key)
    if not isinstance(rows, list):
        found.wrong(path, "", f"{key!r} is missing or no list; it must be a list of objects")
        return []
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            found.wrong(path, "", f"{key}[{number}] is {row!r:.60}; it must be an object")
    return [row for row in rows if isinstance(row, dict)]
