"""What each tower sees of the ground, kept on disk: two rasters in one file, and a note that tells what they are.

The note is written last, so that rasters which were half written are not there; readers map the file into memory and
read of it only what they touch. Programs that read while a new one is written keep the old one.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import numpy as np
from msgspec import Struct

from firewatch.adapters.whole_file import write_whole
from firewatch.errors import InvalidValue, ObservationError, TerrainError
from firewatch.terrain import TerrainGrid

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.domain.sites import Tower
    from firewatch.geodesy import LocalPlane

    Heights: TypeAlias = npt.NDArray[np.float32]

__all__ = ["GroundNote", "KeptGround", "TowerGrounds", "ground_key"]

logger = logging.getLogger(__name__)

# What no tower has asked for since is of another place or mast.
_FORGOTTEN_S = 30 * 86_400.0
_FORM = 1


class GroundNote(Struct, frozen=True, forbid_unknown_fields=True):
    """What the rasters of a tower are, or why there are none.

    Parameters
    ----------
    tower_id : str
        Whose.
    tiles : str
        Of what tiles, as `TerrainFolder.identity` tells.
    west_m, north_m, cell_m : float
        Where they lie on the centre's plane [m].
    why : str
        What went wrong; empty where all is well.
    """

    tower_id: str
    tiles: str
    west_m: float = 0.0
    north_m: float = 0.0
    cell_m: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class KeptGround:
    """The ground around a tower, and how high above it something must stand to be seen from there.

    Parameters
    ----------
    terrain : TerrainGrid
        Heights.
    least_visible_m : ndarray, the terrain's shape, float32
        As `firewatch.terrain.least_visible_height` gives it [m].
    """

    terrain: TerrainGrid
    least_visible_m: Heights


def ground_key(tower: Tower, plane: LocalPlane, radius_m: float, cell_m: float) -> str:
    """Return the name under which a tower's ground is kept: another place, mast, range or map has another name."""
    at, origin = tower.position, plane.origin
    said = (at.lat_deg, at.lon_deg, tower.mast_m, origin.lat_deg, origin.lon_deg, radius_m, cell_m, _FORM)
    return hashlib.sha256(" ".join(f"{number:.7f}" for number in said).encode()).hexdigest()[:24]


class TowerGrounds:
    """A folder of towers' grounds.

    Parameters
    ----------
    path : Path
        It need not exist before something is kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def changed_ns(self, key: str) -> int:
        """Return when a note was written, for `read` again only if it changed; 0 where there is none."""
        try:
            return self._note(key).stat().st_mtime_ns
        except OSError:
            return 0

    def note(self, key: str) -> GroundNote | None:
        """Return what is kept of a tower; None where nothing is, or it cannot be read."""
        try:
            return msgspec.json.decode(self._note(key).read_bytes(), type=GroundNote)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as err:
            logger.warning("ground.damaged", extra={"path": str(self._note(key)), "why": str(err)})
            return None

    def read(self, key: str, plane: LocalPlane) -> KeptGround | None:
        """Return the ground of a tower, mapped into memory; None where none is kept, or it is damaged."""
        note = self.note(key)
        if note is None or note.why:
            return None
        path = self._rasters(key, note.tiles)
        try:
            rasters = np.load(path, mmap_mode="r", allow_pickle=False)
            terrain = TerrainGrid(plane, note.west_m, note.north_m, note.cell_m, rasters[0])
        except (OSError, ValueError, EOFError, IndexError, InvalidValue) as err:
            logger.warning("ground.damaged", extra={"path": str(path), "why": str(err)})
            return None
        return KeptGround(terrain, rasters[1])

    def keep(self, key: str, note: GroundNote, kept: KeptGround) -> None:
        """Keep a tower's ground in place of the one before; raise `TerrainError` where it cannot be written."""
        packed = io.BytesIO()
        np.save(packed, np.stack((kept.terrain.elevation_m, kept.least_visible_m)))
        path = self._rasters(key, note.tiles)
        self._write(path, packed.getvalue())
        self._write(self._note(key), msgspec.json.encode(note))
        for old in self._path.glob(f"{key}-*.npy"):
            if old != path:
                old.unlink(missing_ok=True)

    def refuse(self, key: str, note: GroundNote) -> None:
        """Keep why there is no ground of a tower; raise `TerrainError` where it cannot be written."""
        self._write(self._note(key), msgspec.json.encode(note))

    def use(self, keys: frozenset[str]) -> None:
        """Say which are still wanted; what nobody wanted for 30 days is removed."""
        try:
            for key in keys:
                for path in self._path.glob(f"{key}*"):
                    os.utime(path)
            forgotten = time.time() - _FORGOTTEN_S
            for path in self._path.glob("*"):
                if path.stat().st_mtime < forgotten:
                    path.unlink(missing_ok=True)
        except OSError as err:
            logger.warning("ground.not.tidied", extra={"path": str(self._path), "why": str(err)})

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        except OSError as err:
            raise TerrainError(f"terrain {path.parent}: cannot be made: {err.strerror}") from err
        except ObservationError as err:
            raise TerrainError(f"terrain {path}: {err.why}; the centre writes what it computes there") from err

    def _note(self, key: str) -> Path:
        return self._path / f"{key}.json"

    def _rasters(self, key: str, tiles: str) -> Path:
        return self._path / f"{key}-{tiles}.npy"
