"""Headers that every answer carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["SecurityHeaders"]

# Everything comes from here, except that MapLibre starts its worker from a blob and draws pictures into data URLs.
_POLICY = " ".join(  # noqa: FLY002 - one directive a line
    (
        "default-src 'none';",
        "script-src 'self';",
        "style-src 'self';",
        "img-src 'self' data: blob:;",
        "font-src 'self';",
        "connect-src 'self';",
        "worker-src 'self' blob:;",
        "child-src blob:;",
        "manifest-src 'self';",
        "form-action 'self';",
        "base-uri 'none';",
        "frame-ancestors 'none';",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # A call's link is a key: it must not travel to the navigation app that the page links to.
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_YEAR_S = 365 * 86_400


class SecurityHeaders:
    """Adds the headers; a pure ASGI layer, so that streams pass through untouched.

    Parameters
    ----------
    app : ASGIApp
        What is wrapped.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                # Vite names built files by their content.
                if scope["path"].startswith("/static/assets/"):
                    headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
            await send(message)

        await self._app(scope, receive, send_with_headers)
