"""The pages that people open: command centre, log-in, nodes, health."""

from __future__ import annotations

import json
import logging
import secrets
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse

from firewatch.domain.hotspot import VerdictReason
from firewatch.domain.incident import RejectReason
from firewatch.domain.roster import Person, Role
from firewatch.web.assets import BuiltFiles
from firewatch.web.context import SESSION_COOKIE, Duty, Onlooker, Services, Texts, texts_of
from firewatch.web.csrf import CSRF_COOKIE, new_token, require_csrf, token_for
from firewatch.web.errors import TooManyTries
from firewatch.web.login_tries import LoginTries
from firewatch.web.node_rows import feed_rows, node_rows, quarantine_rows
from firewatch.web.node_troubles import count_levels, trouble_rows
from firewatch.web.templating import Pages
from firewatch.web.terrain_words import terrain_words
from firewatch.web.wiring import WebServices

__all__ = ["router", "with_csrf"]

logger = logging.getLogger(__name__)

_MOST_QUARANTINED = 50
# A stranger's text in our log and on our page.
_SHOWN_NAME = 64

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
        "heatReasons": [reason.value for reason in VerdictReason],
    }
    # "<" would let a text end the script element.
    boot_json = json.dumps(boot, ensure_ascii=False).replace("<", "\\u003c")
    pages: Pages = request.app.state.pages
    if built is None:
        response = pages.page(request, "error.html", 503, words=speaker.texts.text("error.unbuilt"))
    else:
        response = pages.page(request, "board.html", built=built, boot_json=boot_json)
    return with_csrf(response, csrf, services)


@router.get("/nodes")
def nodes(request: Request, services: Services, speaker: Texts, who: Onlooker) -> Response:
    """Show towers, cameras and what could not be read."""
    count, quarantined = services.sites.quarantined(_MOST_QUARANTINED)
    now, heard, good_until = services.clock.now(), services.sites.nodes(), services.certificate_ends()
    troubles = trouble_rows(heard, speaker, now, good_until)
    csrf = token_for(request)
    pages: Pages = request.app.state.pages
    response = pages.page(
        request,
        "nodes.html",
        rows=node_rows(heard, speaker, now, good_until),
        troubles=troubles,
        levels=count_levels(troubles),
        has_remote=services.remote is not None,
        has_masks=services.masks is not None,
        feeds=feed_rows(services.feeds, speaker, now),
        terrain=terrain_words(services.terrain, speaker),
        quarantine_count=count,
        quarantined=quarantine_rows(quarantined, speaker),
        who=speaker.actor(who.actor),
        is_local=who.is_local,
        csrf=csrf,
        is_illustrative=speaker.sites.is_illustrative,
        as_of=speaker.stamp(now),
    )
    return with_csrf(response, csrf, services)


@router.get("/login")
def login_form(request: Request, services: Services) -> Response:
    """Ask for name and password; local mode needs none."""
    if not services.accounts.any_configured():
        return RedirectResponse("/", status_code=303)
    return _login_page(request, services)


@router.post("/login")
async def login(
    request: Request, services: Services, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
) -> Response:
    """Check name and password and start a session."""
    # Who waits for a turn holds no thread: the pages of those who are logged in go on.
    async with request.app.state.password_checks:
        return await run_in_threadpool(_log_in, request, services, name, password)


def _log_in(request: Request, services: WebServices, name: str, password: str) -> Response:
    tries: LoginTries = request.app.state.login_tries
    address = request.client.host if request.client else ""
    now = services.clock.now()
    wait = tries.wait(name, address, now)
    if wait:
        logger.warning("login.slowed", extra={"account": name[:_SHOWN_NAME], "address": address})
        raise TooManyTries(minutes=wait)
    person = services.accounts.authenticate(name, password)
    if person is None:
        logger.warning("login.failed", extra={"account": name[:_SHOWN_NAME], "address": address})
        tries.failed(name, address, now)
        return _login_page(request, services, texts_of(request).text("login.failed"), name)
    logger.info("login.done", extra={"account": person.person_id, "address": address})
    tries.forget(name, address)
    return _with_session(services, person, now)


def _with_session(services: WebServices, person: Person, now: datetime) -> Response:
    # A fresh token at each log-in: one that somebody planted beforehand never becomes a session.
    token = secrets.token_urlsafe(32)
    services.sessions.start(token, person.person_id, now, now + services.settings.session_life)
    # A technician has no queue: how the towers are is their first page.
    response = RedirectResponse("/nodes" if person.role is Role.TECHNICIAN else "/", status_code=303)
    life_s = int(services.settings.session_life.total_seconds())
    is_secure = services.settings.cookie_secure
    response.set_cookie(SESSION_COOKIE, token, max_age=life_s, httponly=True, samesite="lax", secure=is_secure)
    return with_csrf(response, new_token(services.settings.secret, token), services)


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


def _login_page(request: Request, services: WebServices, words: str = "", name: str = "") -> Response:
    csrf = token_for(request)
    pages: Pages = request.app.state.pages
    status = HTTPStatus.UNAUTHORIZED if words else HTTPStatus.OK
    page = pages.page(request, "login.html", status, csrf=csrf, words=words, name=name[:_SHOWN_NAME])
    return with_csrf(page, csrf, services)


def with_csrf(response: Response, csrf: str, services: WebServices) -> Response:
    """Return an answer that brings the token which the forms of its page send back."""
    secure = services.settings.cookie_secure
    response.set_cookie(CSRF_COOKIE, csrf, httponly=True, samesite="strict", secure=secure)
    return response
