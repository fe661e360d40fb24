"""How a fire spreads, and what satellites saw, on the map and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hotspot_example import seen_by_satellites
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]


def drawn(*layers: str) -> str:
    names = ",".join(f"'{layer}'" for layer in layers)
    return f"document.querySelector('.map').glmap.queryRenderedFeatures({{layers: [{names}]}})"


def test_the_map_shows_where_the_open_fire_may_go_and_what_satellites_saw(wall: Wall, page: Page) -> None:
    centre, ids, address = wall
    page.goto(f"{address}/#{ids[0]}")
    page.wait_for_selector(".map[data-ready=yes]")
    box, key, heats = page.locator(".box.spread"), page.get_by_label("蔓延预测图例"), page.locator(".heats")
    for words in ("1 小时内约", "向东北", "学校 白果小学"):
        expect(box).to_contain_text(words)
    expect(key).to_contain_text("30 分钟")
    centre.hotspot_book.put(seen_by_satellites(centre.clock.now()))
    expect(heats.locator("h2")).to_contain_text("待核查热点 2")
    expect(heats.locator(".heat.known")).to_contain_text("水泥厂")
    page.wait_for_function(f"() => {drawn('heats')}.length === 2")
    key.get_by_role("button").click()
    shapes = drawn("spread-possible", "spread-ellipse")
    page.wait_for_function(f"() => new Set({shapes}.map(x => x.properties.kind + x.properties.after_min)).size >= 6")
    key.get_by_role("checkbox").uncheck()
    page.wait_for_function(f"() => {shapes}.length === 0")
    page.locator(f"#card-{ids[1]} button").click()
    expect(box).to_contain_text("还没有定位")
    expect(key).to_have_count(0)
    close_and_open_again(page)


def close_and_open_again(page: Page) -> None:
    heats = page.locator(".heats")
    heats.locator(".heat .head").first.click()
    expect(heats).to_contain_text("雨母塔 052°")
    heats.get_by_label("这是什么").select_option("farm_burning")
    heats.get_by_label("备注").fill("稻田")
    heats.get_by_role("button", name="关闭").click()
    expect(heats.locator("h2")).to_contain_text("待核查热点 1")
    heats.get_by_text("已核查 1").click()
    expect(heats.locator(".heat.done")).to_contain_text("农事用火")
    heats.get_by_role("button", name="撤销").click()
    expect(heats.locator("h2")).to_contain_text("待核查热点 2")
