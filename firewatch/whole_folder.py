"""Folders that appear whole or not at all, at the centre and on a tower."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["require_free", "write_folder_whole", "writing_whole_folder"]

# What a folder that is made in the usual way gets; `mkdtemp` makes them for one user alone.
_USUAL_MODE = 0o777


def require_free(folder: Path) -> None:
    """Raise `FileExistsError` where there is a file, or a folder with something in it."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise FileExistsError(17, "there is something of that name which is no folder", str(folder))
    if folder.is_dir() and any(folder.iterdir()):
        raise FileExistsError(17, "the folder is not empty", str(folder))


@contextmanager
def writing_whole_folder(folder: Path) -> Iterator[Path]:
    """Give a new folder beside the wanted one, which takes its name at the end, with all that was written there.

    Where the body raises, nothing of it stays. Where the process is killed, the wanted folder is not there; what it
    left is named ``.NAME.*.part`` and may be deleted.

    Raises
    ------
    FileExistsError
        If there is such a folder with something in it, or a file of that name.
    OSError
        If it cannot be written.
    """
    require_free(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        yield beside
        _sync_all(beside)
        beside.chmod(_USUAL_MODE & ~_umask())
        # On an empty folder this succeeds; on one that was filled in the meantime it fails.
        beside.replace(folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_folder_whole(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write plain files, by their names, into a new folder; raises as `writing_whole_folder`."""
    with writing_whole_folder(folder) as beside:
        for name, content in files.items():
            (beside / name).write_bytes(content)


def _sync_all(top: Path) -> None:
    for place, _, names in os.walk(top):
        for name in names:
            _sync(Path(place) / name)
        _sync(Path(place))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
