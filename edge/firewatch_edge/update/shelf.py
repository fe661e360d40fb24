"""The installed models on the disk: each a folder that appeared whole, and one small file that says which runs.

::

    models/state.json                  current, previous, probation (`firewatch_edge.update.state`)
    models/0.4.0-3f2a9c01b7de/         an installed model: version, and the first digits of its package's SHA-256
    models/incoming/<sha256>.part      a download that goes on where it broke off
    models/frames/                     recent frames of the cameras, for self-tests
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import time
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from firewatch.errors import ModelError
from firewatch.whole_folder import write_folder_whole
from firewatch.wire.model_package import intact
from firewatch_edge.update.state import SHIPPED, ModelState, decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from firewatch.wire.model_package import Manifest, ModelPackage

__all__ = ["SHIPPED", "ModelShelf", "stated_model"]

logger = logging.getLogger(__name__)

_NAME = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+-[0-9a-f]{12}")
# What a killed process leaves: a folder that was being written, or one that was being deleted.
_LEFT = re.compile(r"\.[0-9a-f.-]+\..*(part|gone)")
_SHA_DIGITS = 12
_LOCK_WAIT_S, _LOCK_TRY_S = 3.0, 0.05


class ModelShelf:
    """Keeps installed models; the shipped one is not on it and is always there.

    Parameters
    ----------
    folder : Path
        Where they lie; made when the first is installed.
    shipped : Path
        The folder of the model that came with the program.
    """

    def __init__(self, folder: Path, shipped: Path) -> None:
        self.folder = folder
        self.shipped = shipped
        self.incoming = folder / "incoming"
        self._state = folder / "state.json"

    def state(self) -> ModelState:
        """Return what is on the disk; of a file that is missing or damaged, that the shipped model runs."""
        try:
            return decoded(self._state.read_bytes())
        except FileNotFoundError:
            return ModelState()
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as err:
            logger.error("model.state_unreadable", extra={"path": str(self._state), "why": str(err)})  # noqa: TRY400 - no fault of ours
            return ModelState()

    def stamp(self) -> tuple[int, int]:
        """Return what changes when the state is written, cheap to ask."""
        try:
            facts = self._state.stat()
        except OSError:
            return 0, 0
        return facts.st_mtime_ns, facts.st_ino

    def change(self, of: Callable[[ModelState], ModelState]) -> ModelState:
        """Replace the state by what a function makes of it, in one step, and return it.

        Raises
        ------
        OSError
            If it cannot be written; the old one stands.
        ModelError
            If another process holds it for seconds.
        """
        with self._locked("state.lock", _LOCK_WAIT_S):
            before = self.state()
            after = of(before)
            if after != before:
                self._write(encoded(after))
            return after

    @contextmanager
    def installing(self) -> Iterator[None]:
        """Be the only one that installs; raise `ModelError` where another process does."""
        with self._locked("install.lock", 0.0):
            self.tidy()
            yield

    def path_of(self, name: str) -> Path:
        """Return a model's folder."""
        return self.shipped if name == SHIPPED else self.folder / name

    def check(self, name: str) -> None:
        """Raise `ModelError` unless a model's files are those that were installed; the shipped one is not asked."""
        if name != SHIPPED:
            self.manifest_of(name)

    def manifest_of(self, name: str) -> Manifest:
        """Return the list of an installed model; raise `ModelError` unless it is whole."""
        folder = self.folder / name
        try:
            return intact(_files(folder), str(folder))
        except OSError as err:
            raise ModelError(str(folder), f"{err.strerror}: it is not installed, or the disk lost it") from err

    def version_of(self, name: str) -> str:
        """Return a model's version; empty where it cannot be read."""
        return name.partition("-")[0] if name != SHIPPED else stated_model(self.shipped)[1]

    def installed(self) -> tuple[str, ...]:
        """Return the names of the folders, whole or damaged."""
        try:
            return tuple(sorted(path.name for path in self.folder.iterdir() if _NAME.fullmatch(path.name)))
        except OSError:
            return ()

    def put(self, package: ModelPackage, sha256: str) -> str:
        """Write a proved package into its folder, whole or not at all, and return its name.

        Raises
        ------
        ModelError
            If the disk does not take it; nothing of it is left then.
        """
        name = f"{package.manifest.version}-{sha256[:_SHA_DIGITS]}"
        try:
            self.manifest_of(name)
        except ModelError:
            self.remove(name)
        else:
            return name
        try:
            write_folder_whole(self.folder / name, package.files)
        except OSError as err:
            why = f"cannot be written ({err.strerror or err}); the model that runs is not touched. Free some space"
            raise ModelError(str(self.folder / name), why) from err
        return name

    def remove(self, name: str) -> None:
        """Delete an installed model, out of sight first; what cannot be deleted now is deleted by `tidy`."""
        gone = self.folder / f".{name}.{time.time_ns()}.gone"
        try:
            (self.folder / name).rename(gone)
        except OSError:
            return  # it was not there, or the disk does not answer: a name on the shelf harms nobody
        shutil.rmtree(gone, ignore_errors=True)

    def tidy(self) -> None:
        """Delete what no state names and what killed processes left; only while `installing`."""
        state = self.state()
        kept = {state.current, state.previous}
        for name in self.installed():
            if name not in kept:
                self.remove(name)
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            if _LEFT.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)

    def _write(self, content: bytes) -> None:
        beside = self._state.with_name(".state.json.new")
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._state)
        _sync(self.folder)

    @contextmanager
    def _locked(self, name: str, wait_s: float) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        until_s = time.monotonic() + wait_s
        with (self.folder / name).open("ab") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as err:
                    if time.monotonic() >= until_s:
                        why = "another process works on the models of this node; wait until it has ended"
                        raise ModelError(str(self.folder), why) from err
                    time.sleep(_LOCK_TRY_S)
            yield


def stated_model(folder: Path) -> tuple[str, str]:
    """Return name and version that a folder's model.toml states; empty where it cannot be read."""
    try:
        sheet = tomllib.loads((folder / "model.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "", ""
    return str(sheet.get("name", "")), str(sheet.get("version", ""))


def _files(folder: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
