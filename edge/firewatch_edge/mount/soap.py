"""What a SOAP conversation that failed means: was it an answer, was it about the account, and in words."""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["in_words", "is_refusal", "is_unauthorised"]

_ACCOUNT = ("notauthorized", "not authorized", "unauthorized", "authority failure", "failedauthentication")
_HTTP_UNAUTHORISED = 401


def _chain(err: BaseException) -> list[BaseException]:
    """Return an error with what brought it about."""
    found: list[BaseException] = []
    current: BaseException | None = err
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__
    return found


def _texts(err: BaseException) -> str:
    """Return all that a fault says, in lower case."""
    codes: Any = getattr(err, "subcodes", None) or []
    parts = [str(err), str(getattr(err, "code", "")), *(str(code) for code in codes)]
    return " ".join(parts).lower()


def is_unauthorised(err: BaseException) -> bool:
    """Tell whether a device refused our account, or the date that we signed with."""
    return any(
        getattr(each, "status_code", None) == _HTTP_UNAUTHORISED or any(word in _texts(each) for word in _ACCOUNT)
        for each in _chain(err)
    )


def is_refusal(err: BaseException) -> bool:
    """Tell whether a device answered, in SOAP, that it will not; not for the account's sake."""
    from zeep.exceptions import Fault

    return any(isinstance(each, Fault) for each in _chain(err)) and not is_unauthorised(err)


def in_words(err: BaseException, timeout_s: float) -> str:
    """Return what went wrong, and what to do where that is known."""
    if any(isinstance(each, TimeoutError | asyncio.TimeoutError) for each in _chain(err)):
        return f"no answer within {timeout_s:g} s"
    if is_unauthorised(err):
        return "it refuses the account: check username, the variable of password_env, and its user's ONVIF rights"
    first = _chain(err)[-1]
    return f"{type(first).__name__}: {first}"[:300]
