"""The JSON API of fire danger, under /api/v1/danger."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Response

from firewatch.domain.ids import SLUG_PATTERN, StationId
from firewatch.web.context import Duty, Services, Texts
from firewatch.web.danger_ignition import ignition_out, reasons_by_day
from firewatch.web.danger_schemas import DangerStationOut, DangerSurfaceOut, DangerTableOut, IgnitionOut
from firewatch.web.danger_station import station_out
from firewatch.web.danger_surface import surface_on, surface_out
from firewatch.web.danger_table import DAYS_AHEAD, table_out
from firewatch.web.errors import NoSurface, NotThere
from firewatch.web.schemas import ErrorOut

if TYPE_CHECKING:
    from firewatch.services.danger_views import DangerSurface
    from firewatch.web.wiring import WebServices
    from firewatch.web.words import Speaker

__all__ = ["StationPath", "danger_table", "router"]

StationPath = Annotated[str, Path(pattern=SLUG_PATTERN, description="name of the station")]
Day = Annotated[date | None, Query(description="weather day; without it today, or the latest before")]
Cells = Annotated[bool, Query(description="false leaves the cells out: a map draws the picture")]

router = APIRouter(
    prefix="/api/v1/danger",
    tags=["danger"],
    responses={code: {"model": ErrorOut} for code in (401, 403, 404, 422)},
)


@router.get("")
def table(services: Services, speaker: Texts, _who: Duty) -> DangerTableOut:
    """Return the danger of all county-level units, today and five days on."""
    return danger_table(services, speaker)


@router.get("/calendar")
def calendar(services: Services, speaker: Texts, _who: Duty) -> IgnitionOut:
    """Return the days on which people light fires: today and five days on, and the windows of thirty days."""
    if services.ignition is None:
        raise NotThere
    return ignition_out(services.ignition, services.clock.now().astimezone(speaker.time_zone).date(), speaker)


@router.get("/stations/{station_id}")
def station(
    station_id: StationPath, services: Services, speaker: Texts, _who: Duty, day: Day = None
) -> DangerStationOut:
    """Return a station's trend, and one day with everything that it was made of."""
    found = station_out(services, StationId(station_id), day, speaker)
    if found is None:
        raise NotThere
    return found


@router.get("/surface")
def surface(
    services: Services, speaker: Texts, _who: Duty, day: Day = None, *, cells: Cells = True
) -> DangerSurfaceOut:
    """Return danger between the stations with its uncertainty; 404 where there is no surface."""
    return surface_out(_surface(services, speaker, day), speaker, has_cells=cells)


@router.get("/surface.geojson", response_class=Response)
def surface_areas(services: Services, speaker: Texts, _who: Duty, day: Day = None) -> Response:
    """Return the areas of each class as GeoJSON; class 0 is no data."""
    return Response(_surface(services, speaker, day).geojson, media_type="application/geo+json")


@router.get("/surface.png", response_class=Response)
def surface_picture(services: Services, speaker: Texts, _who: Duty, day: Day = None) -> Response:
    """Return the classes as a picture between the corners of `/surface`, even in Web Mercator; grey is no data."""
    # Its address holds a mark of its content, and a day of an hour ago may be drawn anew: kept, but asked about.
    png = _surface(services, speaker, day).png
    return Response(png, media_type="image/png", headers={"Cache-Control": "private, no-cache"})


def _surface(services: WebServices, speaker: Speaker, day: date | None) -> DangerSurface:
    found = surface_on(services, speaker, day)
    if found is None:
        raise NoSurface
    return found


def danger_table(services: WebServices, speaker: Speaker) -> DangerTableOut:
    """Return the table with the calendar's reasons beside what is low."""
    at = services.clock.now()
    today = at.astimezone(speaker.time_zone).date()
    people = reasons_by_day(services.ignition, today, DAYS_AHEAD + 1, speaker)
    return table_out(services.danger, speaker, at, people)
