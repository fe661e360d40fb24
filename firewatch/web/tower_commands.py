"""One tower's page: look through its eyes, and ask it to do things."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from firewatch.domain.ids import SLUG_PATTERN, ULID_PATTERN, CameraId, CommandId, TowerId
from firewatch.domain.remote import LiveLook, UpdateModel
from firewatch.services.command_ports import CommandsWanted
from firewatch.services.commanding import may_ask
from firewatch.web.command_forms import FIELDS, CommandForm
from firewatch.web.csrf import require_csrf
from firewatch.web.errors import Forbidden, NotThere
from firewatch.web.model_choice import offered_update
from firewatch.web.remote_visit import RemoteVisit, Visit
from firewatch.web.tower_view import Seen, TowerView, fresh_picture, live_view, tower_view

__all__ = ["router"]

_LONGEST_FIELD = 400
_NO_STORE = {"Cache-Control": "no-store"}
_ODD = re.compile(r"[^A-Za-z0-9._-]")

router = APIRouter(dependencies=[Depends(require_csrf)], include_in_schema=False)

TowerPath = Annotated[str, Path(pattern=SLUG_PATTERN)]
CameraPath = Annotated[str, Path(pattern=SLUG_PATTERN)]
CommandPath = Annotated[str, Path(pattern=ULID_PATTERN)]


def tower_of(tower_id: TowerPath, visit: Visit) -> TowerView:
    """Return the tower; raise `NotThere` where neither the site map nor a node knows it."""
    seen = Seen(visit.services.sites.nodes(), visit.remote.packages, visit.at)
    tower = tower_view(TowerId(tower_id), seen, visit.role, visit.speaker)
    if tower is None:
        raise NotThere
    return tower


Tower = Annotated[TowerView, Depends(tower_of)]


@router.get("/nodes/{tower_id}")
def tower_page(tower: Tower, visit: Visit) -> Response:
    """Show a tower: its cameras, what may be asked, and what was asked lately."""
    return visit.page("tower.html", tower=tower, commands=visit.rows(CommandsWanted(tower.tower_id)))


@router.get("/nodes/{tower_id}/commands")
def commands_part(tower: Tower, visit: Visit) -> Response:
    """Return the list of commands alone, for the page that shows it."""
    return visit.part(CommandsWanted(tower.tower_id))


@router.post("/nodes/{tower_id}/commands")
async def ask(request: Request, tower: Tower, visit: Visit) -> Response:
    """Take down a command, and show the tower's page again; a live look has a page of its own."""
    form = await request.form()
    given = {name: str(form.get(name, ""))[:_LONGEST_FIELD] for name in (*FIELDS, "once")}
    return RedirectResponse(await run_in_threadpool(_ask, tower, visit, given), status_code=303)


def _ask(tower: TowerView, visit: RemoteVisit, given: dict[str, str]) -> str:
    def update(wanted: str) -> UpdateModel:
        # What is offered is told to nobody who may not ask for it.
        if not may_ask(visit.role, UpdateModel):
            raise Forbidden
        return offered_update(tower.tower_id, visit.remote.packages, wanted)

    action = CommandForm(given, visit.at, visit.services.settings.time_zone, update).action()
    if not may_ask(visit.role, type(action)):
        raise Forbidden
    desk, name = visit.remote.desk, f"{given['kind']} {tower.tower_id}"
    visit.once(given["once"], name, lambda: desk.issue(visit.asking, tower.tower_id, action))
    if isinstance(action, LiveLook):
        return f"/nodes/{tower.tower_id}/live/{action.camera_id}"
    return f"/nodes/{tower.tower_id}#commands"


@router.get("/nodes/{tower_id}/commands/{command_id}/file")
def file(tower: Tower, command_id: CommandPath, visit: Visit) -> Response:
    """Return the file that came with a reply, to be kept, never shown: a tower's bytes are no page of ours."""
    record = visit.remote.book.command(CommandId(command_id))
    attached = visit.remote.book.attachment(CommandId(command_id))
    if record is None or record.command.tower_id != tower.tower_id or attached is None:
        raise NotThere
    name = f"{tower.tower_id}-{_ODD.sub('-', attached.name)}"
    headers = _NO_STORE | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(attached.content, media_type="application/octet-stream", headers=headers)


@router.get("/nodes/{tower_id}/live/{camera_id}.jpg")
def live_picture(tower_id: TowerPath, camera_id: CameraPath, visit: Visit) -> Response:
    """Return the latest picture of a live look, with the time when it was taken."""
    picture = fresh_picture(visit.remote, TowerId(tower_id), CameraId(camera_id), visit.at)
    if picture is None:
        raise NotThere
    headers = _NO_STORE | {"X-Captured-At": visit.speaker.clock(picture.captured_at)}
    return Response(picture.jpeg, media_type="image/jpeg", headers=headers)


@router.get("/nodes/{tower_id}/live/{camera_id}")
def live_page(tower: Tower, camera_id: CameraPath, visit: Visit) -> Response:
    """Show a camera live: a picture a second, the time left, and a button to prolong it."""
    view = live_view(visit.remote, tower.tower_id, CameraId(camera_id), visit.speaker, visit.at)
    return visit.page("live.html", tower=tower, camera_id=camera_id, live=view)
