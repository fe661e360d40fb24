"""Pages that the server writes: languages, log-in, nodes, errors, headers."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace
from web_centre import HTML, log_in

from firewatch.services.feed_states import FeedPages
from firewatch.services.feeding import FeedState
from firewatch.testing import MemoryFeedStateBook
from firewatch.web.login_tries import LoginTries

if TYPE_CHECKING:
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId


def test_chinese_is_the_default_and_a_choice_is_remembered(centre: Centre) -> None:
    with centre.browser() as browser:
        assert '<html lang="zh-CN">' in browser.get("/nodes", headers=HTML).text
        assert '<html lang="en">' in browser.get("/nodes?lang=en", headers=HTML).text
        assert "Quarantined messages" in browser.get("/nodes", headers=HTML).text
        assert '<html lang="zh-CN">' in browser.get("/nodes?lang=zh-CN", headers=HTML).text


def test_an_unknown_language_changes_nothing(centre: Centre) -> None:
    with centre.browser() as browser:
        answer = browser.get("/nodes?lang=fr", headers=HTML)
    assert '<html lang="zh-CN">' in answer.text
    assert "fw_lang" not in answer.cookies


def test_nodes_show_silent_cameras_and_quarantined_messages(centre: Centre) -> None:
    with centre.browser() as browser:
        page = browser.get("/nodes?lang=en", headers=HTML).text
    assert "No new frame" in page
    assert "4 could not be read" in page
    assert "{&#34;score&#34;:&#34;high&#34;}" in page


def test_a_tower_that_two_nodes_claim_is_shown_so(centre: Centre) -> None:
    first, *others = centre.board.nodes_now
    assert first.status is not None
    said = replace(first.status.status, claimant_boot_id="01M8BM36570000000000000009")
    centre.board.nodes_now = (
        dataclasses.replace(first, status=dataclasses.replace(first.status, status=said)),
        *others,
    )
    with centre.browser() as browser:
        page = browser.get("/nodes?lang=en", headers=HTML).text
    # Once among what needs somebody, with the other's start for the technician; once at its tower.
    assert page.count("Claimed twice") == 2
    assert page.count("01M8BM36570000000000000009") == 1


def at_night(centre: Centre) -> None:
    """Make the first tower's cameras watch nothing, with something set aside and settings refused."""
    first, *others = centre.board.nodes_now
    assert first.vitals is not None
    cameras = tuple(
        replace(camera, light="night", not_detecting_reason="night", detections_masked=12, detections_held_back=3)
        for camera in first.vitals.vitals.cameras
    )
    vitals = replace(first.vitals.vitals, cameras=cameras, settings_refused="masks: sides 1 and 3 cross")
    centre.board.nodes_now = (
        dataclasses.replace(first, vitals=dataclasses.replace(first.vitals, vitals=vitals)),
        *others,
    )


def test_a_camera_that_detects_nothing_at_night_says_so_and_is_no_open_eye(centre: Centre) -> None:
    with centre.browser() as browser:
        before = browser.get("/api/v1/state").json()["eyes"]["online"]
        at_night(centre)
        page = browser.get("/nodes", headers=HTML).text
        assert browser.get("/api/v1/state").json()["eyes"]["online"] == before - 3
        english = browser.get("/nodes?lang=en", headers=HTML).text
    assert page.count("夜间无检测") == 3
    assert "屏蔽 12" in page
    assert "暂缓 3" in page
    assert english.count("Not detecting by night") == 3
    assert "Masked 12, held back 3" in english
    assert "Settings refused" in english
    assert "<code>masks: sides 1 and 3 cross</code>" in english


def test_a_model_on_probation_and_one_that_was_taken_back_are_named(centre: Centre) -> None:
    first, *others = centre.board.nodes_now
    assert first.vitals is not None
    told = replace(
        first.vitals.vitals, model_version="0.4.0", model_state="probation", model_note="0.5.0: it <crashed>"
    )
    centre.board.nodes_now = (
        dataclasses.replace(first, vitals=dataclasses.replace(first.vitals, vitals=told)),
        *others,
    )
    with centre.browser() as browser:
        page = browser.get("/nodes", headers=HTML).text
        english = browser.get("/nodes?lang=en", headers=HTML).text
    assert page.count("新模型试用中") == 1
    assert page.count("0.5.0: it &lt;crashed&gt;") == 1
    assert f"<b>0.4.0 {told.model_sha256[:8]}</b>" in page
    assert "new, on probation" in english
    assert "Taken back: 0.5.0" in english


def test_simulated_sites_are_named_so(centre: Centre) -> None:
    with centre.browser() as browser:
        assert "示意数据" in browser.get("/nodes", headers=HTML).text
        assert "Illustrative" in browser.get("/nodes?lang=en", headers=HTML).text


def test_without_a_log_in_pages_lead_to_it_and_the_api_refuses(guarded: Centre) -> None:
    with guarded.browser() as browser:
        answer = browser.get("/", headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert browser.get("/api/v1/state").status_code == 401
        assert browser.get("/api/v1/events").status_code == 401
        assert browser.get("/api/v1/evidence/01KNBA9RX0G0KFQYGAVXV2GB2B.jpg").status_code == 401


def test_the_right_password_opens_a_session_and_log_out_ends_it(guarded: Centre) -> None:
    with guarded.browser() as browser:
        assert log_in(browser, "chen", "right").status_code == 303
        assert browser.get("/api/v1/state").status_code == 200
        assert "陈值班" in browser.get("/nodes", headers=HTML).text
        stale = browser.cookies["fw_session"]
        assert browser.post("/logout", data={"csrf": browser.cookies["fw_csrf"]}).status_code == 303
        browser.cookies.set("fw_session", stale)
        assert browser.get("/api/v1/state").status_code == 401


def test_a_session_ends_by_itself(guarded: Centre) -> None:
    with guarded.browser() as browser:
        log_in(browser, "chen", "right")
        guarded.clock.advance(timedelta(hours=12).total_seconds())
        assert browser.get("/api/v1/state").status_code == 401


def test_a_session_cookie_is_out_of_reach_of_scripts(guarded: Centre) -> None:
    with guarded.browser() as browser:
        cookies = log_in(browser, "chen", "right").headers.get_list("set-cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("fw_session="))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session


def test_a_token_from_before_the_log_in_is_worth_nothing_after_it(guarded: Centre) -> None:
    with guarded.browser() as browser:
        browser.get("/login", headers=HTML)
        before = browser.cookies["fw_csrf"]
        log_in(browser, "chen", "right")
        browser.cookies.set("fw_csrf", before)
        assert browser.post("/logout", data={"csrf": before}).status_code == 403


def test_a_wrong_password_is_refused_and_guessing_is_slowed_down(guarded: Centre) -> None:
    with guarded.browser() as browser:
        answers = [log_in(browser, "chen", "wrong").status_code for _ in range(9)]
        assert log_in(browser, "chen", "right").status_code == 429
    assert answers == [401] * 8 + [429]


def test_a_slowed_name_may_try_again_after_ten_minutes(guarded: Centre) -> None:
    tries, now = LoginTries(), guarded.clock.now()
    for _ in range(8):
        tries.failed("chen", "10.0.0.9", now)
    assert (tries.wait("chen", "10.0.0.9", now), tries.wait("liu", "10.0.0.9", now)) == (10, 0)
    assert tries.wait("chen", "10.0.0.9", now + timedelta(minutes=10)) == 0


def test_guessing_elsewhere_does_not_shut_the_officer_out(guarded: Centre) -> None:
    tries, now = LoginTries(), guarded.clock.now()
    for _ in range(50):
        tries.failed("chen", "10.0.0.66", now)
    assert (tries.wait("chen", "10.0.0.66", now), tries.wait("chen", "10.0.0.9", now)) == (10, 0)


def test_strangers_names_do_not_fill_the_memory(guarded: Centre) -> None:
    tries, now = LoginTries(), guarded.clock.now()
    for number in range(10_050):
        tries.failed(f"{number:05d}" + "x" * 500, "10.0.0.66", now)
    kept = tries._failed_at
    assert len(kept) == 10_000
    assert max(len(name) for name, _ in kept) == 64
    assert ("10049" + "x" * 59, "10.0.0.66") in kept


def test_a_log_in_without_the_pages_token_is_refused(guarded: Centre) -> None:
    with guarded.browser() as browser:
        assert browser.post("/login", data={"name": "chen", "password": "right"}).status_code == 403


def test_rangers_have_their_phone_page_not_the_board(guarded: Centre) -> None:
    with guarded.browser() as browser:
        log_in(browser, "zhou", "right")
        assert browser.get("/api/v1/state").status_code == 403


def test_a_stream_ends_with_its_session(guarded: Centre) -> None:
    with guarded.browser() as browser:
        log_in(browser, "chen", "right")
        with browser.stream("GET", "/api/v1/events") as answer:
            lines = answer.iter_lines()
            next(lines)
            guarded.clock.advance(timedelta(hours=13).total_seconds())
            assert sum(1 for line in lines if line.startswith("event: beat")) <= 3


def test_errors_are_pages_for_people_and_json_for_programs(centre: Centre) -> None:
    with centre.browser() as browser:
        page = browser.get("/nothing", headers=HTML)
        data = browser.get("/nothing")
    assert (page.status_code, data.status_code) == (404, 404)
    assert "没有这个页面或记录" in page.text
    assert data.json()["words"] == "没有这个页面或记录"


def test_every_answer_carries_the_security_headers(busy: tuple[Centre, list[IncidentId]]) -> None:
    with busy[0].browser() as browser:
        for path in ("/nodes", "/api/v1/state", "/nothing"):
            headers = browser.get(path, headers=HTML).headers
            assert "script-src 'self';" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-frame-options"] == "DENY"
            assert headers["referrer-policy"] == "no-referrer"


def test_health_needs_no_log_in_and_says_nothing_else(guarded: Centre) -> None:
    with guarded.browser() as browser:
        answer = browser.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


def test_the_nodes_page_tells_how_each_feed_is(centre: Centre) -> None:
    at = centre.clock.now()
    book = MemoryFeedStateBook()
    problems = tuple(f"row {number}: temp_c is 99; allowed are -60 to 60" for number in range(7))
    book.put(
        [
            FeedState("open-meteo", at - timedelta(minutes=20), "", problems),
            FeedState("nmc", at - timedelta(minutes=5), "answered 503 <b>"),
            FeedState("own-station", at - timedelta(hours=9)),
        ]
    )
    names = (("own-station", 600.0), ("open-meteo", 1800.0), ("nmc", 1800.0), ("metar", 1800.0))
    with centre.browser(feeds=FeedPages(names, book)) as browser:
        page = browser.get("/nodes?lang=en", headers=HTML).text
        chinese = browser.get("/nodes?lang=zh-CN", headers=HTML).text
    rows = [row.partition("</tr>")[0] for row in page.partition('class="feeds"')[2].split("<tr")[2:6]]
    assert [name in row for row, (name, _) in zip(rows, names, strict=True)] == [True] * 4
    assert [' class="overdue"' in row for row in rows] == [True, False, False, True]
    assert "Overdue" in rows[0]
    assert "9 h ago" in rows[0]
    assert "Works" in rows[1]
    assert rows[1].count("allowed are -60 to 60") == 5
    assert "and 2 more" in rows[1]
    assert "Last look failed" in rows[2]
    assert "answered 503 &lt;b&gt;" in rows[2]
    assert "Nothing heard yet" in rows[3]
    assert "逾期" in chinese


def test_without_a_feed_the_nodes_page_says_so(centre: Centre) -> None:
    with centre.browser() as browser:
        assert "No feeds are set up" in browser.get("/nodes?lang=en", headers=HTML).text
