"""The Nodes page: what needs somebody comes first, and every state says what to do."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from msgspec import structs
from node_states import state_nodes, state_sites
from web_centre import HTML, log_in

from firewatch.domain.ids import TowerId
from firewatch.domain.vision import ClockState
from firewatch.services.enrolment_ports import IssuedCertificate

if TYPE_CHECKING:
    from web_centre import Centre


@pytest.fixture
def states(centre: Centre) -> Centre:
    """Return a centre of nine towers, one for each thing that can befall a node."""
    sites = state_sites()
    centre.board.nodes_now = state_nodes(centre.clock.now())
    centre.board.sites = lambda: sites  # type: ignore[method-assign]
    return centre


def rows(page: str) -> list[tuple[str, str, str]]:
    """Return (level, place, what and what to do) of each trouble, from top to bottom."""
    table = page.partition('<table class="troubles">')[2].partition("</table>")[0]
    found = re.findall(r'<tr class="(\w+)"><th scope="row">(.*?)</th><td>(.*?)</td>', table, re.DOTALL)
    return [(level, *(unescape(re.sub("<[^>]+>", " ", text)) for text in texts)) for level, *texts in found]


def test_troubles_stand_in_the_order_of_urgency(states: Centre) -> None:
    with states.browser() as browser:
        found = rows(browser.get("/nodes?lang=en", headers=HTML).text)
    levels = [level for level, _, _ in found]
    assert levels == sorted(levels, key=["lost", "stale", "planned"].index)
    assert [(level, place.split()[0], what.split("  ")[0].strip()) for level, place, what in found[:4]] == [
        ("lost", "Tashan", "Node stopped"),
        ("lost", "Siming", "Node lost"),
        ("lost", "Nanyue", "Claimed twice"),
        ("lost", "Jiuguan", "View covered"),
    ]
    assert {place for level, place, _ in found if level == "planned"} == {
        "Yumu tower  c1 ", "Yumu tower  c2 ", "Qifeng tower  c1, c2 ",
    }  # fmt: skip


def test_each_state_of_a_node_is_told(states: Centre) -> None:
    with states.browser() as browser:
        page = browser.get("/nodes?lang=en", headers=HTML).text
    whole = " ".join(" ".join(row) for row in rows(page))
    for words in (
        "Frozen picture", "No new frame", "Blurred", "Too dark", "View covered", "Dirty lens", "Turned camera",
        "Camera's clock is off", "Fog, or a fogged lens", "Maintenance", "Paused", "Not detecting by night",
        "Node lost", "Node stopped", "Never seen", "Claimed twice", "Messages are late", "Disk nearly full",
        "Computer too hot", "Node's clock is off", "Settings refused", "a-later-nodes-reason", "blind cameras: 2",
    ):  # fmt: skip
        assert words in whole, words


def test_a_chinese_page_speaks_chinese(states: Centre) -> None:
    with states.browser() as browser:
        found = rows(browser.get("/nodes", headers=HTML).text)
    for _, place, what in found:
        said = what.partition("节点原文")[0].replace("a-later-nodes-reason", "").replace("GiB", "")
        assert re.findall("[A-Za-z]{3,}", said + place) == [], what


def test_a_node_that_is_away_has_no_share_of_the_last_hour(states: Centre) -> None:
    with states.browser() as browser:
        page = browser.get("/nodes?lang=en", headers=HTML).text
    siming = page.partition("Siming tower <span")[2].partition("</tbody>")[0]
    assert siming.count("<td>—</td>") == 2
    assert "100%" not in siming


def test_the_board_counts_the_blind_and_since_when(states: Centre) -> None:
    with states.browser() as browser:
        eyes = browser.get("/api/v1/state").json()["eyes"]
    longest = states.clock.now() - timedelta(seconds=90_000)
    assert (eyes["blind"], eyes["blind_since"]) == (10, longest.isoformat().replace("+00:00", "Z"))


class Certificates:
    def __init__(self, *found: IssuedCertificate) -> None:
        self._found = found

    def certificates(self) -> tuple[IssuedCertificate, ...]:
        return self._found


def test_a_certificate_that_ends_soon_is_told_and_one_that_ended_first(states: Centre) -> None:
    now = states.clock.now()

    def until(tower: str, days: float, **told: object) -> IssuedCertificate:
        made = IssuedCertificate(
            serial=tower, tower_id=TowerId(tower), key_digest="0" * 64, pem="", issued_at=now,
            expires_at=now + timedelta(days=days), how="code", asked_from="",
        )  # fmt: skip
        return replace(made, **told)  # type: ignore[arg-type]

    revoked = until("late", 2.0, revoked_at=now)
    certificates = Certificates(
        until("well", 12.5), until("well", 3.0), until("twice", 200.0), until("work", -1.0), revoked
    )
    with states.browser(certificates=certificates) as browser:
        page = browser.get("/nodes?lang=en", headers=HTML).text
    told = [(level, place.strip()) for level, place, what in rows(page) if "ertificate" in what]
    assert told == [("lost", "Yumu tower"), ("stale", "Zhurong tower")]
    assert "Certificate <b>12 days left</b>" in page
    assert "Certificate <b>200 days left</b>" in page


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        (ClockState.UNSET, "Times in doubt: the node's clock had not been set since it started"),
        (ClockState.STEPPED, "Times in doubt: the node's clock had just been set"),
        (ClockState.RECEIVED, "Times set by the centre: the node's clock was wrong"),
        (ClockState.KEPT, ""),
        (ClockState.UNSAID, ""),
    ],
)
def test_an_incident_says_where_the_clock_was_doubtful(centre: Centre, clock: ClockState, words: str) -> None:
    incident_id = centre.example.quarter_of_an_hour()[0]
    detail = centre.board.incident(incident_id)
    assert detail is not None
    centre.board.join(incident_id, replace(detail.card.sightings[0], clock=clock), centre.clock.now())
    with centre.browser() as browser:
        sightings = browser.get(f"/api/v1/incidents/{incident_id}?lang=en").json()["sightings"]
    assert sorted(one["clock_doubt"] for one in sightings) == sorted(["", words])


def test_what_a_node_wrote_is_text_and_no_markup(states: Centre) -> None:
    node = next(one for one in states.board.nodes_now if one.tower_id == "night")
    assert node.vitals is not None
    vitals = structs.replace(node.vitals.vitals, settings_refused="<script>alert(1)</script>")
    states.board.nodes_now = (replace(node, vitals=replace(node.vitals, vitals=vitals)),)
    with states.browser() as browser:
        page = browser.get("/nodes", headers=HTML).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_technician_sees_the_nodes_and_not_the_queue(guarded: Centre) -> None:
    with guarded.browser() as browser:
        answer = log_in(browser, "wang", "right")
        assert answer.headers["location"] == "/nodes"
        assert browser.get("/nodes", headers=HTML).status_code == 200
        assert browser.get("/api/v1/state").status_code == 403
