"""How the poses of a turning camera look, kept over a restart: a head that was displaced by a power cut is noticed."""

from __future__ import annotations

import hashlib
import logging
import os
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from firewatch_edge.patrol import KnownView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["ReferenceFile", "pose_key"]

logger = logging.getLogger(__name__)

# Known poses are written this often [s]: some 80 kB a pose, on a card that wears.
_EVERY_S = 3600.0


def pose_key(*facts: object) -> str:
    """Return a name for a pose as it is set now: with another angle, preset or calibration it is another pose."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


class ReferenceFile:
    """Keeps what a `Gallery` knows; one thread owns it. What cannot be read or written is logged: the patrol goes on.

    Parameters
    ----------
    path : Path
        A file of NumPy's (``.npz``); its folder is made.
    keys : sequence of str
        Of the poses, in the order of the round, as of `pose_key`.
    """

    def __init__(self, path: Path, keys: Sequence[str]) -> None:
        self._path = path
        self._keys = list(keys)
        self._written: dict[int, npt.NDArray[np.float32]] = {}
        self._due_s = 0.0

    def load(self) -> dict[int, KnownView]:
        """Return what was known of the poses that are set as they were; empty where there is no such file."""
        if not self._path.exists():
            return {}
        try:
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                known = {
                    pose: KnownView(stored[key].astype(np.float32), *stored[f"{key}-aside"].tolist())
                    for pose, key in enumerate(self._keys)
                    if key in stored and f"{key}-aside" in stored
                }
        except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as err:
            logger.warning("patrol.references_unreadable", extra={"path": str(self._path), "why": str(err)})
            return {}
        self._written = {pose: view.outline for pose, view in known.items()}
        return known

    def keep(self, known: dict[int, KnownView], at_s: float) -> None:
        """Write what is known: at once where a pose is new, otherwise once an hour of the monotonic clock [s]."""
        if not known or (known.keys() <= self._written.keys() and at_s < self._due_s):
            return
        self._due_s = at_s + _EVERY_S
        self._written = {pose: view.outline for pose, view in known.items()}
        arrays: dict[str, npt.NDArray[np.floating]] = {}
        for pose, view in known.items():
            arrays[self._keys[pose]] = view.outline.astype(np.float16)
            arrays[f"{self._keys[pose]}-aside"] = np.array([view.x, view.y])
        try:
            self._write(arrays)
        except OSError as err:
            logger.warning("patrol.references_unwritten", extra={"path": str(self._path), "why": str(err)})

    def _write(self, arrays: dict[str, npt.NDArray[np.floating]]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # no key is named as its one option
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)
