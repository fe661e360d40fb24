"""What is known around a smoke becomes a belief with its facts; decisions become cases as they were known then."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from associating import FIRE, TOWERS, Centre, _sites, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.domain.danger import DangerGrade
from firewatch.domain.hotspot import Hotspot, HotspotConfidence
from firewatch.domain.ids import SightingId, TowerId
from firewatch.domain.incident import BeliefChanged, BeliefFact, Confirmed, Rejected, RejectReason, Reopened, fold
from firewatch.domain.sites import Name
from firewatch.domain.smoke_source import OpenHours, SmokeKind, SmokeSource
from firewatch.domain.vision import Box, Look
from firewatch.fusion.nearby import Decided
from firewatch.fusion.triage import TERMS, Term, TriageModel, TriageWeights
from firewatch.geodesy import direct
from firewatch.services.believing import Circumstances, Seen, believed, evidence_of
from firewatch.services.place_memory import DecidedIncident, PlaceMemory, was_fire
from firewatch.services.sight_lines import place
from firewatch.services.triage_cases import CaseReader, as_of
from firewatch.testing import SCENE_START, MemoryIncidentLog, a_stamp, an_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.geo import Fix, Position
    from firewatch.domain.incident import Incident
    from firewatch.domain.vision import Sighting

BEIJING = timezone(timedelta(hours=8))
SITES = _sites()
SEEN = [seen(n, tower, FIRE, 10.0 * n) for n, tower in enumerate(TOWERS, start=1)]
# 10:00 in Beijing is 02:00 in Greenwich.
AT_TEN = SCENE_START.replace(hour=2, minute=0)


def fix_of(sightings: Sequence[Sighting]) -> Fix | None:
    centre = Centre()
    centre.arrive(*sightings)
    return centre.incidents()[0].fix


FIX = fix_of(SEEN)
assert FIX is not None


def an_incident_seen(
    sightings: Sequence[Sighting] = SEEN, fix: Fix | None = FIX, grade: DangerGrade | None = None
) -> Seen:
    placed = [p for p in (place(sighting, SITES) for sighting in sightings) if p is not None]
    return Seen(sightings, placed, fix, grade)


def facts(belief: BeliefChanged, part: str) -> dict[str, float | str]:
    return {f.name: f.text if f.number is None else f.number for f in belief.facts if f.part == part}


def growing(sighting: Sighting, minutes: float, looks: int = 8) -> Sighting:
    """Return a sighting that lasts, whose box grows by a tenth with each look."""
    times = [sighting.first_seen_at + timedelta(minutes=minutes * n / (looks - 1)) for n in range(looks)]
    boxes = [Box(0.0, 0.0, 100.0, 100.0 * 1.1**n) for n in range(looks)]
    shown = tuple(Look(a_stamp(at), box, 0.8) for at, box in zip(times, boxes, strict=True))
    return replace(sighting, looks=shown, observed_at=times[-1])


class HeatFake:
    """Has one hotspot, and remembers what was asked."""

    def __init__(self, *hotspots: Hotspot) -> None:
        self.hotspots = hotspots
        self.asked: list[tuple[datetime, datetime]] = []

    def near(self, _: Position, within_m: float, since: datetime, until: datetime) -> tuple[Hotspot, ...]:
        assert within_m >= 5000.0
        self.asked.append((since, until))
        return self.hotspots


class DecisionsFake:
    def __init__(self, *decisions: Decided) -> None:
        self.decisions = decisions

    def near(self, _: Position) -> tuple[Decided, ...]:
        return self.decisions


def test_what_is_not_known_is_shown_and_adds_nothing() -> None:
    belief = believed(an_incident_seen(SEEN[:1], None), Circumstances())
    parts = dict(belief.parts)
    assert list(parts) == ["base", "tower:tower-a", *(term.value for term in TERMS[1:])]
    assert {name for name, odds in parts.items() if odds != 0.0} == {"base", "tower:tower-a"}
    assert belief.facts == (BeliefFact("persistence", "minutes", 0.0), BeliefFact("persistence", "steadiness", 0.5))


def test_each_fact_is_told_beside_its_part() -> None:
    source = SmokeSource("kiln", Name("窑", "Kiln"), SmokeKind.CHIMNEY, (FIRE,))
    heat = HeatFake(
        Hotspot(direct(FIRE, 90.0, 740.0), SCENE_START - timedelta(minutes=33), "N20", HotspotConfidence.HIGH)
    )
    past = DecisionsFake(*(Decided(FIRE, SCENE_START - timedelta(days=n), was_fire=False) for n in range(1, 4)))
    around = Circumstances(zone=BEIJING, sources=(source,), decisions=past, heat=heat, ignitions=lambda _: 3.14159)
    lasting = [growing(sighting, 12.0) for sighting in SEEN]
    belief = believed(an_incident_seen(lasting, grade=DangerGrade.HIGH), around)
    assert facts(belief, "persistence") == {"minutes": 10.0, "steadiness": 0.5}
    assert facts(belief, "growth") == {"ratio": 1.6}
    assert facts(belief, "towers") == {"masts": 3.0}
    assert facts(belief, "geometry") == {"crossing_deg": 85.0, "chance": pytest.approx(1.0, abs=0.11)}
    assert facts(belief, "hotspots") == {"distance_m": 700.0, "minutes": 30.0}
    assert facts(belief, "calendar") == {"times": 3.1}
    assert facts(belief, "sources") == {"name_zh": "窑", "name_en": "Kiln", "sigmas": 0.0}
    assert facts(belief, "history") == {"fires": 0.0, "false_alarms": 3.0}
    parts = dict(belief.parts)
    assert parts["danger"] == 0.5
    assert parts["sources"] == -1.5
    assert -1.0 < parts["history"] < 0.0
    assert min(parts[name] for name in ("persistence", "growth", "towers", "geometry", "hotspots", "calendar")) > 0.0
    total = math.fsum(parts.values())
    assert belief.probability == pytest.approx(1.0 / (1.0 + math.exp(-total)), abs=1e-9)
    first = min(sighting.first_seen_at for sighting in lasting)
    assert heat.asked[0][0] == first - timedelta(hours=6)


@settings(max_examples=20)
@given(st.permutations(range(3)), st.integers(1, 40))
def test_the_order_of_the_sightings_changes_no_belief(order: list[int], minutes: int) -> None:
    lasting = [growing(sighting, float(minutes)) for sighting in SEEN]
    around = Circumstances(zone=BEIJING, sources=(SmokeSource("k", Name("窑", "Kiln"), SmokeKind.OTHER, (FIRE,)),))
    shuffled = [lasting[n] for n in order]
    assert believed(an_incident_seen(shuffled), around) == believed(an_incident_seen(lasting), around)


def test_seconds_that_nobody_counts_change_nothing() -> None:
    five, bit_more = (believed(an_incident_seen([growing(SEEN[0], m)], None), Circumstances()) for m in (5.0, 6.6))
    assert five == bit_more


def test_two_clouds_apart_have_not_lasted() -> None:
    later = replace(
        SEEN[1], first_seen_at=SCENE_START + timedelta(minutes=40), observed_at=SCENE_START + timedelta(minutes=40)
    )
    evidence = evidence_of(an_incident_seen([SEEN[0], later], None), Circumstances())
    assert evidence.persistence is not None
    assert evidence.persistence.seconds == 0.0


def test_a_frame_sent_smaller_is_no_smaller_smoke() -> None:
    grown = growing(SEEN[0], 5.0)
    halves = tuple(
        replace(
            look,
            stamp=replace(look.stamp, width_px=960, height_px=540),
            box=Box(0.0, 0.0, look.box.x1 / 2.0, look.box.y1 / 2.0),
        )
        for look in grown.looks[4:]
    )
    mixed = replace(grown, looks=(*grown.looks[:4], *halves))
    one, other = (evidence_of(an_incident_seen([each], None), Circumstances()).growth for each in (grown, mixed))
    assert one == other


@pytest.mark.parametrize(("minute", "hour"), [(29, 10.0), (31, 11.0)])
def test_the_hour_is_the_bureaus(minute: int, hour: float) -> None:
    at = AT_TEN.replace(minute=minute)
    sighting = replace(SEEN[0], first_seen_at=at, observed_at=at)
    evidence = evidence_of(an_incident_seen([sighting], None), Circumstances(zone=BEIJING))
    assert evidence.hour is not None
    assert evidence.hour.hour == hour


def test_the_calendar_is_asked_for_the_bureaus_day_and_may_know_nothing() -> None:
    asked: list[date] = []

    def ignitions(day: date) -> None:
        asked.append(day)

    at = SCENE_START.replace(hour=17)
    late = replace(SEEN[0], first_seen_at=at, observed_at=at)
    assert (
        evidence_of(an_incident_seen([late], None), Circumstances(zone=BEIJING, ignitions=ignitions)).ignitions is None
    )
    assert asked == [(SCENE_START + timedelta(days=1)).date()]
    assert evidence_of(an_incident_seen([late], None), Circumstances(ignitions=ignitions)).ignitions is None


def test_a_source_must_explain_what_every_tower_sees() -> None:
    on_a_line = direct(TOWERS["tower-a"], SEEN[0].bearing.azimuth_deg, 3000.0)
    kiln = SmokeSource("kiln", Name("窑", "Kiln"), SmokeKind.CHIMNEY, (on_a_line,))
    around = Circumstances(zone=BEIJING, sources=(kiln,))
    alone = evidence_of(an_incident_seen(SEEN[:1], None), around).source
    assert alone is not None
    assert (alone.sigmas, alone.is_located) == (0.0, False)
    both = evidence_of(an_incident_seen(SEEN[:2], None), around).source
    assert both is None, "the second tower does not see it there"
    far = SmokeSource("far", Name("远", "Far"), SmokeKind.CHIMNEY, (direct(FIRE, 0.0, 90_000.0),))
    assert evidence_of(an_incident_seen(SEEN[:1], None), replace(around, sources=(far,))).source is None


def test_a_source_that_has_closed_explains_no_smoke_that_is_still_there() -> None:
    kiln = SmokeSource("k", Name("窑", "Kiln"), SmokeKind.OTHER, (FIRE,), hours=(OpenHours(time(8), time(10, 30)),))
    around = Circumstances(zone=BEIJING, sources=(kiln,))
    at_ten = [replace(s, first_seen_at=AT_TEN, observed_at=AT_TEN) for s in SEEN]
    assert evidence_of(an_incident_seen(at_ten), around).source is not None
    lasting = [replace(s, observed_at=AT_TEN + timedelta(hours=1)) for s in at_ten]
    assert evidence_of(an_incident_seen(lasting), around).source is None


def test_no_hotspot_near_says_nothing_and_weights_come_from_the_model() -> None:
    around = Circumstances(model=TriageModel(TriageWeights(base=2.0)), heat=HeatFake(), decisions=DecisionsFake())
    belief = believed(an_incident_seen(), around)
    parts = dict(belief.parts)
    assert (parts["base"], parts["hotspots"], parts["history"]) == (2.0, 0.0, 0.0)


def test_a_second_camera_on_the_mast_is_no_second_tower() -> None:
    twin = replace(SITES.towers[1], tower_id=TowerId("tower-a2"), position=direct(TOWERS["tower-a"], 0.0, 30.0))
    sites = replace(SITES, towers=(*SITES.towers, twin))
    again = replace(SEEN[0], tower_id=TowerId("tower-a2"), sighting_id=SightingId(SEEN[1].sighting_id), score=0.9)
    both = [SEEN[0], again]
    belief = believed(Seen(both, [p for p in (place(s, sites) for s in both) if p], None, None), Circumstances())
    assert [name for name, _ in belief.parts if name.startswith("tower:")] == ["tower:tower-a"]


# What operators decided


def decided(centre: Centre, change: object, at: datetime) -> None:
    """Let somebody decide about the latest incident."""
    incident = centre.incidents()[0]
    number = len(centre.log.events_after(0, 9999)) + 1
    event = replace(an_event(number, change, at=at), incident_id=incident.incident_id)  # type: ignore[arg-type]
    centre.log.append([event])


def test_the_memory_follows_the_log_and_forgets_what_was_taken_back() -> None:
    centre = Centre()
    centre.arrive(*SEEN)
    memory = PlaceMemory(centre.log)
    assert memory.near(FIRE) == ()
    later = SCENE_START + timedelta(hours=1)
    decided(centre, Rejected(RejectReason.INDUSTRIAL), later)
    (found,) = memory.near(FIRE)
    assert (found.was_fire, found.at) == (False, later)
    assert memory.near(direct(FIRE, 90.0, 5000.0)) == ()
    assert memory.near(direct(FIRE, 0.0, 5000.0)) == ()
    decided(centre, Reopened(), later + timedelta(minutes=1))
    assert memory.near(FIRE) == ()
    decided(centre, Confirmed(), later + timedelta(minutes=2))
    assert [each.was_fire for each in memory.near(FIRE)] == [True]


def test_the_memory_is_bounded_and_reads_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firewatch.services.place_memory._MOST", 3)
    monkeypatch.setattr("firewatch.services.place_memory._BATCH", 2)
    centre = Centre()
    centre.arrive(*SEEN)
    decided(centre, Rejected(RejectReason.DUST), SCENE_START)
    one = centre.log.decided_after(0, 9)[0]

    class Log:
        def decided_after(self, seq: int, limit: int) -> tuple[DecidedIncident, ...]:
            every = [replace(one, seq=n, incident=replace(one.incident, incident_id=f"i{n}")) for n in range(1, 8)]  # type: ignore[arg-type]
            return tuple(each for each in every if each.seq > seq)[:limit]

    memory = PlaceMemory(Log())
    assert len(memory.near(FIRE)) == 3


def test_a_drill_teaches_nothing() -> None:
    centre = Centre()
    centre.arrive(*(replace(s, is_exercise=True) for s in SEEN))
    decided(centre, Rejected(RejectReason.OTHER), SCENE_START)
    incident = centre.incidents()[0]
    assert incident.is_exercise
    assert was_fire(incident) is None
    assert PlaceMemory(centre.log).near(FIRE) == ()
    assert reader(centre).cases() == ()


def reader(centre: Centre, around: Circumstances | None = None) -> CaseReader:
    return CaseReader(centre.log, centre.book, SITES, around or Circumstances(), BEIJING)


def test_a_decision_becomes_a_case_as_it_was_known_then() -> None:
    centre = Centre()
    lasting = [growing(sighting, 40.0) for sighting in SEEN]
    centre.arrive(*lasting)
    decided(centre, Rejected(RejectReason.FARM_BURNING), SCENE_START + timedelta(minutes=10))
    (case,) = reader(centre).cases()
    strengths = dict(zip(TERMS, case.strengths, strict=True))
    assert (case.was_fire, case.verdict) == (False, "rejected:farm_burning")
    assert case.place == "26.94 112.55"
    assert case.day == SCENE_START.astimezone(BEIJING).date()
    # Seen for almost ten minutes at that moment (7 by the ladder), in half of the frames; not for 40.
    assert strengths[Term.PERSISTENCE] == pytest.approx(0.5 * 420.0 / 660.0)
    assert strengths[Term.TOWERS] == pytest.approx(2.0 / 3.0)
    assert strengths[Term.GROWTH] == 0.0, "of eight looks two had been taken"


def test_what_was_seen_after_the_decision_teaches_nothing() -> None:
    centre = Centre()
    centre.arrive(*SEEN)
    decided(centre, Confirmed(), SCENE_START + timedelta(seconds=15))
    (case,) = reader(centre).cases()
    strengths = dict(zip(TERMS, case.strengths, strict=True))
    assert strengths[Term.TOWERS] == strengths[Term.GEOMETRY] == 0.0, "two towers came later, and with them the place"
    assert case.place.startswith("tower-a ")
    decided(centre, Confirmed(), SCENE_START + timedelta(minutes=5))
    (again,) = reader(centre).cases()
    assert dict(zip(TERMS, again.strengths, strict=True))[Term.TOWERS] > 0.0


def test_a_case_without_frames_before_its_decision_is_none_and_an_open_incident_neither() -> None:
    centre = Centre()
    centre.arrive(*SEEN)
    assert reader(centre).cases() == ()
    decided(centre, Confirmed(), SCENE_START - timedelta(minutes=5))
    assert reader(centre).cases() == ()


def test_a_tower_on_no_map_has_a_case_by_its_name() -> None:
    centre = Centre()
    centre.arrive(replace(SEEN[0], tower_id=TowerId("nowhere")))
    decided(centre, Confirmed(), SCENE_START + timedelta(hours=1))
    (case,) = reader(centre).cases()
    assert case.place == "nowhere"


def test_a_sighting_as_of_an_instant_keeps_a_look() -> None:
    grown = growing(SEEN[0], 30.0)
    cut = as_of(grown, grown.first_seen_at + timedelta(minutes=10))
    assert cut is not None
    assert len(cut.looks) == 3
    assert cut.observed_at == grown.first_seen_at + timedelta(minutes=10)
    late = replace(grown, looks=grown.looks[5:])
    kept = as_of(late, grown.first_seen_at)
    assert kept is not None
    assert len(kept.looks) == 1
    assert as_of(grown, grown.first_seen_at - timedelta(seconds=1)) is None


def test_the_facts_of_an_incident_are_those_of_its_latest_belief() -> None:
    log, at = MemoryIncidentLog(), SCENE_START.astimezone(UTC)
    centre = Centre(log=log)
    centre.arrive(SEEN[0])
    incident: Incident = centre.incidents()[0]
    assert incident.belief_facts[0] == BeliefFact("persistence", "minutes", 0.0)
    again = fold([logged.event for logged in log.events_of(incident.incident_id)])
    assert again == incident
    assert incident.opened_at == at + timedelta(seconds=10)
