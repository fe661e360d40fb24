"""The settings of how fires spread, and of what they could reach, a part of the central service's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct, field
from msgspec.structs import replace

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["COVER_CURED_PCT", "COVER_FUELS", "SpreadConfig", "with_spread_folder"]

Share = Annotated[float, Meta(gt=0.0, le=1.0)]
Percent = Annotated[float, Meta(ge=0.0, le=100.0)]
Months = Annotated[list[Percent], Meta(min_length=12, max_length=12)]

# Which forest types of the table each class of land cover is, for the hills of Hunan: a judgement, to be confirmed
# (待核). A class that is not here, as tree cover of unknown kind, burns as the mixture of `fuels`.
COVER_FUELS = {
    "needleleaf": {"马尾松林": 0.6, "杉木林": 0.4},
    "broadleaf": {"常绿阔叶林": 1.0},
    "mixed-forest": {"针阔混交林": 1.0},
    "shrubland": {"灌木林": 0.5, "芒萁灌草丛": 0.5},
    "grassland": {"草地": 1.0},
    "cropland": {"农田": 1.0},
    "built-up": {"建设用地": 1.0},
    "bare": {"建设用地": 1.0},
    "snow": {"水域": 1.0},
    "water": {"水域": 1.0},
    "wetland": {"草地": 0.5, "水域": 0.5},
    "mangroves": {"水域": 1.0},
    "moss": {"建设用地": 1.0},
}
# The dead part of what stands on fields, January to December [%]: stubble from the late harvest to ploughing, young
# rice in water from May, the early harvest in July between two green crops. A judgement, to be confirmed (待核).
COVER_CURED_PCT = {"cropland": [100.0, 100.0, 90.0, 70.0, 40.0, 30.0, 50.0, 40.0, 50.0, 80.0, 100.0, 100.0]}


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
    cover_fuels : dict of str to dict
        Forest types that each class of land cover is, and how much of it, in place of `COVER_FUELS`, class by class; an
        empty one burns as `fuels`.
    cover_cured_pct : dict of str to list of float
        The dead part of a class's grass in each month, twelve numbers [%], in place of `COVER_CURED_PCT`.
    """

    fuels: dict[str, Share] = field(default_factory=_hills)
    fuel_types: str = ""
    exposures: str = ""
    heat_sources: str = ""
    cover_fuels: dict[str, dict[str, Share]] = {}
    cover_cured_pct: dict[str, Months] = {}


def with_spread_folder(spread: SpreadConfig, folder: Path) -> SpreadConfig:
    """Return the settings with the names of files taken from a folder."""
    files = {name: getattr(spread, name) for name in ("fuel_types", "exposures", "heat_sources")}
    return replace(spread, **{name: given and str(folder / given) for name, given in files.items()})
