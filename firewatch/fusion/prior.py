"""Where fires may be before anybody sees smoke: land cover, danger surface and calendar as one raster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_between
from firewatch.domain.land import LandClass
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from firewatch.terrain import TerrainGrid

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["LAND_COVER_WEIGHTS", "RasterPrior", "prior_over"]

# How often a vegetation fire is lit on each cover beside woodland, by judgement for a country where most fires are lit
# by people at fields and graves.
LAND_COVER_WEIGHTS: Mapping[int, float] = {
    LandClass.TREE_COVER: 1.0,
    LandClass.NEEDLELEAF: 1.0,
    LandClass.BROADLEAF: 1.0,
    LandClass.MIXED_FOREST: 1.0,
    LandClass.SHRUBLAND: 1.0,
    LandClass.GRASSLAND: 0.8,
    LandClass.CROPLAND: 0.6,  # stubble burning, and its edges
    LandClass.BUILT_UP: 0.2,
    LandClass.BARE: 0.1,
    LandClass.SNOW: 0.02,
    LandClass.WATER: 0.02,
    LandClass.WETLAND: 0.2,
    LandClass.MANGROVES: 0.3,
    LandClass.MOSS: 0.3,
}


@dataclass(frozen=True, slots=True, eq=False)
class RasterPrior:
    """The density of fires over a raster; what `locate_fire` takes as its prior.

    Parameters
    ----------
    grid : TerrainGrid
        Whose cells it has.
    log_per_km2 : ndarray (rows, columns), float64
        Logarithm of fires per km2.
    log_outside : float
        The same outside the raster.
    """

    grid: TerrainGrid
    log_per_km2: Numbers
    log_outside: float

    def __call__(self, east_m: Numbers, north_m: Numbers) -> Numbers:
        """Return the logarithm of fires per km2 in the cells that hold some points of the plane [m]."""
        row, column = (np.rint(axis) for axis in self.grid.row_column(east_m, north_m))
        rows, columns = self.grid.shape
        is_inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        at = np.where(is_inside, row, 0).astype(np.intp), np.where(is_inside, column, 0).astype(np.intp)
        return np.where(is_inside, self.log_per_km2[at], self.log_outside)


def prior_over(
    grid: TerrainGrid, factors: Sequence[Numbers], fires_per_km2: float = 1.0, least_share: float = 0.02
) -> RasterPrior:
    """Return the prior that is the product of some factors.

    Parameters
    ----------
    grid : TerrainGrid
        Whose cells the factors have.
    factors : sequence of ndarray (rows, columns)
        Relative densities, at least 0, as the means of `LAND_COVER_WEIGHTS`, expected fires of the danger surface; NaN
        where nobody knows, taken as the factor's mean; one of NaN alone says nothing. Their scale does not matter.
    fires_per_km2 : float
        Mean over the raster: the usual rate times the day's calendar multiplier. It moves the evidence, not the place.
    least_share : float
        Of the mean: no cell gets less, for no map is so right that a fire cannot be where it has water. 0.001 to 1.

    Returns
    -------
    RasterPrior
        Outside the raster it is the mean.

    Raises
    ------
    InvalidValue
        If a factor has another shape, is negative or nowhere above 0, or a number is out of range.
    """
    require_between("fires per km2", fires_per_km2, 1e-12, 1e6)
    require_between("least share of the mean", least_share, 1e-3, 1.0)
    total = np.ones(grid.shape)
    for factor in factors:
        if factor.shape != grid.shape:
            raise InvalidValue("factor of the prior", f"shape {factor.shape}", f"{grid.shape}, as the terrain")
        if np.isnan(factor).all():
            continue
        if np.any(factor < 0.0) or not np.any(factor > 0.0):
            raise InvalidValue("factor of the prior", "negative or nothing but 0", "numbers of at least 0, some above")
        total *= np.where(np.isnan(factor), np.nanmean(factor), factor)
    mean = float(total.mean())
    if not mean > 0.0:
        raise InvalidValue("factors of the prior", "a product of 0 everywhere", "some cell where all are above 0")
    share = np.maximum(total / mean, least_share)
    return RasterPrior(grid, np.log(share * (fires_per_km2 / float(share.mean()))), float(np.log(fires_per_km2)))
