"""The hotspots near a smoke, for its belief: what the book has, less what is known to be no fire."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.hotspot import VerdictReason
from firewatch.fusion.hotspots import heat_source_at
from firewatch.geodesy import inverse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.geo import Position
    from firewatch.domain.hotspot import HeatSource, Hotspot, KeptHotspot
    from firewatch.services.hotspots import HotspotBook

__all__ = ["HotspotMemory"]

# More is read than was asked for, so that the incidents of one day need one look at the book.
_BESIDE = timedelta(hours=12)
# People looked, and found no fire that nobody wanted. A fire that is known, and "other", still speak for a fire.
_NO_FIRE = frozenset(
    {VerdictReason.FARM_BURNING, VerdictReason.SACRIFICE, VerdictReason.INDUSTRIAL, VerdictReason.NOTHING_FOUND}
)
# No degree of latitude is shorter [m]: a quick look before the geodesic.
_LEAST_DEGREE_M = 110_574.0


class HotspotMemory:
    """Fulfils `firewatch.services.believing.Heat`.

    A hotspot at a place that is known to be warm, or that people closed as no wildfire, says nothing of a smoke: it is
    not among those returned, and no hotspot adds exactly nothing.

    Parameters
    ----------
    book : HotspotBook
        Port; it is read again when it has changed.
    sources : sequence of HeatSource
        Places known to be warm.
    """

    def __init__(self, book: HotspotBook, sources: Sequence[HeatSource] = ()) -> None:
        self._book = book
        self._sources = tuple(sources)
        self._mark = -1
        self._period: tuple[datetime, datetime] | None = None
        self._known: tuple[KeptHotspot, ...] = ()

    def near(self, place: Position, within_m: float, since: datetime, until: datetime) -> tuple[Hotspot, ...]:
        """Return those of a period within a distance, oldest first."""
        self._follow(since, until)
        spots = (kept.hotspot for kept in self._known if since <= kept.hotspot.at <= until)
        near = (spot for spot in spots if _is_within(spot.position, place, within_m))
        return tuple(spot for spot in near if heat_source_at(spot, self._sources) is None)

    def _follow(self, since: datetime, until: datetime) -> None:
        # The mark first: what comes while the book is read is read again.
        mark = self._book.changes()
        period = self._period if mark == self._mark else None
        if period is not None and period[0] <= since and until <= period[1]:
            return
        first, last = since - _BESIDE, until + _BESIDE
        if period is not None:
            first, last = min(first, period[0]), max(last, period[1])
        dismissed = self._dismissed(first)
        kept = self._book.between(first, last)
        self._known = tuple(one for one in kept if one.hotspot_id not in dismissed)
        self._mark, self._period = mark, (first, last)

    def _dismissed(self, since: datetime) -> frozenset[str]:
        said = sorted(self._book.verdicts(since), key=lambda one: one.at)
        # Of two that stand about one hotspot the later holds.
        latest = {member: one.reason for one in said if one.undone_at is None for member in one.members}
        return frozenset(member for member, reason in latest.items() if reason in _NO_FIRE)


def _is_within(one: Position, other: Position, within_m: float) -> bool:
    if abs(one.lat_deg - other.lat_deg) * _LEAST_DEGREE_M > within_m:
        return False
    return inverse(one, other).distance_m <= within_m
