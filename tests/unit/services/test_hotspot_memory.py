"""What satellites saw near a smoke reaches its belief; what is known to be no fire adds exactly nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hotspot_example import KNOWN, WORKS, kept_hotspot

from firewatch.domain.geo import ErrorEllipse, Fix
from firewatch.domain.hotspot import HeatSource, Verdict, VerdictReason
from firewatch.domain.sites import Name
from firewatch.geodesy import direct
from firewatch.services.believing import Circumstances, Seen, believed
from firewatch.services.hotspot_memory import HotspotMemory
from firewatch.testing import SCENE_START, MemoryHotspotBook
from firewatch.testing.builders import a_sighting, a_ulid

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SPOT = kept_hotspot(SCENE_START - HOUR / 2, direct(KNOWN, 60.0, 300.0))


class CountedBook(MemoryHotspotBook):
    """Counts how often its hotspots are read."""

    reads = 0

    def between(self, *period: object) -> tuple[object, ...]:  # type: ignore[override]
        self.reads += 1
        return super().between(*period)  # type: ignore[arg-type]


def hotspot_part(memory: HotspotMemory | None) -> float:
    seen = Seen([a_sighting(1)], [], Fix(KNOWN, ErrorEllipse(200.0, 80.0, 30.0)), None)
    return dict(believed(seen, Circumstances(heat=memory)).parts)["hotspots"]


def verdict(number: int, reason: VerdictReason, at: timedelta = HOUR) -> Verdict:
    return Verdict(a_ulid("verdict", number), (SPOT.hotspot_id,), reason, SCENE_START + at, "wang-fang")


def test_a_hotspot_near_in_space_and_time_raises_the_belief() -> None:
    book = MemoryHotspotBook()
    memory = HotspotMemory(book)
    assert hotspot_part(memory) == hotspot_part(None) == 0.0
    # It comes a while after the smoke was seen: the next look finds it.
    book.put([SPOT])
    assert 0.3 < hotspot_part(memory) < 2.0


@pytest.mark.parametrize(
    ("far_m", "ago"), [(9_000.0, HOUR), (300.0, 4 * HOUR), (300.0, -4 * HOUR)], ids=["place", "before", "after"]
)
def test_what_is_far_in_space_or_time_is_not_given(far_m: float, ago: timedelta) -> None:
    book = MemoryHotspotBook()
    book.put([kept_hotspot(SCENE_START - ago, direct(KNOWN, 0.0, far_m))])
    assert hotspot_part(HotspotMemory(book)) == 0.0


def test_only_those_of_the_period_and_the_reach_are_given_oldest_first() -> None:
    book = MemoryHotspotBook()
    east = direct(KNOWN, 90.0, 2_000.0)
    book.put([SPOT, kept_hotspot(SCENE_START - HOUR, east), kept_hotspot(SCENE_START - 3 * HOUR, KNOWN)])
    memory = HotspotMemory(book)
    assert [spot.position for spot in memory.near(KNOWN, 2_500.0, SCENE_START - HOUR, SCENE_START)] == [
        east,
        SPOT.hotspot.position,
    ]
    assert memory.near(KNOWN, 1_500.0, SCENE_START - HOUR, SCENE_START) == (SPOT.hotspot,)
    assert memory.near(WORKS, 2_500.0, SCENE_START - HOUR, SCENE_START) == ()


def test_a_place_that_is_known_to_be_warm_says_nothing_of_a_smoke() -> None:
    book = MemoryHotspotBook()
    book.put([SPOT])
    works = HeatSource(Name("水泥厂", "Cement works"), SPOT.hotspot.position, 400.0)
    assert hotspot_part(HotspotMemory(book, [works])) == 0.0
    elsewhere = HeatSource(Name("水泥厂", "Cement works"), WORKS, 400.0)
    assert hotspot_part(HotspotMemory(book, [elsewhere])) > 0.3


def test_what_people_closed_as_no_wildfire_adds_nothing_until_it_is_taken_back() -> None:
    book = MemoryHotspotBook()
    book.put([SPOT])
    memory = HotspotMemory(book)
    before = hotspot_part(memory)
    book.say(verdict(1, VerdictReason.FARM_BURNING))
    assert hotspot_part(memory) == 0.0
    book.undo(a_ulid("verdict", 1), SCENE_START + 2 * HOUR, "wang-fang")
    assert hotspot_part(memory) == before
    # Of two the later holds; a fire that is known is one.
    book.say(verdict(2, VerdictReason.INDUSTRIAL, 2 * HOUR))
    book.say(verdict(3, VerdictReason.FIRE_KNOWN, 3 * HOUR))
    assert hotspot_part(memory) == before


def test_the_book_is_read_once_for_a_day_and_again_when_it_changes() -> None:
    book = CountedBook()
    book.put([SPOT])
    memory = HotspotMemory(book)
    for minutes in range(0, 600, 10):
        at = SCENE_START + timedelta(minutes=minutes)
        memory.near(KNOWN, 5_000.0, at - 6 * HOUR, at)
    assert book.reads == 1
    # An older incident is asked about besides: both periods are known from then on.
    old = kept_hotspot(SCENE_START - 9 * DAY, KNOWN)
    book.put([old])
    for _ in range(3):
        assert memory.near(KNOWN, 5_000.0, SCENE_START - 9 * DAY - HOUR, SCENE_START - 9 * DAY) == (old.hotspot,)
        assert memory.near(KNOWN, 5_000.0, SCENE_START - HOUR, SCENE_START) == (SPOT.hotspot,)
    assert book.reads == 3
