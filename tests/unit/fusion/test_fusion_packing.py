"""The best way to divide rays, and how sure it is, against all ways counted one by one."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.fusion.packing import pack

candidates = st.lists(
    st.tuples(st.sets(st.integers(0, 6), min_size=2, max_size=3).map(sorted), st.floats(-1.0, 6.0)),
    max_size=7,
    unique_by=lambda one: tuple(one[0]),
)


def every_way(sets: list[list[int]], gains: list[float]) -> list[tuple[int, ...]]:
    """Return all choices of disjoint candidates with a gain."""
    useful = [number for number, gain in enumerate(gains) if gain > 0.0]
    return [
        chosen
        for many in range(len(useful) + 1)
        for chosen in combinations(useful, many)
        if len({ray for number in chosen for ray in sets[number]}) == sum(len(sets[number]) for number in chosen)
    ]


@given(candidates)
def test_small_tangles_are_weighed_in_all_ways(given_: list[tuple[list[int], float]]) -> None:
    sets, gains = [list(rays) for rays, _ in given_], [gain for _, gain in given_]
    ways = every_way(sets, gains)
    packing = pack(sets, gains)
    totals = {way: math.fsum(gains[number] for number in way) for way in ways}
    assert totals[packing.chosen] == pytest.approx(max(totals.values()))
    whole = math.fsum(math.exp(total) for total in totals.values())
    for chances in packing.chances:
        for number, chance in chances.items():
            share = math.fsum(math.exp(total) for way, total in totals.items() if number in way) / whole
            assert chance == pytest.approx(share)


def test_nothing_is_chosen_of_nothing() -> None:
    assert pack([], []).chosen == ()
    assert pack([[0, 1]], [0.0]).chosen == ()


def test_a_long_chain_is_divided_better_than_greedily() -> None:
    """Greedy takes each pair of 3 and the pairs of 1 between them: 22 in all, where the pairs of 2 give 24."""
    rays = 24
    sets = [[ray, ray + 1] for ray in range(rays - 1)]
    gains = [2.0 if ray % 2 == 0 else 3.0 if ray % 4 == 1 else 1.0 for ray in range(rays - 1)]
    packing = pack(sets, gains)
    taken = [ray for number in packing.chosen for ray in sets[number]]
    assert len(taken) == len(set(taken))
    assert math.fsum(gains[number] for number in packing.chosen) >= 23.0
    assert all(0.0 < chances[number] < 1.0 for number, chances in zip(packing.chosen, packing.chances, strict=True))


def test_what_greed_takes_first_is_given_back_in_a_long_chain() -> None:
    """The pair of 3 stands in the way of two of 2.5; pairs of little weight tie twelve more rays to them."""
    sets = [[ray, ray + 1] for ray in range(15)]
    gains = [2.5, 3.0, 2.5, *[0.1] * 12]
    packing = pack(sets, gains)
    assert {0, 2} <= set(packing.chosen)
    assert 1 not in packing.chosen
    assert math.fsum(gains[number] for number in packing.chosen) >= 5.4


def test_a_rival_whose_fire_is_too_large_to_be_weighed_along_is_left_out() -> None:
    packing = pack([[0, 1], list(range(2, 12)), [1, 2]], [5.0, 50.0, 1.0])
    assert packing.chosen == (0, 1)
    assert packing.chances[0] == {0: pytest.approx(math.exp(5.0) / (1.0 + math.exp(5.0)))}


def test_more_masts_than_can_be_weighed_in_all_ways_are_one_fire() -> None:
    many = list(range(14))
    packing = pack([many, many[:13], [0, 20]], [50.0, 45.0, 2.0])
    assert packing.chosen == (0,)
    assert packing.chances == ({0: 1.0},)
