"""A folder of model packages (port `PackageShelf`): every whole ``.fwmodel`` in it is offered."""

from __future__ import annotations

import hashlib
import logging
import threading
from typing import TYPE_CHECKING

from firewatch.errors import ModelError
from firewatch.wire.model_offer import OfferedModel
from firewatch.wire.model_package import MOST_PACKAGE_BYTES, read_unproved

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PackageFolder"]

logger = logging.getLogger(__name__)

_SUFFIX = ".fwmodel"


class PackageFolder:
    """Reads a package once, and again when its file has changed.

    Parameters
    ----------
    folder : Path
        Where the packages lie; one that is not there holds none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, int, int, int], OfferedModel | None] = {}
        self._lock = threading.Lock()

    def offers(self) -> tuple[OfferedModel, ...]:
        """Return all whole packages, the newest version first; what is no package is logged once and left out."""
        found = {offer.sha256: offer for offer, _ in self._read()}
        return tuple(sorted(found.values(), key=_newest, reverse=True))

    def find(self, sha256: str) -> Path | None:
        """Return the file of a package; None where there is none."""
        return next((path for offer, path in self._read() if offer.sha256 == sha256), None)

    def _read(self) -> list[tuple[OfferedModel, Path]]:
        with self._lock:
            known, found = self._known, []
            self._known = {}
            for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
                try:
                    facts = path.stat()
                except OSError:
                    continue  # it was taken away while the folder was read
                key = (path.name, facts.st_mtime_ns, facts.st_ino, facts.st_size)
                offer = known[key] if key in known else _offer(path)
                self._known[key] = offer
                if offer is not None:
                    found.append((offer, path))
            return found


def _offer(path: Path) -> OfferedModel | None:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_PACKAGE_BYTES + 1)
        manifest = read_unproved(content, str(path))
    except (OSError, ModelError) as err:
        logger.error("package.left_out", extra={"path": str(path), "why": str(err)})  # noqa: TRY400 - no fault of ours
        return None
    return OfferedModel(
        name=manifest.name,
        version=manifest.version,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        least_edge_version=manifest.least_edge_version,
        created_at=manifest.created_at,
    )


def _newest(offer: OfferedModel) -> tuple[str, tuple[int, ...], str]:
    return offer.name, tuple(int(part) for part in offer.version.split(".")), offer.sha256
