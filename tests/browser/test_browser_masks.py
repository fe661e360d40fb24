"""A mask drawn by mouse, by finger and by keyboard is the same mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from legible import FAINT
from playwright.sync_api import expect

from firewatch.domain.vision import EvidenceKind

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]

PATH = "/nodes/jiuguan/masks?camera=c2&pose=home&lang=en"
CORNERS = ((0.2, 0.3), (0.4, 0.3), (0.4, 0.6), (0.2, 0.5))


def open_page(wall: Wall, page: Page) -> dict[str, float]:
    centre, _, address = wall
    picture = next(p for p in centre.board._pictures.values() if p.kind is EvidenceKind.FRAME)
    centre.pose_views.found = (picture.evidence_id, centre.clock.now())
    page.goto(address + PATH)
    expect(page.locator(".maskview.live img")).to_be_visible()
    page.wait_for_function("document.querySelector('.maskview img').naturalWidth > 0")
    page.locator(".maskview").scroll_into_view_if_needed()
    box = page.locator(".maskview svg").bounding_box()
    assert box is not None
    return dict(box)


def fill_in(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Reason").fill("lime kiln")
    page.get_by_role("button", name="Add this mask").click()
    expect(page.locator("polygon.standing")).to_have_count(1)


def test_a_mask_is_drawn_with_the_mouse_and_a_corner_moved(wall: Wall, page: Page) -> None:
    box = open_page(wall, page)
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in CORNERS]
    for place in places:
        page.mouse.click(*place)
    expect(page.locator("[data-share]")).to_have_text("this one: 5.0%")
    page.mouse.move(*places[-1])
    page.mouse.down()
    page.mouse.move(places[-1][0], box["y"] + 0.6 * box["height"], steps=4)
    page.mouse.up()
    expect(page.locator("[data-share]")).to_have_text("this one: 6.0%")
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 0.9 * box["height"])
    page.get_by_role("button", name="Take the last point back").click()
    assert page.evaluate(FAINT) == []
    fill_in(page, "kiln")
    drawn = wall[0].mask_book.standing()[0].placed.mask.polygon.points
    for (x, y), (want_x, want_y) in zip(drawn, [*CORNERS[:3], (0.2, 0.6)], strict=True):
        assert x == pytest.approx(want_x, abs=0.004)
        assert y == pytest.approx(want_y, abs=0.006)


def test_a_mask_is_typed_and_what_is_typed_is_drawn(wall: Wall, page: Page) -> None:
    open_page(wall, page)
    page.get_by_label("Points").fill("20 30\n40 30\n40 60")
    expect(page.locator("polygon.draft")).to_have_attribute("points", "20,30 40,30 40,60")
    fill_in(page, "vent")
    page.get_by_role("button", name="Take away mask vent").click()
    expect(page.locator("polygon.standing")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("polygon.standing")).to_have_count(1)


def test_a_mask_is_drawn_with_a_finger_and_the_page_stands_still(wall: Wall, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    try:
        page = context.new_page()
        box = open_page(wall, page)
        for x, y in CORNERS:
            page.touchscreen.tap(box["x"] + x * box["width"], box["y"] + y * box["height"])
        expect(page.locator("[data-share]")).to_contain_text("this one: 5.")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        fill_in(page, "kiln")
    finally:
        context.close()
