"""Wiring of the place of a fire: what the posterior of an incident is fed with, in the associator and in the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.services.locating import Locator
from firewatch.services.silences import OpenEyes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from firewatch.adapters.store import Store
    from firewatch.domain.sites import SiteMap, Tower
    from firewatch.fusion import Ground

__all__ = ["build_locator"]


def build_locator(sites: SiteMap, store: Store, ground_of: Callable[[Sequence[Tower]], Ground | None]) -> Locator:
    """Wire what says where fires are; `ground_of` gives None where the ground is not ready, and never makes it."""
    return Locator(sites, ground_of, OpenEyes(store.eyes_record, store.sighting_book, store.mask_book))
