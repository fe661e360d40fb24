from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fires_seen import FIRE, NOON, SECOND, TOWERS, members, of, place, sighting
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.geo import Position
from firewatch.domain.ids import SightingId, TowerId
from firewatch.errors import InvalidValue
from firewatch.fusion import ONE_PLACE_ONLY, SEVERAL_PLACES, AssociationRules, Group, partition
from firewatch.fusion.crossings import find_candidates
from firewatch.fusion.fires import locate
from firewatch.fusion.rays import Ray, gather_rays
from firewatch.fusion.sheet import lay_out
from firewatch.geodesy import LocalPlane, PlanePoint, direct, inverse


def test_no_sightings_are_no_fires() -> None:
    assert partition([]) == ()


def test_one_tower_alone_opens_a_group_without_a_place() -> None:
    (group,) = partition([of(FIRE, "s1", "a")])
    assert group == Group((SightingId("s1"),), (TowerId("a"),), None, ONE_PLACE_ONLY)


def test_two_towers_that_see_one_smoke_make_one_located_group() -> None:
    (group,) = partition([of(FIRE, "s1", "a"), of(FIRE, "s2", "b", 3)])
    assert (group.members, group.towers) == (("s1", "s2"), ("a", "b"))
    assert group.fix is not None
    assert inverse(group.fix.position, FIRE).distance_m < 1.0
    assert (group.why_not, group.chi_square, group.freedom, group.rivals) == ("", 0.0, 0, 0)
    assert [residual.tower_id for residual in group.residuals] == ["a", "b"]


def test_a_third_tower_sharpens_the_fix_and_shows_its_residual() -> None:
    two = [of(FIRE, "s1", "a", off_deg=0.3), of(FIRE, "s2", "b", off_deg=-0.4)]
    (before,) = partition(two)
    (after,) = partition([*two, of(FIRE, "s3", "c", off_deg=0.2)])
    assert before.fix is not None
    assert after.fix is not None
    assert after.fix.ellipse.major_m < before.fix.ellipse.major_m
    assert (len(after.residuals), after.freedom) == (3, 1)
    assert after.chi_square == pytest.approx(sum(r.sigmas**2 for r in after.residuals))


def test_cameras_of_one_tower_in_one_direction_are_one_group_without_a_place() -> None:
    (group,) = partition([sighting("s1", "a", 80.0), sighting("s2", "a", 83.5, 5)])
    assert group.members == ("s1", "s2")
    assert (group.towers, group.fix, group.why_not) == (("a",), None, ONE_PLACE_ONLY)


def test_cameras_of_one_tower_in_two_directions_are_two_groups() -> None:
    assert members(partition([sighting("s1", "a", 80.0), sighting("s2", "a", 84.5)])) == [["s1"], ["s2"]]


def test_a_sighting_between_two_smokes_joins_the_nearer_one() -> None:
    groups = partition([sighting("s1", "a", 80.0), sighting("s2", "a", 86.0), sighting("s3", "a", 83.5, 1)])
    assert members(groups) == [["s1"], ["s2", "s3"]]


def test_an_unsure_camera_is_given_three_sigmas() -> None:
    unsure = [sighting("s1", "a", 80.0, sigma_deg=2.0), sighting("s2", "a", 88.0, sigma_deg=2.0)]
    assert members(partition(unsure)) == [["s1", "s2"]]


def test_directions_are_compared_across_north() -> None:
    assert members(partition([sighting("s1", "a", 359.0), sighting("s2", "a", 1.0)])) == [["s1", "s2"]]


def test_a_pause_longer_than_the_gap_is_another_fire() -> None:
    first = sighting("s1", "a", 80.0, 0, lasts_min=20)
    assert members(partition([first, sighting("s2", "a", 80.0, 65)])) == [["s1", "s2"]]
    assert members(partition([first, sighting("s2", "a", 80.0, 66)])) == [["s1"], ["s2"]]


def test_the_gap_counts_between_towers_too() -> None:
    assert len(partition([of(FIRE, "s1", "a"), of(FIRE, "s2", "b", 45)])) == 1
    assert len(partition([of(FIRE, "s1", "a"), of(FIRE, "s2", "b", 46)])) == 2
    assert len(partition([of(FIRE, "s1", "a"), of(FIRE, "s2", "b", 46)], AssociationRules(timedelta(hours=1)))) == 1


def test_a_tower_that_comes_back_to_a_located_fire_joins_it_by_the_other_towers_time() -> None:
    """Tower a pauses for longer than the gap; b saw the fire throughout."""
    early, late = of(FIRE, "s1", "a"), of(FIRE, "s3", "a", 70)
    (group,) = partition([early, of(FIRE, "s2", "b", 1, lasts_min=60), late])
    assert group.members == ("s1", "s2", "s3")
    assert len(group.residuals) == 2, "one ray of each mast makes the fix"


def test_a_late_sighting_that_points_elsewhere_does_not_join_a_located_fire() -> None:
    seen = [of(FIRE, "s1", "a"), of(FIRE, "s2", "b", 1, lasts_min=60), of(FIRE, "s3", "a", 70, off_deg=10.0)]
    assert members(partition(seen)) == [["s1", "s2"], ["s3"]]


def test_two_smokes_of_one_tower_are_never_one_group_however_wide_the_fix() -> None:
    """Tower c, unsure by 6 degrees, makes a wide fix with a; b sees two smokes, and both cross it."""
    wide = [of(FIRE, "s1", "a", sigma_deg=6.0), of(FIRE, "s2", "c", sigma_deg=6.0)]
    seen = [*wide, of(FIRE, "s3", "b"), of(FIRE, "s4", "b", off_deg=6.0)]
    assert members(partition(seen)) == [["s1", "s2", "s3"], ["s4"]]


def test_a_tower_whose_range_does_not_reach_the_crossing_is_not_joined() -> None:
    assert len(partition([of(FIRE, "s1", "a"), of(FIRE, "s2", "b", range_m=4_000.0)])) == 2
    far = [of(FIRE, "s1", "a"), of(FIRE, "s2", "b"), of(FIRE, "s3", "c", range_m=4_000.0)]
    assert members(partition(far)) == [["s1", "s2"], ["s3"]]


def test_a_fire_just_within_range_may_seem_one_sigma_beyond_it() -> None:
    reach_m = inverse(TOWERS["b"], FIRE).distance_m
    assert len(partition([of(FIRE, "s1", "a"), of(FIRE, "s2", "b", range_m=reach_m - 20.0)])) == 1


def test_bearings_that_cross_behind_a_tower_are_two_groups() -> None:
    assert len(partition([of(FIRE, "s1", "a"), of(FIRE, "s2", "b", off_deg=180.0)])) == 2


def test_bearings_that_are_parallel_within_their_error_are_two_groups() -> None:
    assert len(partition([sighting("s1", "a", 80.0), sighting("s2", "b", 81.0)])) == 2


def test_two_masts_within_a_hundred_metres_are_one() -> None:
    beside = place(-6.0, 0.05)
    groups = partition([of(FIRE, "s1", "a"), of(FIRE, "s2", "a-too", position=beside), of(FIRE, "s3", "b")])
    assert [(group.towers, len(group.residuals)) for group in groups] == [(("a", "a-too", "b"), 2)]


def test_a_tower_that_disagrees_is_left_out_and_stands_alone() -> None:
    seen = [of(FIRE, "s1", "a"), of(FIRE, "s2", "b"), of(FIRE, "s3", "c"), of(FIRE, "s4", "d", off_deg=8.0)]
    assert members(partition(seen)) == [["s1", "s2", "s3"], ["s4"]]


def test_a_bearing_too_much_for_the_joint_fix_is_kept_out_of_it_but_in_the_group() -> None:
    """Towers c and d are 3.2 and -3.3 sigmas off: either alone may be chance, both together are not."""
    seen = [
        of(FIRE, "s1", "a", sigma_deg=0.1),
        of(FIRE, "s2", "b", sigma_deg=0.1),
        of(FIRE, "s3", "c", off_deg=1.6),
        of(FIRE, "s4", "d", off_deg=-1.65),
    ]
    (group,) = partition(seen)
    assert group.members == ("s1", "s2", "s3", "s4")
    assert [residual.tower_id for residual in group.residuals] == ["a", "b", "c"]


def test_three_towers_tell_two_fires_from_their_ghosts() -> None:
    seen = [of(FIRE, f"f{tower}", tower) for tower in "abc"] + [of(SECOND, f"s{tower}", tower) for tower in "abc"]
    groups = partition(seen)
    assert members(groups) == [["fa", "fb", "fc"], ["sa", "sb", "sc"]]
    assert [group.rivals for group in groups] == [0, 0]


def test_a_ray_that_points_at_two_fires_goes_to_the_one_that_it_fits_better() -> None:
    """Tower d sees both fires nearly in one direction; the fire that loses it keeps its other three towers."""
    behind = place(-1.25, -1.75)
    seen = [of(FIRE, f"f{tower}", tower) for tower in "abcd"]
    seen += [of(behind, f"s{tower}", tower, off_deg=off) for tower, off in (("a", 0.3), ("b", -0.3), ("c", 0.3))]
    groups = partition(seen)
    assert members(groups) == [["fa", "fb", "fc", "fd"], ["sa", "sb", "sc"]]
    assert [group.freedom for group in groups] == [2, 1]


def test_two_towers_pair_what_they_saw_at_the_same_time_and_admit_the_rivals() -> None:
    seen = [
        of(FIRE, "f1", "a", 0),
        of(FIRE, "f2", "b", 2),
        of(SECOND, "s1", "a", 20),
        of(SECOND, "s2", "b", 21),
    ]
    groups = partition(seen)
    assert members(groups) == [["f1", "f2"], ["s1", "s2"]]
    assert all(group.rivals > 0 for group in groups)


def test_two_fires_of_one_time_seen_by_two_towers_are_at_one_of_two_places_each() -> None:
    """A ghost on the map would send people to an empty hill: no place is shown as the fire, all are offered."""
    seen = [of(fire, f"{name}{tower}", tower) for name, fire in (("f", FIRE), ("s", SECOND)) for tower in "ab"]
    groups = partition(seen)
    assert len(groups) == 2
    for group in groups:
        assert (group.fix, group.why_not, len(group.towers)) == (None, SEVERAL_PLACES, 2)
        assert group.chance < AssociationRules().sure
        chances = [place.chance for place in group.possible_places]
        assert chances == sorted(chances, reverse=True)
        assert all(set(place.towers) == {"a", "b"} for place in group.possible_places)
    for fire in (FIRE, SECOND):
        away_m = [inverse(place.fix.position, fire).distance_m for g in groups for place in g.possible_places]
        assert min(away_m) < 1.0


def test_a_rule_that_is_never_unsure_shows_the_likeliest_pairing() -> None:
    seen = [of(fire, f"{name}{tower}", tower) for name, fire in (("f", FIRE), ("s", SECOND)) for tower in "ab"]
    groups = partition(seen, AssociationRules(sure=0.0))
    assert all(group.fix is not None and group.possible_places for group in groups)


def test_seven_towers_on_one_fire_are_one_group_and_one_that_disagrees_is_not_of_it() -> None:
    ring = [PlanePoint(7e3 * math.sin(a), 7e3 * math.cos(a)) for a in range(7)]
    at = [LocalPlane(FIRE).unproject(foot) for foot in ring]
    seen = [of(FIRE, f"s{n}", f"t{n}", n, position=p, off_deg=0.2 * (n % 3 - 1)) for n, p in enumerate(at)]
    (group,) = partition(seen)
    assert (len(group.members), group.freedom) == (7, 5)
    seen[6] = of(FIRE, "s6", "t6", position=at[6], off_deg=9.0)
    assert members(partition(seen)) == [["s6"], ["s0", "s1", "s2", "s3", "s4", "s5"]] or members(partition(seen)) == [
        ["s0", "s1", "s2", "s3", "s4", "s5"],
        ["s6"],
    ]


@pytest.mark.parametrize(
    ("one_m", "other_m", "is_allowed_by_the_plane"),
    [((-7500.0, -700.0), (3500.0, -4700.0), False), ((-3000.0, 9000.0), (10_000.0, -11_000.0), True)],
)
def test_a_crossing_that_only_the_plane_or_only_the_ellipsoid_allows_is_none(
    *, one_m: tuple[float, float], other_m: tuple[float, float], is_allowed_by_the_plane: bool
) -> None:
    """Between what the plane and the ellipsoid say of the range lie millimetres: here the range lies between them."""
    here, there = (LocalPlane(FIRE).unproject(PlanePoint(*at)) for at in (one_m, other_m))
    one, two = of(FIRE, "s1", "t1", position=here), of(FIRE, "s2", "t2", 1, position=there, off_deg=0.3)
    (sheet,) = lay_out(gather_rays([one, two], AssociationRules()))
    (pairs,) = find_candidates(sheet, AssociationRules(), frozenset())
    crossed = locate(sheet.rays)
    assert crossed is not None
    plane_m = float(pairs.fit.away_m[0, 1] - pairs.fit.major_m[0])
    ellipsoid_m = crossed.residuals[1].distance_m - crossed.fix.ellipse.major_m
    assert plane_m == pytest.approx(ellipsoid_m, abs=1.0)
    assert (plane_m < ellipsoid_m) == is_allowed_by_the_plane
    assert members(partition([one, two])) == [["s1", "s2"]]
    short = replace(two, range_m=(plane_m + ellipsoid_m) / 2.0)
    assert members(partition([one, short])) == [["s1"], ["s2"]]


def test_rays_that_do_not_meet_have_no_place() -> None:
    rays = gather_rays([sighting("s1", "a", 80.0), sighting("s2", "b", 80.0)], AssociationRules())
    assert locate(rays) is None


def test_the_pair_without_another_choice_goes_first() -> None:
    """a1 and b2 were seen at one moment, but pairing them would leave b1 and a2 without a partner."""
    seen = [
        of(FIRE, "a1", "a", 0),
        of(SECOND, "b2", "b", 0),
        of(SECOND, "a2", "a", 20),
        of(FIRE, "b1", "b", 20, range_m=8_000.0),
    ]
    groups = partition(seen)
    assert members(groups) == [["a1", "b1"], ["b2", "a2"]]


def test_of_two_revisions_of_a_sighting_the_later_counts() -> None:
    early, late = of(FIRE, "s1", "a", off_deg=3.0), of(FIRE, "s1", "a", lasts_min=2)
    (group,) = partition([late, of(FIRE, "s2", "b"), early])
    assert group.members == ("s1", "s2")
    assert group.fix is not None
    assert inverse(group.fix.position, FIRE).distance_m < 1.0


offs = st.floats(-0.8, 0.8)
heard = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from([FIRE, SECOND, place(4.0, 8.0)]), st.floats(0.0, 120.0), offs),
    max_size=14,
)


@given(heard, st.randoms())
def test_order_and_duplicates_do_not_change_the_partition(
    seen: list[tuple[str, Position, float, float]], randoms: Any
) -> None:
    sightings = [
        of(fire, f"s{number:02d}", tower, minute, off_deg=off) for number, (tower, fire, minute, off) in enumerate(seen)
    ]
    shuffled = sightings * 2
    randoms.shuffle(shuffled)
    assert partition(shuffled) == partition(sightings)


@given(heard)
def test_every_sighting_is_in_exactly_one_group(seen: list[tuple[str, Position, float, float]]) -> None:
    sightings = [of(fire, f"s{n:02d}", tower, minute, off_deg=off) for n, (tower, fire, minute, off) in enumerate(seen)]
    grouped = [member for group in partition(sightings) for member in group.members]
    assert sorted(grouped) == [s.sighting_id for s in sightings]


@given(st.lists(offs, min_size=4, max_size=4), st.floats(0.0, 359.0), st.floats(40.0, 120.0))
def test_two_fires_far_apart_seen_by_two_towers_each_are_never_one(
    offs_deg: list[float], azimuth_deg: float, apart_km: float
) -> None:
    """Farther apart than the towers' ranges together reach."""
    near = place(0.0, 0.0)
    far = direct(near, azimuth_deg, 1000.0 * apart_km)
    feet = [(fire, foot) for fire in (near, far) for foot in (PlanePoint(-7e3, 0.0), PlanePoint(3e3, -6e3))]
    seen = [
        of(fire, f"s{number}", f"t{number}", position=LocalPlane(fire).unproject(foot), off_deg=off)
        for number, ((fire, foot), off) in enumerate(zip(feet, offs_deg, strict=True))
    ]
    assert members(partition(seen)) == [["s0", "s1"], ["s2", "s3"]]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.sampled_from([0.0, 45.0, 90.0, 90.001, 180.0, 270.0]),
            st.sampled_from([1e-6, 0.5, 20.0, 90.0]),
        ),
        max_size=8,
    ),
    st.sampled_from([150.0, 4_000.0, 40_000.0]),
    st.sampled_from([Position(0.0, 0.0), Position(-89.99, 10.0), Position(30.0, 180.0)]),
)
def test_no_geometry_is_too_odd_to_divide(
    seen: list[tuple[str, float, float]], apart_m: float, centre: Position
) -> None:
    square = {"a": (0.0, 0.0), "b": (1.0, 0.0), "c": (0.0, 1.0), "d": (1.0, 1.0)}
    around = LocalPlane(centre)
    at = {tower: around.unproject(PlanePoint(x * apart_m, y * apart_m)) for tower, (x, y) in square.items()}
    sightings = [
        sighting(f"s{number}", tower, azimuth, position=at[tower], sigma_deg=sigma)
        for number, (tower, azimuth, sigma) in enumerate(seen)
    ]
    assert sum(len(group.members) for group in partition(sightings)) == len(sightings)


def test_a_ray_is_the_weighted_mean_and_no_surer_than_its_members() -> None:
    (ray,) = gather_rays([sighting("s1", "a", 359.0), sighting("s2", "a", 1.0)], AssociationRules())
    assert ray.bearing.azimuth_deg == pytest.approx(0.0, abs=1e-9)
    assert ray.bearing.sigma_deg == pytest.approx((0.5**2 + 1.0**2) ** 0.5)
    assert isinstance(ray, Ray)


@pytest.mark.parametrize(
    "bad", [{"tower_id": ""}, {"sighting_id": ""}, {"range_m": 50.0}, {"first_seen_at": NOON.replace(tzinfo=None)}]
)
def test_a_sighting_that_cannot_be_placed_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        sighting("s1", "a", 80.0, **bad)


def test_a_sighting_observed_before_it_was_first_seen_is_refused() -> None:
    with pytest.raises(InvalidValue, match="observed"):
        sighting("s1", "a", 80.0, lasts_min=-1.0)


@pytest.mark.parametrize(
    "bad", [{"gap": timedelta(seconds=-1)}, {"same_direction_deg": 91.0}, {"same_direction_sigmas": -1.0}]
)
def test_rules_out_of_range_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        AssociationRules(**bad)
