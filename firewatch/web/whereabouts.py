"""Where an incident may be: regions, and which tower's azimuth is doubtful."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from firewatch.domain.ids import IncidentId
from firewatch.services.whereabouts import whereabouts
from firewatch.web.context import Duty, Services, Texts
from firewatch.web.errors import NotThere
from firewatch.web.reviewing import IncidentPath
from firewatch.web.schemas import ErrorOut

__all__ = ["SquareOut", "TowerDoubtOut", "WhereaboutsOut", "router"]


class TowerDoubtOut(BaseModel):
    """How likely a tower's azimuth is wrong (0 to 1), by how much it then points too far right, and its residual."""

    model_config = ConfigDict(extra="forbid")

    tower_id: str
    tower: str
    probability: float
    turn_deg: float
    residual_deg: float


class SquareOut(BaseModel):
    """The corner of a square of 0.01 degrees, and how likely the fire is in it."""

    model_config = ConfigDict(extra="forbid")

    south_deg: float
    west_deg: float
    probability: float


class WhereaboutsOut(BaseModel):
    """GeoJSON geometries that hold the fire with 50 and 90 %, and what is doubtful about the towers.

    `is_flat` is true where no terrain model was used: hills may then hide places within the regions.
    """

    model_config = ConfigDict(extra="forbid")

    region50: dict[str, Any]
    region90: dict[str, Any]
    towers: list[TowerDoubtOut]
    squares: list[SquareOut]
    is_flat: bool


router = APIRouter(prefix="/api/v1", responses={code: {"model": ErrorOut} for code in (401, 404)})


@router.get("/incidents/{incident_id}/whereabouts", tags=["incidents"])
def where(incident_id: IncidentPath, services: Services, speaker: Texts, _who: Duty) -> WhereaboutsOut:
    """Return where an incident may be, from the bearings alone; of one tower it is a wedge."""
    card = services.incidents.card(IncidentId(incident_id))
    found = None if card is None else whereabouts(card.sightings, speaker.sites, ground_of=services.ground)
    if found is None:
        raise NotThere
    return WhereaboutsOut(
        region50=found.region50,
        region90=found.region90,
        towers=[
            TowerDoubtOut(
                tower_id=doubt.tower_id,
                tower=speaker.tower(doubt.tower_id),
                probability=round(doubt.probability, 3),
                turn_deg=round(doubt.turn_deg, 2),
                residual_deg=round(doubt.residual_deg, 2),
            )
            for doubt in found.disagreements
        ],
        squares=[
            SquareOut(south_deg=s.south_deg, west_deg=s.west_deg, probability=round(s.probability, 3))
            for s in found.squares
        ],
        is_flat=found.is_flat,
    )
