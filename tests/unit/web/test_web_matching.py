"""Matching sightings by the API: said with a reason, shown in the timeline, taken back there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.incident import Confirmed, Located, Matched, PossiblePlace, UsedCalibration

if TYPE_CHECKING:
    import httpx
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId

HTML = {"accept": "text/html"}


def csrf_of(browser: httpx.Client) -> dict[str, str]:
    browser.get("/nodes", headers=HTML)
    return {"x-csrf-token": browser.cookies["fw_csrf"]}


def timeline(browser: httpx.Client, incident_id: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = browser.get(f"/api/v1/incidents/{incident_id}?lang=en").json()["timeline"]
    return entries


def test_two_incidents_are_said_to_be_one_fire_and_that_is_taken_back(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, (one, other, *_) = busy
    with centre.browser() as browser:
        header = csrf_of(browser)
        body = {"other_id": other, "reason": "same plume, seen over the ridge"}
        for _ in range(2):
            answer = browser.post(f"/api/v1/incidents/{one}/match", headers=header, json=body)
            assert answer.json()["card"]["incident_id"] == one
        for incident_id in (one, other):
            (said,) = [entry for entry in timeline(browser, incident_id) if entry["ruling_id"]]
            assert said["words"].endswith("one fire with another incident: same plume, seen over the ridge")
        path = f"/api/v1/incidents/{other}/rulings/{said['ruling_id']}/undo?lang=en"
        assert browser.post(path, headers=header, json={"reason": "two plumes after all"}).status_code == 200
        for incident_id in (one, other):
            entries = timeline(browser, incident_id)
            assert not [entry for entry in entries if entry["ruling_id"]]
            assert entries[-1]["words"].endswith("back: two plumes after all")
    assert sum(isinstance(x.event.change, Matched) for x in centre.board.events_after(0, 999)) == 2


def test_a_sighting_is_said_to_be_of_another_fire(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        header = csrf_of(browser)
        details = [browser.get(f"/api/v1/incidents/{i}?lang=en").json() for i in ids]
        detail = next(d for d in details if len(d["sightings"]) > 1 and d["card"]["is_open"])
        incident_id, sighting = detail["card"]["incident_id"], detail["sightings"][0]
        path = f"/api/v1/incidents/{incident_id}/unmatch"
        body = {"sighting_id": sighting["sighting_id"], "reason": "chimney"}
        assert browser.post(path, headers=header, json=body).status_code == 200
        said = timeline(browser, incident_id)[-1]
    assert f"what {sighting['tower']} sees is not this fire: chimney" in said["words"]
    assert said["ruling_id"] is not None


def test_the_same_key_says_it_once_and_another_thing_under_it_is_refused(
    busy: tuple[Centre, list[IncidentId]],
) -> None:
    centre, (one, other, third, _) = busy
    with centre.browser() as browser:
        header = {**csrf_of(browser), "idempotency-key": "k1"}
        path = f"/api/v1/incidents/{one}/match"
        assert browser.post(path, headers=header, json={"other_id": other, "reason": "x"}).status_code == 200
        before = centre.board.last_seq()
        assert browser.post(path, headers=header, json={"other_id": other, "reason": "x"}).status_code == 200
        assert browser.post(path, headers=header, json={"other_id": third, "reason": "x"}).status_code == 409
    assert centre.board.last_seq() == before


def test_what_cannot_be_is_refused_in_words(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, (one, other, confirmed, closed) = busy
    centre.board.happen(other, Confirmed(), centre.clock.now())
    with centre.browser() as browser:
        header = csrf_of(browser)
        words = {}
        for name, first, second in (("closed", one, closed), ("same", one, one), ("decided", other, confirmed)):
            path = f"/api/v1/incidents/{first}/match?lang=en"
            answer = browser.post(path, headers=header, json={"other_id": second, "reason": "x"})
            assert (answer.status_code, answer.json()["error"]) == (409, "MatchRefused")
            words[name] = answer.json()["words"]
    assert words["closed"] == "The incident is closed: only open ones can be matched"
    assert len(set(words.values())) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"other_id": "x", "reason": "y"},
        {"other_id": "01KNBA9RX0G0KFQYGAVXV2GB2B", "reason": ""},
        {"other_id": "01KNBA9RX0G0KFQYGAVXV2GB2B", "reason": "y" * 201},
        {"other_id": "01KNBA9RX0G0KFQYGAVXV2GB2B", "reason": "y", "more": 1},
    ],
)
def test_a_word_without_a_reason_or_a_place_is_refused(
    busy: tuple[Centre, list[IncidentId]], body: dict[str, object]
) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        answer = browser.post(f"/api/v1/incidents/{ids[0]}/match", headers=csrf_of(browser), json=body)
    assert answer.status_code == 422


def test_a_stranger_and_a_centre_without_a_desk_match_nothing(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, (one, other, *_) = busy
    body = {"other_id": other, "reason": "x"}
    with centre.browser() as browser:
        assert browser.post(f"/api/v1/incidents/{one}/match", json=body).status_code == 403
    with centre.browser(matching=None) as browser:
        assert browser.post(f"/api/v1/incidents/{one}/match", headers=csrf_of(browser), json=body).status_code == 404


def test_possible_places_are_told_where_none_is_the_fire(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    fix = Fix(Position(26.9, 112.6), ErrorEllipse(200.0, 50.0, 30.0))
    tower = centre.board.sites().towers[0].tower_id
    places = (PossiblePlace(fix, (tower, TowerId("stranger")), 0.5),)
    centre.board.happen(ids[0], Located(None, "several places possible", places), centre.clock.now())
    with centre.browser() as browser:
        detail = browser.get(f"/api/v1/incidents/{ids[0]}?lang=en").json()
    (place,) = detail["card"]["possible_places"]
    assert (place["where"]["lat_deg"], place["where"]["lon_deg"], place["chance"]) == (26.9, 112.6, 0.5)
    assert len(place["towers"]) == 2
    assert detail["card"]["where"] is None
    assert detail["timeline"][-1]["words"] == "Possible places: 1"


def test_the_history_says_that_a_corrected_pose_moved_the_place(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    one = UsedCalibration(TowerId("nanyue"), CameraId("north"), PoseId("fixed"), "survey-1", "survey-2")
    fix = Fix(Position(27.1, 112.7), ErrorEllipse(200.0, 90.0, 40.0))
    moved = Located(fix, calibrations=(one,), recalibrated=(one, replace(one, camera_id=CameraId("south"))))
    centre.board.happen(ids[0], moved, centre.clock.now())
    with centre.browser() as browser:
        said = {
            lang: browser.get(f"/api/v1/incidents/{ids[0]}?lang={lang}").json()["timeline"][-1]["words"]
            for lang in ("zh-CN", "en")
        }
    tower = centre.example.sites.tower(TowerId("nanyue"))
    assert tower is not None
    assert f"因{tower.name.zh}的姿态校正" in said["zh-CN"]
    assert f"the pose of {tower.name.en} was corrected" in said["en"]
    assert "200" in said["en"]
