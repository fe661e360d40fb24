"""What the ground says of candidates: whether it lies, where rays cross, at the angles at which the smoke is seen.

Two fires and two towers make four crossings, and bearings alone cannot tell the two ghosts. The ground can: at a ghost
it lies higher or lower than the foot of the smoke was seen, or behind a ridge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.fusion.sight import SightRules, mean_angle
from firewatch.fusion.views import SQUARE_OF_UNIFORM, Cells
from firewatch.geodesy import LocalPlane, PlanePoint
from firewatch.terrain.sight import drop_m

if TYPE_CHECKING:
    from firewatch.fusion.crossings import Candidates
    from firewatch.fusion.plane_fit import Floats, Ints, PlaneFit
    from firewatch.fusion.rays import AssociationRules, Placed
    from firewatch.fusion.sheet import Sheet
    from firewatch.fusion.sight import Ground

__all__ = ["GroundOdds"]

# Places looked at around a crossing, in its standard deviations along both axes; each stands for a square of one.
_STEPS = (-2.0, -1.0, 0.0, 1.0, 2.0)
# Distances looked at along a ray, of a smoke that one mast alone sees [m], and turns aside, in its standard deviation.
_ALONG_M, _ASIDE = 100.0, (-1.0, 0.0, 1.0)
# As in the posterior: how much heights vary by the size of a piece of ground.
_RELIEF = 0.3
# False alarms, and what is known of no height, stand anywhere within so much of the horizon [deg].
_ANYWHERE_DEG = 10.0
_NEAREST_M = 1.0
# A plane is laid on another one by points so far off [m]; within 40 km of them that is right to a metre.
_SPAN_M = 20_000.0
_DAY_S = 86_400.0
_LEAST = 1e-300
_ROWS_AT_ONCE = 2_048


@dataclass(frozen=True, slots=True)
class _Places:
    """Pieces of ground: arrays (m, q)."""

    east_m: Floats
    north_m: Floats
    """On the sheet."""
    row: Floats
    column: Floats
    """In the terrain."""
    ground_m: Floats
    sigma_m: Floats
    """Standard deviation of the height of the smoke's foot there."""


class GroundOdds:
    """The ground below the rays of a sheet.

    Parameters
    ----------
    sheet : Sheet
        The rays; those without an elevation angle, or the height of their lens, say only what their towers can see.
    ground : Ground
        Heights, and what each tower sees.
    rules : AssociationRules
        How often fires begin and alarms are false.
    sight_rules : SightRules, optional
        How elevation angles err.
    """

    def __init__(
        self, sheet: Sheet, ground: Ground, rules: AssociationRules, sight_rules: SightRules | None = None
    ) -> None:
        self._sheet = sheet
        self._ground = ground
        self._rules = sight_rules or SightRules()
        self._laid = _laid(LocalPlane(sheet.rays[0].position), ground.terrain.plane)
        told = [_told(ray.members) for ray in sheet.rays]
        self._angle_deg, self._sigma_deg, self._lens_m = (np.array(column) for column in zip(*told, strict=True))
        towers = [ray.members[0].tower_id for ray in sheet.rays]
        known = [tower for tower in dict.fromkeys(towers) if tower in ground.least_visible_m]
        self._seen = [ground.least_visible_m[tower] for tower in known]
        numbers = {tower: number for number, tower in enumerate(known)}
        self._tower = np.array([numbers.get(tower, -1) for tower in towers])
        self._alone = np.array([self._log_alone(ray, rules) for ray in range(len(sheet.rays))])

    def gains(self, found: Candidates, worth: Floats) -> Floats:
        """Return for each candidate, (m,), what the ground adds to its log-odds.

        Parameters
        ----------
        found : Candidates
            Sets of rays.
        worth : array (m,)
            Their log-odds without it. Those that no ground could raise above 0 are not looked at: they get the most
            that it could add.

        Notes
        -----
        The density of the angles, and the chance that smoke rises into every tower's sight, over where the fire of a
        candidate may be (a Gaussian, in 25 pieces), against the same over all places along each ray.
        """
        gained = np.sum(self._most()[found.members], axis=1)
        worthy = np.flatnonzero(worth + gained > 0.0)
        for start in range(0, len(worthy), _ROWS_AT_ONCE):
            rows = np.zeros(len(found), dtype=np.bool_)
            rows[worthy[start : start + _ROWS_AT_ONCE]] = True
            gained[rows] = self._gains(found.only(rows))
        return np.asarray(gained)

    def _most(self) -> Floats:
        """Return the most that each ray can add, (n,): its foot seen just where the ground lies."""
        known = np.where(np.isfinite(self._sigma_deg), self._sigma_deg, _ANYWHERE_DEG)
        return np.asarray(-np.log(np.minimum(known, _ANYWHERE_DEG)) - self._alone)

    def _gains(self, found: Candidates) -> Floats:
        places, weights = self._around(found.fit)
        logs = np.sum([self._log_seen(rays, places) for rays in found.members.T], axis=0)
        together = np.log(np.maximum(_LEAST, np.exp(logs) @ weights))
        return np.asarray(together - np.sum(self._alone[found.members], axis=1))

    def _around(self, fit: PlaneFit) -> tuple[_Places, Floats]:
        """Return pieces of ground around each crossing, (m, q), and their weights, (q,)."""
        east, both, north = fit.variance.T
        # Cholesky: any root of the variance will do.
        first = np.sqrt(np.maximum(1.0, east))
        second = both / first
        third = np.sqrt(np.maximum(1.0, north - second * second))
        one, other = (steps.ravel() for steps in np.meshgrid(_STEPS, _STEPS))
        weights = np.exp(-0.5 * (one * one + other * other))
        east_m = fit.at[:, :1] + first[:, None] * one
        north_m = fit.at[:, 1:] + second[:, None] * one + third[:, None] * other
        return self._places(east_m, north_m, np.hypot(first, third)[:, None]), weights / weights.sum()

    def _places(self, east_m: Floats, north_m: Floats, size_m: Floats | float) -> _Places:
        turned, moved = self._laid
        at = np.stack([east_m, north_m], axis=-1) @ turned + moved
        terrain = self._ground.terrain
        variance = self._rules.base_sigma_m**2 + SQUARE_OF_UNIFORM * (_RELIEF * np.asarray(size_m)) ** 2
        ground_m = terrain.height_at(at[..., 0], at[..., 1])
        return _Places(east_m, north_m, *terrain.row_column(at[..., 0], at[..., 1]), ground_m, np.sqrt(variance))

    def _log_seen(self, rays: Ints, places: _Places) -> Floats:
        """Return the log-density a degree of what each ray (m,) shows of a fire in each of its places (m, q)."""
        rules, foot = self._rules, self._sheet.at[rays]
        away_m = np.maximum(_NEAREST_M, np.hypot(places.east_m - foot[:, :1], places.north_m - foot[:, 1:]))
        hidden_m = self._hidden_m(rays, places)
        rise_m = places.ground_m + rules.base_m + hidden_m - self._lens_m[rays][:, None] - drop_m(away_m)
        wrong_deg = self._angle_deg[rays][:, None] - np.degrees(np.arctan2(rise_m, away_m))
        sigma_deg = np.hypot(self._sigma_deg[rays][:, None], np.degrees(np.arctan2(places.sigma_m, away_m)))
        off_deg = np.hypot(sigma_deg, rules.tilt_off_sigma_deg)
        share = rules.tilt_off_share
        density = (1.0 - share) * _gauss(wrong_deg, sigma_deg) + share * _gauss(wrong_deg, off_deg)
        known = np.where(np.isfinite(density), np.maximum(_LEAST, density), 1.0 / _ANYWHERE_DEG)
        return np.asarray(np.log(known) - hidden_m / rules.rise_m)

    def _hidden_m(self, rays: Ints, places: _Places) -> Floats:
        """Return how high smoke must rise to be seen along each ray (m,) over its places (m, q): 0 if nobody knows."""
        hidden = np.zeros_like(places.ground_m)
        towers = self._tower[rays]
        cells = Cells.nearest(self._ground.terrain.shape, places.row, places.column)
        for tower in np.unique(towers[towers >= 0]):
            mine = towers == tower
            least_m = cells.take(mine).of(self._seen[tower])
            hidden[mine] = np.where(np.isfinite(least_m), least_m, 0.0)
        return hidden

    def _log_alone(self, ray: int, rules: AssociationRules) -> float:
        """Return the log-density of what a ray shows, a degree, of a smoke that its mast alone sees."""
        births = rules.births_per_km2_day / 1e6 / _DAY_S
        false_alarms = rules.false_alarms_per_day / _DAY_S / (2.0 * math.pi)
        sheet, reach_m = self._sheet, float(self._sheet.reach_m[ray])
        away_m = np.arange(_ALONG_M / 2.0, reach_m, _ALONG_M)
        turn = sheet.azimuth[ray] + sheet.sigma[ray] * np.array(_ASIDE)
        east_m = sheet.at[ray, 0] + np.outer(np.sin(turn), away_m)
        north_m = sheet.at[ray, 1] + np.outer(np.cos(turn), away_m)
        rays = np.full(len(_ASIDE), ray)
        seen = np.exp(self._log_seen(rays, self._places(east_m, north_m, _ALONG_M)))
        area_m2 = float(np.sum(seen * away_m)) * _ALONG_M / len(_ASIDE)
        of_a_fire = births * area_m2 + false_alarms / _ANYWHERE_DEG
        return math.log(of_a_fire / (births * reach_m**2 / 2.0 + false_alarms))


def _told(members: tuple[Placed, ...]) -> tuple[float, float, float]:
    """Return the mean elevation angle of a ray's first camera that has one, its sigma and its lens; NaN without."""
    known = [(m.elevation, m.height_m) for m in members if m.elevation is not None and m.height_m is not None]
    if not known:
        return math.nan, math.nan, math.nan
    lens_m = known[0][1]
    angles = [angle for angle, height_m in known if height_m == lens_m]
    mean = mean_angle(angles)
    return mean.angle_deg, mean.sigma_deg, lens_m


def _laid(sheet: LocalPlane, plane: LocalPlane) -> tuple[Floats, Floats]:
    """Return how one plane lies on another: by what to multiply east and north, (2, 2), and what to add, (2,)."""
    sides = ((-_SPAN_M, 0.0), (_SPAN_M, 0.0), (0.0, -_SPAN_M), (0.0, _SPAN_M))
    laid = [plane.project(sheet.unproject(PlanePoint(*side))) for side in sides]
    at = np.array([(point.east_m, point.north_m) for point in laid])
    return np.stack([at[1] - at[0], at[3] - at[2]]) / (2.0 * _SPAN_M), at.mean(axis=0)


def _gauss(error: Floats, sigma: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * (error / sigma) ** 2) / (sigma * math.sqrt(2.0 * math.pi)))
