"""The settings of the terrain model, a part of the central service's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TerrainConfig", "with_terrain_folder"]


class TerrainConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The terrain model.

    Parameters
    ----------
    folder : str
        Of the tiles that `firewatch terrain import` took in; empty for none: everything is then found on the plane.
    cell_m : float
        Side of a cell of the rasters that are made of them [m].
    """

    folder: str = ""
    cell_m: Annotated[float, Meta(ge=5.0, le=500.0)] = 30.0


def with_terrain_folder(terrain: TerrainConfig, folder: Path) -> TerrainConfig:
    """Return the settings with the name of the tiles' folder taken from a folder."""
    return replace(terrain, folder=terrain.folder and str(folder / terrain.folder))
