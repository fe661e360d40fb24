"""The danger pages: the table of all units, and one station opened."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from firewatch.domain.ids import StationId
from firewatch.web.context import Duty, Services, Texts
from firewatch.web.csrf import require_csrf, token_for
from firewatch.web.danger_api import StationPath, danger_table
from firewatch.web.danger_charts import HEIGHT, WIDTH, charts
from firewatch.web.danger_ignition import ignition_out, reasons_by_day
from firewatch.web.danger_station import station_out
from firewatch.web.danger_surface import surface_map, surface_on
from firewatch.web.danger_table import LOW_GRADES
from firewatch.web.errors import NotThere
from firewatch.web.pages import with_csrf

if TYPE_CHECKING:
    from firewatch.web.context import Asker
    from firewatch.web.templating import Pages
    from firewatch.web.wiring import WebServices
    from firewatch.web.words import Speaker

__all__ = ["router"]

_GRADES = range(1, 6)

router = APIRouter(dependencies=[Depends(require_csrf)], include_in_schema=False)

Day = Annotated[date | None, Query()]


@router.get("/danger")
def danger(request: Request, services: Services, speaker: Texts, who: Duty) -> Response:
    """Show all county-level units, today and five days on."""
    shared = _shared(request, services, speaker, who)
    at = services.clock.now()
    table = danger_table(services, speaker)
    people = None if services.ignition is None else ignition_out(services.ignition, table.today, speaker)
    surface = surface_on(services, speaker, None)
    dangers = () if surface is None else services.danger.dangers(surface.day, surface.day, at)
    drawn = None if surface is None else surface_map(surface, dangers, speaker, at)
    pages: Pages = request.app.state.pages
    response = pages.page(request, "danger.html", table=table, grades=_GRADES, surface=drawn, people=people, **shared)
    return with_csrf(response, shared["csrf"], services)


@router.get("/danger/{station_id}")
def danger_station(
    request: Request, station_id: StationPath, services: Services, speaker: Texts, who: Duty, day: Day = None
) -> Response:
    """Show one station: its trend, and one day with everything that it was made of."""
    shared = _shared(request, services, speaker, who)
    found = station_out(services, StationId(station_id), day, speaker)
    if found is None:
        raise NotThere
    people = reasons_by_day(services.ignition, found.day, 1, speaker).get(found.day, "")
    is_low = found.opened is not None and found.opened.cell.grade in LOW_GRADES
    shared |= {"people": people, "is_low": is_low}
    drawn: dict[str, Any] = {"charts": charts(found, speaker), "width": WIDTH, "height": HEIGHT}
    pages: Pages = request.app.state.pages
    response = pages.page(request, "danger_station.html", found=found, **drawn, **shared)
    return with_csrf(response, shared["csrf"], services)


def _shared(request: Request, services: WebServices, speaker: Speaker, who: Asker) -> dict[str, Any]:
    # The seq before anything is read: what happens meanwhile is told by the stream.
    return {
        "seq": services.live.last_seq(),
        "who": speaker.actor(who.actor),
        "is_local": who.is_local,
        "csrf": token_for(request),
        "is_illustrative": speaker.sites.is_illustrative,
        "as_of": speaker.stamp(services.clock.now()),
    }
