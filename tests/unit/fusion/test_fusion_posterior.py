from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sight_lines import HENGYANG, PLANE, RANGE_M, angle_to, line, place, slope

from firewatch.domain.geo import Bearing, Position, wrap_deg
from firewatch.domain.ids import TowerId
from firewatch.errors import InvalidValue, NoFixError
from firewatch.fusion import (
    ElevationAngle,
    Eye,
    Ground,
    NotSeen,
    Posterior,
    SightLine,
    SightRules,
    TowerBearing,
    intersect,
    locate_fire,
    region,
)
from firewatch.geodesy import direct, inverse

if TYPE_CHECKING:
    from collections.abc import Sequence

A, B, C, D = (-7_000.0, 0.0), (5_000.0, -4_000.0), (0.0, 9_000.0), (8_000.0, 6_000.0)
SPREAD = {"a": A, "b": B, "c": C, "d": D}


def seen(names: str = "abc", **other: float) -> list[SightLine]:
    return [line(name, SPREAD[name], **other) for name in names]


def off_m(posterior: Posterior, east_m: float = 0.0, north_m: float = 0.0) -> float:
    return inverse(posterior.fix.position, place(east_m, north_m)).distance_m


def mass_where(posterior: Posterior, is_there: np.ndarray) -> float:
    return float(posterior.mass[is_there].sum())


@pytest.mark.parametrize("names", ["ab", "abc", "abcd"])
@pytest.mark.parametrize("sigma_deg", [0.01, 0.1, 0.5, 2.0])
def test_true_bearings_give_the_place_and_the_ellipse_of_the_crossing(names: str, sigma_deg: float) -> None:
    """At 2 degrees the map is no longer straight over the ellipse: a tenth of it is allowed."""
    lines = seen(names, sigma_deg=sigma_deg)
    found = locate_fire(lines)
    crossed = intersect([TowerBearing(one.eye.tower_id, one.eye.position, one.bearing) for one in lines])
    assert off_m(found) < 0.02 * crossed.ellipse.major_m
    assert found.fix.ellipse.major_m == pytest.approx(crossed.ellipse.major_m, rel=0.1)
    assert found.fix.ellipse.minor_m == pytest.approx(crossed.ellipse.minor_m, rel=0.1)
    turn_deg = 2.0 * (found.fix.ellipse.azimuth_deg - crossed.ellipse.azimuth_deg)
    assert math.cos(math.radians(turn_deg)) > 0.97
    assert found.mass.sum() == pytest.approx(1.0)


def test_two_bearings_at_a_right_angle_have_the_analytic_region() -> None:
    """10 km and 5 km away at 0.5 degrees; the Gaussian's region of 90 % has the area 2 ln 10 times pi a b."""
    lines = [line("a", (10_000.0, 0.0)), line("b", (0.0, -5_000.0))]
    found = locate_fire(lines)
    a_m, b_m = 10_000.0 * math.radians(0.5), 5_000.0 * math.radians(0.5)
    for share in (0.5, 0.9):
        area_m2 = -2.0 * math.log(1.0 - share) * math.pi * a_m * b_m
        # Two wrong azimuths in a hundred widen the regions a little.
        assert region(found, share).area == pytest.approx(area_m2 * 1.05, rel=0.12)


def test_neither_order_nor_repetition_of_the_call_changes_anything() -> None:
    lines = [*seen("ab"), line("c", C, off_deg=0.6)]
    silences = [silent("d", D), silent("e", (3_000.0, 3_000.0))]
    first = locate_fire(lines, silences)
    for order in permutations(lines):
        again = locate_fire(order, silences[::-1])
        assert (again.best, again.mean, again.ellipse) == (first.best, first.mean, first.ellipse)
        assert again.log_evidence == first.log_evidence
        assert again.disagreements == first.disagreements


@settings(max_examples=25)
@given(st.floats(0.0, 359.0), st.lists(st.floats(-0.8, 0.8), min_size=3, max_size=3))
def test_a_posterior_turns_with_the_map(turn_deg: float, offs_deg: list[float]) -> None:
    towers = [(6_000.0, 20.0), (9_000.0, 140.0), (12_000.0, 255.0)]

    def found(turned_deg: float) -> tuple[float, float, float, float]:
        lines = []
        for name, (distance_m, azimuth_deg), off_deg in zip("abc", towers, offs_deg, strict=True):
            at = direct(HENGYANG, azimuth_deg + turned_deg, distance_m)
            azimuth = wrap_deg(inverse(at, HENGYANG).azimuth_deg + off_deg)
            lines.append(SightLine(Eye(TowerId(name), at, RANGE_M), Bearing(azimuth, 0.5)))
        posterior = locate_fire(lines)
        leg = inverse(HENGYANG, posterior.fix.position)
        return leg.distance_m, leg.azimuth_deg - turned_deg, posterior.ellipse.major_m, posterior.log_evidence

    (away_m, azimuth_deg, *still), (turned_m, turned_azimuth_deg, *turned) = found(0.0), found(turn_deg)
    assert turned_m == pytest.approx(away_m, abs=1.0)
    apart_m = 2.0 * away_m * abs(math.sin(math.radians(turned_azimuth_deg - azimuth_deg) / 2.0))
    assert apart_m < 1.0
    assert turned == pytest.approx(still, rel=0.01)


@settings(max_examples=25)
@given(st.floats(-60.0, 60.0), st.floats(-170.0, 170.0))
def test_a_posterior_moves_with_the_towers(lat_deg: float, lon_deg: float) -> None:
    middle = Position(lat_deg, lon_deg)
    lines = []
    for name, azimuth_deg in (("a", 10.0), ("b", 100.0), ("c", 220.0)):
        at = direct(middle, azimuth_deg, 8_000.0)
        lines.append(SightLine(Eye(TowerId(name), at, RANGE_M), Bearing(inverse(at, middle).azimuth_deg, 0.5)))
    found = locate_fire(lines)
    assert inverse(found.fix.position, middle).distance_m < 0.5
    assert found.ellipse.major_m == pytest.approx(67.5, rel=0.1)


@settings(max_examples=20)
@given(st.floats(0.05, 3.0), st.floats(0.3, 1.0))
def test_a_surer_bearing_never_makes_the_region_much_larger(sigma_deg: float, part: float) -> None:
    rough = locate_fire([line("a", A, sigma_deg=sigma_deg), line("b", B)])
    sure = locate_fire([line("a", A, sigma_deg=sigma_deg * part), line("b", B)])
    assert region(sure, 0.9).area < 1.1 * region(rough, 0.9).area


def test_the_regions_hold_what_they_say() -> None:
    """200 fires, errors from the model itself: 50 and 90 %, within three standard errors of the count."""
    rng = np.random.default_rng(37)
    held = np.zeros(2)
    for _ in range(200):
        lines = []
        for name in "ab":
            off_deg = rng.normal(0.0, 0.5) + (rng.normal(0.0, 5.0) if rng.uniform() < 0.01 else 0.0)
            lines.append(line(name, SPREAD[name], off_deg=off_deg))
        found = locate_fire(lines)
        fire = found.plane.project(HENGYANG)
        density = found.log_density_at(np.array([fire.east_m]), np.array([fire.north_m]))[0]
        held += [density >= found.level(0.5), density >= found.level(0.9)]
    assert abs(held[0] - 100) < 3.0 * math.sqrt(200 * 0.25)
    assert abs(held[1] - 180) < 3.0 * math.sqrt(200 * 0.09)


def test_a_wrong_azimuth_among_four_is_found_and_does_no_harm() -> None:
    lines = [*seen("abd"), line("c", C, off_deg=6.0)]
    found = locate_fire(lines)
    told = {one.tower_id: one for one in found.disagreements}
    assert told["c"].probability > 0.99
    assert told["c"].turn_deg == pytest.approx(6.0, abs=0.5)
    assert told["c"].residual_deg == pytest.approx(6.0, abs=0.5)
    assert all(told[name].probability < 0.05 for name in "abd")
    alone = locate_fire(seen("abd"))
    assert off_m(found) < 10.0
    assert found.ellipse.major_m < 1.2 * alone.ellipse.major_m


def test_a_camera_at_another_preset_is_told_too() -> None:
    found = locate_fire([*seen("abd"), line("c", C, off_deg=120.0)])
    told = {one.tower_id: one for one in found.disagreements}
    assert told["c"].probability > 0.99
    assert told["c"].turn_deg == pytest.approx(120.0, abs=1.0)
    assert off_m(found) < 10.0


def test_of_three_towers_of_which_one_is_wrong_each_crossing_stays_possible() -> None:
    found = locate_fire([*seen("ab"), line("c", C, off_deg=6.0)])
    assert sum(one.probability for one in found.disagreements) > 0.9
    assert len(region(found, 0.9).geoms) >= 2
    assert region(found, 0.9).contains_properly(_point(found, 0.0, 0.0))


def _point(posterior: Posterior, east_m: float, north_m: float) -> object:
    from shapely import Point

    at = posterior.plane.project(place(east_m, north_m))
    return Point(at.east_m, at.north_m)


def test_bearings_of_one_fire_have_more_evidence_than_of_two() -> None:
    """The associator's question: one fire a 100 km2, azimuths per degree."""
    rate = math.log(0.01)

    def evidence(lines: Sequence[SightLine]) -> float:
        return locate_fire(lines, prior=lambda east, _: np.full_like(east, rate)).log_evidence

    apart = [line("a", A), line("b", B, fire=(-6_000.0, 4_000.0)), line("c", C)]
    assert evidence(seen("abc")) > evidence(seen("ab")) + evidence(seen("c"))
    assert evidence(apart) < evidence([apart[0], apart[2]]) + evidence([apart[1]])


def test_lines_from_one_place_count_as_one() -> None:
    once = locate_fire(seen("ab"))
    twice = locate_fire([*seen("ab"), line("a2", (A[0] + 20.0, A[1]))])
    assert twice.ellipse.major_m == pytest.approx(once.ellipse.major_m, rel=0.02)


def test_one_tower_on_the_plane_gives_its_wedge_within_its_range() -> None:
    found = locate_fire([line("a", (0.0, 0.0), fire=(0.0, 9_000.0))])
    north_m = found.patches.north_m
    assert mass_where(found, north_m > 1.3 * RANGE_M) < 0.06
    assert mass_where(found, np.abs(found.patches.east_m) > 0.05 * np.abs(north_m)) < 0.02
    assert found.ellipse.minor_m < 150.0
    assert found.ellipse.major_m > 2_000.0


GROUND = slope()
TOWER = (-9_000.0, 0.0)
LENS_M = 2_000.0 - 900.0 + 30.0


def angled(fire: tuple[float, float], sigma_deg: float = 0.1, **other: float) -> SightLine:
    angle = ElevationAngle(angle_to(GROUND, TOWER, LENS_M, fire), sigma_deg)
    return line("a", TOWER, fire, elevation=angle, height_m=LENS_M, **other)


def test_one_tower_before_a_slope_gives_a_place() -> None:
    """A bowl around it, whose ground is seen the higher the farther it is."""
    steep = slope(0.1)
    side = steep.east_m()
    bowl = np.broadcast_to((side + 9_000.0) ** 2 / 40_000.0, steep.shape).astype(np.float32)
    grid = type(steep)(PLANE, steep.west_m, steep.north_m, steep.cell_m, bowl)
    fire = (1_000.0, 500.0)
    angle = ElevationAngle(angle_to(grid, TOWER, 40.0, fire), 0.05)
    found = locate_fire([line("a", TOWER, fire, elevation=angle, height_m=40.0)], ground=Ground(grid))
    assert off_m(found, *fire) < 150.0
    assert found.ellipse.major_m < 500.0
    flat = locate_fire([line("a", TOWER, fire)])
    assert region(found, 0.9).area < 0.15 * region(flat, 0.9).area


def test_an_elevation_angle_says_nothing_without_the_height_of_the_lens_or_the_ground() -> None:
    angle = ElevationAngle(2.0, 0.1)
    with_angle = locate_fire([line("a", A, elevation=angle, height_m=300.0)])
    assert with_angle.log_evidence == locate_fire([line("a", A)]).log_evidence
    unknown = locate_fire([line("a", A, elevation=angle)], ground=Ground(GROUND))
    assert unknown.log_evidence == locate_fire([line("a", A)], ground=Ground(GROUND)).log_evidence


def test_unknown_ground_is_possible() -> None:
    heights = GROUND.elevation_m.copy()
    heights[:, GROUND.east_m() > -2_000.0] = np.nan
    holed = type(GROUND)(PLANE, GROUND.west_m, GROUND.north_m, GROUND.cell_m, heights)
    found = locate_fire([angled((1_000.0, 0.0))], ground=Ground(holed))
    assert mass_where(found, found.patches.east_m > -2_000.0) > 0.1
    nothing = type(GROUND)(PLANE, GROUND.west_m, GROUND.north_m, GROUND.cell_m, np.full_like(heights, np.nan))
    assert math.isfinite(locate_fire([angled((1_000.0, 0.0))], ground=Ground(nothing)).log_evidence)


def test_hidden_ground_is_less_likely_and_never_impossible() -> None:
    hidden = np.zeros(GROUND.shape, np.float32)
    hidden[:, GROUND.east_m() > 0.0] = 300.0
    sight = line("a", TOWER, (1_000.0, 0.0))
    plain = locate_fire([sight], ground=Ground(GROUND))
    found = locate_fire([sight], ground=Ground(GROUND, {TowerId("a"): hidden}))
    behind, before = found.patches.east_m > 100.0, plain.patches.east_m > 100.0
    odds, plain_odds = (mass / (1.0 - mass) for mass in (mass_where(found, behind), mass_where(plain, before)))
    assert odds == pytest.approx(plain_odds * math.exp(-300.0 / 150.0), rel=0.2)


def silent(tower: str, at: tuple[float, float], **other: float) -> NotSeen:
    facts = {"middle_deg": 0.0, "half_width_deg": 180.0} | other
    return NotSeen(Eye(TowerId(tower), place(*at), RANGE_M), **facts)


def test_a_silent_tower_lowers_what_it_would_have_seen() -> None:
    """Tower d stands beside the far half of a's wedge and looks only at that half."""
    sight = line("a", (0.0, 0.0), fire=(0.0, 9_000.0))
    without = locate_fire([sight])
    far = mass_where(without, without.patches.north_m > 8_000.0)
    found = locate_fire([sight], [silent("d", (-3_000.0, 8_000.0), middle_deg=45.0, half_width_deg=45.0)])
    less = mass_where(found, found.patches.north_m > 8_000.0)
    assert less / (1.0 - less) < 0.3 * far / (1.0 - far)
    assert less > 0.02, "no silence rules a place out"


def test_below_its_picture_a_silent_camera_says_nothing() -> None:
    sight = line("a", (0.0, 0.0), fire=(0.0, 9_000.0))
    without = locate_fire([sight]).log_evidence
    blind = silent("d", (0.0, 8_000.0), nearest_m=60_000.0)
    assert locate_fire([sight], [blind]).log_evidence == pytest.approx(without, abs=1e-9)
    assert locate_fire([sight], [replace(blind, nearest_m=1_000.0)]).log_evidence < without - 0.1
    with pytest.raises(InvalidValue, match="nearest place"):
        replace(blind, nearest_m=-1.0)


def test_silence_has_a_floor_and_hidden_ground_none() -> None:
    sight = line("a", TOWER, (1_000.0, 0.0))
    hidden = np.full(GROUND.shape, 2_000.0, np.float32)
    blind = Ground(GROUND, {TowerId("d"): hidden})
    watcher = silent("d", (0.0, 3_000.0), chance=1.0)
    plain = locate_fire([sight], ground=Ground(GROUND)).log_evidence
    assert locate_fire([sight], [watcher], blind).log_evidence == pytest.approx(plain, abs=0.01)
    unknown = Ground(GROUND, {TowerId("d"): np.full(GROUND.shape, np.nan, np.float32)})
    assert locate_fire([sight], [watcher], unknown).log_evidence == pytest.approx(plain, abs=0.01)
    seen_by_all = locate_fire([sight], [watcher], Ground(GROUND)).log_evidence
    assert plain + math.log(0.1) <= seen_by_all < plain - 0.5


def test_the_prior_moves_the_place_where_bearings_leave_it_open() -> None:
    sight = line("a", (0.0, 0.0), fire=(0.0, 9_000.0))

    def near(east_m: np.ndarray, north_m: np.ndarray) -> np.ndarray:
        return np.where(np.hypot(east_m, north_m) < 4_000.0, 0.0, -5.0)

    found = locate_fire([sight], prior=near)
    assert mass_where(found, found.patches.north_m < 4_000.0) > 0.9


def test_nothing_to_go_by_is_refused() -> None:
    with pytest.raises(NoFixError, match="no sight line"):
        locate_fire([])
    with pytest.raises(NoFixError, match="no place explains"):
        locate_fire(seen("ab"), prior=lambda east, _: np.full_like(east, -np.inf))


def test_bearings_far_out_of_the_ordinary_still_give_an_answer() -> None:
    """Behind each other, parallel, on one spot, of the widest and the finest sigma."""
    cases = (
        [line("a", A, fire=(-20_000.0, 0.0)), line("b", B, fire=(20_000.0, -4_000.0))],
        [line("a", (0.0, 0.0), fire=(0.0, 9_000.0)), line("b", (500.0, 0.0), fire=(500.0, 9_000.0))],
        [line("a", A, sigma_deg=90.0), line("b", B, sigma_deg=90.0)],
        [line("a", A, sigma_deg=1e-6), line("b", B, sigma_deg=1e-6), line("c", C, sigma_deg=90.0)],
        [line(name, A) for name in "abcdef"],
    )
    for lines in cases:
        found = locate_fire(lines)
        assert math.isfinite(found.log_evidence)
        assert not region(found, 0.9).is_empty
        assert len(found.mass) < 60_000


def test_the_ground_must_fit_what_is_seen_of_it() -> None:
    with pytest.raises(InvalidValue, match="least visible height of a"):
        Ground(GROUND, {TowerId("a"): np.zeros((2, 2), np.float32)})


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: Eye(TowerId("a"), HENGYANG, 10.0), "range"),
        (lambda: Eye(TowerId("a"), HENGYANG, RANGE_M, 1e5), "height of the lens"),
        (lambda: ElevationAngle(91.0, 0.1), "elevation angle"),
        (lambda: ElevationAngle(1.0, 0.0), "elevation sigma"),
        (lambda: silent("a", A, half_width_deg=0.0), "field of view"),
        (lambda: silent("a", A, middle_deg=361.0), "middle"),
        (lambda: silent("a", A, chance=1.1), "chance"),
        (lambda: SightRules(off_share=0.6), "wrong azimuths"),
        (lambda: SightRules(least_silence=0.0), "least silence"),
    ],
)
def test_values_out_of_range_are_refused(make: object, what: str) -> None:
    with pytest.raises(InvalidValue, match=what):
        make()  # type: ignore[operator]
