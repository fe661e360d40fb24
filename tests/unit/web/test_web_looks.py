"""Which towers could look at an incident, over the API and in words; and for how many towers the terrain is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from web_centre import HTML

from firewatch.domain.geo import Position
from firewatch.domain.ids import TowerId
from firewatch.services.cross_look import PlainSight, Vantage
from firewatch.services.terrain_board import TowerTerrain
from firewatch.testing import example_sites
from firewatch.texts import Language, catalogue
from firewatch.web.looks_api import look_words
from firewatch.web.words import Speaker

if TYPE_CHECKING:
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

SMOKE = Position(27.0, 112.6)


def test_an_open_incident_lists_who_could_look_the_most_useful_first(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        found = browser.get(f"/api/v1/incidents/{ids[0]}/looks?lang=en").json()["towers"]
        seen = next(one for one in browser.get("/api/v1/state").json()["incidents"] if one["incident_id"] == ids[0])
    assert found
    assert not {one["tower"] for one in found} & set(seen["towers"])
    assert [one["bits"] for one in found] == sorted((one["bits"] for one in found), reverse=True)
    for one in found:
        assert one["sight"] in {"unknown", "far"}
        assert one["least_visible_m"] is None
        assert one["words"].startswith("terrain unknown · " if one["sight"] == "unknown" else "out of its usual range")


def test_looks_are_there_for_incidents_only(centre: Centre) -> None:
    with centre.browser() as browser:
        assert browser.get(f"/api/v1/incidents/{'0' * 26}/looks").status_code == 404


@pytest.mark.parametrize(
    ("least_m", "is_near", "sight", "zh", "en"),
    [
        (
            0.0,
            True,
            PlainSight.PLAIN,
            "直视可见",
            "in plain sight · 90% that it finds young smoke",
        ),
        (14.9, True, PlainSight.PLAIN, "直视可见", "in plain sight"),
        (15.1, True, PlainSight.RISEN, "烟须升高约 20 米才可见", "smoke must rise about 20 m to be seen from there"),
        (118.0, True, PlainSight.RISEN, "烟须升高约 120 米才可见", "smoke must rise about 120 m to be seen from there"),
        (118.0, False, PlainSight.FAR, "超出通常视距", "out of its usual range (18 km)"),
        (None, True, PlainSight.UNKNOWN, "无地形数据", "terrain unknown"),
    ],
)
def test_what_a_tower_would_see_is_said_in_both_languages(
    centre: Centre, *, least_m: float | None, is_near: bool, sight: PlainSight, zh: str, en: str
) -> None:
    sites = example_sites()
    one = Vantage(
        tower=sites.towers[0],
        bearing_deg=10.0,
        distance_m=900.0,
        span_deg=None,
        is_near=is_near,
        reach_m=18_000.0,
        is_in_view=True,
        chance=0.9,
        least_visible_m=least_m,
    )
    assert one.sight is sight
    for language, words in ((Language.ZH_CN, zh), (Language.EN, en)):
        speaker = Speaker(catalogue(language), centre.services.settings.time_zone, sites)
        assert look_words(one, speaker).startswith(words)


class Board:
    def towers(self) -> tuple[TowerTerrain, ...]:
        return (
            TowerTerrain(TowerId("nanyue"), is_ready=True),
            TowerTerrain(TowerId("jiuguan"), is_ready=False),
            TowerTerrain(TowerId("yumu"), is_ready=False, why="import the tiles that cover it"),
        )


def test_the_nodes_page_tells_for_how_many_towers_the_terrain_is_ready(centre: Centre) -> None:
    with centre.browser(terrain=Board()) as browser:
        page = browser.get("/nodes?lang=en", headers=HTML).text
        chinese = browser.get("/nodes?lang=zh-CN", headers=HTML).text
    assert "What the hills hide is known for 1 of 3 towers" in page
    assert "Jiuguan tower: being computed" in page
    assert "Yumu tower: import the tiles that cover it" in page
    assert "1 座的地形遮挡已算好" in chinese
    with centre.browser() as browser:
        assert "No terrain model" in browser.get("/nodes?lang=en", headers=HTML).text
