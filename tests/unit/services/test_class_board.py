"""Other scales beside the grade: the published limits, and the station's own record where it is long enough."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from danger_example import ExampleDanger

from firewatch.adapters.class_tables import load_class_table
from firewatch.danger.index_classes import DangerIndex
from firewatch.danger.percentiles import PercentileScheme
from firewatch.domain.ids import StationId
from firewatch.services.class_board import ClassPages
from firewatch.testing import FrozenClock, MemoryRatingBook

if TYPE_CHECKING:
    from firewatch.domain.danger import DangerRating

EFFIS, LOCAL, PORTUGAL = (load_class_table(name) for name in ("effis", "local_percentiles", "angstroem"))
HENGSHAN = StationId("hengshan")
TODAY = date(2026, 4, 4)
YEARS = 12


def a_rating(day: date = TODAY, fwi: float = 20.0, *, is_estimated: bool = False) -> DangerRating:
    rating = ExampleDanger(FrozenClock()).ratings.rating(HENGSHAN, TODAY)
    assert rating is not None
    indices = replace(rating.indices, fwi=fwi)
    return replace(rating, weather_day=day, indices=indices, is_estimated=is_estimated)


def record(book: MemoryRatingBook, years: int = YEARS, *, is_estimated: bool = False) -> None:
    """Put whole years up to the last into a book: each year's FWI runs evenly from 0.0 to 36.4."""
    first = a_rating(is_estimated=is_estimated)
    day = date(2026 - years, 1, 1)
    while day.year < 2026:
        indices = replace(first.indices, fwi=(day.timetuple().tm_yday - 1) / 10.0)
        book.put([replace(first, weather_day=day, indices=indices)])
        day += timedelta(days=1)


@pytest.mark.parametrize(("fwi", "key"), [(5.19, "very-low"), (5.2, "low"), (21.3, "high"), (50.0, "extreme")])
def test_the_class_is_that_of_the_published_limits(fwi: float, key: str) -> None:
    book = MemoryRatingBook()
    (found,) = ClassPages(book, book, [EFFIS]).classes(a_rating(fwi=fwi))
    assert (found.danger_class.key, found.value, found.limits.index) == (key, fwi, DangerIndex.FWI)


def test_tables_without_limits_of_the_fwi_are_left_out() -> None:
    book = MemoryRatingBook()
    assert isinstance(LOCAL, PercentileScheme)
    other = replace(LOCAL, index=DangerIndex.DC)
    assert ClassPages(book, book, [PORTUGAL, other]).classes(a_rating()) == ()


def test_a_long_record_ranks_the_day_and_parts_its_own_classes() -> None:
    book = MemoryRatingBook()
    record(book)
    pages = ClassPages(book, book, [EFFIS, LOCAL])
    rank = pages.rank(a_rating(fwi=30.0))
    assert (rank.seasons, rank.needed, rank.first_year, rank.last_year) == (YEARS, 10, 2014, 2025)
    assert rank.rank_pct == pytest.approx(100 * 301 / 365, abs=0.2)
    assert [one.danger_class.key for one in pages.classes(a_rating(fwi=30.0))] == ["high", "p75"]
    assert pages.rank(a_rating(fwi=99.0)).rank_pct == 100.0


def test_a_short_record_gives_no_rank_and_no_class() -> None:
    book = MemoryRatingBook()
    record(book, 9)
    pages = ClassPages(book, book, [LOCAL])
    rank = pages.rank(a_rating())
    assert (rank.rank_pct, rank.seasons) == (None, 9)
    assert pages.classes(a_rating()) == ()


def test_estimated_days_are_no_record() -> None:
    book = MemoryRatingBook()
    record(book, is_estimated=True)
    assert ClassPages(book, book, []).rank(a_rating()).seasons == 0


def test_the_record_is_read_again_only_when_ratings_changed() -> None:
    class Counted(MemoryRatingBook):
        reads = 0

        def between(self, station_id: StationId, first_day: date, last_day: date) -> tuple[DangerRating, ...]:
            self.reads += 1
            return super().between(station_id, first_day, last_day)

    book = Counted()
    record(book, 1)
    pages = ClassPages(book, book, [LOCAL])
    for _ in range(3):
        pages.rank(a_rating())
        pages.classes(a_rating())
    assert book.reads == 1
    book.put([a_rating()])
    assert pages.rank(a_rating()).seasons == 1
    assert book.reads == 2
