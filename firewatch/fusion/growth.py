"""Whether a smoke grows, by the areas of its boxes."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LEAST_LOOKS", "growth_ratio"]

LEAST_LOOKS = 6
_AT_EACH_END = 3


def growth_ratio(areas: Sequence[float]) -> float | None:
    """Return how many times as large a smoke is late as early.

    Parameters
    ----------
    areas : sequence of float, length n
        Of its box in one view, oldest first, in any one unit; above 0.

    Returns
    -------
    float or None
        The median of the last three over that of the first three; None with fewer than six, which would share some.

    Raises
    ------
    InvalidValue
        If an area is not above 0.

    References
    ----------
    .. [1] seth-planet/wildfire-watch, ``fire_consensus``: the same medians; it calls a smoke growing from 1.2 on.
    """
    for area in areas:
        require_at_least("area of a box", area, 0.0)
        if area == 0.0:
            raise InvalidValue("area of a box", area, "above 0")
    if len(areas) < LEAST_LOOKS:
        return None
    return median(areas[-_AT_EACH_END:]) / median(areas[:_AT_EACH_END])
