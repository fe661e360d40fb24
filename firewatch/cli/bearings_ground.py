"""The ground around towers, from the elevation model that a file of bearings names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.adapters.terrain_folder import TerrainFolder
from firewatch.adapters.terrain_tiles import TILE_SUFFIXES
from firewatch.domain.sites import USUAL_MAST_M
from firewatch.errors import TerrainError
from firewatch.fusion import Ground
from firewatch.geodesy import inverse
from firewatch.terrain import AboveGround, least_visible_height
from firewatch.terrain.sight import level_m

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from firewatch.cli.bearings_file import FileBearing
    from firewatch.domain.ids import TowerId

__all__ = ["FileGround", "SeenGround", "open_ground"]

# Around the towers this much of the ground is looked at; farther out a fire is possible at any height [m].
_AROUND_M, _MOST_M = 25_000.0, 90_000.0
# A wider map has larger cells, so that it stays below 3 million of them [m].
_FINE_M, _COARSE_M, _WIDE_M = 30.0, 90.0, 26_000.0


@dataclass(frozen=True, slots=True)
class SeenGround:
    """The ground around some towers, and how high their lenses stand above the geoid [m]."""

    ground: Ground
    lens_m: Mapping[TowerId, float]


class FileGround:
    """Makes the ground around the towers of a fire, and keeps in `notes` where it could not.

    Parameters
    ----------
    folder : TerrainFolder
        Imported tiles.
    """

    def __init__(self, folder: TerrainFolder) -> None:
        self._folder = folder
        self.notes: list[str] = []

    def around(self, members: Sequence[FileBearing]) -> SeenGround | None:
        """Return the ground around the towers of some bearings; None, with a note, where the model does not reach."""
        middle = members[0].seen.position
        farthest_m = max(inverse(middle, one.seen.position).distance_m for one in members)
        radius_m = min(farthest_m + _AROUND_M, _MOST_M)
        try:
            grid = self._folder.grid_around(middle, radius_m, _FINE_M if radius_m < _WIDE_M else _COARSE_M)
            eyes = {one.seen.tower_id: AboveGround.at(grid.plane, one.seen.position, _mast_m(one)) for one in members}
            lens_m = {tower_id: level_m(grid, eye) for tower_id, eye in eyes.items()}
        except TerrainError as err:
            names = ", ".join(dict.fromkeys(one.seen.tower_id for one in members))
            self.notes.append(f"{names}: located on the plane, for {err}")
            return None
        seen = {tower_id: least_visible_height(grid, eye) for tower_id, eye in eyes.items()}
        return SeenGround(Ground(grid, seen), lens_m)


def _mast_m(one: FileBearing) -> float:
    return USUAL_MAST_M if one.height_m is None else one.height_m


def open_ground(path: Path, scratch: Path) -> FileGround:
    """Return the ground that a path leads to.

    Parameters
    ----------
    path : Path
        A folder of `firewatch terrain import`, a raster, or a folder of rasters.
    scratch : Path
        An empty folder for what is read from rasters.

    Raises
    ------
    TerrainError
        If there is nothing of the kind, or a raster is no elevation model.
    """
    imported = TerrainFolder(path)
    if path.is_dir() and imported.tiles():
        return FileGround(imported)
    rasters = [path] if path.is_file() else sorted(p for p in path.glob("*") if p.suffix.lower() in TILE_SUFFIXES)
    if not rasters:
        raise TerrainError(f"terrain {path}: neither a folder of `firewatch terrain import` nor rasters ({_KINDS})")
    folder = TerrainFolder(scratch)
    for raster in rasters:
        folder.add(raster, _say_nothing)
    return FileGround(folder)


_KINDS = ", ".join(TILE_SUFFIXES)


def _say_nothing(_what: str, _done: int, _of: int) -> None:
    """Files of this size are read in seconds: no progress is shown."""
