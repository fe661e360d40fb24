"""Which rays may be of one fire, as arrays, against the same counted one by one."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from fires_seen import NOON
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from firewatch.domain.geo import Bearing, Position, difference_deg, wrap_deg
from firewatch.domain.ids import SightingId, TowerId
from firewatch.fusion import AssociationRules, Placed
from firewatch.fusion.chi_square import chi_square_tail
from firewatch.fusion.crossings import find_candidates
from firewatch.fusion.plane_fit import first_guess, fit
from firewatch.fusion.rays import gather_rays
from firewatch.fusion.sheet import lay_out
from firewatch.geodesy import LocalPlane, PlanePoint, inverse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.fusion.crossings import Candidates
    from firewatch.fusion.sheet import Sheet

PLANE = LocalPlane(Position(26.9, 112.6))
# A ray within four standard deviations of a place sees it; nothing may hang on the last bits.
GATE, HAIR = 4.0, 1e-6


def drawn(seed: int, towers: int, fires: int) -> list[Sheet]:
    """Return the rays of some towers that see some fires, and now and then nothing."""
    rng = np.random.default_rng(seed)
    at = [PLANE.unproject(PlanePoint(*rng.uniform(-6e3, 6e3, 2))) for _ in range(towers)]
    lit = [PLANE.unproject(PlanePoint(*rng.uniform(-9e3, 9e3, 2))) for _ in range(fires)]
    seen = []
    for tower, position in enumerate(at):
        for fire in lit:
            azimuth = inverse(position, fire).azimuth_deg + rng.normal(0.0, 0.7)
            bearing = Bearing(wrap_deg(azimuth if rng.random() < 0.9 else rng.uniform(0.0, 360.0)), 0.7)
            name = SightingId(f"s{len(seen):03d}")
            seen.append(Placed(name, TowerId(f"t{tower}"), position, bearing, rng.uniform(9e3, 2e4), NOON, NOON))
    return lay_out(gather_rays(seen, AssociationRules()))


def misfit(sheet: Sheet, pairs: Candidates, pair: int, ray: int) -> float:
    """Return by how many standard deviations a ray misses the place of a pair; infinite where it cannot see it."""
    (east, north), (ee, en, nn) = pairs.fit.at[pair] - sheet.at[ray], pairs.fit.variance[pair]
    away_m, towards = math.hypot(east, north), math.atan2(east, north)
    sine, cosine = math.sin(towards), math.cos(towards)
    across_m2 = max(0.0, cosine * cosine * ee - 2.0 * cosine * sine * en + sine * sine * nn)
    along_m2 = max(0.0, sine * sine * ee + 2.0 * cosine * sine * en + cosine * cosine * nn)
    turn_deg = abs(difference_deg(math.degrees(sheet.azimuth[ray]), math.degrees(towards)))
    assume(abs(away_m - math.sqrt(along_m2) - sheet.reach_m[ray]) > HAIR)
    if turn_deg > 90.0 or away_m - math.sqrt(along_m2) > sheet.reach_m[ray]:
        return math.inf
    return math.radians(turn_deg) / math.hypot(sheet.sigma[ray], math.sqrt(across_m2) / away_m)


def grown(sheet: Sheet, pairs: Candidates, told: frozenset[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield each pair with the best-fitting ray of each mast that agrees, then with one second best among them."""
    for pair, (one, other) in enumerate(pairs.members.tolist()):
        by_mast: dict[int, list[int]] = {}
        misses = {ray: misfit(sheet, pairs, pair, ray) for ray in range(len(sheet.rays))}
        assume(all(abs(miss - GATE) > HAIR for miss in misses.values()))
        for ray in sorted(misses, key=lambda ray: (misses[ray], ray)):
            is_told = told.intersection([(min(ray, one), max(ray, one)), (min(ray, other), max(ray, other))])
            if misses[ray] <= GATE and not is_told and sheet.mast[ray] not in sheet.mast[[one, other]]:
                by_mast.setdefault(int(sheet.mast[ray]), []).append(ray)
        best = [rays[0] for rays in by_mast.values()]
        if best:
            yield [one, other, *best]
        for place, rays in enumerate(by_mast.values()):
            if len(rays) > 1:
                yield [one, other, *best[:place], rays[1], *best[place + 1 :]]


def parts(rays: list[int]) -> Iterator[tuple[int, ...]]:
    """Yield what is weighed of them: all parts of up to five; of more the largest and the best-fitting ones."""
    sizes = range(3, len(rays) + 1) if len(rays) <= 5 else range(len(rays) - 2, len(rays) + 1)
    for size in sizes:
        yield from combinations(sorted(rays), size)
    if len(rays) > 5:
        for size in range(3, len(rays) - 2):
            yield tuple(sorted(rays[:size]))


def agrees(sheet: Sheet, members: tuple[int, ...]) -> bool:
    """Tell whether some rays, alone, agree on a place ahead of them and within the reach of each."""
    one = np.array([members])
    found = fit(sheet, one, first_guess(sheet, one))
    chance = chi_square_tail(float(found.chi_square[0]), len(members) - 2)
    beyond_m = found.away_m[0] - found.major_m[0] - sheet.reach_m[list(members)]
    assume(abs(chance / 1e-4 - 1.0) > HAIR)
    assume(np.abs(beyond_m).min() > HAIR)
    return bool(chance >= 1e-4 and np.abs(found.turns).max() <= math.pi / 2.0 and beyond_m.max() <= 0.0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 8), st.integers(1, 4), st.integers(0, 2))
def test_candidates_are_those_that_counting_one_by_one_finds(seed: int, towers: int, fires: int, apart: int) -> None:
    for sheet in drawn(seed, towers, fires):
        told = frozenset((0, len(sheet.rays) - 1 - number) for number in range(min(apart, len(sheet.rays) - 1)))
        found = find_candidates(sheet, AssociationRules(), told)
        if not found or found[0].members.shape[1] != 2:
            continue
        wanted = {part for rays in grown(sheet, found[0], told) for part in parts(rays)}
        wanted = {part for part in wanted if not told.intersection(combinations(part, 2)) and agrees(sheet, part)}
        larger = [tuple(members) for one in found[1:] for members in one.members.tolist()]
        assert set(larger) == wanted
        assert larger == sorted(set(larger), key=lambda members: (len(members), members))
        assert not any(told.intersection([tuple(pair)]) for pair in found[0].members.tolist())
