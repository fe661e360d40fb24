"""The associator: opens and joins incidents, keeps what is known of them up to date. One process runs it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from firewatch.domain.ids import IncidentId, SightingId
from firewatch.domain.incident import IncidentEvent, Opened, fold
from firewatch.domain.roster import SYSTEM
from firewatch.errors import IllegalTransition, StoreError
from firewatch.fusion import AssociationRules, partition
from firewatch.services.chains import LONGEST_WINDOW, read_chains
from firewatch.services.findings import Neighbourhood, find_changes, place
from firewatch.services.reconcile import Planned, reconcile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from firewatch.domain.incident import Incident
    from firewatch.domain.sites import SiteMap
    from firewatch.domain.vision import Sighting
    from firewatch.services.believing import Surroundings
    from firewatch.services.ports import Clock, Cursors, IncidentLog, SightingBook, StoredSighting

__all__ = ["Associator", "of_one_kind"]

logger = logging.getLogger(__name__)

_BATCH = 500
_CURSOR = "association"
# So often a step that fails is tried again before its sightings are shown each alone.
_MOST_TRIES = 5
# A minute at least, at the pause after a failure: longer than a database is locked by a backup.
_MOST_STORE_FAILURES = 30
# So many incidents without news are looked at again in one refresh; those with news always.
_WATCHED_AT_ONCE = 100


def of_one_kind(stored: StoredSighting, incidents: Mapping[IncidentId, Incident]) -> StoredSighting:
    """Return a sighting by what is to be believed of it: what once was a fire's is never an exercise afterwards.

    Parameters
    ----------
    stored : StoredSighting
        By its highest revision, which may say otherwise than those before.
    incidents : mapping
        The one that it belongs to is among them.
    """
    home = None if stored.incident_id is None else incidents.get(stored.incident_id)
    if home is None or home.is_exercise or not stored.sighting.is_exercise:
        return stored
    return replace(stored, sighting=replace(stored.sighting, is_exercise=False))


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
    around : Surroundings or None
        What a belief rests on besides the sightings.
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
        around: Surroundings | None = None,
    ) -> None:
        self._book = book
        self._log = log
        self._sites = sites
        self._neighbourhood = neighbourhood
        self._clock = clock
        self._new_id = new_id
        self._rules = rules or AssociationRules()
        self._around = around
        self._cursors = cursors
        self._unread: set[IncidentId] = set()
        self._watched: set[IncidentId] = set()
        self._tries = 0
        self._store_failures = 0

    def step(self) -> int:
        """Bring the incidents up to date with the sightings stored since the last step; return how many those were.

        A step that cannot be done is given up after some tries, after more where it is the store that fails: its
        sightings that belong nowhere open an incident each, so that neither they nor those after them wait.
        """
        changed = self._book.changed_after(self._cursors.cursor(_CURSOR), _BATCH)
        if not changed:
            return 0
        self._tries += 1
        if self._tries > _MOST_TRIES:
            self._open_each(changed)
        elif not self._tried(changed):
            return 0
        self._tries = 0
        self._cursors.advance(_CURSOR, changed[-1].mark)
        return len(changed)

    def refresh(self) -> int:
        """Bring position, belief and rating up to date where sightings changed; return how many incidents changed."""
        due = [*sorted(self._unread), *sorted(self._watched - self._unread)[:_WATCHED_AT_ONCE]]
        refreshed = 0
        for incident_id in due:
            # Taken out first: one that fails must not keep those behind it waiting.
            self._unread.discard(incident_id)
            self._watched.discard(incident_id)
            refreshed += self._refresh(incident_id)
        return refreshed

    def watch(self, incident_ids: Iterable[IncidentId]) -> None:
        """Have these incidents looked at again soon, as after a new rating, some at a time."""
        self._watched.update(incident_ids)

    def _tried(self, changed: Sequence[StoredSighting]) -> bool:
        try:
            return self._associate(changed)
        except StoreError:
            # Nothing is wrong with the sightings: they wait for the store. But a store that is damaged in one place
            # says the same for ever, and must not hold up all others.
            self._store_failures += 1
            if self._store_failures < _MOST_STORE_FAILURES:
                self._tries -= 1
            raise

    def _open_each(self, changed: Sequence[StoredSighting]) -> None:
        for sighting in (stored.sighting for stored in changed if stored.incident_id is None):
            logger.error("association.given_up", extra={"sighting_id": sighting.sighting_id, "tries": _MOST_TRIES})
            opened = Opened(sighting.sighting_id, sighting.tower_id, sighting.is_exercise)
            planned = Planned(self._new_incident(sighting), sighting.first_seen_at, opened)
            self._append(self._events([planned]))
            self._unread.add(planned.incident_id)

    def _associate(self, changed: Sequence[StoredSighting]) -> bool:
        chains = read_chains(self._book, [*changed, *self._companions(changed)], self._rules.gap)
        around = [stored for chain in chains for stored in chain]
        incidents = self._incidents_of(around)
        settled = [[of_one_kind(stored, incidents) for stored in chain] for chain in chains]
        # Each kind by itself: a drill's smoke and a fire's are never of one fire, wherever their bearings cross.
        apart = [[s for s in chain if s.sighting.is_exercise is kind] for chain in settled for kind in (False, True)]
        groups = [group for chain in apart for group in self._groups(chain)]
        planned = reconcile(groups, incidents, self._new_incident)
        events = self._events(planned)
        events += self._first_findings(events, around)
        if not self._append(events):
            # A person was quicker. The cursor stays: the next step sees what they did.
            return False
        self._store_failures = 0
        self._unread.update(plan.incident_id for plan in planned)
        self._unread.update(stored.incident_id for stored in changed if stored.incident_id is not None)
        return True

    def _companions(self, changed: Sequence[StoredSighting]) -> tuple[StoredSighting, ...]:
        """Return those that are in one incident with the changed ones now, by what these said before."""
        since = min(stored.sighting.first_seen_at for stored in changed) - LONGEST_WINDOW
        until = max(stored.sighting.observed_at for stored in changed) + LONGEST_WINDOW
        wanted = [
            sighting_id
            for incident in self._incidents_of(changed).values()
            for (sighting_id, _), first_seen_at in zip(incident.members, incident.first_seen_at, strict=True)
            if since <= first_seen_at <= until
        ]
        return self._book.sightings(wanted)

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
        facts = {"incident_id": incident_id, "tower_id": sighting.tower_id, "is_exercise": sighting.is_exercise}
        logger.info("incident.opened", extra=facts)
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
        changes = find_changes(incident, sightings, self._sites, self._neighbourhood, at, self._around)
        return [Planned(incident.incident_id, at, change) for change in changes]
