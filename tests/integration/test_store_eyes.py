"""The record of open eyes is added up in the store as in memory, whatever the order, and old hours go."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from seen_boxes import NORTH, SOUTH, looking, tower

from firewatch.services.eyes_record import eyes_hours
from firewatch.testing import SCENE_START, MemoryArrivals

if TYPE_CHECKING:
    from firewatch.adapters.store import Store

HOUR = timedelta(hours=1)
B, C = tower("b", SOUTH), tower("c", NORTH)


def test_minutes_are_added_whatever_comes_first_and_twice(store: Store) -> None:
    vitals = [*looking(B, 80), *looking(C, 3, blind="dark"), *looking(C, 8)]
    expected = MemoryArrivals()
    expected.write(vitals)
    for start in (60, 0, 120):
        store.intake_writer.write(vitals[start : start + 60])
    store.intake_writer.write(vitals[150:])
    store.intake_writer.write(vitals[::-7])
    record = store.eyes_record
    since, until = SCENE_START - 3 * HOUR, SCENE_START + 3 * HOUR
    assert record.hours_between(since, until) == expected.hours_between(since, until)
    assert set(record.hours_between(since, until)) == set(eyes_hours(vitals))
    in_between = (SCENE_START - timedelta(minutes=4), SCENE_START - timedelta(minutes=3))
    assert record.hours_between(*in_between) == expected.hours_between(*in_between)
    assert 0 < len(record.hours_between(*in_between)) < len(record.hours_between(since, until))


def test_old_hours_go_bit_by_bit_and_the_newest_stay(store: Store) -> None:
    record, day = store.eyes_record, timedelta(days=1)
    assert record.drop_older(day, SCENE_START, 10) == 0
    store.intake_writer.write([*looking(B, 70), *looking(B, 3, from_minute=-3000)])
    # A clock that went wrong drops nothing that is not old beside the newest.
    assert record.drop_older(day, SCENE_START + 999 * day, 1) == 1
    assert record.drop_older(day, SCENE_START + 999 * day, 1) == 0
    assert {one.hour for one in record.hours_between(SCENE_START - 99 * day, SCENE_START + day)} == {
        hour.hour for hour in eyes_hours(looking(B, 70))
    }
