"""Hotspots and verdicts in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.hotspot import HotspotId, KeptHotspot, Verdict

__all__ = ["MemoryHotspotBook"]


class MemoryHotspotBook:
    """Fulfils `firewatch.services.hotspots.HotspotBook`."""

    def __init__(self) -> None:
        self._kept: dict[HotspotId, KeptHotspot] = {}
        self._verdicts: dict[str, Verdict] = {}
        self._changes = 0

    def put(self, given: Sequence[KeptHotspot]) -> int:
        """Store those that are not known yet."""
        new = {one.hotspot_id: one for one in reversed(given) if one.hotspot_id not in self._kept}
        self._kept |= new
        self._changes += bool(new)
        return len(new)

    def between(self, since: datetime, until: datetime) -> tuple[KeptHotspot, ...]:
        """Return those of a period, oldest first."""
        found = (one for one in self._kept.values() if since <= one.hotspot.at <= until)
        return tuple(sorted(found, key=lambda one: (one.hotspot.at, one.hotspot_id)))

    def say(self, verdict: Verdict) -> None:
        """Store a verdict."""
        self._verdicts[verdict.verdict_id] = verdict
        self._changes += 1

    def undo(self, verdict_id: str, at: datetime, by: str) -> bool:
        """Mark a verdict as taken back."""
        verdict = self._verdicts.get(verdict_id)
        if verdict is None or verdict.undone_at is not None:
            return False
        self._verdicts[verdict_id] = replace(verdict, undone_at=at, undone_by=by)
        self._changes += 1
        return True

    def verdicts(self, since: datetime) -> tuple[Verdict, ...]:
        """Return the verdicts since an instant, oldest first."""
        found = (one for one in self._verdicts.values() if one.at >= since)
        return tuple(sorted(found, key=lambda one: (one.at, one.verdict_id)))

    def changes(self) -> int:
        """Return a number that rises with each change."""
        return self._changes
