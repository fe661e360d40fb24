"""The demo's weather: a dry spell up to today, and a forecast that goes on from it, from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from firewatch.demo.places import Climate
from firewatch.domain.weather import Forecast, HourlyReading, Observation

if TYPE_CHECKING:
    from firewatch.domain.ids import StationId
    from firewatch.scene import Wind

__all__ = ["make_forecast", "make_hours", "make_readings"]

_DAYS = 60
_RAIN_CHANCE = 0.45  # a wet spring's share of rain days
_NOON_UTC_H = 4  # 12:00 in China
_SOURCE = "demo"
_FORECAST_DAYS = 6
_HOURS = 3
_KMH = 3.6
# So many days ahead a front brings rain: a page shows that danger falls as well.
_FRONT_IN_DAYS = 4


def make_readings(
    station_id: StationId, until: datetime, seed: int, climate: Climate | None = None
) -> tuple[Observation, ...]:
    """Make the noon readings of two months that end with a dry spell.

    Parameters
    ----------
    station_id : StationId
        Whose readings.
    until : datetime
        The last noon (12:00 in China) is the one at or before this instant.
    seed : int
        The same seed gives the same weather.
    climate : Climate, optional
        How dry, warm, damp and windy the place is.

    Returns
    -------
    tuple of Observation
        One a day, oldest first.
    """
    rng = np.random.default_rng([seed, 11])
    chosen = climate or Climate()
    readings = []
    for ago in range(_DAYS - 1, -1, -1):
        is_dry = ago < chosen.dry_days
        warmth = 5.0 * (1.0 - ago / chosen.dry_days) if is_dry else 0.0
        day = _Day(_noon(until, -ago), warmth, is_dry=is_dry, rain_chance=0.0 if is_dry else _RAIN_CHANCE)
        readings.append(_reading(station_id, day, rng, chosen))
    return tuple(readings)


def make_hours(noon: Observation, until: datetime, wind: Wind) -> tuple[HourlyReading, ...]:
    """Make the readings of the last three full hours, with the wind that bends the smoke in the pictures.

    Parameters
    ----------
    noon : Observation
        The last noon's, whose temperature and humidity stay.
    until : datetime
        UTC instant; the last hour is the one at or before it.
    wind : Wind
        Of the world.
    """
    last = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [last - timedelta(hours=ago) for ago in range(_HOURS - 1, -1, -1)]
    speed_kmh = round(wind.speed_ms * _KMH, 1)
    return tuple(
        HourlyReading(
            noon.station_id, at, _SOURCE, noon.temp_c, noon.rh_pct, speed_kmh, 0.0, wind_from_deg=round(wind.from_deg)
        )
        for at in hours
    )


def make_forecast(station_id: StationId, issued_at: datetime, seed: int, climate: Climate | None = None) -> Forecast:
    """Make the forecast of the six days after the last noon: the spell goes on, then a front brings rain."""
    rng = np.random.default_rng([seed, 12])
    readings = []
    for ahead in range(1, _FORECAST_DAYS + 1):
        is_dry = ahead != _FRONT_IN_DAYS
        day = _Day(_noon(issued_at, ahead), 5.0 if is_dry else 0.0, is_dry=is_dry, rain_chance=0.0 if is_dry else 1.0)
        readings.append(replace(_reading(station_id, day, rng, climate or Climate()), source=_SOURCE))
    return Forecast(station_id, _SOURCE, issued_at, tuple(readings))


def _noon(until: datetime, days: int) -> datetime:
    last = until.astimezone(UTC).replace(hour=_NOON_UTC_H, minute=0, second=0, microsecond=0)
    return last + timedelta(days=days if last <= until else days - 1)


@dataclass(frozen=True, slots=True)
class _Day:
    noon: datetime
    warmth_c: float
    is_dry: bool
    rain_chance: float


def _reading(station_id: StationId, day: _Day, rng: np.random.Generator, climate: Climate) -> Observation:
    warmth = (26.0 if day.is_dry else 20.0) + day.warmth_c + climate.warmer_c
    temp_c = float(np.clip(warmth + rng.normal(0.0, 1.5), 5.0, 38.0))
    damp = (34.0 if day.is_dry else 68.0) + climate.damper_pct
    rh_pct = float(np.clip(damp + rng.normal(0.0, 6.0), 15.0, 98.0))
    wind = (14.0 if day.is_dry else 8.0) + climate.windier_kmh
    wind_kmh = float(np.clip(wind + rng.normal(0.0, 3.0), 0.0, 40.0))
    rains = day.rain_chance > 0.0 and rng.uniform() < day.rain_chance
    rain_mm = float(rng.gamma(1.2, 9.0)) if rains else 0.0
    return Observation(
        station_id=station_id,
        observed_at=day.noon,
        temp_c=round(temp_c, 1),
        rh_pct=round(rh_pct),
        wind_kmh=round(wind_kmh, 1),
        rain_mm=round(rain_mm, 1),
        max_temp_c=round(temp_c + 2.5, 1),
        min_rh_pct=round(max(10.0, rh_pct - 8.0)),
        max_wind_ms=round(wind_kmh / 3.6 * 1.6, 1),
    )
