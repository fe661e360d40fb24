"""What may burn at a fire: by the map of land cover where it knows the ground, else by the settings."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from spread_example import example_ground, example_hour

from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.land import LandClass
from firewatch.errors import TerrainError
from firewatch.services.ground_fuels import CoverFuels, GroundFuels
from firewatch.services.spreading import SpreadPages, WhyNoSpread
from firewatch.spread_settings import SpreadConfig
from firewatch.spread_wiring import cover_fuels, fuel_shares
from firewatch.testing import SCENE_START, ExampleBoard, LandCoverFake, MemoryArrivals, MemoryHourBook

if TYPE_CHECKING:
    from firewatch.domain.incident import Incident
    from firewatch.services.ports import LandCoverMap
    from firewatch.services.spreading import IncidentSpread

FIX = Fix(Position(27.1, 112.7), ErrorEllipse(200.0, 100.0, 0.0))
USUAL = fuel_shares(SpreadConfig())
TABLE = cover_fuels(SpreadConfig())
NOVEMBER, JUNE = datetime(2026, 11, 20, 14), datetime(2026, 6, 10, 14)  # noqa: DTZ001 - the local clock
NOW = SCENE_START + timedelta(hours=2)


def names(cover: LandCoverFake | None, local: datetime = NOVEMBER) -> dict[str, float]:
    found = GroundFuels(USUAL, cover, TABLE).around(FIX, local)
    return {one.fuel.name_en: round(one.share, 3) for one in found.fuels}


def test_without_a_map_or_a_place_the_settings_speak() -> None:
    usual = {one.fuel.name_en: one.share for one in USUAL}
    assert names(None) == names(LandCoverFake()) == usual
    nowhere = GroundFuels(USUAL, LandCoverFake(WATER=1.0), TABLE).around(None, NOVEMBER)
    assert (nowhere.fuels, nowhere.cover, nowhere.forest, nowhere.unburnt) == (USUAL, None, None, 0.0)
    nothing = GroundFuels((), LandCoverFake(WATER=1.0), TABLE).around(FIX, NOVEMBER)
    assert (nothing.fuels, nothing.unburnt) == ((), 0.0)
    assert names(LandCoverFake(known=0.3, WATER=1.0)) == usual, "a map that knows little of the ground does not speak"


def test_tree_cover_of_unknown_kind_burns_as_the_settings_say_and_the_rest_by_the_table() -> None:
    assert names(LandCoverFake(TREE_COVER=0.5, CROPLAND=0.3, WATER=0.2)) == {
        "stubble": 0.3,
        "Masson pine": 0.2,
        "water": 0.2,
        "Chinese fir": 0.15,
        "fern and shrub-grass": 0.15,
    }
    assert names(LandCoverFake(NEEDLELEAF=1.0)) == {"Masson pine": 0.6, "Chinese fir": 0.4}
    assert names(LandCoverFake(WATER=1.0)) == {"water": 1.0}
    ground = GroundFuels(USUAL, LandCoverFake(TREE_COVER=0.5, BUILT_UP=0.3, WATER=0.2), TABLE).around(FIX, NOVEMBER)
    assert ground.unburnt == pytest.approx(0.5)
    assert ground.forest == 0.5


def test_the_ground_is_asked_around_the_fix_with_its_error_and_wider_for_the_forest() -> None:
    cover = LandCoverFake(TREE_COVER=1.0)
    GroundFuels(USUAL, cover, TABLE).around(FIX, NOVEMBER)
    assert cover.asked == [
        (FIX.position, FIX.ellipse, 500.0),
        (FIX.position, ErrorEllipse(0.0, 0.0, 0.0), 1500.0),
    ]


def test_a_field_is_green_in_june_and_stubble_in_november() -> None:
    cured = []
    for local in (JUNE, NOVEMBER):
        (field,) = GroundFuels(USUAL, LandCoverFake(CROPLAND=1.0), TABLE).around(FIX, local).fuels
        cured.append(field.fuel.cured_pct)
    assert cured == [30.0, 100.0]
    pines = CoverFuels({LandClass.CROPLAND: USUAL[:1]}, {LandClass.CROPLAND: (50.0,) * 12})
    assert pines.of(LandClass.CROPLAND, 6) == USUAL[:1], "what is no grass does not cure"


def test_a_damaged_map_is_said_once_and_the_settings_speak(caplog: pytest.LogCaptureFixture) -> None:
    fuels = GroundFuels(USUAL, LandCoverFake(failure=TerrainError("land cover x: is damaged")), TABLE)
    with caplog.at_level(logging.WARNING):
        assert [fuels.around(FIX, NOVEMBER).fuels for _ in range(3)] == [USUAL] * 3
    assert [one.message for one in caplog.records] == ["land.cover.failed"]


@pytest.fixture(scope="module")
def incident() -> Incident:
    example = ExampleBoard(NOW)
    card = example.board.card(example.quarter_of_an_hour()[0])
    assert card is not None
    return card.incident


def spread(incident: Incident, cover: LandCoverMap) -> IncidentSpread:
    hours = MemoryHourBook()
    hours.put([example_hour(NOW)])
    fuels = GroundFuels(USUAL, cover, TABLE)
    ground = example_ground(fuels=fuels, exposures=())
    return SpreadPages(ExampleBoard(NOW).sites, hours, MemoryArrivals(), ground).spread(incident, NOW)


def area_ha(found: IncidentSpread) -> float:
    assert found.forecast is not None
    return found.forecast.stages[1].area_ha.p50


def test_what_does_not_burn_slows_a_fire_and_never_hides_it(incident: Incident) -> None:
    wood = spread(incident, LandCoverFake(NEEDLELEAF=1.0))
    shore = spread(incident, LandCoverFake(NEEDLELEAF=0.6, WATER=0.4))
    assert 0.0 < area_ha(shore) < area_ha(wood)
    assert shore.forecast is not None
    assert shore.forecast.head_m_min > 0.0, "the central case is of what burns"
    lake = spread(incident, LandCoverFake(NEEDLELEAF=0.1, WATER=0.9))
    assert lake.forecast is not None
    assert (lake.forecast.head_m_min > 0.0, area_ha(lake)) == (True, 0.0)
    water = spread(incident, LandCoverFake(WATER=1.0))
    assert water.why_not is WhyNoSpread.NOTHING_BURNS
    assert water.consequence.value == pytest.approx(1.0), "as of a fire of which nothing is known"
    forest = {part.name: part.value for part in wood.consequence.parts}["exposures"]
    assert forest == pytest.approx(1.5 * 0.3)
