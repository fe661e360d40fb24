"""The danger surface of a day, made once for each change of its ratings: whoever asks next gets the same one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firewatch.danger.surface_grid import SurfaceAxes
from firewatch.services.danger_surface import danger_surface
from firewatch.services.danger_views import DangerSurface

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from firewatch.danger.kriging import FieldPrior
    from firewatch.danger.surface_grid import SurfaceGrid
    from firewatch.domain.danger import DangerRating
    from firewatch.domain.sites import SiteMap
    from firewatch.services.danger_views import DangerBoard

__all__ = ["SurfaceDrawing", "SurfaceKeeper", "axes_around"]

_MARGIN_DEG = 0.2
# Cells on the longer side: a city's are two kilometres wide, and a province's map takes no longer than a city's.
_CELLS_A_SIDE = 96
_MOST_DAYS = 8


@dataclass(frozen=True, slots=True)
class SurfaceDrawing:
    """How a surface becomes a picture and areas."""

    png: Callable[[SurfaceGrid], bytes]
    geojson: Callable[[SurfaceGrid], bytes]


@dataclass(frozen=True, slots=True)
class _Made:
    """A day's surface, and the ratings that it was made of."""

    ratings: tuple[DangerRating, ...]
    forecasts: int
    surface: DangerSurface | None


@dataclass(slots=True)
class _Shelf:
    """The surfaces made so far, the latest asked for last."""

    made: dict[date, _Made] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)


def axes_around(sites: SiteMap) -> SurfaceAxes | None:
    """Return the cells over all towers and stations with a margin; None where there are no stations."""
    if not sites.stations:
        return None
    places = [*(station.position for station in sites.stations), *(tower.position for tower in sites.towers)]
    lat, lon = [place.lat_deg for place in places], [place.lon_deg for place in places]
    west, south, east, north = (
        min(lon) - _MARGIN_DEG,
        min(lat) - _MARGIN_DEG,
        max(lon) + _MARGIN_DEG,
        max(lat) + _MARGIN_DEG,
    )
    return SurfaceAxes.of_box(west, south, east, north, max(east - west, north - south) / _CELLS_A_SIDE)


class SurfaceKeeper:
    """Fulfils `firewatch.services.danger_views.SurfaceBoard`: the grade's index HTZ, whose classes are the grades.

    Parameters
    ----------
    sites : SiteMap
        The stations.
    board : DangerBoard
        Their ratings.
    drawing : SurfaceDrawing
        Makes the picture and the areas.
    parameters : mapping
        Fitted numbers of the fields by quantity; what is not among them is assumed.
    """

    def __init__(
        self, sites: SiteMap, board: DangerBoard, drawing: SurfaceDrawing, parameters: Mapping[str, FieldPrior]
    ) -> None:
        self._stations = sites.stations
        self._axes = axes_around(sites)
        self._board = board
        self._drawing = drawing
        self._parameters = parameters
        self._shelf = _Shelf()

    def surface(self, day: date, at: datetime) -> DangerSurface | None:
        """Return the surface of a day as known at an instant; None where no station has a grade."""
        found = [danger.on(day) for danger in self._board.dangers(day, day, at)]
        ratings = tuple(rating for rating, _ in found if rating is not None and rating.grade is not None)
        forecasts = sum(is_forecast for rating, is_forecast in found if rating is not None and rating.grade is not None)
        with self._shelf.turn:
            made = self._shelf.made.pop(day, None)
            if made is None or (made.ratings, made.forecasts) != (ratings, forecasts):
                made = _Made(ratings, forecasts, self._make(day, ratings, forecasts))
            self._shelf.made[day] = made
            while len(self._shelf.made) > _MOST_DAYS:
                self._shelf.made.pop(next(iter(self._shelf.made)))
        return made.surface

    def _make(self, day: date, ratings: tuple[DangerRating, ...], forecasts: int) -> DangerSurface | None:
        if self._axes is None:
            return None
        grid = danger_surface(self._stations, ratings, self._axes, parameters=self._parameters)
        if grid is None:
            return None
        return DangerSurface(day, grid, forecasts, self._drawing.png(grid), self._drawing.geojson(grid))
