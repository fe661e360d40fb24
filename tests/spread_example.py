"""What the example board's fires spread by: a wind of a quarter of an hour ago, and things near them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.adapters.diurnal_tables import load_diurnal_tables
from firewatch.domain.exposure import Exposure, ExposureKind
from firewatch.domain.geo import Position
from firewatch.domain.ids import StationId
from firewatch.domain.sites import Name
from firewatch.domain.weather import HourlyReading
from firewatch.services.ground_fuels import GroundFuels
from firewatch.services.spreading import SpreadGround, SpreadPages
from firewatch.spread_settings import SpreadConfig
from firewatch.spread_wiring import fuel_shares
from firewatch.testing import MemoryArrivals, MemoryHourBook

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.sites import SiteMap

__all__ = ["SCHOOL", "example_hour", "example_spread"]

SCHOOL = Exposure(ExposureKind.SCHOOL, Name("白果小学", "Baiguo school"), Position(27.122, 112.746), 80.0)


def example_hour(now: datetime, **changed: float | None) -> HourlyReading:
    """Return a southwesterly breeze at Hengshan a quarter of an hour ago."""
    figures: dict[str, float | None] = {"temp_c": 27.4, "rh_pct": 31.0, "wind_kmh": 19.0, "wind_from_deg": 225.0}
    at = now - timedelta(minutes=15)
    return HourlyReading(StationId("hengshan"), at, "nmc", **figures | changed)  # type: ignore[arg-type]


def example_ground(**changed: object) -> SpreadGround:
    """Return the default fuels, one school, no terrain."""
    facts: dict[str, object] = {"fuels": GroundFuels(fuel_shares(SpreadConfig())), "exposures": (SCHOOL,)}
    return SpreadGround(diurnal=load_diurnal_tables(), **facts | changed)  # type: ignore[arg-type]


def example_spread(sites: SiteMap, now: datetime) -> SpreadPages:
    """Return the pages of spread over one hour of wind."""
    hours = MemoryHourBook()
    hours.put([example_hour(now)])
    # Early afternoon there, whenever the tests run: at night the fuels are moist.
    offset = timedelta(hours=14) - timedelta(hours=now.hour, minutes=now.minute)
    return SpreadPages(sites, hours, MemoryArrivals(), example_ground(utc_offset=offset))
