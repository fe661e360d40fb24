"""The settings of the map of land cover, a part of the central service's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LandCoverConfig", "with_land_cover_folder"]

_TABLE = ".toml"


class LandCoverConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The map of land cover.

    Parameters
    ----------
    folder : str
        Of the tiles that `firewatch land-cover import` took in; empty for none.
    codes : str or dict of str to str
        What the codes of imported files mean: the name of a published legend, a table of one's own (a file that ends in
        .toml), or the table itself, code to class.
    """

    folder: str = ""
    codes: str | dict[str, str] = "esa-worldcover-2021"


def with_land_cover_folder(cover: LandCoverConfig, folder: Path) -> LandCoverConfig:
    """Return the settings with the names of files taken from a folder."""
    codes = cover.codes
    if isinstance(codes, str) and codes.endswith(_TABLE):
        codes = str(folder / codes)
    return replace(cover, folder=cover.folder and str(folder / cover.folder), codes=codes)
