"""What the pages say of old ratings, lost nodes, near certainty, and a board that is too full."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs
from web_centre import HTML

from firewatch.domain.geo import Position
from firewatch.texts import Language, catalogue
from firewatch.web.words import Speaker
from firewatch.wire.v1 import EyesOpenV1

if TYPE_CHECKING:
    from typing import Any

    from web_centre import Centre

    from firewatch.domain.ids import IncidentId


def stations(centre: Centre, days: int) -> dict[str, Any]:
    at = centre.clock.now() + timedelta(days=days)
    with centre.browser(clock=type(centre.clock)(at)) as browser:
        return {one["station_id"]: one for one in browser.get("/api/v1/state?lang=en").json()["stations"]}


def test_yesterdays_rating_stands(centre: Centre) -> None:
    assert stations(centre, 1)["hengdong"]["grade"] == 5


def test_an_older_rating_is_no_rating_and_says_what_it_was(centre: Centre) -> None:
    station = stations(centre, 2)["hengdong"]
    day = centre.example.board.readings_now[2].rating.weather_day  # type: ignore[union-attr]
    assert station["grade"] is None
    assert station["words"] == "No data"
    assert station["weather"] == []
    assert station["marks"] == [f"Last rating {day:%m-%d} (Danger 5 · Extreme) is out of date"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3.0, "0 s ago"), (119.9, "120 s ago"), (120.0, "2 min ago"), (7199.0, "120 min ago"), (90_000.0, "25 h ago")],
)
def test_an_age_is_said_in_the_unit_that_fits(centre: Centre, seconds: float, words: str) -> None:
    assert speaker(centre).age(seconds) == words


@pytest.mark.parametrize(
    ("probability", "words"),
    [(0.0, "0"), (0.009, "<1"), (0.01, "1"), (0.5, "50"), (0.99, "99"), (0.991, ">99"), (1.0, "100")],
)
def test_what_is_not_certain_never_reads_as_certain(centre: Centre, probability: float, words: str) -> None:
    assert speaker(centre).percent(probability) == words


def test_the_last_frame_of_a_lost_node_grows_older(centre: Centre) -> None:
    node = centre.board.nodes_now[0]
    assert node.vitals is not None
    old = replace(node.vitals, received_at=node.vitals.received_at - timedelta(hours=5))
    centre.board.nodes_now = (replace(node, vitals=old), *centre.board.nodes_now[1:])
    with centre.browser() as browser:
        page = browser.get("/nodes?lang=en", headers=HTML).text
    assert page.count(">5 h ago<") == 3
    assert ">14 s ago<" in page


def test_the_nodes_page_says_as_of_when(centre: Centre) -> None:
    local = centre.clock.now().astimezone(ZoneInfo("Asia/Shanghai"))
    with centre.browser() as browser:
        assert f"As of {local:%m-%d %H:%M:%S}" in browser.get("/nodes?lang=en", headers=HTML).text


def test_findings_are_told_apart_from_what_people_and_towers_did(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        entries = browser.get(f"/api/v1/incidents/{ids[2]}?lang=en").json()["timeline"]
    findings = {entry["words"] for entry in entries if entry["is_finding"]}
    others = {entry["words"] for entry in entries if not entry["is_finding"]}
    assert findings == {"Located within ±240 m", "Probability of fire 91%", "Danger 3 · Elevated"}
    assert any(words.startswith("Confirmed by") for words in others)
    assert not findings & others


def test_a_board_with_more_open_incidents_than_it_carries_says_so(centre: Centre) -> None:
    sighting = centre.example.sighting("yumu", Position(26.93, 112.38), 60, 0.6)
    with centre.browser() as browser:
        for _ in range(199):
            centre.board.open(sighting, centre.clock.now())
        assert browser.get("/api/v1/state").json()["is_cut"] is False
        centre.board.open(sighting, centre.clock.now())
        state = browser.get("/api/v1/state").json()
    assert (len(state["incidents"]), state["is_cut"]) == (200, True)


def speaker(centre: Centre) -> Speaker:
    return Speaker(catalogue(Language.EN), ZoneInfo("Asia/Shanghai"), centre.board.sites())


def test_a_camera_that_sees_badly_is_named_with_reason_since_and_what_to_do(centre: Centre) -> None:
    with centre.browser() as browser:
        page = browser.get("/nodes?lang=en", headers=HTML).text
        eyes = browser.get("/api/v1/state?lang=en").json()["eyes"]
    assert "Turned camera" in page
    assert "certain · 2.4°" in page
    assert "in doubt · 4%" in page
    assert "its bearings are wrong" in page
    assert "No new frame" in page
    assert "Look at the camera&#39;s power and cable" in page
    assert ">98%<" in page
    assert "load 55%" in page
    assert eyes == {**eyes, "online": 11, "total": 12}


def with_eyes(centre: Centre, eyes: EyesOpenV1, **facts: Any) -> str:
    """Return the page of nodes with the first camera of the first node telling this."""
    node = centre.board.nodes_now[0]
    assert node.vitals is not None
    first, *others = node.vitals.vitals.cameras
    changed = structs.replace(first, eyes=eyes, **facts)
    vitals = structs.replace(node.vitals.vitals, cameras=(changed, *others), held=2, outbox_oldest_s=40.0)
    centre.board.nodes_now = (
        replace(node, vitals=replace(node.vitals, vitals=vitals)),
        *centre.board.nodes_now[1:],
    )
    with centre.browser() as browser:
        assert browser.get("/api/v1/state?lang=en").json()["eyes"]["online"] == 10
        return browser.get("/nodes?lang=en", headers=HTML).text


def test_maintenance_shows_its_end_and_its_reason(centre: Centre) -> None:
    until = centre.clock.now() + timedelta(minutes=20)
    eyes = EyesOpenV1(seen_s=0.0, span_s=60.0, reason="maintenance", since=centre.clock.now())
    page = with_eyes(centre, eyes, maintenance_until=until, maintenance_reason="new housing")
    local = until.astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"until {local:%m-%d %H:%M:%S} · new housing" in page
    assert "2 held back during maintenance" in page
    assert "oldest 40 s ago" in page


def test_a_pause_shows_its_end_and_who_asked_for_it(centre: Centre) -> None:
    until = centre.clock.now() + timedelta(minutes=20)
    eyes = EyesOpenV1(seen_s=0.0, span_s=60.0, reason="paused", since=centre.clock.now())
    page = with_eyes(centre, eyes, paused_until=until, paused_reason="Liu: lens cleaned")
    local = until.astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"until {local:%m-%d %H:%M:%S} · Liu: lens cleaned" in page


def test_a_reason_that_this_centre_does_not_know_is_shown_as_it_came(centre: Centre) -> None:
    page = with_eyes(centre, EyesOpenV1(seen_s=0.0, span_s=60.0, reason="ice-age"))
    assert "Another reason: ice-age" in page
