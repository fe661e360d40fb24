"""The fake of the map of land cover: the same ground everywhere, or a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.land import LandClass, LandShares

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.domain.geo import ErrorEllipse, Position
    from firewatch.errors import FirewatchError
    from firewatch.terrain import TerrainGrid

__all__ = ["LandCoverFake"]


class LandCoverFake:
    """Fulfils `firewatch.services.ports.LandCoverMap`.

    Parameters
    ----------
    known : float
        Share of the ground that it knows.
    failure : FirewatchError or None
        What it raises when it is asked around a place.
    shares : float
        Of the ground, by the names of `LandClass`: ``TREE_COVER=0.5, WATER=0.5``; without any it knows nothing.
    """

    def __init__(self, known: float = 1.0, failure: FirewatchError | None = None, **shares: float) -> None:
        found = {LandClass[name]: share for name, share in shares.items()}
        self._found = LandShares(found, known) if found else None
        self._failure = failure
        self.asked: list[tuple[Position, ErrorEllipse, float]] = []

    def weights_over(self, grid: TerrainGrid) -> npt.NDArray[np.float64]:
        """Return 1 for every cell; NaN where it knows nothing."""
        return np.full(grid.shape, np.nan if self._found is None else 1.0)

    def shares_around(self, place: Position, error: ErrorEllipse, radius_m: float) -> LandShares | None:
        """Return its shares, and remember what was asked."""
        self.asked.append((place, error, radius_m))
        if self._failure is not None:
            raise self._failure
        return self._found
