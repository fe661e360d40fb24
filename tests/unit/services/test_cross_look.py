"""From where else a smoke could be seen."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.ids import PoseId, TowerId
from firewatch.domain.incident import Located, PossiblePlace
from firewatch.domain.sites import Camera, SiteMap, Tower
from firewatch.errors import NoFixError
from firewatch.fusion import Ground
from firewatch.geodesy import LocalPlane, direct, inverse
from firewatch.services.cross_look import PlainSight, lookers, vantages
from firewatch.services.locating import Locator
from firewatch.terrain import TerrainGrid
from firewatch.testing import ExampleBoard
from firewatch.testing.clocks import SCENE_START

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        assert one.bearing_deg == pytest.approx(leg.azimuth_deg, abs=1e-3)
        assert one.distance_m == pytest.approx(leg.distance_m)
        assert one.span_deg is None
        assert one.is_near == (leg.distance_m <= 18_000.0)
        assert one.sight is (PlainSight.UNKNOWN if one.is_near else PlainSight.FAR)
    assert [one.bits for one in found] == sorted((one.bits for one in found), reverse=True)


def test_along_one_bearing_it_looks_where_the_picture_holds_most(example: ExampleBoard) -> None:
    card = example.board.card(example.incident(SMOKE, ("nanyue",), 60))
    assert card is not None
    assert card.incident.fix is None
    for one in vantages(card, example.sites):
        assert one.span_deg is not None
        first, last = one.span_deg
        width = (last - first) % 360.0
        assert width < 180.0
        assert (one.bearing_deg - first) % 360.0 <= width
        # A tower beside the line turns to its near part: beyond its range it would find nothing.
        assert one.chance > 0.3 or not one.is_near


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
    assert found[1].crossing_deg < 1.5
    assert found[0].bits > found[1].bits
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
        first, last = one.span_deg
        for leg in legs:
            assert (leg.azimuth_deg - first) % 360.0 <= (last - first) % 360.0
        # What the places' errors add to the sector is a few degrees.
        between = max((legs[0].azimuth_deg - legs[1].azimuth_deg) % 360.0, 0.0)
        assert (last - first) % 360.0 <= min(between, 360.0 - between) + 20.0
        assert one.distance_m == pytest.approx(min(leg.distance_m for leg in legs), abs=700.0)


def test_a_look_that_parts_two_possible_places_comes_before_one_that_does_not(example: ExampleBoard) -> None:
    incident_id = example.incident(SMOKE, ("nanyue",), 60)
    other = direct(SMOKE, 90.0, 4_000.0)
    ellipse = ErrorEllipse(200.0, 120.0, 40.0)
    could_be = tuple(PossiblePlace(Fix(place, ellipse), (TowerId("nanyue"),), 0.5) for place in (SMOKE, other))
    example.board.happen(incident_id, Located(None, "several", possible_places=could_be), SCENE_START)
    card = example.board.card(incident_id)
    assert card is not None
    nanyue, _, yumu, _ = example.sites.towers
    in_line = replace(yumu, position=direct(SMOKE, 270.0, 5_000.0), cameras=_all_around(yumu))
    across = replace(in_line, tower_id=TowerId("across"), position=direct(direct(SMOKE, 90.0, 2_000.0), 180.0, 7_000.0))
    assert [one.tower.tower_id for one in vantages(card, SiteMap((nanyue, in_line, across), ()))] == ["across", "yumu"]


def test_a_bearing_counts_by_todays_calibration(example: ExampleBoard) -> None:
    card = example.board.card(example.incident(SMOKE, ("nanyue",), 60))
    assert card is not None
    nanyue = example.sites.towers[0]
    sighting = card.sightings[0]
    camera = nanyue.camera(sighting.camera_id)
    pose = camera.pose(sighting.pose_id)
    turned = replace(
        pose.calibration,
        calibration_id="by-the-skyline",
        azimuth_deg=(pose.calibration.azimuth_deg + 20.0) % 360.0,
    )
    poses = (replace(pose, calibration=turned, corrects=(pose.calibration.calibration_id,)),)
    others = tuple(one for one in nanyue.cameras if one.camera_id != camera.camera_id)
    moved = replace(nanyue, cameras=(replace(camera, poses=poses), *others))
    before = {one.tower.tower_id: one for one in vantages(card, example.sites)}
    after = vantages(card, SiteMap((moved, *example.sites.towers[1:]), ()))
    assert any(abs(one.bearing_deg - before[one.tower.tower_id].bearing_deg) > 3.0 for one in after)


def _hills(towers: tuple[Tower, ...], hidden_m: dict[str, float]) -> Callable[[Sequence[Tower]], Ground | None]:
    plane = LocalPlane(SMOKE)
    flat = np.full((401, 401), 200.0, np.float32)
    terrain = TerrainGrid(plane, -40_000.0, 40_000.0, 200.0, flat)
    seen = {t.tower_id: np.full(flat.shape, hidden_m[t.tower_id], np.float32) for t in towers if t.tower_id in hidden_m}
    return lambda asked: Ground(terrain, {t.tower_id: seen[t.tower_id] for t in asked if t.tower_id in seen})


def test_a_tower_behind_a_hill_comes_after_one_in_plain_sight_however_near_it_is(example: ExampleBoard) -> None:
    card = example.board.card(example.incident(SMOKE, ("nanyue", "jiuguan"), 60))
    assert card is not None
    nanyue, jiuguan, yumu, _ = example.sites.towers
    near = replace(yumu, position=direct(SMOKE, 200.0, 5_000.0), cameras=_all_around(yumu))
    wide = replace(near, tower_id=TowerId("wide"), position=direct(SMOKE, 160.0, 9_000.0))
    far = replace(near, tower_id=TowerId("far"), position=direct(SMOKE, 180.0, 30_000.0))
    sites = SiteMap((nanyue, jiuguan, near, wide, far), ())
    ground_of = _hills(sites.towers, {"yumu": 320.0, "wide": 0.0})
    found = vantages(card, sites, ground_of)
    assert [(one.tower.tower_id, one.sight) for one in found] == [
        ("wide", PlainSight.PLAIN),
        ("yumu", PlainSight.RISEN),
        ("far", PlainSight.FAR),
    ]
    assert found[1].least_visible_m == pytest.approx(320.0, abs=1.0)
    assert found[1].chance == pytest.approx(math.exp(-320.0 / 150.0), rel=0.02)
    assert vantages(card, sites)[0].tower.tower_id == "yumu"
    verified = lookers(SMOKE, SiteMap((near, wide, far), ()), 500.0, ground_of)
    assert [one.tower.tower_id for one in verified] == ["wide", "yumu"]


def test_equal_looks_stand_in_the_order_of_distance_then_of_names(example: ExampleBoard) -> None:
    yumu = example.sites.towers[2]
    east = replace(yumu, position=direct(SMOKE, 90.0, 6_000.0), cameras=_all_around(yumu))
    west = replace(east, tower_id=TowerId("a-west"), position=direct(SMOKE, 270.0, 6_000.0))
    near = replace(east, tower_id=TowerId("z-near"), position=direct(SMOKE, 0.0, 5_900.0))
    for towers in ((east, west, near), (near, west, east)):
        assert lookers(SMOKE, SiteMap(towers, ()))[0].tower.tower_id == "z-near"
        assert {one.tower.tower_id for one in lookers(SMOKE, SiteMap(towers, ()))} == {"a-west", "yumu", "z-near"}


def test_bearings_that_no_place_explains_leave_the_fix_to_look_at(
    example: ExampleBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise NoFixError((), "no place explains what was seen")

    monkeypatch.setattr(Locator, "locate", nowhere)
    card = example.board.card(example.incident(SMOKE, ("nanyue", "jiuguan"), 60))
    alone = example.board.card(example.incident(SMOKE, ("nanyue",), 60))
    assert card is not None
    assert alone is not None
    assert {one.tower.tower_id for one in vantages(card, example.sites)} == {"yumu", "qifeng"}
    assert vantages(alone, example.sites) == []
