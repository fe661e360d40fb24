"""The JSON API: what it gives, what it does, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from firewatch.domain.danger import NamedPart, PartRole, SumParts
from firewatch.errors import StoreError
from firewatch.testing import example_sites
from firewatch.testing.builders import a_rating
from firewatch.texts import Language, catalogue
from firewatch.web import openapi_document
from firewatch.web.csrf import new_token
from firewatch.web.details import danger_parts
from firewatch.web.words import Speaker

if TYPE_CHECKING:
    import httpx
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

HTML = {"accept": "text/html"}


def csrf_of(browser: httpx.Client) -> dict[str, str]:
    """Open a page as a person does, and return the header that its script would send."""
    browser.get("/nodes", headers=HTML)
    return {"x-csrf-token": browser.cookies["fw_csrf"]}


def test_the_state_holds_queue_eyes_towers_and_stations(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, _ = busy
    with centre.browser() as browser:
        state = browser.get("/api/v1/state").json()
    assert [card["state"] for card in state["incidents"]] == ["SUSPECTED", "SUSPECTED", "CONFIRMED", "FALSE_ALARM"]
    assert state["eyes"]["online"] == 11
    assert state["eyes"]["total"] == 12
    assert state["eyes"]["last_frame_at"] == "2026-04-04T03:59:45Z"
    assert state["is_illustrative"] is True
    assert [station["grade"] for station in state["stations"]] == [4, 3, 5, None]
    assert state["seq"] == centre.board.last_seq()


def test_a_station_without_a_rating_is_no_data_and_never_low(busy: tuple[Centre, list[IncidentId]]) -> None:
    with busy[0].browser() as browser:
        state = browser.get("/api/v1/state?lang=en").json()
    assert state["stations"][3]["words"] == "No data"


def test_a_silent_tower_is_not_online(centre: Centre) -> None:
    centre.clock.advance(600)
    with centre.browser() as browser:
        assert browser.get("/api/v1/state").json()["eyes"]["online"] == 0


def test_a_located_incident_carries_wgs84_and_gcj02(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        where = browser.get(f"/api/v1/incidents/{ids[0]}").json()["card"]["where"]
    assert (where["lat_deg"], where["lon_deg"]) == (27.118, 112.742)
    assert where["gcj_lon_deg"] - where["lon_deg"] == pytest.approx(0.005, abs=0.0015)
    assert f"{where['gcj_lon_deg']:.6f}%2C{where['gcj_lat_deg']:.6f}" in where["navigation"]["amap"]
    assert "coord_type=gcj02" in where["navigation"]["baidu"]
    assert len(where["ellipse"][0]) == 73


def test_every_number_shows_its_parts(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        detail = browser.get(f"/api/v1/incidents/{ids[0]}?lang=en").json()
    assert [part["name"] for part in detail["belief"]] == [
        "Base rate",
        "Model at Nanyue tower",
        "Model at Jiuguan tower",
        "Danger",
    ]
    assert detail["danger"]["marks"] == ["Tables B, C, E to be verified"]
    assert {"HTZ total", "FWI fire weather index"} <= {part["name"] for part in detail["danger"]["parts"]}
    assert detail["sightings"][0]["frames_hit"] == 6


def test_a_grade_by_a_filled_standard_shows_that_standards_parts() -> None:
    parts = SumParts(
        (
            NamedPart("heat", PartRole.ADDED, "max_temp_c", 2.0),
            NamedPart("wet", PartRole.SUBTRACTED, "rh_pct", 0.25),
            NamedPart("damp", PartRole.FACTOR, "min_rh_pct", 2.0),
        )
    )
    rating = replace(a_rating(), scheme="TEST 1-2026", parts=parts)
    told = [(part.name, part.value) for part in danger_parts(rating, speaker())]
    assert told[:4] == [("heat", 2.0), ("wet (minus)", 0.25), ("damp (factor)", 2.0), ("Total", 3.5)]
    assert [name.partition(" ")[0] for name, _ in told[4:]] == ["FFMC", "DMC", "DC", "ISI", "BUI", "FWI", "DSR"]
    none = replace(rating, grade=None, parts=None, missing=("max_temp_c",))
    assert danger_parts(none, speaker()) == danger_parts(rating, speaker())[4:]


def speaker() -> Speaker:
    return Speaker(catalogue(Language.EN), ZoneInfo("Asia/Shanghai"), example_sites())


def test_sent_reached_and_acknowledged_are_three_things(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        delivery = browser.get(f"/api/v1/incidents/{ids[0]}").json()["card"]["delivery"]
    assert delivery == {"total": 3, "sent": 3, "reached": 2, "acknowledged": 0, "failed": 0}


def test_the_player_starts_at_the_best_frame(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        sighting = browser.get(f"/api/v1/incidents/{ids[0]}").json()["sightings"][0]
    scores = [look["score"] for look in sighting["looks"]]
    assert scores[sighting["best"]] == max(scores)


def test_the_address_of_a_channel_stays_at_the_centre(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        answer = browser.get(f"/api/v1/incidents/{ids[0]}")
    assert {told["channel"] for told in answer.json()["told"]} == {"webhook", "mailto"}
    assert "liu@example.org" not in answer.text


def test_evidence_is_a_jpeg_that_browsers_may_keep(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        url = browser.get(f"/api/v1/incidents/{ids[0]}").json()["card"]["crop_url"]
        answer = browser.get(url)
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content.startswith(b"\xff\xd8\xff")


def test_confirming_names_the_actor(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        answer = browser.post(f"/api/v1/incidents/{ids[0]}/confirm", headers=csrf_of(browser))
    assert answer.json()["card"]["state"] == "CONFIRMED"
    assert centre.board.events_after(0, 999)[-1].event.actor.actor_id == "local"


def test_rejecting_keeps_the_reason_and_can_be_undone(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        header = csrf_of(browser)
        path = f"/api/v1/incidents/{ids[0]}"
        rejected = browser.post(f"{path}/reject?lang=en", headers=header, json={"reason": "fog_cloud"}).json()["card"]
        reopened = browser.post(f"{path}/reopen", headers=header).json()["card"]
    assert (rejected["state"], rejected["reject_words"]) == ("FALSE_ALARM", "Fog or cloud")
    assert (reopened["state"], reopened["reject_words"]) == ("SUSPECTED", None)


def test_an_unknown_reason_is_refused(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        path = f"/api/v1/incidents/{ids[0]}/reject"
        answer = browser.post(path, headers=csrf_of(browser), json={"reason": "boredom"})
    assert answer.status_code == 422
    assert centre.board.card(ids[0]).incident.state == "SUSPECTED"  # type: ignore[union-attr]


def test_what_the_state_forbids_is_a_conflict_in_words(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        answer = browser.post(f"/api/v1/incidents/{ids[3]}/confirm?lang=en", headers=csrf_of(browser))
    assert answer.status_code == 409
    assert answer.json() == {"error": "IllegalTransition", "words": "Not possible in this state: Dismissed"}


@pytest.mark.parametrize("path", ["/api/v1/incidents/01KNBA9RX0G0KFQYGAVXV2GB2B", "/api/v1/nothing"])
def test_what_does_not_exist_is_not_found(centre: Centre, path: str) -> None:
    with centre.browser() as browser:
        assert browser.get(path).status_code == 404


def test_the_same_key_acts_once(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        header = {**csrf_of(browser), "idempotency-key": "k1"}
        path = f"/api/v1/incidents/{ids[0]}"
        browser.post(f"{path}/reject", headers=header, json={"reason": "dust"})
        browser.post(f"{path}/reopen", headers=csrf_of(browser))
        before = centre.board.last_seq()
        again = browser.post(f"{path}/reject", headers=header, json={"reason": "dust"})
        other = browser.post(f"{path}/confirm", headers=header)
    assert again.status_code == 200
    assert other.status_code == 409
    assert centre.board.last_seq() == before


@pytest.mark.parametrize(
    "header",
    [{}, {"x-csrf-token": "made-up"}, {"x-csrf-token": new_token("another secret here", "")}],
    ids=["none", "made up", "signed elsewhere"],
)
def test_an_action_without_our_token_is_refused(busy: tuple[Centre, list[IncidentId]], header: dict[str, str]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        csrf_of(browser)
        answer = browser.post(f"/api/v1/incidents/{ids[0]}/confirm", headers=header)
    assert (answer.status_code, answer.json()["error"]) == (403, "CsrfRefused")
    assert centre.board.card(ids[0]).incident.state == "SUSPECTED"  # type: ignore[union-attr]


def test_an_action_from_another_site_is_refused_even_with_the_token(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        header = {**csrf_of(browser), "sec-fetch-site": "cross-site"}
        assert browser.post(f"/api/v1/incidents/{ids[0]}/confirm", headers=header).status_code == 403


def test_local_mode_answers_to_loopback_names_only(centre: Centre) -> None:
    with centre.browser() as browser:
        assert browser.get("/api/v1/state", headers={"host": "evil.example"}).status_code == 421
        assert browser.get("/api/v1/state", headers={"host": "localhost:1"}).status_code == 200


def test_a_failing_store_is_unavailable_and_in_words(centre: Centre) -> None:
    class Broken:
        def last_seq(self) -> int:
            raise StoreError("disk full")

    with centre.browser(live=Broken()) as browser:
        answer = browser.get("/api/v1/state?lang=en")
    assert answer.status_code == 503
    assert answer.json() == {"error": "StoreError", "words": "Cannot be stored now: please try again"}


def test_cones_and_places_are_geojson(centre: Centre) -> None:
    with centre.browser() as browser:
        collection = browser.get("/api/v1/sites.geojson").json()
    kinds = [feature["properties"]["kind"] for feature in collection["features"]]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"tower": 4, "cone": 12, "station": 4}
    cone = next(f for f in collection["features"] if f["properties"]["kind"] == "cone")
    assert cone["geometry"]["coordinates"][0][0] == cone["geometry"]["coordinates"][0][-1]


def test_the_clocks_count_from_the_call_to_the_ranger(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    called_at = centre.clock.now() - timedelta(seconds=130)
    with centre.browser() as browser:
        clock = browser.get(f"/api/v1/incidents/{ids[0]}").json()["card"]["clock"]
        accepted = browser.get(f"/api/v1/incidents/{ids[2]}").json()["card"]["clock"]
    assert clock["accept_by"] == (called_at + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (clock["accepted_by"], accepted["accepted_by"]) == (None, "周护林员")


def test_the_document_of_the_api_needs_no_server(centre: Centre) -> None:
    document = openapi_document()
    with centre.browser() as browser:
        served = browser.get("/api/v1/openapi.json").json()
    assert served == document
    assert "/api/v1/incidents/{incident_id}/confirm" in document["paths"]
