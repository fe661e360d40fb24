"""What people said of sightings: of one fire, or not; association obeys."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from firewatch.domain.ids import SightingId

__all__ = ["NO_LINKS", "Links", "Ruling", "link"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one person said, standing.

    Parameters
    ----------
    sighting_ids : tuple of SightingId
        Some sightings.
    others : tuple of SightingId
        Those that none of them is of one fire with. Empty: all of `sighting_ids` are of one fire.
    """

    sighting_ids: tuple[SightingId, ...]
    others: tuple[SightingId, ...] = ()


@dataclass(frozen=True, slots=True)
class Links:
    """What rulings add up to.

    Parameters
    ----------
    together : tuple of frozenset of SightingId
        Sightings of one fire each; no sighting is in two.
    apart : frozenset of (SightingId, SightingId)
        Pairs that are not of one fire, the smaller id first. A pair that is told apart tells apart all that each of
        the two is of one fire with.
    """

    together: tuple[frozenset[SightingId], ...] = ()
    apart: frozenset[tuple[SightingId, SightingId]] = frozenset()

    def are_apart(self, one: SightingId, other: SightingId) -> bool:
        """Tell whether a person said that two sightings are not of one fire."""
        return bool(self.apart) and (min(one, other), max(one, other)) in self.apart


NO_LINKS = Links()


def link(rulings: Sequence[Ruling]) -> Links:
    """Return what rulings add up to; where two contradict each other, the later one holds.

    Parameters
    ----------
    rulings : sequence of Ruling
        Oldest first.

    Returns
    -------
    Links
        Free of contradictions.
    """
    blocks: dict[SightingId, frozenset[SightingId]] = {}
    apart: set[tuple[SightingId, SightingId]] = set()
    for ruling in reversed(rulings):
        if ruling.others:
            pairs = product(sorted(set(ruling.sighting_ids)), sorted(set(ruling.others)))
            apart |= {_pair(one, other) for one, other in pairs if one not in _block(blocks, other)}
        else:
            _tie(sorted(set(ruling.sighting_ids)), blocks, apart)
    spread = {
        _pair(one, other) for pair in apart for one, other in product(_block(blocks, pair[0]), _block(blocks, pair[1]))
    }
    together = sorted({block for block in blocks.values() if len(block) > 1}, key=sorted)
    return Links(tuple(together), frozenset(spread))


def _tie(
    sighting_ids: Sequence[SightingId],
    blocks: dict[SightingId, frozenset[SightingId]],
    apart: Iterable[tuple[SightingId, SightingId]],
) -> None:
    """Unite the blocks of some sightings, but for those that later rulings told apart."""
    for number, one in enumerate(sighting_ids):
        for other in sighting_ids[number + 1 :]:
            mine, its = _block(blocks, one), _block(blocks, other)
            if not any((a in mine and b in its) or (a in its and b in mine) for a, b in apart):
                for sighting_id in mine | its:
                    blocks[sighting_id] = mine | its


def _block(blocks: dict[SightingId, frozenset[SightingId]], one: SightingId) -> frozenset[SightingId]:
    return blocks.get(one, frozenset({one}))


def _pair(one: SightingId, other: SightingId) -> tuple[SightingId, SightingId]:
    return min(one, other), max(one, other)
