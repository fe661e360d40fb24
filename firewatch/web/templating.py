"""Pages that the server writes by itself: log-in, phone page, nodes, errors."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from firewatch.texts import Language
from firewatch.web.context import LANGUAGE_COOKIE, language_of, services_of, texts_of

if TYPE_CHECKING:
    from fastapi import Request

    from firewatch.web.wiring import WebServices

__all__ = ["Pages"]

_YEAR_S = 365 * 86_400
# As many incidents as the board shows are looked through for an exercise.
_MOST_INCIDENTS = 500


class Pages:
    """Renders the templates of this package."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, request: Request, template: str, status: int = 200, **facts: object) -> HTMLResponse:
        """Return a page in the request's language, and remember a language that was asked for."""
        texts = texts_of(request)
        language = language_of(request)
        services = services_of(request)
        settings = services.settings
        html = self._environment.get_template(template).render(
            t=texts.text,
            lang=language.value,
            other_lang=(Language.EN if language is Language.ZH_CN else Language.ZH_CN).value,
            path=request.url.path,
            is_exercising=partial(_is_exercising, services),
            centre=texts.pick(zh=settings.centre_name.zh, en=settings.centre_name.en),
            **facts,
        )
        response = HTMLResponse(html, status, {"Cache-Control": "no-store", "Content-Language": language.value})
        if request.query_params.get("lang") in set(Language):
            response.set_cookie(LANGUAGE_COOKIE, language.value, max_age=_YEAR_S, httponly=True, samesite="lax")
        return response


def _is_exercising(services: WebServices) -> bool:
    """Tell whether an exercise is in progress: only pages with a header ask."""
    shown = (card.incident for card in services.incidents.incidents(_MOST_INCIDENTS))
    return any(incident.is_open and incident.is_exercise for incident in shown)
