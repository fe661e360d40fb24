"""What a person says of sightings is kept, obeyed, survives what comes later, and can be taken back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from associating import FIRE, OTHER_FIRE, Centre, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.domain.ids import IncidentId, TowerId
from firewatch.domain.incident import (
    Confirmed,
    IncidentState,
    Matched,
    MatchUndone,
    Rejected,
    RejectReason,
    SightingLeft,
    Unmatched,
)
from firewatch.domain.roster import Actor
from firewatch.errors import InvalidValue, MatchRefused
from firewatch.services.matching import Matching, standing_rulings
from firewatch.testing import SCENE_START, MemoryCursors, Ulids, an_incident_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.ids import SightingId
    from firewatch.domain.incident import Incident
    from firewatch.domain.vision import Sighting

OFFICER = Actor("li", "Li Wei")


@dataclass(slots=True)
class Desk:
    """A centre with somebody who knows better."""

    centre: Centre = field(default_factory=Centre)
    matching: Matching = field(init=False)

    def __post_init__(self) -> None:
        self.matching = Matching(self.centre.log, self.centre.clock, Ulids(77).make)

    def match(self, one: Incident, other: Incident, reason: str = "one plume") -> None:
        self.matching.match(one.incident_id, other.incident_id, reason, OFFICER, SCENE_START)
        self.centre.arrive()

    def unmatch(self, incident: Incident, sighting_id: SightingId, reason: str = "the brickworks") -> None:
        self.matching.unmatch(incident.incident_id, sighting_id, reason, OFFICER, SCENE_START)
        self.centre.arrive()

    def undo(self, incident_id: IncidentId, ruling_id: str) -> None:
        self.matching.undo(incident_id, ruling_id, "wrong one", OFFICER, SCENE_START)
        self.centre.arrive()

    def said(self) -> Matched | Unmatched:
        return next(c for c in reversed(self.centre.changes()) if isinstance(c, Matched | Unmatched))

    def of(self, sighting: Sighting) -> Incident:
        return next(
            one for one in self.centre.incidents() if sighting.sighting_id in {member for member, _ in one.members}
        )

    def sizes(self) -> list[int]:
        return sorted(len(one.members) for one in self.centre.incidents() if one.members)


# Two towers that look past each other, hours apart: no bearing says that they see one fire.
EARLY, LATE = seen(1, "tower-a", FIRE), seen(2, "tower-b", OTHER_FIRE, 5 * 3600)
THREE = [seen(n, tower, FIRE, 20 * n) for n, tower in enumerate(("tower-a", "tower-b", "tower-c"), start=1)]


def test_two_incidents_become_one_by_a_persons_word_and_two_again_when_it_is_taken_back() -> None:
    desk = Desk()
    desk.centre.arrive(EARLY, LATE)
    first, second = desk.of(EARLY), desk.of(LATE)
    desk.match(second, first)
    assert desk.sizes() == [2]
    assert desk.of(LATE).incident_id == first.incident_id
    for incident in (first, second):
        said = [logged.event for logged in desk.centre.log.events_of(incident.incident_id)]
        (event,) = [event for event in said if isinstance(event.change, Matched)]
        assert isinstance(event.change, Matched)
        assert (event.actor, event.change.reason) == (OFFICER, "one plume")
        assert set(event.change.sighting_ids) == {EARLY.sighting_id, LATE.sighting_id}
    desk.undo(first.incident_id, desk.said().ruling_id)
    assert desk.sizes() == [1, 1]
    assert desk.of(EARLY).incident_id == first.incident_id
    before = desk.centre.log.last_seq()
    desk.undo(first.incident_id, desk.said().ruling_id)
    assert desk.centre.log.last_seq() == before


def test_the_word_survives_restarts_new_revisions_and_other_towers() -> None:
    desk = Desk()
    desk.centre.arrive(EARLY, LATE)
    desk.match(desk.of(EARLY), desk.of(LATE))
    desk.centre.start()
    desk.centre.arrive(seen(1, "tower-a", FIRE, revision=3), seen(3, "tower-c", FIRE, 60))
    assert desk.of(EARLY).incident_id == desk.of(LATE).incident_id
    assert desk.sizes() == [3]


def test_a_sighting_said_not_to_be_of_the_fire_leaves_and_stays_out() -> None:
    desk = Desk()
    desk.centre.arrive(*THREE)
    (fire,) = desk.centre.incidents()
    desk.unmatch(fire, THREE[0].sighting_id)
    assert desk.sizes() == [1, 2]
    assert desk.of(THREE[1]).incident_id == fire.incident_id, "the incident goes on without its earliest sighting"
    desk.centre.start()
    desk.centre.arrive(*(seen(n, t, FIRE, 20 * n, revision=2) for n, t in enumerate(("tower-a", "tower-b"), start=1)))
    assert desk.sizes() == [1, 2]
    desk.undo(fire.incident_id, desk.said().ruling_id)
    assert desk.sizes() == [3]


def test_a_sighting_leaves_a_confirmed_fire_too_and_comes_back() -> None:
    desk = Desk()
    desk.centre.arrive(*THREE)
    (fire,) = desk.centre.incidents()
    desk.centre.decide(fire, Confirmed())
    desk.unmatch(fire, THREE[2].sighting_id)
    assert desk.sizes() == [1, 2]
    assert any(isinstance(change, SightingLeft) for change in desk.centre.changes())
    desk.undo(fire.incident_id, desk.said().ruling_id)
    assert desk.sizes() == [3]
    assert desk.of(THREE[2]).state is IncidentState.CONFIRMED


def test_a_suspected_incident_goes_into_a_confirmed_one_and_that_is_not_undone_at_a_stroke() -> None:
    desk = Desk()
    desk.centre.arrive(EARLY, LATE)
    late = desk.of(LATE)
    desk.centre.decide(late, Confirmed())
    desk.match(desk.of(EARLY), late)
    assert desk.of(EARLY).incident_id == late.incident_id
    with pytest.raises(MatchRefused, match="take out single sightings") as refused:
        desk.undo(late.incident_id, desk.said().ruling_id)
    assert refused.value.reason == "merged"
    desk.unmatch(late, EARLY.sighting_id)
    assert desk.sizes() == [1, 1]


def test_of_two_words_the_later_holds() -> None:
    desk = Desk()
    desk.centre.arrive(*THREE)
    (fire,) = desk.centre.incidents()
    desk.unmatch(fire, THREE[0].sighting_id)
    desk.match(desk.of(THREE[0]), desk.of(THREE[1]))
    assert desk.sizes() == [3]
    desk.unmatch(desk.of(THREE[0]), THREE[2].sighting_id)
    assert desk.sizes() == [1, 2]


def test_a_tower_on_no_map_is_matched_by_word_alone() -> None:
    desk = Desk()
    lost = [replace(seen(n, "tower-a", FIRE, 60 * n), tower_id=TowerId("on-no-map")) for n in (5, 6)]
    desk.centre.arrive(*THREE, *lost)
    assert desk.sizes() == [1, 1, 3]
    desk.match(desk.of(THREE[0]), desk.of(lost[0]))
    assert desk.sizes() == [1, 4]
    desk.match(desk.of(lost[1]), desk.of(lost[0]))
    assert desk.sizes() == [5]


def test_saying_the_same_again_writes_nothing() -> None:
    desk = Desk()
    desk.centre.arrive(*THREE, seen(4, "tower-a", OTHER_FIRE, 5 * 3600))
    fire = desk.of(THREE[0])
    other = next(one for one in desk.centre.incidents() if one != fire)
    for _ in range(2):
        desk.matching.unmatch(fire.incident_id, THREE[2].sighting_id, "dust", OFFICER, SCENE_START)
        desk.matching.match(fire.incident_id, other.incident_id, "one plume", OFFICER, SCENE_START)
    said = [change for change in desk.centre.changes() if isinstance(change, Matched | Unmatched)]
    assert [type(change) for change in said] == [Unmatched, Matched, Matched]
    assert standing_rulings(desk.centre.changes()) == {said[0].ruling_id, said[1].ruling_id}


def test_what_cannot_be_is_refused_with_what_to_do() -> None:
    desk = Desk()
    drill = replace(seen(7, "tower-c", OTHER_FIRE, 9 * 3600), is_exercise=True)
    closed = seen(8, "tower-c", FIRE, 20 * 3600)
    desk.centre.arrive(EARLY, LATE, drill, closed)
    early, late, exercise = desk.of(EARLY), desk.of(LATE), desk.of(drill)
    rejected = desk.of(closed)
    desk.centre.decide(rejected, Rejected(RejectReason.DUST))
    unknown = replace(early, incident_id=an_incident_id(99))

    def reason(one: Incident, other: Incident) -> str:
        with pytest.raises(MatchRefused) as refused:
            desk.match(one, other)
        return refused.value.reason

    assert reason(early, early) == "same"
    assert reason(early, exercise) == "kind"
    assert reason(early, rejected) == "closed"
    assert reason(unknown, early) == "unknown"
    desk.centre.decide(early, Confirmed())
    desk.centre.decide(late, Confirmed())
    assert reason(early, late) == "decided"
    for sighting_id, expected in ((EARLY.sighting_id, "alone"), (LATE.sighting_id, "member")):
        with pytest.raises(MatchRefused) as refused:
            desk.unmatch(early, sighting_id)
        assert refused.value.reason == expected
    with pytest.raises(MatchRefused) as refused:
        desk.undo(early.incident_id, early.incident_id)
    assert refused.value.reason == "ruling"
    assert not [c for c in desk.centre.changes() if isinstance(c, Matched | Unmatched | MatchUndone)]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_a_reason_must_say_something(reason: str) -> None:
    desk = Desk()
    desk.centre.arrive(EARLY, LATE)
    with pytest.raises(InvalidValue, match="reason"):
        desk.match(desk.of(EARLY), desk.of(LATE), reason)


def test_a_word_on_sightings_that_the_store_forgot_is_done_with() -> None:
    desk = Desk()
    desk.centre.arrive(EARLY, LATE)
    desk.matching.match(desk.of(EARLY).incident_id, desk.of(LATE).incident_id, "one plume", OFFICER, SCENE_START)
    desk.centre.book = Centre().book
    desk.centre.start()
    assert desk.centre.associator.step() == 1
    assert desk.centre.associator.step() == 0


def test_two_fires_at_one_time_are_told_by_their_possible_places_and_one_word_settles_them() -> None:
    """Neither pairing of the four bearings is likelier: nobody is sent to a ghost."""
    desk = Desk()
    four = [seen(1, "tower-a", FIRE), seen(2, "tower-b", FIRE), seen(3, "tower-a", OTHER_FIRE)]
    four.append(seen(4, "tower-b", OTHER_FIRE))
    desk.centre.arrive(*four)
    incidents = desk.centre.incidents()
    assert [one.fix for one in incidents] == [None, None]
    assert all("several places" in one.why_not and one.possible_places for one in incidents)
    # What a new rating has looked at again stays as it is, after a restart too.
    desk.centre.start()
    desk.centre.associator.watch([one.incident_id for one in incidents])
    before = desk.centre.log.last_seq()
    desk.centre.associator.refresh()
    assert desk.centre.log.last_seq() == before
    # A third tower tells.
    desk.centre.arrive(seen(5, "tower-c", FIRE, 30), seen(6, "tower-c", OTHER_FIRE, 30))
    assert all(one.fix is not None for one in desk.centre.incidents())


days = st.lists(
    st.tuples(
        st.sampled_from(["tower-a", "tower-b", "tower-c"]), st.sampled_from([FIRE, OTHER_FIRE]), st.integers(0, 200)
    ),
    min_size=3,
    max_size=6,
)


@settings(max_examples=40)
@given(data=st.data(), day=days)
def test_the_order_of_arrival_changes_nothing_of_what_a_word_led_to(
    data: st.DataObject, day: Sequence[tuple[str, object, int]]
) -> None:
    """The word is said of the first two sightings; the others come before or after it, twice, in any order."""
    sightings = [seen(n, tower, where, 60.0 * minute) for n, (tower, where, minute) in enumerate(day)]  # type: ignore[arg-type]
    are_together = data.draw(st.booleans())
    order = data.draw(st.permutations([*sightings[2:], *sightings[2:]]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(order)), min_size=1, max_size=3)))

    def picture(batches: Sequence[Sequence[Sighting]]) -> set[tuple[object, ...]]:
        centre = Centre()
        centre.arrive(*sightings[:2])
        one, other = (sighting.sighting_id for sighting in sightings[:2])
        homes = {member: incident for incident in centre.incidents() for member, _ in incident.members}
        ruling = IncidentId(Ulids(3).make(SCENE_START))
        said = (
            Matched(ruling, (one, other), (homes[one].incident_id, homes[other].incident_id), "one plume")
            if are_together
            else Unmatched(ruling, one, (other,), "two plumes")
        )
        centre.decide(homes[one], said)
        for batch in batches:
            centre.arrive(*batch)
        return centre.picture()

    cut_up = [order[start:end] for start, end in pairwise([0, *cuts, len(order)])]
    assert picture(cut_up) == picture([sightings[2:]])


def test_a_repeated_step_plans_nothing_after_words_were_said() -> None:
    desk = Desk()
    desk.centre.arrive(*THREE, LATE)
    desk.unmatch(desk.of(THREE[0]), THREE[0].sighting_id)
    before = desk.centre.log.last_seq()
    desk.centre.cursors = MemoryCursors()
    desk.centre.start()
    desk.centre.arrive()
    assert desk.centre.log.last_seq() == before
