"""The port through which the node hands over what must reach the centre."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from firewatch.domain.node import Vitals
    from firewatch.domain.vision import Evidence, Sighting

__all__ = ["Publisher"]


class Publisher(Protocol):
    """Takes sightings and pictures for good: when a call returns, they are on the disk.

    `sighting` and `evidence` raise `firewatch.errors.StoreError` when the disk refuses (full, read-only); the node then
    keeps what it has, says so, and hands it over again.
    """

    def sighting(self, sighting: Sighting) -> None:
        """Keep one revision of a sighting until the centre's receipt; durable when it returns."""
        ...

    def evidence(self, evidence: Evidence) -> None:
        """Keep a picture until the centre's receipt; durable when it returns."""
        ...

    def sighting_unkept(self, sighting: Sighting) -> bool:
        """Send a revision that the disk refuses, without keeping it; return whether the link took it. Never raises."""
        ...

    def vitals(self, vitals: Vitals) -> None:
        """Send the node's state, as well as the link allows; never raises and never waits for the link."""
        ...

    def depth(self) -> int:
        """Return the number of messages without a receipt."""
        ...

    def claimant(self) -> str | None:
        """Return the start of another node under this tower's name to which this one gives way; None where it need not.

        A node that gives way sends nothing more, and what it has stays on the disk.
        """
        ...

    def oldest_s(self) -> float | None:
        """Return the age of the oldest message without a receipt [s]; None where there is none."""
        ...

    def turned_at_s(self) -> float:
        """Return the monotonic time at which the thread that sends last came round [s]: one that hangs falls behind."""
        ...

    def close(self) -> None:
        """Stop in order: the status becomes "stopped"; what has no receipt stays on the disk."""
        ...
