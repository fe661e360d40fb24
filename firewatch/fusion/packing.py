"""Which of the candidates hold together: every ray in at most one, by the best sum, and how sure that is."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Packing", "pack"]

# Rays that are weighed together, all ways: the ways grow by a factor a ray.
_EXACT = 12
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
        Of equal sums the one with the candidates that come first. Exact for tangles of up to 12 rays; in larger ones
        greedy, then each candidate chosen is weighed anew with those around it, 12 rays at a time.
    """
    tangle = _Tangle([sum(1 << ray for ray in rays) for rays in sets], gains)
    chosen = tangle.best()
    return Packing(chosen, tuple(tangle.chances(number, chosen) for number in chosen))


class _Tangle:
    """Candidates as bit masks of their rays."""

    def __init__(self, masks: Sequence[int], gains: Sequence[float]) -> None:
        self._masks = masks
        self._gains = gains
        self._at: dict[int, list[int]] = defaultdict(list)
        useful = [number for number, gain in enumerate(gains) if gain > 0.0]
        for number in sorted(useful, key=lambda number: (-gains[number], number)):
            for ray in _bits(masks[number]):
                self._at[ray].append(number)

    def best(self) -> tuple[int, ...]:
        """Return the candidates of the best choice."""
        chosen: list[int] = []
        for rays in self._components():
            if rays.bit_count() <= _EXACT:
                chosen += self._exact(rays)
            else:
                chosen += self._improved(rays)
        return tuple(sorted(chosen))

    def chances(self, number: int, chosen: Iterable[int]) -> dict[int, float]:
        """Return how likely a chosen candidate and each that shares a ray with it are."""
        rays = self._around(number, self._homes(chosen))
        if rays.bit_count() > _EXACT:
            # So many masts on one place are one fire.
            return {number: 1.0}
        logs: dict[int, float] = {}
        everything = self._log_sum(rays, logs)
        found = {}
        for other in self._touching(self._masks[number]):
            mask = self._masks[other]
            if mask & ~rays == 0:
                found[other] = math.exp(self._gains[other] + self._log_sum(rays & ~mask, logs) - everything)
        return found

    def _homes(self, chosen: Iterable[int]) -> dict[int, int]:
        """Return for each ray of the chosen candidates the mask of its candidate."""
        return {ray: self._masks[number] for number in chosen for ray in _bits(self._masks[number])}

    def _touching(self, mask: int) -> list[int]:
        """Return the candidates that share a ray with a mask, the best first."""
        touching = {number for ray in _bits(mask) for number in self._at[ray]}
        return sorted(touching, key=lambda number: (-self._gains[number], number))

    def _around(self, number: int, homes: dict[int, int]) -> int:
        """Return the rays of a candidate and of those that rival it, whole fires of the choice, 12 rays or it alone."""
        rays = self._masks[number]
        for _ in range(2):
            for other in self._touching(rays):
                wider = rays
                for ray in _bits(self._masks[other]):
                    wider |= homes.get(ray, 1 << ray)
                if wider.bit_count() <= _EXACT:
                    rays = wider
        return rays

    def _components(self) -> list[int]:
        """Return the masks of rays that candidates tie together, in the order of their first rays."""
        left = set(self._at)
        found = []
        for first in sorted(self._at):
            if first not in left:
                continue
            mask, waiting = 0, [first]
            while waiting:
                ray = waiting.pop()
                if ray in left:
                    left.remove(ray)
                    mask |= 1 << ray
                    for number in self._at[ray]:
                        waiting += _bits(self._masks[number] & ~mask)
            found.append(mask)
        return found

    def _exact(self, rays: int) -> list[int]:
        """Return the best choice among the candidates within some rays."""
        known: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
        return list(self._best_of(rays, known)[1])

    def _best_of(self, rays: int, known: dict[int, tuple[float, tuple[int, ...]]]) -> tuple[float, tuple[int, ...]]:
        if rays not in known:
            lowest = rays & -rays
            best = self._best_of(rays & ~lowest, known)
            for number in self._at[lowest.bit_length() - 1]:
                mask = self._masks[number]
                if mask & ~rays == 0:
                    rest, others = self._best_of(rays & ~mask, known)
                    if rest + self._gains[number] > best[0]:
                        best = (rest + self._gains[number], (number, *others))
            known[rays] = best
        return known[rays]

    def _log_sum(self, rays: int, known: dict[int, float]) -> float:
        """Return the log of the sum over all choices within some rays of the exponentials of their gains."""
        if rays == 0:
            return 0.0
        if rays not in known:
            lowest = rays & -rays
            logs = [self._log_sum(rays & ~lowest, known)]
            for number in self._at[lowest.bit_length() - 1]:
                mask = self._masks[number]
                if mask & ~rays == 0:
                    logs.append(self._gains[number] + self._log_sum(rays & ~mask, known))
            most = max(logs)
            known[rays] = most + math.log(math.fsum(math.exp(log - most) for log in logs))
        return known[rays]

    def _improved(self, rays: int) -> list[int]:
        """Return a good choice in a large tangle: greedy, then piece by piece."""
        chosen: set[int] = set()
        free = rays
        for number in self._touching(rays):
            if self._masks[number] & ~free == 0:
                chosen.add(number)
                free &= ~self._masks[number]
        for _ in range(_MOST_ROUNDS):
            before = set(chosen)
            for number in sorted(before):
                if number in chosen:
                    piece = self._around(number, self._homes(chosen))
                    if piece.bit_count() > _EXACT:
                        continue
                    kept = {other for other in chosen if self._masks[other] & piece == 0}
                    chosen = kept | set(self._exact(piece))
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
