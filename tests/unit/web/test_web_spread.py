"""How an incident spreads, in the API."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from elevation_files import write_tif
from spread_example import example_ground, example_hour

from firewatch.config import read_config
from firewatch.domain.geo import Position
from firewatch.errors import InvalidValue
from firewatch.geodesy import outline_polygon
from firewatch.land_wiring import land_codes, land_cover_map
from firewatch.services.ground_fuels import GroundFuels
from firewatch.services.spreading import SpreadPages
from firewatch.spread_settings import SpreadConfig
from firewatch.spread_wiring import cover_fuels, fuel_shares, spread_pages
from firewatch.testing import LandCoverFake, MemoryArrivals, MemoryHourBook

if TYPE_CHECKING:
    from pathlib import Path

    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

Busy = "tuple[Centre, list[IncidentId]]"


def spread_of(centre: Centre, incident_id: str, lang: str = "en", **changed: object) -> dict[str, Any]:
    with centre.browser(**changed) as browser:
        found: dict[str, Any] = browser.get(f"/api/v1/incidents/{incident_id}?lang={lang}").json()["spread"]
    return found


def test_the_spread_of_a_located_incident_is_told_and_drawn(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    spread = spread_of(centre, ids[0])
    assert spread["why_not"] is None
    assert spread["words"].startswith("Within 1 h about ")
    assert "towards north-east" in spread["words"]
    assert spread["towards_deg"] == 45.0
    assert spread["fuel"] == "Masson pine"
    shapes = spread["shapes"]["features"]
    drawn = [(one["properties"]["after_min"], one["properties"]["kind"]) for one in shapes]
    assert [one for one in drawn if one[1] == "ellipse"] == [(120.0, "ellipse"), (60.0, "ellipse"), (30.0, "ellipse")]
    assert {kind for _, kind in drawn} >= {"ellipse", "possible"}
    for one in shapes:
        ring = one["geometry"]["coordinates"][0]
        assert ring[0] == ring[-1]
        signed = sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))
        assert signed > 0.0, "counter-clockwise (RFC 7946)"
    at = datetime.fromisoformat(spread["at"])
    assert [datetime.fromisoformat(one["at"]) - at for one in spread["stages"]] == [
        timedelta(minutes=minutes) for minutes in (30, 60, 120)
    ]
    areas = [one["area_ha"]["p50"] for one in spread["stages"]]
    assert areas == sorted(areas)
    assert spread["wang"]["head_m_min"] > 0.0
    said = " ".join(spread["basis"])
    assert "Station Hengshan" in said
    assert "flat ground" in said
    assert "Wang" in said


def test_the_consequence_sums_and_names_what_is_near(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    found = spread_of(centre, ids[0])["consequence"]
    assert found["value"] == pytest.approx(sum(found["parts"].values()), abs=1e-9)
    assert found["reached"][0]["name"] == "Baiguo school"
    assert found["reached"][0]["kind"] == "School"


def test_where_nothing_can_be_told_it_says_why(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    spread = spread_of(centre, ids[1], "zh-CN")
    assert "还没有定位" in spread["why_not"]
    assert (spread["stages"], spread["shapes"]["features"], spread["head_m_min"]) == ([], [], None)
    no_fuel = SpreadPages(
        centre.example.sites, MemoryHourBook(), MemoryArrivals(), example_ground(fuels=GroundFuels(()))
    )
    assert spread_of(centre, ids[0], spread=no_fuel)["fuel"] == ""
    assert spread_of(centre, ids[0], spread=None) is None


def test_without_a_direction_the_words_say_so(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    hours = MemoryHourBook()
    hours.put([example_hour(centre.clock.now(), wind_from_deg=None, wind_kmh=90.0)])
    board = SpreadPages(centre.example.sites, hours, MemoryArrivals(), example_ground())
    spread = spread_of(centre, ids[0], spread=board)
    assert "wind direction unknown" in spread["words"]
    assert spread["towards_deg"] is None
    assert {one["properties"]["kind"] for one in spread["shapes"]["features"]} <= {"possible", "likely"}
    assert any("no direction" in line for line in spread["basis"])
    assert any("beyond its data" in line for line in spread["basis"])


def test_an_outline_has_at_least_three_corners() -> None:
    place = Position(27.0, 112.7)
    ring = outline_polygon(place, [(0.0, 100.0), (-100.0, 0.0), (100.0, 0.0)])[0]
    assert ring[0] == pytest.approx([112.7, 27.0009026], abs=1e-6)
    with pytest.raises(InvalidValue):
        outline_polygon(place, [(0.0, 1.0), (1.0, 0.0)])


def test_the_page_says_whether_a_map_or_the_settings_tell_the_fuels(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    settings = spread_of(centre, ids[0])
    assert (settings["fuel_source"], settings["unburnt"], settings["forest"]) == ("settings", 0.0, None)
    assert any(line.startswith("Fuel assumed by the settings") for line in settings["basis"])
    hours = MemoryHourBook()
    hours.put([example_hour(centre.clock.now())])
    usual, table = fuel_shares(SpreadConfig()), cover_fuels(SpreadConfig())
    ground = example_ground(fuels=GroundFuels(usual, LandCoverFake(NEEDLELEAF=0.5, WATER=0.5), table))
    board = SpreadPages(centre.example.sites, hours, MemoryArrivals(), ground)
    told = spread_of(centre, ids[0], spread=board)
    assert (told["fuel"], told["fuel_source"], told["unburnt"], told["forest"]) == (
        "Masson pine",
        "land-cover",
        0.5,
        0.5,
    )
    said = " ".join(told["basis"])
    assert "Fuels by the land cover map, about 500 m around: Masson pine 30%, Chinese fir 20%" in said
    assert "50% of that ground does not burn" in said
    assert "Trees cover 50% of the ground within 1.5 km" in said
    in_chinese = " ".join(spread_of(centre, ids[0], "zh-CN", spread=board)["basis"])
    assert "马尾松林 30%" in in_chinese


def by_a_map_of(code: int, folder: Path, centre: Centre, around: Position) -> SpreadPages:
    """Return the pages of a centre whose settings name a map of one class, from a file."""
    settings = f'[land_cover]\nfolder = "{code}"\ncodes = "glc-fcs30d"\n'
    (folder / "central.toml").write_text(settings, encoding="utf-8")
    config = read_config(folder / "central.toml")
    lat, lon = around.lat_deg, around.lon_deg
    codes = np.full((240, 240), code, np.uint8)
    path = write_tif(folder / "map.tif", (lon - 0.04, lat - 0.04, lon + 0.04, lat + 0.04), 1.0 / 3000.0, heights=codes)
    cover = land_cover_map(config.land_cover)
    assert cover is not None
    cover.add(path, land_codes(config.land_cover), lambda *_: None)
    hours = MemoryHourBook()
    hours.put([example_hour(centre.clock.now())])
    return spread_pages(config, centre.example.sites, hours, MemoryArrivals(), lambda _: None, cover)


def test_over_pines_the_same_fire_spreads_otherwise_than_over_rice_and_the_page_says_why(
    busy: tuple[Centre, list[IncidentId]], tmp_path: Path
) -> None:
    centre, ids = busy
    card = centre.example.board.card(ids[0])
    assert card is not None
    assert card.incident.fix is not None
    place = card.incident.fix.position
    pine, rice = (
        spread_of(centre, ids[0], spread=by_a_map_of(code, tmp_path, centre, place))
        for code in (72, 20)  # evergreen needleleaf, irrigated cropland
    )
    assert (pine["fuel"], rice["fuel"]) == ("Masson pine", "stubble")
    assert (pine["forest"], rice["forest"]) == (1.0, 0.0)
    assert any("Masson pine 60%, Chinese fir 40%" in line for line in pine["basis"])
    assert any("land cover map, about 500 m around: stubble 100%" in line for line in rice["basis"])
    assert pine["head_m_min"] != pytest.approx(rice["head_m_min"], rel=0.1)
    assert pine["consequence"]["parts"]["exposures"] == pytest.approx(1.5 * 0.3)
    assert rice["consequence"]["parts"]["exposures"] == 0.0
