"""One smoke from another tower: who could look, where, and what they saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from firewatch.domain.ids import IncidentId
from firewatch.domain.remote import LookAt
from firewatch.errors import InvalidValue
from firewatch.services.command_ports import CommandsWanted
from firewatch.services.commanding import Asking
from firewatch.services.cross_look import lookouts
from firewatch.web.cards import place_words
from firewatch.web.command_rows import command_rows
from firewatch.web.context import Duty, Services, Texts
from firewatch.web.csrf import require_csrf
from firewatch.web.errors import NotThere
from firewatch.web.pages import with_csrf
from firewatch.web.reviewing import IncidentPath
from firewatch.web.site_state import node_status
from firewatch.web.tower_commands import Remote, ask_once, page_facts, role_of
from firewatch.web.tower_view import SHOWN_COMMANDS

if TYPE_CHECKING:
    from firewatch.services.cross_look import Lookout
    from firewatch.services.views import IncidentCard
    from firewatch.web.command_rows import CommandRow
    from firewatch.web.remote_wiring import RemoteServices
    from firewatch.web.templating import Pages
    from firewatch.web.wiring import WebServices
    from firewatch.web.words import Speaker

__all__ = ["router"]

# Long enough for the picture to be compared with the first one, short enough for the patrol.
_HOLD_S = 60.0

router = APIRouter(dependencies=[Depends(require_csrf)], include_in_schema=False)


@dataclass(frozen=True, slots=True)
class LookoutRow:
    """A tower that could look, in words."""

    tower_id: str
    name: str
    state: str
    status: str
    where: str
    reach: str


def card_of(incident_id: IncidentPath, services: Services) -> IncidentCard:
    """Return the incident; raise `NotThere` where there is none."""
    card = services.incidents.card(IncidentId(incident_id))
    if card is None:
        raise NotThere
    return card


@router.get("/incidents/{incident_id}/look")
def look_page(
    request: Request, incident_id: IncidentPath, services: Services, remote: Remote, speaker: Texts, who: Duty
) -> Response:
    """Show which other towers could look at a smoke, and what those that were asked saw."""
    card = card_of(incident_id, services)
    shared = page_facts(request, services, speaker, who)
    joined = speaker.texts.pick(zh="、", en=", ")
    pages: Pages = request.app.state.pages
    response = pages.page(
        request,
        "cross_look.html",
        incident_id=incident_id,
        number=speaker.number(card.incident),
        place=place_words(card, speaker),
        seen=joined.join(speaker.tower(tower_id) for tower_id in card.incident.towers),
        places=_places(card, services, speaker),
        commands=_rows(incident_id, services, remote, speaker),
        **shared,
    )
    return with_csrf(response, shared["csrf"], services)


@router.get("/incidents/{incident_id}/look/commands")
def look_commands(
    request: Request, incident_id: IncidentPath, services: Services, remote: Remote, speaker: Texts, _who: Duty
) -> Response:
    """Return the list of looks alone."""
    pages: Pages = request.app.state.pages
    rows = _rows(incident_id, services, remote, speaker)
    return pages.page(request, "tower_commands.html", commands=rows, is_of_many=True)


@router.post("/incidents/{incident_id}/look")
def look(
    request: Request,
    incident_id: IncidentPath,
    services: Services,
    remote: Remote,
    who: Duty,
    tower: Annotated[str, Form()] = "",
    once: Annotated[str, Form()] = "",
) -> Response:
    """Ask a tower to look where the smoke is now."""
    card = card_of(incident_id, services)
    found = {one.tower.tower_id: one for one in lookouts(card, services.sites.sites())}
    one = next((lookout for tower_id, lookout in found.items() if tower_id == tower), None)
    if one is None:
        raise InvalidValue("tower", tower[:40], ", ".join(found) or "none could look")
    action = LookAt(bearing_deg=round(one.bearing_deg, 1) % 360.0, hold_s=_HOLD_S, incident_id=IncidentId(incident_id))
    asking = Asking(who.actor, role_of(who))
    issue = remote.desk.issue
    about = IncidentId(incident_id)
    name = f"look {incident_id} {tower}"
    ask_once(request, who, once, name, lambda: issue(asking, one.tower.tower_id, action, about))
    return RedirectResponse(f"/incidents/{incident_id}/look#commands", status_code=303)


def _rows(incident_id: str, services: WebServices, remote: RemoteServices, speaker: Speaker) -> list[CommandRow]:
    records = remote.book.latest(CommandsWanted(incident_id=IncidentId(incident_id)), SHOWN_COMMANDS)
    return command_rows(records, remote.index, speaker, services.clock.now())


def _places(card: IncidentCard, services: WebServices, speaker: Speaker) -> list[LookoutRow]:
    at = services.clock.now()
    states = {node.tower_id: node_status(node, at) for node in services.sites.nodes()}
    return [
        LookoutRow(
            tower_id=one.tower.tower_id,
            name=speaker.name(one.tower.name),
            state=states.get(one.tower.tower_id, "none"),
            status=speaker.texts.text(f"nodes.status.{states.get(one.tower.tower_id, 'none')}"),
            where=_where(one, speaker),
            reach=_reach(one, speaker),
        )
        for one in lookouts(card, speaker.sites)
    ]


def _where(one: Lookout, speaker: Speaker) -> str:
    facts = {"azimuth": f"{one.bearing_deg:03.0f}", "direction": speaker.direction(one.bearing_deg)}
    if one.span_deg is None:
        return speaker.texts.text("commands.cross.bearing", km=f"{one.distance_m / 1000:.1f}", **facts)
    first, last = (f"{azimuth:03.0f}" for azimuth in one.span_deg)
    return speaker.texts.text("commands.cross.span", first=first, last=last, **facts)


def _reach(one: Lookout, speaker: Speaker) -> str:
    if not one.is_near:
        return speaker.texts.text("commands.cross.far", km=f"{one.reach_m / 1000:.0f}")
    return speaker.texts.text("commands.cross.inview" if one.is_in_view else "commands.cross.fixed")
