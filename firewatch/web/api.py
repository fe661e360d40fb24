"""The JSON API under /api/v1."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from sse_starlette import EventSourceResponse

from firewatch.domain.ids import ULID_PATTERN, EvidenceId, IncidentId
from firewatch.domain.incident import RejectReason
from firewatch.web.cards import card_out
from firewatch.web.context import SESSION_COOKIE, Duty, Onlooker, Services, Texts
from firewatch.web.csrf import require_csrf
from firewatch.web.details import detail_out
from firewatch.web.errors import NotThere
from firewatch.web.live import LiveHub, stream
from firewatch.web.reviewing import IncidentPath, Reviewing
from firewatch.web.schemas import ActionOut, DetailOut, ErrorOut, RejectIn, StateOut
from firewatch.web.site_state import eyes_out, sites_geojson, stations_out, tomorrow_out, towers_out

__all__ = ["router"]

_MOST_CARDS = 200
_DAY_S = 86_400
_HOUR_S = 3600
# What a database takes as a number.
_SEQ = re.compile("[0-9]{1,18}")

EvidencePath = Annotated[str, Path(pattern=ULID_PATTERN, description="ULID of the picture")]

router = APIRouter(
    prefix="/api/v1",
    dependencies=[Depends(require_csrf)],
    responses={code: {"model": ErrorOut} for code in (401, 403, 404, 409, 422)},
)


@router.get("/state", tags=["board"])
def state(services: Services, speaker: Texts, _who: Duty) -> StateOut:
    """Return the whole board. Seq and danger are read first: what happens meanwhile comes again by the live stream."""
    seq = services.live.last_seq()
    danger = services.danger.changes()
    hotspots = services.hotspots.changes() if services.hotspots else 0
    at = services.clock.now()
    nodes = services.sites.nodes()
    shown = services.incidents.incidents(_MOST_CARDS)
    return StateOut(
        seq=seq,
        at=at,
        danger=danger,
        hotspots=hotspots,
        is_illustrative=speaker.sites.is_illustrative,
        incidents=[card_out(card, speaker) for card in shown],
        is_cut=len(shown) == _MOST_CARDS and all(card.incident.is_open for card in shown),
        eyes=eyes_out(speaker.sites, nodes, at),
        towers=towers_out(nodes, speaker, at),
        stations=stations_out(services.sites.readings(), speaker, at),
        tomorrow=tomorrow_out(services.danger, speaker, at),
    )


@router.get("/events", tags=["board"], response_class=EventSourceResponse)
async def events(
    request: Request,
    services: Services,
    speaker: Texts,
    _who: Duty,
    after: Annotated[int, Query(ge=0, lt=10**18)] = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventSourceResponse:
    """Stream what happens, as server-sent events, after `Last-Event-ID` (or ?after=, for the first connection)."""
    hub: LiveHub = request.app.state.hub
    start = int(last_event_id) if last_event_id and _SEQ.fullmatch(last_event_id) else after
    body = stream(services, hub, speaker, start, request.cookies.get(SESSION_COOKIE))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    # Our own beat says more than a comment would.
    return EventSourceResponse(body, headers=headers, ping=_HOUR_S)


@router.get("/sites.geojson", tags=["board"])
def sites(speaker: Texts, _who: Duty) -> dict[str, Any]:
    """Return towers, view cones and stations as GeoJSON."""
    return sites_geojson(speaker)


@router.get("/incidents/{incident_id}", tags=["incidents"])
def incident(incident_id: IncidentPath, services: Services, speaker: Texts, _who: Duty) -> DetailOut:
    """Return all of one incident."""
    detail = services.incidents.incident(IncidentId(incident_id))
    if detail is None:
        raise NotThere
    board = services.spread
    spread = None if board is None else board.spread(detail.card.incident, services.clock.now())
    return detail_out(detail, speaker, spread)


@router.post("/incidents/{incident_id}/confirm", tags=["incidents"])
def confirm(review: Reviewing) -> ActionOut:
    """Say that it is a fire."""
    return review.once("confirm", lambda desk: desk.confirm(review.incident_id, review.actor, review.at))


@router.post("/incidents/{incident_id}/reject", tags=["incidents"])
def reject(review: Reviewing, body: RejectIn) -> ActionOut:
    """Say that it is no fire, and what it is instead."""
    reason: RejectReason = body.reason
    return review.once(
        f"reject {reason.value}", lambda desk: desk.reject(review.incident_id, reason, review.actor, review.at)
    )


@router.post("/incidents/{incident_id}/reopen", tags=["incidents"])
def reopen(review: Reviewing) -> ActionOut:
    """Take a rejection back."""
    return review.once("reopen", lambda desk: desk.reopen(review.incident_id, review.actor, review.at))


@router.get("/evidence/{evidence_id}.jpg", tags=["incidents"], response_class=Response)
def evidence(evidence_id: EvidencePath, services: Services, _who: Onlooker) -> Response:
    """Return a picture; it never changes, so browsers may keep it."""
    jpeg = services.pictures.read(EvidenceId(evidence_id))
    if jpeg is None:
        raise NotThere
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": f"private, max-age={_DAY_S}, immutable"})
