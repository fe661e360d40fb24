"""The associator: opens and joins incidents, keeps what is known of them up to date. One process runs it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from firewatch.domain.ids import IncidentId
from firewatch.domain.incident import IncidentEvent, Opened, fold
from firewatch.domain.roster import SYSTEM
from firewatch.errors import IllegalTransition, StoreError
from firewatch.fusion import AssociationRules
from firewatch.services.findings import Neighbourhood, find_changes
from firewatch.services.locating import Locator
from firewatch.services.reconcile import Planned, reconcile
from firewatch.services.rulings import Rulings
from firewatch.services.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from firewatch.domain.incident import Incident
    from firewatch.domain.sites import SiteMap
    from firewatch.domain.vision import Sighting
    from firewatch.services.believing import Circumstances
    from firewatch.services.ports import Clock, Cursors, IncidentLog, SightingBook, StoredSighting

__all__ = ["Associator"]

logger = logging.getLogger(__name__)

_BATCH = 500
_CURSOR = "association"
_RULED = "association.rulings"
# So often a step that fails is tried again before its sightings are shown each alone.
_MOST_TRIES = 5
# A minute at least, at the pause after a failure: longer than a database is locked by a backup.
_MOST_STORE_FAILURES = 30
# So many incidents without news are looked at again in one refresh; those with news always.
_WATCHED_AT_ONCE = 100


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
    around : Circumstances or None
        What a belief rests on besides the sightings.
    locator : Locator or None
        Says where fires are; by default on the plane, by bearings alone.
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
        around: Circumstances | None = None,
        locator: Locator | None = None,
    ) -> None:
        self._book = book
        self._log = log
        self._sites = sites
        self._neighbourhood = neighbourhood
        self._clock = clock
        self._new_id = new_id
        self._around = around
        self._locator = locator or Locator(sites)
        self._cursors = cursors
        self._rulings = Rulings(log)
        self._surroundings = Surroundings(book, log, self._locator, self._rulings, rules or AssociationRules())
        self._unread: set[IncidentId] = set()
        self._watched: set[IncidentId] = set()
        self._tries = 0
        self._store_failures = 0

    def step(self) -> int:
        """Bring the incidents up to date with sightings stored and words said since; return how many those were.

        A step that cannot be done is given up after some tries, after more where it is the store that fails: its
        sightings that belong nowhere open an incident each, so that neither they nor those after them wait.
        """
        changed = self._book.changed_after(self._cursors.cursor(_CURSOR), _BATCH)
        self._rulings.read()
        said, said_before = self._rulings.last_seq, self._cursors.cursor(_RULED)
        if not changed and said <= said_before:
            return 0
        ruled = self._ruled_after(said_before, changed)
        self._tries += 1
        if self._tries > _MOST_TRIES:
            self._open_each(changed)
        elif not self._tried([*changed, *ruled]):
            return 0
        self._tries = 0
        if changed:
            self._cursors.advance(_CURSOR, changed[-1].mark)
        self._cursors.advance(_RULED, said)
        return len(changed) + (said > said_before)

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

    def _ruled_after(self, seq: int, changed: Sequence[StoredSighting]) -> tuple[StoredSighting, ...]:
        """Return the sightings that people spoke of since, but for those changed."""
        known = {stored.sighting.sighting_id for stored in changed}
        return self._book.sightings(sorted(self._rulings.named_after(seq) - known))

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
        if not changed:
            return True
        division = self._surroundings.divide(changed)
        planned = reconcile(division.groups, division.incidents, self._new_incident, self._rulings.ruled_out)
        events = self._events(planned)
        events += self._first_findings(events, division.around)
        if not self._append(events):
            # A person was quicker. The cursor stays: the next step sees what they did.
            return False
        self._store_failures = 0
        self._unread.update(plan.incident_id for plan in planned)
        # A new smoke may make a ghost of a crossing that it has no part in.
        news = division.news | {stored.sighting.sighting_id for stored in changed}
        homes = (stored.incident_id for stored in division.around if stored.sighting.sighting_id in news)
        self._unread.update(home for home in homes if home is not None)
        return True

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
        group = self._surroundings.group_of(sightings)
        changes = find_changes(
            incident,
            sightings,
            self._sites,
            self._neighbourhood,
            at,
            group=group,
            around=self._around,
            locator=self._locator,
        )
        return [Planned(incident.incident_id, at, change) for change in changes]
