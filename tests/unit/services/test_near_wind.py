"""The wind that smoke leans with, and what it does to bearings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from seen_boxes import SOUTH, WEST, metres, seen, sites, tower, with_box
from spread_example import example_hour

from firewatch.domain.geo import difference_deg
from firewatch.domain.ids import StationId
from firewatch.domain.sight import PlumeWind
from firewatch.domain.vision import Box
from firewatch.services.locating import Locator
from firewatch.services.near_wind import NearWinds, PlumeWinds
from firewatch.services.sight_lines import place
from firewatch.testing import SCENE_START, ExampleBoard, MemoryArrivals, MemoryHourBook

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

    from firewatch.domain.geo import Position
    from firewatch.domain.vision import Sighting

NOW = SCENE_START + timedelta(hours=2)
A, B = tower("a", WEST), tower("b", SOUTH)
SITES = ExampleBoard(NOW).sites
(HENGSHAN,) = (one for one in SITES.stations if one.station_id == "hengshan")


def winds(*hours: object) -> tuple[PlumeWinds, MemoryHourBook]:
    book = MemoryHourBook()
    book.put(hours)  # type: ignore[arg-type]
    return PlumeWinds(NearWinds(SITES, book, MemoryArrivals())), book


def test_the_wind_of_the_nearest_station_is_told() -> None:
    found, _ = winds(example_hour(NOW))
    assert found(HENGSHAN.position, NOW) == PlumeWind(225.0, example_hour(NOW).wind_kmh or 0.0)


def test_a_full_turn_is_the_north() -> None:
    found, _ = winds(replace(example_hour(NOW), wind_from_deg=360.0))
    wind = found(HENGSHAN.position, NOW)
    assert wind is not None
    assert wind.from_deg == 0.0


def test_no_wind_is_told_without_a_direction_or_from_far_away() -> None:
    assert winds(replace(example_hour(NOW), wind_from_deg=None))[0](HENGSHAN.position, NOW) is None
    far = replace(HENGSHAN.position, lat_deg=HENGSHAN.position.lat_deg + 0.4)
    assert winds(example_hour(NOW))[0](far, NOW) is None
    assert winds(replace(example_hour(NOW), station_id=StationId("nobody")))[0](HENGSHAN.position, NOW) is None


def test_a_wind_once_told_stays_for_its_ten_minutes_and_what_nobody_knew_is_asked_again() -> None:
    """The position of a fire must not jump because a reading came late."""
    found, book = winds()
    assert found(HENGSHAN.position, NOW) is None
    book.put([example_hour(NOW)])
    first = found(HENGSHAN.position, NOW)
    book.put([replace(example_hour(NOW), wind_from_deg=10.0)])
    assert found(HENGSHAN.position, NOW + timedelta(minutes=9)) == first
    later = found(HENGSHAN.position, NOW + timedelta(minutes=11))
    assert later is not None
    assert later.from_deg == 10.0


def test_only_so_many_winds_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firewatch.services.near_wind._REMEMBERED", 1)
    found, book = winds(example_hour(NOW))
    found(HENGSHAN.position, NOW)
    found(HENGSHAN.position, NOW + timedelta(minutes=20))
    book.put([replace(example_hour(NOW), wind_from_deg=10.0)])
    wind = found(HENGSHAN.position, NOW)
    assert wind is not None
    assert wind.from_deg == 10.0


def leaning(number: int, by: object) -> Sighting:
    """Return a smoke that a wind from the south blew to the north: its box reaches from the fire downwind."""
    sighting = seen(number, by)  # type: ignore[arg-type]
    box = sighting.looks[-1].box
    foot, base = box.centre_x, box.y1
    # From the west the north is to the left; from the south-west it is to the left too.
    return with_box(sighting, Box(foot - 90.0, base - 60.0, foot + 10.0, base))


def from_the_south(_place: Position, _at: datetime) -> PlumeWind:
    return PlumeWind(180.0, 15.0)


def test_the_wind_moves_the_position_to_where_the_smoke_rises() -> None:
    smokes = [leaning(1, A), leaning(2, B)]
    # Nodes send the bearing of the middle.
    sent = [replace(one, bearing=_middle(one)) for one in smokes]
    calm, windy = (Locator(sites(A, B), wind_of=wind).fix(sent) for wind in (lambda _p, _a: None, from_the_south))
    assert calm is not None
    assert windy is not None
    assert metres(windy.position) < 0.4 * metres(calm.position)


def _middle(sighting: Sighting) -> object:
    by = A if sighting.tower_id == A.tower_id else B
    box, stamp = sighting.looks[-1].box, sighting.looks[-1].stamp
    return by.cameras[0].poses[0].calibration.bearing_of(box.centre_x, box.y1, stamp.width_px, stamp.height_px)


def test_smoke_that_is_painted_for_a_drill_leans_as_it_was_painted() -> None:
    drill = replace(leaning(1, A), is_exercise=True)
    placed = place(drill, sites(A), from_the_south)
    assert placed is not None
    assert placed.bearing == drill.bearing


def test_a_node_that_looked_by_another_calibration_knows_better() -> None:
    other = replace(leaning(1, A), calibration_id="of-the-node")
    placed = place(other, sites(A), from_the_south)
    assert placed is not None
    assert difference_deg(placed.bearing.azimuth_deg, other.bearing.azimuth_deg) == 0.0
