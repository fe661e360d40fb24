"""The checks that frozen values make of themselves."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["require_at_least", "require_between", "require_finite", "require_line", "require_text", "require_utc"]


def require_finite(what: str, given: float) -> None:
    """Raise `InvalidValue` unless the number is finite."""
    if not math.isfinite(given):
        raise InvalidValue(what, given, "a finite number")


def require_between(what: str, given: float, low: float, high: float) -> None:
    """Raise `InvalidValue` unless low <= given <= high (NaN never is)."""
    if not low <= given <= high:
        raise InvalidValue(what, given, f"{low:g} to {high:g}")


def require_at_least(what: str, given: float, low: float) -> None:
    """Raise `InvalidValue` unless given is finite and >= low."""
    if not (math.isfinite(given) and given >= low):
        raise InvalidValue(what, given, f"a number of at least {low:g}")


def require_text(what: str, given: str, longest: int = 500) -> None:
    """Raise `InvalidValue` unless the text has 1 to `longest` characters besides blanks."""
    if not given.strip() or len(given) > longest:
        raise InvalidValue(what, given[:80], f"1 to {longest} characters")


def require_utc(what: str, given: datetime) -> None:
    """Raise `InvalidValue` unless the instant is aware and in UTC: naive times have cost towers whole nights."""
    if given.utcoffset() != timedelta(0):
        raise InvalidValue(what, given.isoformat(), "an aware instant in UTC")


def require_line(what: str, given: str, longest: int) -> None:
    """Raise `InvalidValue` unless the text has at most `longest` characters, none of which controls a terminal."""
    if len(given) > longest or any(character < " " or character == "\x7f" for character in given):
        raise InvalidValue(what, given[:80], f"one line of at most {longest} characters")
