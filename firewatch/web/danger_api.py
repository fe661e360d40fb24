"""The JSON API of fire danger, under /api/v1/danger."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query

from firewatch.domain.ids import SLUG_PATTERN, StationId
from firewatch.web.context import Duty, Services, Texts
from firewatch.web.danger_schemas import DangerStationOut, DangerSurfaceOut, DangerTableOut
from firewatch.web.danger_station import station_out
from firewatch.web.danger_table import table_out
from firewatch.web.errors import NoSurface, NotThere
from firewatch.web.schemas import ErrorOut

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["StationPath", "router"]

StationPath = Annotated[str, Path(pattern=SLUG_PATTERN, description="name of the station")]
Day = Annotated[date | None, Query(description="weather day; without it today, or the latest before")]

router = APIRouter(
    prefix="/api/v1/danger",
    tags=["danger"],
    responses={code: {"model": ErrorOut} for code in (401, 403, 404, 422)},
)


@router.get("")
def table(services: Services, speaker: Texts, _who: Duty) -> DangerTableOut:
    """Return the danger of all county-level units, today and five days on."""
    return table_out(services.danger, speaker, services.clock.now())


@router.get("/stations/{station_id}")
def station(
    station_id: StationPath, services: Services, speaker: Texts, _who: Duty, day: Day = None
) -> DangerStationOut:
    """Return a station's trend, and one day with everything that it was made of."""
    found = station_out(services.danger, StationId(station_id), day, speaker, services.clock.now())
    if found is None:
        raise NotThere
    return found


@router.get("/surface")
def surface(services: Services, speaker: Texts, _who: Duty, day: Day = None) -> DangerSurfaceOut:
    """Return danger between the stations with its uncertainty; 404 where there is no surface."""
    today = services.clock.now().astimezone(speaker.time_zone).date()
    found = None if services.surface is None else services.surface.surface(day or today)
    if found is None:
        raise NoSurface
    return DangerSurfaceOut(
        day=found.day,
        index=found.index,
        lat_deg=found.lat_deg.tolist(),
        lon_deg=found.lon_deg.tolist(),
        values=_rows(found.values),
        sigma=_rows(found.sigma),
    )


def _rows(grid: npt.NDArray[np.float64]) -> list[list[float | None]]:
    # JSON has no NaN.
    return [[value if math.isfinite(value) else None for value in row] for row in grid.tolist()]
