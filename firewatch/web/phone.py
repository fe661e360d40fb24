"""The ranger's phone page: one call on one screen, accepted by a plain form.

GET shows and never acknowledges: messengers fetch links to preview them. That it was *opened* is recorded by the
picture that only a rendered page loads (`opened.gif`), that it was *accepted* by the form's POST alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from firewatch.domain.alert import Acknowledgement
from firewatch.domain.ids import EvidenceId
from firewatch.domain.incident import IncidentState
from firewatch.domain.vision import EvidenceKind, Sighting
from firewatch.services.sight_lines import pointing
from firewatch.services.views import RangerCall
from firewatch.web.cards import ACCEPT_WITHIN, REPORT_WITHIN, SCENE_WITHIN, card_out, picture_of, sight_words
from firewatch.web.context import Services, Texts
from firewatch.web.csrf import call_token, require_csrf
from firewatch.web.errors import LinkExpired, LinkUnknown, NotThere
from firewatch.web.templating import Pages
from firewatch.web.words import Speaker

__all__ = ["router"]

router = APIRouter(dependencies=[Depends(require_csrf)], include_in_schema=False)

# The smallest picture that a browser asks for: a transparent GIF of one pixel.
_PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
_NO_STORE = {"Cache-Control": "no-store"}
_NO_NEED = frozenset({IncidentState.FALSE_ALARM, IncidentState.OUT})


def call_of(link_token: str, services: Services) -> RangerCall:
    """Return the call that a link stands for; raise `LinkUnknown` or `LinkExpired`."""
    link = services.links.read(link_token)
    if link is None:
        raise LinkUnknown
    if services.clock.now() >= link.expires_at:
        raise LinkExpired
    call = services.calls.call(link.notification_id)
    if call is None or call.person.person_id != link.person_id:
        raise LinkUnknown
    return call


Call = Annotated[RangerCall, Depends(call_of)]


@router.get("/a/{link_token}")
def show(link_token: str, call: Call, request: Request, services: Services, speaker: Texts) -> HTMLResponse:
    """Show the call."""
    pages: Pages = request.app.state.pages
    now = services.clock.now()
    return pages.page(
        request,
        "call.html",
        call=call,
        card=card_out(call.card, speaker),
        facts=_facts(call, speaker),
        clocks=_clocks(call, speaker, now),
        link_token=link_token,
        csrf=call_token(services.settings.secret, link_token),
        has_picture=_crop(call) is not None,
        is_needless=call.card.incident.state in _NO_NEED,
        accepted_at=_accepted(call, speaker),
        is_illustrative=speaker.sites.is_illustrative,
        now_s=int(now.timestamp()),
    )


@router.post("/a/{link_token}")
def accept(link_token: str, call: Call, services: Services) -> RedirectResponse:
    """Accept the call, and show it again."""
    now = services.clock.now()
    services.calls.accept(Acknowledgement(call.notification.notification_id, call.person.person_id, now))
    return RedirectResponse(f"/a/{link_token}", status_code=303)


@router.get("/a/{link_token}/crop.jpg")
def crop(call: Call, services: Services) -> Response:
    """Return the best picture of the smoke."""
    evidence_id = _crop(call)
    jpeg = services.pictures.read(evidence_id) if evidence_id else None
    if jpeg is None:
        raise NotThere
    return Response(jpeg, media_type="image/jpeg", headers=_NO_STORE)


@router.get("/a/{link_token}/opened.gif")
def opened(call: Call, services: Services) -> Response:
    """Record that the page was opened on a screen."""
    services.calls.opened(call.notification.notification_id, services.clock.now())
    return Response(_PIXEL, media_type="image/gif", headers=_NO_STORE)


def _crop(call: RangerCall) -> EvidenceId | None:
    looks = sorted((look for s in call.card.sightings for look in s.looks), key=lambda look: -look.score)
    for kind in (EvidenceKind.CROP, EvidenceKind.FRAME):
        found = (picture_of(look, call.card.pictures, kind) for look in looks)
        evidence_id = next((one for one in found if one), None)
        if evidence_id:
            return evidence_id
    return None


def _accepted(call: RangerCall, speaker: Speaker) -> str | None:
    at = call.notification.acknowledged_at
    if at is None:
        return None
    words = speaker.texts.text("call.accepted", time=speaker.minute(at))
    is_late = at > call.alert.raised_at + ACCEPT_WITHIN
    return words + speaker.texts.text("call.accepted.late") if is_late else words


def _facts(call: RangerCall, speaker: Speaker) -> list[tuple[str, list[str]]]:
    incident = call.card.incident
    first = min((s.first_seen_at for s in call.card.sightings), default=incident.opened_at)
    danger = [speaker.danger(incident.rating), *speaker.weather(call.weather)[2:3]]
    rows = {
        "call.distance": [words for s in call.card.sightings for words in _from_tower(s, call, speaker)],
        "call.seen": [speaker.clock(first)],
        "call.danger": [" · ".join(danger)],
    }
    return [(speaker.texts.text(key), list(dict.fromkeys(values))) for key, values in rows.items() if values]


def _from_tower(sighting: Sighting, call: RangerCall, speaker: Speaker) -> list[str]:
    tower, fix = speaker.sites.tower(sighting.tower_id), call.card.incident.fix
    if tower is not None and fix is not None:
        return [sight_words(tower, fix.position, speaker)]
    azimuth = pointing(sighting, speaker.sites).azimuth_deg
    facts = {"azimuth": f"{azimuth:03.0f}", "direction": speaker.direction(azimuth)}
    return [speaker.texts.text("where.bearing", tower=speaker.tower(sighting.tower_id), **facts)]


@dataclass(frozen=True, slots=True)
class PhoneClock:
    """One of the three deadlines as the phone page shows it."""

    title: str
    by: str
    left: str
    epoch_s: int
    is_late: bool
    is_done: bool


def _clocks(call: RangerCall, speaker: Speaker, now: datetime) -> list[PhoneClock]:
    called_at, answered = call.alert.raised_at, call.notification.acknowledged_at
    return [
        _clock("call.clock.accept", called_at + ACCEPT_WITHIN, speaker, answered or now, is_done=answered is not None),
        _clock("call.clock.scene", called_at + SCENE_WITHIN, speaker, now),
        _clock("call.clock.report", called_at + REPORT_WITHIN, speaker, now),
    ]


def _clock(key: str, due: datetime, speaker: Speaker, at: datetime, *, is_done: bool = False) -> PhoneClock:
    is_late = at > due
    total_s = int(abs((at - due).total_seconds()))
    left = f"{total_s // 60}:{total_s % 60:02d}"
    return PhoneClock(
        title=speaker.texts.text(key),
        by=speaker.texts.text("call.clock.by", time=speaker.minute(due)),
        left=speaker.texts.text("clock.late" if is_late else "clock.left", time=left),
        epoch_s=int(due.timestamp()),
        is_late=is_late,
        is_done=is_done,
    )
