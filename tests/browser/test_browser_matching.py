"""Matching sightings in a real browser: the reason is asked for, the timeline shows it, and it is undone there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.incident import Located, PossiblePlace

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

    Wall = tuple[Centre, list[IncidentId], str]

pytestmark = [pytest.mark.browser]


def test_two_incidents_are_said_to_be_one_fire_with_a_reason_and_that_is_undone(wall: Wall, page: Page) -> None:
    _, ids, address = wall
    page.goto(f"{address}/?lang=en#{ids[0]}")
    page.locator(".actions .same").click()
    expect(page.locator(".saying .choice")).to_have_count(2)
    expect(page.locator(".saying .say")).to_be_disabled()
    page.locator(".saying .choice").first.click()
    page.locator(".saying textarea").fill("same plume over the ridge")
    page.locator(".saying .say").click()
    entry = page.locator(".timeline li", has_text="same plume over the ridge")
    expect(entry).to_contain_text("one fire with another incident")
    entry.locator(".undo").click()
    page.locator(".saying textarea").fill("two after all")
    page.locator(".saying .say").click()
    expect(page.locator(".timeline li", has_text="two after all")).to_have_count(1)
    expect(page.locator(".timeline .undo")).to_have_count(0)


def test_a_sighting_is_said_not_to_be_of_the_fire_and_possible_places_are_listed(wall: Wall, page: Page) -> None:
    centre, ids, address = wall
    detail = next(d for i in ids if (d := centre.board.incident(i)) and len(d.card.sightings) > 1)
    incident_id = detail.card.incident.incident_id
    places = tuple(
        PossiblePlace(Fix(Position(lat, 112.6), ErrorEllipse(300.0, 90.0, 30.0)), detail.card.incident.towers, chance)
        for lat, chance in ((26.92, 0.6), (26.97, 0.4))
    )
    centre.board.happen(incident_id, Located(None, "several places possible", places), centre.clock.now())
    page.goto(f"{address}/?lang=en#{incident_id}")
    expect(page.locator(".possible tr")).to_have_count(2)
    expect(page.locator(".where")).to_contain_text("look before sending anybody")
    page.locator(".seen .split").first.click()
    expect(page.locator(".saying")).to_contain_text("is not this fire?")
    page.locator(".saying textarea").fill("chimney")
    page.locator(".saying textarea").press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".timeline li", has_text="chimney")).to_have_count(1)
