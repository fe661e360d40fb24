"""Result files that appear whole or not at all."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, BinaryIO

from firewatch.errors import ObservationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["write_whole", "write_whole_together", "writing_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside the wanted one, then give it its name.

    Raises
    ------
    ObservationError
        If it cannot be written; what was there before stays as it was.
    """
    write_whole_together({path: content})


def write_whole_together(files: Mapping[Path, bytes]) -> None:
    """Write several files as `write_whole` does; none takes its name before all are written.

    Raises
    ------
    ObservationError
        If one cannot be written; what was there before stays as it was.
    """
    with ExitStack() as stack:
        for path, content in files.items():
            stack.enter_context(writing_whole(path)).write(content)


@contextmanager
def writing_whole(path: Path) -> Iterator[BinaryIO]:
    """Give the stream of a new file beside the wanted one, which takes its name at the end.

    Raises
    ------
    ObservationError
        If it cannot be written; what was there before stays as it was, also where the body raises.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with beside.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as err:
        raise ObservationError("(file)", str(path), f"cannot be written: {err.strerror}") from err
