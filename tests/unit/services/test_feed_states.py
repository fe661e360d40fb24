"""How the feeds are reaches the pages of another process, and a restart forgets nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from firewatch.services.feed_states import FeedPages, FeedReporter, FeedView
from firewatch.services.feeding import FeedState
from firewatch.testing import SCENE_START, MemoryFeedStateBook

WORKS = FeedState("open-meteo", SCENE_START, "", ("hengshan: no rain",))
FAILS = FeedState("nmc", None, "timed out after 20 s")
MINUTE = timedelta(minutes=1)


@dataclass
class Watched:
    """Fulfils `WatchedFeeds` by script."""

    states: tuple[FeedState, ...]
    script: tuple[tuple[FeedState, ...], ...] = ()

    def step(self) -> int:
        if not self.script:
            return 0
        self.states, *rest = self.script
        self.script = tuple(rest)
        return 1


class Counted(MemoryFeedStateBook):
    """Counts what is written."""

    puts = 0

    def put(self, states: list[FeedState]) -> None:  # type: ignore[override]
        self.puts += 1
        super().put(states)


def started() -> tuple[FeedState, ...]:
    return FeedState("open-meteo"), FeedState("nmc")


def test_a_state_is_told_when_it_changes_and_only_then() -> None:
    book = Counted()
    reporter = FeedReporter(Watched(started(), ((WORKS, FAILS), (WORKS, FAILS))), book)
    assert [reporter.step() for _ in range(4)] == [1, 1, 0, 0]
    assert book.states() == (FAILS, WORKS)
    assert book.puts == 1


def test_a_restart_keeps_the_last_success_until_there_is_another() -> None:
    book = MemoryFeedStateBook()
    book.put([WORKS, replace(FAILS, last_success_at=SCENE_START - 9 * MINUTE)])
    reporter = FeedReporter(Watched(started(), ((FeedState("open-meteo"), FAILS),)), book)
    assert book.states()[1] == WORKS
    reporter.step()
    assert book.states() == (replace(FAILS, last_success_at=SCENE_START - 9 * MINUTE), WORKS)


def test_a_feed_is_overdue_when_it_missed_two_looks() -> None:
    feed = FeedView("open-meteo", 1800.0, WORKS)
    assert not feed.is_overdue(SCENE_START + 65 * MINUTE)
    assert feed.is_overdue(SCENE_START + 65.1 * MINUTE)
    assert FeedView("nmc", 1800.0, FAILS).is_overdue(SCENE_START)
    assert FeedView("new", 1800.0, None).is_overdue(SCENE_START)


def test_pages_show_the_feeds_of_the_settings_in_their_order() -> None:
    book = MemoryFeedStateBook()
    book.put([WORKS, FeedState("gone", SCENE_START)])
    found = FeedPages([("nmc", 600.0), ("open-meteo", 1800.0)], book).feeds()
    assert found == (FeedView("nmc", 600.0, None), FeedView("open-meteo", 1800.0, WORKS))
    assert FeedPages([], book).feeds() == ()
