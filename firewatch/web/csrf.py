"""Changing requests come from our own pages only: a signed token, sent twice, checked here and nowhere else.

The cookie holds a random nonce, signed together with the session; a form's field or the header ``X-CSRF-Token`` must
repeat it. The phone page has no cookie (in-app browsers lose them): its token is signed together with the link itself.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from fastapi import Request
from itsdangerous import BadSignature, Signer

from firewatch.web.context import SESSION_COOKIE, services_of
from firewatch.web.errors import CsrfRefused

__all__ = ["CSRF_COOKIE", "CSRF_FIELD", "CSRF_HEADER", "call_token", "new_token", "require_csrf", "token_for"]

CSRF_COOKIE = "fw_csrf"
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def new_token(secret: str, session: str) -> str:
    """Return a fresh token for a session ("" where there is none yet)."""
    return _signer(secret, session).sign(secrets.token_urlsafe(16)).decode("ascii")


def token_for(request: Request) -> str:
    """Return the token that the request's browser holds, or a fresh one if it holds none that fits its session."""
    secret, session, held = _facts(request)
    return held if _fits(held, secret, session) else new_token(secret, session)


def call_token(secret: str, link_token: str) -> str:
    """Return the token of a phone page's form."""
    return _signer(secret, f"call:{link_token}").sign("accept").decode("ascii")


async def require_csrf(request: Request) -> None:
    """Refuse a changing request without the token; the one check of the whole application."""
    if request.method in _SAFE:
        return
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise CsrfRefused
    given = await _given(request)
    secret, session, held = _facts(request)
    link_token = request.path_params.get("link_token")
    expected = call_token(secret, link_token) if link_token else held
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise CsrfRefused
    if link_token is None and not _fits(given, secret, session):
        raise CsrfRefused


async def _given(request: Request) -> str:
    header = request.headers.get(CSRF_HEADER)
    if header is not None:
        return header
    if not request.headers.get("content-type", "").startswith(_FORMS):
        return ""
    field = (await request.form()).get(CSRF_FIELD)
    return field if isinstance(field, str) else ""


def _facts(request: Request) -> tuple[str, str, str]:
    secret = services_of(request).settings.secret
    return secret, request.cookies.get(SESSION_COOKIE, ""), request.cookies.get(CSRF_COOKIE, "")


def _signer(secret: str, bound_to: str) -> Signer:
    digest = hashlib.sha256(bound_to.encode()).hexdigest()
    return Signer(secret, salt=f"firewatch.csrf.v1.{digest}", key_derivation="hmac")


def _fits(token: str, secret: str, session: str) -> bool:
    try:
        _signer(secret, session).unsign(token)
    except BadSignature:
        return False
    return True
