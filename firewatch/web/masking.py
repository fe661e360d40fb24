"""The page on which a technician draws, sees and takes back the masks of a tower's views."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from firewatch.domain.ids import SLUG_PATTERN, ULID_PATTERN, CameraId, PoseId, TowerId
from firewatch.domain.masks import Mask, Polygon
from firewatch.domain.roster import LOCAL_OPERATOR
from firewatch.domain.tower_settings import PoseMask
from firewatch.errors import InvalidValue
from firewatch.services.masks import MOST_MASKED, MaskDesk, masked_share
from firewatch.web.cards import evidence_url
from firewatch.web.context import Care, Onlooker, Services, Texts, may_care
from firewatch.web.csrf import require_csrf, token_for
from firewatch.web.errors import NotThere
from firewatch.web.pages import with_csrf
from firewatch.web.templating import Pages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.sites import Tower
    from firewatch.services.masks import SetMask
    from firewatch.web.context import Asker
    from firewatch.web.wiring import WebServices
    from firewatch.web.words import Speaker

__all__ = ["DraftIn", "router"]

_MOST_HISTORY = 30
_LONGEST_FORM = 4000
# Two numbers a line, in per cent, as people write them; commas and semicolons may be Chinese ones.
_LINE = re.compile(r"\s*(\d{1,3}(?:\.\d{1,6})?)\s*%?[\s,;\uff0c\uff1b]+(\d{1,3}(?:\.\d{1,6})?)\s*%?\s*")
# What each refusal is about, as the start of `InvalidValue.what`, and its text.
_REFUSALS = (
    ("masked share", "mask.error.share"),
    ("name of", "mask.error.name"),
    ("reason of", "mask.error.reason"),
    ("last day", "mask.error.until"),
    ("polygon", "mask.error.polygon"),
    ("point", "mask.error.points"),
    ("masks of the tower", "mask.error.many"),
)

router = APIRouter(dependencies=[Depends(require_csrf)], include_in_schema=False)

TowerPath = Annotated[str, Path(pattern=SLUG_PATTERN)]
MaskPath = Annotated[str, Path(pattern=ULID_PATTERN)]


@dataclass(frozen=True, slots=True)
class DraftIn:
    """The form as it was filled in: shown again where it was refused."""

    name: str = ""
    reason: str = ""
    until: str = ""
    points: str = ""
    sure: str = ""


@dataclass(frozen=True, slots=True)
class MaskRow:
    """One mask in words; `corners` are those of an SVG polygon over a picture of 100 by 100."""

    mask_id: str
    name: str
    reason: str
    corners: str
    share: str
    until: str
    set_by: str
    set_at: str
    taken: str
    removed: str


@dataclass(frozen=True, slots=True)
class View:
    """Whose picture is drawn on."""

    tower: Tower
    camera_id: CameraId
    pose_id: PoseId


def _draft(
    name: Annotated[str, Form(max_length=_LONGEST_FORM)] = "",
    reason: Annotated[str, Form(max_length=_LONGEST_FORM)] = "",
    until: Annotated[str, Form(max_length=32)] = "",
    points: Annotated[str, Form(max_length=_LONGEST_FORM)] = "",
    sure: Annotated[str, Form(max_length=8)] = "",
) -> DraftIn:
    return DraftIn(name, reason, until, points, sure)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, and what answers it."""

    request: Request
    services: WebServices
    speaker: Speaker
    who: Asker


def _onlooking(request: Request, services: Services, speaker: Texts, who: Onlooker) -> Visit:
    return Visit(request, services, speaker, who)


def _caring(request: Request, services: Services, speaker: Texts, who: Care) -> Visit:
    return Visit(request, services, speaker, who)


@router.get("/nodes/{tower_id}/masks")
def masks(
    tower_id: TowerPath, visit: Annotated[Visit, Depends(_onlooking)], camera: str = "", pose: str = ""
) -> Response:
    """Show the masks of one view, and its latest picture to draw on."""
    return _page(visit, _view(visit.services, tower_id, camera, pose))


@router.post("/nodes/{tower_id}/masks")
def draw(
    tower_id: TowerPath,
    visit: Annotated[Visit, Depends(_caring)],
    draft: Annotated[DraftIn, Depends(_draft)],
    camera: Annotated[str, Form()] = "",
    pose: Annotated[str, Form()] = "",
) -> Response:
    """Add a mask; show the form again where it is refused."""
    view = _view(visit.services, tower_id, camera, pose)
    try:
        mask = Mask(draft.name.strip(), draft.reason.strip(), _polygon(draft.points), _last_day(draft.until))
        placed = PoseMask(view.camera_id, view.pose_id, mask)
        _desk(visit.services).draw(view.tower.tower_id, placed, visit.who.actor.name, is_sure=bool(draft.sure))
    except InvalidValue as err:
        return _page(visit, view, _refusal(err, visit.speaker), draft)
    return _back(view)


@router.post("/nodes/{tower_id}/masks/{mask_id}/remove")
def remove(tower_id: TowerPath, mask_id: MaskPath, services: Services, who: Care) -> Response:
    """Take a mask away; the page then offers to put it back."""
    mask = _desk(services).remove(TowerId(tower_id), mask_id, who.actor.name)
    view = _view(services, tower_id, mask.placed.camera_id, mask.placed.pose_id)
    return _back(view, removed=mask_id)


@router.post("/nodes/{tower_id}/masks/{mask_id}/restore")
def restore(tower_id: TowerPath, mask_id: MaskPath, services: Services, who: Care) -> Response:
    """Put back what was taken away."""
    mask = _desk(services).restore(TowerId(tower_id), mask_id, who.actor.name)
    return _back(_view(services, tower_id, mask.placed.camera_id, mask.placed.pose_id))


def _desk(services: WebServices) -> MaskDesk:
    if services.masks is None:
        raise NotThere
    return services.masks


def _view(services: WebServices, tower_id: str, camera_id: str, pose_id: str) -> View:
    """Return the asked view; the tower's first where none is named."""
    tower = services.sites.sites().tower(TowerId(tower_id))
    if tower is None:
        raise NotThere
    for camera in tower.cameras:
        for pose in camera.poses:
            if camera_id in {"", camera.camera_id} and pose_id in {"", pose.pose_id}:
                return View(tower, camera.camera_id, pose.pose_id)
    raise NotThere


def _back(view: View, **more: str) -> RedirectResponse:
    query = urlencode({"camera": view.camera_id, "pose": view.pose_id, **more})
    return RedirectResponse(f"/nodes/{view.tower.tower_id}/masks?{query}", status_code=303)


def _polygon(points: str) -> Polygon:
    corners = []
    for number, line in enumerate((line for line in points.splitlines() if line.strip()), 1):
        found = _LINE.fullmatch(line)
        if found is None:
            raise InvalidValue(f"point {number}", line[:40], "two numbers from 0 to 100")
        corners.append((float(found[1]) / 100.0, float(found[2]) / 100.0))
    return Polygon(tuple(corners))


def _last_day(given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError as err:
        raise InvalidValue("last day of the mask", given[:20], "a day as 2026-05-01") from err


def _refusal(err: InvalidValue, speaker: Speaker) -> str:
    key = next((key for start, key in _REFUSALS if err.what.startswith(start)), "mask.error.other")
    return speaker.texts.text(key, given=str(err.given), most=f"{MOST_MASKED:.0%}", what=err.what)


def _page(visit: Visit, view: View, refused: str = "", draft: DraftIn = DraftIn()) -> Response:
    request, services, speaker, who = visit.request, visit.services, visit.speaker, visit.who
    csrf = token_for(request)
    rendered: Pages = request.app.state.pages
    response = rendered.page(
        request,
        "masks.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        view=view,
        tower=speaker.name(view.tower.name),
        views=[(camera.camera_id, pose.pose_id) for camera in view.tower.cameras for pose in camera.poses],
        **_of_view(services, speaker, view, request.query_params.get("removed", "")),
        **_picture(services, speaker, view),
        draft=draft,
        refused=refused,
        may_draw=may_care(who),
        most=f"{MOST_MASKED:.0%}",
        who=speaker.actor(who.actor),
        is_local=who.is_local,
        csrf=csrf,
        is_illustrative=speaker.sites.is_illustrative,
    )
    return with_csrf(response, csrf, services)


def _picture(services: WebServices, speaker: Speaker, view: View) -> dict[str, str]:
    found = None
    if services.pose_views is not None:
        found = services.pose_views.latest(view.tower.tower_id, view.camera_id, view.pose_id)
    if found is None:
        return {"picture": "", "taken_at": ""}
    return {"picture": evidence_url(found[0]) or "", "taken_at": speaker.stamp(found[1])}


def _of_view(services: WebServices, speaker: Speaker, view: View, removed: str) -> dict[str, object]:
    now = services.clock.now()
    all_masks = [
        one
        for one in _desk(services).of_tower(view.tower.tower_id)
        if (one.placed.camera_id, one.placed.pose_id) == (view.camera_id, view.pose_id)
    ]
    standing = [one for one in all_masks if one.removed_at is None]
    gone = [one for one in all_masks if one.removed_at is not None][:_MOST_HISTORY]
    word = _node_word(services, view)
    return {
        "standing": [_row(one, speaker, now, word) for one in standing],
        "gone": [_row(one, speaker, now, word) for one in gone],
        "undo": next((one.mask_id for one in gone if one.mask_id == removed), ""),
        "share": _share([one for one in standing if one.holds_at(now)]),
    }


def _share(found: Sequence[SetMask]) -> str:
    share = masked_share([one.placed.mask.polygon for one in found])
    return f"{share:.1%}"


def _node_word(services: WebServices, view: View) -> tuple[datetime | None, bool]:
    """Return of which instant the settings are that the node goes by, and whether it refused later ones."""
    for node in services.sites.nodes():
        if node.tower_id == view.tower.tower_id and node.vitals is not None:
            return node.vitals.vitals.settings_issued_at, bool(node.vitals.vitals.settings_refused)
    return None, False


def _person(name: str, speaker: Speaker) -> str:
    return speaker.actor(LOCAL_OPERATOR) if name == LOCAL_OPERATOR.name else name


def _row(mask: SetMask, speaker: Speaker, now: datetime, word: tuple[datetime | None, bool]) -> MaskRow:
    texts, until = speaker.texts, mask.placed.mask.until
    issued_at, is_refused = word
    taken = "taken" if issued_at is not None and issued_at >= mask.set_at else "refused" if is_refused else "waits"
    if not mask.placed.mask.holds_at(now):
        taken = "over"
    gone = ""
    if mask.removed_at is not None:
        gone = texts.text(
            "mask.removed", by=_person(mask.removed_by, speaker), time=speaker.short_stamp(mask.removed_at)
        )
    polygon = mask.placed.mask.polygon
    return MaskRow(
        mask_id=mask.mask_id,
        name=mask.placed.mask.name,
        reason=mask.placed.mask.reason,
        corners=" ".join(f"{100 * x:.2f},{100 * y:.2f}" for x, y in polygon.points),
        share=f"{polygon.area:.1%}",
        until=texts.text("mask.until.day", day=until.isoformat()) if until else texts.text("mask.until.none"),
        set_by=_person(mask.set_by, speaker),
        set_at=speaker.short_stamp(mask.set_at),
        taken=texts.text(f"mask.taken.{taken}"),
        removed=gone,
    )
