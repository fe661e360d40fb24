"""Wiring of the place of a fire: what the posterior of an incident is fed with, in the associator and in the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.adapters.daemon_threads import DaemonThreads
from firewatch.services.fire_priors import DayDanger, FirePriors
from firewatch.services.locating import Locator
from firewatch.services.near_wind import NearWinds, PlumeWinds
from firewatch.services.silences import OpenEyes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

    from firewatch.adapters.store import Store
    from firewatch.domain.sites import SiteMap, Tower
    from firewatch.fusion import Ground
    from firewatch.services.fire_priors import PlaceFactor

__all__ = ["build_locator"]


def build_locator(
    sites: SiteMap,
    store: Store,
    zone: tzinfo,
    ground_of: Callable[[Sequence[Tower]], Ground | None],
    factors: Sequence[PlaceFactor] = (),
) -> Locator:
    """Wire what says where fires are.

    Parameters
    ----------
    sites : SiteMap
        Towers and stations.
    store : Store
        Of this process.
    zone : tzinfo
        The bureau's time zone.
    ground_of : callable
        Gives None where the ground is not ready, and never makes it.
    factors : sequence of callable
        How dense fires are by what does not change from day to day, see `firewatch.services.fire_priors.PlaceFactor`.
    """
    danger = DayDanger(sites.stations, store.rating_book, zone)
    prior = FirePriors(factors, danger, DaemonThreads("prior"))
    eyes = OpenEyes(store.eyes_record, store.sighting_book, store.mask_book)
    return Locator(sites, ground_of, eyes, prior, PlumeWinds(NearWinds(sites, store.hour_book, store.weather_book)))
