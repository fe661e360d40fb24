"""How far a fire may have spread after half an hour, one hour and two: ellipses, and how sure they are.

The fire begins as a point somewhere in the error ellipse of its fix. Its rate of spread is that of the FBP System for
the fuel, the fine fuel moisture of the hour, the wind and the slope; it accelerates from the point, and its shape is
an ellipse. What is not known exactly (wind, moisture, fuel, place, the model itself) is drawn many times: of the draws
come quantiles and outlines. The model of Wang is computed beside it for comparison (`firewatch.fusion.wang_run`).

References
----------
.. [1] Forestry Canada Fire Danger Group (1992). Development and structure of the Canadian Forest Fire Behavior
   Prediction System. Forestry Canada, Information Report ST-X-3, eqs. 39 to 51 and 70 to 95.
.. [2] Cruz, M.G.; Alexander, M.E. (2013). Uncertainty associated with model predictions of surface and crown fire
   rates of spread. Environmental Modelling & Software 47, 16-28.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.fbp import growth
from firewatch.domain.checks import require_at_least, require_between
from firewatch.errors import InvalidValue
from firewatch.fusion.burn_outline import FireShapes, burn_outline, reach_outline
from firewatch.fusion.fire_draws import FireDraws, draw_fires, fire_rates
from firewatch.fusion.spread_case import SpreadCase, SpreadErrors
from firewatch.fusion.wang_run import WangRun, run_wang

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.fusion.fire_draws import FireRates

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["FireEllipse", "Quantiles", "SpreadForecast", "SpreadRules", "SpreadStage", "predict_spread"]

_QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class SpreadRules:
    """How spread is computed.

    Parameters
    ----------
    after_min : tuple of float
        For which times from now it is told, ascending [min].
    draws : int
        Possible fires, 16 to 10,000.
    corners : int
        Of outlines, 8 to 720.
    likely : float
        Burn probability of the inner outline.
    possible : float
        Share of the fires that the outer outline holds on every side.
    errors : SpreadErrors
        How well what goes in is known.
    """

    after_min: tuple[float, ...] = (30.0, 60.0, 120.0)
    draws: int = 256
    corners: int = 72
    likely: float = 0.5
    possible: float = 0.9
    errors: SpreadErrors = field(default_factory=SpreadErrors)

    def __post_init__(self) -> None:
        if not self.after_min or list(self.after_min) != sorted({*self.after_min}):
            raise InvalidValue("times of the spread (min)", self.after_min, "at least one, ascending")
        require_at_least("first time of the spread (min)", self.after_min[0], 1.0)
        require_between("draws", self.draws, 16, 10_000)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Of ten possible fires one is below `p10`, five below `p50`, nine below `p90`."""

    p10: float
    p50: float
    p90: float

    @classmethod
    def of(cls, values: Numbers) -> Quantiles:
        """Return the quantiles of some values."""
        p10, p50, p90 = (float(value) for value in np.quantile(values, _QUANTILES))
        return cls(p10, p50, p90)


@dataclass(frozen=True, slots=True)
class FireEllipse:
    """One fire on the ground, from the place of the fix.

    Parameters
    ----------
    east_m, north_m : float
        Its middle [m].
    along_m, across_m : float
        Semi-axes along and across the direction of spread [m].
    towards_deg : float
        True azimuth of the head, [0, 360) [deg].
    """

    east_m: float
    north_m: float
    along_m: float
    across_m: float
    towards_deg: float

    @property
    def area_ha(self) -> float:
        """Its area [ha]."""
        return float(np.pi) * self.along_m * self.across_m / 1e4

    def outline(self, corners: int = 48) -> Numbers:
        """Return its edge, shape (corners, 2): east and north of the fix [m], counter-clockwise."""
        angle = -2.0 * np.pi * np.arange(corners) / corners
        along, across = self.along_m * np.cos(angle), self.across_m * np.sin(angle)
        theta = np.radians(self.towards_deg)
        east = self.east_m + along * np.sin(theta) + across * np.cos(theta)
        return np.column_stack([east, self.north_m + along * np.cos(theta) - across * np.sin(theta)])


@dataclass(frozen=True, slots=True, eq=False)
class SpreadStage:
    """The fire some minutes from now.

    Parameters
    ----------
    after_min : float
        From now [min].
    ellipse : FireEllipse or None
        Of the central case; None where nobody knows where the wind comes from.
    head_m : Quantiles
        How far the head has run from the start [m].
    area_ha : Quantiles
        Area of the fire [ha].
    likely : ndarray, shape (corners, 2), or None
        Within it the ground burns with at least that probability: east and north of the fix [m]; None where no ground
        is so likely to.
    possible : ndarray, shape (corners, 2)
        Over its every side that share of the fires does not reach [m].
    """

    after_min: float
    ellipse: FireEllipse | None
    head_m: Quantiles
    area_ha: Quantiles
    likely: Numbers | None
    possible: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class SpreadForecast:
    """How a fire spreads.

    Parameters
    ----------
    head_m_min, flank_m_min, back_m_min : float
        Rates of spread of the central case at equilibrium [m/min].
    head_range_m_min : Quantiles
        Of the head over all draws [m/min].
    towards_deg : float or None
        Where the head of the central case goes [deg].
    length_to_breadth, net_wind_kmh, intensity_kw_m, crown_fraction : float
        Of the central case: LB, WSV [km/h], HFI [kW/m], CFB 0 to 1.
    slope_pct : float or None
        At the fix [%]; None without a terrain model there: flat ground was assumed.
    stages : tuple of SpreadStage
        In the order of the rules' times.
    wang : WangRun
        The same by Wang's model.
    """

    head_m_min: float
    flank_m_min: float
    back_m_min: float
    head_range_m_min: Quantiles
    towards_deg: float | None
    length_to_breadth: float
    net_wind_kmh: float
    intensity_kw_m: float
    crown_fraction: float
    slope_pct: float | None
    stages: tuple[SpreadStage, ...]
    wang: WangRun


def predict_spread(case: SpreadCase, rng: np.random.Generator, rules: SpreadRules | None = None) -> SpreadForecast:
    """Return how a fire spreads from a point, with its uncertainty.

    Parameters
    ----------
    case : SpreadCase
        Place, weather, moisture, fuel and age of the fire, and the terrain.
    rng : Generator
        Source of the draws: the same generator and case give the same forecast.
    rules : SpreadRules, optional
        Times, draws and errors.

    Returns
    -------
    SpreadForecast

    References
    ----------
    .. [1] Forestry Canada (1992), eqs. 70 to 95.
    """
    chosen = rules or SpreadRules()
    draws = draw_fires(case, chosen.errors, chosen.draws, rng)
    rates = fire_rates(draws)
    is_directed = case.weather.wind_from_deg is not None
    stages = tuple(_stage(draws, rates, after, chosen, is_directed=is_directed) for after in chosen.after_min)
    return SpreadForecast(
        head_m_min=float(rates.head_m_min[0]),
        flank_m_min=float((rates.head_m_min[0] + rates.back_m_min[0]) / (2.0 * rates.length_to_breadth[0])),
        back_m_min=float(rates.back_m_min[0]),
        head_range_m_min=Quantiles.of(rates.head_m_min[1:]),
        towards_deg=float(rates.towards_deg[0]) if is_directed else None,
        length_to_breadth=float(rates.length_to_breadth[0]),
        net_wind_kmh=float(rates.net_wind_kmh[0]),
        intensity_kw_m=float(rates.intensity_kw_m[0]),
        crown_fraction=float(rates.crown_fraction[0]),
        slope_pct=float(draws.slope_pct[0]) if draws.is_ground_known else None,
        stages=stages,
        wang=run_wang(case, draws, chosen.after_min),
    )


def _stage(
    draws: FireDraws, rates: FireRates, after_min: float, rules: SpreadRules, *, is_directed: bool
) -> SpreadStage:
    minutes = draws.age_min + after_min
    alpha = growth.acceleration_per_min(draws.fuel, rates.crown_fraction)
    head = growth.distance_at_time(rates.head_m_min, alpha, minutes)
    back = growth.distance_at_time(rates.back_m_min, alpha, minutes)
    ratio = growth.length_to_breadth_at_time(rates.length_to_breadth, alpha, minutes)
    theta = np.radians(rates.towards_deg)
    shift = (head - back) / 2.0
    shapes = FireShapes(
        draws.east_m + shift * np.sin(theta),
        draws.north_m + shift * np.cos(theta),
        (head + back) / 2.0,
        growth.flank_distance(head, back, ratio),
        rates.towards_deg,
    )
    drawn = FireShapes(*(getattr(shapes, name)[1:] for name in shapes.__slots__))
    return SpreadStage(
        after_min=after_min,
        ellipse=_central(shapes) if is_directed else None,
        head_m=Quantiles.of(head[1:]),
        area_ha=Quantiles.of(drawn.area_ha),
        likely=burn_outline(drawn, rules.likely, rules.corners),
        possible=reach_outline(drawn, rules.possible, rules.corners),
    )


def _central(shapes: FireShapes) -> FireEllipse:
    return FireEllipse(*(float(getattr(shapes, name)[0]) for name in shapes.__slots__))
