"""Which sightings can be of one fire at all: those without a longer pause between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import timedelta

    from firewatch.domain.ids import SightingId
    from firewatch.services.ports import StoredSighting

__all__ = ["chained"]


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
