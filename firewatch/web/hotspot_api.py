"""The JSON API of hotspots: what satellites saw, and what people say it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Request

from firewatch.domain.hotspot import HotspotId
from firewatch.domain.ids import ULID_PATTERN
from firewatch.domain.roster import LOCAL_OPERATOR
from firewatch.services.hotspots import HotspotPages
from firewatch.web.cards import sight_words
from firewatch.web.context import Duty, Services, Texts
from firewatch.web.csrf import require_csrf
from firewatch.web.errors import NotThere
from firewatch.web.hotspot_schemas import CloseHeatIn, HeatLookOut, HeatOut, HotspotsOut, VerdictOut
from firewatch.web.idempotency import ActionMemory
from firewatch.web.looks_api import sight_of
from firewatch.web.reviewing import ActionKey
from firewatch.web.schemas import ErrorOut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.hotspot import Verdict
    from firewatch.services.cross_look import Vantage
    from firewatch.services.hotspots import VerifyItem
    from firewatch.web.words import Speaker

__all__ = ["router"]

_DIGITS = 5
_MOST_LOOKS = 4

router = APIRouter(
    prefix="/api/v1",
    tags=["hotspots"],
    dependencies=[Depends(require_csrf)],
    responses={code: {"model": ErrorOut} for code in (401, 403, 404, 409, 422)},
)

ItemPath = Annotated[str, Path(pattern=ULID_PATTERN, description="ULID of the heat")]
VerdictPath = Annotated[str, Path(pattern=ULID_PATTERN, description="ULID of the verdict")]


class Desk:
    """A request about hotspots: an action that is sent twice under one key is done once."""

    def __init__(self, request: Request, services: Services, speaker: Texts, who: Duty, key: ActionKey = None) -> None:
        if services.hotspots is None:
            raise NotThere
        self._memory: ActionMemory[None] = request.app.state.actions
        self._key = key
        self._services = services
        self._speaker = speaker
        self._actor_id = who.actor.actor_id
        self.pages: HotspotPages = services.hotspots
        self.name = who.actor.name

    def once(self, action: str, perform: Callable[[], object]) -> HotspotsOut:
        """Perform the action unless its key was seen; return all hotspots as they are now."""

        def performed() -> None:
            perform()

        self._memory.once(self._actor_id, self._key, action, performed)
        return self.board()

    def board(self) -> HotspotsOut:
        """Return all hotspots. The changes are counted first: what happens meanwhile counts again."""
        changes, at = self.pages.changes(), self._services.clock.now()
        items = self.pages.items(at)
        return HotspotsOut(
            changes=changes, at=at, items=[_heat(one, self._speaker) for one in items], points=_points(items)
        )


Visit = Annotated[Desk, Depends()]


@router.get("/hotspots")
def hotspots(desk: Visit) -> HotspotsOut:
    """Return what satellites saw in the last day."""
    return desk.board()


@router.post("/hotspots/{item_id}/close")
def close(item_id: ItemPath, body: CloseHeatIn, desk: Visit) -> HotspotsOut:
    """Say what a heat is: it needs no more looking at, unless it goes on for six hours."""
    item, note = HotspotId(item_id), body.note.strip()
    return desk.once(
        f"close {item_id} {body.reason.value} {note}", lambda: desk.pages.close(item, body.reason, desk.name, note)
    )


@router.post("/hotspots/verdicts/{verdict_id}/undo")
def undo(verdict_id: VerdictPath, desk: Visit) -> HotspotsOut:
    """Take back what was said of a heat."""
    return desk.once(f"undo {verdict_id}", lambda: desk.pages.undo(verdict_id, desk.name))


def _heat(item: VerifyItem, speaker: Speaker) -> HeatOut:
    confidence = item.confidence
    return HeatOut(
        item_id=item.item_id,
        state=item.state.value,
        place=_place(item, speaker),
        lat_deg=round(item.position.lat_deg, _DIGITS),
        lon_deg=round(item.position.lon_deg, _DIGITS),
        radius_m=round(item.radius_m),
        first_at=item.first_at,
        last_at=item.last_at,
        count=len(item.hotspots),
        satellites=list(item.satellites),
        confidence=confidence.value if confidence else None,
        confidence_words=speaker.texts.text(f"hotspot.confidence.{confidence.value if confidence else 'none'}"),
        frp_mw=None if item.frp_mw is None else round(item.frp_mw, 1),
        incident_id=item.match.incident_id if item.match else None,
        distance_m=round(item.match.distance_m) if item.match else None,
        dismissed_id=item.dismissed,
        source=speaker.name(item.source.name) if item.source else "",
        looks=[_look(one, speaker) for one in item.vantages[:_MOST_LOOKS]],
        verdict=_verdict(item.verdict, speaker) if item.verdict else None,
    )


def _place(item: VerifyItem, speaker: Speaker) -> str:
    towers = sorted(
        speaker.sites.towers,
        key=lambda tower: (
            (tower.position.lat_deg - item.position.lat_deg) ** 2
            + (tower.position.lon_deg - item.position.lon_deg) ** 2
        ),
    )
    if not towers:
        return f"{item.position.lat_deg:.4f}, {item.position.lon_deg:.4f}"
    return sight_words(towers[0], item.position, speaker)


def _look(one: Vantage, speaker: Speaker) -> HeatLookOut:
    return HeatLookOut(
        tower_id=one.tower.tower_id,
        tower=speaker.name(one.tower.name),
        azimuth_deg=round(one.bearing_deg, 1) % 360.0,
        distance_m=round(one.distance_m, -1),
        in_view=one.is_in_view,
        sight=sight_of(one, speaker),
    )


def _verdict(verdict: Verdict, speaker: Speaker) -> VerdictOut:
    by = speaker.actor(LOCAL_OPERATOR) if verdict.by == LOCAL_OPERATOR.name else verdict.by
    words = speaker.texts.text(f"hotspot.reason.{verdict.reason.value}")
    return VerdictOut(
        verdict_id=verdict.verdict_id,
        reason=verdict.reason.value,
        reason_words=words,
        note=verdict.note,
        at=verdict.at,
        by=by,
    )


def _points(items: Sequence[VerifyItem]) -> dict[str, object]:
    features = [
        {
            "type": "Feature",
            "geometry": {
                "type": "Point",
                "coordinates": [
                    round(one.hotspot.position.lon_deg, _DIGITS),
                    round(one.hotspot.position.lat_deg, _DIGITS),
                ],
            },
            "properties": {
                "item_id": item.item_id,
                "state": item.state.value,
                "at": one.hotspot.at.isoformat(),
                "satellite": one.hotspot.satellite,
                "confidence": one.hotspot.confidence.value if one.hotspot.confidence else None,
                "radius_m": round(item.radius_m),
            },
        }
        for item in items
        for one in item.hotspots
    ]
    return {"type": "FeatureCollection", "features": features}
