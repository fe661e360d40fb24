"""Model packages that are offered, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.testing.clocks import SCENE_START
from firewatch.wire.model_offer import OfferedModel

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PackageShelfFake", "an_offer"]


def an_offer(version: str = "0.4.0", digit: str = "a", name: str = "smoke") -> OfferedModel:
    """Return an offered package whose SHA-256 is one hexadecimal digit over and over."""
    return OfferedModel(
        name=name, version=version, sha256=digit * 64, size=9000, least_edge_version="0.1.0", created_at=SCENE_START
    )


class PackageShelfFake:
    """Fulfils `PackageShelf` without files.

    Parameters
    ----------
    offered : OfferedModel
        What is offered, the newest first; `offered` may be set anew.
    """

    def __init__(self, *offered: OfferedModel) -> None:
        self.offered = offered

    def offers(self) -> tuple[OfferedModel, ...]:
        """Return all."""
        return self.offered

    def find(self, sha256: str) -> Path | None:  # noqa: ARG002 - there are no files
        """Return nothing: there are no files."""
        return None
