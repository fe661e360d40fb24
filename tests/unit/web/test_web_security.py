"""What a stranger, or a wrong person, tries."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from web_centre import HTML, log_in

from firewatch.domain.ids import PersonId
from firewatch.domain.roster import Person, Role
from firewatch.domain.sites import Name, SiteMap
from firewatch.testing import AccountsFake, SessionsFake
from firewatch.web.body_limit import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

    Busy = tuple[Centre, list[IncidentId]]

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'"


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


class SlowAccounts(AccountsFake):
    """Passwords take a while, as they do; counts how many are checked at once."""

    def __init__(self, passwords: dict[str, tuple[Person, str]]) -> None:
        super().__init__(passwords)
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def authenticate(self, name: str, password: str) -> Person | None:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.05)
        with self._lock:
            self.at_once -= 1
        return super().authenticate(name, password)


def test_a_long_body_is_refused_unread(guarded: Centre) -> None:
    with guarded.browser() as browser:
        answer = browser.post("/login", data={"name": "chen", "password": "x" * MOST_BYTES}, headers=HTML)
    assert answer.status_code == 413
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_body_of_unsaid_length_is_refused(guarded: Centre) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"name=chen"

    headers = {"content-type": "application/x-www-form-urlencoded"}
    with guarded.browser() as browser:
        assert browser.post("/login", content=pieces(), headers=headers).status_code == 411


def test_many_log_ins_at_once_are_checked_two_at_a_time_and_the_pages_go_on(guarded: Centre) -> None:
    officer = Person(PersonId("chen"), "陈值班", Role.OFFICER)
    slow = SlowAccounts({"chen": (officer, "right")})
    with guarded.browser(accounts=slow) as browser, ThreadPoolExecutor(20) as pool:
        browser.get("/login", headers=HTML)
        token = browser.cookies["fw_csrf"]
        form = {"csrf": token, "password": "wrong"}
        tries = [pool.submit(browser.post, "/login", data={**form, "name": f"n{n}"}) for n in range(20)]
        assert browser.get("/healthz").status_code == 200
        waiting = sum(not one.done() for one in tries)
        assert {one.result().status_code for one in tries} == {401}
    assert slow.most_at_once == 2
    assert waiting > 0, "the page came while log-ins waited"


def test_a_session_planted_before_the_log_in_is_worth_nothing_after_it(guarded: Centre) -> None:
    with guarded.browser() as browser:
        browser.cookies.set("fw_session", "planted")
        assert log_in(browser, "chen", "right").status_code == 303
        mine = [cookie.value for cookie in browser.cookies.jar if cookie.name == "fw_session"]
        assert any(value not in (None, "planted") for value in mine)
    with guarded.browser() as other:
        other.cookies.set("fw_session", "planted")
        assert other.get("/api/v1/state").status_code == 401


def test_a_failed_log_in_keeps_the_name_and_shows_it_as_text(guarded: Centre) -> None:
    with guarded.browser() as browser:
        page = log_in(browser, '"><script>', "wrong")
    assert 'value="&#34;&gt;&lt;script&gt;"' in page.text
    assert "<script>" not in page.text


def test_a_hostile_name_is_text_on_the_nodes_page(busy: Busy) -> None:
    with busy[0].browser(sites=Renamed(busy[0])) as browser:
        page = browser.get("/nodes", headers=HTML).text
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_hostile_name_does_not_end_the_boards_script(busy: Busy) -> None:
    centre = busy[0]
    settings = replace(centre.services.settings, centre_name=Name(HOSTILE, HOSTILE))
    with centre.browser(settings=settings) as browser:
        page = browser.get("/", headers=HTML).text
    boot = json.loads(page.partition('id="boot">')[2].partition("</script>")[0])
    assert boot["centre"] == HOSTILE
    assert "<script>alert" not in page


def test_a_hostile_name_is_text_on_the_phone(busy: Busy) -> None:
    centre, ids = busy
    _, path = centre.call(ids[0])
    with centre.browser(sites=Renamed(centre)) as browser:
        page = browser.get(path, headers=HTML).text
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/evidence/..%2f..%2ffirewatch.db.jpg",
        "/api/v1/evidence/%2e%2e/x.jpg",
        "/static/..%2f..%2fapp.py",
        "/static/%2e%2e/app.py",
    ],
)
def test_no_path_leaves_its_folder(centre: Centre, path: str) -> None:
    with centre.browser() as browser:
        answer = browser.get(path)
    assert answer.status_code in {404, 422}
    assert "import" not in answer.text


@pytest.mark.parametrize("path", ["//evil.example.org", "/%2f%2fevil.example.org/", "/nodes/", "/login/"])
def test_no_redirect_leads_elsewhere(guarded: Centre, path: str) -> None:
    with guarded.browser() as browser:
        answer = browser.get(path, headers=HTML)
        home = str(browser.base_url)
    where = answer.headers.get("location", "/")
    assert where == "/login" or (where.startswith((home, "/")) and not where.startswith("//"))


def test_a_stream_from_no_number_starts_at_the_beginning(busy: Busy) -> None:
    with busy[0].browser() as browser:
        for number in ("٣", "9" * 5000, "-1"):
            with browser.stream("GET", "/api/v1/events", headers={"last-event-id": number.encode()}) as answer:
                assert answer.status_code == 200
                assert next(answer.iter_lines())
        assert browser.get(f"/api/v1/events?after={'9' * 30}").status_code == 422


@pytest.mark.parametrize("action", ["confirm", "reject", "reopen"])
def test_nobody_acts_without_an_account_where_there_are_accounts(busy: Busy, action: str) -> None:
    centre, ids = busy
    officer = Person(PersonId("chen"), "陈值班", Role.OFFICER)
    ranger = Person(PersonId("zhou"), "周护林员", Role.RANGER)
    accounts = AccountsFake({"chen": (officer, "right"), "zhou": (ranger, "right")})
    before = centre.board.card(ids[0])
    with centre.browser(accounts=accounts) as browser:
        assert _act(browser, ids[0], action).status_code == 401
    with centre.browser(accounts=accounts, sessions=SessionsFake(accounts)) as browser:
        log_in(browser, "zhou", "right")
        assert _act(browser, ids[0], action).status_code == 403
    assert centre.board.card(ids[0]) == before


def _act(browser: httpx.Client, incident_id: IncidentId, action: str) -> httpx.Response:
    browser.get("/login", headers=HTML)
    headers = {"x-csrf-token": browser.cookies["fw_csrf"]}
    body = {"reason": "glare"} if action == "reject" else {}
    return browser.post(f"/api/v1/incidents/{incident_id}/{action}", json=body, headers=headers)
