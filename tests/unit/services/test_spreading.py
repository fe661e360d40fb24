"""How an incident spreads: of which wind, moisture and fuel, and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from spread_example import SCHOOL, example_ground, example_hour

from firewatch.domain.ids import IncidentId, StationId
from firewatch.domain.weather import Doubt, DoubtKind
from firewatch.fusion.spread import SpreadForecast
from firewatch.geodesy import LocalPlane
from firewatch.services.ground_fuels import GroundFuels
from firewatch.services.ports import ObservationArrived
from firewatch.services.spreading import SpreadPages, WhyNoSpread, spread_seed
from firewatch.terrain.grid import TerrainGrid
from firewatch.testing import SCENE_START, ExampleBoard, MemoryArrivals, MemoryHourBook, a_message_id, an_observation

if TYPE_CHECKING:
    from firewatch.domain.geo import Position
    from firewatch.domain.incident import Incident
    from firewatch.domain.weather import HourlyReading, Observation
    from firewatch.services.spreading import SpreadGround

NOW = SCENE_START + timedelta(hours=2)


@pytest.fixture
def incident() -> Incident:
    example = ExampleBoard(NOW)
    incident_id = example.quarter_of_an_hour()[0]
    card = example.board.card(incident_id)
    assert card is not None
    return card.incident


def pages(
    *hours: HourlyReading, ground: SpreadGround | None = None, observations: tuple[Observation, ...] = ()
) -> SpreadPages:
    book, arrivals = MemoryHourBook(), MemoryArrivals()
    book.put(hours)
    arrivals.write([ObservationArrived(a_message_id(n), one, NOW) for n, one in enumerate(observations, start=1)])
    return SpreadPages(ExampleBoard(NOW).sites, book, arrivals, ground or example_ground())


def test_it_spreads_with_the_wind_of_the_nearest_station(incident: Incident) -> None:
    found = pages(example_hour(NOW)).spread(incident, NOW)
    assert found.why_not is None
    assert found.forecast is not None
    assert found.wind is not None
    assert (found.wind.station_id, found.wind.wind_from_deg) == ("hengshan", 225.0)
    assert found.forecast.towards_deg == pytest.approx(45.0, abs=1e-6)
    # At 14:00 standard time the diurnal table is a little below the daily code.
    assert found.ffmc == pytest.approx(89.0, abs=2.0)
    assert [one.exposure for one in found.consequence.reached] == [SCHOOL]


def test_it_is_computed_once_a_minute_and_anew_with_another_wind(incident: Incident) -> None:
    board = pages(example_hour(NOW))
    first = board.spread(incident, NOW)
    assert board.spread(incident, NOW + timedelta(seconds=40)) is first
    later = board.spread(incident, NOW + timedelta(minutes=1))
    assert later is not first
    assert isinstance(later.forecast, SpreadForecast)
    assert isinstance(first.forecast, SpreadForecast)
    assert later.forecast.stages[0].area_ha.p50 > first.forecast.stages[0].area_ha.p50
    for minute in range(70):
        board.spread(incident, NOW + timedelta(minutes=minute))
    assert board.spread(incident, NOW) is not first
    assert np.array_equal(board.spread(incident, NOW).forecast.stages[1].possible, first.forecast.stages[1].possible)  # type: ignore[union-attr,arg-type]


def test_why_not_is_said(incident: Incident) -> None:
    board = pages(example_hour(NOW))

    def why(of: Incident, board: SpreadPages = board) -> WhyNoSpread | None:
        found = board.spread(of, NOW)
        assert found.forecast is None
        assert found.consequence.value >= 1.0
        return found.why_not

    assert why(replace(incident, fix=None)) is WhyNoSpread.NO_FIX
    assert why(replace(incident, rating=None)) is WhyNoSpread.NO_RATING
    assert why(replace(incident, opened_at=NOW - timedelta(hours=7))) is WhyNoSpread.TOO_LATE
    assert incident.rating is not None
    old = replace(incident.rating, valid_at=NOW - timedelta(days=3))
    assert why(replace(incident, rating=old)) is WhyNoSpread.NO_RATING
    assert why(incident, pages()) is WhyNoSpread.NO_WIND
    assert why(incident, pages(ground=example_ground(fuels=GroundFuels(())))) is WhyNoSpread.NO_FUEL
    example = ExampleBoard(NOW)
    closed = example.board.card(example.quarter_of_an_hour()[3])
    assert closed is not None
    assert why(closed.incident) is WhyNoSpread.CLOSED


def test_a_wind_that_is_old_wrong_or_doubted_does_not_count(incident: Incident) -> None:
    hour = example_hour(NOW)
    for bad in (
        replace(hour, at=NOW - timedelta(hours=4)),
        replace(hour, at=NOW + timedelta(minutes=5)),
        replace(hour, wind_kmh=None),
        replace(hour, wind_kmh=900.0),
        replace(hour, doubts=(Doubt("wind_kmh", DoubtKind.STUCK, "calm for two days"),)),
        replace(hour, station_id=StationId("elsewhere")),
    ):
        assert pages(bad).spread(incident, NOW).why_not is WhyNoSpread.NO_WIND
    modelled = replace(hour, doubts=(Doubt("wind_kmh", DoubtKind.SOURCE, "computed"),), temp_c=99.0, rh_pct=None)
    found = pages(modelled).spread(incident, NOW)
    assert found.forecast is not None
    assert found.wind is not None
    assert (found.wind.temp_c, found.forecast.wang.head_m_min) == (None, None)


def test_a_direction_further_away_goes_before_a_nearer_wind_without_one(incident: Incident) -> None:
    near = replace(example_hour(NOW), wind_from_deg=None)
    far = replace(example_hour(NOW), station_id=StationId("xidu"), wind_from_deg=10.0)
    found = pages(near, far).spread(incident, NOW)
    assert found.wind is not None
    assert found.wind.station_id == "xidu"
    alone = pages(near).spread(incident, NOW)
    assert alone.forecast is not None
    assert alone.wind is not None
    assert (alone.wind.station_id, alone.forecast.towards_deg) == ("hengshan", None)


def test_a_reading_over_mqtt_counts_as_an_hour_does(incident: Incident) -> None:
    reading = replace(
        an_observation(), station_id=StationId("hengshan"), observed_at=NOW - timedelta(hours=1), wind_from_deg=90.0
    )
    found = pages(observations=(reading,)).spread(incident, NOW)
    assert found.wind is not None
    assert (found.wind.wind_from_deg, found.wind.source) == (90.0, "mqtt")
    assert found.forecast is not None


def test_the_terrain_of_the_place_counts(incident: Incident) -> None:
    asked: list[Position] = []

    def terrain(place: Position) -> TerrainGrid:
        asked.append(place)
        rise = np.linspace(0.0, 600.0, 41, dtype=np.float32)
        return TerrainGrid(LocalPlane(place), -2000.0, 2000.0, 100.0, np.tile(rise, (41, 1)))

    found = pages(example_hour(NOW), ground=example_ground(terrain=terrain)).spread(incident, NOW)
    assert incident.fix is not None
    assert asked == [incident.fix.position]
    assert found.forecast is not None
    assert found.forecast.slope_pct == pytest.approx(15.0, abs=0.5)


def test_the_seed_is_the_incidents_own() -> None:
    one, other = IncidentId("01M8BM36570000000000000001"), IncidentId("01M8BM36570000000000000002")
    assert spread_seed(one) == spread_seed(one) != spread_seed(other)
