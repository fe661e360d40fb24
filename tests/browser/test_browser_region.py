"""Where the open incident may be: on the map, in words, and how the belief in it went."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.ids import TowerId
from firewatch.domain.incident import BeliefChanged, Located, PossiblePlace

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]


def drawn(layer: str) -> str:
    return f"document.querySelector('.map').glmap.queryRenderedFeatures({{layers: ['{layer}']}})"


def test_the_map_and_words_tell_where_the_open_fire_may_be(wall: Wall, page: Page) -> None:
    centre, ids, address = wall
    example = centre.example
    example.board.happen(ids[0], BeliefChanged(0.62, (("base", -1.2),)), example.now - timedelta(seconds=60))
    towers = (TowerId("nanyue"), TowerId("jiuguan"))
    places = tuple(
        PossiblePlace(Fix(Position(lat, 112.3), ErrorEllipse(300.0, 120.0, 40.0)), towers, chance)
        for lat, chance in ((27.0, 0.6), (26.9, 0.3))
    )
    example.board.happen(ids[1], Located(None, "several", possible_places=places), example.now)
    page.goto(f"{address}/#{ids[0]}")
    page.wait_for_selector(".map[data-ready=yes]")
    where, key = page.locator(".box.where"), page.get_by_label("可能范围图例")
    expect(where).to_contain_text("90% 可能在")
    for tower in ("南岳塔", "九观塔"):
        expect(where).to_contain_text(re.compile(rf"{tower}.偏 \+0\.0°.0\.\d"))
    expect(where.get_by_role("link")).to_have_attribute("href", f"/incidents/{ids[0]}/look")
    expect(page.locator(".beliefline")).to_contain_text("62%")
    page.wait_for_function(f"() => {drawn('residuals')}.length === 2")
    key.get_by_role("button").click()
    page.wait_for_function(f"() => new Set({drawn('region-fill')}.map(x => x.properties.share)).size === 2")
    key.get_by_role("checkbox").uncheck()
    page.wait_for_function(f"() => {drawn('region-fill')}.length === 0")
    key.get_by_role("checkbox").check()
    page.locator(f"#card-{ids[1]} button").click()
    expect(key).to_contain_text("也可能在这里")
    key.get_by_role("button").click()
    page.wait_for_function(f"() => {drawn('possible-places')}.length === 2 && {drawn('residuals')}.length === 0")
