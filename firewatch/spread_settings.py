"""The settings of how fires spread, and of what they could reach, a part of the central service's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct, field
from msgspec.structs import replace

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SpreadConfig", "with_spread_folder"]

Share = Annotated[float, Meta(gt=0.0, le=1.0)]


def _hills() -> dict[str, float]:
    # Of the forest of Hunan's hills; which of them burns at a place nobody told the system.
    return {"马尾松林": 0.4, "杉木林": 0.3, "芒萁灌草丛": 0.3}


class SpreadConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """How fires spread.

    Parameters
    ----------
    fuels : dict of str to float
        Forest types that may burn at a place of which nothing more is known, and how likely, above 0 and at most 1;
        empty: no spread is told.
    fuel_types : str
        Table of forest types (TOML); empty for the shipped one.
    exposures : str
        Villages, schools, forests that a fire could reach (GeoJSON); empty for none.
    heat_sources : str
        Places known to be warm (GeoJSON): a hotspot there is marked; empty for none.
    """

    fuels: dict[str, Share] = field(default_factory=_hills)
    fuel_types: str = ""
    exposures: str = ""
    heat_sources: str = ""


def with_spread_folder(spread: SpreadConfig, folder: Path) -> SpreadConfig:
    """Return the settings with the names of files taken from a folder."""
    files = {name: getattr(spread, name) for name in ("fuel_types", "exposures", "heat_sources")}
    return replace(spread, **{name: given and str(folder / given) for name, given in files.items()})
