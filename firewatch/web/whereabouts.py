"""Where an incident may be: regions, and which tower's azimuth is doubtful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from firewatch.domain.ids import IncidentId
from firewatch.geodesy import to_gcj02
from firewatch.services.locating import Locator
from firewatch.services.whereabouts import whereabouts
from firewatch.web.context import Duty, Services, Texts
from firewatch.web.errors import NotThere
from firewatch.web.reviewing import IncidentPath
from firewatch.web.schemas import ErrorOut

if TYPE_CHECKING:
    from firewatch.domain.geo import Fix

__all__ = ["PointOut", "SquareOut", "TowerDoubtOut", "TownshipOut", "WhereaboutsOut", "router"]


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


class TownshipOut(BaseModel):
    """A township, and how likely the fire lies in it (0 to 1)."""

    model_config = ConfigDict(extra="forbid")

    township: str
    probability: float


class PointOut(BaseModel):
    """A place in WGS 84, the same in GCJ-02 for pasting into Amap, and its error at one standard deviation."""

    model_config = ConfigDict(extra="forbid")

    lat_deg: float
    lon_deg: float
    gcj_lat_deg: float
    gcj_lon_deg: float
    major_m: float
    minor_m: float
    azimuth_deg: float


class WhereaboutsOut(BaseModel):
    """The most likely point, GeoJSON geometries that hold the fire with 50 and 90 %, and what is doubtful of towers.

    `best` is null where one place alone sees the smoke and nothing tells how far it is. `likely_point` is the same as
    `best` where one place alone sees it: likelier than any other place, and no position. `is_flat` is true where no
    terrain model was used: hills may then hide places within the regions. `townships` are those in which the fire may
    lie, the most likely first; none where the centre knows no outlines.
    """

    model_config = ConfigDict(extra="forbid")

    best: PointOut | None
    likely_point: PointOut | None
    region50: dict[str, Any]
    region90: dict[str, Any]
    towers: list[TowerDoubtOut]
    squares: list[SquareOut]
    townships: list[TownshipOut]
    is_flat: bool


router = APIRouter(prefix="/api/v1", responses={code: {"model": ErrorOut} for code in (401, 404)})


@router.get("/incidents/{incident_id}/whereabouts", tags=["incidents"])
def where(incident_id: IncidentPath, services: Services, speaker: Texts, _who: Duty) -> WhereaboutsOut:
    """Return where an incident may be, by all that is known of it; of one tower on the plane it is a wedge."""
    card = services.incidents.card(IncidentId(incident_id))
    locator = services.locator or Locator(speaker.sites, services.ground)
    found = None if card is None else whereabouts(card.sightings, locator, services.townships)
    if found is None:
        raise NotThere
    return WhereaboutsOut(
        best=_point(found.best),
        likely_point=_point(found.likely_point),
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
        townships=[
            TownshipOut(township=speaker.name(one.name), probability=round(one.probability, 3))
            for one in found.townships
        ],
        is_flat=found.is_flat,
    )


def _point(fix: Fix | None) -> PointOut | None:
    if fix is None:
        return None
    shifted = to_gcj02(fix.position)
    return PointOut(
        lat_deg=round(fix.position.lat_deg, 6),
        lon_deg=round(fix.position.lon_deg, 6),
        gcj_lat_deg=round(shifted.lat_deg, 6),
        gcj_lon_deg=round(shifted.lon_deg, 6),
        major_m=round(fix.ellipse.major_m, 1),
        minor_m=round(fix.ellipse.minor_m, 1),
        azimuth_deg=round(fix.ellipse.azimuth_deg, 1),
    )
