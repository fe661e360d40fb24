"""The ranger's phone page in a real browser."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]


@pytest.fixture
def old_phone(chromium: Browser) -> Iterator[Page]:
    """Return a phone's browser that runs no script at all."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False, has_touch=True)
    yield context.new_page()
    context.close()


def test_a_phone_without_scripts_accepts(wall: Wall, old_phone: Page) -> None:
    centre, ids, address = wall
    notification_id, path = centre.call(ids[0])
    old_phone.goto(address + path)
    expect(old_phone.locator("h1")).to_contain_text("疑似火情")
    call = centre.board.call(notification_id)
    assert call is not None
    assert call.notification.reached_at is not None
    assert call.notification.acknowledged_at is None
    old_phone.get_by_role("button", name="接收").click()
    expect(old_phone.locator(".accepted")).to_contain_text("接收")
    call = centre.board.call(notification_id)
    assert call is not None
    assert call.notification.acknowledged_at is not None
    link = old_phone.get_by_role("link", name="高德").get_attribute("href")
    assert link is not None
    assert link.startswith("https://uri.amap.com/navigation?to=112.747")


def test_the_button_is_big_and_the_letters_are_legible(wall: Wall, old_phone: Page) -> None:
    centre, ids, address = wall
    _, path = centre.call(ids[0])
    old_phone.goto(address + path)
    box = old_phone.get_by_role("button", name="接收").bounding_box()
    assert box is not None
    assert box["height"] >= 64
    assert box["y"] + box["height"] < 844, "the button is on the first screen"


def test_letters_are_at_least_18_px(wall: Wall, page: Page) -> None:
    centre, ids, address = wall
    _, path = centre.call(ids[0])
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address + path)
    sizes = page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter((one) => one.textContent.trim())
            .map((one) => parseFloat(getComputedStyle(one).fontSize))"""
    )
    assert min(sizes) >= 18
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_board_sees_the_acceptance(wall: Wall, page: Page, old_phone: Page) -> None:
    centre, ids, address = wall
    _, path = centre.call(ids[0])
    page.goto(f"{address}/#{ids[0]}")
    page.wait_for_selector(".fact.link.live")
    old_phone.goto(address + path)
    old_phone.get_by_role("button", name="接收").click()
    expect(page.locator(f"#card-{ids[0]} .clock131")).to_contain_text("已接收 周护林员")


def test_english_on_request(wall: Wall, old_phone: Page) -> None:
    centre, ids, address = wall
    _, path = centre.call(ids[0])
    old_phone.goto(f"{address}{path}?lang=en")
    expect(old_phone.get_by_role("button", name="Accept")).to_be_visible()
    old_phone.get_by_role("button", name="Accept").click()
    expect(old_phone.locator(".accepted")).to_contain_text("You accepted at")


def test_a_phone_with_a_wrong_clock_counts_by_the_centres(wall: Wall, page: Page) -> None:
    centre, ids, address = wall
    _, path = centre.call(ids[0])
    page.clock.install(time=centre.clock.now() + timedelta(hours=3))
    page.goto(address + path)
    page.clock.run_for(3000)
    first = page.locator(".clocks li").first
    expect(first).to_contain_text("剩 8:5")
    expect(first).not_to_have_class("late")
