"""The store keeps every sighting once, and the highest revision wins in any order."""

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

from firewatch.adapters.store import open_store
from firewatch.domain.ids import IncidentId
from firewatch.domain.incident import Opened, SightingJoined
from firewatch.errors import IllegalTransition
from firewatch.services.intake import Intake
from firewatch.services.ports import EvidenceArrived, SightingArrived
from firewatch.testing.builders import a_message_id, a_sighting, an_event, an_evidence
from firewatch.testing.clocks import SCENE_START
from firewatch.wire import codec

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from datetime import datetime

    from firewatch.adapters.store import Store
    from firewatch.domain.vision import Sighting


def arrived(sighting: Sighting, at: datetime = SCENE_START, message: int | None = None) -> SightingArrived:
    number = int.from_bytes(sighting.sighting_id[-4:].encode(), "big") * 1000 + sighting.revision
    return SightingArrived(a_message_id(message or number), sighting, at)


def test_a_stored_sighting_reads_back_equal(any_store: Store) -> None:
    sighting = a_sighting(1, revision=3)
    any_store.intake_writer.write([arrived(sighting)])
    (stored,) = any_store.sighting_book.sightings([sighting.sighting_id])
    assert stored.sighting == sighting
    assert stored.received_at == SCENE_START
    assert stored.incident_id is None


def test_an_older_revision_that_comes_late_changes_nothing_for_readers(any_store: Store) -> None:
    late = SCENE_START + timedelta(minutes=5)
    any_store.intake_writer.write([arrived(a_sighting(1, revision=2))])
    mark = any_store.sighting_book.last_mark()
    any_store.intake_writer.write([arrived(a_sighting(1, revision=1), late)])
    (stored,) = any_store.sighting_book.sightings([a_sighting(1).sighting_id])
    assert (stored.sighting.revision, stored.received_at) == (2, SCENE_START)
    assert any_store.sighting_book.changed_after(mark, 10) == ()


def test_a_later_revision_is_told_again_with_a_later_mark(any_store: Store) -> None:
    any_store.intake_writer.write([arrived(a_sighting(1)), arrived(a_sighting(2))])
    mark = any_store.sighting_book.last_mark()
    any_store.intake_writer.write([arrived(a_sighting(1, revision=2), SCENE_START + timedelta(minutes=1))])
    (changed,) = any_store.sighting_book.changed_after(mark, 10)
    assert (changed.sighting.revision, changed.mark > mark, changed.received_at) == (2, True, SCENE_START)


def test_sightings_of_a_period_come_in_the_order_of_first_sight(any_store: Store) -> None:
    times = [SCENE_START + timedelta(minutes=minutes) for minutes in (7, 3, 5, 8)]
    made = [a_sighting(number, first_seen_at=at) for number, at in enumerate(times, start=1)]
    any_store.intake_writer.write([arrived(sighting) for sighting in made])
    since, until = (SCENE_START + timedelta(minutes=minutes) for minutes in (4, 7))
    found = any_store.sighting_book.observed_between(since, until)
    assert [item.sighting for item in found] == [made[2], made[0]]


def test_a_sighting_names_the_incident_that_it_belongs_to(any_store: Store) -> None:
    sighting = a_sighting(1)
    any_store.intake_writer.write([arrived(sighting)])
    event = an_event(1, Opened(sighting.sighting_id, sighting.tower_id))
    any_store.incident_log.append([event])
    (stored,) = any_store.sighting_book.sightings([sighting.sighting_id])
    assert stored.incident_id == IncidentId(event.incident_id)


def test_the_same_message_again_is_stored_once_and_not_quarantined(any_store: Store) -> None:
    item = arrived(a_sighting(1))
    any_store.intake_writer.write([item, item])
    any_store.intake_writer.write([item])
    assert any_store.sighting_book.last_mark() == 1
    assert any_store.quarantine_book.quarantined(10) == (0, ())


def test_the_same_sighting_under_another_message_id_is_no_conflict(any_store: Store) -> None:
    any_store.intake_writer.write([arrived(a_sighting(1), message=1), arrived(a_sighting(1), message=2)])
    any_store.intake_writer.write([arrived(a_sighting(1), message=3)])
    assert any_store.sighting_book.last_mark() == 1
    assert any_store.quarantine_book.quarantined(10) == (0, ())


def test_two_different_sightings_under_one_id_are_both_kept(any_store: Store) -> None:
    first, second = a_sighting(1, tower="tower-a"), a_sighting(1, tower="tower-b")
    any_store.intake_writer.write([arrived(first, message=1), arrived(second, message=2)])
    any_store.intake_writer.write([arrived(a_sighting(1, tower="tower-c"), message=3)])
    (stored,) = any_store.sighting_book.sightings([first.sighting_id])
    count, held = any_store.quarantine_book.quarantined(10)
    assert stored.sighting == first
    assert count == 2
    assert {item.topic.split("/")[3] for item in held} == {"tower-b", "tower-c"}


def test_a_conflicting_sighting_stays_in_quarantine_when_that_is_read_again(any_store: Store) -> None:
    first, second = a_sighting(1, tower="tower-a"), a_sighting(1, tower="tower-b")
    any_store.intake_writer.write([arrived(first, message=1), arrived(second, message=2)])
    Intake(any_store.intake_writer, any_store.evidence_files, any_store.quarantine_book).retry_quarantine()
    (held,) = any_store.quarantine_book.held_after("", 10)
    assert codec.decode_sighting(held.message.payload).value == second


ARRIVALS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 6)), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None)
@given(ARRIVALS, st.randoms(use_true_random=False))
def test_arrival_order_and_duplicates_never_change_the_winner(
    keys: list[tuple[int, int]], shuffler: random.Random
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/store.sqlite", Path(folder))
        try:
            pending = [arrived(a_sighting(number, revision=revision)) for number, revision in keys]
            while pending:
                size = shuffler.randint(1, len(pending))
                store.intake_writer.write(pending[:size])
                pending = pending[size:]
            found = store.sighting_book.changed_after(0, 100)
            marks = [item.mark for item in found]
            winners = {item.sighting.sighting_id: item.sighting for item in found}
            assert len(marks) == len(winners)
            assert marks == sorted(set(marks))
            assert store.sighting_book.last_mark() == len(set(keys))
            for number in {number for number, _ in keys}:
                highest = max(revision for other, revision in keys if other == number)
                assert winners[a_sighting(number).sighting_id] == a_sighting(number, revision=highest)
        finally:
            store.close()


def test_a_reader_that_follows_the_marks_misses_nothing_while_two_writers_write(
    open_again: Callable[[], Store],
) -> None:
    stores = [open_again(), open_again(), open_again()]
    writing = [threading.Thread(target=_write_many, args=(stores[place], place)) for place in (0, 1)]
    for thread in writing:
        thread.start()
    seen: list[int] = []
    mark = 0
    while True:
        finished = not any(thread.is_alive() for thread in writing)
        for item in stores[2].sighting_book.changed_after(mark, 7):
            mark = item.mark
            seen.append(mark)
        if finished and mark == stores[2].sighting_book.last_mark():
            break
    for thread in writing:
        thread.join(timeout=30)
    assert seen == list(range(1, 241))


def _write_many(store: Store, writer: int) -> None:
    for batch in range(40):
        first = 1 + writer * 1000 + batch * 3
        store.intake_writer.write([arrived(a_sighting(number), message=number) for number in range(first, first + 3)])


def test_the_mark_of_an_exercise_is_kept_with_sighting_incident_and_picture(any_store: Store) -> None:
    drilled, real = replace(a_sighting(1), is_exercise=True), a_sighting(2)
    pictures = [replace(an_evidence(1, sighting=drilled), is_exercise=True), an_evidence(2, sighting=real)]
    any_store.intake_writer.write(
        [
            arrived(drilled),
            arrived(real),
            *(EvidenceArrived(a_message_id(70 + n), p, SCENE_START) for n, p in enumerate(pictures)),
        ]
    )
    stored = any_store.sighting_book.sightings([drilled.sighting_id, real.sighting_id])
    assert {each.sighting.sighting_id: each.sighting.is_exercise for each in stored} == {
        drilled.sighting_id: True,
        real.sighting_id: False,
    }
    records = any_store.evidence_index.records([drilled.sighting_id, real.sighting_id])
    assert {each.sighting_id: each.is_exercise for each in records} == {
        drilled.sighting_id: True,
        real.sighting_id: False,
    }
    opened = an_event(1, Opened(drilled.sighting_id, drilled.tower_id, is_exercise=True))
    any_store.incident_log.append([opened])
    incident = any_store.incident_log.incident(opened.incident_id)
    assert incident is not None
    assert incident.is_exercise
    with pytest.raises(IllegalTransition, match="other kind"):
        any_store.incident_log.append([an_event(2, SightingJoined(real.sighting_id, real.tower_id))])
