"""The settings of the danger rating and of what the danger page shows, a part of the central service's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DangerConfig", "with_folder"]


class DangerConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The danger rating.

    Parameters
    ----------
    table : str
        Name of the grade's table.
    gap_policy : "refuse" or "last-reading-dry"
        What is done about a day without a reading.
    utc_offset_h : float
        Local standard time of the noon reading.
    surface_parameters : str
        File with the fitted numbers of the danger surface; empty for the assumed ones.
    """

    table: Annotated[str, Meta(min_length=1, max_length=500)] = "ly_t_1172_1995"
    gap_policy: Literal["refuse", "last-reading-dry"] = "last-reading-dry"
    utc_offset_h: Annotated[float, Meta(ge=-12.0, le=14.0)] = 8.0
    surface_parameters: str = ""


def with_folder(danger: DangerConfig, folder: Path) -> DangerConfig:
    """Return the settings with the names of files taken from a folder."""
    return replace(danger, surface_parameters=danger.surface_parameters and str(folder / danger.surface_parameters))
