"""Which sightings are of one fire, by a person's word: said and taken back, each time with a reason."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from firewatch.domain.ids import ULID_PATTERN, IncidentId, SightingId
from firewatch.services.views import MatchDesk
from firewatch.web.context import Services
from firewatch.web.csrf import require_csrf
from firewatch.web.errors import NotThere
from firewatch.web.reviewing import Reviewing
from firewatch.web.schemas import ActionOut, ErrorOut

__all__ = ["MatchIn", "UndoIn", "UnmatchIn", "router"]

Reason = Annotated[str, Field(min_length=1, max_length=200, description="Why, for the timeline")]
RulingPath = Annotated[str, Path(pattern=ULID_PATTERN, description="ULID of what was said, from the timeline")]


class MatchIn(BaseModel):
    """The incident that is the same fire, and why."""

    model_config = ConfigDict(extra="forbid")

    other_id: Annotated[str, Field(pattern=ULID_PATTERN)]
    reason: Reason


class UnmatchIn(BaseModel):
    """The sighting that is of another fire, and why."""

    model_config = ConfigDict(extra="forbid")

    sighting_id: Annotated[str, Field(pattern=ULID_PATTERN)]
    reason: Reason


class UndoIn(BaseModel):
    """Why what was said is taken back."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


router = APIRouter(
    prefix="/api/v1",
    dependencies=[Depends(require_csrf)],
    responses={code: {"model": ErrorOut} for code in (401, 403, 404, 409, 422)},
)


def matching_desk(services: Services) -> MatchDesk:
    """Return the desk where sightings are matched; nothing is there where this centre has none."""
    if services.matching is None:
        raise NotThere
    return services.matching


Desk = Annotated[MatchDesk, Depends(matching_desk)]


@router.post("/incidents/{incident_id}/match", tags=["incidents"])
def match(review: Reviewing, desk: Desk, body: MatchIn) -> ActionOut:
    """Say that another incident is the same fire; the two become one within a second or two."""
    other_id, said = IncidentId(body.other_id), (body.reason, review.actor, review.at)
    return review.once(f"match {other_id}", lambda _: desk.match(review.incident_id, other_id, *said))


@router.post("/incidents/{incident_id}/unmatch", tags=["incidents"])
def unmatch(review: Reviewing, desk: Desk, body: UnmatchIn) -> ActionOut:
    """Say that a sighting is not of this fire; it leaves within a second or two, and is kept out."""
    sighting_id, said = SightingId(body.sighting_id), (body.reason, review.actor, review.at)
    return review.once(f"unmatch {sighting_id}", lambda _: desk.unmatch(review.incident_id, sighting_id, *said))


@router.post("/incidents/{incident_id}/rulings/{ruling_id}/undo", tags=["incidents"])
def undo(review: Reviewing, desk: Desk, ruling_id: RulingPath, body: UndoIn) -> ActionOut:
    """Take back what was said of sightings; they are divided as if it never was."""
    said = (body.reason, review.actor, review.at)
    return review.once(f"undo {ruling_id}", lambda _: desk.undo(review.incident_id, ruling_id, *said))
