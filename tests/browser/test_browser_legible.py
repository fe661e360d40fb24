"""Every text can be read, and a name is never more than text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from web_centre import Centre, serving

from firewatch.domain.sites import Name, SiteMap

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from firewatch.domain.ids import IncidentId

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]

# Contrast of each text with what lies below it, by WCAG 2.2; texts over a pattern are left out.
FAINT = """() => {
  const parse = (words) => { const m = words.match(/[\\d.]+/g).map(Number); return [m[0], m[1], m[2], m[3] ?? 1]; };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const linear = (v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (c) => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
  const ground = (one) => {
    const layers = [];
    for (let at = one; at; at = at.parentElement) {
      const look = getComputedStyle(at);
      if (look.backgroundImage !== "none") return null;
      layers.push(parse(look.backgroundColor));
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const faint = [];
  for (const one of document.querySelectorAll("body *")) {
    if (!one.checkVisibility() || one.closest(".maplibregl-map, :disabled, .unseen, .skip")) continue;
    if (![...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const under = ground(one);
    if (!under) continue;
    const ink = parse(getComputedStyle(one).color);
    for (let at = one; at; at = at.parentElement) ink[3] *= Number(getComputedStyle(at).opacity);
    const [high, low] = [light(over(ink, under)), light(under)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faint.push(`${one.className} "${one.textContent.trim().slice(0, 30)}" ${ratio.toFixed(2)}`);
  }
  return faint;
}"""

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
    paths = ["/nodes", "/nothing", "/a/unsigned", *(centre.call(one, 900)[1] for one in ids)]
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
