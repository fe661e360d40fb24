"""The probability region of an incident, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapely

if TYPE_CHECKING:
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId


def test_an_incident_s_region_holds_its_position(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser:
        state = browser.get("/api/v1/state").json()
        located = next(card for card in state["incidents"] if card["where"])
        found = browser.get(f"/api/v1/incidents/{located['incident_id']}/whereabouts").json()
    at = shapely.Point(located["where"]["lon_deg"], located["where"]["lat_deg"])
    assert shapely.geometry.shape(found["region90"]).buffer(1e-3).contains(at)
    assert {told["tower"] for told in found["towers"]} == set(located["towers"])
    assert 0.0 < found["squares"][0]["probability"] <= 1.0
    assert located["incident_id"] in ids
    assert found["is_flat"] is True
    # Positions of incidents are rounded to 11 m.
    assert found["best"]["lat_deg"] == pytest.approx(located["where"]["lat_deg"], abs=6e-5)
    assert found["best"]["lon_deg"] == pytest.approx(located["where"]["lon_deg"], abs=6e-5)
    assert found["likely_point"] is None
    assert found["townships"] == []


def test_what_is_not_there_has_no_whereabouts(centre: Centre) -> None:
    with centre.browser() as browser:
        assert browser.get(f"/api/v1/incidents/{'0' * 26}/whereabouts").status_code == 404
        assert browser.get("/api/v1/incidents/nothing/whereabouts").status_code == 422


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_whereabouts_are_only_read(centre: Centre, method: str) -> None:
    with centre.browser() as browser:
        assert browser.request(method, f"/api/v1/incidents/{'0' * 26}/whereabouts").status_code == 405
