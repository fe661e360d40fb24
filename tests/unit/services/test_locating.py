"""The position and the region of an incident come from one posterior, fed with all that the centre knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from seen_boxes import FIRE, NORTH, SOUTH, WEST, metres, open_ground, seen, sites, tower, with_box
from shapely.geometry import shape
from sight_lines import PLANE, place

from firewatch.domain.geo import Bearing, wrap_deg
from firewatch.domain.ids import CameraId, TowerId
from firewatch.domain.mounting import Mount
from firewatch.domain.vision import Box
from firewatch.errors import NoFixError
from firewatch.fusion import Eye, Ground, NotSeen, intersect
from firewatch.fusion.intersect import TowerBearing
from firewatch.geodesy import inverse
from firewatch.services import locating
from firewatch.services.locating import Locator, likely_place
from firewatch.services.whereabouts import whereabouts
from firewatch.terrain import TerrainGrid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.sites import Tower

A, B, C = tower("a", WEST), tower("b", SOUTH), tower("c", NORTH)


def located(*towers, sightings=None, ground=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN201
    chosen = sightings or [seen(n, one) for n, one in enumerate(towers, start=1)]
    return Locator(sites(*towers), lambda _towers: ground).locate(chosen)


def test_boxes_on_the_ground_tell_one_tower_how_far_the_fire_is() -> None:
    flat, hilly = located(A), located(A, ground=open_ground(A))
    assert (flat.is_flat, flat.is_ranged, hilly.is_flat, hilly.is_ranged) == (True, False, False, True)
    assert metres(hilly.posterior.fix.position) < 300.0
    assert hilly.posterior.fix.ellipse.major_m < 0.2 * flat.posterior.fix.ellipse.major_m
    assert likely_place(flat) is None
    assert likely_place(hilly) == hilly.posterior.fix
    assert likely_place(located(A, B, ground=open_ground(A, B))) is None


def test_boxes_pull_a_long_crossing_towards_the_fire() -> None:
    along = tower("b", (-6_300.0, 100.0))
    sightings = [seen(1, A, off_deg=0.3), seen(2, along, off_deg=-0.3)]
    ground = open_ground(A, along)
    flat, hilly = (located(A, along, sightings=sightings, ground=one) for one in (None, ground))
    assert metres(flat.posterior.fix.position) > 1_500.0
    assert metres(hilly.posterior.fix.position) < 0.2 * metres(flat.posterior.fix.position)


def test_a_surveyed_height_of_the_cameras_counts_before_the_ground_below_them() -> None:
    surveyed = tower("a", WEST, is_surveyed=True)
    found = located(surveyed, sightings=[seen(1, surveyed)], ground=open_ground(surveyed))
    assert metres(found.posterior.fix.position) < 300.0
    higher = replace(surveyed, position=replace(surveyed.position, elevation_m=surveyed.position.elevation_m + 200.0))
    wrong = located(higher, sightings=[seen(1, surveyed)], ground=open_ground(surveyed))
    assert metres(wrong.posterior.fix.position) > 1_000.0


def test_an_offset_of_the_camera_raises_its_eye() -> None:
    (camera,) = A.cameras
    (pose,) = camera.poses
    hung = replace(pose, calibration=replace(pose.calibration, mount=Mount(up_m=-25.0)))
    low = replace(A, mast_m=55.0, cameras=(replace(camera, poses=(hung,)),))
    assert metres(located(low, sightings=[seen(1, A)], ground=open_ground(A)).posterior.fix.position) < 300.0


def test_a_tilt_that_nobody_measured_tells_little() -> None:
    guessed = tower("a", WEST, errors=None)
    exact, vague = (located(one, ground=open_ground(one)) for one in (A, guessed))
    ratio = vague.posterior.fix.ellipse.major_m / exact.posterior.fix.ellipse.major_m
    assert ratio > 5.0
    assert likely_place(vague) is None
    # Three degrees too low, as a file that says 0 of a camera that looks down.
    off = tower("a", WEST, errors=None, tilt_deg=1.0)
    sightings = [seen(1, guessed)]
    found = whereabouts(sightings, Locator(sites(off), lambda _towers: open_ground(off)))
    assert found is not None
    at = place(*FIRE)
    assert shape(found.region90).contains(shapely.Point(at.lon_deg, at.lat_deg))


@pytest.mark.parametrize("case", ["lower edge", "other calibration", "unknown pose", "tower beside the map"])
def test_what_does_not_show_the_foot_of_the_smoke_has_no_elevation(case: str) -> None:
    sighting, ground, one = seen(1, A), open_ground(A), A
    if case == "lower edge":
        box = sighting.looks[-1].box
        sighting = with_box(sighting, Box(box.x0, box.y0, box.x1, 1_080.0))
    elif case == "other calibration":
        sighting = replace(sighting, calibration_id="of-another-day")
    elif case == "unknown pose":
        sighting = replace(sighting, pose_id="elsewhere")
    else:
        beside = place(-14_900.0, 20_000.0)
        one = replace(A, position=beside)
    assert not located(one, sightings=[sighting], ground=ground).is_ranged


def test_a_corrected_pose_moves_direction_and_elevation() -> None:
    (camera,) = A.cameras
    (pose,) = camera.poses
    turned = replace(
        pose,
        calibration=replace(pose.calibration, calibration_id="survey-2"),
        corrects=("survey-1",),
    )
    right = replace(A, cameras=(replace(camera, poses=(turned,)),))
    sent = replace(seen(1, A), bearing=Bearing(wrap_deg(seen(1, A).bearing.azimuth_deg + 8.0), 0.2))
    assert metres(located(right, sightings=[sent], ground=open_ground(A)).posterior.fix.position) < 300.0


def test_all_that_a_mast_saw_in_one_direction_is_one_line() -> None:
    many = [replace(seen(n, A), camera_id=A.cameras[0].camera_id) for n in range(1, 9)]
    one, eight = (located(A, sightings=some, ground=open_ground(A)) for some in (many[:1], many))
    assert len(eight.posterior.disagreements) == 1
    assert inverse(one.posterior.fix.position, eight.posterior.fix.position).distance_m < 1.0


def test_on_the_plane_the_position_is_that_of_the_bearings() -> None:
    sightings = [seen(n, one) for n, one in enumerate((A, B, C), start=1)]
    crossed = intersect(
        [TowerBearing(s.tower_id, t.position, s.bearing) for s, t in zip(sightings, (A, B, C), strict=True)]
    )
    fix = Locator(sites(A, B, C)).fix(sightings)
    assert fix is not None
    assert inverse(fix.position, crossed.position).distance_m < 2.0


@settings(max_examples=10, deadline=None)
@given(st.permutations([seen(1, A), seen(2, B), seen(3, C), seen(4, A), seen(5, B)]))
def test_the_order_of_sightings_changes_nothing_to_the_last_bit(order: list[object]) -> None:
    def ground(_towers: object) -> object:
        return open_ground(A, B, C)

    assert Locator(sites(C, A, B), ground).fix(order) == Locator(sites(A, B, C), ground).fix(sorted(order, key=str))


def test_what_was_found_is_kept_until_something_is_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = locating.locate_fire

    def counted(*args: object) -> object:
        asked.append(1)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(locating, "locate_fire", counted)
    grounds = [open_ground(A, B)]
    locator = Locator(sites(A, B), lambda _towers: grounds[-1])
    sightings = [seen(1, A), seen(2, B)]
    first = locator.fix(sightings)
    assert locator.fix(reversed(sightings)) == first
    assert len(asked) == 1
    grounds.append(None)  # type: ignore[arg-type]
    assert locator.fix(sightings) != first
    monkeypatch.setattr(locating, "_KEPT", 1)
    locator.fix([seen(1, A)])
    locator.fix(sightings)
    assert len(asked) == 4


def test_a_camera_on_no_map_and_directions_that_never_meet_have_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = replace(seen(1, A), camera_id=CameraId("elsewhere"))
    locator = Locator(sites(A))
    assert (locator.locate([stranger]), locator.fix([stranger]), whereabouts([stranger], locator)) == (None,) * 3

    def nowhere(*_args: object) -> None:
        raise NoFixError(("a",), "no place explains what was seen")

    monkeypatch.setattr(locating, "locate_fire", nowhere)
    assert (locator.fix([seen(1, A)]), whereabouts([seen(1, A)], locator)) == (None, None)


@settings(max_examples=6, deadline=None)
@given(
    st.floats(-2_000.0, 8_000.0), st.floats(-3_000.0, 3_000.0), st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=3)
)
def test_the_most_likely_point_lies_in_the_region_of_one_half(east: float, north: float, off: list[float]) -> None:
    fire = (east, north)
    towers = [tower(one.tower_id, at, fire) for one, at in ((A, WEST), (B, SOUTH), (C, NORTH))]
    sightings = [seen(n, one, fire, off_deg=off[n]) for n, one in enumerate(towers)]
    for some in (sightings[:1], sightings[:2], sightings):
        for ground in (None, open_ground(*towers)):
            found = whereabouts(some, Locator(sites(*towers), lambda _towers, ground=ground: ground))
            assert found is not None
            assert (found.best is None) is (ground is None and len(some) == 1)
            if found.best is None:
                continue
            at = shapely.Point(found.best.position.lon_deg, found.best.position.lat_deg)
            assert shape(found.region50).buffer(1e-6).contains(at)


def test_the_position_of_the_incident_is_that_of_its_region() -> None:
    sightings = [seen(n, one) for n, one in enumerate((A, B), start=1)]
    locator = Locator(sites(A, B), lambda _towers: open_ground(A, B))
    found = whereabouts(sightings, locator)
    assert found is not None
    assert found.best == locator.fix(sightings)


class Quiet:
    """Every tower that is asked saw nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def of(self, sightings: object, towers: Sequence[Tower]) -> tuple[NotSeen, ...]:
        del sightings
        self.asked = [one.tower_id for one in towers]
        return tuple(NotSeen(Eye(one.tower_id, one.position, 15_000.0), 0.0, 180.0) for one in towers)


def test_the_nearest_towers_on_other_masts_whose_reach_meets_are_asked() -> None:
    same_mast = tower("beside", (WEST[0] + 40.0, WEST[1]))
    ring = [tower(f"n{n}", (WEST[0] + 1_000.0 * n, WEST[1])) for n in range(1, 9)]
    far, blind = tower("far", (WEST[0] - 31_000.0, 0.0)), replace(C, tower_id=TowerId("blind"), cameras=())
    quiet = Quiet()
    everybody = (far, *reversed(ring), same_mast, blind, A)
    Locator(sites(*everybody), lambda towers: open_ground(*towers), quiet).locate([seen(1, A)])
    assert quiet.asked == ["n1", "n2", "n3"]
    near = replace(far, position=place(WEST[0] - 29_000.0, 0.0))
    Locator(sites(near, A), lambda towers: open_ground(*towers), quiet).locate([seen(1, A)])
    assert quiet.asked == ["far"]


@pytest.mark.parametrize("known", ["all", "not its view", "nothing"])
def test_a_silence_counts_only_where_it_is_known_what_the_tower_sees(known: str) -> None:
    sighting = replace(seen(1, A), calibration_id="of-another-day")

    def ground(towers: Sequence[Tower]) -> Ground | None:
        if known == "nothing" and len(towers) > 1:
            return None
        return open_ground(*(one for one in towers if known == "all" or one.tower_id == "a"))

    plain = Locator(sites(A, B), ground).locate([sighting])
    found = Locator(sites(A, B), ground, Quiet()).locate([sighting])
    assert plain is not None
    assert found is not None
    assert (found.posterior.log_evidence < plain.posterior.log_evidence - 0.01) is (known == "all")
    flat = Locator(sites(A, B), silences=Quiet()).locate([sighting])
    assert flat is not None
    assert flat.posterior.log_evidence == located(A, sightings=[sighting]).posterior.log_evidence


def test_of_two_towers_far_apart_each_stands_on_its_own_ground() -> None:
    """The ground that both see may have neither of them in it."""
    middle = Ground(
        TerrainGrid(PLANE, -1_000.0, 2_000.0, 50.0, np.full((80, 80), 100.0, np.float32)),
        {one.tower_id: np.zeros((80, 80), np.float32) for one in (A, B)},
    )

    def ground(towers: Sequence[Tower]) -> Ground:
        return open_ground(*towers) if len(towers) == 1 else middle

    found = Locator(sites(A, B), ground).locate([seen(1, A, (500.0, 0.0)), seen(2, B, (500.0, 0.0))])
    assert found is not None
    assert found.is_ranged
