"""Possible fires, drawn around what is known, and how fast each of them spreads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.fbp import FbpCases, FbpWeather, FireRun, FoliarSeason, FuelBed, Terrain, predict_behaviour
from firewatch.fusion.hillside import hillside_at

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.fusion.spread_case import SpreadCase, SpreadErrors

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["FireDraws", "FireRates", "draw_fires", "fire_rates"]

# The average of the fires behind the FBP System [%]: its yearly course was fitted in Canada, not in Hunan.
_FOLIAR_MOISTURE_PCT = 97.0
# Where the FBP System's ISI still holds [km/h], and where the codes end.
_STRONGEST_KMH = 120.0
_HIGHEST_FFMC = 100.0
_FULL_TURN_DEG = 360.0
# What the reference program takes where the fuel's table says nothing [%].
_CONIFER_PCT, _CURED_PCT = 50.0, 80.0


@dataclass(frozen=True, slots=True, eq=False)
class FireDraws:
    """Possible fires: arrays of shape (1 + n,), the first is the central case.

    Parameters
    ----------
    wind_kmh, wind_from_deg, ffmc, bui : ndarray, float64
        Wind at 10 m [km/h], where it blows from [deg], codes.
    fuel : ndarray, intp
        Values of `FuelType`.
    conifer_pct, cured_pct : ndarray, float64
        Of mixed types and of grass [%].
    east_m, north_m : ndarray, float64
        Where each began, from the fix [m].
    slope_pct, aspect_deg : ndarray, float64
        Of the ground there [%], [deg].
    rate_factor : ndarray, float64
        By which the model is wrong.
    age_min : ndarray, float64
        For how long each has burned [min].
    is_ground_known : bool
        Whether the slope at the fix comes from a terrain model.
    """

    wind_kmh: Numbers
    wind_from_deg: Numbers
    ffmc: Numbers
    bui: Numbers
    fuel: npt.NDArray[np.intp]
    conifer_pct: Numbers
    cured_pct: Numbers
    east_m: Numbers
    north_m: Numbers
    slope_pct: Numbers
    aspect_deg: Numbers
    rate_factor: Numbers
    age_min: Numbers
    is_ground_known: bool


@dataclass(frozen=True, slots=True, eq=False)
class FireRates:
    """How fast each of the drawn fires spreads at equilibrium: arrays of their shape.

    Parameters
    ----------
    head_m_min, back_m_min : ndarray, float64
        Rates of spread of head and back [m/min].
    towards_deg : ndarray, float64
        Where the head goes [deg].
    length_to_breadth, net_wind_kmh, intensity_kw_m, crown_fraction : ndarray, float64
        LB, WSV [km/h], HFI [kW/m], CFB 0 to 1.
    """

    head_m_min: Numbers
    back_m_min: Numbers
    towards_deg: Numbers
    length_to_breadth: Numbers
    net_wind_kmh: Numbers
    intensity_kw_m: Numbers
    crown_fraction: Numbers


def draw_fires(case: SpreadCase, errors: SpreadErrors, count: int, rng: np.random.Generator) -> FireDraws:
    """Return the central case and some possible fires around it.

    Parameters
    ----------
    case : SpreadCase
        What is known.
    errors : SpreadErrors
        How well.
    count : int
        How many are drawn besides the central case.
    rng : Generator
        Source of randomness; it gives the same numbers whatever the case is, so that cases can be compared.

    Returns
    -------
    FireDraws
        Wind and BUI by lognormal factors, the wind with a normal error besides, direction and FFMC normal, fuels by
        their shares, the place by the error ellipse. Without a wind direction all are equally likely, and the central
        case stands on flat ground.
    """
    z = np.vstack([np.zeros(7), rng.standard_normal((count, 7))])
    u = np.vstack([np.full(3, 0.5), rng.random((count, 3))])
    weather = case.weather
    is_directed = weather.wind_from_deg is not None
    turned = errors.direction_deg * z[:, 1] if is_directed else _FULL_TURN_DEG * (u[:, 0] - 0.5)
    wind = weather.wind_kmh * np.exp(errors.wind_share * z[:, 0]) + errors.wind_kmh * z[:, 6]
    east, north = _starts(case, z[:, 3], z[:, 4])
    ground = hillside_at(case.terrain, case.fix.position, east, north)
    slope = ground.slope_pct.copy()
    if not is_directed:
        slope[0] = 0.0
    chosen = _fuels(case, u[:, 1])
    return FireDraws(
        wind_kmh=np.clip(wind, 0.0, max(_STRONGEST_KMH, weather.wind_kmh)),
        wind_from_deg=((weather.wind_from_deg or 0.0) + turned) % _FULL_TURN_DEG,
        ffmc=np.clip(weather.ffmc + errors.ffmc * z[:, 2], 0.0, max(_HIGHEST_FFMC, weather.ffmc)),
        bui=weather.bui * np.exp(errors.bui_share * z[:, 5]),
        fuel=np.array([int(one.fuel.fuel) for one in case.fuels], np.intp)[chosen],
        conifer_pct=_shares(case, "conifer_pct", _CONIFER_PCT)[chosen],
        cured_pct=_shares(case, "cured_pct", _CURED_PCT)[chosen],
        east_m=east,
        north_m=north,
        slope_pct=slope,
        aspect_deg=ground.aspect_deg,
        rate_factor=_rate_factors(errors, count, rng),
        age_min=case.age_min + errors.unseen_min * u[:, 2],
        is_ground_known=bool(ground.is_known[0]) and is_directed,
    )


def _rate_factors(errors: SpreadErrors, count: int, rng: np.random.Generator) -> Numbers:
    return np.concatenate([[1.0], np.exp(errors.rate_share * rng.standard_normal(count))])


def _starts(case: SpreadCase, along: Numbers, across: Numbers) -> tuple[Numbers, Numbers]:
    """Return where the fires begin, from the fix [m]."""
    ellipse = case.fix.ellipse
    theta = math.radians(ellipse.azimuth_deg)
    major, minor = ellipse.major_m * along, ellipse.minor_m * across
    return major * math.sin(theta) + minor * math.cos(theta), major * math.cos(theta) - minor * math.sin(theta)


def _fuels(case: SpreadCase, uniform: Numbers) -> npt.NDArray[np.intp]:
    """Return which of the fuels each fire burns; the first fire the likeliest that burns."""
    shares = np.array([one.share for one in case.fuels])
    chosen = np.searchsorted(np.cumsum(shares) / shares.sum(), uniform, side="right")
    chosen = np.minimum(chosen, len(shares) - 1).astype(np.intp)
    chosen[0] = next(number for number, one in enumerate(case.fuels) if one.fuel is case.likeliest)
    return chosen


def _shares(case: SpreadCase, name: str, otherwise: float) -> Numbers:
    given = (getattr(one.fuel, name) for one in case.fuels)
    return np.array([otherwise if value is None else value for value in given])


def fire_rates(draws: FireDraws) -> FireRates:
    """Return the rates of spread of drawn fires by the FBP System."""
    zero = np.zeros(draws.wind_kmh.shape)
    season = FoliarSeason(zero, zero, zero, zero + 1.0, zero + 1.0, zero + _FOLIAR_MOISTURE_PCT)
    never, always = np.zeros(zero.shape, np.bool_), np.ones(zero.shape, np.bool_)
    cases = FbpCases(
        FuelBed.of(draws.fuel, conifer_pct=draws.conifer_pct, cured_pct=draws.cured_pct),
        FbpWeather(draws.ffmc, draws.bui, draws.wind_kmh, draws.wind_from_deg, zero),
        Terrain(draws.slope_pct, draws.aspect_deg),
        season,
        FireRun(zero + 1.0, zero, never, always),
    )
    first, second = predict_behaviour(cases)
    return FireRates(
        head_m_min=first.ros * draws.rate_factor,
        back_m_min=second.bros * draws.rate_factor,
        towards_deg=first.raz,
        length_to_breadth=np.maximum(second.lb, 1.0),
        net_wind_kmh=second.wsv,
        intensity_kw_m=first.hfi,
        crown_fraction=first.cfb,
    )
