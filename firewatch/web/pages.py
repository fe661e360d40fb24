"""The pages that people open: command centre, log-in, nodes, health."""

from __future__ import annotations

import json
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from firewatch.domain.incident import RejectReason
from firewatch.web.assets import BuiltFiles
from firewatch.web.context import SESSION_COOKIE, Duty, Services, Texts, texts_of
from firewatch.web.csrf import CSRF_COOKIE, new_token, require_csrf, token_for
from firewatch.web.errors import TooManyTries
from firewatch.web.login_tries import LoginTries
from firewatch.web.node_rows import node_rows, quarantine_rows
from firewatch.web.templating import Pages
from firewatch.web.wiring import WebServices

__all__ = ["router"]

_MOST_QUARANTINED = 50

router = APIRouter(dependencies=[Depends(require_csrf)], include_in_schema=False)


@router.get("/")
def board(request: Request, services: Services, speaker: Texts, who: Duty) -> Response:
    """Show the command centre."""
    built: BuiltFiles | None = request.app.state.built
    csrf = token_for(request)
    boot = {
        "lang": speaker.texts.language.value,
        "timeZone": services.settings.time_zone.key,
        "texts": dict(speaker.texts.texts),
        "csrf": csrf,
        "actor": speaker.actor(who.actor),
        "isLocal": who.is_local,
        "centre": speaker.name(services.settings.centre_name),
        "isIllustrative": speaker.sites.is_illustrative,
        "reasons": [reason.value for reason in RejectReason],
    }
    # "<" would let a text end the script element.
    boot_json = json.dumps(boot, ensure_ascii=False).replace("<", "\\u003c")
    pages: Pages = request.app.state.pages
    if built is None:
        response = pages.page(request, "error.html", 503, words=speaker.texts.text("error.unbuilt"))
    else:
        response = pages.page(request, "board.html", built=built, boot_json=boot_json)
    return _with_csrf(response, csrf, services)


@router.get("/nodes")
def nodes(request: Request, services: Services, speaker: Texts, who: Duty) -> Response:
    """Show towers, cameras and what could not be read."""
    count, quarantined = services.sites.quarantined(_MOST_QUARANTINED)
    csrf = token_for(request)
    pages: Pages = request.app.state.pages
    response = pages.page(
        request,
        "nodes.html",
        rows=node_rows(services.sites.nodes(), speaker, services.clock.now()),
        quarantine_count=count,
        quarantined=quarantine_rows(quarantined, speaker),
        who=speaker.actor(who.actor),
        is_local=who.is_local,
        csrf=csrf,
        is_illustrative=speaker.sites.is_illustrative,
    )
    return _with_csrf(response, csrf, services)


@router.get("/login")
def login_form(request: Request, services: Services) -> Response:
    """Ask for name and password; local mode needs none."""
    if not services.accounts.any_configured():
        return RedirectResponse("/", status_code=303)
    return _login_page(request, services, "")


@router.post("/login")
def login(
    request: Request, services: Services, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
) -> Response:
    """Check name and password and start a session."""
    tries: LoginTries = request.app.state.login_tries
    now = services.clock.now()
    wait = tries.wait(name, now)
    if wait:
        raise TooManyTries(minutes=wait)
    person = services.accounts.authenticate(name, password)
    if person is None:
        tries.failed(name, now)
        return _login_page(request, services, texts_of(request).text("login.failed"), 401)
    tries.forget(name)
    token = secrets.token_urlsafe(32)
    services.sessions.start(token, person.person_id, now, now + services.settings.session_life)
    response = RedirectResponse("/", status_code=303)
    life_s = int(services.settings.session_life.total_seconds())
    is_secure = services.settings.cookie_secure
    response.set_cookie(SESSION_COOKIE, token, max_age=life_s, httponly=True, samesite="lax", secure=is_secure)
    return _with_csrf(response, new_token(services.settings.secret, token), services)


@router.post("/logout")
def logout(request: Request, services: Services) -> RedirectResponse:
    """End the session."""
    services.sessions.end(request.cookies.get(SESSION_COOKIE, ""))
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    response.delete_cookie(CSRF_COOKIE)
    return response


@router.get("/healthz")
def healthz(services: Services) -> JSONResponse:
    """Answer whether the log of events can be read; says nothing else, for it needs no log-in."""
    return JSONResponse({"ok": services.live.last_seq() >= 0})


def _login_page(request: Request, services: WebServices, words: str, status: int = 200) -> Response:
    csrf = token_for(request)
    pages: Pages = request.app.state.pages
    return _with_csrf(pages.page(request, "login.html", status, csrf=csrf, words=words), csrf, services)


def _with_csrf(response: Response, csrf: str, services: WebServices) -> Response:
    secure = services.settings.cookie_secure
    response.set_cookie(CSRF_COOKIE, csrf, httponly=True, samesite="strict", secure=secure)
    return response
