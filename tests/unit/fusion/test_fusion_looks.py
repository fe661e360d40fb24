"""What one more look is worth: against closed forms, and what must hold whatever the numbers are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.geo import Bearing, ErrorEllipse, Fix, Position
from firewatch.domain.ids import TowerId
from firewatch.errors import InvalidValue
from firewatch.fusion import Eye, Ground, SightLine, locate_fire
from firewatch.fusion.looks import Onlooker, Places, best_look, places_around, places_of
from firewatch.fusion.patches import Patches
from firewatch.geodesy import LocalPlane, direct
from firewatch.terrain import TerrainGrid

SMOKE = Position(26.95, 112.60)
PLANE = LocalPlane(SMOKE)
FAR_M = 60_000.0


def onlooker(azimuth_deg: float, distance_m: float, range_m: float = FAR_M, **camera: float) -> Onlooker:
    return Onlooker(Eye(TowerId("b"), direct(SMOKE, azimuth_deg, distance_m), range_m), **camera)


def around(major_m: float, minor_m: float = 1.0, azimuth_deg: float = 0.0, place: Position = SMOKE) -> Places:
    return places_around(PLANE, [(Fix(place, ErrorEllipse(major_m, minor_m, azimuth_deg)), 1.0)])


def hills(least_visible_m: float | np.ndarray, plane: LocalPlane = PLANE, side: int = 201) -> Ground:
    flat = np.full((side, side), 100.0, np.float32)
    half_m = 100.0 * (side // 2)
    terrain = TerrainGrid(plane, -half_m, half_m, 100.0, flat)
    return Ground(terrain, {TowerId("b"): np.asarray(least_visible_m + np.zeros_like(flat), np.float32)})


@pytest.mark.parametrize("spread_m", [100.0, 300.0, 900.0])
def test_across_a_gaussian_a_look_tells_what_the_channel_with_gaussian_noise_does(spread_m: float) -> None:
    # Shannon (1949), eq. 30: half the logarithm of 1 + signal / noise, here of variances of azimuths.
    look = best_look(around(spread_m), onlooker(90.0, 8_000.0, sigma_deg=0.5))
    signal_deg = math.degrees(math.atan2(spread_m, 8_000.0))
    assert look.chance > 0.999
    assert look.bits_of_place == pytest.approx(0.5 * math.log2(1.0 + (signal_deg / 0.5) ** 2), abs=0.05)


def test_along_the_line_that_is_known_already_a_look_tells_nothing_of_the_place() -> None:
    places = around(900.0)
    along, across = (best_look(places, onlooker(azimuth, 8_000.0)) for azimuth in (0.0, 90.0))
    assert along.bits_of_place < 0.01
    assert across.bits_of_place > 2.0
    assert along.chance == pytest.approx(across.chance, abs=1e-3)
    # It still tells whether there is a smoke: all of that one bit if it always finds one.
    assert along.bits == pytest.approx(1.0, abs=0.01)


def test_a_place_that_is_known_needs_no_look_for_itself() -> None:
    look = best_look(around(0.0, 0.0), onlooker(40.0, 9_000.0))
    assert look.bits_of_place == pytest.approx(0.0, abs=1e-6)
    assert look.heading_deg == pytest.approx(220.0, abs=0.1)


def test_two_places_far_apart_are_told_apart_for_one_bit() -> None:
    exact = ErrorEllipse(0.0, 0.0, 0.0)
    other = direct(SMOKE, 0.0, 4_000.0)
    places = places_around(PLANE, [(Fix(SMOKE, exact), 0.3), (Fix(other, exact), 0.3)])
    assert best_look(places, onlooker(90.0, 9_000.0)).bits_of_place == pytest.approx(1.0, abs=0.01)
    assert best_look(places, onlooker(180.0, 9_000.0)).bits_of_place < 0.02


@pytest.mark.parametrize("height_m", [0.0, 60.0, 150.0, 450.0])
def test_a_hill_takes_the_chance_that_a_young_plume_rises_over_it(height_m: float) -> None:
    places = around(50.0, 50.0)
    look = best_look(places, onlooker(0.0, 5_000.0), hills(height_m))
    free = best_look(places, onlooker(0.0, 5_000.0))
    assert look.chance == pytest.approx(free.chance * math.exp(-height_m / 150.0), rel=1e-6)
    assert look.least_visible_m == pytest.approx(height_m, abs=1e-3)
    assert free.least_visible_m is None
    assert look.bits <= free.bits + 1e-9


def test_half_behind_a_hill_counts_as_the_height_of_the_same_chance() -> None:
    heights = np.zeros((201, 201), np.float32)
    heights[:, :100] = 300.0
    look = best_look(around(1_000.0, 1_000.0), onlooker(0.0, 9_000.0), hills(heights))
    assert look.least_visible_m == pytest.approx(-150.0 * math.log((1.0 + math.exp(-2.0)) / 2.0), abs=8.0)
    assert best_look(around(1_000.0, 1_000.0), onlooker(0.0, 9_000.0), hills(np.nan)).least_visible_m is None


def test_the_ground_may_lie_on_another_map_than_the_places() -> None:
    heights = np.zeros((201, 201), np.float32)
    heights[:, :100] = 300.0
    elsewhere = LocalPlane(direct(SMOKE, 90.0, 3_000.0))
    moved = np.roll(heights, -30, axis=1)
    moved[:, -30:] = 0.0
    moved[:, :70] = 300.0
    one = best_look(around(1_000.0, 1_000.0), onlooker(0.0, 9_000.0), hills(heights))
    other = best_look(around(1_000.0, 1_000.0), onlooker(0.0, 9_000.0), hills(moved, elsewhere))
    assert one.chance == pytest.approx(other.chance, abs=0.02)


def test_a_ground_that_names_another_tower_or_ends_before_says_nothing() -> None:
    places = around(50.0, 50.0)
    nameless = Ground(hills(0.0).terrain, {})
    beyond = hills(300.0, LocalPlane(direct(SMOKE, 0.0, 50_000.0)))
    free = best_look(places, onlooker(0.0, 5_000.0))
    for ground in (nameless, beyond):
        assert best_look(places, onlooker(0.0, 5_000.0), ground) == free


def test_at_its_range_a_camera_finds_every_second_smoke_and_beyond_hardly_any() -> None:
    chances = [best_look(around(10.0), onlooker(0.0, at_m, 10_000.0)).chance for at_m in (5_000.0, 10_000.0, 20_000.0)]
    assert chances == pytest.approx([0.993, 0.5, 0.0], abs=0.01)


def test_a_picture_that_cannot_hold_all_turns_to_the_part_with_most() -> None:
    sharp = ErrorEllipse(50.0, 50.0, 0.0)
    west, east = direct(SMOKE, 270.0, 6_000.0), direct(SMOKE, 90.0, 6_000.0)
    places = places_around(PLANE, [(Fix(west, sharp), 1.0), (Fix(east, sharp), 3.0)])
    narrow = best_look(places, onlooker(180.0, 6_000.0, hfov_deg=30.0))
    wide = best_look(places, onlooker(180.0, 6_000.0, hfov_deg=120.0))
    assert (narrow.heading_deg, narrow.chance) == (pytest.approx(45.0, abs=1.0), pytest.approx(0.75, abs=0.01))
    assert min(wide.heading_deg, 360.0 - wide.heading_deg) < 2.0
    assert wide.chance > 0.99
    # Somebody may want it to look elsewhere.
    assert best_look(places, onlooker(180.0, 6_000.0, hfov_deg=30.0), towards=west).chance == pytest.approx(
        0.25, abs=0.01
    )
    nothing = best_look(places, onlooker(180.0, 6_000.0, hfov_deg=30.0), towards=direct(SMOKE, 180.0, 20_000.0))
    assert (nothing.chance, nothing.bits, nothing.least_visible_m) == (0.0, 0.0, None)


def test_of_one_bearing_the_tower_that_crosses_it_is_worth_more_than_the_one_at_its_end() -> None:
    seen_from = direct(SMOKE, 180.0, 8_000.0)
    line = SightLine(Eye(TowerId("a"), seen_from, 15_000.0), Bearing(0.0, 0.5))
    places = places_of(locate_fire([line]))
    across, behind, far = (
        best_look(places, onlooker(azimuth, at_m, 15_000.0))
        for azimuth, at_m in ((90.0, 8_000.0), (180.0, 10_000.0), (90.0, 30_000.0))
    )
    assert across.bits > behind.bits > far.bits


@given(
    azimuth=st.floats(0.0, 359.0),
    distance_m=st.floats(500.0, 30_000.0),
    spread_m=st.floats(1.0, 3_000.0),
    sigma_deg=st.floats(0.05, 5.0),
    hfov_deg=st.floats(5.0, 360.0),
    hidden_m=st.floats(0.0, 2_000.0),
)
def test_worth_and_chance_stay_within_their_bounds(
    azimuth: float, distance_m: float, spread_m: float, sigma_deg: float, hfov_deg: float, hidden_m: float
) -> None:
    camera = onlooker(azimuth, distance_m, 15_000.0, sigma_deg=sigma_deg, hfov_deg=hfov_deg)
    look = best_look(around(spread_m, spread_m / 3.0, 30.0), camera, hills(hidden_m))
    assert 0.0 <= look.chance <= 1.0
    assert 0.0 <= look.heading_deg < 360.0
    assert -1e-9 <= look.bits <= 1.0 + 0.5 * look.bits_of_place + 1e-9
    # No more than an azimuth can tell at all, and whether it was seen.
    assert look.bits_of_place <= math.log2(1.0 + 360.0 / sigma_deg) + 1.0
    assert look.least_visible_m is not None
    assert look.least_visible_m == pytest.approx(hidden_m, abs=0.01)


@given(nearer=st.floats(0.0, 500.0), more=st.floats(0.0, 500.0))
def test_a_higher_hill_never_makes_a_look_worth_more(nearer: float, more: float) -> None:
    places, camera = around(300.0, 100.0), onlooker(70.0, 7_000.0)
    low, high = (best_look(places, camera, hills(height)) for height in (nearer, nearer + more))
    assert high.chance <= low.chance + 1e-9
    assert high.bits <= low.bits + 1e-6


def test_the_likely_places_hold_what_is_asked_and_at_least_one() -> None:
    places = around(300.0, 100.0)
    half = places.likely(0.5)
    assert float(np.sum(half.mass)) == pytest.approx(1.0)
    assert 0.1 < len(half.patches) / len(places.patches) < 0.5
    assert len(places.likely(0.0).patches) == 1
    assert len(places.likely(1.0).patches) == len(places.patches)


def test_what_is_no_place_no_chance_or_no_camera_is_refused() -> None:
    with pytest.raises(InvalidValue, match="fixes"):
        places_around(PLANE, [])
    with pytest.raises(InvalidValue, match="chance of a place"):
        places_around(PLANE, [(Fix(SMOKE, ErrorEllipse(1.0, 1.0, 0.0)), 0.0)])
    point = Patches.points(np.zeros(1), np.zeros(1))
    with pytest.raises(InvalidValue, match="places"):
        Places(PLANE, point, np.ones(2))
    for camera in ({"sigma_deg": 0.0}, {"hfov_deg": 400.0}):
        with pytest.raises(InvalidValue):
            onlooker(0.0, 1_000.0, **camera)
