"""Why a request is refused; which HTTP status that is, `app.py` decides."""

from __future__ import annotations

from firewatch.errors import FirewatchError

__all__ = [
    "CsrfRefused",
    "Forbidden",
    "HostRefused",
    "KeyInUse",
    "LinkExpired",
    "LinkUnknown",
    "LoginNeeded",
    "NoSurface",
    "NotThere",
    "TooManyTries",
    "WebError",
]


class WebError(FirewatchError):
    """A request that is refused: `text_key` says why in the catalogue, `facts` fill its words."""

    text_key = "error.internal"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(f"{self.text_key} {facts}" if facts else self.text_key)


class NotThere(WebError):
    """No such page or record."""

    text_key = "error.not_found"


class NoSurface(NotThere):
    """There is no danger surface of that day."""

    text_key = "error.no_surface"


class LoginNeeded(WebError):
    """Nobody is logged in."""

    text_key = "error.login"


class Forbidden(WebError):
    """A person who may not do that."""

    text_key = "error.forbidden"


class HostRefused(WebError):
    """Without accounts the pages answer to the names of this computer only: a foreign name is an attack."""

    text_key = "error.host"


class CsrfRefused(WebError):
    """A changing request that does not come from one of our own pages."""

    text_key = "error.csrf"


class KeyInUse(WebError):
    """An Idempotency-Key that was used for another action."""

    text_key = "error.idempotency"


class TooManyTries(WebError):
    """Too many failed log-ins."""

    text_key = "login.wait"


class LinkUnknown(WebError):
    """A link of a call that was not signed here, or whose call is gone."""

    text_key = "call.unknown"


class LinkExpired(WebError):
    """A link of a call whose day is over."""

    text_key = "call.expired"
