"""Every text can be read, and a name is never more than text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from legible import FAINT
from playwright.sync_api import expect
from web_centre import Centre, serving

from firewatch.domain.sites import Name, SiteMap

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from firewatch.domain.ids import IncidentId

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]

HOSTILE = '<img src=x onerror="window.hacked=1">'


class Renamed:
    """A board of sites whose towers carry a hostile name."""

    def __init__(self, centre: Centre) -> None:
        self._board = centre.board

    def __getattr__(self, name: str) -> object:
        return getattr(self._board, name)

    def sites(self) -> SiteMap:
        sites = self._board.sites()
        name = Name(HOSTILE, HOSTILE)
        return SiteMap(tuple(replace(tower, name=name) for tower in sites.towers), sites.stations)


def test_the_measure_sees_a_faint_text(wall: Wall, page: Page) -> None:
    page.goto(f"{wall[2]}/nodes")
    page.evaluate("document.querySelector('h1').style.color = '#999'")
    assert len(page.evaluate(FAINT)) == 1


@pytest.mark.parametrize("width", [1440, 390])
def test_every_text_of_the_board_stands_out(wall: Wall, page: Page, width: int) -> None:
    _, ids, address = wall
    page.set_viewport_size({"width": width, "height": 844})
    for incident_id in ids:
        page.goto(f"{address}/?lang=en#{incident_id}")
        page.reload()
        page.wait_for_selector(".timeline .findings")
        for one in page.locator("summary, .findings").all():
            one.click()
        assert page.evaluate(FAINT) == []
    page.get_by_role("button", name="List").click()
    assert page.evaluate(FAINT) == []


@pytest.mark.parametrize("key", ["c", "r", "?"])
def test_every_text_of_a_question_stands_out(wall: Wall, page: Page, key: str) -> None:
    _, ids, address = wall
    page.goto(f"{address}/#{ids[0]}")
    page.wait_for_selector(".timeline")
    page.keyboard.press(key)
    expect(page.locator("dialog")).to_be_visible()
    assert page.evaluate(FAINT) == []


def test_every_text_of_the_servers_pages_stands_out(wall: Wall, page: Page) -> None:
    centre, ids, address = wall
    paths = [
        "/nodes",
        "/danger",
        "/danger/hengshan",
        "/nothing",
        "/a/unsigned",
        *(centre.call(one, 900)[1] for one in ids),
    ]
    for path in paths:
        page.goto(address + path)
        assert page.evaluate(FAINT) == [], path
        accept = page.locator("button.accept")
        if accept.count():
            accept.click()
            assert page.evaluate(FAINT) == [], path


def test_a_hostile_name_is_only_text(wall: Wall, page: Page) -> None:
    centre, ids, _ = wall
    with serving(centre.app(sites=Renamed(centre))) as address:
        page.goto(f"{address}/#{ids[1]}")
        page.wait_for_selector(".map[data-ready=yes]", timeout=60_000)
        expect(page.locator(".detail .title .place")).to_contain_text(HOSTILE)
        page.get_by_role("button", name="列表").click()
        expect(page.locator(".maplist")).to_contain_text(HOSTILE)
        assert page.locator("img[src=x]").count() == 0
        assert page.evaluate("window.hacked") is None
