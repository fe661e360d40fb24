"""A folder of imported tiles of the ground; its list is written last, so that what was half imported is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
from msgspec import Struct

from firewatch.adapters.whole_file import write_whole
from firewatch.errors import ObservationError, TerrainError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firewatch.adapters.raster_files import Window

__all__ = ["StoredRaster", "TileFolder"]

_DEGREE_M = 111_320.0


class StoredRaster(Struct, frozen=True, forbid_unknown_fields=True):
    """A tile as its folder's list tells of it.

    Parameters
    ----------
    file, source, sha256 : str
        Its file in the folder; name and hash of the file that it was imported from.
    west_deg, south_deg, east_deg, north_deg : float
        Outer edges [deg].
    rows, columns : int
        Its size.
    """

    file: str
    source: str
    sha256: str
    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float
    rows: int
    columns: int

    @property
    def steps_deg(self) -> tuple[float, float]:
        """Size of a cell in longitude and latitude [deg]."""
        return (self.east_deg - self.west_deg) / self.columns, (self.north_deg - self.south_deg) / self.rows

    @property
    def resolution_m(self) -> float:
        """Size of a cell from north to south [m]."""
        return self.steps_deg[1] * _DEGREE_M

    def covers(self, lat_deg: float, lon_deg: float) -> bool:
        """Whether a place lies within the tile."""
        return self.south_deg <= lat_deg <= self.north_deg and self.west_deg <= lon_deg <= self.east_deg

    def window(self, box_deg: tuple[float, float, float, float], beyond: int) -> Window | None:
        """Return the rows and columns in a box (west, south, east, north), or None where none is.

        From a cell before the box on, to `beyond` cells after the one that its edge falls into: 2 where the tile begins
        at a cell's edge, 3 where at its middle.
        """
        west, south, east, north = box_deg
        step_lon, step_lat = self.steps_deg
        left = max(0, int((west - self.west_deg) / step_lon) - 1)
        right = min(self.columns, int((east - self.west_deg) / step_lon) + beyond)
        top = max(0, int((self.north_deg - north) / step_lat) - 1)
        bottom = min(self.rows, int((self.north_deg - south) / step_lat) + beyond)
        return None if right <= left or bottom <= top else ((top, bottom), (left, right))


_Tile = TypeVar("_Tile", bound=StoredRaster)


class _List(Struct, Generic[_Tile], frozen=True, forbid_unknown_fields=True):
    tiles: list[_Tile]
    version: int = 1


class TileFolder(Generic[_Tile]):
    """The tiles of one kind in a folder.

    Parameters
    ----------
    path : Path
        The folder; it need not exist before the first import.
    name : str
        Of the list in it.
    kind : type
        What the list holds.
    what : str
        As messages call it.
    """

    def __init__(self, path: Path, name: str, kind: type[_Tile], what: str) -> None:
        self.path = path
        self._list = path / name
        self._form = _List[kind]  # type: ignore[valid-type]  # known when it runs only
        self._what = what

    def tiles(self) -> tuple[_Tile, ...]:
        """Return what was imported, the finest first; nothing where nothing was.

        Raises
        ------
        TerrainError
            If the list cannot be read.
        """
        try:
            found: list[_Tile] = msgspec.json.decode(self._list.read_bytes(), type=self._form).tiles
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as err:
            how = "delete it and import the tiles again"
            raise TerrainError(f"{self._what} {self._list}: cannot be read ({err}); {how}") from err
        return tuple(sorted(found, key=lambda tile: (round(tile.resolution_m, 1), tile.file)))

    def add(self, is_it: Callable[[_Tile], bool], store: Callable[[], _Tile]) -> tuple[_Tile, bool]:
        """Import a tile; one from a file of the same name that was imported before is replaced.

        Parameters
        ----------
        is_it : callable
            Tells of a tile whether it is the one that is to be imported.
        store : callable
            Writes it into the folder, and returns what the list tells of it.

        Returns
        -------
        tuple of StoredRaster and bool
            The tile, and whether it is new.

        Raises
        ------
        TerrainError
            If it cannot be written; the folder stays as it was.
        """
        known = self.tiles()
        for tile in known:
            if is_it(tile) and (self.path / tile.file).is_file():
                return tile, False
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise TerrainError(f"{self._what} {self.path}: cannot be made: {err.strerror}") from err
        new = store()
        old = [tile for tile in known if tile.source == new.source or tile.file == new.file]
        self._write([*(tile for tile in known if tile not in old), new])
        for tile in old:
            if tile.file != new.file:
                (self.path / tile.file).unlink(missing_ok=True)
        return new, True

    def _write(self, tiles: list[_Tile]) -> None:
        try:
            write_whole(self._list, msgspec.json.format(msgspec.json.encode(_List(tiles))))
        except ObservationError as err:
            raise TerrainError(f"{self._what} {self._list}: {err.why}") from err
