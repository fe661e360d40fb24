"""The grid of a danger map: where its cells lie, what each holds, and where nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.class_tables import LimitSide
from firewatch.danger.columns import require_range
from firewatch.danger.kriging import Places
from firewatch.domain.checks import require_at_least, require_between, require_text
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["NO_DATA", "ClassLimits", "SurfaceAxes", "SurfaceGrid", "SurfaceTrust"]

NO_DATA = 0
_MOST_CLASSES = 20
_MOST_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class ClassLimits:
    """Limits that cut an index into classes 1, 2, ... of rising danger.

    Parameters
    ----------
    limits : tuple of float
        Ascending, 1 to 19 of them.
    limit_in : LimitSide
        ``LOWER`` where a limit is the last value of the lower class.
    """

    limits: tuple[float, ...]
    limit_in: LimitSide = LimitSide.UPPER

    def __post_init__(self) -> None:
        if not 1 <= len(self.limits) < _MOST_CLASSES or not bool(np.all(np.diff(self.limits) > 0)):
            raise InvalidValue("class limits", self.limits, f"1 to {_MOST_CLASSES - 1} ascending numbers")

    @property
    def count(self) -> int:
        """How many classes there are."""
        return len(self.limits) + 1

    def classes_of(self, values: Numbers) -> npt.NDArray[np.int8]:
        """Return the class of each value, 1 to `count`; `NO_DATA` for NaN."""
        side = "left" if self.limit_in is LimitSide.LOWER else "right"
        found = np.searchsorted(self.limits, values, side=side) + 1  # type: ignore[call-overload]  # a literal, by its type
        return np.where(np.isnan(values), NO_DATA, found).astype(np.int8)


@dataclass(frozen=True, slots=True)
class SurfaceTrust:
    """Where a surface still says something; beyond it there is "no data", never a low danger.

    Parameters
    ----------
    most_km : float
        Furthest that a cell may lie from its nearest station [km].
    most_sigma : float
        Greatest standard deviation on the scale of the index: in its own units for a plain scale; on a logarithmic one
        0.7 is a factor of two. Never in the units of a logarithmic index: that would blank its highest values first.
    """

    most_km: float = 60.0
    most_sigma: float = 0.7

    def __post_init__(self) -> None:
        require_between("furthest from a station (km)", self.most_km, 0.1, 2000.0)
        require_at_least("greatest sigma of a surface", self.most_sigma, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceAxes:
    """Where the cells of a regular grid lie: their centres, WGS 84.

    Parameters
    ----------
    lat_deg, lon_deg : ndarray, shape (rows,) and (columns,)
        Ascending, evenly spaced, at least 2 each [deg].
    elevation_m : ndarray, shape (rows, columns), or None
        Above the geoid [m]; None where it is not known: standard deviations are then larger.

    Raises
    ------
    InvalidValue
        If an axis is not even and ascending, the shapes do not fit, or there are over four million cells.
    """

    lat_deg: Numbers
    lon_deg: Numbers
    elevation_m: Numbers | None = None

    def __post_init__(self) -> None:
        _require_even("latitudes of the grid (deg)", self.lat_deg)
        _require_even("longitudes of the grid (deg)", self.lon_deg)
        require_range("latitude of the grid (deg)", self.lat_deg, -85.0, 85.0)  # Web Mercator ends there
        require_range("longitude of the grid (deg)", self.lon_deg, -180.0, 180.0)
        if self.lat_deg.size * self.lon_deg.size > _MOST_CELLS:
            raise InvalidValue("cells of the grid", self.lat_deg.size * self.lon_deg.size, f"at most {_MOST_CELLS}")
        if self.elevation_m is not None and self.elevation_m.shape != self.shape:
            raise InvalidValue("shape of the grid's elevation", self.elevation_m.shape, f"{self.shape}, as the axes")

    @classmethod
    def of_box(
        cls, west_deg: float, south_deg: float, east_deg: float, north_deg: float, step_deg: float
    ) -> SurfaceAxes:
        """Return the cells, `step_deg` wide, whose edges fill a box; its east and north edge give way to whole cells.

        Raises
        ------
        InvalidValue
            If the box is not one, or holds fewer than two cells a side or over four million in all.
        """
        require_between("step of the grid (deg)", step_deg, 1e-4, 10.0)
        for edge_deg, most in ((west_deg, 540.0), (east_deg, 540.0), (south_deg, 90.0), (north_deg, 90.0)):
            require_between("edge of the grid (deg)", edge_deg, -most, most)
        sizes = [round((east_deg - west_deg) / step_deg), round((north_deg - south_deg) / step_deg)]
        if min(sizes) < 2 or sizes[0] * sizes[1] > _MOST_CELLS:  # noqa: PLR2004 - two make a step
            raise InvalidValue("columns and rows of the grid", sizes, f"at least 2 each, at most {_MOST_CELLS} cells")
        edges = ((south_deg, sizes[1]), (west_deg, sizes[0]))
        lat, lon = (np.asarray(edge + step_deg * (np.arange(n) + 0.5), dtype=np.float64) for edge, n in edges)
        return cls(lat, lon)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.lat_deg.size, self.lon_deg.size

    @property
    def steps_deg(self) -> tuple[float, float]:
        """Height and width of a cell [deg]."""
        return (
            float(self.lat_deg[-1] - self.lat_deg[0]) / (self.lat_deg.size - 1),
            float(self.lon_deg[-1] - self.lon_deg[0]) / (self.lon_deg.size - 1),
        )

    @property
    def box_deg(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge of the outer cells [deg]."""
        tall, wide = self.steps_deg
        return (
            float(self.lon_deg[0]) - wide / 2,
            float(self.lat_deg[0]) - tall / 2,
            float(self.lon_deg[-1]) + wide / 2,
            float(self.lat_deg[-1]) + tall / 2,
        )

    def places(self) -> Places:
        """Return the centres of the cells, row by row from the south-west."""
        lat, lon = np.meshgrid(self.lat_deg, self.lon_deg, indexing="ij")
        return Places(lat.ravel(), lon.ravel(), None if self.elevation_m is None else self.elevation_m.ravel())


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceGrid:
    """An index over a grid with its error.

    Parameters
    ----------
    quantity : str
        Name of the index, as ``fwi``.
    axes : SurfaceAxes
        Of `rows` x `columns` cells, the first row in the south.
    value : ndarray, shape (rows, columns)
        Mean of what it may be, in the index's units; NaN where nobody knows. On a logarithmic scale the mean lies above
        the median, so that high danger is not smoothed away.
    sigma : ndarray, shape (rows, columns)
        Standard deviation of what a station there would give, in the index's units; also where nobody knows.
    grade : ndarray of int8, shape (rows, columns)
        Class of the value, 1 to `limits.count`; `NO_DATA` (0) where nobody knows: grey on a map, never low.
    probability : ndarray, shape (classes, rows, columns)
        Of each class, 0 to 1; NaN where nobody knows.
    limits : ClassLimits
        Of the classes.
    stations : int
        How many it was made of.
    """

    quantity: str
    axes: SurfaceAxes
    value: Numbers
    sigma: Numbers
    grade: npt.NDArray[np.int8]
    probability: Numbers
    limits: ClassLimits
    stations: int

    def __post_init__(self) -> None:
        require_text("quantity of a surface", self.quantity, 40)
        shape = self.axes.shape
        shapes = (self.value.shape, self.sigma.shape, self.grade.shape, self.probability.shape)
        if shapes != (shape, shape, shape, (self.limits.count, *shape)):
            raise InvalidValue(
                "shapes of a surface", shapes, f"{shape}, and {self.limits.count} of it as probabilities"
            )

    @property
    def is_known(self) -> npt.NDArray[np.bool_]:
        """Where the surface says something, shape (rows, columns)."""
        return np.asarray(self.grade != NO_DATA)


def _require_even(what: str, axis: Numbers) -> None:
    steps = np.diff(axis) if axis.ndim == 1 else np.zeros(0)
    if steps.size == 0 or not bool(np.all(steps > 0.0)) or float(np.ptp(steps)) > 1e-3 * float(steps[0]):
        raise InvalidValue(what, axis.shape, "one ascending row of at least 2 numbers, evenly spaced")
