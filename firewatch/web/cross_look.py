"""One smoke from another tower: who could look, where, and what they saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse

from firewatch.domain.ids import IncidentId
from firewatch.domain.remote import LookAt
from firewatch.errors import InvalidValue
from firewatch.services.command_ports import CommandsWanted
from firewatch.services.cross_look import PlainSight, vantages
from firewatch.services.eyes import node_state
from firewatch.services.views import IncidentCard
from firewatch.web.cards import place_words
from firewatch.web.csrf import require_csrf
from firewatch.web.errors import NotThere
from firewatch.web.looks_api import look_words
from firewatch.web.remote_visit import RemoteVisit, Visit
from firewatch.web.reviewing import IncidentPath

if TYPE_CHECKING:
    from firewatch.services.cross_look import Vantage
    from firewatch.web.words import Speaker

__all__ = ["router"]

# Long enough for the picture to be compared with the first one, short enough for the patrol.
_HOLD_S = 60.0
# How the page paints what a tower would see.
_KINDS = {PlainSight.RISEN: "hidden", PlainSight.FAR: "hidden"}

router = APIRouter(dependencies=[Depends(require_csrf)], include_in_schema=False)


@dataclass(frozen=True, slots=True)
class VantageRow:
    """A tower that could look, in words."""

    tower_id: str
    name: str
    state: str
    status: str
    where: str
    sight: str
    kind: str
    reach: str


def card_of(incident_id: IncidentPath, visit: Visit) -> IncidentCard:
    """Return the incident; raise `NotThere` where there is none."""
    card = visit.services.incidents.card(IncidentId(incident_id))
    if card is None:
        raise NotThere
    return card


Card = Annotated[IncidentCard, Depends(card_of)]


@router.get("/incidents/{incident_id}/look")
def look_page(card: Card, visit: Visit) -> Response:
    """Show which other towers could look at a smoke, and what those that were asked saw."""
    incident, speaker = card.incident, visit.speaker
    joined = speaker.texts.pick(zh="、", en=", ")
    return visit.page(
        "cross_look.html",
        incident_id=incident.incident_id,
        number=speaker.number(incident),
        place=place_words(card, speaker),
        seen=joined.join(speaker.tower(tower_id) for tower_id in incident.towers),
        places=_places(card, visit),
        commands=visit.rows(CommandsWanted(incident_id=incident.incident_id)),
    )


@router.get("/incidents/{incident_id}/look/commands")
def look_commands(card: Card, visit: Visit) -> Response:
    """Return the list of looks alone."""
    return visit.part(CommandsWanted(incident_id=card.incident.incident_id), is_of_many=True)


@router.post("/incidents/{incident_id}/look")
def look(card: Card, visit: Visit, tower: Annotated[str, Form()] = "", once: Annotated[str, Form()] = "") -> Response:
    """Ask a tower to look where the smoke is now."""
    about = card.incident.incident_id
    found = vantages(card, visit.speaker.sites, visit.services.ground, visit.services.locator)
    one = next((vantage for vantage in found if vantage.tower.tower_id == tower), None)
    if one is None:
        allowed = ", ".join(vantage.tower.tower_id for vantage in found) or "none could look"
        raise InvalidValue("tower", tower[:40], allowed)
    action = LookAt(bearing_deg=round(one.bearing_deg, 1) % 360.0, hold_s=_HOLD_S, incident_id=about)
    desk, name = visit.remote.desk, f"look {about} {tower}"
    visit.once(once, name, lambda: desk.issue(visit.asking, one.tower.tower_id, action, about))
    return RedirectResponse(f"/incidents/{about}/look#commands", status_code=303)


def _places(card: IncidentCard, visit: RemoteVisit) -> list[VantageRow]:
    speaker = visit.speaker
    states = {node.tower_id: node_state(node, visit.at) for node in visit.services.sites.nodes()}
    return [
        VantageRow(
            tower_id=one.tower.tower_id,
            name=speaker.name(one.tower.name),
            state=states.get(one.tower.tower_id, "none"),
            status=speaker.texts.text(f"nodes.status.{states.get(one.tower.tower_id, 'none')}"),
            where=_where(one, speaker),
            sight=look_words(one, speaker),
            kind=_KINDS.get(one.sight, one.sight.value),
            reach=speaker.texts.text("commands.cross.inview" if one.is_in_view else "commands.cross.fixed"),
        )
        for one in vantages(card, speaker.sites, visit.services.ground, visit.services.locator)
    ]


def _where(one: Vantage, speaker: Speaker) -> str:
    facts = {"azimuth": f"{one.bearing_deg:03.0f}", "direction": speaker.direction(one.bearing_deg)}
    if one.span_deg is None:
        return speaker.texts.text("commands.cross.bearing", km=f"{one.distance_m / 1000:.1f}", **facts)
    first, last = (f"{azimuth:03.0f}" for azimuth in one.span_deg)
    return speaker.texts.text("commands.cross.span", first=first, last=last, **facts)
