"""What people said of sightings, as association obeys it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.incident import Matched, MatchUndone, Unmatched
from firewatch.fusion import NO_LINKS, Links, Ruling, link

if TYPE_CHECKING:
    from firewatch.domain.ids import IncidentId, SightingId
    from firewatch.domain.incident import Change
    from firewatch.services.ports import IncidentLog, LoggedEvent

__all__ = ["Rulings"]


class Rulings:
    """Follows the events by which people match and unmatch sightings; there are few, and all are kept in mind.

    Parameters
    ----------
    log : IncidentLog
        Where they are.
    """

    def __init__(self, log: IncidentLog) -> None:
        self._log = log
        self._seq = 0
        self._logged: list[LoggedEvent] = []
        self._links = NO_LINKS
        self._ruled_out: frozenset[tuple[SightingId, IncidentId]] = frozenset()

    def read(self) -> None:
        """Take in what was said since the last reading."""
        fresh = self._log.rulings_after(self._seq)
        if not fresh:
            return
        self._logged += fresh
        self._seq = fresh[-1].seq
        standing = self._standing()
        self._links = link([_ruling(logged.event.change) for logged in standing])
        self._ruled_out = frozenset(
            (said.sighting_id, logged.event.incident_id)
            for logged in standing
            if isinstance(said := logged.event.change, Unmatched)
            # A later word may have put them together again.
            and any(self._links.are_apart(said.sighting_id, other) for other in said.others)
        )

    @property
    def last_seq(self) -> int:
        """The seq of the latest event taken in, 0 where there is none."""
        return self._seq

    @property
    def links(self) -> Links:
        """What all that stands adds up to."""
        return self._links

    @property
    def ruled_out(self) -> frozenset[tuple[SightingId, IncidentId]]:
        """Sightings that must leave an incident, whatever its state."""
        return self._ruled_out

    def named_after(self, seq: int) -> frozenset[SightingId]:
        """Return the sightings that events with a later seq are about."""
        by_id = {_ruling_id(logged.event.change): logged for logged in self._logged if not _is_undoing(logged)}
        named: set[SightingId] = set()
        for logged in self._logged:
            if logged.seq > seq:
                about = by_id.get(_ruling_id(logged.event.change))
                named |= set() if about is None else _named(about.event.change)
        return frozenset(named)

    def _standing(self) -> list[LoggedEvent]:
        undone = {_ruling_id(logged.event.change) for logged in self._logged if _is_undoing(logged)}
        return [logged for logged in self._logged if _ruling_id(logged.event.change) not in undone]


def _is_undoing(logged: LoggedEvent) -> bool:
    return isinstance(logged.event.change, MatchUndone)


def _ruling_id(change: Change) -> str:
    return change.ruling_id if isinstance(change, Matched | Unmatched | MatchUndone) else ""


def _ruling(change: Change) -> Ruling:
    match change:
        case Unmatched():
            return Ruling((change.sighting_id,), change.others)
        case Matched():
            return Ruling(change.sighting_ids)
    return Ruling(())


def _named(change: Change) -> set[SightingId]:
    ruling = _ruling(change)
    return {*ruling.sighting_ids, *ruling.others}
