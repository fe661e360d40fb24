"""Dates of sightings whose node did not know the time."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.vision import ClockState

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.vision import Sighting

__all__ = ["is_same_sight", "redated"]

logger = logging.getLogger(__name__)

_DOUBTED = {ClockState.UNSET, ClockState.STEPPED}
# A message is seconds on its way; below this the node's own date is the better one.
_TOLERANCE = timedelta(seconds=60)


def redated(sighting: Sighting, age_s: float | None, received_at: datetime) -> Sighting:
    """Date a sighting by when it came, where its node said that its clock was wrong.

    Parameters
    ----------
    sighting : Sighting
        As the node dated it.
    age_s : float or None
        How old it was when it was sent, by the node's monotonic clock [s]; None where the node did not say.
    received_at : datetime
        UTC instant of its arrival here.

    Returns
    -------
    Sighting
        The same, where the node trusted its clock or was right within a minute; else with all its dates moved, and
        marked RECEIVED. What stayed with the broker meanwhile comes out too late by that time.
    """
    if sighting.clock not in _DOUBTED:
        return sighting
    by = received_at - timedelta(seconds=age_s or 0.0) - sighting.observed_at
    if abs(by) <= _TOLERANCE:
        return sighting
    facts = {"sighting_id": sighting.sighting_id, "clock": sighting.clock.value, "by_s": round(by.total_seconds(), 1)}
    logger.warning("sighting.redated", extra=facts)
    return sighting.moved(by, ClockState.RECEIVED)


def is_same_sight(one: Sighting, other: Sighting) -> bool:
    """Tell whether two are the same but for the dates that the centre gave them."""
    if ClockState.RECEIVED not in {one.clock, other.clock}:
        return one == other
    return one == other.moved(one.observed_at - other.observed_at, one.clock)
