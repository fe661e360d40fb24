"""Wiring of what towers look by, and of the watch over their eyes: who is told when one is blind for long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.services.findings import Neighbourhood
from firewatch.services.outage_words import OutageWords
from firewatch.services.outages import Lookout, LookoutBooks
from firewatch.services.tower_ratings import TowerRatings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from firewatch.adapters.clock import SystemClock
    from firewatch.adapters.store import Store
    from firewatch.domain.sites import SiteMap
    from firewatch.services.alerting import WordSmith
    from firewatch.services.ports import Roster
    from firewatch.services.tower_ratings import TowerSettingsSender
    from firewatch.services.wording import Voice

__all__ = ["build_lookout", "build_tower_ratings", "with_outages"]


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


def build_tower_ratings(
    store: Store, sites: SiteMap, clock: SystemClock, *, zone: ZoneInfo, sender: TowerSettingsSender
) -> TowerRatings:
    """Wire what tells the towers the danger of their places, and their masks."""
    return TowerRatings(sites, Neighbourhood(sites, store.rating_book, zone), sender, clock, store.mask_book)


def with_outages(words: WordSmith, store: Store, voice: Voice, sites: SiteMap, public_url: str) -> OutageWords:
    """Return words for outages too."""
    return OutageWords(words, store.outage_book, voice, sites, f"{public_url}/nodes")
