"""A tower's page in a real browser: a click asks, the answer appears by itself, a live look runs and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from legible import FAINT
from playwright.sync_api import expect
from tower_that_answers import TowerThatAnswers

from firewatch.domain.ids import CameraId
from firewatch.domain.remote import Exercise, LiveLook, ReplyState, Snapshot
from firewatch.services.command_ports import CommandsWanted

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId
    from firewatch.domain.remote import Command

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]


def last(centre: Centre) -> Command:
    return centre.commands.latest(CommandsWanted(), 1)[0].command


@pytest.mark.parametrize("width", [1280, 390])
def test_a_snapshot_is_asked_for_and_its_picture_appears_by_itself(wall: Wall, page: Page, width: int) -> None:
    centre, _, address = wall
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{address}/nodes")
    page.get_by_role("link", name="南岳塔").click()
    page.get_by_role("button", name="立即拍照").first.click()
    expect(page.locator("#commands")).to_contain_text("等待发出")
    command, tower = last(centre), TowerThatAnswers(centre)
    assert isinstance(command.action, Snapshot)
    tower.reply(command, evidence_ids=(tower.picture(command.command_id, command),))
    expect(page.locator("#commands .dot.online")).to_have_text("已完成")
    picture = page.locator("#commands .shots img")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 960)
    assert page.evaluate(FAINT) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", [1280, 390])
def test_an_exercise_begins_only_after_its_warning_was_confirmed(wall: Wall, page: Page, width: int) -> None:
    centre, _, address = wall
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{address}/nodes/nanyue")
    page.get_by_text("开始一次演练").click()
    assert page.evaluate(FAINT) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    begin = page.get_by_role("button", name="开始演练")
    begin.click()
    assert centre.commands.latest(CommandsWanted(), 1) == ()
    page.get_by_label("值班人员都已知道这是演练").check()
    page.get_by_label("烟的真方位角").fill("65")
    begin.click()
    expect(page.locator("#commands")).to_contain_text("10 分钟")
    assert last(centre).action == Exercise(camera_id=CameraId("c1"), azimuth_deg=65.0)


def test_a_live_look_shows_its_pictures_counts_down_and_says_when_it_is_refused(wall: Wall, page: Page) -> None:
    centre, _, address = wall
    tower = TowerThatAnswers(centre)
    page.goto(f"{address}/nodes/nanyue/live/c1?lang=en")
    page.get_by_role("button", name="Look for 60 s").click()
    expect(page.locator(".nopicture")).to_be_visible()
    command = last(centre)
    assert isinstance(command.action, LiveLook)
    tower.reply(command, ReplyState.ACCEPTED)
    tower.live(command)
    expect(page.locator(".frame img")).to_have_js_property("naturalWidth", 960)
    expect(page.locator(".left")).to_contain_text("s left")
    expect(page.locator(".taken")).to_contain_text("Taken at")
    tower.reply(command, ReplyState.FAILED, 2, code="camera-silent")
    expect(page.locator(".left")).to_have_text("The live look has ended")
    expect(page.locator(".how")).to_have_text("Failed")


def test_the_key_x_leads_from_an_incident_to_the_towers_that_could_look(wall: Wall, page: Page) -> None:
    centre, ids, address = wall
    page.goto(f"{address}/#{ids[0]}")
    page.wait_for_selector(".timeline")
    page.keyboard.press("x")
    page.wait_for_url(f"{address}/incidents/{ids[0]}/look")
    page.get_by_role("button", name="转去看").first.click()
    expect(page.locator("#commands li")).to_have_count(1)
    assert centre.commands.latest(CommandsWanted(), 5)[0].incident_id == ids[0]
    page.get_by_role("link", name="返回值守页").click()
    page.wait_for_url(f"{address}/#{ids[0]}")
