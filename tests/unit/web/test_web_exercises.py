"""An exercise on the pages: the API, the stream's card, the phone page, the Nodes page all say so; a fire's do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from web_centre import Centre

from firewatch.domain.ids import CameraId, IncidentId, TowerId
from firewatch.domain.node import CameraVitals, Vitals
from firewatch.services.ports import VitalsArrived
from firewatch.services.views import NodeView
from firewatch.texts import Language, catalogue
from firewatch.wire import codec

if TYPE_CHECKING:
    from firewatch.domain.vision import Sighting

HTML = {"accept": "text/html"}
PREFIX = {"zh-CN": "【演练】", "en": "[EXERCISE]"}


@pytest.fixture
def drilled() -> tuple[Centre, IncidentId, IncidentId]:
    """Return a centre with a fire's incident and an exercise beside it."""
    centre = Centre()
    real = centre.example.quarter_of_an_hour()[0]
    detail = centre.example.board.incident(real)
    assert detail is not None
    seen: Sighting = detail.card.sightings[0]
    painted = replace(seen, sighting_id=type(seen.sighting_id)(seen.sighting_id[:-4] + "0000"), is_exercise=True)
    return centre, real, centre.example.board.open(painted, painted.first_seen_at)


@pytest.mark.parametrize("language", PREFIX)
def test_the_board_the_detail_and_the_timeline_say_it(
    drilled: tuple[Centre, IncidentId, IncidentId], language: str
) -> None:
    centre, real, exercise = drilled
    with centre.browser() as browser:
        cards = {
            card["incident_id"]: card for card in browser.get(f"/api/v1/state?lang={language}").json()["incidents"]
        }
        for incident_id in (real, exercise):
            is_exercise = incident_id == exercise
            card = cards[incident_id]
            assert card["is_exercise"] is is_exercise
            assert card["number"].startswith(PREFIX[language]) is is_exercise
            detail = browser.get(f"/api/v1/incidents/{incident_id}?lang={language}").json()
            assert detail["card"]["is_exercise"] is is_exercise
            assert {each["is_exercise"] for each in detail["sightings"]} == {is_exercise}
            assert detail["timeline"][0]["words"].startswith(PREFIX[language]) is is_exercise


@pytest.mark.parametrize("language", PREFIX)
def test_the_phone_page_says_it_before_anything_else(
    drilled: tuple[Centre, IncidentId, IncidentId], language: str
) -> None:
    centre, real, exercise = drilled
    for incident_id in (real, exercise):
        _, path = centre.call(incident_id)
        with centre.browser() as browser:
            page = browser.get(f"{path}?lang={language}", headers=HTML).text
        assert (PREFIX[language] in page[page.index("<body") : page.index("<main>")]) is (incident_id == exercise)
        assert (PREFIX[language] in page[page.index("<title>") : page.index("</title>")]) is (incident_id == exercise)


def test_the_nodes_page_says_where_one_goes_on_and_until_when() -> None:
    centre = Centre()
    at = centre.clock.now()
    node = next(each for each in centre.example.board.nodes() if each.status is not None)
    camera = CameraVitals(CameraId("north"), 1.0, 0.1, exercise_until=at + timedelta(minutes=9))
    vitals = Vitals(at, "01KNBABKG0PMKAXWD3877YDSE3", (camera,), 1, 0, "0" * 64)
    said = codec.decode_vitals(codec.encode_vitals(vitals))
    told = NodeView(TowerId(node.tower_id), node.status, VitalsArrived(TowerId(node.tower_id), said, at))
    centre.board.nodes_now = (told,)
    with centre.browser() as browser:
        page = browser.get("/nodes?lang=en", headers=HTML).text
    words = catalogue(Language.EN)
    assert words.text("health.what.exercise") in page
    assert words.text("health.do.exercise") in page
