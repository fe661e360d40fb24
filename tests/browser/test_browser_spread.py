"""How a fire spreads, on the map and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]

_DRAWN = """() => document.querySelector('.map').glmap
    .queryRenderedFeatures({layers: ['spread-possible', 'spread-ellipse']})
    .map(one => one.properties.kind + one.properties.after_min)"""


def test_the_open_incident_shows_where_it_may_go_and_the_switch_hides_it(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    page.goto(f"{address}/#{ids[0]}")
    page.wait_for_selector(".map[data-ready=yes]")
    expect(page.locator(".box.spread")).to_contain_text("1 小时内约")
    expect(page.locator(".box.spread")).to_contain_text("向东北")
    expect(page.locator(".box.spread")).to_contain_text("学校 白果小学")
    key = page.get_by_label("蔓延预测图例")
    expect(key).to_contain_text("30 分钟")
    key.get_by_role("button").click()
    page.wait_for_function(f"() => new Set(({_DRAWN})()).size >= 6")
    key.get_by_role("checkbox").uncheck()
    page.wait_for_function(f"() => ({_DRAWN})().length === 0")
    page.locator(f"#card-{ids[1]} button").click()
    expect(page.locator(".box.spread")).to_contain_text("还没有定位")
    expect(key).to_have_count(0)
