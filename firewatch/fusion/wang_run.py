"""The spread of the same fire by the model of Wang, for comparison beside the FBP System's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.wang import WangFire, wang_rate_of_spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.fusion.fire_draws import FireDraws
    from firewatch.fusion.spread_case import SpreadCase

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["WangRun", "run_wang"]

_KMH_PER_MS = 3.6
_DIRECTIONS = 72
_STRONGEST_MS = 75.0
_STEEPEST_DEG = 89.0


@dataclass(frozen=True, slots=True)
class WangRun:
    """What Wang's model says of the central case.

    Parameters
    ----------
    head_m_min : float or None
        Rate of spread in its fastest direction [m/min]; None without temperature and humidity.
    towards_deg : float or None
        That direction [deg]; None where nobody knows where the wind comes from.
    area_ha : tuple of float
        Area at each of the asked times [ha]; none where there is no rate. The model knows no acceleration.
    is_beyond_data : bool
        Whether the wind is stronger, or the slope steeper, than what its factors were fitted to.
    """

    head_m_min: float | None = None
    towards_deg: float | None = None
    area_ha: tuple[float, ...] = ()
    is_beyond_data: bool = False


def run_wang(case: SpreadCase, draws: FireDraws, after_min: Sequence[float]) -> WangRun:
    """Return what Wang's model says of the first of the draws.

    Parameters
    ----------
    case : SpreadCase
        For its fuel, temperature and humidity.
    draws : FireDraws
        For the central case's wind and ground.
    after_min : sequence of float
        Times from now [min].

    Returns
    -------
    WangRun
        The area is that of the curve that the points reach which run straight in each of 72 directions.
    """
    weather = case.weather
    if weather.temp_c is None or weather.rh_pct is None:
        return WangRun()
    fire = WangFire(
        temp_c=weather.temp_c,
        rh_pct=weather.rh_pct,
        wind_ms=min(float(draws.wind_kmh[0]) / _KMH_PER_MS, _STRONGEST_MS),
        wind_from_deg=float(draws.wind_from_deg[0]),
        slope_deg=min(float(np.degrees(np.arctan(draws.slope_pct[0] / 100.0))), _STEEPEST_DEG),
        aspect_deg=float(draws.aspect_deg[0]),
        fuel_factor=case.likeliest.fuel_factor,
    )
    azimuths = 360.0 * np.arange(_DIRECTIONS) / _DIRECTIONS
    # By default the head goes where the wind does: that direction is asked, too, so that the head is never between two.
    spread = wang_rate_of_spread(fire, np.append(azimuths, (draws.wind_from_deg[0] + 180.0) % 360.0))
    rates = spread.rate_m_min
    fastest = int(np.argmax(rates))
    towards = float(np.append(azimuths, (draws.wind_from_deg[0] + 180.0) % 360.0)[fastest])
    return WangRun(
        head_m_min=float(rates[fastest]),
        towards_deg=None if weather.wind_from_deg is None else towards,
        area_ha=tuple(_area_ha(rates[:-1] * (float(draws.age_min[0]) + after)) for after in after_min),
        is_beyond_data=bool(spread.is_beyond_data[0]),
    )


def _area_ha(reach_m: Numbers) -> float:
    """Return the area of a star with these reaches at equal angles [ha]."""
    triangles = reach_m * np.roll(reach_m, -1) * np.sin(2.0 * np.pi / reach_m.size) / 2.0
    return float(triangles.sum()) / 1e4
