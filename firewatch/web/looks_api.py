"""Which other towers could look at an incident, and what they would see of it: in words, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from firewatch.domain.ids import IncidentId
from firewatch.services.cross_look import PlainSight, vantages
from firewatch.web.context import Duty, Services, Texts
from firewatch.web.errors import NotThere
from firewatch.web.reviewing import IncidentPath
from firewatch.web.schemas import ErrorOut

if TYPE_CHECKING:
    from firewatch.services.cross_look import Vantage
    from firewatch.web.words import Speaker

__all__ = ["LookOut", "LooksOut", "look_words", "router", "sight_of"]

# Heights are told in steps of this: the ground is not known better [m].
_STEP_M = 10.0


class LookOut(BaseModel):
    """A tower that could look: where, how likely it finds a young plume, and what that look is worth.

    `sight` is "plain", "risen" (smoke must rise by `least_visible_m` first), "far" (out of its usual range) or
    "unknown" (no terrain model there). `bits` is what the look would tell: whether there is smoke, and where it is.
    """

    model_config = ConfigDict(extra="forbid")

    tower_id: str
    tower: str
    azimuth_deg: float
    distance_m: float
    in_view: bool
    sight: PlainSight
    least_visible_m: float | None
    chance: float
    bits: float
    words: str


class LooksOut(BaseModel):
    """The towers that have not seen an incident, the most useful first."""

    model_config = ConfigDict(extra="forbid")

    towers: list[LookOut]


router = APIRouter(prefix="/api/v1", responses={code: {"model": ErrorOut} for code in (401, 404)})


@router.get("/incidents/{incident_id}/looks", tags=["incidents"])
def looks(incident_id: IncidentPath, services: Services, speaker: Texts, _who: Duty) -> LooksOut:
    """Return which other towers could look at an incident; none where nobody knows where it may be."""
    card = services.incidents.card(IncidentId(incident_id))
    if card is None:
        raise NotThere
    return LooksOut(
        towers=[_look(one, speaker) for one in vantages(card, speaker.sites, services.ground, services.locator)]
    )


def _look(one: Vantage, speaker: Speaker) -> LookOut:
    return LookOut(
        tower_id=one.tower.tower_id,
        tower=speaker.name(one.tower.name),
        azimuth_deg=round(one.bearing_deg, 1) % 360.0,
        distance_m=round(one.distance_m, -1),
        in_view=one.is_in_view,
        sight=one.sight,
        least_visible_m=None if one.least_visible_m is None else round(one.least_visible_m),
        chance=round(one.chance, 3),
        bits=round(one.bits, 2),
        words=look_words(one, speaker),
    )


def look_words(one: Vantage, speaker: Speaker) -> str:
    """Return what a tower would see and how likely it finds the smoke; of one too far away only that."""
    sight = sight_of(one, speaker)
    if one.sight is PlainSight.FAR:
        return sight
    chance = speaker.texts.text("look.chance", percent=speaker.percent(one.chance))
    return speaker.texts.text("look.sight.chance", sight=sight, chance=chance)


def sight_of(one: Vantage, speaker: Speaker) -> str:
    """Return whether a tower can see the smoke over the ground between, in words."""
    height_m = _STEP_M * max(1, round((one.least_visible_m or 0.0) / _STEP_M))
    return speaker.texts.text(f"look.sight.{one.sight}", km=f"{one.reach_m / 1000:.0f}", height=f"{height_m:.0f}")
