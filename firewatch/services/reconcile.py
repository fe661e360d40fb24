"""From a partition of sightings to changes of incidents: a plan, made without looking anywhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firewatch.domain.incident import (
    Change,
    IncidentState,
    Merged,
    Opened,
    SightingEnded,
    SightingJoined,
    SightingLeft,
)
from firewatch.domain.vision import SightingPhase

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from firewatch.domain.ids import IncidentId, SightingId
    from firewatch.domain.incident import Incident
    from firewatch.domain.vision import Sighting
    from firewatch.services.ports import StoredSighting

__all__ = ["Planned", "reconcile"]


@dataclass(frozen=True, slots=True)
class Planned:
    """A change of an incident, with the instant at which it happened."""

    incident_id: IncidentId
    occurred_at: datetime
    change: Change


@dataclass(slots=True)
class _Plan:
    """What is decided so far; lives within one call of `reconcile`."""

    new_incident: Callable[[Sighting], IncidentId]
    home: dict[SightingId, IncidentId]
    sightings: Mapping[SightingId, Sighting]
    planned: list[Planned] = field(default_factory=list)

    def add(self, incident_id: IncidentId, occurred_at: datetime, change: Change) -> None:
        self.planned.append(Planned(incident_id, occurred_at, change))

    def open(self, sighting: Sighting) -> IncidentId:
        self._leave_home(sighting)
        incident_id = self.new_incident(sighting)
        opened = Opened(sighting.sighting_id, sighting.tower_id, sighting.is_exercise)
        self.add(incident_id, sighting.first_seen_at, opened)
        self.home[sighting.sighting_id] = incident_id
        return incident_id

    def move(self, sighting: Sighting, to: IncidentId) -> None:
        if self.home.get(sighting.sighting_id) == to:
            return
        self._leave_home(sighting)
        joined = SightingJoined(sighting.sighting_id, sighting.tower_id, sighting.is_exercise)
        self.add(to, sighting.first_seen_at, joined)
        self.home[sighting.sighting_id] = to

    def _leave_home(self, sighting: Sighting) -> None:
        at_home = self.home.get(sighting.sighting_id)
        if at_home is not None:
            self.add(at_home, sighting.observed_at, SightingLeft(sighting.sighting_id))


def reconcile(
    groups: Sequence[Sequence[StoredSighting]],
    incidents: Mapping[IncidentId, Incident],
    new_incident: Callable[[Sighting], IncidentId],
    ruled_out: Collection[tuple[SightingId, IncidentId]] = (),
) -> tuple[Planned, ...]:
    """Plan the changes that make the incidents agree with a partition of sightings.

    Parameters
    ----------
    groups : sequence of sequences of StoredSighting
        Each group one fire, members in the order of (first_seen_at, sighting_id); each with its incident of now. All
        of a group are exercises, or none is.
    incidents : mapping
        All incidents that the members belong to.
    new_incident : callable
        Makes the id of an incident that a sighting opens.
    ruled_out : collection of (SightingId, IncidentId)
        Sightings of which a person said that they are not of an incident.

    Returns
    -------
    tuple of Planned
        In the order in which they must be applied; empty where all agree.

    Notes
    -----
    - A person's decision stands: members of an incident that is no longer suspected stay where they are, and it is
      never merged away.
    - A new smoke never joins a closed incident in silence: it opens its own, and people are told.
    - Of several suspected incidents in one group the earliest opened goes on, unless one is confirmed: that one does.
    - An incident whose members are in several groups goes on with the group of its earliest member.
    - A fire's sighting never stays in an exercise, whatever a person decided of that; it opens its own.
    - A sighting that a person ruled out of an incident leaves it, in whatever state that is, and the incident goes on
      with the others.
    """
    everyone = [stored for group in groups for stored in group]
    plan = _Plan(
        new_incident,
        {s.sighting.sighting_id: s.incident_id for s in everyone if s.incident_id is not None},
        {s.sighting.sighting_id: s.sighting for s in everyone},
    )
    astray = _astray(everyone, incidents, ruled_out)
    owners = _owners(groups, astray)
    merges: list[tuple[Incident, IncidentId]] = []
    for number, group in enumerate(groups):
        merges += _settle(plan, group, incidents, astray, {i for i, owner in owners.items() if owner == number})
    for incident, into in merges:
        _merge(plan, incident, into)
    _correct(plan, everyone, incidents)
    return tuple(plan.planned)


def _astray(
    everyone: Sequence[StoredSighting],
    incidents: Mapping[IncidentId, Incident],
    ruled_out: Collection[tuple[SightingId, IncidentId]],
) -> frozenset[SightingId]:
    """Return the sightings in an incident of the other kind, or in one that a person ruled them out of."""
    found = set()
    for stored in everyone:
        sighting, home = stored.sighting, stored.incident_id
        if home is not None:
            is_of_other_kind = incidents[home].is_exercise is not sighting.is_exercise
            if is_of_other_kind or (sighting.sighting_id, home) in ruled_out:
                found.add(sighting.sighting_id)
    return frozenset(found)


def _owners(groups: Sequence[Sequence[StoredSighting]], astray: Collection[SightingId]) -> dict[IncidentId, int]:
    """Return for each incident the group that holds its earliest member."""
    earliest: dict[IncidentId, tuple[datetime, str, int]] = {}
    for number, group in enumerate(groups):
        for stored in group:
            if stored.incident_id is not None and stored.sighting.sighting_id not in astray:
                place = (stored.sighting.first_seen_at, stored.sighting.sighting_id, number)
                earliest[stored.incident_id] = min(place, earliest.get(stored.incident_id, place))
    return {incident_id: place[2] for incident_id, place in earliest.items()}


def _settle(
    plan: _Plan,
    group: Sequence[StoredSighting],
    incidents: Mapping[IncidentId, Incident],
    astray: Collection[SightingId],
    owned: Collection[IncidentId],
) -> list[tuple[Incident, IncidentId]]:
    """Plan one group; return the suspected incidents of it that another one swallows."""
    free = [s.sighting for s in group if _is_free(s, incidents, astray)]
    here = {s.incident_id for s in group if s.incident_id is not None and s.sighting.sighting_id not in astray}
    candidates = sorted(
        (incidents[i] for i in here if incidents[i].is_open and i in owned),
        key=lambda incident: (incident.state is IncidentState.SUSPECTED, incident.opened_at, incident.incident_id),
    )
    if not free:
        return []
    goes_on = candidates[0].incident_id if candidates else plan.open(free[0])
    swallowed = [c for c in candidates[1:] if c.state is IncidentState.SUSPECTED]
    swallowed_ids = {incident.incident_id for incident in swallowed}
    for sighting in free:
        if plan.home.get(sighting.sighting_id) not in swallowed_ids:
            plan.move(sighting, goes_on)
    return [(incident, goes_on) for incident in swallowed]


def _is_free(stored: StoredSighting, incidents: Mapping[IncidentId, Incident], astray: Collection[SightingId]) -> bool:
    if stored.incident_id is None or stored.sighting.sighting_id in astray:
        return True
    return incidents[stored.incident_id].state is IncidentState.SUSPECTED


def _merge(plan: _Plan, incident: Incident, into: IncidentId) -> None:
    """Close an incident, and have what is left in it, its oldest members too, join the one that goes on."""
    # Closed first: no sighting belongs to two incidents at any point of the log.
    plan.add(incident.incident_id, incident.changed_at, Merged(into))
    for (sighting_id, tower_id), known_since in zip(incident.members, incident.first_seen_at, strict=True):
        if plan.home.get(sighting_id, incident.incident_id) == incident.incident_id:
            seen = plan.sightings.get(sighting_id)
            joined = SightingJoined(sighting_id, tower_id, incident.is_exercise)
            plan.add(into, seen.first_seen_at if seen else known_since, joined)
            plan.home[sighting_id] = into
            if seen is None and sighting_id in incident.ended:
                plan.add(into, incident.changed_at, SightingEnded(sighting_id))


def _correct(plan: _Plan, everyone: Sequence[StoredSighting], incidents: Mapping[IncidentId, Incident]) -> None:
    """Plan what the highest revisions say otherwise than the incidents: since when, and whether they have ended."""
    for stored in everyone:
        sighting = stored.sighting
        home = plan.home[sighting.sighting_id]
        stayed = incidents.get(home) if home == stored.incident_id else None
        is_ended = sighting.phase is SightingPhase.ENDED
        was_ended = stayed is not None and sighting.sighting_id in stayed.ended
        if stayed is not None and (_known_since(stayed, sighting) != sighting.first_seen_at or was_ended > is_ended):
            again = SightingJoined(sighting.sighting_id, sighting.tower_id, stayed.is_exercise)
            plan.add(home, sighting.first_seen_at, again)
            was_ended = False
        if is_ended and not was_ended:
            plan.add(home, sighting.observed_at, SightingEnded(sighting.sighting_id))


def _known_since(incident: Incident, sighting: Sighting) -> datetime | None:
    dated = zip(incident.members, incident.first_seen_at, strict=True)
    return next((at for (sighting_id, _), at in dated if sighting_id == sighting.sighting_id), None)
