"""Wiring of the ground under fires: heights for the spread, and what each tower sees, made ready in the background.

One process prepares (`GroundKeeper`, a duty of the clockwork); every process reads what is ready (`SeenGround`) and
never computes. The towers' rasters lie on one lattice, that of the centre, so that those of several are cut together.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from firewatch.adapters.terrain_folder import TerrainFolder
from firewatch.adapters.tower_grounds import GroundNote, KeptGround, TowerGrounds, ground_key
from firewatch.domain.geo import Position
from firewatch.errors import FirewatchError, TerrainError
from firewatch.fusion import Ground
from firewatch.geodesy import LocalPlane, PlanePoint
from firewatch.services.terrain_board import TowerTerrain
from firewatch.terrain import AboveGround, TerrainGrid, least_visible_height
from firewatch.terrain.visible import Engine
from firewatch.terrain_wiring import terrain_around

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.ids import TowerId
    from firewatch.domain.sites import SiteMap, Tower
    from firewatch.terrain_settings import TerrainConfig

__all__ = ["GroundKeeper", "HillsAround", "SeenGround"]

logger = logging.getLogger(__name__)

# Windows of the spread lie on a lattice, so that the fires of one valley share one [deg]; they reach far beyond the
# error of a fix that is worth a forecast [m].
_LATTICE_DEG, _HILLS_M = 0.05, 12_000.0
_KEPT = 16
# Beyond the range of a camera by half, one smoke in 150 is found: as far as a posterior looks.
_BEYOND_RANGE = 1.5
# Half the cells of a raster's side: 9 million cells are 72 MB on disk. Wider ranges have larger cells.
_MOST_HALF = 1500
# The origin of the centre's plane lies on a lattice, so that one tower more rarely moves it [deg].
_ORIGIN_DEG = 0.5
# A file's note is looked at so often [s]; what failed is tried again after this [s].
_LOOK_S, _AGAIN_S = 2.0, 600.0
_FOLDER = "towers"


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


@dataclass(frozen=True, slots=True)
class _Lattice:
    """The one map of a centre, and what of it is kept for each tower."""

    plane: LocalPlane
    cell_m: float
    radii_m: dict[TowerId, float]

    @classmethod
    def of(cls, settings: TerrainConfig, towers: Sequence[Tower]) -> _Lattice:
        lat, lon = (
            _ORIGIN_DEG * round(sum(degrees) / len(towers) / _ORIGIN_DEG) if towers else 0.0
            for degrees in (
                [tower.position.lat_deg for tower in towers],
                [tower.position.lon_deg for tower in towers],
            )
        )
        reaches = {one.tower_id: _BEYOND_RANGE * max(camera.range_m for camera in one.cameras) for one in towers}
        # A raster is at least so wide that its cells are in it, whatever ranges somebody wrote.
        cell_m = max(settings.cell_m, max(reaches.values(), default=0.0) / _MOST_HALF)
        return cls(LocalPlane(Position(lat, lon)), cell_m, {who: max(m, 2.0 * cell_m) for who, m in reaches.items()})

    def key(self, tower: Tower) -> str:
        return ground_key(tower, self.plane, self.radii_m[tower.tower_id], self.cell_m)

    def middle(self, tower: Tower) -> PlanePoint:
        at = self.plane.project(tower.position)
        return PlanePoint(round(at.east_m / self.cell_m) * self.cell_m, round(at.north_m / self.cell_m) * self.cell_m)


def _with_eyes(sites: SiteMap) -> tuple[Tower, ...]:
    return tuple(tower for tower in sites.towers if tower.cameras)


class GroundKeeper:
    """Computes what each tower sees of the ground, once, one tower a step; a new import of tiles does it anew.

    Parameters
    ----------
    settings : TerrainConfig
        Which folder; what is computed is kept in it.
    sites : SiteMap
        The towers; those without cameras see nothing.
    """

    def __init__(self, settings: TerrainConfig, sites: SiteMap) -> None:
        self._towers = _with_eyes(sites)
        self._lattice = _Lattice.of(settings, self._towers)
        self._tiles = TerrainFolder(Path(settings.folder)) if settings.folder else None
        self._kept = TowerGrounds(Path(settings.folder) / _FOLDER)
        self._done: dict[TowerId, str] = {}
        self._again_at: dict[TowerId, float] = {}
        self._told: set[str] = set()
        self._is_tidied = False

    def step(self) -> bool:
        """Prepare the next tower; return whether there was one. What fails is logged once, and tried again later."""
        if self._tiles is None:
            return False
        self._tidy()
        for tower in self._towers:
            try:
                identity = self._identity(tower)
                if self._is_done(tower, identity):
                    continue
                self._prepare(tower, identity)
            except FirewatchError as err:
                self._failed(tower, err)
            return True
        return False

    def _tidy(self) -> None:
        if not self._is_tidied:
            self._kept.use(frozenset(self._lattice.key(tower) for tower in self._towers))
            self._is_tidied = True

    def _identity(self, tower: Tower) -> str:
        assert self._tiles is not None  # noqa: S101 - for the type checker: `step`
        lattice = self._lattice
        return self._tiles.identity(lattice.plane, lattice.middle(tower), lattice.radii_m[tower.tower_id])

    def _is_done(self, tower: Tower, identity: str) -> bool:
        who = tower.tower_id
        if monotonic() < self._again_at.get(who, 0.0) or self._done.get(who) == identity:
            return True
        key = self._lattice.key(tower)
        note = self._kept.note(key)
        if note is None or note.why or note.tiles != identity or self._kept.read(key, self._lattice.plane) is None:
            return False
        self._ready(tower, identity, "kept")
        return True

    def _prepare(self, tower: Tower, identity: str) -> None:
        assert self._tiles is not None  # noqa: S101 - for the type checker: `step`
        lattice, since = self._lattice, monotonic()
        radius_m = lattice.radii_m[tower.tower_id]
        grid = self._tiles.grid_on(lattice.plane, lattice.middle(tower), radius_m, lattice.cell_m)
        eye = AboveGround.at(lattice.plane, tower.position, tower.mast_m)
        # Beside the pages' work there is no hurry: the compiled kernel would cost this process 100 MB for good.
        seen_m = least_visible_height(grid, eye, max_range_m=radius_m, engine=Engine.NUMPY)
        note = GroundNote(tower.tower_id, identity, grid.west_m, grid.north_m, grid.cell_m)
        self._kept.keep(lattice.key(tower), note, KeptGround(grid, seen_m))
        self._ready(tower, identity, f"computed in {monotonic() - since:.1f} s")

    def _ready(self, tower: Tower, identity: str, how: str) -> None:
        self._done[tower.tower_id] = identity
        facts = {"tower": tower.tower_id, "ready": len(self._done), "of": len(self._towers), "how": how}
        logger.info("ground.ready", extra=facts)

    def _failed(self, tower: Tower, err: FirewatchError) -> None:
        self._done.pop(tower.tower_id, None)
        self._again_at[tower.tower_id] = monotonic() + _AGAIN_S
        why = str(err)
        if why not in self._told:
            self._told.add(why)
            logger.warning("ground.failed", extra={"tower": tower.tower_id, "why": why})
        key = self._lattice.key(tower)
        if self._kept.read(key, self._lattice.plane) is not None:
            return  # what was computed of the tiles before is better than nothing
        try:
            self._kept.refuse(key, GroundNote(tower.tower_id, "", why=why))
        except TerrainError:
            return  # the folder cannot be written, which is what has just been told


class SeenGround:
    """The ground around towers and what each sees of it, for the region of an incident, as far as it is ready.

    Parameters
    ----------
    settings : TerrainConfig
        Which folder.
    sites : SiteMap
        All towers of the centre, as `GroundKeeper` got them.
    """

    def __init__(self, settings: TerrainConfig, sites: SiteMap) -> None:
        self._towers = _with_eyes(sites)
        self._lattice = _Lattice.of(settings, self._towers)
        self._has_model = bool(settings.folder)
        self._kept = TowerGrounds(Path(settings.folder) / _FOLDER)
        self._known: dict[str, tuple[float, int, KeptGround | None]] = {}
        self._lock = Lock()

    def __call__(self, towers: Sequence[Tower]) -> Ground | None:
        """Return the ground that all of some towers could see, and what each sees of it, without computing anything.

        Parameters
        ----------
        towers : sequence of Tower
            Those not ready are left out: they are taken to see everything.

        Returns
        -------
        Ground or None
            None without a model, while none of them is ready, or where they have no ground in common.
        """
        if not self._has_model:
            return None
        found = {tower.tower_id: self._found(tower) for tower in towers}
        return _common({who: kept for who, kept in sorted(found.items()) if kept is not None})

    def towers(self) -> tuple[TowerTerrain, ...]:
        """Fulfil `firewatch.services.terrain_board.TerrainBoard`."""
        return tuple(self._told(tower) for tower in self._towers) if self._has_model else ()

    def _told(self, tower: Tower) -> TowerTerrain:
        if self._found(tower) is not None:
            return TowerTerrain(tower.tower_id, is_ready=True)
        note = self._kept.note(self._lattice.key(tower))
        return TowerTerrain(tower.tower_id, is_ready=False, why="" if note is None else note.why)

    def _found(self, tower: Tower) -> KeptGround | None:
        if tower.tower_id not in self._lattice.radii_m:
            return None
        key = self._lattice.key(tower)
        with self._lock:
            looked_at, changed, kept = self._known.get(key, (-_LOOK_S, 0, None))
            now = monotonic()
            if now - looked_at < _LOOK_S:
                return kept
            latest = self._kept.changed_ns(key)
            if latest != changed:
                kept = self._kept.read(key, self._lattice.plane)
            self._known[key] = (now, latest, kept)
            return kept


def _common(kept: dict[TowerId, KeptGround]) -> Ground | None:
    """Cut the rasters of several towers, which lie on one lattice, to what all of them cover."""
    if not kept:
        return None
    grids = [one.terrain for one in kept.values()]
    cell_m = grids[0].cell_m
    west_m, north_m = max(grid.west_m for grid in grids), min(grid.north_m for grid in grids)
    east_m = min(grid.west_m + (grid.shape[1] - 1) * cell_m for grid in grids)
    south_m = max(grid.north_m - (grid.shape[0] - 1) * cell_m for grid in grids)
    columns, rows = round((east_m - west_m) / cell_m) + 1, round((north_m - south_m) / cell_m) + 1
    if min(columns, rows) < 2:  # noqa: PLR2004 - a raster has at least two cells a side
        return None
    cuts = {
        who: (
            slice(top := round((one.terrain.north_m - north_m) / cell_m), top + rows),
            slice(left := round((west_m - one.terrain.west_m) / cell_m), left + columns),
        )
        for who, one in kept.items()
    }
    first = next(iter(kept))
    heights = kept[first].terrain.elevation_m[cuts[first]]
    grid = TerrainGrid(grids[0].plane, west_m, north_m, cell_m, heights)
    return Ground(grid, {who: one.least_visible_m[cuts[who]] for who, one in kept.items()})
