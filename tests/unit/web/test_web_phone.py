"""The ranger's phone page: shows without acknowledging, accepts by a plain form."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from web_centre import SECRET

from firewatch.domain.ids import NotificationId, PersonId
from firewatch.services.links import LIFE, CallLinks

if TYPE_CHECKING:
    import httpx
    from web_centre import Centre

    from firewatch.domain.alert import Notification
    from firewatch.domain.ids import IncidentId

HTML = {"accept": "text/html"}


def told(centre: Centre, notification_id: NotificationId) -> Notification:
    call = centre.board.call(notification_id)
    assert call is not None
    return call.notification


def form(page: httpx.Response) -> dict[str, str]:
    match = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert match is not None
    return {"csrf": match[1]}


def test_looking_at_the_link_neither_acknowledges_nor_counts_as_opened(
    busy: tuple[Centre, list[IncidentId]],
) -> None:
    centre, ids = busy
    notification_id, path = centre.call(ids[0])
    with centre.browser() as browser:
        assert browser.get(path, headers=HTML).status_code == 200
        browser.head(path)
    assert told(centre, notification_id).reached_at is None
    assert told(centre, notification_id).acknowledged_at is None


def test_a_rendered_page_counts_as_opened(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    notification_id, path = centre.call(ids[0])
    with centre.browser() as browser:
        pixel = browser.get(f"{path}/opened.gif")
    assert pixel.headers["content-type"] == "image/gif"
    assert told(centre, notification_id).reached_at == centre.clock.now()


def test_the_form_accepts_and_then_shows_the_way(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    notification_id, path = centre.call(ids[0])
    with centre.browser() as browser:
        page = browser.get(path, headers=HTML)
        assert "uri.amap.com" not in page.text
        answer = browser.post(path, data=form(page))
        after = browser.get(path, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert told(centre, notification_id).acknowledged_at == centre.clock.now()
    assert "您已于 12:00 接收" in after.text
    for app in ("uri.amap.com", "api.map.baidu.com", "apis.map.qq.com"):
        assert app in after.text
    assert centre.board.events_after(0, 999)[-1].event.actor.actor_id == "zhou"


def test_accepting_late_is_accepted_and_said(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    _, path = centre.call(ids[0], ago_s=11 * 60)
    with centre.browser() as browser:
        browser.post(path, data=form(browser.get(path, headers=HTML)))
        assert "超过 10 分钟时限" in browser.get(path, headers=HTML).text


def test_accepting_without_the_pages_own_token_is_refused(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    notification_id, path = centre.call(ids[0])
    _, other = centre.call(ids[1])
    with centre.browser() as browser:
        foreign = form(browser.get(other, headers=HTML))
        assert browser.post(path, data=foreign).status_code == 403
        assert browser.post(path).status_code == 403
    assert told(centre, notification_id).acknowledged_at is None


def test_a_link_lives_for_a_day(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    _, path = centre.call(ids[0])
    centre.clock.advance(LIFE.total_seconds() - 1)
    with centre.browser() as browser:
        assert browser.get(path, headers=HTML).status_code == 200
        centre.clock.advance(1)
        assert browser.get(path, headers=HTML).status_code == 410


def test_an_altered_link_is_unknown(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    _, path = centre.call(ids[0])
    with centre.browser() as browser:
        assert browser.get(path[:-1] + ("A" if path[-1] != "A" else "B"), headers=HTML).status_code == 404
        assert browser.get(path.replace("zhou", "chen"), headers=HTML).status_code == 404


def test_a_link_of_another_person_is_unknown(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    notification_id, _ = centre.call(ids[0])
    address = centre.links.address(PersonId("chen"), ids[0], notification_id, centre.clock.now())
    with centre.browser() as browser:
        assert browser.get(address.partition("127.0.0.1")[2], headers=HTML).status_code == 404


def test_a_secret_can_be_changed_without_breaking_links_on_their_way(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    notification_id, path = centre.call(ids[0])
    token = path.removeprefix("/a/")
    link = CallLinks(["a newer secret, longer", SECRET], "http://x").read(token)
    assert link is not None
    assert (link.notification_id, link.person_id) == (notification_id, "zhou")
    assert link.expires_at - centre.clock.now() == timedelta(hours=24)
    assert CallLinks(["a newer secret, longer"], "http://x").read(token) is None


def test_a_dismissed_fire_asks_nobody_to_go(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    _, path = centre.call(ids[3])
    with centre.browser() as browser:
        page = browser.get(path, headers=HTML)
    assert "不必前往" in page.text
    assert "<form" not in page.text


def test_an_unlocated_fire_gives_the_bearing(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    _, path = centre.call(ids[1])
    with centre.browser() as browser:
        page = browser.get(f"{path}?lang=en", headers=HTML)
    assert "Bearing 305° (north-west) from Yumu tower" in page.text
    assert '<html lang="en">' in page.text


def test_the_page_needs_no_log_in_where_accounts_exist(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    _, path = centre.call(ids[0])
    centre.accounts._passwords["chen"] = (centre.board._people["chen"], "right")
    with centre.browser() as browser:
        assert browser.get(path, headers=HTML).status_code == 200
        assert browser.get(f"{path}/crop.jpg").headers["content-type"] == "image/jpeg"
        assert browser.get("/api/v1/state").status_code == 401


def test_the_picture_of_a_call_is_one_of_its_own(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    _, path = centre.call(ids[0])
    with centre.browser() as browser:
        crop = browser.get(f"{path}/crop.jpg").content
        card = browser.get(f"/api/v1/incidents/{ids[0]}").json()["card"]
        assert browser.get(card["crop_url"]).content == crop
