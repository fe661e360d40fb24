"""What satellites saw around the example board: one fire that is known, one that no camera sees, one works."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.geo import Position
from firewatch.domain.hotspot import HeatSource, Hotspot, HotspotConfidence, KeptHotspot
from firewatch.domain.sites import Name
from firewatch.services.hotspots import HotspotDesk
from firewatch.testing import MemoryHotspotBook, Ulids

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.sites import SiteMap
    from firewatch.services.ports import Clock
    from firewatch.services.views import IncidentBoard

__all__ = ["KNOWN", "UNSEEN", "WORKS", "example_desk", "kept_hotspot", "seen_by_satellites"]

# The example board's first incident; a hillside between three towers; a works.
KNOWN, UNSEEN, WORKS = Position(27.1185, 112.7425), Position(26.95, 112.60), Position(26.88, 112.57)


def kept_hotspot(at: datetime, place: Position, satellite: str = "N20", **facts: object) -> KeptHotspot:
    """Return a hotspot as a feed gave it a little later."""
    size = 4.0 if satellite.startswith("Himawari") else 0.16
    hotspot = Hotspot(place, at, satellite, HotspotConfidence.NOMINAL, size, 6.5, 330.0, "n")
    return KeptHotspot(hotspot, "firms", at + timedelta(minutes=20), **facts)


def seen_by_satellites(now: datetime) -> list[KeptHotspot]:
    """Return four hotspots of the last hours: two of them of one heat."""
    half_hour = timedelta(minutes=30)
    beside = Position(UNSEEN.lat_deg + 0.003, UNSEEN.lon_deg)
    return [
        kept_hotspot(now - half_hour, KNOWN),
        kept_hotspot(now - 3 * half_hour, UNSEEN, "Himawari-9"),
        kept_hotspot(now - half_hour, beside),
        kept_hotspot(now - half_hour, WORKS),
    ]


def example_desk(book: MemoryHotspotBook, incidents: IncidentBoard, sites: SiteMap, clock: Clock) -> HotspotDesk:
    """Return the desk over a book, which knows of one works."""
    works = HeatSource(Name("水泥厂", "Cement works"), WORKS, 400.0)
    return HotspotDesk(book, incidents, sites, [works], clock, Ulids(21).make)
