"""Blind cameras on the board and on the Nodes page; a doubtful clock beside its incident."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from legible import FAINT
from node_states import state_nodes, state_sites
from playwright.sync_api import expect

from firewatch.domain.vision import ClockState

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]

TOO_WIDE = """[...document.querySelectorAll(".troubles td, .towers td, .towers th")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).length"""


def test_the_board_says_how_many_are_blind_for_how_long_and_leads_to_what_to_do(wall: Wall, page: Page) -> None:
    page.goto(f"{wall[2]}/?lang=zh-CN")
    banner = page.locator(".banner.blind")
    expect(banner).to_contain_text("1 台相机看不见 · 最久已 10 分钟")
    banner.get_by_role("link").click()
    expect(page.locator("tr.lost").first).to_contain_text("无新画面")


def test_an_incident_shows_that_its_towers_clock_was_doubtful(wall: Wall, page: Page) -> None:
    centre, ids, address = wall
    detail = centre.board.incident(ids[1])
    assert detail is not None
    doubted = replace(detail.card.sightings[0], clock=ClockState.UNSET)
    centre.board.join(ids[1], doubted, centre.clock.now())
    page.goto(f"{address}/?lang=en#{ids[1]}")
    expect(page.locator(".player .mark")).to_contain_text("Times in doubt")
    expect(page.locator(".seen .mark")).to_contain_text("Times in doubt")


@pytest.mark.parametrize("width", [1280, 390])
def test_every_state_fits_on_desk_and_phone_and_can_be_read(wall: Wall, page: Page, width: int) -> None:
    centre, _, address = wall
    sites = state_sites()
    centre.board.sites = lambda: sites  # type: ignore[method-assign]
    centre.board.nodes_now = state_nodes(centre.clock.now())
    page.set_viewport_size({"width": width, "height": 844})
    for language in ("zh-CN", "en"):
        page.goto(f"{address}/nodes?lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(TOO_WIDE) == 0
        assert page.evaluate(FAINT) == []
