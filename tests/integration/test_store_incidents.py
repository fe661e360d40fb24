"""The log of events and the states it adds up to."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from firewatch.adapters.store import open_store
from firewatch.adapters.store.schema import incident_states, memberships
from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.ids import PersonId, TowerId
from firewatch.domain.incident import (
    Accepted,
    AlertRaised,
    BeliefChanged,
    Change,
    Confirmed,
    IncidentState,
    Located,
    Matched,
    MatchUndone,
    Merged,
    Opened,
    PossiblePlace,
    Rated,
    Rejected,
    RejectReason,
    Reopened,
    SightingEnded,
    SightingJoined,
    SightingLeft,
    Unmatched,
    admit,
    fold,
)
from firewatch.domain.roster import Actor
from firewatch.errors import IllegalTransition
from firewatch.testing.builders import a_rating, a_sighting, a_ulid, an_event, an_incident_id
from firewatch.testing.clocks import SCENE_START

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.adapters.store import Store
    from firewatch.domain.ids import SightingId

A_FIX = Fix(Position(26.9, 112.6, 310.0), ErrorEllipse(220.0, 80.0, 35.0))
OFFICER = Actor("wang-fang", "Wang Fang")


def sighting_id(number: int) -> SightingId:
    return a_sighting(number).sighting_id


def opened(number: int) -> Opened:
    return Opened(sighting_id(number), a_sighting(number).tower_id)


def joined(number: int, tower: str = "tower-b") -> SightingJoined:
    return SightingJoined(sighting_id(number), a_sighting(number, tower=tower).tower_id)


def assert_folds(any_store: Store) -> None:
    # The fake has no stored states that could differ.
    if hasattr(any_store, "database"):
        assert any_store.incident_log.recheck() == ()


def members_in_store(store: Store, *numbers: int) -> dict[int, str | None]:
    from firewatch.services.ports import SightingArrived
    from firewatch.testing.builders import a_message_id

    store.intake_writer.write(
        [SightingArrived(a_message_id(number), a_sighting(number), SCENE_START) for number in numbers]
    )
    found = {item.sighting.sighting_id: item.incident_id for item in store.sighting_book.changed_after(0, 100)}
    return {number: found[sighting_id(number)] for number in numbers}


def test_every_kind_of_change_reads_back_equal(any_store: Store) -> None:
    changes: list[Change] = [
        opened(1),
        joined(2),
        SightingLeft(sighting_id(2)),
        SightingEnded(sighting_id(1)),
        Located(A_FIX),
        Located(None, "one bearing only"),
        BeliefChanged(0.87, (("camera", 1.2), ("danger", -0.3))),
        Rated(a_rating(), 8120.5),
        Rated(None),
        AlertRaised("01KNB7M9R0000000000000000A", "first"),
        Accepted(PersonId("li-wei")),
        Rejected(RejectReason.FOG_CLOUD, "valley fog, 谷雾"),
        Reopened(),
        Located(None, "several places possible", (PossiblePlace(A_FIX, (TowerId("tower-a"),), 0.5),)),
        Matched(a_ulid("ruling", 1), (sighting_id(1), sighting_id(3)), (an_incident_id(), an_incident_id(2)), "一股烟"),
        Unmatched(a_ulid("ruling", 2), sighting_id(1), (sighting_id(3),), "brickworks"),
        MatchUndone(a_ulid("ruling", 2), "wrong one"),
        Merged(an_incident_id(2)),
    ]
    events = [
        an_event(number, change, at=SCENE_START + timedelta(microseconds=number), actor=OFFICER)
        for number, change in enumerate(changes, start=1)
    ]
    events += [an_event(90, opened(3), incident=2), an_event(91, Confirmed(), incident=2)]
    logged = any_store.incident_log.append(events)
    assert [item.seq for item in logged] == list(range(1, len(events) + 1))
    assert [item.event for item in any_store.incident_log.events_after(0, 100)] == events
    assert any_store.incident_log.events_of(an_incident_id()) == logged[:-2]
    assert any_store.incident_log.incident(an_incident_id()) == fold(events[:-2])
    assert_folds(any_store)


def test_what_people_said_of_sightings_is_found_among_all_events(any_store: Store) -> None:
    said = Matched(a_ulid("ruling", 1), (sighting_id(1), sighting_id(2)), (an_incident_id(), an_incident_id(2)), "x")
    undone = MatchUndone(a_ulid("ruling", 1), "y")
    events = [an_event(1, opened(1)), an_event(2, opened(2), incident=2)]
    events += [an_event(3, said), an_event(4, said, incident=2), an_event(5, Confirmed()), an_event(6, undone)]
    log = any_store.incident_log
    log.append(events)
    assert [item.seq for item in log.rulings_after(0)] == [3, 4, 6]
    assert [item.event for item in log.rulings_after(4)] == [events[5]]
    assert log.rulings_after(6) == ()
    with pytest.raises(IllegalTransition, match="matching"):
        log.append([an_event(7, Merged(an_incident_id()), incident=2), an_event(8, said, incident=2)])


def test_an_event_appended_again_is_skipped(any_store: Store) -> None:
    first, second = an_event(1, opened(1)), an_event(2, Confirmed())
    any_store.incident_log.append([first, first])
    assert [item.event for item in any_store.incident_log.append([first, second])] == [second]
    assert any_store.incident_log.last_seq() == 2
    assert any_store.incident_log.append([]) == ()


def test_an_impossible_change_appends_nothing_of_its_batch(any_store: Store) -> None:
    any_store.incident_log.append([an_event(1, opened(1))])
    with pytest.raises(IllegalTransition):
        any_store.incident_log.append([an_event(2, Confirmed()), an_event(3, Rejected(RejectReason.DUST))])
    assert any_store.incident_log.last_seq() == 1
    incident = any_store.incident_log.incident(an_incident_id())
    assert incident is not None
    assert incident.state is IncidentState.SUSPECTED


def test_incidents_come_latest_opened_first_and_closed_ones_can_be_left_out(any_store: Store) -> None:
    for number, minutes in ((1, 0), (2, 20), (3, 10)):
        at = SCENE_START + timedelta(minutes=minutes)
        any_store.incident_log.append([an_event(number, opened(number), incident=number, at=at)])
    any_store.incident_log.append([an_event(4, Rejected(RejectReason.DUST), incident=3, at=SCENE_START)])
    every = [incident.incident_id for incident in any_store.incident_log.incidents(open_only=False, limit=10)]
    still_open = [incident.incident_id for incident in any_store.incident_log.incidents(open_only=True, limit=10)]
    assert every == [an_incident_id(2), an_incident_id(3), an_incident_id(1)]
    assert still_open == [an_incident_id(2), an_incident_id(1)]
    assert len(any_store.incident_log.incidents(open_only=False, limit=1)) == 1


def test_a_late_sighting_of_an_earlier_smoke_makes_its_incident_older_in_the_queue_too(any_store: Store) -> None:
    at = SCENE_START + timedelta(minutes=1)
    any_store.incident_log.append([an_event(1, opened(1), incident=1, at=at)])
    any_store.incident_log.append([an_event(2, opened(2), incident=2, at=SCENE_START)])
    any_store.incident_log.append([an_event(3, joined(3), incident=1, at=SCENE_START - timedelta(minutes=1))])
    order = [incident.incident_id for incident in any_store.incident_log.incidents(open_only=True, limit=10)]
    assert order == [an_incident_id(2), an_incident_id(1)]


def test_a_sighting_moves_with_its_events_in_either_order(any_store: Store) -> None:
    log = any_store.incident_log
    log.append([an_event(1, opened(1), incident=1), an_event(2, opened(2), incident=2)])
    log.append([an_event(3, joined(3), incident=1), an_event(4, joined(4), incident=1)])
    log.append([an_event(5, SightingLeft(sighting_id(3)), incident=1), an_event(6, joined(3), incident=2)])
    log.append([an_event(7, joined(4), incident=2), an_event(8, SightingLeft(sighting_id(4)), incident=1)])
    home = members_in_store(any_store, 1, 2, 3, 4)
    assert home == {1: an_incident_id(1), 2: an_incident_id(2), 3: an_incident_id(2), 4: an_incident_id(2)}
    assert_folds(any_store)


def test_a_sighting_never_belongs_to_two_incidents(any_store: Store) -> None:
    log = any_store.incident_log
    log.append([an_event(1, opened(1), incident=1), an_event(2, opened(2), incident=2)])
    for again in (opened(1), joined(1)):
        with pytest.raises(IllegalTransition, match=r"a member of .* and "):
            log.append([an_event(3, again, incident=2 if again == joined(1) else 3)])
    with pytest.raises(IllegalTransition):
        log.append([an_event(4, opened(5), incident=4), an_event(5, joined(5), incident=2)])
    log.append([an_event(6, Merged(an_incident_id(1)), incident=2), an_event(7, joined(2), incident=1)])
    log.append([an_event(8, joined(2), incident=1)])
    incident = log.incident(an_incident_id(1))
    assert incident is not None
    assert {member for member, _ in incident.members} == {sighting_id(1), sighting_id(2)}
    assert_folds(any_store)


def test_no_new_sighting_joins_a_closed_incident_in_silence(any_store: Store) -> None:
    log = any_store.incident_log
    log.append([an_event(1, opened(1), incident=1), an_event(2, Rejected(RejectReason.DUST), incident=1)])
    with pytest.raises(IllegalTransition, match="FALSE_ALARM"):
        log.append([an_event(3, joined(2), incident=1)])
    # What is known of its own members may still be corrected.
    log.append([an_event(4, joined(1), incident=1, at=SCENE_START - timedelta(minutes=1))])
    log.append([an_event(5, Reopened(), incident=1), an_event(6, joined(2), incident=1)])
    assert_folds(any_store)


def test_a_merged_incident_keeps_no_sighting_and_names_where_it_went(any_store: Store) -> None:
    log = any_store.incident_log
    log.append([an_event(1, opened(1), incident=1), an_event(2, opened(2), incident=2)])
    log.append([an_event(3, joined(2), incident=1), an_event(4, Merged(an_incident_id(1)), incident=2)])
    assert members_in_store(any_store, 1, 2) == {1: an_incident_id(1), 2: an_incident_id(1)}
    assert [incident.incident_id for incident in log.incidents(open_only=True, limit=9)] == [an_incident_id(1)]
    assert_folds(any_store)


def test_the_latest_seq_of_each_incident_is_known(any_store: Store) -> None:
    any_store.incident_log.append([an_event(1, opened(1), incident=1), an_event(2, opened(2), incident=2)])
    any_store.incident_log.append([an_event(3, Confirmed(), incident=1)])
    unknown = an_incident_id(9)
    seqs = any_store.incident_log.last_seqs([an_incident_id(1), an_incident_id(2), unknown])
    assert seqs == {an_incident_id(1): 3, an_incident_id(2): 2}


def test_recheck_finds_a_state_or_a_membership_that_was_changed_by_hand(store: Store) -> None:
    log = store.incident_log
    for number in (1, 2, 3):
        log.append([an_event(number, opened(number), incident=number)])
    right = log.incident(an_incident_id(1))
    assert right is not None
    from firewatch.adapters.store.value_codec import to_json

    wrong = replace(right, probability=0.5)
    with store.database.writing() as connection:
        this = incident_states.c.incident_id == an_incident_id(1)
        connection.execute(update(incident_states).where(this).values(body=to_json(wrong)))
        connection.execute(delete(memberships).where(memberships.c.incident_id == an_incident_id(2)))
    found = {item.incident_id: item for item in log.recheck()}
    assert set(found) == {an_incident_id(1), an_incident_id(2)}
    assert (found[an_incident_id(1)].stored, found[an_incident_id(1)].folded) == (wrong, right)
    assert found[an_incident_id(2)].stored_members == frozenset()


def test_events_are_numbered_in_the_order_of_their_commits(open_again: Callable[[], Store]) -> None:
    first, second, reader = open_again(), open_again(), open_again()
    writers = [threading.Thread(target=_append_many, args=(log, place)) for place, log in enumerate((first, second))]
    for thread in writers:
        thread.start()
    seen: list[int] = []
    while True:
        finished = not any(thread.is_alive() for thread in writers)
        seen += [item.seq for item in reader.incident_log.events_after(seen[-1] if seen else 0, 5)]
        if finished and len(seen) == reader.incident_log.last_seq():
            break
    for thread in writers:
        thread.join(timeout=30)
    assert seen == list(range(1, 101))
    assert reader.incident_log.recheck() == ()


def _append_many(store: Store, writer: int) -> None:
    base = 1000 * (writer + 1)
    store.incident_log.append([an_event(base, opened(base), incident=base)])
    for number in range(base + 1, base + 50):
        store.incident_log.append([an_event(number, joined(number), incident=base)])


ONE_CHANGE = st.one_of(
    st.integers(1, 9).map(joined),
    st.integers(1, 9).map(lambda number: SightingLeft(sighting_id(number))),
    st.integers(1, 9).map(lambda number: SightingEnded(sighting_id(number))),
    st.sampled_from([Located(A_FIX), Located(None, "parallel"), Rated(None), Rated(a_rating(), 10.0)]),
    st.floats(0.0, 1.0).map(lambda p: BeliefChanged(p, (("camera", p),))),
    st.sampled_from([Accepted(PersonId("li-wei")), Confirmed(), Rejected(RejectReason.GLARE), Reopened()]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(ONE_CHANGE, st.integers(0, 86_400_000_000)), max_size=25))
def test_the_state_in_the_store_is_the_fold_in_memory(steps: list[tuple[Change, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/store.sqlite", Path(folder))
        try:
            kept = [an_event(0, opened(0))]
            store.incident_log.append(kept)
            for number, (change, at_us) in enumerate(steps, start=1):
                event = an_event(number, change, at=SCENE_START + timedelta(microseconds=at_us))
                try:
                    admit(fold(kept), event)
                except IllegalTransition:
                    with pytest.raises(IllegalTransition):
                        store.incident_log.append([event])
                    continue
                store.incident_log.append([event])
                kept.append(event)
            assert store.incident_log.incident(an_incident_id()) == fold(kept)
            assert store.incident_log.recheck() == ()
        finally:
            store.close()
