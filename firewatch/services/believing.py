"""What is known around a smoke becomes evidence, and evidence a belief with the facts behind its parts.

Every number is rounded before it is weighed, to steps that mean something to a person: noise below them is no event,
the parts still sum exactly to what is shown, and the same sightings give the same belief in whatever order they came.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from firewatch.domain.changes import BeliefChanged, BeliefFact
from firewatch.domain.ids import IncidentId
from firewatch.fusion.agreement import agreement_of, by_mast, masts_of
from firewatch.fusion.belief import Evidence, TowerScore, believe
from firewatch.fusion.evidence import Growth, Ignitions, LocalHour, Persistence, PlaceHistory
from firewatch.fusion.growth import growth_ratio
from firewatch.fusion.hotspots import HotspotRules, SeenFire, smoke_lines
from firewatch.fusion.intersect import TowerBearing
from firewatch.fusion.nearby import history_at, near_hotspot, source_at, source_towards
from firewatch.fusion.triage import Term, TriageModel, TriageWeights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime, tzinfo

    from firewatch.domain.danger import DangerGrade
    from firewatch.domain.geo import Fix, Position
    from firewatch.domain.hotspot import Hotspot
    from firewatch.domain.smoke_source import SmokeSource
    from firewatch.domain.vision import Sighting
    from firewatch.fusion.evidence import Agreement, NearHotspot, NearSource
    from firewatch.fusion.nearby import Decided
    from firewatch.fusion.rays import Placed

__all__ = ["Circumstances", "Heat", "PastDecisions", "Seen", "believed", "evidence_of"]

_SCORE_DECIMALS = 2
_GRADES = 5
# Minutes as people count them, each step a little longer than the one before.
_MINUTES = (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440)
_CROSSING_STEP_DEG, _DISTANCE_STEP_M, _HOTSPOT_STEP_MIN = 5.0, 100.0, 10.0
_HALF_HOUR = 30
# Beyond the error of a fix no element is so large that it still belongs to it.
_HOTSPOT_REACH_M = 5_000.0
_RULES = HotspotRules()
# A belief is of one incident: which one needs no telling.
_ANY = IncidentId("")


class Heat(Protocol):
    """The hotspots that satellites saw."""

    def near(self, place: Position, within_m: float, since: datetime, until: datetime) -> tuple[Hotspot, ...]:
        """Return those of a period within a distance, in any order."""
        ...


class PastDecisions(Protocol):
    """What operators decided at places."""

    def near(self, place: Position) -> tuple[Decided, ...]:
        """Return the decisions within `firewatch.fusion.nearby.HISTORY_REACH_M`, or more, in any order."""
        ...


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known besides the sightings, and what it is worth. What is None says nothing.

    Parameters
    ----------
    model : TriageModel
        The weights; by default the expert table.
    zone : tzinfo or None
        The bureau's time zone: hour, calendar and opening hours follow it.
    sources : tuple of SmokeSource
        Known sources of smoke.
    decisions : PastDecisions or None
        Port.
    heat : Heat or None
        Port.
    ignitions : callable or None
        How many times as many ignitions as usual the calendar knows of on a day; None where it has no number.
    """

    model: TriageModel = field(default_factory=lambda: TriageModel(TriageWeights()))
    zone: tzinfo | None = None
    sources: tuple[SmokeSource, ...] = ()
    decisions: PastDecisions | None = None
    heat: Heat | None = None
    ignitions: Callable[[date], float | None] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the cameras say of one incident.

    Parameters
    ----------
    sightings : sequence of Sighting
        The highest revisions of its members, at least one.
    placed : sequence of Placed
        Those of them whose tower is on the map.
    fix : Fix or None
        Where it is.
    grade : DangerGrade or None
        Of the nearest station and day.
    """

    sightings: Sequence[Sighting]
    placed: Sequence[Placed]
    fix: Fix | None
    grade: DangerGrade | None

    @property
    def began(self) -> datetime:
        """UTC instant of the first frame."""
        return min(sighting.first_seen_at for sighting in self.sightings)

    @property
    def latest(self) -> datetime:
        """UTC instant of the latest frame."""
        return max(sighting.observed_at for sighting in self.sightings)

    @property
    def bearings(self) -> list[TowerBearing]:
        """What the towers on the map measure."""
        return [TowerBearing(p.tower_id, p.position, p.bearing) for p in self.placed]


def believed(seen: Seen, around: Circumstances) -> BeliefChanged:
    """Return how likely it is a fire, in parts, with the facts behind them."""
    evidence = evidence_of(seen, around)
    belief = believe(evidence, around.model.weights)
    parts = tuple((part.name, part.log_odds) for part in belief.parts)
    return BeliefChanged(belief.probability, parts, tuple(_facts(evidence)))


def evidence_of(seen: Seen, around: Circumstances) -> Evidence:
    """Return all that speaks for or against a fire, rounded; what is not known is None."""
    masts = masts_of({p.tower_id: p.position for p in seen.placed})
    scores = [TowerScore(s.tower_id, s.sighting_id, s.revision, _score(s)) for s in seen.sightings]
    return Evidence(
        scores=by_mast(scores, masts),
        persistence=_persistence(seen.sightings),
        growth=_growth(seen.sightings),
        agreement=None if seen.fix is None else _agreement(agreement_of(seen.bearings, seen.fix.position)),
        hotspot=_hotspot(seen, around),
        danger_level=None if seen.grade is None else (seen.grade.value - 1) / (_GRADES - 1),
        hour=None if around.zone is None else LocalHour(_nearest_hour(seen.began.astimezone(around.zone))),
        ignitions=_ignitions(seen, around),
        source=_source(seen, around),
        history=_history(seen, around),
    )


def _score(sighting: Sighting) -> float:
    return round(sighting.score, _SCORE_DECIMALS)


def _persistence(sightings: Sequence[Sighting]) -> Persistence:
    # The longest of them, not the span of all: two clouds 40 minutes apart have not lasted for 40 minutes.
    minutes = max((s.observed_at - s.first_seen_at).total_seconds() for s in sightings) / 60.0
    hit, seen = (sum(each) for each in zip(*((s.frames_hit, s.frames_seen) for s in sightings), strict=True))
    return Persistence(60.0 * _MINUTES[bisect_right(_MINUTES, minutes) - 1], round(hit / seen, 1))


def _growth(sightings: Sequence[Sighting]) -> Growth | None:
    ratios = [ratio for sighting in sightings if (ratio := _ratio(sighting)) is not None]
    if not ratios:
        return None
    mean = math.exp(math.fsum(map(math.log, ratios)) / len(ratios))
    return Growth(max(0.1, round(mean, 1)))


def _ratio(sighting: Sighting) -> float | None:
    # In shares of the frame: a camera may send smaller frames while its link is poor.
    looks = sorted(sighting.looks, key=lambda look: (look.stamp.captured_at, look.stamp.sha256))
    sizes = ((look.box.width * look.box.height, look.stamp.width_px * look.stamp.height_px) for look in looks)
    return growth_ratio([area / whole for area, whole in sizes])


def _agreement(found: Agreement | None) -> Agreement | None:
    if found is None:
        return None
    crossing_deg = _CROSSING_STEP_DEG * round(found.crossing_deg / _CROSSING_STEP_DEG)
    return replace(found, crossing_deg=crossing_deg, chance=None if found.chance is None else _one_digit(found.chance))


def _one_digit(number: float) -> float:
    return float(f"{number:.0e}")


def _hotspot(seen: Seen, around: Circumstances) -> NearHotspot | None:
    if around.heat is None:
        return None
    fire = _fire(seen)
    since, until = fire.first_at - _RULES.before, fire.last_at + _RULES.after
    near = near_hotspot([one for at, m in _reaches(fire) for one in around.heat.near(at, m, since, until)], fire)
    if near is None:
        return None
    return replace(
        near,
        distance_m=_DISTANCE_STEP_M * round(near.distance_m / _DISTANCE_STEP_M),
        chi_square=round(near.chi_square, 1),
        minutes=_HOTSPOT_STEP_MIN * round(near.minutes / _HOTSPOT_STEP_MIN),
        apart_min=_HOTSPOT_STEP_MIN * round(near.apart_min / _HOTSPOT_STEP_MIN),
    )


def _fire(seen: Seen) -> SeenFire:
    return SeenFire(_ANY, seen.began, seen.latest, seen.fix, smoke_lines(seen.placed))


def _reaches(fire: SeenFire) -> list[tuple[Position, float]]:
    """Return where to look for hotspots, and how far [m]."""
    if fire.fix is not None:
        return [(fire.fix.position, _HOTSPOT_REACH_M + math.sqrt(_RULES.furthest) * fire.fix.ellipse.major_m)]
    return [(line.start, line.reach_m + _HOTSPOT_REACH_M) for line in fire.lines]


def _nearest_hour(local: datetime) -> float:
    return float((local.hour + (local.minute >= _HALF_HOUR)) % 24)


def _ignitions(seen: Seen, around: Circumstances) -> Ignitions | None:
    if around.ignitions is None or around.zone is None:
        return None
    times = around.ignitions(seen.began.astimezone(around.zone).date())
    return None if times is None else Ignitions(float(f"{times:.1e}"))


def _source(seen: Seen, around: Circumstances) -> NearSource | None:
    if around.zone is None or not around.sources:
        return None
    # By the latest frame: a chimney that has closed, or a permit that has ended, explains no smoke that is still there.
    local = seen.latest.astimezone(around.zone)
    if seen.fix is not None:
        near = source_at(around.sources, seen.fix, local)
    else:
        rays = zip(seen.bearings, seen.placed, strict=True)
        towards = [source_towards(around.sources, bearing, p.range_m, local) for bearing, p in rays]
        # Every tower that sees it must be explained: the least well explained counts.
        known = [each for each in towards if each is not None]
        near = (
            max(known, key=lambda each: (each.sigmas, each.name_en)) if known and len(known) == len(towards) else None
        )
    return None if near is None else replace(near, sigmas=round(near.sigmas, 1))


def _history(seen: Seen, around: Circumstances) -> PlaceHistory | None:
    if seen.fix is None or around.decisions is None:
        return None
    place = seen.fix.position
    found = history_at(around.decisions.near(place), place, seen.began)
    return None if found is None else PlaceHistory(round(found.fires, 1), round(found.false_alarms, 1))


def _facts(evidence: Evidence) -> Iterator[BeliefFact]:
    if evidence.persistence is not None:
        yield BeliefFact(Term.PERSISTENCE, "minutes", evidence.persistence.seconds / 60.0)
        yield BeliefFact(Term.PERSISTENCE, "steadiness", evidence.persistence.steadiness)
    if evidence.growth is not None:
        yield BeliefFact(Term.GROWTH, "ratio", evidence.growth.ratio)
    if evidence.agreement is not None:
        yield BeliefFact(Term.TOWERS, "masts", float(evidence.agreement.masts))
        yield BeliefFact(Term.GEOMETRY, "crossing_deg", evidence.agreement.crossing_deg)
        if evidence.agreement.chance is not None:
            yield BeliefFact(Term.GEOMETRY, "chance", evidence.agreement.chance)
    if evidence.hour is not None:
        yield BeliefFact(Term.HOUR, "hour", evidence.hour.hour)
    if evidence.ignitions is not None:
        yield BeliefFact(Term.CALENDAR, "times", evidence.ignitions.times)
    yield from _facts_near(evidence)


def _facts_near(evidence: Evidence) -> Iterator[BeliefFact]:
    if evidence.hotspot is not None:
        yield BeliefFact(Term.HOTSPOTS, "distance_m", evidence.hotspot.distance_m)
        yield BeliefFact(Term.HOTSPOTS, "minutes", evidence.hotspot.minutes)
    if evidence.source is not None:
        yield BeliefFact(Term.SOURCES, "name_zh", text=evidence.source.name_zh)
        yield BeliefFact(Term.SOURCES, "name_en", text=evidence.source.name_en)
        yield BeliefFact(Term.SOURCES, "sigmas", evidence.source.sigmas)
    if evidence.history is not None:
        yield BeliefFact(Term.HISTORY, "fires", evidence.history.fires)
        yield BeliefFact(Term.HISTORY, "false_alarms", evidence.history.false_alarms)
