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
from firewatch.fusion.plane_fit import Floats, Ints, PlaneFit, fit, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
_ROWS_AT_ONCE = 256


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

    def only(self, kept: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Candidates:
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
    by_size: dict[int, set[tuple[int, ...]]] = {}
    for grown in _grown(sheet, pairs, together):
        for part in (part for part in _parts(grown) if not apart.intersection(combinations(part, 2))):
            by_size.setdefault(len(part), set()).add(part)
    for _, sets in sorted(by_size.items()):
        members = np.array(sorted(sets), dtype=np.intp)
        found.append(_agreeing(sheet, Candidates(members, fit(sheet, members, _first_guess(sheet, members)))))
    return [candidates for candidates in found if len(candidates)]


def _may_be_together(
    sheet: Sheet, rules: AssociationRules, apart: frozenset[tuple[int, int]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return for each two rays whether they are of different masts, near in time, and not told apart."""
    gap_s = rules.gap.total_seconds()
    near = sheet.since_s[:, None] - sheet.until_s[None, :] <= gap_s
    together: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = near & near.T
    together &= sheet.mast[:, None] != sheet.mast[None, :]
    for one, other in apart:
        together[one, other] = together[other, one] = False
    return together


def _pairs(sheet: Sheet, together: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Candidates:
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


def _is_within_reach(sheet: Sheet, found: Candidates) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Tell which places all their rays reach: a fire just within range may seem just beyond it by one sigma."""
    slack_m = found.fit.major_m[:, None]
    within: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = np.all(
        found.fit.away_m - slack_m <= sheet.reach_m[found.members], axis=1
    )
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


def _grown(
    sheet: Sheet, pairs: Candidates, together: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> Iterator[tuple[int, ...]]:
    """Yield each pair with the rays of other masts that agree with it, one a mast, the best-fitting first."""
    known: set[tuple[int, ...]] = set()
    for start in range(0, len(pairs), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        misfit = _misfits(sheet, pairs, rows)
        members = pairs.members[rows]
        fitting = (misfit <= _GATE_SIGMAS) & together[members[:, 0]] & together[members[:, 1]]
        for row in np.flatnonzero(fitting.any(axis=1)):
            rays = np.flatnonzero(fitting[row])
            ordered = sorted((float(misfit[row, ray]), int(ray)) for ray in rays)
            for chosen in _one_a_mast(sheet, ordered):
                grown = (*(int(ray) for ray in members[row]), *chosen)
                if grown not in known:
                    known.add(grown)
                    yield grown


def _misfits(sheet: Sheet, pairs: Candidates, rows: slice) -> Floats:
    """Return by how many standard deviations, of itself and of the place, each ray misses the places of some pairs."""
    at, variance = pairs.fit.at[rows], pairs.fit.variance[rows]
    leg = at[:, None, :] - sheet.at[None, :, :]
    away_m = np.maximum(1.0, np.hypot(leg[..., 0], leg[..., 1]))
    sin, cos = leg[..., 0] / away_m, leg[..., 1] / away_m
    east, both, north = (variance[:, n, None] for n in range(3))
    across_m2 = np.maximum(0.0, cos * cos * east - 2.0 * cos * sin * both + sin * sin * north)
    along_m2 = np.maximum(0.0, sin * sin * east + 2.0 * cos * sin * both + cos * cos * north)
    turn = np.abs(wrap(sheet.azimuth[None, :] - np.arctan2(sin, cos)))
    misfit: Floats = turn / np.hypot(sheet.sigma[None, :], np.sqrt(across_m2) / away_m)
    sees = (turn <= _RIGHT_ANGLE) & (away_m - np.sqrt(along_m2) <= sheet.reach_m[None, :])
    return np.where(sees, misfit, np.inf)


def _one_a_mast(sheet: Sheet, ordered: Sequence[tuple[float, int]]) -> Iterator[tuple[int, ...]]:
    """Yield the best-fitting ray of every mast, then the same with one of them changed for the next best."""
    by_mast: dict[int, list[int]] = {}
    for _, ray in ordered:
        by_mast.setdefault(int(sheet.mast[ray]), []).append(ray)
    best = [rays[0] for rays in by_mast.values()]
    yield tuple(best)
    for place, rays in enumerate(by_mast.values()):
        for other in rays[1:_NEXT_BEST]:
            yield (*best[:place], other, *best[place + 1 :])


def _parts(grown: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield the sets of three and more rays to be weighed, of those that each agree with one pair."""
    ordered = sorted(grown)
    if len(grown) <= _ALL_PARTS:
        for size in range(3, len(grown) + 1):
            yield from combinations(ordered, size)
        return
    for fewer in range(3):
        yield from combinations(ordered, len(grown) - fewer)
    for size in range(3, len(grown) - 2):
        yield tuple(sorted(grown[:size]))


def _first_guess(sheet: Sheet, members: Ints) -> Floats:
    """Return the point nearest to all lines, the second time weighted by how far it lies."""
    azimuth, foot = sheet.azimuth[members], sheet.at[members]
    right_east, right_north = np.cos(azimuth), -np.sin(azimuth)
    offset = right_east * foot[..., 0] + right_north * foot[..., 1]
    away_m = np.ones_like(azimuth)
    at = np.zeros((len(members), 2))
    for _ in range(2):
        weight = (sheet.sigma[members] * away_m) ** -2
        ee, en, nn = (
            np.sum(weight * a * b, axis=1)
            for a, b in ((right_east, right_east), (right_east, right_north), (right_north, right_north))
        )
        e, n = np.sum(weight * right_east * offset, axis=1), np.sum(weight * right_north * offset, axis=1)
        determinant = np.maximum(1e-300, ee * nn - en * en)
        at = np.column_stack([(nn * e - en * n) / determinant, (ee * n - en * e) / determinant])
        leg = at[:, None, :] - foot
        away_m = np.maximum(1.0, np.hypot(leg[..., 0], leg[..., 1]))
    return at
