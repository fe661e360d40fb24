"""Where an incident may be, for whoever asks."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely
from shapely.geometry import shape

from firewatch.domain.geo import Bearing, Position
from firewatch.domain.ids import CameraId, TowerId
from firewatch.domain.sites import Name
from firewatch.domain.township import Township
from firewatch.services.locating import Locator
from firewatch.services.townships import Townships
from firewatch.services.whereabouts import whereabouts
from firewatch.testing import ExampleBoard
from firewatch.testing.clocks import SCENE_START

SMOKE = Position(27.12, 112.74)
AT = shapely.Point(SMOKE.lon_deg, SMOKE.lat_deg)


@pytest.fixture
def example() -> ExampleBoard:
    return ExampleBoard(SCENE_START)


def test_two_towers_have_a_region_around_the_smoke_and_one_a_wedge(example: ExampleBoard) -> None:
    card = example.board.card(example.incident(SMOKE, ("nanyue", "jiuguan"), 60))
    assert card is not None
    found = whereabouts(card.sightings, Locator(example.sites))
    assert found is not None
    region50, region90 = shape(found.region50), shape(found.region90)
    assert region90.contains(AT)
    assert region50.area < region90.area
    assert [doubt.tower_id for doubt in found.disagreements] == ["jiuguan", "nanyue"]
    assert all(doubt.probability < 0.05 for doubt in found.disagreements)
    assert sum(square.probability for square in found.squares) == pytest.approx(1.0, abs=0.1)
    alone = whereabouts(card.sightings[:1], Locator(example.sites))
    assert alone is not None
    assert shape(alone.region90).area > 5.0 * region90.area


def test_a_turned_mast_among_four_is_named(example: ExampleBoard) -> None:
    towers = ("nanyue", "jiuguan", "yumu", "qifeng")
    card = example.board.card(example.incident(SMOKE, towers, 60))
    assert card is not None
    sightings = list(card.sightings)
    azimuth_deg = (sightings[2].bearing.azimuth_deg + 9.0) % 360.0
    sightings[2] = replace(sightings[2], bearing=Bearing(azimuth_deg, sightings[2].bearing.sigma_deg))
    found = whereabouts(sightings, Locator(example.sites))
    assert found is not None
    told = max(found.disagreements, key=lambda doubt: doubt.probability)
    assert told.tower_id == sightings[2].tower_id
    assert told.probability > 0.9
    assert told.turn_deg == pytest.approx(9.0, abs=1.5)
    assert shape(found.region90).contains(AT)


def test_a_sighting_of_an_unknown_camera_is_left_out(example: ExampleBoard) -> None:
    card = example.board.card(example.incident(SMOKE, ("nanyue",), 60))
    assert card is not None
    (sighting,) = card.sightings
    assert whereabouts([replace(sighting, tower_id=TowerId("elsewhere"))], Locator(example.sites)) is None
    assert whereabouts([replace(sighting, camera_id=CameraId("elsewhere"))], Locator(example.sites)) is None


def test_a_region_names_the_townships_in_which_the_fire_may_lie(example: ExampleBoard) -> None:
    card = example.board.card(example.incident(SMOKE, ("nanyue", "jiuguan"), 60))
    assert card is not None

    def box(west: float, east: float) -> tuple[tuple[tuple[float, float], ...], ...]:
        return (((west, 27.0), (east, 27.0), (east, 27.3), (west, 27.3), (west, 27.0)),)

    known = Townships(
        [
            Township(Name("东", "East"), (box(SMOKE.lon_deg, 113.0),)),
            Township(Name("西", "West"), (box(112.5, SMOKE.lon_deg),)),
            Township(Name("远", "Far"), (box(114.0, 115.0), box(116.0, 117.0))),
        ]
    )
    found = whereabouts(card.sightings, Locator(example.sites), known)
    assert found is not None
    assert {one.name.en for one in found.townships} == {"East", "West"}
    assert sum(one.probability for one in found.townships) == pytest.approx(1.0, abs=0.01)
    assert found.townships[0].probability >= found.townships[1].probability
