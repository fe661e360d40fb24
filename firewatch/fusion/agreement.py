"""How well the bearings of several towers agree on a place, however it was found."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from firewatch.domain.geo import difference_deg
from firewatch.fusion.chi_square import chi_square_tail
from firewatch.fusion.evidence import Agreement
from firewatch.fusion.intersect import SAME_MAST_M
from firewatch.geodesy import inverse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from firewatch.domain.geo import Position
    from firewatch.domain.ids import TowerId
    from firewatch.fusion.belief import TowerScore
    from firewatch.fusion.intersect import TowerBearing

__all__ = ["agreement_of", "by_mast", "masts_of"]


def masts_of(towers: Mapping[TowerId, Position]) -> dict[TowerId, TowerId]:
    """Return for each tower the first by name of those on its mast: cameras so near see from one place.

    Parameters
    ----------
    towers : mapping of TowerId to Position
        Where they stand; those nearer than `SAME_MAST_M` to the first of a mast share it.
    """
    masts: dict[TowerId, TowerId] = {}
    for tower_id in sorted(towers):
        near = (first for first in masts.values() if _are_near(towers[first], towers[tower_id]))
        masts[tower_id] = next(near, tower_id)
    return masts


def by_mast(scores: Iterable[TowerScore], masts: Mapping[TowerId, TowerId]) -> tuple[TowerScore, ...]:
    """Return the scores told by masts; a tower whose mast is not known stands by itself."""
    return tuple(replace(score, tower_id=masts.get(score.tower_id, score.tower_id)) for score in scores)


def agreement_of(bearings: Sequence[TowerBearing], place: Position) -> Agreement | None:
    """Return how well towers agree on a place.

    Parameters
    ----------
    bearings : sequence of TowerBearing
        In any order. Of one mast the one with the smallest sigma counts.
    place : Position
        Where the smoke is said to be.

    Returns
    -------
    Agreement or None
        None for fewer than two masts.
    """
    masts = masts_of({b.tower_id: b.position for b in bearings})
    best: dict[TowerId, TowerBearing] = {}
    for b in sorted(bearings, key=lambda b: (b.bearing.sigma_deg, b.tower_id, b.bearing.azimuth_deg)):
        best.setdefault(masts[b.tower_id], b)
    if len(best) < 2:  # noqa: PLR2004 - one place agrees with itself
        return None
    chosen = [best[mast] for mast in sorted(best)]
    legs = [inverse(b.position, place) for b in chosen]
    turns = [
        difference_deg(b.bearing.azimuth_deg, leg.azimuth_deg) / b.bearing.sigma_deg
        for b, leg in zip(chosen, legs, strict=True)
    ]
    chi_square, freedom = math.fsum(turn**2 for turn in turns), len(chosen) - 2
    crossing = max(
        abs(math.sin(math.radians(difference_deg(one.arrival_azimuth_deg, other.arrival_azimuth_deg))))
        for one, other in combinations(legs, 2)
    )
    chance = chi_square_tail(chi_square, freedom) if freedom else None
    return Agreement(len(chosen), math.degrees(math.asin(min(1.0, crossing))), chance)


def _are_near(one: Position, other: Position) -> bool:
    return inverse(one, other).distance_m < SAME_MAST_M
