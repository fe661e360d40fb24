"""The demo's weather: a dry spell up to today, from a seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from firewatch.domain.weather import Observation

if TYPE_CHECKING:
    from firewatch.domain.ids import StationId

__all__ = ["make_readings"]

_DAYS = 60
# The last good rain fell so many days ago; before it, it rained as in a wet spring.
_DRY_DAYS = 18
_NOON_UTC_H = 4  # 12:00 in China


def make_readings(station_id: StationId, until: datetime, seed: int) -> tuple[Observation, ...]:
    """Make the noon readings of two months that end with a dry spell.

    Parameters
    ----------
    station_id : StationId
        Whose readings.
    until : datetime
        The last noon (12:00 in China) is the one at or before this instant.
    seed : int
        The same seed gives the same weather.

    Returns
    -------
    tuple of Observation
        One a day, oldest first.
    """
    rng = np.random.default_rng([seed, 11])
    last = until.astimezone(UTC).replace(hour=_NOON_UTC_H, minute=0, second=0, microsecond=0)
    if last > until:
        last -= timedelta(days=1)
    readings = []
    for ago in range(_DAYS - 1, -1, -1):
        is_dry = ago < _DRY_DAYS
        warmth = 26.0 + 5.0 * (1.0 - ago / _DRY_DAYS) if is_dry else 20.0
        temp_c = float(np.clip(warmth + rng.normal(0.0, 1.5), 5.0, 38.0))
        rh_pct = float(np.clip((34.0 if is_dry else 68.0) + rng.normal(0.0, 6.0), 15.0, 98.0))
        wind_kmh = float(np.clip((14.0 if is_dry else 8.0) + rng.normal(0.0, 3.0), 0.0, 40.0))
        rains = not is_dry and rng.uniform() < 0.45  # noqa: PLR2004 - a wet spring's share of rain days
        rain_mm = float(rng.gamma(1.2, 9.0)) if rains else 0.0
        readings.append(
            Observation(
                station_id=station_id,
                observed_at=last - timedelta(days=ago),
                temp_c=round(temp_c, 1),
                rh_pct=round(rh_pct),
                wind_kmh=round(wind_kmh, 1),
                rain_mm=round(rain_mm, 1),
                max_temp_c=round(temp_c + 2.5, 1),
                min_rh_pct=round(max(10.0, rh_pct - 8.0)),
                max_wind_ms=round(wind_kmh / 3.6 * 1.6, 1),
            )
        )
    return tuple(readings)
