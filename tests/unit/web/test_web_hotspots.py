"""Hotspots in the API: what satellites saw, closing and undoing, who may, and once each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hotspot_example import WORKS, kept_hotspot, seen_by_satellites
from web_centre import log_in

if TYPE_CHECKING:
    import httpx
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

URL = "/api/v1/hotspots"


def headers(browser: httpx.Client, key: str | None = None) -> dict[str, str]:
    browser.get("/")
    token = browser.cookies["fw_csrf"]
    return {"X-CSRF-Token": token} | ({"Idempotency-Key": key} if key else {})


@pytest.fixture
def seen(busy: tuple[Centre, list[IncidentId]]) -> tuple[Centre, list[IncidentId]]:
    centre, ids = busy
    centre.hotspot_book.put(seen_by_satellites(centre.clock.now()))
    return centre, ids


def test_the_heats_of_the_last_day_are_told_with_who_could_look(seen: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = seen
    with centre.browser() as browser:
        found = browser.get(f"{URL}?lang=en").json()
    unseen, works, matched = found["items"]
    assert [one["state"] for one in found["items"]] == ["verify", "verify", "matched"]
    assert (unseen["count"], unseen["satellites"]) == (2, ["Himawari-9", "N20"])
    assert unseen["confidence_words"] == "nominal confidence"
    assert unseen["looks"][0]["tower"] == "Yumu tower"
    assert "Yumu tower" in unseen["place"]
    assert works["source"] == "Cement works"
    assert (matched["incident_id"], matched["looks"]) == (ids[0], [])
    assert len(found["points"]["features"]) == 4
    assert {one["properties"]["state"] for one in found["points"]["features"]} == {"verify", "matched"}


def test_closing_and_undoing_change_the_list_and_are_done_once(seen: tuple[Centre, list[IncidentId]]) -> None:
    centre, _ = seen
    with centre.browser() as browser:
        item = browser.get(URL).json()["items"][0]["item_id"]
        told = {"reason": "farm_burning", "note": " 稻田 "}
        answers = [
            browser.post(f"{URL}/{item}/close", json=told, headers=headers(browser, "one-key")) for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [200, 200]
        closed = next(one for one in answers[1].json()["items"] if one["item_id"] == item)
        assert (closed["state"], closed["verdict"]["note"]) == ("closed", "稻田")
        assert (closed["verdict"]["reason_words"], closed["verdict"]["by"]) == ("农事用火", "本机值班员")
        again = browser.post(f"{URL}/{item}/close", json=told, headers=headers(browser, "another"))
        assert again.status_code == 422
        other = browser.post(f"{URL}/{item}/close", json={"reason": "other"}, headers=headers(browser, "one-key"))
        assert other.status_code == 409
        verdict = closed["verdict"]["verdict_id"]
        undone = browser.post(f"{URL}/verdicts/{verdict}/undo", headers=headers(browser, "two")).json()
        assert next(one for one in undone["items"] if one["item_id"] == item)["state"] == "verify"
        assert browser.post(f"{URL}/verdicts/{verdict}/undo", headers=headers(browser, "three")).status_code == 422


def test_nothing_changes_without_the_token_or_with_a_wrong_reason(seen: tuple[Centre, list[IncidentId]]) -> None:
    centre, _ = seen
    with centre.browser() as browser:
        item = browser.get(URL).json()["items"][0]["item_id"]
        assert browser.post(f"{URL}/{item}/close", json={"reason": "other"}).status_code == 403
        wrong = browser.post(f"{URL}/{item}/close", json={"reason": "aliens"}, headers=headers(browser))
        assert wrong.status_code == 422


def test_only_the_duty_side_sees_and_closes(guarded: Centre) -> None:
    guarded.hotspot_book.put([kept_hotspot(guarded.clock.now(), WORKS)])
    with guarded.browser() as browser:
        assert browser.get(URL).status_code == 401
        log_in(browser, "zhou", "right")
        assert browser.get(URL).status_code == 403
    with guarded.browser() as browser:
        log_in(browser, "chen", "right")
        (item,) = browser.get(URL).json()["items"]
        answer = browser.post(f"{URL}/{item['item_id']}/close", json={"reason": "industrial"}, headers=headers(browser))
        assert answer.json()["items"][0]["verdict"]["by"] == "陈值班"


def test_the_beat_tells_that_hotspots_changed_and_a_centre_without_any_says_so(centre: Centre) -> None:
    with centre.browser() as browser:
        assert browser.get("/api/v1/state").json()["hotspots"] == 0
        centre.hotspot_book.put([kept_hotspot(centre.clock.now(), WORKS)])
        assert browser.get("/api/v1/state").json()["hotspots"] == 1
        with browser.stream("GET", "/api/v1/events") as stream:
            beat = next(line for line in stream.iter_lines() if line.startswith("data:"))
        assert json.loads(beat.removeprefix("data:"))["hotspots"] == 1
    with centre.browser(hotspots=None) as browser:
        assert browser.get(URL).status_code == 404
        assert browser.get("/api/v1/state").json()["hotspots"] == 0
