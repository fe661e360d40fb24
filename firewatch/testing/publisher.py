"""A fake of the edge node's publisher."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firewatch.errors import StoreError

if TYPE_CHECKING:
    from firewatch.domain.node import Vitals
    from firewatch.domain.vision import Evidence, Sighting

__all__ = ["FakePublisher"]


@dataclass
class FakePublisher:
    """Fulfils `firewatch_edge.publish.Publisher`: remembers what it is given, and refuses while its disk is full."""

    is_full: bool = False
    sightings: list[Sighting] = field(default_factory=list)
    pictures: list[Evidence] = field(default_factory=list)
    has_link: bool = True
    unkept: list[Sighting] = field(default_factory=list)
    reports: list[Vitals] = field(default_factory=list)
    is_closed: bool = False
    claimant_boot_id: str | None = None
    hangs_since_s: float | None = None

    def sighting(self, sighting: Sighting) -> None:
        """Keep one revision of a sighting; raise `StoreError` while the disk is full."""
        self._refuse()
        self.sightings.append(sighting)

    def evidence(self, evidence: Evidence) -> None:
        """Keep a picture; raise `StoreError` while the disk is full."""
        self._refuse()
        self.pictures.append(evidence)

    def sighting_unkept(self, sighting: Sighting) -> bool:
        """Remember a revision that was sent past the disk; return False without a link."""
        if self.has_link:
            self.unkept.append(sighting)
        return self.has_link

    def vitals(self, vitals: Vitals) -> None:
        """Keep the node's state."""
        self.reports.append(vitals)

    def depth(self) -> int:
        """Return how many sightings and pictures are kept."""
        return len(self.sightings) + len(self.pictures)

    def claimant(self) -> str | None:
        """Return what the test set."""
        return self.claimant_boot_id

    def oldest_s(self) -> float | None:
        """Return an age of no time where anything is kept."""
        return 0.0 if self.depth() else None

    def turned_at_s(self) -> float:
        """Return now, or since when it hangs."""
        return time.monotonic() if self.hangs_since_s is None else self.hangs_since_s

    def close(self) -> None:
        """Note that it was closed."""
        self.is_closed = True

    def _refuse(self) -> None:
        if self.is_full:
            raise StoreError("database or disk is full")
