"""While somebody works at a camera its new sightings are held back: listed, not alarmed, and sent if they go on."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from firewatch.domain.vision import SightingPhase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firewatch.domain.ids import CameraId, SightingId
    from firewatch.domain.vision import Evidence, Sighting
    from firewatch_edge.node.handover import Handover

__all__ = ["HeldFile", "Holding"]

logger = logging.getLogger(__name__)

# Of one sighting: the pictures of its beginning and the newest.
_MOST_PICTURES = 4
# A day's worth of waving; beyond it the list begins anew beside the old one.
_MOST_BYTES = 2_000_000


class HeldFile:
    """The list of what was held back, one JSON line a revision.

    Parameters
    ----------
    path : Path
        The file; it is added to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, sighting: Sighting) -> None:
        """Add one revision; a disk that refuses is said, and no more: the sighting itself is not lost by it."""
        look = sighting.looks[-1]
        line = json.dumps(
            {
                "observed_at": sighting.observed_at.isoformat(),
                "camera_id": sighting.camera_id,
                "sighting_id": sighting.sighting_id,
                "revision": sighting.revision,
                "is_exercise": sighting.is_exercise,
                "phase": sighting.phase.value,
                "score": round(sighting.score, 3),
                "azimuth_deg": round(sighting.bearing.azimuth_deg, 2),
                "box": [round(edge, 1) for edge in (look.box.x0, look.box.y0, look.box.x1, look.box.y1)],
            }
        )
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size > _MOST_BYTES:
                self._path.replace(self._path.with_suffix(".old.jsonl"))
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as err:
            logger.warning("held.not_listed", extra={"why": str(err), "sighting_id": sighting.sighting_id})


class Holding:
    """Stands before the hand-over; one thread owns it.

    A sighting that was reported before the work began goes on being reported. One that begins during the work is held;
    when the work is over and the smoke is still there, its latest revision goes out at once, with its pictures. One
    that has ended by then stays in the list.

    Parameters
    ----------
    handover : Handover
        To the outbox.
    is_held : callable
        Tells whether somebody works at a camera now.
    listed : HeldFile or None
        Where what is held is listed.
    """

    def __init__(self, handover: Handover, is_held: Callable[[CameraId], bool], listed: HeldFile | None = None) -> None:
        self._handover = handover
        self._is_held = is_held
        self._listed = listed
        self._held: dict[SightingId, tuple[Sighting, tuple[Evidence, ...]]] = {}
        # How many sightings were held since the start.
        self.count = 0

    @property
    def waiting(self) -> int:
        """How much there is to hand over now."""
        return self._handover.waiting + len(self._released())

    def give(self, sighting: Sighting, pictures: tuple[Evidence, ...]) -> None:
        """Take one revision with its pictures."""
        known = self._held.pop(sighting.sighting_id, None)
        is_new = known is not None or sighting.phase is SightingPhase.OPENED
        earlier = () if known is None else known[1]
        if not (is_new and self._is_held(sighting.camera_id)):
            self._handover.give(sighting, (*earlier, *pictures))
            return
        self._note(sighting, is_first=known is None)
        if sighting.phase is not SightingPhase.ENDED:
            kept = (*earlier, *pictures)
            half = _MOST_PICTURES // 2
            self._held[sighting.sighting_id] = (
                sighting,
                kept if len(kept) <= _MOST_PICTURES else (*kept[:half], *kept[-half:]),
            )

    def retry(self) -> bool:
        """Hand over what waits, and what is held no longer; return whether nothing waits any more."""
        for sighting_id in self._released():
            sighting, pictures = self._held.pop(sighting_id)
            logger.info("sighting.released", extra={"sighting_id": sighting_id, "camera_id": sighting.camera_id})
            self._handover.give(sighting, pictures)
        return self._handover.retry()

    def _released(self) -> list[SightingId]:
        return [key for key, (sighting, _) in self._held.items() if not self._is_held(sighting.camera_id)]

    def _note(self, sighting: Sighting, *, is_first: bool) -> None:
        self.count += is_first
        facts = {"sighting_id": sighting.sighting_id, "camera_id": sighting.camera_id, "phase": sighting.phase.value}
        logger.warning("sighting.held", extra=facts)
        if self._listed is not None:
            self._listed.add(sighting)
