"""Numbers as sources write them: missing ones in many ways, none of them taken for a reading."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["number_in"]


def number_in(given: object, missing: Collection[float] = ()) -> float | None:
    """Return a source's number, or None where it has none.

    Parameters
    ----------
    given : object
        A number, or one in letters; None, an empty text and NaN are none.
    missing : collection of float
        Numbers that stand for none, as 9999.

    Raises
    ------
    ValueError
        If it is no number at all.
    """
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ValueError(f"{given!r:.40} is no number")  # noqa: TRY004 - callers tell one reason of a bad cell
    try:
        number = float(given)
    except (ValueError, OverflowError):
        raise ValueError(f"{given!r:.40} is no number") from None
    return None if math.isnan(number) or number in missing else _finite(number)


def _finite(number: float) -> float:
    if math.isinf(number):
        raise ValueError(f"{number} is no number")
    return number
