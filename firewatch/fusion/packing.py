"""Which of the candidates hold together: every ray in at most one, by the best sum, and how sure that is."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Packing", "pack"]

# Rays that are weighed together, all ways: the ways grow by a factor a ray.
_EXACT = 10
# In a larger tangle a piece is divided otherwise only for more than rounding [log-odds].
_LEAST_RISE = 1e-9


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
    useful = [number for number, gain in enumerate(gains) if gain > 0.0]
    useful.sort(key=lambda number: (-gains[number], number))
    tangle = _Tangle(useful, [tuple(sets[number]) for number in useful], [gains[number] for number in useful])
    best = tangle.best()
    homes = tangle.homes(best)
    chances = {useful[rank]: tangle.chances(rank, homes) for rank in best}
    chosen = tuple(sorted(chances))
    return Packing(chosen, tuple({useful[other]: chance for other, chance in chances[n].items()} for n in chosen))


class _Piece:
    """Some rays with all candidates within them, the best first: few enough to weigh every way to divide them.

    The rays are bits here, the first one the highest. A candidate waits at its first ray: there it is taken or left.
    """

    def __init__(self, rays: int, candidates: Sequence[tuple[int, Sequence[int], float]]) -> None:
        bits = {ray: 1 << place for place, ray in enumerate(reversed(_bits(rays)))}
        self._whole = (1 << len(bits)) - 1
        self._within = [(rank, sum(bits[ray] for ray in members), gain) for rank, members, gain in candidates]
        self._at: list[list[tuple[int, int, float]]] = [[] for _ in bits]
        for rank, mask, gain in self._within:
            self._at[mask.bit_length() - 1].append((rank, mask, gain))
        self._bests: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}

    def best(self) -> tuple[int, ...]:
        """Return the candidates with the largest sum of gains."""
        return self._best_of(self._whole)[1]

    def chances(self, number: int) -> dict[int, float]:
        """Return the probability of one of the candidates, and of each that shares a ray with it."""
        own = next(mask for rank, mask, _ in self._within if rank == number)
        sums = self._log_sums()
        touching = [one for one in self._within if one[1] & own]
        return {rank: math.exp(gain + sums[self._whole ^ mask] - sums[self._whole]) for rank, mask, gain in touching}

    def _best_of(self, rays: int) -> tuple[float, tuple[int, ...]]:
        if rays not in self._bests:
            first = rays.bit_length() - 1
            best = self._best_of(rays ^ (1 << first))
            for rank, mask, gain in self._at[first]:
                if mask & ~rays == 0:
                    rest, others = self._best_of(rays ^ mask)
                    if rest + gain > best[0]:
                        best = (rest + gain, (rank, *others))
            self._bests[rays] = best
        return self._bests[rays]

    def _log_sums(self) -> list[float]:
        """Return the log of the sum, over all ways to divide them, of the exponentials of gains, for all sets of rays.

        From the sets of the later rays follow those with the next one: it is alone, or of a candidate.
        """
        sums = np.zeros(1)
        for place, waiting in enumerate(self._at):
            later = np.arange(1 << place)
            rest = np.array([[mask ^ (1 << place)] for _, mask, _ in waiting], dtype=np.intp).reshape(-1, 1)
            gain = np.array([[gain] for _, _, gain in waiting]).reshape(-1, 1)
            ways = np.vstack((sums, np.where(later & rest == rest, gain + sums[later ^ rest], -np.inf)))
            most = ways.max(axis=0)
            sums = np.concatenate((sums, most + np.log(np.exp(ways - most).sum(axis=0))))
        return list(sums.tolist())


class _Tangle:
    """All candidates by their rank, the best first, as bit masks of their rays."""

    def __init__(self, numbers: Sequence[int], sets: Sequence[tuple[int, ...]], gains: Sequence[float]) -> None:
        self._numbers = numbers
        self._sets = sets
        self._masks = [sum(1 << ray for ray in rays) for rays in sets]
        self._gains = gains
        self._pieces: dict[int, _Piece] = {}
        # Of the rays of small tangles: the whole tangle.
        self._wholes: dict[int, int] = {}
        self._of: dict[int, list[int]] = defaultdict(list)
        for rank, rays in enumerate(sets):
            for ray in rays:
                self._of[ray].append(rank)

    def best(self) -> list[int]:
        """Return the candidates of the best choice."""
        chosen: list[int] = []
        for rays in self._components():
            if len(rays) <= _EXACT:
                whole = sum(1 << ray for ray in rays)
                self._wholes |= dict.fromkeys(rays, whole)
                chosen += self._piece(whole).best()
            else:
                chosen += self._improved(rays)
        return chosen

    def chances(self, rank: int, homes: Mapping[int, int]) -> dict[int, float]:
        """Return how likely a chosen candidate, and each that shares a ray with it, is."""
        rays = self._around(rank, homes)
        if rays.bit_count() > _EXACT:
            # So many masts on one place are one fire.
            return {rank: 1.0}
        return self._piece(rays).chances(rank)

    def homes(self, chosen: Iterable[int]) -> dict[int, int]:
        """Return for each ray of the chosen candidates the mask of its candidate."""
        return {ray: self._masks[rank] for rank in chosen for ray in self._sets[rank]}

    def _sum(self, chosen: Iterable[int]) -> float:
        return math.fsum(self._gains[rank] for rank in chosen)

    def _piece(self, rays: int) -> _Piece:
        if rays not in self._pieces:
            touching = {rank for ray in _bits(rays) for rank in self._of[ray]}
            within = sorted(rank for rank in touching if self._masks[rank] & ~rays == 0)
            self._pieces[rays] = _Piece(rays, [(rank, self._sets[rank], self._gains[rank]) for rank in within])
        return self._pieces[rays]

    def _touching(self, rays: Iterable[int]) -> list[int]:
        """Return the candidates that share a ray with some, the best first."""
        return sorted(set().union(*(self._of[ray] for ray in rays)))

    def _around(self, rank: int, homes: Mapping[int, int]) -> int:
        """Return the rays of a chosen candidate and of its best rivals, whole fires of the choice: few, or it alone."""
        rays, reached = self._masks[rank], self._sets[rank]
        if reached[0] in self._wholes:
            return self._wholes[reached[0]]
        for _ in range(2):
            for other in self._touching(reached):
                wider = rays | self._masks[other]
                # Most are within already, or too many by themselves.
                if wider == rays or wider.bit_count() > _EXACT:
                    continue
                for ray in self._sets[other]:
                    wider |= homes.get(ray, 0)
                if wider.bit_count() <= _EXACT:
                    rays = wider
                if rays.bit_count() >= _EXACT:
                    return rays
            reached = tuple(_bits(rays))
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
        for rank in self._touching(rays):
            if not self._masks[rank] & taken:
                chosen.add(rank)
                taken |= self._masks[rank]
        homes = self.homes(chosen)
        is_better = True
        while is_better:
            is_better = False
            for rank in sorted(chosen, key=self._numbers.__getitem__):
                piece = self._around(rank, homes) if rank in chosen else 0
                if 0 < piece.bit_count() <= _EXACT:
                    old = {other for other in chosen if self._masks[other] & piece}
                    new = set(self._piece(piece).best())
                    # By more than rounding: each time the sum rises, so that this ends.
                    if self._sum(new) > self._sum(old) + _LEAST_RISE:
                        chosen, is_better = (chosen - old) | new, True
                        homes = self.homes(chosen)
        return sorted(chosen)


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found
