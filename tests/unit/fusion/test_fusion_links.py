"""What people said of sightings holds before what bearings say."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from fires_seen import FIRE, SECOND, members, of, place, sighting
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.domain.ids import SightingId
from firewatch.fusion import NO_LINKS, ONE_PLACE_ONLY, Ruling, link, partition
from firewatch.geodesy import inverse

if TYPE_CHECKING:
    from firewatch.fusion import Group


def ids(*names: str) -> tuple[SightingId, ...]:
    return tuple(SightingId(name) for name in names)


def together(*names: str) -> Ruling:
    return Ruling(ids(*names))


def apart(one: str, *others: str) -> Ruling:
    return Ruling(ids(one), ids(*others))


def home(groups: tuple[Group, ...], name: str) -> Group:
    return next(group for group in groups if name in group.members)


def test_nothing_said_links_nothing() -> None:
    assert link([]) == NO_LINKS
    assert not NO_LINKS.are_apart(*ids("a", "b"))


def test_rulings_chain_and_what_is_apart_spreads_over_the_chain() -> None:
    links = link([together("a", "b"), together("b", "c"), apart("c", "d"), together("d", "e")])
    assert links.together == (frozenset("abc"), frozenset("de"))
    assert all(links.are_apart(*ids(one, other)) for one in "abc" for other in "de")
    assert links.are_apart(*ids("e", "a"))
    assert not links.are_apart(*ids("a", "c"))


def test_of_two_rulings_that_contradict_each_other_the_later_holds() -> None:
    assert link([together("a", "b", "c"), apart("c", "a", "b")]) == link([together("a", "b"), apart("c", "a", "b")])
    assert link([apart("c", "a", "b"), together("a", "b", "c")]) == link([together("a", "b", "c")])


def test_a_sighting_said_not_to_be_of_the_fire_leaves_it() -> None:
    seen = [of(FIRE, f"s{tower}", tower) for tower in "abc"]
    groups = partition(seen, links=link([apart("sc", "sa", "sb")]))
    assert members(groups) == [["sa", "sb"], ["sc"]]
    assert home(groups, "sa").fix is not None


def test_sightings_of_one_direction_are_told_apart() -> None:
    seen = [sighting("s1", "a", 80.0), sighting("s2", "a", 81.0, 5)]
    assert members(partition(seen, links=link([apart("s2", "s1")]))) == [["s1"], ["s2"]]


def test_a_sighting_told_apart_does_not_join_as_left_over_either() -> None:
    late = of(FIRE, "s3", "a", 70)
    seen = [of(FIRE, "s1", "a"), of(FIRE, "s2", "b", 1, lasts_min=60), late]
    assert members(partition(seen)) == [["s1", "s2", "s3"]]
    assert members(partition(seen, links=link([apart("s3", "s1", "s2")]))) == [["s1", "s2"], ["s3"]]


def test_sightings_whose_bearings_do_not_cross_are_one_fire_where_a_person_says_so() -> None:
    seen = [sighting("s1", "a", 80.0), sighting("s2", "b", 81.0)]
    (group,) = partition(seen, links=link([together("s1", "s2")]))
    assert (group.members, group.towers, group.fix, group.why_not) == (("s1", "s2"), ("a", "b"), None, ONE_PLACE_ONLY)


def test_a_person_tells_two_fires_from_their_ghosts() -> None:
    """Seen at one time by two towers, both pairings are possible; one word settles it."""
    seen = [of(FIRE, "f1", "a"), of(FIRE, "f2", "b"), of(SECOND, "s1", "a"), of(SECOND, "s2", "b")]
    assert [group.fix for group in partition(seen)] == [None, None]
    for ruling in (together("f1", "f2"), apart("f1", "s2")):
        groups = partition(seen, links=link([ruling]))
        assert members(groups) == [["f1", "f2"], ["s1", "s2"]]
    groups = partition(seen, links=link([together("f1", "f2")]))
    fix = home(groups, "f1").fix
    assert fix is not None
    assert inverse(fix.position, FIRE).distance_m < 1.0


def test_a_fire_named_with_another_takes_its_rays_along_and_keeps_its_place() -> None:
    third = place(4.0, 8.0)
    seen = [of(FIRE, f"f{tower}", tower) for tower in "abc"] + [of(third, f"t{tower}", tower) for tower in "ad"]
    (group,) = partition(seen, links=link([together("fa", "td")]))
    assert group.fix is not None
    assert inverse(group.fix.position, FIRE).distance_m < 1.0
    assert len(group.residuals) == 3


def test_only_the_named_rays_move_where_others_of_them_were_told_apart() -> None:
    third = place(4.0, 8.0)
    seen = [of(FIRE, f"f{tower}", tower) for tower in "abc"] + [of(third, f"t{tower}", tower) for tower in "abd"]
    links = link([apart("ta", "fb"), together("fa", "td")])
    groups = partition(seen, links=links)
    assert home(groups, "fa").members == ("fa", "fb", "fc", "td")
    left = home(groups, "ta")
    assert left.members == ("ta", "tb")
    assert left.fix is not None
    seen = [one for one in seen if one.sighting_id != "tb"]
    groups = partition(seen, links=links)
    assert home(groups, "ta") == home(partition([*seen[3:4]]), "ta")


def test_of_one_direction_only_the_named_sightings_move() -> None:
    seen = [sighting(name, "a", azimuth, minute) for name, azimuth, minute in
            (("p1", 80.0, 0), ("p2", 80.0, 1), ("q1", 120.0, 2), ("q2", 120.0, 3))]  # fmt: skip
    links = link([together("p1", "q1"), apart("p2", "q2")])
    assert members(partition(seen, links=links)) == [["p1", "p2", "q1"], ["q2"]]


def test_what_is_left_stays_together_where_a_person_said_so() -> None:
    seen = [sighting(name, "a", azimuth, minute) for name, azimuth, minute in
            (("zh", 40.0, 0), ("w", 40.0, 1), ("x", 80.0, 2), ("z", 80.0, 3), ("y", 120.0, 4))]  # fmt: skip
    links = link([together("x", "y"), together("z", "zh"), apart("w", "y")])
    assert members(partition(seen, links=links)) == [["zh", "w", "z"], ["x", "y"]]


def test_two_that_may_each_join_but_not_both_do_not_meet_there() -> None:
    seen = [sighting(name, "a", azimuth, minute) for name, azimuth, minute in
            (("h", 40.0, 0), ("i", 80.0, 1), ("j", 80.0, 2), ("k", 120.0, 3), ("l", 120.0, 4))]  # fmt: skip
    links = link([together("h", "i", "k"), apart("j", "l")])
    assert members(partition(seen, links=links)) == [["h", "i", "j", "k"], ["l"]]


def test_what_is_said_of_sightings_that_are_not_there_changes_nothing() -> None:
    seen = [of(FIRE, f"s{tower}", tower) for tower in "abc"]
    links = link([together("sa", "gone"), together("gone", "lost"), apart("gone-too", "sb")])
    assert partition(seen, links=links) == partition(seen)


names = st.sampled_from([f"s{number:02d}" for number in range(10)])
rulings = st.lists(
    st.one_of(
        st.lists(names, min_size=2, max_size=3, unique=True).map(lambda given: together(*given)),
        st.lists(names, min_size=2, max_size=4, unique=True).map(lambda given: apart(*given)),
    ),
    max_size=4,
)
offs = st.floats(-0.8, 0.8)
heard = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from([FIRE, SECOND, place(4.0, 8.0)]), st.floats(0.0, 120.0), offs),
    min_size=2,
    max_size=10,
)


@given(rulings)
def test_links_never_contradict_themselves(said: list[Ruling]) -> None:
    links = link(said)
    for block in links.together:
        assert not any(links.are_apart(one, other) for one, other in combinations(sorted(block), 2))
    assert sum(len(block) for block in links.together) == len(frozenset[str]().union(*links.together))


@settings(max_examples=60)
@given(heard=heard, said=rulings, randoms=st.randoms())
def test_the_partition_obeys_and_is_a_function_of_the_set(
    heard: list[tuple[str, Any, float, float]], said: list[Ruling], randoms: Any
) -> None:
    seen = [of(fire, f"s{n:02d}", tower, minute, off_deg=off) for n, (tower, fire, minute, off) in enumerate(heard)]
    links = link(said)
    groups = partition(seen, links=links)
    shuffled = seen * 2
    randoms.shuffle(shuffled)
    assert partition(shuffled, links=links) == groups
    assert sorted(member for group in groups for member in group.members) == [s.sighting_id for s in seen]
    there = {s.sighting_id for s in seen}
    for block in links.together:
        assert len({home(groups, name).members for name in block & there}) <= 1
    for one, other in links.apart:
        if {one, other} <= there:
            assert other not in home(groups, one).members
