"""One tower's page: look through its eyes, and ask it to do things."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from firewatch.domain.ids import SLUG_PATTERN, ULID_PATTERN, CameraId, CommandId, TowerId
from firewatch.domain.remote import LiveLook
from firewatch.services.command_ports import CommandsWanted
from firewatch.services.commanding import Asking, may_ask
from firewatch.web.command_forms import FIELDS, CommandForm
from firewatch.web.command_rows import command_rows
from firewatch.web.context import Asker, Duty, Services, Texts
from firewatch.web.csrf import require_csrf, token_for
from firewatch.web.errors import Forbidden, NotThere
from firewatch.web.pages import with_csrf
from firewatch.web.remote_wiring import RemoteServices
from firewatch.web.tower_view import SHOWN_COMMANDS, fresh_picture, live_view, tower_view

if TYPE_CHECKING:
    from firewatch.domain.roster import Role
    from firewatch.web.idempotency import ActionMemory
    from firewatch.web.templating import Pages
    from firewatch.web.wiring import WebServices
    from firewatch.web.words import Speaker

__all__ = ["Remote", "ask_once", "page_facts", "role_of", "router"]

_LONGEST_FIELD = 400
_NO_STORE = {"Cache-Control": "no-store"}

router = APIRouter(dependencies=[Depends(require_csrf)], include_in_schema=False)

TowerPath = Annotated[str, Path(pattern=SLUG_PATTERN)]
CameraPath = Annotated[str, Path(pattern=SLUG_PATTERN)]
CommandPath = Annotated[str, Path(pattern=ULID_PATTERN)]


def remote_of(services: Services) -> RemoteServices:
    """Return the ports of remote hands; raise `NotThere` where the centre has none."""
    if services.remote is None:
        raise NotThere
    return services.remote


Remote = Annotated[RemoteServices, Depends(remote_of)]


def role_of(who: Asker) -> Role | None:
    """Return the asker's role; None where there are no accounts."""
    return None if who.person is None else who.person.role


def page_facts(request: Request, services: WebServices, speaker: Speaker, who: Asker) -> dict[str, Any]:
    """Return what every page with forms needs; `once` makes a form that is sent twice ask once."""
    return {
        "who": speaker.actor(who.actor),
        "is_local": who.is_local,
        "csrf": token_for(request),
        "once": secrets.token_urlsafe(16),
        "is_illustrative": speaker.sites.is_illustrative,
        "as_of": speaker.stamp(services.clock.now()),
    }


@router.get("/nodes/{tower_id}")
def tower_page(
    request: Request, tower_id: TowerPath, services: Services, remote: Remote, speaker: Texts, who: Duty
) -> Response:
    """Show a tower: its cameras, what may be asked, and what was asked lately."""
    at = services.clock.now()
    tower = tower_view(TowerId(tower_id), services.sites.nodes(), role_of(who), speaker, at)
    if tower is None:
        raise NotThere
    shared = page_facts(request, services, speaker, who)
    pages: Pages = request.app.state.pages
    rows = _rows(TowerId(tower_id), services, remote, speaker)
    response = pages.page(request, "tower.html", tower=tower, commands=rows, **shared)
    return with_csrf(response, shared["csrf"], services)


def _rows(tower_id: TowerId, services: WebServices, remote: RemoteServices, speaker: Speaker) -> list[Any]:
    records = remote.book.latest(CommandsWanted(tower_id), SHOWN_COMMANDS)
    return list(command_rows(records, remote.index, speaker, services.clock.now()))


@router.get("/nodes/{tower_id}/commands")
def commands_part(
    request: Request, tower_id: TowerPath, services: Services, remote: Remote, speaker: Texts, _who: Duty
) -> Response:
    """Return the list of commands alone, for the page that shows it."""
    pages: Pages = request.app.state.pages
    rows = _rows(TowerId(tower_id), services, remote, speaker)
    return pages.page(request, "tower_commands.html", commands=rows)


@router.post("/nodes/{tower_id}/commands")
async def ask(request: Request, tower_id: TowerPath, services: Services, remote: Remote, who: Duty) -> Response:
    """Take down a command, and show the tower's page again; a live look has a page of its own."""
    form = await request.form()
    given = {name: str(form.get(name, ""))[:_LONGEST_FIELD] for name in (*FIELDS, "once")}
    address = await run_in_threadpool(_ask, request, TowerId(tower_id), services, remote, who, given)
    return RedirectResponse(address, status_code=303)


def _ask(
    request: Request,
    tower_id: TowerId,
    services: WebServices,
    remote: RemoteServices,
    who: Asker,
    given: dict[str, str],
) -> str:
    if tower_id not in {node.tower_id for node in services.sites.nodes()}:
        raise NotThere
    action = CommandForm(given, services.clock.now(), services.settings.time_zone).action()
    if not may_ask(role_of(who), type(action)):
        raise Forbidden
    name = f"{given['kind']} {tower_id}"
    asking = Asking(who.actor, role_of(who))
    ask_once(request, who, given["once"], name, lambda: remote.desk.issue(asking, tower_id, action))
    if isinstance(action, LiveLook):
        return f"/nodes/{tower_id}/live/{action.camera_id}"
    return f"/nodes/{tower_id}#commands"


def ask_once(request: Request, who: Asker, once: str, name: str, issue: Any) -> None:
    """Ask, unless the form was sent before."""
    memory: ActionMemory[None] = request.app.state.actions
    memory.once(who.actor.actor_id, once or None, name, lambda: _forget(issue()))


def _forget(_issued: object) -> None:
    return None


@router.get("/nodes/{tower_id}/commands/{command_id}/file")
def file(tower_id: TowerPath, command_id: CommandPath, remote: Remote, _who: Duty) -> Response:
    """Return the file that came with a reply, to be kept, never shown: a tower's bytes are no page of ours."""
    record = remote.book.command(CommandId(command_id))
    attached = remote.book.attachment(CommandId(command_id))
    if record is None or record.command.tower_id != tower_id or attached is None:
        raise NotThere
    name = "".join(letter if letter.isascii() and (letter.isalnum() or letter in ".-_") else "-" for letter in attached.name)
    headers = _NO_STORE | {"Content-Disposition": f'attachment; filename="{tower_id}-{name}"'}
    return Response(attached.content, media_type="application/octet-stream", headers=headers)


@router.get("/nodes/{tower_id}/live/{camera_id}.jpg")
def live_picture(
    tower_id: TowerPath, camera_id: CameraPath, services: Services, remote: Remote, speaker: Texts, _who: Duty
) -> Response:
    """Return the latest picture of a live look, with the time when it was taken."""
    picture = fresh_picture(remote, TowerId(tower_id), CameraId(camera_id), services.clock.now())
    if picture is None:
        raise NotThere
    headers = _NO_STORE | {"X-Captured-At": speaker.clock(picture.captured_at)}
    return Response(picture.jpeg, media_type="image/jpeg", headers=headers)


@router.get("/nodes/{tower_id}/live/{camera_id}")
def live_page(
    request: Request,
    tower_id: TowerPath,
    camera_id: CameraPath,
    services: Services,
    remote: Remote,
    speaker: Texts,
    who: Duty,
) -> Response:
    """Show a camera live: a picture a second, the time left, and a button to prolong it."""
    at = services.clock.now()
    tower = tower_view(TowerId(tower_id), services.sites.nodes(), role_of(who), speaker, at)
    if tower is None:
        raise NotThere
    shared = page_facts(request, services, speaker, who)
    view = live_view(remote, TowerId(tower_id), CameraId(camera_id), speaker, at)
    pages: Pages = request.app.state.pages
    response = pages.page(request, "live.html", tower=tower, camera_id=camera_id, live=view, **shared)
    return with_csrf(response, shared["csrf"], services)
