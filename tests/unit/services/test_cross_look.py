"""From where else a smoke could be seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.ids import PoseId, TowerId
from firewatch.domain.incident import Located, PossiblePlace
from firewatch.domain.sites import Camera, SiteMap, Tower
from firewatch.geodesy import direct, inverse
from firewatch.services.cross_look import vantages
from firewatch.testing import ExampleBoard
from firewatch.testing.clocks import SCENE_START

SMOKE = Position(27.12, 112.74)


@pytest.fixture
def example() -> ExampleBoard:
    return ExampleBoard(SCENE_START)


def test_a_located_smoke_is_looked_at_from_the_towers_that_have_not_seen_it(example: ExampleBoard) -> None:
    incident_id = example.incident(SMOKE, ("nanyue", "jiuguan"), 60)
    card = example.board.card(incident_id)
    assert card is not None
    assert card.incident.fix is not None
    found = vantages(card, example.sites)
    assert {one.tower.tower_id for one in found} == {"yumu", "qifeng"}
    for one in found:
        leg = inverse(one.tower.position, card.incident.fix.position)
        assert one.bearing_deg == pytest.approx(leg.azimuth_deg, abs=1e-6)
        assert one.distance_m == pytest.approx(leg.distance_m)
        assert one.span_deg is None
        assert one.is_near == (leg.distance_m <= 18_000.0)
    assert [one.distance_m for one in found] == sorted(one.distance_m for one in found)


def test_along_one_bearing_the_middle_of_the_sector_is_looked_at(example: ExampleBoard) -> None:
    card = example.board.card(example.incident(SMOKE, ("nanyue",), 60))
    assert card is not None
    assert card.incident.fix is None
    for one in vantages(card, example.sites):
        assert one.span_deg is not None
        first, last = one.span_deg
        width = (last - first) % 360.0
        assert width < 180.0
        assert (one.bearing_deg - first) % 360.0 == pytest.approx(width / 2.0)


def test_a_sector_over_north_is_not_turned_inside_out(example: ExampleBoard) -> None:
    card = example.board.card(example.incident(SMOKE, ("nanyue",), 60))
    assert card is not None
    nanyue = example.sites.tower(card.sightings[0].tower_id)
    assert nanyue is not None
    south = replace(example.sites.towers[1], position=Position(SMOKE.lat_deg - 0.15, SMOKE.lon_deg))
    (one,) = vantages(card, SiteMap((nanyue, south), ()))
    assert one.span_deg is not None
    assert one.bearing_deg > 300.0 or one.bearing_deg < 60.0


def test_where_nothing_is_known_of_the_place_nobody_is_sent_to_look(example: ExampleBoard) -> None:
    card = example.board.card(example.incident(SMOKE, ("nanyue",), 60))
    assert card is not None
    others = tuple(tower for tower in example.sites.towers if tower.tower_id != "nanyue")
    assert vantages(card, SiteMap(others, ())) == []


def test_a_tower_without_cameras_is_not_asked(example: ExampleBoard) -> None:
    card = example.board.card(example.incident(SMOKE, ("nanyue", "jiuguan"), 60))
    assert card is not None
    towers = tuple(replace(tower, cameras=()) if tower.tower_id == "yumu" else tower for tower in example.sites.towers)
    assert [one.tower.tower_id for one in vantages(card, SiteMap(towers, ()))] == ["qifeng"]


def test_a_view_that_holds_the_bearing_comes_before_one_that_does_not(example: ExampleBoard) -> None:
    card = example.board.card(example.incident(SMOKE, ("nanyue", "jiuguan"), 60))
    assert card is not None
    found = {one.tower.tower_id: one for one in vantages(card, example.sites)}
    # Yumu's three cameras look at 30, 150 and 270 degrees, each 62 wide; Qifeng's two at 30 and 210.
    for name, middles in (("yumu", (30, 150, 270)), ("qifeng", (30, 210))):
        one = found[name]  # type: ignore[index]
        off = min(abs((one.bearing_deg - middle + 180) % 360 - 180) for middle in middles)
        assert one.is_in_view == (off <= 31.0)


def test_a_look_along_a_line_that_is_there_comes_after_one_that_crosses_it(example: ExampleBoard) -> None:
    card = example.board.card(example.incident(SMOKE, ("nanyue", "jiuguan"), 60))
    assert card is not None
    nanyue, jiuguan, yumu, _ = example.sites.towers
    leg = inverse(nanyue.position, SMOKE)
    behind = replace(yumu, position=direct(SMOKE, leg.azimuth_deg, 6_000.0), cameras=_all_around(yumu))
    aside = replace(behind, tower_id=TowerId("aside"), position=direct(SMOKE, leg.azimuth_deg + 80.0, 9_000.0))
    found = vantages(card, SiteMap((nanyue, jiuguan, behind, aside), ()))
    assert [one.tower.tower_id for one in found] == ["aside", "yumu"]
    assert found[1].crossing_deg == pytest.approx(0.0, abs=0.1)
    assert found[0].crossing_deg > 15.0


def _all_around(tower: Tower) -> tuple[Camera, ...]:
    """Return one camera that sees any bearing, so that views do not decide."""
    pose = tower.cameras[0].poses[0]
    poses = tuple(
        replace(pose, pose_id=PoseId(f"to{azimuth}"), calibration=replace(pose.calibration, azimuth_deg=azimuth))
        for azimuth in range(0, 360, 45)
    )
    return (replace(tower.cameras[0], poses=poses),)


def test_where_it_may_be_at_several_places_all_of_them_are_looked_at(example: ExampleBoard) -> None:
    incident_id = example.incident(SMOKE, ("nanyue",), 60)
    places = (SMOKE, Position(27.05, 112.80))
    ellipse = ErrorEllipse(300.0, 120.0, 40.0)
    could_be = tuple(PossiblePlace(Fix(place, ellipse), (TowerId("nanyue"),), 0.4) for place in places)
    example.board.happen(incident_id, Located(None, "several", possible_places=could_be), SCENE_START)
    card = example.board.card(incident_id)
    assert card is not None
    for one in vantages(card, example.sites):
        legs = [inverse(one.tower.position, place) for place in places]
        assert one.span_deg is not None
        assert sorted(one.span_deg) == pytest.approx(sorted(leg.azimuth_deg for leg in legs))
        assert one.distance_m == pytest.approx(min(leg.distance_m for leg in legs))
