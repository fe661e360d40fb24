"""Wiring of the ground under fires: heights for the spread, heights and sight for the region, read once and kept."""

from __future__ import annotations

import logging
from threading import Lock
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firewatch.domain.geo import Position
from firewatch.errors import FirewatchError
from firewatch.fusion import Ground
from firewatch.geodesy import inverse
from firewatch.terrain import AboveGround, least_visible_height
from firewatch.terrain_wiring import terrain_around

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.ids import TowerId
    from firewatch.domain.sites import Tower
    from firewatch.terrain import TerrainGrid
    from firewatch.terrain_settings import TerrainConfig

__all__ = ["HillsAround", "SeenGround"]

logger = logging.getLogger(__name__)

# Windows of the spread lie on a lattice, so that the fires of one valley share one [deg]; they reach far beyond the
# error of a fix that is worth a forecast [m].
_LATTICE_DEG, _HILLS_M = 0.05, 12_000.0
# Around the towers this much of the ground is looked at; farther out a fire is possible at any height [m].
_AROUND_M, _MOST_M = 25_000.0, 90_000.0
# A wider map has larger cells, so that it stays below 3 million of them [m].
_COARSE_M, _WIDE_M = 90.0, 26_000.0
_KEPT = 16


class HillsAround:
    """The heights around a place, for `firewatch.services.spreading.SpreadGround`.

    Parameters
    ----------
    settings : TerrainConfig
        Which folder. A place that its tiles do not cover is taken for flat, and logged once.
    """

    def __init__(self, settings: TerrainConfig) -> None:
        self._settings = settings
        self._known: dict[Position, TerrainGrid | None] = {}
        self._lock = Lock()

    def __call__(self, place: Position) -> TerrainGrid | None:
        """Return the ground around a place; None without a model there."""
        if not self._settings.folder:
            return None
        middle = Position(_snapped(place.lat_deg), _snapped(place.lon_deg))
        with self._lock:
            if middle not in self._known:
                while len(self._known) >= _KEPT:
                    del self._known[next(iter(self._known))]
                self._known[middle] = self._read(middle)
            return self._known[middle]

    def _read(self, middle: Position) -> TerrainGrid | None:
        try:
            return terrain_around(self._settings, middle, _HILLS_M)
        except FirewatchError as err:
            logger.warning("spread.flat", extra={"lat_deg": middle.lat_deg, "lon_deg": middle.lon_deg, "why": str(err)})
            return None


def _snapped(degrees: float) -> float:
    return round(round(degrees / _LATTICE_DEG) * _LATTICE_DEG, 6)


class SeenGround:
    """The ground around towers and what each sees of it, for the region of an incident.

    Parameters
    ----------
    settings : TerrainConfig
        Which folder. Where a tower lies outside its tiles, its fires are located on the plane; that is logged once.
    """

    def __init__(self, settings: TerrainConfig) -> None:
        self._settings = settings
        self._known: dict[tuple[TowerId, ...], Ground | None] = {}
        self._lock = Lock()

    def __call__(self, towers: Sequence[Tower]) -> Ground | None:
        """Return the ground of some towers, at least one; None without a model there. The first call takes seconds."""
        if not self._settings.folder:
            return None
        ordered = sorted(towers, key=lambda tower: tower.tower_id)
        key = tuple(tower.tower_id for tower in ordered)
        with self._lock:
            if key not in self._known:
                while len(self._known) >= _KEPT:
                    del self._known[next(iter(self._known))]
                self._known[key] = self._made(ordered)
            return self._known[key]

    def _made(self, towers: Sequence[Tower]) -> Ground | None:
        middle = towers[0].position
        farthest_m = max(inverse(middle, tower.position).distance_m for tower in towers)
        radius_m = min(farthest_m + _AROUND_M, _MOST_M)
        try:
            grid = terrain_around(_coarser(self._settings, radius_m), middle, radius_m)
            if grid is None:
                return None
            seen = {
                tower.tower_id: least_visible_height(grid, AboveGround.at(grid.plane, tower.position, tower.mast_m))
                for tower in towers
            }
        except FirewatchError as err:
            names = ", ".join(tower.tower_id for tower in towers)
            logger.warning("whereabouts.flat", extra={"towers": names, "why": str(err)})
            return None
        return Ground(grid, seen)


def _coarser(settings: TerrainConfig, radius_m: float) -> TerrainConfig:
    least_m = settings.cell_m if radius_m < _WIDE_M else _COARSE_M
    return replace(settings, cell_m=max(settings.cell_m, least_m))
