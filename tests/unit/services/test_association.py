"""The incidents that sightings add up to do not depend on how the sightings arrived."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from associating import FIRE, OTHER_FIRE, Centre, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.domain.geo import Position
from firewatch.domain.ids import TowerId
from firewatch.domain.incident import Confirmed, IncidentState, Opened, Rejected, RejectReason, SightingLeft
from firewatch.domain.vision import SightingPhase
from firewatch.errors import IllegalTransition, StoreError
from firewatch.services.chains import chained
from firewatch.services.ports import SightingArrived
from firewatch.testing import (
    SCENE_START,
    MemoryArrivals,
    MemoryCursors,
    MemoryIncidentLog,
    a_message_id,
    a_rating,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from firewatch.domain.ids import IncidentId
    from firewatch.domain.incident import Incident, IncidentEvent
    from firewatch.domain.vision import Sighting
    from firewatch.services.ports import LoggedEvent

DAY = [
    *(seen(1, "tower-a", FIRE, 0, revision=r) for r in (1, 2, 3)),
    *(seen(2, "tower-b", FIRE, 30, revision=r) for r in (1, 2)),
    *(seen(3, "tower-c", FIRE, 60, revision=r) for r in (1, 2)),
    *(seen(4, "tower-a", OTHER_FIRE, 300, revision=r) for r in (1, 2)),
    seen(5, "tower-b", OTHER_FIRE, 320),
    replace(seen(6, "tower-c", OTHER_FIRE, 400, revision=3), phase=SightingPhase.ENDED),
    seen(7, "tower-a", FIRE, 4 * 3600),
    seen(8, "tower-b", FIRE, 2000),
    replace(seen(9, "tower-a", FIRE, 100), tower_id=TowerId("on-no-map")),
]


def _in_one_go() -> set[tuple[object, ...]]:
    centre = Centre()
    centre.ratings.put([a_rating(at=SCENE_START)])
    centre.arrive(*DAY)
    return centre.picture()


EXPECTED = _in_one_go()


def test_the_day_has_its_fires() -> None:
    sizes = sorted(len(one[0]) for one in EXPECTED)  # type: ignore[arg-type]
    assert sizes == [1, 1, 3, 4]


@settings(max_examples=60)
@given(order=st.permutations(DAY), cuts=st.lists(st.integers(0, len(DAY)), max_size=6), restart=st.booleans())
def test_any_order_and_batches_end_in_the_same_incidents(
    order: Sequence[Sighting], cuts: list[int], *, restart: bool
) -> None:
    centre = Centre()
    centre.ratings.put([a_rating(at=SCENE_START)])
    edges = [0, *sorted(cuts), len(order)]
    for start, end in pairwise(edges):
        centre.arrive(*order[start:end], *order[start : start + 1])
        if restart:
            centre.start()
    assert centre.picture() == EXPECTED


def test_a_repeated_step_plans_nothing() -> None:
    centre = Centre()
    centre.arrive(*DAY)
    before = centre.log.last_seq()
    centre.cursors = MemoryCursors()
    centre.start()
    centre.arrive()
    assert centre.log.last_seq() == before


def test_a_sighting_moves_out_of_a_ghost_and_leaves_it() -> None:
    centre = Centre()
    centre.arrive(seen(1, "tower-a", FIRE), seen(2, "tower-b", FIRE, 5))
    (incident,) = centre.incidents()
    # Another fire on a's line, which b sees at the same time and c confirms: b's first ray was of something else.
    for number, tower in ((3, "tower-b"), (4, "tower-c")):
        centre.arrive(seen(number, tower, Position(26.92, 112.525), 10))
    members = [{sighting for sighting, _ in one.members} for one in centre.incidents()]
    assert sum(len(one) for one in members) == 4
    assert len(set().union(*members)) == 4
    assert any(isinstance(change, SightingLeft) for change in centre.changes())
    assert centre.log.incident(incident.incident_id) is not None


def test_two_suspected_incidents_merge_into_the_earlier() -> None:
    centre = Centre()
    centre.arrive(seen(1, "tower-a", FIRE))
    first = centre.incidents()[0].incident_id
    centre.arrive(seen(2, "tower-b", OTHER_FIRE, 3 * 3600))
    assert len(centre.incidents()) == 2
    centre.arrive(seen(3, "tower-b", FIRE, 60))
    centre.arrive(seen(4, "tower-c", FIRE, 90))
    by_id = {one.incident_id: one for one in centre.incidents()}
    assert len(by_id) == 2
    assert len(by_id[first].members) == 3


def test_an_unlocated_sighting_that_came_first_goes_on_when_a_crossing_joins_both() -> None:
    centre = Centre()
    # Two towers that each saw the smoke alone, hours before and after: a third one's long sighting links them.
    centre.arrive(seen(1, "tower-a", FIRE))
    centre.arrive(seen(2, "tower-b", FIRE, 3000))
    assert len(centre.incidents()) == 2
    bridge = replace(seen(3, "tower-c", FIRE, 600), observed_at=SCENE_START + timedelta(seconds=2400))
    centre.arrive(bridge)
    (incident,) = centre.incidents()
    assert len(incident.members) == 3
    merged = [one for one in centre.log.incidents(open_only=False, limit=9) if one.state is IncidentState.MERGED]
    assert [one.merged_into for one in merged] == [incident.incident_id]


def test_a_confirmed_incident_keeps_its_members_and_takes_the_suspected_ones() -> None:
    centre = Centre()
    centre.arrive(seen(1, "tower-a", FIRE))
    centre.arrive(seen(2, "tower-b", FIRE, 3000))
    later = next(one for one in centre.incidents() if one.towers == ("tower-b",))
    centre.decide(later, Confirmed())
    bridge = replace(seen(3, "tower-c", FIRE, 600), observed_at=SCENE_START + timedelta(seconds=2400))
    centre.arrive(bridge)
    confirmed = centre.log.incident(later.incident_id)
    assert confirmed is not None
    assert confirmed.state is IncidentState.CONFIRMED
    assert ("tower-b" in confirmed.towers, len(confirmed.members) >= 1) == (True, True)
    assert sum(len(one.members) for one in centre.incidents()) == 3


def test_a_rejected_incident_swallows_no_new_smoke() -> None:
    centre = Centre()
    centre.arrive(seen(1, "tower-a", FIRE))
    (first,) = centre.incidents()
    centre.decide(first, Rejected(RejectReason.FOG_CLOUD))
    centre.arrive(seen(2, "tower-b", FIRE, 30))
    states = sorted((str(one.state), len(one.members)) for one in centre.incidents())
    assert states == [("FALSE_ALARM", 1), ("SUSPECTED", 1)]


def test_the_smoke_of_an_unknown_tower_opens_an_incident() -> None:
    centre = Centre()
    centre.arrive(replace(seen(1, "tower-a", FIRE), tower_id=TowerId("new-tower")))
    (incident,) = centre.incidents()
    assert incident.fix is None
    assert incident.rating is None
    assert incident.probability is not None


def test_a_new_rating_reaches_an_open_incident() -> None:
    centre = Centre()
    centre.arrive(seen(1, "tower-a", FIRE))
    (before,) = centre.incidents()
    assert before.rating is None
    centre.ratings.put([a_rating(at=SCENE_START)])
    centre.associator.watch([before.incident_id])
    centre.associator.refresh()
    (after,) = centre.incidents()
    assert after.rating == a_rating(at=SCENE_START)
    last = centre.log.last_seq()
    centre.associator.watch([before.incident_id])
    centre.associator.refresh()
    assert centre.log.last_seq() == last


class _RacingLog(MemoryIncidentLog):
    """Lets somebody else be quicker, or fails, the next times that something is opened."""

    def __init__(self, errors: list[Exception]) -> None:
        super().__init__()
        self.errors = errors

    def append(self, events: Sequence[IncidentEvent]) -> tuple[LoggedEvent, ...]:
        if self.errors and any(isinstance(event.change, Opened) for event in events):
            raise self.errors.pop()
        return super().append(events)


def _impossible() -> Exception:
    return IllegalTransition("incident", "MERGED", "merging", "nothing")


def test_a_race_with_a_decision_is_tried_again() -> None:
    centre = Centre(log=_RacingLog([_impossible()]))
    centre.store([seen(1, "tower-a", FIRE)])
    assert centre.associator.step() == 0
    assert centre.associator.step() == 1
    assert len(centre.incidents()) == 1


@pytest.mark.parametrize("error", [_impossible, lambda: ZeroDivisionError("poison")])
def test_what_stays_impossible_opens_alone_and_blocks_nothing(
    error: Callable[[], Exception], caplog: pytest.LogCaptureFixture
) -> None:
    centre = Centre(log=_RacingLog([error() for _ in range(5)]))
    centre.store([seen(1, "tower-a", FIRE), seen(2, "tower-b", FIRE, 20)])
    for _ in range(5):
        try:
            assert centre.associator.step() == 0
        except ZeroDivisionError:
            continue
    assert centre.associator.step() == 2
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == ["association.given_up"] * 2
    # The next news puts right what was opened apart.
    centre.arrive(seen(3, "tower-c", FIRE, 40))
    (incident,) = centre.incidents()
    assert len(incident.members) == 3


def test_a_store_out_of_order_is_waited_for() -> None:
    centre = Centre(log=_RacingLog([StoreError("locked") for _ in range(20)]))
    centre.store([seen(1, "tower-a", FIRE), seen(2, "tower-b", FIRE, 20)])
    for _ in range(20):
        with pytest.raises(StoreError):
            centre.associator.step()
    assert centre.associator.step() == 2
    (incident,) = centre.incidents()
    assert len(incident.members) == 2


def test_what_the_store_can_never_do_holds_up_only_its_own_chain_for_a_while() -> None:
    centre = Centre()
    centre.arrive(seen(1, "tower-a", FIRE))
    real, (damaged,) = centre.log.incident, centre.incidents()

    def incident(incident_id: IncidentId) -> Incident | None:
        if incident_id == damaged.incident_id:
            raise StoreError("a stored Incident cannot be read")
        return real(incident_id)

    centre.log.incident = incident  # type: ignore[method-assign]
    centre.store([seen(2, "tower-b", FIRE, 20), seen(3, "tower-c", OTHER_FIRE, 5 * 3600)])
    taken = []
    for _ in range(60):
        with suppress(StoreError):
            taken.append(centre.associator.step())
    assert sum(taken) == 2
    assert len(centre.incidents()) == 3


def test_one_incident_that_cannot_be_refreshed_delays_no_other() -> None:
    centre = Centre()
    centre.arrive(seen(1, "tower-a", FIRE), seen(2, "tower-b", OTHER_FIRE, 4 * 3600))
    centre.ratings.put([a_rating(at=SCENE_START), a_rating(at=SCENE_START + timedelta(days=1))])
    ids = sorted(one.incident_id for one in centre.incidents())
    broken, whole = ids[0], ids[1]
    real = centre.log.incident

    def incident(incident_id: IncidentId) -> Incident | None:
        if incident_id == broken:
            raise ZeroDivisionError
        return real(incident_id)

    centre.log.incident = incident  # type: ignore[method-assign]
    centre.associator.watch(ids)
    with pytest.raises(ZeroDivisionError):
        centre.associator.refresh()
    centre.associator.refresh()
    found = real(whole)
    assert found is not None
    assert found.rating is not None


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 60)), min_size=1, max_size=12))
def test_chains_hold_all_that_is_near_in_time(spans: list[tuple[int, int]]) -> None:
    sightings = [
        replace(seen(n, "tower-a", FIRE, 60 * start), observed_at=SCENE_START + timedelta(minutes=start + length))
        for n, (start, length) in enumerate(spans)
    ]
    book = MemoryArrivals()
    book.write([SightingArrived(a_message_id(n), s, SCENE_START) for n, s in enumerate(sightings)])
    everything = book.observed_between(SCENE_START, SCENE_START + timedelta(days=1))
    gap = timedelta(minutes=45)
    for wanted in sightings:
        (piece,) = chained(everything, {wanted.sighting_id}, gap)
        inside = {stored.sighting.sighting_id for stored in piece}
        assert wanted.sighting_id in inside
        for one in sightings:
            for other in sightings:
                near = one.first_seen_at - other.observed_at <= gap and other.first_seen_at - one.observed_at <= gap
                if near:
                    assert (one.sighting_id in inside) == (other.sighting_id in inside)
