"""Where one fire is, as a probability over the map."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.geo import ErrorEllipse, Fix
from firewatch.errors import NoFixError
from firewatch.fusion.patches import Fan, Patches
from firewatch.fusion.refining import log_sum, refine
from firewatch.fusion.sight import SightRules
from firewatch.fusion.sight_density import SightDensity
from firewatch.geodesy import LocalPlane, PlanePoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from firewatch.domain.geo import Position
    from firewatch.domain.ids import TowerId
    from firewatch.fusion.sight import Ground, NotSeen, SightLine

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Prior: TypeAlias = Callable[[Numbers, Numbers], Numbers]

__all__ = ["Disagreement", "Posterior", "locate_fire"]

# Beyond the range of the camera by half, one smoke in 150 is found.
_BEYOND_RANGE = 1.5
# Of a Gaussian in two dimensions, cut at its 90 % region, this part of the variance is left.
_CUT_AT, _VARIANCE_LEFT = 0.9, (1.0 - 0.1 * (1.0 + math.log(10.0))) / 0.9
# The densest place is looked for in rounds of 13 by 13 places, each over a fifth of the width of the one before, the
# first over the densest patch and half of those around it.
_POLISH_ROUNDS, _POLISH_SHARE, _POLISH_STEPS = 5, 0.2, np.linspace(-1.0, 1.0, 13)
_POLISH_WIDTHS = 1.5


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Whether the azimuth of one sighting is wrong.

    Parameters
    ----------
    tower_id : TowerId
        Whose.
    probability : float
        That it errs by more than its sigma tells.
    turn_deg : float
        By how much it would then be too great: what to subtract from it [deg].
    residual_deg : float
        The bearing less the azimuth of the most likely place [deg].
    """

    tower_id: TowerId
    probability: float
    turn_deg: float
    residual_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Where one fire may be.

    Parameters
    ----------
    plane : LocalPlane
        The map.
    best : PlanePoint
        The most likely point.
    mean : PlanePoint
        The mean of the places in the 90 % region.
    ellipse : ErrorEllipse
        At one standard deviation, from the spread within the 90 % region: one wrong azimuth in a hundred does not blow
        it up.
    log_evidence : float
        Logarithm of the density of what was seen, all azimuths and elevation angles per degree, over all places,
        times fires per km2.
    disagreements : tuple of Disagreement
        One for each sight line, by tower.
    patches : Patches
        Pieces of ground.
    mass : ndarray (n,)
        Their probabilities, which sum to 1.
    log_density : ndarray (n,)
        Of the same, per m2, as it comes from the likelihood.
    """

    plane: LocalPlane
    best: PlanePoint
    mean: PlanePoint
    ellipse: ErrorEllipse
    log_evidence: float
    disagreements: tuple[Disagreement, ...]
    patches: Patches
    mass: Numbers
    log_density: Numbers
    fan: Fan
    likelihood: SightDensity = field(repr=False)

    @property
    def fix(self) -> Fix:
        """The most likely place, with the ellipse."""
        return Fix(self.plane.unproject(self.best), self.ellipse)

    def level(self, probability: float) -> float:
        """Return the log density above which the places hold a share of the probability: the edge of its region."""
        order = np.argsort(-self.log_density, kind="stable")
        mass = self.mass[order]
        # Half of a patch lies above its density, half below.
        return float(np.interp(probability, np.cumsum(mass) - 0.5 * mass, self.log_density[order]))

    def log_density_at(self, east_m: Numbers, north_m: Numbers) -> Numbers:
        """Return the log density at points of the plane, to be held against `level`."""
        return self.likelihood.log_density(Patches.points(np.asarray(east_m, float), np.asarray(north_m, float)))


def locate_fire(
    lines: Sequence[SightLine],
    silences: Sequence[NotSeen] = (),
    ground: Ground | None = None,
    prior: Prior | None = None,
    rules: SightRules | None = None,
) -> Posterior:
    """Return where the fire is that some sight lines are of.

    The map is divided around the tower with the sharpest bearing, by azimuth and distance: coarse over its whole disc,
    then finer and finer where the probability is, until each patch is small beside every error (and not larger than a
    cell of the terrain where elevation angles count). The order of lines and silences does not matter.

    Parameters
    ----------
    lines : sequence of SightLine
        At least one. Lines from one place (within 100 m) count together as one.
    silences : sequence of NotSeen
        Who looked and saw nothing.
    ground : Ground, optional
        Heights and visibility; without it elevation angles are not used.
    prior : callable, optional
        Logarithm of the density of fires [1/km2] at east, north of the plane [m]; see `prior_over`.
    rules : SightRules, optional
        How sightings err.

    Returns
    -------
    Posterior

    Raises
    ------
    NoFixError
        If there is no sight line, or no place within reach explains them.
    """
    if not lines:
        raise NoFixError((), "no sight line is given")
    plane = ground.terrain.plane if ground else LocalPlane(_middle(lines))
    model = SightDensity(lines, silences, plane, ground, rules or SightRules(), prior)
    sharpest = min(model.lines, key=lambda line: line.sigma_deg)
    reach_m = _BEYOND_RANGE * sharpest.sight.eye.range_m
    azimuth, sigma = math.radians(sharpest.azimuth_deg), math.radians(sharpest.sigma_deg)
    fan = Fan(sharpest.east_m, sharpest.north_m, azimuth, sigma, reach_m)
    patches, log_density = refine(model, fan)
    log_mass = log_density + np.log(patches.area_m2)
    log_evidence = log_sum(log_mass)
    if not math.isfinite(log_evidence):
        raise NoFixError(tuple(line.sight.eye.tower_id for line in model.lines), "no place explains what was seen")
    mass = np.exp(log_mass - log_evidence)
    best = _polish(model, patches, log_density)
    mean, ellipse = _spread(patches, mass, log_density)
    told = _disagreements(model, patches, mass, best)
    return Posterior(plane, best, mean, ellipse, log_evidence, told, patches, mass, log_density, fan, model)


def _middle(lines: Sequence[SightLine]) -> Position:
    """Return the origin of the map: the first tower by name; within a camera's range the plane is true to 0.001 deg."""
    return min(lines, key=lambda s: (s.eye.tower_id, s.eye.position.lat_deg, s.eye.position.lon_deg)).eye.position


def _polish(model: SightDensity, patches: Patches, log_density: Numbers) -> PlanePoint:
    """Return the densest point: from the densest patch by ever smaller squares around the best so far."""
    top = int(np.argmax(log_density))
    east, north = float(patches.east_m[top]), float(patches.north_m[top])
    half = _POLISH_WIDTHS * float(max(patches.along_m[top], patches.across_m[top]))
    steps_east, steps_north = (side.ravel() for side in np.meshgrid(_POLISH_STEPS, _POLISH_STEPS))
    for _ in range(_POLISH_ROUNDS):
        around = Patches.points(east + half * steps_east, north + half * steps_north)
        best = int(np.argmax(model.log_density(around)))
        east, north = float(around.east_m[best]), float(around.north_m[best])
        half *= _POLISH_SHARE
    return PlanePoint(east, north)


def _spread(patches: Patches, mass: Numbers, log_density: Numbers) -> tuple[PlanePoint, ErrorEllipse]:
    order = np.argsort(-log_density)
    inner = order[: int(np.searchsorted(np.cumsum(mass[order]), _CUT_AT)) + 1]
    # Sums in place of scalar products: for those the processor's other cores would be woken, which takes longer.
    share = mass[inner] / np.sum(mass[inner])
    east, north = patches.east_m[inner], patches.north_m[inner]
    at_east, at_north = float(np.sum(share * east)), float(np.sum(share * north))
    ee = float(np.sum(share * (east - at_east) ** 2)) / _VARIANCE_LEFT
    nn = float(np.sum(share * (north - at_north) ** 2)) / _VARIANCE_LEFT
    en = float(np.sum(share * (east - at_east) * (north - at_north))) / _VARIANCE_LEFT
    middle, reach = (ee + nn) / 2.0, math.hypot((ee - nn) / 2.0, en)
    azimuth_deg = math.degrees(math.atan2(2.0 * en, nn - ee)) / 2.0 % 180.0
    minor_m = math.sqrt(max(0.0, middle - reach))
    ellipse = ErrorEllipse(math.sqrt(middle + reach), minor_m, azimuth_deg if azimuth_deg < 180.0 else 0.0)  # noqa: PLR2004
    return PlanePoint(at_east, at_north), ellipse


def _disagreements(model: SightDensity, patches: Patches, mass: Numbers, best: PlanePoint) -> tuple[Disagreement, ...]:
    found = []
    for line, (chance, turn_deg) in zip(model.lines, model.off_shares(patches), strict=True):
        probability = float(np.sum(mass * chance))
        mean_deg = float(np.sum(mass * chance * turn_deg)) / max(probability, 1e-300)
        azimuth_deg = math.degrees(math.atan2(best.east_m - line.east_m, best.north_m - line.north_m))
        residual_deg = (line.azimuth_deg - azimuth_deg + 180.0) % 360.0 - 180.0
        found.append(Disagreement(line.sight.eye.tower_id, min(1.0, probability), mean_deg, residual_deg))
    return tuple(found)
