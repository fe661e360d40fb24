"""An exercise on the wall and on the phone: nobody can take it for a fire, and no fire waits behind it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from firewatch.domain.geo import Position

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]

# A browser of a test has no voice; what it is given to say is kept.
LISTEN = """
window.said = [];
SpeechSynthesis.prototype.speak = (words) => window.said.push([words.lang, words.text]);
"""


def test_an_exercise_that_begins_is_told_apart_wherever_it_shows(wall: Wall, page: Page) -> None:
    centre, _, address = wall
    page.add_init_script(LISTEN)
    page.goto(address)
    page.wait_for_selector(".fact.link.live")
    expect(page.locator(".exercise")).to_have_count(0)
    expect(page.locator("header.bar")).not_to_have_class(re.compile(r"\bexercising\b"))
    painted = replace(centre.example.sighting("jiuguan", Position(27.09, 112.8), 20, 0.99), is_exercise=True)
    incident_id = centre.board.open(painted, centre.clock.now())
    card = page.locator(f"#card-{incident_id}")
    expect(card).to_contain_text("【演练】")
    expect(card).to_have_class(re.compile(r"\bdrilled\b"))
    expect(page.locator("p.exercise")).to_contain_text("不是真火")
    expect(page.locator("header.bar")).to_have_class(re.compile(r"\bexercising\b"))
    ((lang, words),) = page.evaluate("window.said")
    assert (lang, words.count("演练")) == ("zh-CN", 2), "of the exercise alone, not of the fires before it"
    expect(page.locator("[aria-live=assertive]")).to_contain_text("【演练】")
    # However sure the detector is of it: those that wait are fires first.
    waiting = page.locator(".card.SUSPECTED")
    expect(waiting).to_have_count(3)
    expect(waiting.last).to_have_attribute("id", f"card-{incident_id}")
    card.locator("button").click()
    expect(page.locator(".detail h1")).to_contain_text("【演练】")
    page.keyboard.press("c")
    expect(page.locator("dialog")).to_contain_text("【演练】")


def test_every_page_with_a_head_says_that_an_exercise_goes_on(wall: Wall, page: Page) -> None:
    centre, _, address = wall
    page.goto(f"{address}/nodes")
    expect(page.locator("p.exercise")).to_have_count(0)
    painted = replace(centre.example.sighting("jiuguan", Position(27.09, 112.8), 20, 0.99), is_exercise=True)
    centre.board.open(painted, centre.clock.now())
    for path in ("/nodes", "/danger"):
        page.goto(f"{address}{path}")
        expect(page.locator("p.exercise")).to_contain_text("不是真火")
        expect(page.locator("header.bar")).to_have_class(re.compile(r"\bexercising\b"))


def test_a_call_to_an_exercise_says_so_before_anything_else(wall: Wall, context: BrowserContext) -> None:
    centre, _, address = wall
    painted = replace(centre.example.sighting("jiuguan", Position(27.09, 112.8), 20, 0.9), is_exercise=True)
    incident_id = centre.board.open(painted, centre.clock.now())
    _, path = centre.call(incident_id)
    phone = context.new_page()
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.goto(f"{address}{path}")
    banner = phone.locator("p.exercise")
    expect(banner).to_contain_text("没有真火")
    box = banner.bounding_box()
    assert box is not None
    assert box["y"] < 80.0
    expect(phone.locator("h1")).to_contain_text("【演练】")
    expect(phone.locator("body")).to_have_class(re.compile(r"\bexercising\b"))
