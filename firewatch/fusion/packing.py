"""Which of the candidates hold together: every ray in at most one, by the best sum, and how sure that is."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Packing", "pack"]

# Rays that are weighed together, all ways: the ways grow by a factor a ray.
_EXACT = 10
# In a larger tangle the best choice is sought piece by piece, so often at most.
_MOST_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Packing:
    """The best choice of candidates.

    Parameters
    ----------
    chosen : tuple of int
        The candidates that hold, by their numbers, rising.
    chances : tuple of dict, as long as `chosen`
        Of each, the probability of every candidate that shares a ray with it, itself among them, given how the rays
        farther off were divided. What is left to 1 is that its rays are of other fires each.
    """

    chosen: tuple[int, ...]
    chances: tuple[dict[int, float], ...]


def pack(sets: Sequence[Sequence[int]], gains: Sequence[float]) -> Packing:
    """Choose disjoint sets by the largest sum of their gains.

    Parameters
    ----------
    sets : sequence of sequences of int, length m
        The rays of each candidate.
    gains : sequence of float, length m
        Log-odds of each against its rays alone; those of 0 and less are never chosen.

    Returns
    -------
    Packing
        Of equal sums the one with the candidates that come first. Exact for tangles of up to 10 rays; in larger ones
        greedy, then each candidate chosen is weighed anew with those around it, 10 rays at a time.
    """
    tangle = _Tangle(sets, gains)
    chosen = tangle.best()
    homes = tangle.homes(chosen)
    return Packing(chosen, tuple(tangle.chances(number, homes) for number in chosen))


class _Piece:
    """Some rays with all candidates within them: small enough to weigh every way to divide them."""

    def __init__(self, rays: int, candidates: Sequence[tuple[int, int, float]]) -> None:
        self.rays = rays
        # A candidate waits at its lowest ray: there it is taken or left.
        self._at: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
        for number, mask, gain in candidates:
            self._at[mask & -mask].append((number, mask, gain))
        self._bests: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
        self._sums: dict[int, float] = {0: 0.0}

    def best(self) -> tuple[int, ...]:
        """Return the candidates with the largest sum of gains."""
        return self._best_of(self.rays)[1]

    def chance(self, mask: int, gain: float) -> float:
        """Return the probability of one of the candidates."""
        return math.exp(gain + self._log_sum(self.rays & ~mask) - self._log_sum(self.rays))

    def _best_of(self, rays: int) -> tuple[float, tuple[int, ...]]:
        if rays not in self._bests:
            lowest = rays & -rays
            best = self._best_of(rays ^ lowest)
            for number, mask, gain in self._at[lowest]:
                if mask & ~rays == 0:
                    rest, others = self._best_of(rays ^ mask)
                    if rest + gain > best[0]:
                        best = (rest + gain, (number, *others))
            self._bests[rays] = best
        return self._bests[rays]

    def _log_sum(self, rays: int) -> float:
        """Return the log of the sum, over all ways to divide some rays, of the exponentials of the gains."""
        if rays not in self._sums:
            lowest = rays & -rays
            logs = [self._log_sum(rays ^ lowest)]
            logs += [gain + self._log_sum(rays ^ mask) for _, mask, gain in self._at[lowest] if mask & ~rays == 0]
            most = max(logs)
            self._sums[rays] = most + math.log(math.fsum(math.exp(log - most) for log in logs))
        return self._sums[rays]


class _Tangle:
    """All candidates, as bit masks of their rays."""

    def __init__(self, sets: Sequence[Sequence[int]], gains: Sequence[float]) -> None:
        self._sets = sets
        self._masks = [sum(1 << ray for ray in rays) for rays in sets]
        self._gains = gains
        self._pieces: dict[int, _Piece] = {}
        # Of the rays of small tangles: the whole tangle.
        self._wholes: dict[int, int] = {}
        useful = [number for number, gain in enumerate(gains) if gain > 0.0]
        useful.sort(key=lambda number: (-gains[number], number))
        # The candidates of each ray, the best first.
        self._of: dict[int, list[int]] = defaultdict(list)
        for number in useful:
            for ray in sets[number]:
                self._of[ray].append(number)
        self._place = {number: place for place, number in enumerate(useful)}

    def best(self) -> tuple[int, ...]:
        """Return the candidates of the best choice."""
        chosen: list[int] = []
        for rays in self._components():
            if len(rays) <= _EXACT:
                whole = sum(1 << ray for ray in rays)
                self._wholes |= dict.fromkeys(rays, whole)
                chosen += self._piece(whole).best()
            else:
                chosen += self._improved(rays)
        return tuple(sorted(chosen))

    def chances(self, number: int, homes: Mapping[int, int]) -> dict[int, float]:
        """Return how likely a chosen candidate, and each that shares a ray with it, is."""
        rays = self._around(number, homes)
        if rays.bit_count() > _EXACT:
            # So many masts on one place are one fire.
            return {number: 1.0}
        piece = self._piece(rays)
        touching = (other for other in self._touching(self._sets[number]) if self._masks[other] & ~rays == 0)
        return {other: piece.chance(self._masks[other], self._gains[other]) for other in touching}

    def homes(self, chosen: Iterable[int]) -> dict[int, int]:
        """Return for each ray of the chosen candidates the mask of its candidate."""
        return {ray: self._masks[number] for number in chosen for ray in self._sets[number]}

    def _piece(self, rays: int) -> _Piece:
        if rays not in self._pieces:
            within = [other for other in self._touching(_bits(rays)) if self._masks[other] & ~rays == 0]
            self._pieces[rays] = _Piece(rays, [(n, self._masks[n], self._gains[n]) for n in within])
        return self._pieces[rays]

    def _touching(self, rays: Iterable[int]) -> list[int]:
        """Return the candidates that share a ray with some, the best first."""
        return sorted({number for ray in rays for number in self._of[ray]}, key=self._place.__getitem__)

    def _around(self, number: int, homes: Mapping[int, int]) -> int:
        """Return the rays of a candidate and of its best rivals, whole fires of the choice: few, or it alone."""
        rays, reached = self._masks[number], self._sets[number]
        if reached[0] in self._wholes:
            return self._wholes[reached[0]]
        for _ in range(2):
            for other in self._touching(reached):
                wider = rays
                for ray in self._sets[other]:
                    wider |= homes.get(ray, 1 << ray)
                if wider.bit_count() <= _EXACT:
                    rays = wider
                if rays.bit_count() >= _EXACT:
                    return rays
            reached = _bits(rays)
        return rays

    def _components(self) -> list[list[int]]:
        """Return the rays that candidates tie together."""
        left = set(self._of)
        found = []
        for first in sorted(self._of):
            if first not in left:
                continue
            left.remove(first)
            together, waiting = [], [first]
            while waiting:
                ray = waiting.pop()
                together.append(ray)
                tied = {other for number in self._of[ray] for other in self._sets[number]} & left
                left -= tied
                waiting += sorted(tied)
            found.append(together)
        return found

    def _improved(self, rays: Sequence[int]) -> list[int]:
        """Return a good choice in a large tangle: greedy, then piece by piece."""
        chosen: set[int] = set()
        taken = 0
        for number in self._touching(rays):
            if not self._masks[number] & taken:
                chosen.add(number)
                taken |= self._masks[number]
        homes = self.homes(chosen)
        for _ in range(_MOST_ROUNDS):
            before = set(chosen)
            for number in sorted(before):
                piece = self._around(number, homes) if number in chosen else 0
                if 0 < piece.bit_count() <= _EXACT:
                    old = {other for other in chosen if self._masks[other] & piece}
                    new = set(self._piece(piece).best())
                    if new != old:
                        chosen = (chosen - old) | new
                        homes = self.homes(chosen)
            if chosen == before:
                break
        return sorted(chosen)


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found
