"""Masks by the page: drawn from a list of points, refused with words, taken away and put back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec import structs
from web_centre import HTML, log_in

from firewatch.domain.vision import EvidenceKind

if TYPE_CHECKING:
    import httpx
    from web_centre import Centre

PAGE = "/nodes/jiuguan/masks"
KILN = {"name": "kiln", "reason": "lime kiln", "points": "10 40\n20, 40\n15% 60%", "camera": "c2", "pose": "home"}


def send(browser: httpx.Client, path: str = PAGE, **facts: str) -> httpx.Response:
    """Send a form as the page does."""
    page = browser.get(f"{PAGE}?lang=en", headers=HTML)
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    return browser.post(path, data={"csrf": found[1] if found else "", **facts}, headers=HTML)


def test_a_mask_is_drawn_shown_taken_away_and_put_back(centre: Centre) -> None:
    with centre.browser() as browser:
        answer = send(browser, **KILN)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{PAGE}?camera=c2&pose=home"
        page = browser.get(answer.headers["location"], headers=HTML).text
        assert 'class="standing" points="10.00,40.00 20.00,40.00 15.00,60.00"' in page
        assert "<b>1.0%</b>" in page
        assert "lime kiln" not in browser.get(PAGE, headers=HTML).text
        assert "local operator" not in browser.get(f"{PAGE}?camera=c2&lang=zh-CN", headers=HTML).text
        browser.get(f"{PAGE}?lang=en", headers=HTML)
        mask = centre.mask_book.standing()[0]
        answer = send(browser, f"{PAGE}/{mask.mask_id}/remove")
        assert centre.mask_book.standing() == ()
        page = browser.get(answer.headers["location"], headers=HTML).text
        assert "The mask was taken away." in page
        assert f"/masks/{mask.mask_id}/restore" in page
        assert send(browser, f"{PAGE}/{mask.mask_id}/restore").status_code == 303
        assert centre.mask_book.standing()[0].placed == mask.placed


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"points": "10 40\n20 40"}, "3 to 64 different points"),
        ({"points": "10 40\nhere\n15 60"}, "Two numbers a line, each from 0 to 100: here"),
        ({"points": "10 40\n20 40\n15 160"}, "from 0 to 100"),
        ({"points": "0 0\n100 100\n100 0\n0 100"}, "do not cross"),
        ({"name": " "}, "1 to 64 characters"),
        ({"reason": ""}, "Give the reason"),
        ({"until": "2020-01-01"}, "today or later"),
        ({"until": "soon"}, "today or later"),
        ({"points": "0 0\n50 0\n50 50\n0 50"}, "That would mask 25% of the picture, more than 20%"),
    ],
)
def test_what_is_refused_is_said_in_words_and_what_was_typed_stays(
    centre: Centre, changed: dict[str, str], words: str
) -> None:
    with centre.browser() as browser:
        answer = send(browser, **(KILN | changed))
    assert answer.status_code == 422
    assert words in answer.text
    assert (changed.get("name") or 'value="kiln"') in answer.text
    assert centre.mask_book.standing() == ()


def test_a_large_mask_is_taken_from_who_says_that_they_know(centre: Centre) -> None:
    with centre.browser() as browser:
        assert send(browser, **(KILN | {"points": "0 0\n50 0\n50 50\n0 50", "sure": "yes"})).status_code == 303
    assert len(centre.mask_book.standing()) == 1


def test_a_mask_ends_with_its_last_day(centre: Centre) -> None:
    today = centre.clock.now().date().isoformat()
    with centre.browser() as browser:
        send(browser, **(KILN | {"until": today}))
        assert f"until {today}" in browser.get(f"{PAGE}?camera=c2", headers=HTML).text
        centre.clock.advance(timedelta(days=1).total_seconds())
        page = browser.get(f"{PAGE}?camera=c2", headers=HTML).text
    assert "· over" in page
    assert "<b>0.0%</b>" in page


def test_the_page_says_whether_the_node_goes_by_it(centre: Centre) -> None:
    node = next(one for one in centre.board.nodes_now if one.tower_id == "jiuguan")
    assert node.vitals is not None

    def says(**told: object) -> str:
        assert node.vitals is not None
        vitals = structs.replace(node.vitals.vitals, **told)
        centre.board.nodes_now = (replace(node, vitals=replace(node.vitals, vitals=vitals)),)
        return browser.get(f"{PAGE}?camera=c2", headers=HTML).text

    with centre.browser() as browser:
        send(browser, **KILN)
        now = centre.clock.now()
        assert "has not said yet" in says(settings_issued_at=now - timedelta(seconds=1))
        assert "the node goes by it" in says(settings_issued_at=now + timedelta(seconds=10))
        assert "refused the latest" in says(settings_issued_at=None, settings_refused="masks: too many")


def test_the_latest_picture_of_the_view_lies_under_the_drawing(centre: Centre) -> None:
    centre.example.quarter_of_an_hour()
    with centre.browser() as browser:
        assert "No whole picture" in browser.get(f"{PAGE}?lang=en", headers=HTML).text
        picture = next(p for p in centre.board._pictures.values() if p.kind is EvidenceKind.FRAME)
        centre.pose_views.found = (picture.evidence_id, centre.clock.now())
        page = browser.get(f"{PAGE}?lang=en", headers=HTML).text
        found = re.search(r'<img src="(/api/v1/evidence/\w+\.jpg)"', page)
        assert found is not None
        assert browser.get(found[1]).headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("path", ["/nodes/nowhere/masks", f"{PAGE}?camera=c99", f"{PAGE}?camera=c1&pose=west"])
def test_a_view_that_is_not_there_is_said_so(centre: Centre, path: str) -> None:
    with centre.browser() as browser:
        assert browser.get(path, headers=HTML).status_code == 404


def test_only_who_cares_for_the_towers_draws(guarded: Centre) -> None:
    with guarded.browser() as browser:
        log_in(browser, "chen", "right")
        page = browser.get(f"{PAGE}?lang=en", headers=HTML).text
        assert "Only technicians and administrators" in page
        assert "<textarea" not in page
        assert send(browser, **KILN).status_code == 403
    with guarded.browser() as browser:
        log_in(browser, "zhou", "right")
        assert browser.get(PAGE, headers=HTML).status_code == 403
    with guarded.browser() as browser:
        log_in(browser, "wang", "right")
        assert send(browser, **KILN).status_code == 303
    assert guarded.mask_book.standing()[0].set_by == "王技术员"


def test_a_mask_of_another_page_is_refused(centre: Centre) -> None:
    with centre.browser() as browser:
        assert browser.post(PAGE, data=KILN, headers=HTML).status_code == 403


def test_a_hostile_name_is_only_text(centre: Centre) -> None:
    with centre.browser() as browser:
        send(browser, **(KILN | {"name": "<img src=x onerror=1>"}))
        page = browser.get(f"{PAGE}?camera=c2", headers=HTML).text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
