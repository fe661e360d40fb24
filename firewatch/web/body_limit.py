"""A request's body is small: nobody fills this machine's memory or disk before they have logged in."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["MOST_BYTES", "BodyLimit"]

# Our largest body is a form with a name and a password.
MOST_BYTES = 16_384


class BodyLimit:
    """Refuses a body that is too long, or whose length is not said; a pure ASGI layer.

    Every browser says the length of a form. The server holds a client to the length that it said, so that the header is
    all there is to check, before any of the body is read.

    Parameters
    ----------
    app : ASGIApp
        What is wrapped.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse with 411 or 413."""
        refusal = _refusal(Headers(scope=scope)) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        # The rest of the body is not read: the connection cannot be used again.
        await PlainTextResponse(refusal.phrase, refusal, {"Connection": "close"})(scope, receive, send)


def _refusal(headers: Headers) -> HTTPStatus | None:
    if "transfer-encoding" in headers:
        return HTTPStatus.LENGTH_REQUIRED
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > MOST_BYTES:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return None
