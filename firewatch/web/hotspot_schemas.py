"""The JSON of hotspots: words are in the asker's language, instants are UTC, positions WGS 84."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from firewatch.domain.hotspot import VerdictReason

__all__ = ["CloseHeatIn", "HeatLookOut", "HeatOut", "HotspotsOut", "VerdictOut"]

_LONGEST_NOTE = 200


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class HeatLookOut(_Out):
    """A tower that could look there; `in_view` where no camera need turn, `sight` what hides it, in words."""

    tower_id: str
    tower: str
    azimuth_deg: float
    distance_m: float
    in_view: bool
    sight: str


class VerdictOut(_Out):
    """What a person said of a heat."""

    verdict_id: str
    reason: str
    reason_words: str
    note: str
    at: datetime
    by: str


class HeatOut(_Out):
    """Hotspots that belong together, as one place.

    `state` is ``verify`` (no camera sees a fire there), ``matched`` (`incident_id` is there) or ``closed`` (`verdict`
    says what it is). `source` names a place known to be warm; `dismissed_id` an incident there that people dismissed.
    """

    item_id: str
    state: str
    place: str
    lat_deg: float
    lon_deg: float
    radius_m: float
    first_at: datetime
    last_at: datetime
    count: int
    satellites: list[str]
    confidence: str | None
    confidence_words: str
    frp_mw: float | None
    incident_id: str | None
    distance_m: float | None
    dismissed_id: str | None
    source: str
    looks: list[HeatLookOut]
    verdict: VerdictOut | None


class HotspotsOut(_Out):
    """The heats of the last day, those to verify first, and every hotspot as GeoJSON.

    `changes` rises with each change; a feature's properties are ``item_id``, ``state``, ``at``, ``satellite``,
    ``confidence`` and ``radius_m``.
    """

    changes: int
    at: datetime
    items: list[HeatOut]
    points: dict[str, Any]


class CloseHeatIn(BaseModel):
    """What a heat is, and in words what was found."""

    model_config = ConfigDict(extra="forbid")

    reason: VerdictReason
    note: str = Field(default="", max_length=_LONGEST_NOTE)
