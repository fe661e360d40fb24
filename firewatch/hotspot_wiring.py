"""Wiring of hotspots: which feeds give them, and the desk at which they are verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.adapters.daemon_threads import DaemonThreads
from firewatch.feed_wiring import build_feeds
from firewatch.services.feed_states import FeedReporter
from firewatch.services.hotspot_feeds import HotspotKeeper
from firewatch.services.hotspot_memory import HotspotMemory
from firewatch.services.hotspots import HotspotDesk
from firewatch.spread_wiring import heat_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from firewatch.adapters.store import Store
    from firewatch.config import CentralConfig, Secrets
    from firewatch.domain.sites import SiteMap, Tower
    from firewatch.fusion import Ground
    from firewatch.services.ports import Clock
    from firewatch.services.views import IncidentBoard

__all__ = ["hotspot_desk", "hotspot_memory", "hotspot_reporter"]


def hotspot_reporter(
    config: CentralConfig, sites: SiteMap, secrets: Secrets, store: Store, clock: Clock
) -> FeedReporter:
    """Wire what looks at the feeds of hotspots, keeps them and tells how the feeds are."""
    feeds = build_feeds(config, sites, secrets).hotspots
    keeper = HotspotKeeper(feeds, store.hotspot_book, clock, DaemonThreads("hotspots"))
    return FeedReporter(keeper, store.feed_state_book)


def hotspot_desk(  # noqa: PLR0913 - the ports of one desk
    config: CentralConfig,
    sites: SiteMap,
    store: Store,
    incidents: IncidentBoard,
    clock: Clock,
    *,
    new_id: Callable[[datetime], str],
    ground_of: Callable[[Sequence[Tower]], Ground | None],
) -> HotspotDesk:
    """Wire the desk; raise `ConfigError` if the file of known heat sources cannot be used."""
    sources = heat_sources(config.spread)
    return HotspotDesk(store.hotspot_book, incidents, sites, sources, clock, new_id, ground_of=ground_of)


def hotspot_memory(config: CentralConfig, store: Store) -> HotspotMemory:
    """Wire the hotspots that a belief weighs; raise `ConfigError` if the file of heat sources cannot be used."""
    return HotspotMemory(store.hotspot_book, heat_sources(config.spread))
