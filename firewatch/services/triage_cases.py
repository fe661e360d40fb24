"""What operators decided becomes cases that triage weights can be learned from.

Each incident is told as it was known at the moment of the decision: what came later (a fire that burned on for hours,
more towers turned to it) would teach the weights to see the future.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firewatch.fusion.belief import strengths_of
from firewatch.fusion.triage import TERMS, TriageCase
from firewatch.services.believing import Seen, evidence_of
from firewatch.services.labelling import label_of
from firewatch.services.place_memory import was_fire
from firewatch.services.sight_lines import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, tzinfo

    from firewatch.domain.ids import IncidentId
    from firewatch.domain.sites import SiteMap
    from firewatch.domain.vision import Sighting
    from firewatch.fusion.rays import Placed
    from firewatch.services.believing import Circumstances
    from firewatch.services.place_memory import DecidedIncident, DecisionLog
    from firewatch.services.ports import SightingBook

__all__ = ["CaseReader", "as_of"]

_BATCH = 500
_SQUARE_DECIMALS = 2  # 1.1 km of latitude
_DIRECTION_STEP_DEG = 10


@dataclass(frozen=True, slots=True)
class CaseReader:
    """Reads decided incidents out of the centre.

    Parameters
    ----------
    log : DecisionLog
        Port.
    sightings : SightingBook
        Port.
    sites : SiteMap
        Towers.
    around : Circumstances
        What was known besides the sightings; its weights do not matter.
    zone : tzinfo
        The bureau's time zone.
    """

    log: DecisionLog
    sightings: SightingBook
    sites: SiteMap
    around: Circumstances
    zone: tzinfo

    def cases(self) -> tuple[TriageCase, ...]:
        """Return a case for every incident that stands confirmed or dismissed, oldest first; none of a drill."""
        latest: dict[IncidentId, DecidedIncident] = {}
        for decided in self._decided():
            latest[decided.incident.incident_id] = decided
        found = (self._case(decided) for decided in latest.values())
        return tuple(sorted((case for case in found if case), key=lambda case: (case.day, case.incident_id)))

    def _decided(self) -> Iterator[DecidedIncident]:
        seq = 0
        while page := self.log.decided_after(seq, _BATCH):
            yield from page
            seq = page[-1].seq

    def _case(self, decided: DecidedIncident) -> TriageCase | None:
        incident, fire = decided.incident, was_fire(decided.incident)
        if fire is None:
            return None
        stored = self.sightings.sightings([sighting_id for sighting_id, _ in incident.members])
        known = [cut for one in stored if (cut := as_of(one.sighting, decided.at)) is not None]
        if not known:
            return None
        placed = [p for sighting in known if (p := place(sighting, self.sites)) is not None]
        # What located it may have come later: a second tower, for one.
        seeing = {sighting.tower_id for sighting in known}
        is_located = len(seeing) > 1 or seeing == set(incident.towers)
        grade = incident.rating.grade if incident.rating is not None else None
        seen = Seen(known, placed, incident.fix if is_located else None, grade)
        strengths = strengths_of(evidence_of(seen, self.around))
        return TriageCase(
            incident.incident_id,
            seen.began.astimezone(self.zone).date(),
            _place_of(seen, known, placed),
            fire,
            label_of(incident).verdict,
            tuple(strengths[term] for term in TERMS),
        )


def as_of(sighting: Sighting, at: datetime) -> Sighting | None:
    """Return a sighting with the frames until an instant; None where it began later.

    Its score, and how many frames were hit, are those of its last revision: earlier ones are not read.
    """
    if sighting.first_seen_at > at:
        return None
    looks = tuple(look for look in sighting.looks if look.stamp.captured_at <= at)
    return replace(sighting, looks=looks or sighting.looks[:1], observed_at=min(sighting.observed_at, at))


def _place_of(seen: Seen, known: Sequence[Sighting], placed: Sequence[Placed]) -> str:
    if seen.fix is not None:
        position = seen.fix.position
        return f"{position.lat_deg:.{_SQUARE_DECIMALS}f} {position.lon_deg:.{_SQUARE_DECIMALS}f}"
    if placed:
        step = round(placed[0].bearing.azimuth_deg / _DIRECTION_STEP_DEG) * _DIRECTION_STEP_DEG % 360
        return f"{placed[0].tower_id} {step:03d}"
    return str(known[0].tower_id)
