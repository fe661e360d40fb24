"""How an incident spreads, and what it could reach: computed when somebody reads it, of what the store has."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np

from firewatch.danger.diurnal import diurnal_fine_fuel_moisture_code
from firewatch.fusion.consequence import Consequence, consequence, exposures_near
from firewatch.fusion.spread import predict_spread
from firewatch.fusion.spread_case import FireWeather, SpreadCase
from firewatch.services.ground_fuels import FuelGround
from firewatch.services.near_wind import NearWinds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from firewatch.danger.diurnal import DiurnalTables
    from firewatch.domain.danger import DangerRating
    from firewatch.domain.exposure import Exposure
    from firewatch.domain.geo import Fix, Position
    from firewatch.domain.ids import IncidentId
    from firewatch.domain.incident import Incident
    from firewatch.domain.sites import SiteMap
    from firewatch.fusion.spread import SpreadForecast
    from firewatch.services.ground_fuels import GroundFuels
    from firewatch.services.near_wind import WindAt
    from firewatch.services.weather_ports import HourBook, ReadingBook
    from firewatch.terrain.grid import TerrainGrid

__all__ = ["IncidentSpread", "SpreadBoard", "SpreadGround", "SpreadPages", "WhyNoSpread", "spread_seed"]

# After so long, people on the ground and what they do decide where the fire goes, not this.
_LONGEST = timedelta(hours=6)
# Moisture codes older than that are of another day's weather.
_OLDEST_RATING = timedelta(hours=60)
_MINUTE_S = 60.0
_REMEMBERED = 64
# Where nobody read the humidity: between humid and dry in the morning's table [%].
_MODERATE_PCT = 60.0


class WhyNoSpread(StrEnum):
    """Why no spread is told."""

    CLOSED = "closed"
    NO_FIX = "no_fix"
    NO_FUEL = "no_fuel"
    NOTHING_BURNS = "nothing_burns"
    NO_WIND = "no_wind"
    NO_RATING = "no_rating"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True, eq=False)
class IncidentSpread:
    """How an incident spreads.

    Parameters
    ----------
    forecast : SpreadForecast or None
        None with `why_not`.
    why_not : WhyNoSpread or None
        Why there is none.
    consequence : Consequence
        Also without a forecast.
    at : datetime
        UTC instant that its times count from.
    fix : Fix or None
        Where it starts from.
    wind : WindAt or None
        What it rests on.
    rating : DangerRating or None
        Of which its moisture codes are.
    ffmc : float or None
        Of the hour.
    ground : FuelGround
        What may burn there, and whether a map or the settings say so.
    """

    forecast: SpreadForecast | None
    why_not: WhyNoSpread | None
    consequence: Consequence
    at: datetime
    fix: Fix | None = None
    wind: WindAt | None = None
    rating: DangerRating | None = None
    ffmc: float | None = None
    ground: FuelGround = field(default_factory=lambda: FuelGround(()))


class SpreadBoard(Protocol):
    """The spread as people read it."""

    def spread(self, incident: Incident, at: datetime) -> IncidentSpread:
        """Return how an incident spreads from an instant on; always something, perhaps why not."""
        ...


@dataclass(frozen=True, slots=True)
class SpreadGround:
    """What lies on the ground, as the settings have it.

    Parameters
    ----------
    fuels : GroundFuels
        What may burn at a place.
    exposures : tuple of Exposure
        What a fire could reach.
    diurnal : DiurnalTables
        From the daily moisture code to that of the hour.
    utc_offset : timedelta
        Local standard time.
    terrain : callable
        From a place to the heights around it, or None.
    """

    fuels: GroundFuels
    exposures: tuple[Exposure, ...]
    diurnal: DiurnalTables
    utc_offset: timedelta = timedelta(hours=8)
    terrain: Callable[[Position], TerrainGrid | None] = lambda _place: None


class SpreadPages:
    """Fulfils `SpreadBoard`.

    Parameters
    ----------
    sites : SiteMap
        The stations.
    hours : HourBook
        Port.
    readings : ReadingBook
        Port.
    ground : SpreadGround
        Fuels, exposures and heights.
    """

    def __init__(self, sites: SiteMap, hours: HourBook, readings: ReadingBook, ground: SpreadGround) -> None:
        self._winds = NearWinds(sites, hours, readings)
        self._ground = ground
        self._known: OrderedDict[tuple[object, ...], IncidentSpread] = OrderedDict()

    def spread(self, incident: Incident, at: datetime) -> IncidentSpread:
        """Return how an incident spreads from an instant on, in whole minutes: it is computed once a minute."""
        minute = at.replace(second=0, microsecond=0)
        wind = None if incident.fix is None else self._winds.at(incident.fix.position, minute)
        rating = incident.rating
        key = (incident.incident_id, incident.state, incident.fix, incident.opened_at, wind, rating, minute)
        found = self._known.pop(key, None)
        if found is None:
            found = self._compute(incident, wind, minute)
        self._known[key] = found
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found

    def _compute(self, incident: Incident, wind: WindAt | None, at: datetime) -> IncidentSpread:
        fix, rating = incident.fix, incident.rating
        near = () if fix is None else tuple(exposures_near(fix.position, self._ground.exposures))
        ground = self._ground.fuels.around(fix, at + self._ground.utc_offset)
        unknown = consequence(None, near, ground.forest)
        bare = IncidentSpread(None, None, unknown, at, fix=fix, wind=wind, rating=rating, ground=ground)
        why_not = self._why_not(incident, wind, ground, at)
        if why_not is not None or fix is None or wind is None or rating is None:
            return replace(bare, why_not=why_not)
        ffmc = self._ffmc(rating, wind, at)
        weather = FireWeather(
            wind.wind_kmh, wind.wind_from_deg, ffmc, rating.indices.bui, temp_c=wind.temp_c, rh_pct=wind.rh_pct
        )
        age_min = max(0.0, (at - incident.opened_at).total_seconds() / _MINUTE_S)
        case = SpreadCase(fix, weather, ground.fuels, age_min, self._ground.terrain(fix.position))
        forecast = predict_spread(case, np.random.default_rng(spread_seed(incident.incident_id)))
        return replace(bare, forecast=forecast, consequence=consequence(forecast, near, ground.forest), ffmc=ffmc)

    def _why_not(self, incident: Incident, wind: WindAt | None, ground: FuelGround, at: datetime) -> WhyNoSpread | None:
        rating = incident.rating
        is_old = rating is not None and at - rating.valid_at > _OLDEST_RATING
        reasons = (
            (WhyNoSpread.CLOSED, not incident.is_open),
            (WhyNoSpread.NO_FIX, incident.fix is None),
            (WhyNoSpread.TOO_LATE, at - incident.opened_at > _LONGEST),
            (WhyNoSpread.NO_FUEL, not ground.fuels),
            (WhyNoSpread.NOTHING_BURNS, not any(one.fuel.fuel.burns for one in ground.fuels)),
            (WhyNoSpread.NO_RATING, rating is None or is_old),
            (WhyNoSpread.NO_WIND, wind is None),
        )
        return next((why for why, holds in reasons if holds), None)

    def _ffmc(self, rating: DangerRating, wind: WindAt, at: datetime) -> float:
        local = at + self._ground.utc_offset
        humidity = _MODERATE_PCT if wind.rh_pct is None else wind.rh_pct
        minute = local.hour * 60.0 + local.minute
        return float(diurnal_fine_fuel_moisture_code(rating.codes.ffmc, humidity, minute, self._ground.diurnal))


def spread_seed(incident_id: IncidentId) -> int:
    """Return the seed of an incident's draws: the same on every page and after every restart."""
    return int.from_bytes(hashlib.sha256(incident_id.encode()).digest()[:8], "big")
