"""The order of arrival may change the log, never the incidents that it ends in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import TYPE_CHECKING

from associating import FIRE, OTHER_FIRE, Centre, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.domain.geo import Position
from firewatch.domain.incident import Opened, Rejected, RejectReason, SightingJoined, SightingLeft
from firewatch.domain.vision import SightingPhase
from firewatch.testing import SCENE_START, MemoryCursors, a_rating

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.incident import IncidentEvent
    from firewatch.domain.vision import Sighting
    from firewatch.services.ports import LoggedEvent, StoredSighting

# On the line of tower-a to FIRE: a third fire there draws sightings out of incidents that were made without it.
GHOST = Position(26.92, 112.525)
PLACES = (FIRE, OTHER_FIRE, GHOST)


@st.composite
def _revisions(draw: st.DrawFn, number: int) -> list[Sighting]:
    """Draw a sighting in some revisions; a later one may turn, end, go on, and say otherwise since when."""
    tower = draw(st.sampled_from(["tower-a", "tower-b", "tower-c", "tower-c", "on-no-map"]))
    place, after_min = draw(st.sampled_from(PLACES)), draw(st.integers(0, 300))
    revisions = []
    for revision in range(1, draw(st.integers(1, 3)) + 1):
        sighting = seen(number, "tower-a" if tower == "on-no-map" else tower, place, 60.0 * after_min)
        earlier = timedelta(minutes=draw(st.sampled_from([0, 0, 0, 3])))
        spans = timedelta(minutes=draw(st.sampled_from([0, 0, 5, 50, 120])))
        revisions.append(
            replace(
                sighting,
                tower_id=tower,
                revision=revision,
                first_seen_at=sighting.first_seen_at - earlier,
                observed_at=sighting.observed_at + spans,
                phase=draw(st.sampled_from(SightingPhase)),
                score=draw(st.sampled_from([0.4, 0.8])),
            )
        )
        place = draw(st.sampled_from([place, place, *PLACES]))
    return revisions


@st.composite
def _days(draw: st.DrawFn) -> list[Sighting]:
    many = draw(st.integers(2, 8))
    return [revision for number in range(many) for revision in draw(_revisions(number))]


def _arrived_in_one_go(day: Sequence[Sighting]) -> Centre:
    centre = Centre()
    centre.ratings.put([a_rating(at=SCENE_START)])
    centre.arrive(*day)
    return centre


@settings(max_examples=150)
@given(data=st.data(), day=_days())
def test_any_order_of_any_day_ends_in_the_same_incidents(data: st.DataObject, day: list[Sighting]) -> None:
    again = data.draw(st.lists(st.sampled_from(day), max_size=4))
    order = data.draw(st.permutations([*day, *again]))
    cuts = data.draw(st.lists(st.integers(0, len(order)), max_size=8))
    centre = Centre()
    centre.ratings.put([a_rating(at=SCENE_START)])
    for start, end in pairwise([0, *sorted(cuts), len(order)]):
        centre.arrive(*order[start:end])
    assert centre.picture() == _arrived_in_one_go(day).picture()


def _ghost() -> tuple[list[Sighting], list[Sighting]]:
    """Return two sightings that cross, and two that draw the first of them to another fire."""
    crossing = [seen(1, "tower-a", FIRE, 0), seen(2, "tower-b", FIRE, 600)]
    return crossing, [seen(3, "tower-b", GHOST, 5), seen(4, "tower-c", GHOST, 10)]


def test_an_incident_is_no_older_than_the_sightings_that_stay() -> None:
    crossing, drawing = _ghost()
    centre = Centre()
    centre.ratings.put([a_rating(at=SCENE_START)])
    centre.arrive(*crossing)
    centre.arrive(*drawing)
    assert any(isinstance(change, SightingLeft) for change in centre.changes())
    for one in centre.incidents():
        assert one.opened_at == one.first_seen_at[0]
    assert centre.picture() == _arrived_in_one_go([*crossing, *drawing]).picture()


def test_a_revision_that_goes_on_or_begins_otherwise_corrects_its_incident() -> None:
    ended = replace(seen(1, "tower-a", FIRE), phase=SightingPhase.ENDED)
    goes_on = replace(seen(1, "tower-a", FIRE, -60, revision=2), phase=SightingPhase.GROWING)
    centre = Centre()
    centre.arrive(ended)
    assert centre.incidents()[0].ended == {ended.sighting_id}
    centre.arrive(goes_on)
    (incident,) = centre.incidents()
    assert (incident.ended, incident.opened_at) == (frozenset(), goes_on.first_seen_at)
    before = len(centre.changes())
    centre.arrive(goes_on)
    assert len(centre.changes()) == before
    assert sum(isinstance(change, SightingJoined) for change in centre.changes()) == 1


def test_a_revision_that_holds_an_incident_together_no_longer_frees_its_members() -> None:
    bridge = replace(seen(1, "tower-a", FIRE), observed_at=SCENE_START + timedelta(minutes=80))
    far = seen(2, "tower-b", FIRE, 100 * 60)
    shorter = replace(seen(1, "tower-a", FIRE, revision=2), observed_at=SCENE_START)
    centre = Centre()
    centre.arrive(bridge, far)
    assert len(centre.incidents()) == 1
    centre.arrive(shorter)
    assert sorted(len(one.members) for one in centre.incidents()) == [1, 1]


def test_a_tower_whose_clock_was_set_in_the_middle_of_a_sight_holds_up_nobody() -> None:
    book_reads: list[timedelta] = []
    centre = Centre()
    real = centre.book.observed_between

    def observed_between(since: datetime, until: datetime) -> tuple[StoredSighting, ...]:
        book_reads.append(until - since)
        return real(since, until)

    centre.book.observed_between = observed_between  # type: ignore[method-assign]
    for number in range(3):
        centre.arrive(seen(number, "tower-a", FIRE, number * 7 * 24 * 3600))
    born = replace(seen(9, "tower-b", FIRE, 60), first_seen_at=datetime(1970, 1, 1, tzinfo=UTC))
    centre.arrive(born)
    assert max(book_reads) <= timedelta(days=3)
    assert sorted(one.members[0][0] for one in centre.incidents() if len(one.members) == 1) == sorted(
        sighting_id for one in centre.incidents() for sighting_id, _ in one.members
    )
    # The others still find each other, at both ends of the strange one.
    centre.arrive(seen(10, "tower-c", FIRE, 90))
    assert sorted(len(one.members) for one in centre.incidents()) == [1, 1, 1, 2]


def test_two_associators_at_once_open_one_incident_of_one_smoke() -> None:
    centre = Centre()
    other = Centre(seed=50, log=centre.log, cursors=MemoryCursors())
    other.book = centre.book
    other.start()
    real = centre.log.append

    def append(events: Sequence[IncidentEvent]) -> tuple[LoggedEvent, ...]:
        # The lease went over while this one was held up between its reading and its writing.
        centre.log.append = real  # type: ignore[method-assign]
        other.arrive()
        return real(events)

    centre.store([seen(1, "tower-a", FIRE), seen(2, "tower-b", FIRE, 20)])
    centre.log.append = append  # type: ignore[method-assign]
    assert centre.associator.step() == 0
    assert centre.associator.step() == 2
    assert [len(one.members) for one in centre.incidents()] == [2]
    assert sum(isinstance(change, Opened) for change in centre.changes()) == 1


def test_a_smoke_that_comes_while_its_incident_is_rejected_opens_its_own() -> None:
    centre = Centre()
    centre.arrive(seen(1, "tower-a", FIRE))
    (first,) = centre.incidents()
    real = centre.log.append

    def append(events: Sequence[IncidentEvent]) -> tuple[LoggedEvent, ...]:
        centre.log.append = real  # type: ignore[method-assign]
        centre.decide(first, Rejected(RejectReason.DUST))
        return real(events)

    centre.store([seen(2, "tower-b", FIRE, 20)])
    centre.log.append = append  # type: ignore[method-assign]
    assert centre.associator.step() == 0
    assert centre.associator.step() == 1
    states = sorted((str(one.state), len(one.members)) for one in centre.incidents())
    assert states == [("FALSE_ALARM", 1), ("SUSPECTED", 1)]


def test_a_sighting_that_was_elsewhere_in_time_leaves_its_neighbours_as_if_it_had_never_been_there() -> None:
    pair = [seen(1, "tower-a", FIRE), seen(2, "tower-b", FIRE)]
    for tower, place in product(("tower-a", "tower-b", "tower-c"), (OTHER_FIRE, GHOST)):
        third, elsewhere = seen(3, tower, place, 60), seen(3, tower, place, 6 * 3600, revision=2)
        centre = Centre()
        centre.ratings.put([a_rating(at=SCENE_START)])
        centre.arrive(*pair)
        centre.arrive(third)
        centre.arrive(elsewhere)
        assert centre.picture() == _arrived_in_one_go([*pair, third, elsewhere]).picture()
