"""Where fires start, before anybody sees smoke: what covers the ground, and how dry the day is from place to place.

What is the same everywhere - the day in the calendar, the hour - makes a fire likelier and moves no place: it counts in
the belief.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.kriging import Places, condition, interpolate
from firewatch.danger.surface_priors import PRIORS
from firewatch.errors import FirewatchError
from firewatch.fusion import prior_over
from firewatch.services.danger_surface import places_of
from firewatch.terrain import TerrainGrid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor, Future
    from datetime import date, datetime, tzinfo

    import numpy.typing as npt

    from firewatch.domain.sites import Station
    from firewatch.fusion import RasterPrior
    from firewatch.fusion.posterior import Prior
    from firewatch.services.weather_ports import RatingBook

    Numbers: TypeAlias = npt.NDArray[np.float64]
    # From a raster to how dense fires are in each of its cells beside other places, shape (rows, columns), at least 0
    # and of any scale, NaN where it does not know; None where it knows nothing there. Called aside, it may take
    # seconds; it may raise a `FirewatchError`, which is logged, and then counts as knowing nothing.
    PlaceFactor: TypeAlias = Callable[[TerrainGrid], Numbers | None]

__all__ = ["DayDanger", "FirePriors"]

logger = logging.getLogger(__name__)

# Finer than this no map of land cover moves the place of a fire; the danger of a day is smoother still [m].
_CELL_M, _DANGER_CELL_M = 100.0, 1_000.0
# So many times as many fires start where the FWI is higher by ten points, as at 0. By judgement: counts of fires rise
# about in proportion to it where it is moderate; a fitted model of occurrence would say better.
_PER_TEN_POINTS = 1.0
_OLDEST_RATING_DAYS = 2
_KEPT = 12
_READ_AGAIN_S = 60.0

_Known: TypeAlias = "tuple[tuple[str, float], ...]"


@dataclass(frozen=True, slots=True, eq=False)
class _Product:
    """Densities of several rasters, one times the others."""

    rasters: tuple[RasterPrior, ...]

    def __call__(self, east_m: Numbers, north_m: Numbers) -> Numbers:
        return np.asarray(sum(raster(east_m, north_m) for raster in self.rasters))


class DayDanger:
    """The fire danger of a day between the stations, as a factor.

    Parameters
    ----------
    stations : sequence of Station
        Of the site map.
    ratings : RatingBook
        Port.
    zone : tzinfo
        The bureau's time zone: it says which day it is.
    now_s : callable
        Seconds that only rise: the book is asked again after a minute.
    """

    def __init__(
        self,
        stations: Sequence[Station],
        ratings: RatingBook,
        zone: tzinfo,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stations = tuple(stations)
        self._ratings = ratings
        self._zone = zone
        self._now_s = now_s
        self._read: dict[date, tuple[float, _Known]] = {}

    def known(self, at: datetime) -> _Known:
        """Return the FWI of the stations rated that day; of the latest day of the two before where none is."""
        day = at.astimezone(self._zone).date()
        read_s, known = self._read.pop(day, (-_READ_AGAIN_S, ()))
        if self._now_s() - read_s >= _READ_AGAIN_S:
            found = (self._of_day(day - timedelta(days=back)) for back in range(_OLDEST_RATING_DAYS + 1))
            read_s, known = self._now_s(), next((of_day for of_day in found if of_day), ())
        self._read[day] = read_s, known
        while len(self._read) > _KEPT:
            del self._read[next(iter(self._read))]
        return known

    def over(self, grid: TerrainGrid, known: _Known) -> Numbers:
        """Return how dense fires are by the danger known at stations, over the cells of a raster."""
        values = dict(known)
        rated = [station for station in self._stations if station.station_id in values]
        fwi = np.array([values[station.station_id] for station in rated])
        # Heights of stations are left out: those of a coarse cell of hills mean little.
        at = places_of(rated)
        field = condition(PRIORS["fwi"], Places(at.lat_deg, at.lon_deg), fwi)
        east, north = np.meshgrid(grid.east_m(), grid.north_m_of_rows())
        lat, lon = grid.plane.unproject_all(east.ravel(), north.ravel())
        values_there = PRIORS["fwi"].scale.backward(interpolate(field, Places(lat, lon)).mean)
        return 1.0 + _PER_TEN_POINTS * values_there.reshape(grid.shape) / 10.0

    def _of_day(self, day: date) -> _Known:
        found = ((one.station_id, self._ratings.rating(one.station_id, day)) for one in self._stations)
        return tuple((name, rating.indices.fwi) for name, rating in found if rating is not None)


class FirePriors:
    """Fulfils `firewatch.services.locating.FirePrior`.

    Parameters
    ----------
    factors : sequence of callable
        What does not change from day to day, as land cover: from a raster to relative densities, see `PlaceFactor`.
    danger : DayDanger or None
        What does.
    threads : Executor
        Where they are made: until then, nothing is known.
    """

    def __init__(self, factors: Sequence[PlaceFactor], danger: DayDanger | None, threads: Executor) -> None:
        self._factors = tuple(factors)
        self._danger = danger
        self._threads = threads
        self._kept: dict[object, Future[Prior | None]] = {}

    def over(self, grid: TerrainGrid, at: datetime) -> Prior | None:
        """Return the logarithm of fires per km2 over a plane at an instant; None where nothing is known, or not yet."""
        known = () if self._danger is None else self._danger.known(at)
        # One station is as dry everywhere.
        known = known if len(known) > 1 else ()
        if not self._factors and not known:
            return None
        key = (grid.plane.origin, grid.west_m, grid.north_m, grid.cell_m, grid.shape, known)
        future = self._kept.pop(key, None) or self._begun(grid, known)
        self._kept[key] = future
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        is_made = future.done() and future.exception() is None
        return future.result() if is_made else None

    def _begun(self, grid: TerrainGrid, known: _Known) -> Future[Prior | None]:
        future = self._threads.submit(self._made, grid, known)
        future.add_done_callback(_tell_failure)
        return future

    def _made(self, grid: TerrainGrid, known: _Known) -> Prior | None:
        fine = _coarser(grid, _CELL_M)
        factors = [factor for factor in (self._asked(one, fine) for one in self._factors) if factor is not None]
        rasters = [prior_over(fine, factors)] if factors else []
        if known and self._danger is not None:
            coarse = _coarser(grid, _DANGER_CELL_M)
            rasters.append(prior_over(coarse, [self._danger.over(coarse, known)]))
        return _Product(tuple(rasters)) if rasters else None

    def _asked(self, factor: PlaceFactor, grid: TerrainGrid) -> Numbers | None:
        try:
            found = factor(grid)
        except FirewatchError as err:
            logger.warning("prior.failed", extra={"why": str(err)})
            return None
        return found if found is not None and bool(np.any(found > 0.0)) else None


def _tell_failure(future: Future[Prior | None]) -> None:
    failure = future.exception()
    if failure is not None:
        logger.error("prior.failed", extra={"why": str(failure)}, exc_info=failure)


def _coarser(grid: TerrainGrid, cell_m: float) -> TerrainGrid:
    """Return a raster of the same ground with cells at least so large."""
    if grid.cell_m >= cell_m:
        return grid
    rows, columns = (max(2, int(count * grid.cell_m / cell_m)) for count in grid.shape)
    unknown = np.full((rows, columns), np.nan, np.float32)
    blank = TerrainGrid(grid.plane, grid.west_m, grid.north_m, cell_m, unknown)
    east, north = np.meshgrid(blank.east_m(), blank.north_m_of_rows())
    heights = grid.height_at(east, north).astype(np.float32)
    return TerrainGrid(grid.plane, grid.west_m, grid.north_m, cell_m, heights)
