"""The associator: opens and joins incidents, keeps what is known of them up to date. One process runs it."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.ids import IncidentId, SightingId
from firewatch.domain.incident import IncidentEvent, Opened, fold
from firewatch.domain.roster import SYSTEM
from firewatch.errors import IllegalTransition
from firewatch.fusion import AssociationRules, partition
from firewatch.services.findings import Neighbourhood, find_changes, place
from firewatch.services.reconcile import Planned, reconcile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from firewatch.domain.incident import Incident
    from firewatch.domain.sites import SiteMap
    from firewatch.domain.vision import Sighting
    from firewatch.services.ports import Clock, Cursors, IncidentLog, SightingBook, StoredSighting

__all__ = ["Associator"]

logger = logging.getLogger(__name__)

# How far around a changed sighting others are looked at again: longer than any fire stays unconfirmed.
_WINDOW = timedelta(hours=6)
_BATCH = 500
_CURSOR = "association"


class Associator:
    """Follows the stored sightings.

    Its cursor moves only after its changes are committed, so that a crash repeats a step and never skips one; a
    repeated step plans nothing, because everything is a function of what is stored.

    Parameters
    ----------
    book, log, cursors, clock
        Ports.
    sites : SiteMap
        Towers and stations.
    neighbourhood : Neighbourhood
        The ratings.
    new_id : callable
        Makes a ULID for an instant.
    rules : AssociationRules
        When sightings are of one fire.
    """

    def __init__(  # noqa: PLR0913 - the ports and rules of one use case
        self,
        *,
        book: SightingBook,
        log: IncidentLog,
        cursors: Cursors,
        sites: SiteMap,
        neighbourhood: Neighbourhood,
        clock: Clock,
        new_id: Callable[[datetime], str],
        rules: AssociationRules | None = None,
    ) -> None:
        self._book = book
        self._log = log
        self._sites = sites
        self._neighbourhood = neighbourhood
        self._clock = clock
        self._new_id = new_id
        self._rules = rules or AssociationRules()
        self._cursors = cursors
        self._unread: set[IncidentId] = set()

    def step(self) -> int:
        """Bring the incidents up to date with the sightings stored since the last step; return how many those were."""
        changed = self._book.changed_after(self._cursors.cursor(_CURSOR), _BATCH)
        if not changed or not self._associate(changed):
            return 0
        self._cursors.advance(_CURSOR, changed[-1].mark)
        return len(changed)

    def refresh(self) -> int:
        """Bring position, belief and rating up to date where sightings changed; return how many incidents changed."""
        due, self._unread = self._unread, set()
        return sum(self._refresh(incident_id) for incident_id in sorted(due))

    def watch(self, incident_ids: Iterable[IncidentId]) -> None:
        """Have these incidents refreshed next time, as after a new rating."""
        self._unread.update(incident_ids)

    def _associate(self, changed: Sequence[StoredSighting]) -> bool:
        since = min(stored.sighting.first_seen_at for stored in changed) - _WINDOW
        around = self._book.observed_since(since)
        planned = reconcile(self._groups(around), self._incidents_of(around), self._new_incident)
        events = self._events(planned)
        events += self._first_findings(events, around)
        if not self._append(events):
            # A person was quicker. The cursor stays: the next step sees what they did.
            return False
        self._unread.update(plan.incident_id for plan in planned)
        self._unread.update(stored.incident_id for stored in changed if stored.incident_id is not None)
        return True

    def _groups(self, around: Sequence[StoredSighting]) -> list[list[StoredSighting]]:
        stored_by_id: dict[SightingId, StoredSighting] = {s.sighting.sighting_id: s for s in around}
        placed = [(s, place(s.sighting, self._sites)) for s in around]
        found = partition([p for _, p in placed if p is not None], self._rules)
        groups = [[stored_by_id[member] for member in group.members] for group in found]
        # A tower on no map has no bearing to cross; its smoke is still somebody's fire.
        return groups + [[stored] for stored, where in placed if where is None]

    def _incidents_of(self, around: Sequence[StoredSighting]) -> dict[IncidentId, Incident]:
        found = {}
        for incident_id in {stored.incident_id for stored in around} - {None}:
            assert incident_id is not None  # noqa: S101 - for the type checker: None was taken out
            incident = self._log.incident(incident_id)
            if incident is not None:
                found[incident_id] = incident
        return found

    def _new_incident(self, sighting: Sighting) -> IncidentId:
        incident_id = IncidentId(self._new_id(sighting.first_seen_at))
        logger.info("incident.opened", extra={"incident_id": incident_id, "tower_id": sighting.tower_id})
        return incident_id

    def _first_findings(self, events: Sequence[IncidentEvent], around: Sequence[StoredSighting]) -> list[IncidentEvent]:
        """Return the findings of incidents that these events open, so that the first alert can tell them."""
        by_id = {stored.sighting.sighting_id: stored.sighting for stored in around}
        found: list[IncidentEvent] = []
        for incident_id in {event.incident_id for event in events if isinstance(event.change, Opened)}:
            incident = fold(event for event in events if event.incident_id == incident_id)
            if incident is not None:
                sightings = [by_id[sighting_id] for sighting_id, _ in incident.members]
                found += self._events(self._findings(incident, sightings))
        return found

    def _events(self, planned: Sequence[Planned]) -> list[IncidentEvent]:
        now = self._clock.now()
        return [IncidentEvent(self._new_id(now), p.incident_id, p.occurred_at, now, SYSTEM, p.change) for p in planned]

    def _append(self, events: Sequence[IncidentEvent]) -> bool:
        if not events:
            return True
        try:
            self._log.append(events)
        except IllegalTransition as err:
            logger.info("association.again", extra={"why": str(err)})
            return False
        return True

    def _refresh(self, incident_id: IncidentId) -> bool:
        incident = self._log.incident(incident_id)
        if incident is None or not incident.is_open or not incident.members:
            return False
        stored = self._book.sightings([sighting_id for sighting_id, _ in incident.members])
        found = self._findings(incident, [s.sighting for s in stored])
        return bool(found) and self._append(self._events(found))

    def _findings(self, incident: Incident, sightings: Sequence[Sighting]) -> list[Planned]:
        at = max(sighting.observed_at for sighting in sightings)
        changes = find_changes(incident, sightings, self._sites, self._neighbourhood, at)
        return [Planned(incident.incident_id, at, change) for change in changes]
