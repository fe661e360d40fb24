"""From a package to the model that runs next: proved, tried, then switched to in one step."""

from __future__ import annotations

import hashlib
import logging
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.errors import ModelError
from firewatch.wire.model_package import MOST_PACKAGE_BYTES, open_package, require_upgrade
from firewatch_edge.update.shelf import stated_model
from firewatch_edge.update.state import SHIPPED, rolled_back, switched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from firewatch.wire.model_package import ModelPackage
    from firewatch.wire.package_keys import TrustedKey
    from firewatch_edge.update.shelf import ModelShelf
    from firewatch_edge.update.state import ModelState

__all__ = ["Installer", "TriedModel", "roll_back_model"]

logger = logging.getLogger(__name__)

# The outbox lies on the same disk as a rule: so much stays free for sightings, whatever a model needs.
_KEPT_FREE_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class TriedModel:
    """A model that was installed: its version, folder name, signer, and what its self-test said."""

    version: str
    name: str
    signed_by: str
    tried: str


class Installer:
    """Installs packages; the model that runs is never touched.

    Parameters
    ----------
    shelf : ModelShelf
        Where models lie.
    trusted : sequence of TrustedKey
        Whose packages are taken; without any, none is.
    try_out : callable taking a folder
        Runs the self-test in it and returns what it said, or raises `ModelError`.
    edge_version : str
        Of this program, three numbers.
    now : callable
        Returns the present as an aware UTC instant.
    """

    def __init__(
        self,
        shelf: ModelShelf,
        trusted: Sequence[TrustedKey],
        try_out: Callable[[Path], str],
        edge_version: str,
        now: Callable[[], datetime],
    ) -> None:
        self.shelf = shelf
        self._trusted = trusted
        self._try_out = try_out
        self._edge_version = edge_version
        self._now = now

    def install(self, path: Path, sha256: str | None = None, *, again: bool = False) -> TriedModel:
        """Install a package and switch to it.

        Parameters
        ----------
        path : Path
            The package.
        sha256 : str, optional
            What it must have.
        again : bool
            Also one that was taken back here before.

        Returns
        -------
        TriedModel
            On probation from now on; a node that runs begins anew with it by itself.

        Raises
        ------
        ModelError
            If it is refused; everything is then as it was.
        """
        content = _content(path)
        found = hashlib.sha256(content).hexdigest()
        if sha256 is not None and found != sha256:
            raise ModelError(str(path), f"its SHA-256 is {found[:12]}..., wanted is {sha256[:12]}...: fetch it again")
        package = open_package(content, self._trusted, str(path))
        with self.shelf.installing():
            self._check(package, found, str(path), again=again)
            name = self.shelf.put(package, found)
            try:
                tried = self._try_out(self.shelf.path_of(name))
            except BaseException:
                self.shelf.remove(name)
                raise
            self._switch(name)
            self.shelf.tidy()
        version, signer = package.manifest.version, package.signed_by
        logger.info("model.installed", extra={"model": name, "signed_by": signer, "tried": tried})
        return TriedModel(version, name, signer, tried)

    def _switch(self, name: str) -> None:
        try:
            _changed(self.shelf, lambda state: switched(state, name, self._now()))
        except ModelError:
            self.shelf.remove(name)
            raise

    def _check(self, package: ModelPackage, sha256: str, source: str, *, again: bool) -> None:
        manifest, state = package.manifest, self.shelf.state()
        if state.probation is not None:
            why = f"{self.shelf.version_of(state.current)} is on probation: wait until it is over, or roll back"
            raise ModelError(source, why)
        name, _ = stated_model(self.shelf.path_of(state.current))
        if name and name != manifest.name:
            raise ModelError(source, f"is a model {manifest.name!r}; this node runs {name!r}")
        require_upgrade(manifest, self.shelf.version_of(state.current) or None, self._edge_version, source)
        if not again and f"{manifest.version}-{sha256[:12]}" in state.refused:
            taken = state.taken_back.why if state.taken_back is not None else "it failed"
            why = f"was taken back on this node before ({taken}); `firewatch-edge model install --again` insists"
            raise ModelError(source, why)
        needed = sum(len(content) for content in package.files.values()) + _KEPT_FREE_BYTES
        free = shutil.disk_usage(self.shelf.folder).free
        if free < needed:
            why = f"needs {needed / 1e6:.0f} MB free in {self.shelf.folder}, there are {free / 1e6:.0f}: free some"
            raise ModelError(source, why)


def roll_back_model(shelf: ModelShelf, why: str, at: datetime, *, to_shipped: bool = False) -> ModelState:
    """Go back to the model before the present one, or to the shipped one, because a person said so; needs no key.

    Raises
    ------
    ModelError
        If the shipped model runs already, or the disk does not take it.
    """
    state = shelf.state()
    if state.current == SHIPPED:
        raise ModelError(str(shelf.folder), "the shipped model runs already: there is nothing to go back to")
    to = SHIPPED if to_shipped else _whole_before(shelf, state)
    after = _changed(shelf, lambda now: rolled_back(now, to, why, at))
    logger.warning("model.rolled_back", extra={"model": state.current, "to": to or "shipped", "why": why})
    return after


def _whole_before(shelf: ModelShelf, state: ModelState) -> str:
    try:
        shelf.check(state.previous or SHIPPED)
    except ModelError:
        return SHIPPED
    return state.previous or SHIPPED


def _changed(shelf: ModelShelf, of: Callable[[ModelState], ModelState]) -> ModelState:
    try:
        return shelf.change(of)
    except OSError as err:
        why = f"cannot be written ({err.strerror or err}); the model that ran goes on. Free some space"
        raise ModelError(str(shelf.folder / "state.json"), why) from err


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # One byte more than is allowed is enough to refuse a file of any length.
            return file.read(MOST_PACKAGE_BYTES + 1)
    except OSError as err:
        raise ModelError(str(path), f"{err.strerror}; give a package") from err
