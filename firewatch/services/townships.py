"""In which township a fire may lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from firewatch.fusion import shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.sites import Name
    from firewatch.domain.township import Township
    from firewatch.fusion import Posterior

__all__ = ["TownshipShare", "Townships"]


@dataclass(frozen=True, slots=True)
class TownshipShare:
    """How likely a fire lies in a township, 0 to 1."""

    name: Name
    probability: float


class Townships:
    """The townships of a centre, ready to be asked.

    Parameters
    ----------
    townships : sequence of Township
        In any order.
    """

    def __init__(self, townships: Sequence[Township] = ()) -> None:
        self._names = [one.name for one in townships]
        self._outlines = [
            shapely.MultiPolygon([shapely.Polygon(part[0], part[1:]) for part in one.parts]) for one in townships
        ]
        for outline in self._outlines:
            shapely.prepare(outline)

    def shares(self, posterior: Posterior, least: float = 0.005) -> tuple[TownshipShare, ...]:
        """Return in which townships a fire may be, the most likely first; those with less than `least` are left out."""
        found = zip(self._names, shares(posterior, self._outlines), strict=True)
        told = [TownshipShare(name, share) for name, share in found if share >= least]
        return tuple(sorted(told, key=lambda one: (-one.probability, one.name.zh)))
