"""Which sightings can be of one fire at all: those without a longer pause between them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from firewatch.domain.ids import SightingId
    from firewatch.services.ports import SightingBook, StoredSighting

__all__ = ["LONGEST_WINDOW", "chained", "read_chains"]

# How far around changed sightings others are read at first, and at most: what a chain of them longer than a day began
# with stays where it is.
_WINDOW = timedelta(hours=3)
LONGEST_WINDOW = timedelta(hours=24)
# No smoke is watched for so long; a tower whose clock was set in the middle of one says so. Such a sighting is a chain
# of its own, or it would tie all the sightings of years into one.
_LONGEST_SIGHT = timedelta(hours=48)


def read_chains(book: SightingBook, changed: Sequence[StoredSighting], gap: timedelta) -> list[list[StoredSighting]]:
    """Return the sightings that changed ones may share a fire with.

    Parameters
    ----------
    book : SightingBook
        Where the others are.
    changed : sequence of StoredSighting
        At least one.
    gap : timedelta
        As in `firewatch.fusion.AssociationRules`.

    Returns
    -------
    list of lists of StoredSighting
        Chains, each in the order of (first_seen_at, sighting_id); no sighting is in two.
    """
    reach = _Reach(book, gap, changed)
    near = {s.sighting.sighting_id: s for period in _periods(changed) for s in reach.around(*period)}
    ordered = sorted(near.values(), key=lambda stored: (stored.sighting.first_seen_at, stored.sighting.sighting_id))
    return reach.chains(ordered)


class _Reach:
    """Reads around changed sightings as far as their chains go on."""

    def __init__(self, book: SightingBook, gap: timedelta, changed: Sequence[StoredSighting]) -> None:
        self._book = book
        self._gap = gap
        self._ids = {stored.sighting.sighting_id for stored in changed}

    def around(self, first: datetime, last: datetime) -> tuple[StoredSighting, ...]:
        """Return the sightings of a period and of as much around it as the wanted chains reach."""
        window = _WINDOW
        while True:
            since, until = first - window, last + window
            found = self._book.observed_between(since, until)
            reached = [stored.sighting for chain in self.chains(found) for stored in chain if not _is_strange(stored)]
            reaches_out = any(s.first_seen_at - since < self._gap or until - s.observed_at < self._gap for s in reached)
            if not reaches_out or window >= LONGEST_WINDOW:
                return found
            window = min(2 * window, LONGEST_WINDOW)

    def chains(self, ordered: Sequence[StoredSighting]) -> list[list[StoredSighting]]:
        """Return the chains of the changed sightings."""
        strange = [[s] for s in ordered if _is_strange(s) and s.sighting.sighting_id in self._ids]
        return strange + chained([s for s in ordered if not _is_strange(s)], self._ids, self._gap)


def _is_strange(stored: StoredSighting) -> bool:
    return stored.sighting.observed_at - stored.sighting.first_seen_at > _LONGEST_SIGHT


def _periods(changed: Sequence[StoredSighting]) -> list[tuple[datetime, datetime]]:
    """Return when the sightings were seen: periods too far from each other for one chain to reach two of them."""
    spans: list[tuple[datetime, datetime]] = []
    for stored in changed:
        first, last = stored.sighting.first_seen_at, stored.sighting.observed_at
        spans += [(first, first), (last, last)] if _is_strange(stored) else [(first, last)]
    periods: list[tuple[datetime, datetime]] = []
    for first, last in sorted(spans):
        if periods and first - periods[-1][1] <= 2 * LONGEST_WINDOW:
            periods[-1] = (periods[-1][0], max(last, periods[-1][1]))
        else:
            periods.append((first, last))
    return periods


def chained(
    ordered: Sequence[StoredSighting], wanted: Collection[SightingId], gap: timedelta
) -> list[list[StoredSighting]]:
    """Cut sightings where a pause longer than `gap` lies between them; return the pieces that hold a wanted one.

    Parameters
    ----------
    ordered : sequence of StoredSighting
        In the order of (first_seen_at, sighting_id).
    wanted : collection of SightingId
        Some of them.
    gap : timedelta
        As in `firewatch.fusion.AssociationRules`.

    Returns
    -------
    list of lists of StoredSighting
        In the same order.

    Notes
    -----
    `firewatch.fusion.partition` joins nothing over a longer pause: its rays and fires lie within one piece each, so
    that the partition of a piece is the same alone as among all.
    """
    pieces: list[list[StoredSighting]] = []
    until = None
    for stored in ordered:
        sighting = stored.sighting
        if until is None or sighting.first_seen_at - until > gap:
            pieces.append([])
            until = sighting.observed_at
        pieces[-1].append(stored)
        until = max(until, sighting.observed_at)
    return [piece for piece in pieces if any(stored.sighting.sighting_id in wanted for stored in piece)]
