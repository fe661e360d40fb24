"""From the detector to the publisher: kept until the disk takes it, and sent past the disk while it does not."""

from __future__ import annotations

import itertools
import json
import logging
import os
from collections import deque
from typing import TYPE_CHECKING

from firewatch.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.domain.vision import Evidence, Sighting
    from firewatch_edge.publish import Publisher

__all__ = ["Handover", "Ledger"]

logger = logging.getLogger(__name__)

# While the disk is full: sightings are small and wait; of pictures only the latest wait.
_MOST_SIGHTINGS = 10_000
_MOST_PICTURES = 32


class Ledger:
    """A record outside the outbox of every sighting that the outbox took, one JSON line each, synced to the disk.

    It is written after the outbox has said that a sighting is safe, so that everything in it is owed to the centre: a
    node killed between the two leaves a sighting that the centre gets and the ledger lacks, never the reverse.

    Parameters
    ----------
    path : Path
        The file; it is added to.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def add(self, sighting: Sighting) -> None:
        """Add one revision; when it returns, the disk has it. Raises `OSError` where the disk refuses."""
        line = json.dumps(
            {
                "sighting_id": sighting.sighting_id,
                "revision": sighting.revision,
                "phase": sighting.phase.value,
                "camera_id": sighting.camera_id,
                "observed_at": sighting.observed_at.isoformat(),
                "is_exercise": sighting.is_exercise,
            }
        )
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())


class Handover:
    """Gives sightings and pictures to the publisher, in order; what the disk refuses waits here and is tried again.

    One thread owns it.

    Parameters
    ----------
    publisher : Publisher
        The outbox.
    ledger : Ledger or None
        A second record, for proofs.
    """

    def __init__(self, publisher: Publisher, ledger: Ledger | None = None) -> None:
        self._publisher = publisher
        self._ledger = ledger
        self._sightings: deque[Sighting] = deque()
        self._pictures: deque[Evidence] = deque()
        # How many of the waiting sightings, from the first, have gone out past the disk.
        self._sent_unkept = 0

    @property
    def waiting(self) -> int:
        """How many sightings and pictures the disk has not taken yet."""
        return len(self._sightings) + len(self._pictures)

    def give(self, sighting: Sighting, pictures: tuple[Evidence, ...]) -> None:
        """Take one revision with its pictures; the sighting goes first, it is the alarm."""
        self._sightings.append(sighting)
        self._pictures.extend(pictures)
        self._make_room()
        self.retry()

    def retry(self) -> bool:
        """Hand over what waits; return whether nothing waits any more."""
        try:
            while self._sightings:
                self._publisher.sighting(self._sightings[0])
                self._enter(self._sightings.popleft())
                self._sent_unkept = max(0, self._sent_unkept - 1)
            while self._pictures:
                self._publisher.evidence(self._pictures[0])
                self._pictures.popleft()
        except StoreError as err:
            logger.critical("outbox.refused", extra={"why": str(err), "waiting": self.waiting})
            self._send_past_the_disk()
            return False
        return True

    def _send_past_the_disk(self) -> None:
        """Send each waiting sighting once, unkept: the centre takes a revision that comes twice as one."""
        for sighting in list(itertools.islice(self._sightings, self._sent_unkept, None)):
            if not self._publisher.sighting_unkept(sighting):
                return
            self._sent_unkept += 1

    def _enter(self, sighting: Sighting) -> None:
        if self._ledger is None:
            return
        try:
            self._ledger.add(sighting)
        except OSError as err:
            # The ledger proves, it does not carry: the sighting goes on without it.
            logger.critical("ledger.refused", extra={"why": str(err), "sighting_id": sighting.sighting_id})

    def _make_room(self) -> None:
        while len(self._pictures) > _MOST_PICTURES:
            lost = self._pictures.popleft()
            logger.critical("evidence.dropped", extra={"evidence_id": lost.evidence_id})
        while len(self._sightings) > _MOST_SIGHTINGS:
            gone = self._sightings.popleft()
            self._sent_unkept = max(0, self._sent_unkept - 1)
            logger.critical("sighting.dropped", extra={"sighting_id": gone.sighting_id, "revision": gone.revision})
