"""The JSON of how an incident spreads: words are in the asker's language, instants are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ["ConsequenceOut", "QuantilesOut", "ReachedOut", "SpreadOut", "SpreadStageOut", "WangOut"]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class QuantilesOut(_Out):
    """Of ten possible fires one is below `p10`, five below `p50`, nine below `p90`."""

    p10: float
    p50: float
    p90: float


class SpreadStageOut(_Out):
    """The fire some minutes from now, and at which instant that is."""

    after_min: float
    at: datetime
    head_m: QuantilesOut
    area_ha: QuantilesOut
    words: str


class WangOut(_Out):
    """The same by Wang's model; areas in the order of the stages. It is beside the other, never mixed with it."""

    head_m_min: float
    towards_deg: float | None
    area_ha: list[float]
    is_beyond_data: bool


class ReachedOut(_Out):
    """What the fire could reach within the hour."""

    kind: str
    name: str
    distance_m: float


class ConsequenceOut(_Out):
    """What the fire would do within the hour: from 0.5 to 3, 1 where nothing is known; the parts sum to the value."""

    value: float
    parts: dict[str, float]
    reached: list[ReachedOut]


class SpreadOut(_Out):
    """How the fire spreads from `at` on.

    `why_not` says why nothing can be told, and then the rates are None and `stages` is empty. `shapes` is GeoJSON:
    ``kind`` is ``ellipse`` (the central case), ``likely`` (there the ground burns in half of the possible fires) or
    ``possible`` (nine in ten stay within), ``after_min``
    and ``label`` are its time. `basis` says what it all rests on, line by line. `fuel_source` is ``land-cover`` or
    ``settings``; `unburnt` is the share of the ground that does not burn, `forest` that of trees within 1.5 km by the
    map of land cover, 0 to 1.
    """

    at: datetime
    why_not: str | None
    words: str
    head_m_min: float | None
    head_range_m_min: QuantilesOut | None
    flank_m_min: float | None
    back_m_min: float | None
    towards_deg: float | None
    length_to_breadth: float | None
    intensity_kw_m: float | None
    slope_pct: float | None
    fuel: str
    fuel_source: str = "settings"
    unburnt: float = 0.0
    forest: float | None = None
    stages: list[SpreadStageOut]
    shapes: dict[str, Any]
    wang: WangOut | None
    consequence: ConsequenceOut
    basis: list[str]
