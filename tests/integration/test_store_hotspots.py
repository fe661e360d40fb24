"""Hotspots and verdicts in both databases: each once, marked, dropped when old."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.geo import Position
from firewatch.domain.hotspot import Hotspot, HotspotConfidence, KeptHotspot, Verdict, VerdictReason
from firewatch.domain.ids import StationId
from firewatch.domain.weather import HourlyReading
from firewatch.testing import SCENE_START, Ulids

if TYPE_CHECKING:
    from firewatch.adapters.store import Store

HOUR = timedelta(hours=1)


def kept(hours: float, lat_deg: float = 26.9, satellite: str = "N20") -> KeptHotspot:
    hotspot = Hotspot(
        Position(lat_deg, 112.612345),
        SCENE_START + hours * HOUR,
        satellite,
        HotspotConfidence.NOMINAL,
        0.15,
        4.2,
        330.1,
        "n",
    )
    return KeptHotspot(hotspot, "firms", SCENE_START + 5 * HOUR)


def test_a_hotspot_told_twice_is_kept_once_and_as_it_came(store: Store) -> None:
    book = store.hotspot_book
    bare = KeptHotspot(Hotspot(Position(27.1, 112.0), SCENE_START, "Himawari-9"), "himawari", SCENE_START)
    assert (book.put([kept(1.0), bare]), book.changes()) == (2, 1)
    again = replace(kept(1.0), source="firms-2", received_at=SCENE_START + 9 * HOUR)
    assert (book.put([again, kept(1.0, satellite="N21"), again]), book.changes()) == (1, 2)
    assert (book.put([again]), book.put([]), book.changes()) == (0, 0, 2)
    assert book.between(SCENE_START, SCENE_START + HOUR)[0] == bare
    assert {one.hotspot.satellite for one in book.between(SCENE_START, SCENE_START + HOUR)[1:]} == {"N20", "N21"}
    assert kept(1.0) in book.between(SCENE_START + HOUR, SCENE_START + HOUR)
    assert book.between(SCENE_START + 2 * HOUR, SCENE_START + 3 * HOUR) == ()


def test_a_verdict_is_kept_and_taken_back_once(store: Store) -> None:
    book, ids = store.hotspot_book, Ulids(3)
    one = Verdict(
        ids.make(SCENE_START), (kept(0.0).hotspot_id,), VerdictReason.FARM_BURNING, SCENE_START, "王力", "稻田"
    )
    two = replace(one, verdict_id=ids.make(SCENE_START), at=SCENE_START + HOUR, note="")
    book.say(one)
    book.say(two)
    assert book.verdicts(SCENE_START) == (one, two)
    assert book.verdicts(SCENE_START + HOUR) == (two,)
    at = SCENE_START + 2 * HOUR
    assert [book.undo(one.verdict_id, at, "李"), book.undo(one.verdict_id, at, "赵")] == [True, False]
    assert book.verdicts(SCENE_START)[0] == replace(one, undone_at=at, undone_by="李")
    assert book.changes() == 3


def test_old_hotspots_are_dropped_behind_the_newest_and_now(store: Store) -> None:
    book = store.hotspot_book
    assert book.drop_older(HOUR, SCENE_START, 10) == 0
    book.put([kept(float(hour)) for hour in range(6)])
    assert book.drop_older(2 * HOUR, SCENE_START + 1000 * HOUR, 2) == 2
    assert book.drop_older(2 * HOUR, SCENE_START + 1000 * HOUR, 10) == 1
    assert book.drop_older(2 * HOUR, SCENE_START + 1000 * HOUR, 10) == 0
    assert len(book.between(SCENE_START, SCENE_START + 9 * HOUR)) == 3


def test_where_the_wind_blows_from_comes_back(store: Store) -> None:
    reading = HourlyReading(StationId("hengyang"), SCENE_START, "nmc", wind_kmh=9.0, wind_from_deg=12.0)
    store.hour_book.put([reading])
    assert store.hour_book.hours(StationId("hengyang"), SCENE_START, SCENE_START) == (reading,)
