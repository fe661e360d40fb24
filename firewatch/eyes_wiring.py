"""Wiring of the watch over the cameras' eyes: who is told when one is blind for long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.services.outage_words import OutageWords
from firewatch.services.outages import Lookout, LookoutBooks

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from firewatch.adapters.clock import SystemClock
    from firewatch.adapters.store import Store
    from firewatch.domain.sites import SiteMap
    from firewatch.services.alerting import WordSmith
    from firewatch.services.ports import Roster
    from firewatch.services.wording import Voice

__all__ = ["build_lookout", "with_outages"]


def build_lookout(
    store: Store,
    sites: SiteMap,
    clock: SystemClock,
    *,
    roster: Roster,
    after_minutes: float,
    new_id: Callable[[datetime], str],
) -> Lookout:
    """Wire what tells a technician of a blind camera."""
    books = LookoutBooks(store.node_book, store.outage_book, store.alert_book, roster)
    return Lookout(books, sites, clock, after=timedelta(minutes=after_minutes), new_id=new_id)


def with_outages(words: WordSmith, store: Store, voice: Voice, sites: SiteMap, public_url: str) -> OutageWords:
    """Return words for outages too."""
    return OutageWords(words, store.outage_book, voice, sites, f"{public_url}/nodes")
