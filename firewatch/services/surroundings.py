"""Sightings among those around them: whether a crossing is a fire or a ghost depends on the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firewatch.fusion import partition
from firewatch.services.chains import LONGEST_WINDOW, read_chains

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from firewatch.domain.ids import IncidentId, SightingId
    from firewatch.domain.incident import Incident
    from firewatch.domain.vision import Sighting
    from firewatch.fusion import AssociationRules, Group, Links
    from firewatch.services.locating import Locator
    from firewatch.services.ports import IncidentLog, SightingBook, StoredSighting
    from firewatch.services.rulings import Rulings

__all__ = ["Division", "Surroundings", "of_one_kind"]

# The groups of so many sightings are kept in mind; beyond it they are worked out again.
_MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Division:
    """Sightings, with all that may be of one fire with them, divided into fires.

    Parameters
    ----------
    around : tuple of StoredSighting
        All of them.
    incidents : mapping
        Those that they belong to now.
    groups : tuple of tuples of StoredSighting
        The fires.
    news : frozenset of SightingId
        Those of whose group something is other than when it was last worked out.
    """

    around: tuple[StoredSighting, ...]
    incidents: Mapping[IncidentId, Incident]
    groups: tuple[tuple[StoredSighting, ...], ...]
    news: frozenset[SightingId]


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


class Surroundings:
    """Divides sightings into fires together with those around them.

    Parameters
    ----------
    book, log
        Ports.
    locator : Locator
        Says where each sighting points, and how the ground lies.
    rulings : Rulings
        What people said.
    rules : AssociationRules
        When sightings are of one fire.
    """

    def __init__(
        self, book: SightingBook, log: IncidentLog, locator: Locator, rulings: Rulings, rules: AssociationRules
    ) -> None:
        self._book = book
        self._log = log
        self._locator = locator
        self._rulings = rulings
        self._rules = rules
        self._groups: dict[SightingId, Group] = {}
        # With which others each was divided last: one that moves away leaves them to be divided anew.
        self._mates: dict[SightingId, frozenset[SightingId]] = {}

    def divide(self, changed: Sequence[StoredSighting]) -> Division:
        """Return how some sightings, at least one, and all around them divide into fires."""
        chains = self._chains([*changed, *self._companions(changed), *self._left_behind(changed)])
        around = tuple(stored for chain in chains for stored in chain)
        incidents = self.incidents_of(around)
        settled = [[of_one_kind(stored, incidents) for stored in chain] for chain in chains]
        # Each kind by itself: a drill's smoke and a fire's are never of one fire, wherever their bearings cross.
        apart = [[s for s in chain if s.sighting.is_exercise is kind] for chain in settled for kind in (False, True)]
        before = dict(self._groups)
        groups = tuple(group for chain in apart for group in self._divided(chain))
        ids = (stored.sighting.sighting_id for stored in around)
        news = frozenset(one for one in ids if self._groups.get(one) != before.get(one))
        return Division(around, incidents, groups, news)

    def group_of(self, sightings: Sequence[Sighting]) -> Group | None:
        """Return the group that some sightings are, by all around them; None where they are no group of their own."""
        stored = self._book.sightings([sighting.sighting_id for sighting in sightings])
        if stored and not any(one.sighting.sighting_id in self._groups for one in stored):
            self.divide(stored)
        groups = [self._groups.get(one.sighting.sighting_id) for one in stored]
        group = next((group for group in groups if group is not None), None)
        return group if group is not None and set(group.members) <= {s.sighting_id for s in sightings} else None

    def incidents_of(self, around: Iterable[StoredSighting]) -> dict[IncidentId, Incident]:
        """Return the incidents that sightings belong to."""
        found = {}
        for incident_id in {stored.incident_id for stored in around} - {None}:
            assert incident_id is not None  # noqa: S101 - for the type checker: None was taken out
            incident = self._log.incident(incident_id)
            if incident is not None:
                found[incident_id] = incident
        return found

    def _companions(self, changed: Sequence[StoredSighting]) -> tuple[StoredSighting, ...]:
        """Return those that are in one incident with the changed ones now, by what these said before."""
        since = min(stored.sighting.first_seen_at for stored in changed) - LONGEST_WINDOW
        until = max(stored.sighting.observed_at for stored in changed) + LONGEST_WINDOW
        wanted = [
            sighting_id
            for incident in self.incidents_of(changed).values()
            for (sighting_id, _), first_seen_at in zip(incident.members, incident.first_seen_at, strict=True)
            if since <= first_seen_at <= until
        ]
        return self._book.sightings(wanted)

    def _left_behind(self, changed: Sequence[StoredSighting]) -> tuple[StoredSighting, ...]:
        """Return those that the changed ones were divided with, by what these said before."""
        ids = {stored.sighting.sighting_id for stored in changed}
        mates = {mate for one in ids for mate in self._mates.get(one, ())}
        return self._book.sightings(sorted(mates - ids))

    def _chains(self, changed: Sequence[StoredSighting]) -> list[list[StoredSighting]]:
        """Return the chains of some sightings, and of those that people said are of one fire with any in them."""
        together = self._rulings.links.together
        wanted, asked = list(changed), set[str]()
        while True:
            chains = read_chains(self._book, wanted, self._rules.gap)
            inside = {stored.sighting.sighting_id for chain in chains for stored in chain}
            mates = {one for block in together if block & inside for one in block} - inside - asked
            if not mates:
                return _tied(chains, self._rulings.links)
            asked |= mates
            wanted += self._book.sightings(sorted(mates))

    def _divided(self, around: Sequence[StoredSighting]) -> list[tuple[StoredSighting, ...]]:
        stored_by_id: dict[SightingId, StoredSighting] = {s.sighting.sighting_id: s for s in around}
        placed = [(s, self._locator.placed(s.sighting)) for s in around]
        links = self._rulings.links
        known = [p for _, p in placed if p is not None]
        found = partition(known, self._rules, links=links, ground_of=self._locator.ground)
        if len(self._groups) > _MOST_KEPT:
            self._groups.clear()
            self._mates.clear()
        ids = frozenset(stored_by_id)
        self._mates |= dict.fromkeys(ids, ids)
        self._groups |= {member: group for group in found for member in group.members}
        groups = [[stored_by_id[member] for member in group.members] for group in found]
        # A tower on no map has no bearing to cross; its smoke is still somebody's fire.
        for stored in (stored for stored, where in placed if where is None):
            _place_by_word(stored, groups, links)
        return [tuple(sorted(group, key=_canonical)) for group in groups]


def _canonical(stored: StoredSighting) -> tuple[object, ...]:
    return stored.sighting.first_seen_at, stored.sighting.sighting_id


def _place_by_word(stored: StoredSighting, groups: list[list[StoredSighting]], links: Links) -> None:
    """Put a sighting without a bearing where a person said it belongs, else into a group of its own."""
    own = stored.sighting.sighting_id
    mates = next((block for block in links.together if own in block), frozenset())
    home = next((group for group in groups if any(one.sighting.sighting_id in mates for one in group)), None)
    if home is None:
        groups.append([stored])
    else:
        home.append(stored)


def _tied(chains: list[list[StoredSighting]], links: Links) -> list[list[StoredSighting]]:
    """Unite the chains that people tied together, whatever pause lies between them."""
    tied = list(chains)
    for block in links.together:
        named = [chain for chain in tied if any(stored.sighting.sighting_id in block for stored in chain)]
        if len(named) > 1:
            united = sorted((stored for chain in named for stored in chain), key=_canonical)
            tied = [chain for chain in tied if chain not in named] + [united]
    return tied
