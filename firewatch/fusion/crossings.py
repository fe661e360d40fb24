"""Which rays from different masts may be of one fire: candidates, each with the place that its rays agree on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from firewatch.fusion.chi_square import chi_square_tail
from firewatch.fusion.intersect import BELIEVABLE_CHANCE, LEAST_CROSSING_SIGMAS
from firewatch.fusion.plane_fit import Flags, Floats, Ints, PlaneFit, first_guess, fit, turn_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from firewatch.fusion.rays import AssociationRules
    from firewatch.fusion.sheet import Sheet

__all__ = ["Candidates", "find_candidates"]

# Lines that meet more sharply than this have lost their crossing to rounding [rad].
_SHARPEST = 1e-4
# A ray farther than this from a crossing, in the standard deviation of both, does not see it: 1 true ray in 16,000.
_GATE_SIGMAS = 4.0
_RIGHT_ANGLE = math.pi / 2.0
# Of a set of masts that agree all parts are weighed where it is no larger than this, else those with one or two masts
# fewer, and the best-fitting first ones: which mast to give up to another fire is all that matters there.
_ALL_PARTS = 5
_NEXT_BEST = 2
_ROWS_AT_ONCE = 64
# At less than this from a mast an azimuth means nothing [m].
_NEAREST_M = 1.0
# What rounding may make of a bound.
_HAIR = 1.0 + 1e-9


@dataclass(frozen=True, slots=True)
class Candidates:
    """Sets of rays, each from another mast, that agree on one place; all of one size k.

    Parameters
    ----------
    members : array (m, k)
        Places of the rays on the sheet, rising.
    fit : PlaneFit
        Where they agree.
    """

    members: Ints
    fit: PlaneFit

    def __len__(self) -> int:
        return len(self.members)

    def only(self, kept: Flags) -> Candidates:
        """Return those that a mask of length m names."""
        return Candidates(self.members[kept], self.fit.only(kept))


def find_candidates(sheet: Sheet, rules: AssociationRules, apart: frozenset[tuple[int, int]]) -> list[Candidates]:
    """Return the sets of rays that may be of one fire.

    Parameters
    ----------
    sheet : Sheet
        The rays.
    rules : AssociationRules
        Directions and gap.
    apart : frozenset of (int, int)
        Pairs of rays, by their places on the sheet, the smaller first, that are not of one fire.

    Returns
    -------
    list of Candidates
        By size, from 2; within one size in the order of their members.
    """
    together = _may_be_together(sheet, rules, apart)
    pairs = _pairs(sheet, together)
    found = [pairs]
    by_size = _parts(_grown(sheet, pairs, together))
    for members in (by_size[size] for size in sorted(by_size)):
        allowed = members[_none_apart(sheet, members, apart)] if apart else members
        found.append(_agreeing(sheet, Candidates(allowed, fit(sheet, allowed, first_guess(sheet, allowed)))))
    return [candidates for candidates in found if len(candidates)]


def _none_apart(sheet: Sheet, members: Ints, apart: frozenset[tuple[int, int]]) -> Flags:
    is_apart = np.zeros((len(sheet.rays), len(sheet.rays)), np.bool_)
    for one, other in apart:
        is_apart[one, other] = True
    pairs = combinations(members.T, 2)
    allowed: Flags = ~np.any([is_apart[one, other] for one, other in pairs], axis=0)
    return allowed


def _may_be_together(sheet: Sheet, rules: AssociationRules, apart: frozenset[tuple[int, int]]) -> Flags:
    """Return for each two rays whether they are of different masts, near in time, and not told apart."""
    gap_s = rules.gap.total_seconds()
    near = sheet.since_s[:, None] - sheet.until_s[None, :] <= gap_s
    together: Flags = near & near.T
    together &= sheet.mast[:, None] != sheet.mast[None, :]
    for one, other in apart:
        together[one, other] = together[other, one] = False
    return together


def _pairs(sheet: Sheet, together: Flags) -> Candidates:
    """Return the crossings of two rays within the reach of both."""
    one, other = np.nonzero(np.triu(together))
    foot = sheet.at[other] - sheet.at[one]
    sin, cos = np.sin(sheet.azimuth), np.cos(sheet.azimuth)
    turn = sin[one] * cos[other] - cos[one] * sin[other]
    common = np.hypot(sheet.sigma[one], sheet.sigma[other])
    sharpest = np.maximum(_SHARPEST, LEAST_CROSSING_SIGMAS * common)
    safe = np.where(turn == 0.0, 1.0, turn)
    to_one = (foot[:, 0] * cos[other] - foot[:, 1] * sin[other]) / safe
    to_other = (foot[:, 0] * cos[one] - foot[:, 1] * sin[one]) / safe
    kept = (np.arcsin(np.minimum(1.0, np.abs(turn))) >= sharpest) & (to_one > 0.0) & (to_other > 0.0)
    one, other, to_one = one[kept], other[kept], to_one[kept]
    at = sheet.at[one] + to_one[:, None] * np.column_stack([sin[one], cos[one]])
    members = np.column_stack([one, other])
    pairs = Candidates(members, fit(sheet, members, at, rounds=1))
    return pairs.only(_is_within_reach(sheet, pairs))


def _is_within_reach(sheet: Sheet, found: Candidates) -> Flags:
    """Tell which places all their rays reach: a fire just within range may seem just beyond it by one sigma."""
    slack_m = found.fit.major_m[:, None]
    within: Flags = np.all(found.fit.away_m - slack_m <= sheet.reach_m[found.members], axis=1)
    return within & found.fit.is_bounded


def _agreeing(sheet: Sheet, found: Candidates) -> Candidates:
    freedom = found.members.shape[1] - 2
    agrees = (found.fit.chi_square <= _most_chi_square(freedom)) & np.all(
        np.abs(found.fit.turns) <= _RIGHT_ANGLE, axis=1
    )
    return found.only(agrees & _is_within_reach(sheet, found))


@cache
def _most_chi_square(freedom: int) -> float:
    """Return the chi-square beyond which bearings disagree by more than chance allows."""
    low, high = 0.0, 1000.0 + 10.0 * freedom
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if chi_square_tail(middle, freedom) >= BELIEVABLE_CHANCE else (low, middle)
    return low


def _grown(sheet: Sheet, pairs: Candidates, together: Flags) -> Iterator[tuple[int, ...]]:
    """Yield each pair with the rays of other masts that agree with it, one a mast, the best-fitting first."""
    masts = sheet.mast.tolist()
    for start in range(0, len(pairs), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        members = pairs.members[rows]
        row, ray = np.nonzero(_may_fit(sheet, pairs, rows) & together[members[:, 0]] & together[members[:, 1]])
        misfit = _misfits(sheet, pairs, start + row, ray)
        fitting = misfit <= _GATE_SIGMAS
        row, ray, misfit = row[fitting], ray[fitting], misfit[fitting]
        order = np.lexsort((ray, misfit, row))
        with_fitting, starts = np.unique(row[order], return_index=True)
        by_row = np.split(ray[order], starts)[1:]
        for (one, other), rays in zip(members[with_fitting].tolist(), by_row, strict=True):
            for chosen in _one_a_mast(masts, rays.tolist()):
                yield (one, other, *chosen)


def _may_fit(sheet: Sheet, pairs: Candidates, rows: slice) -> Flags:
    """Tell of each ray, (rows, n), whether it can be near the places of some pairs; quick, and never wrongly no.

    In place of the error of a place in one direction counts its longest, and a turn is never less than its sine.
    """
    at, major_m = pairs.fit.at[rows], pairs.fit.major_m[rows, None] * _HAIR
    leg_east, leg_north = at[:, :1] - sheet.at[:, 0], at[:, 1:] - sheet.at[:, 1]
    ahead_east, ahead_north = np.sin(sheet.azimuth), np.cos(sheet.azimuth)
    beside_m = leg_east * ahead_north - leg_north * ahead_east
    away_m2 = np.maximum(1.0, leg_east * leg_east + leg_north * leg_north)
    most_m2 = (_GATE_SIGMAS * _HAIR) ** 2 * (sheet.sigma**2 * away_m2 + major_m * major_m)
    sees = (beside_m * beside_m <= most_m2) & (away_m2 <= (sheet.reach_m + major_m) ** 2 * _HAIR)
    ahead: Flags = leg_east * ahead_east + leg_north * ahead_north >= -_NEAREST_M
    return sees & ahead


def _misfits(sheet: Sheet, pairs: Candidates, which: Ints, ray: Ints) -> Floats:
    """Return by how many standard deviations, of itself and of the place, rays miss the places of pairs, (n,)."""
    at, variance = pairs.fit.at[which], pairs.fit.variance[which]
    leg_east, leg_north = (at - sheet.at[ray]).T
    away_m = np.maximum(_NEAREST_M, np.sqrt(leg_east * leg_east + leg_north * leg_north))
    sin, cos = leg_east / away_m, leg_north / away_m
    east, both, north = variance.T
    across_m2 = np.maximum(0.0, cos * cos * east - 2.0 * cos * sin * both + sin * sin * north)
    along_m2 = np.maximum(0.0, sin * sin * east + 2.0 * cos * sin * both + cos * cos * north)
    azimuth, sigma = sheet.azimuth[ray], sheet.sigma[ray]
    turn = np.abs(turn_to((np.sin(azimuth), np.cos(azimuth)), (leg_east, leg_north)))
    misfit: Floats = turn / np.sqrt(sigma * sigma + across_m2 / (away_m * away_m))
    sees = (turn <= _RIGHT_ANGLE) & (away_m - np.sqrt(along_m2) <= sheet.reach_m[ray])
    return np.where(sees, misfit, np.inf)


def _one_a_mast(masts: Sequence[int], ordered: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the best-fitting ray of every mast, then the same with one of them changed for the next best."""
    by_mast: dict[int, list[int]] = {}
    for ray in ordered:
        by_mast.setdefault(masts[ray], []).append(ray)
    best = [rays[0] for rays in by_mast.values()]
    yield tuple(best)
    for place, rays in enumerate(by_mast.values()):
        for other in rays[1:_NEXT_BEST]:
            yield (*best[:place], other, *best[place + 1 :])


def _parts(grown: Iterable[tuple[int, ...]]) -> dict[int, Ints]:
    """Return by size the sets of three and more rays to be weighed, of those that each agree with one pair."""
    by_size: dict[int, list[tuple[int, ...]]] = {}
    for rays in grown:
        by_size.setdefault(len(rays), []).append(rays)
    parts: dict[int, list[Ints]] = {}
    for many, alike in by_size.items():
        as_grown = np.array(alike, dtype=np.intp)
        ordered = _distinct(np.sort(as_grown, axis=1))
        for size in range(3 if many <= _ALL_PARTS else many - 2, many + 1):
            chosen = np.array(list(combinations(range(many), size)))
            parts.setdefault(size, []).append(ordered[:, chosen].reshape(-1, size))
        if many > _ALL_PARTS:
            for size in range(3, many - 2):
                parts.setdefault(size, []).append(np.sort(as_grown[:, :size], axis=1))
    return {size: _distinct(np.concatenate(pieces)) for size, pieces in parts.items()}


def _distinct(members: Ints) -> Ints:
    """Return the different rows, (m, k), in their order."""
    ordered = members[np.lexsort(members.T[::-1])]
    is_new = np.ones(len(ordered), np.bool_)
    is_new[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
    distinct: Ints = ordered[is_new]
    return distinct
