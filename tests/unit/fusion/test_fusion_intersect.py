from __future__ import annotations

import json
import math
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.geo import Bearing, Position, difference_deg, wrap_deg
from firewatch.domain.ids import TowerId
from firewatch.errors import InvalidValue, NoFixError
from firewatch.fusion import TowerBearing, cross, intersect
from firewatch.geodesy import LocalPlane, PlanePoint, direct, inverse

if TYPE_CHECKING:
    from pathlib import Path

HENGYANG = Position(26.9, 112.6)
PLANE = LocalPlane(HENGYANG)


def place(east_m: float, north_m: float) -> Position:
    return PLANE.unproject(PlanePoint(east_m, north_m))


def seen(tower: str, at: Position, azimuth_deg: float, sigma_deg: float = 0.5) -> TowerBearing:
    return TowerBearing(TowerId(tower), at, Bearing(wrap_deg(azimuth_deg), sigma_deg))


def looking_at(fire: Position, tower: str, at: Position, sigma_deg: float = 0.5, off_deg: float = 0.0) -> TowerBearing:
    return seen(tower, at, inverse(at, fire).azimuth_deg + off_deg, sigma_deg)


FIRE = place(1_500.0, 700.0)
A, B, C = place(-6_000.0, 0.0), place(5_000.0, -4_000.0), place(0.0, 9_000.0)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("number", "key"),
    [
        (0, "reference_least_squares_123"),
        (1, "reference_exact_intersection"),
        (2, "reference_exact_intersection"),
        (3, "reference_exact_intersection"),
    ],
)
def test_fixes_agree_with_the_geodesic_reference(shared_data: Path, number: int, key: str) -> None:
    """The references are rounded to 1e-6 degrees, 0.06 m; the triple weighs its three bearings equally."""
    vectors = json.loads((shared_data / "location" / "vectors.json").read_text())
    case = vectors["triangulation"]["cases"][number]
    bearings = [seen(str(c["id"]), Position(c["lat"], c["lon"]), c["azimuth_deg"]) for c in case["in"][:3]]
    assert inverse(intersect(bearings).position, Position(*case[key])).distance_m < 0.1


@pytest.mark.shared
@pytest.mark.parametrize("number", [4, 5])
def test_cameras_on_one_mast_are_never_triangulated(shared_data: Path, number: int) -> None:
    vectors = json.loads((shared_data / "location" / "vectors.json").read_text())
    case = vectors["triangulation"]["cases"][number]
    assert case["expected_location"] is None
    bearings = [seen(str(c["id"]), Position(c["lat"], c["lon"]), c["azimuth_deg"]) for c in case["in"]]
    with pytest.raises(NoFixError, match="two places at least 100 m apart"):
        intersect(bearings)


coordinates = st.floats(-8_000.0, 8_000.0)
points = st.tuples(coordinates, coordinates)


@given(st.tuples(points, points, points), points, st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3))
def test_three_towers_find_a_fire_well_within_their_error(
    towers: tuple[tuple[float, float], ...], fire_at: tuple[float, float], offs_deg: list[float]
) -> None:
    """A tower may stand 500 m from the fire; 1 degree off is 2 sigmas."""
    fire = place(*fire_at)
    places = [place(*tower) for tower in towers]
    near = min(inverse(at, fire).distance_m for at in places)
    crossing = max(
        abs(math.sin(math.radians(inverse(a, fire).azimuth_deg - inverse(b, fire).azimuth_deg)))
        for a in places
        for b in places
    )
    if near < 500.0 or crossing < 0.2:
        return
    named = zip("abc", places, offs_deg, strict=True)
    found = cross([looking_at(fire, name, at, 0.5, off) for name, at, off in named])
    assert inverse(found.fix.position, fire).distance_m < 4.0 * found.fix.ellipse.major_m
    assert found.chi_square == pytest.approx(sum(r.sigmas**2 for r in found.residuals))
    assert found.freedom == 1


@given(points)
def test_exact_bearings_give_the_exact_place(fire_at: tuple[float, float]) -> None:
    fire = place(*fire_at)
    towers = [("a", place(-12_000.0, -9_000.0)), ("b", place(12_000.0, -9_500.0)), ("c", place(500.0, 14_000.0))]
    found = cross([looking_at(fire, name, at) for name, at in towers])
    assert inverse(found.fix.position, fire).distance_m < 0.01
    assert max(abs(r.turn_deg) for r in found.residuals) < 1e-5


@given(st.floats(0.0, 359.0), st.lists(st.floats(-0.8, 0.8), min_size=3, max_size=3))
def test_a_fix_turns_with_the_map(turn_deg: float, offs_deg: list[float]) -> None:
    """On the plane around the fire a turned map is the same map: the ellipsoid adds millimetres a kilometre."""
    towers = [(6_000.0, 20.0), (9_000.0, 140.0), (12_000.0, 255.0)]

    def fix_of(turned_deg: float) -> tuple[PlanePoint, float, float, float]:
        places = [direct(HENGYANG, azimuth + turned_deg, distance) for distance, azimuth in towers]
        named = zip("abc", places, offs_deg, strict=True)
        fix = intersect([looking_at(HENGYANG, name, at, 0.5, off) for name, at, off in named])
        return PLANE.project(fix.position), fix.ellipse.major_m, fix.ellipse.minor_m, fix.ellipse.azimuth_deg

    (still, *axes, long_deg), (turned, *turned_axes, turned_long_deg) = fix_of(0.0), fix_of(turn_deg)
    cos, sin = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    assert turned.east_m == pytest.approx(still.east_m * cos + still.north_m * sin, abs=0.2)
    assert turned.north_m == pytest.approx(still.north_m * cos - still.east_m * sin, abs=0.2)
    assert turned_axes == pytest.approx(axes, rel=1e-3)
    assert abs(math.sin(math.radians(turned_long_deg - long_deg - turn_deg))) < 2e-3


def test_the_order_of_bearings_does_not_matter() -> None:
    bearings = [looking_at(FIRE, n, at, 0.5, off) for n, at, off in (("a", A, 0.4), ("b", B, -0.3), ("c", C, 0.5))]
    fixes = [intersect(order) for order in permutations(bearings)]
    for fix in fixes:
        assert inverse(fix.position, fixes[0].position).distance_m < 0.01
        assert fix.ellipse.major_m == pytest.approx(fixes[0].ellipse.major_m, rel=1e-6)


def test_the_ellipse_of_a_square_crossing_is_the_sideways_error_of_each_bearing() -> None:
    east, south = place(10_000.0, 0.0), place(0.0, -5_000.0)
    fix = intersect([looking_at(HENGYANG, "a", east, 0.5), looking_at(HENGYANG, "b", south, 0.5)])
    assert fix.ellipse.major_m == pytest.approx(10_000.0 * math.radians(0.5), rel=1e-3)
    assert fix.ellipse.minor_m == pytest.approx(5_000.0 * math.radians(0.5), rel=1e-3)
    assert abs(difference_deg(2.0 * fix.ellipse.azimuth_deg, 0.0)) < 0.5, "the east tower's error runs north"


def test_a_surer_bearing_pulls_the_fix_to_itself() -> None:
    def off_c(sigma_deg: float) -> float:
        bearings = [looking_at(FIRE, "a", A, 0.5, 0.5), looking_at(FIRE, "b", B, 0.5, 0.5)]
        found = cross([*bearings, looking_at(FIRE, "c", C, sigma_deg, -0.5)])
        return abs(found.residuals[2].turn_deg)

    assert off_c(0.2) < off_c(0.5) < off_c(1.5)


def test_residuals_say_which_way_a_tower_points() -> None:
    found = cross([looking_at(FIRE, "a", A, 0.1), looking_at(FIRE, "b", B, 0.1), looking_at(FIRE, "c", C, 5.0, 2.0)])
    assert found.residuals[2].tower_id == "c"
    assert found.residuals[2].turn_deg == pytest.approx(2.0, abs=0.05)
    assert found.residuals[2].distance_m == pytest.approx(inverse(C, FIRE).distance_m, abs=10.0)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_bearings_give_no_position(count: int) -> None:
    with pytest.raises(NoFixError, match="two places"):
        intersect([looking_at(FIRE, "a", A)] * count)


def test_bearings_along_one_line_are_parallel() -> None:
    with pytest.raises(NoFixError, match=r"the bearings are parallel$"):
        intersect([seen("a", HENGYANG, 0.0), seen("b", direct(HENGYANG, 180.0, 5_000.0), 0.0)])


def test_bearings_that_cross_at_less_than_their_error_are_parallel() -> None:
    with pytest.raises(NoFixError, match="parallel within their error"):
        intersect([looking_at(FIRE, "a", A, 2.0), looking_at(FIRE, "b", place(-6_000.0, 500.0), 2.0)])


def test_bearings_that_lose_their_crossing_on_the_way_are_parallel() -> None:
    """Near the pole, with a bearing that says nothing: the first point lies on one line with both towers."""
    bearings = [
        seen("a", Position(-89.49937588702078, -179.99070536136847), 280.5236684324896, 0.01),
        seen("b", Position(-89.49891560438894, 179.81867556942782), 334.36078620700823, 90.0),
    ]
    with pytest.raises(NoFixError, match="parallel"):
        intersect(bearings)


def test_a_crossing_behind_a_tower_is_none() -> None:
    with pytest.raises(NoFixError, match="behind b") as caught:
        intersect([looking_at(FIRE, "a", A), looking_at(FIRE, "b", B, 0.5, 180.0)])
    assert caught.value.towers == ("a", "b")


def test_a_third_bearing_that_looks_away_from_the_others_crossing_is_refused() -> None:
    with pytest.raises(NoFixError, match="behind c"):
        intersect([looking_at(FIRE, "a", A, 0.1), looking_at(FIRE, "b", B, 0.1), looking_at(FIRE, "c", C, 90.0, 170.0)])


def test_a_crossing_beyond_the_longest_range_is_refused() -> None:
    bearings = [looking_at(FIRE, "a", A), looking_at(FIRE, "b", B)]
    away_m = inverse(A, FIRE).distance_m
    assert intersect(bearings, away_m + 1.0).position
    with pytest.raises(NoFixError, match=r"7\.5 km from a, beyond 7 km"):
        intersect(bearings, 7_000.0)


def test_bearings_that_disagree_name_the_tower_that_is_off() -> None:
    towers = [("a", A, 0.0), ("b", B, 0.0), ("c", C, 9.0), ("d", place(-3_000.0, -8_000.0), 0.0)]
    with pytest.raises(NoFixError, match=r"disagree \(chi-square .*; c is \+\d"):
        intersect([looking_at(FIRE, name, at, 0.5, off) for name, at, off in towers])


def test_bearings_that_point_past_each_other_are_refused() -> None:
    towers = [(7_000.0, 1_000.0, 300.0), (8_000.0, -4_000.0, 350.0), (3_000.0, 4_000.0, 170.0)]
    with pytest.raises(NoFixError, match="to and fro"):
        intersect([seen(f"t{east}", place(east, north), azimuth, 1.0) for east, north, azimuth in towers])


def test_a_range_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidValue, match="longest range"):
        intersect([looking_at(FIRE, "a", A), looking_at(FIRE, "b", B)], 0.0)


def test_a_bearing_without_a_tower_is_refused() -> None:
    with pytest.raises(InvalidValue, match="tower"):
        looking_at(FIRE, " ", A)
