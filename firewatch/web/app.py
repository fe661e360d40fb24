"""The application: routes, errors, headers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from firewatch.errors import CommandRefused, FirewatchError, IllegalTransition, InvalidValue, MatchRefused, StoreError
from firewatch.web import (
    api,
    cross_look,
    danger_api,
    danger_pages,
    hotspot_api,
    looks_api,
    masking,
    matching,
    pages,
    phone,
    tower_commands,
    whereabouts,
)
from firewatch.web.assets import STATIC, built_files
from firewatch.web.body_limit import BodyLimit
from firewatch.web.context import texts_of
from firewatch.web.errors import (
    CsrfRefused,
    Forbidden,
    HostRefused,
    KeyInUse,
    LinkExpired,
    LinkUnknown,
    LoginNeeded,
    NotThere,
    TooManyTries,
    WebError,
)
from firewatch.web.headers import SecurityHeaders
from firewatch.web.idempotency import ActionMemory
from firewatch.web.live import LiveHub
from firewatch.web.login_tries import LoginTries
from firewatch.web.openapi import SUMMARY, TITLE, VERSION
from firewatch.web.schemas import ErrorOut
from firewatch.web.templating import Pages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Response

    from firewatch.web.wiring import WebServices

__all__ = ["STATUS", "create_app"]

logger = logging.getLogger(__name__)

# The one place that turns our errors into HTTP; a subclass comes before its parent.
STATUS: tuple[tuple[type[FirewatchError], HTTPStatus], ...] = (
    (NotThere, HTTPStatus.NOT_FOUND),
    (LinkUnknown, HTTPStatus.NOT_FOUND),
    (LinkExpired, HTTPStatus.GONE),
    (LoginNeeded, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (CsrfRefused, HTTPStatus.FORBIDDEN),
    (HostRefused, HTTPStatus.MISDIRECTED_REQUEST),
    (KeyInUse, HTTPStatus.CONFLICT),
    (TooManyTries, HTTPStatus.TOO_MANY_REQUESTS),
    (IllegalTransition, HTTPStatus.CONFLICT),
    (CommandRefused, HTTPStatus.CONFLICT),
    (MatchRefused, HTTPStatus.CONFLICT),
    (InvalidValue, HTTPStatus.UNPROCESSABLE_ENTITY),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (FirewatchError, HTTPStatus.INTERNAL_SERVER_ERROR),
)
# A check of a password costs 64 MiB on purpose: strangers must not make us do forty of them at once.
_PASSWORDS_AT_ONCE = 2
_HTTP_TEXTS = {HTTPStatus.NOT_FOUND: "error.not_found", HTTPStatus.METHOD_NOT_ALLOWED: "error.method"}
_PARTS = (
    api,
    matching,
    danger_api,
    hotspot_api,
    phone,
    danger_pages,
    masking,
    tower_commands,
    cross_look,
    looks_api,
    whereabouts,
    pages,
)


def create_app(services: WebServices) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    services : WebServices
        The ports that it reads and acts through, and its settings.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.hub.close()

    app = FastAPI(
        title=TITLE,
        version=VERSION,
        summary=SUMMARY,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=lifespan,
    )
    app.state.services = services
    app.state.hub = LiveHub(services)
    app.state.actions = ActionMemory[None]()
    app.state.login_tries = LoginTries()
    app.state.password_checks = asyncio.Semaphore(_PASSWORDS_AT_ONCE)
    app.state.pages = Pages()
    app.state.built = built_files()
    for part in _PARTS:
        app.include_router(part.router)
    if STATIC.is_dir():
        app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(FirewatchError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_http)
    app.add_exception_handler(RequestValidationError, _refuse_invalid)
    return app


def status_of(error: Exception) -> HTTPStatus:
    """Return the HTTP status of one of our errors."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def _refuse(request: Request, error: Exception) -> Response:
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("web.failed", extra={"path": request.url.path}, exc_info=error)
    if isinstance(error, LoginNeeded) and _wants_page(request):
        return RedirectResponse("/login", status_code=HTTPStatus.SEE_OTHER)
    return _answer(request, status, type(error).__name__, _words(request, error))


def _words(request: Request, error: Exception) -> str:
    texts = texts_of(request)
    match error:
        case WebError():
            return texts.text(error.text_key, **error.facts)
        case IllegalTransition():
            return texts.text("error.state", why=texts.text(f"incident.state.{error.state}"))
        case CommandRefused() | MatchRefused():
            of = "match" if isinstance(error, MatchRefused) else "commands"
            return texts.text(f"{of}.refused.{error.reason}")
        case InvalidValue():
            return texts.text("error.invalid", why=error.what)
        case StoreError():
            return texts.text("error.store")
    return texts.text("error.internal")


def _refuse_http(request: Request, error: Exception) -> Response:
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    return _answer(request, status, status.name, texts_of(request).text(_HTTP_TEXTS.get(status, "error.internal")))


def _refuse_invalid(request: Request, error: Exception) -> Response:
    first = error.errors()[0] if isinstance(error, RequestValidationError) and error.errors() else {"loc": ()}
    where = ".".join(str(step) for step in first["loc"])
    words = texts_of(request).text("error.invalid", why=where)
    return _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, "InvalidRequest", words)


def _answer(request: Request, status: HTTPStatus, error: str, words: str) -> Response:
    if _wants_page(request):
        rendered: Pages = request.app.state.pages
        return rendered.page(request, "error.html", status, words=words)
    return JSONResponse(ErrorOut(error=error, words=words).model_dump(), status)


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")
