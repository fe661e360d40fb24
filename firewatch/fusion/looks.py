"""What one more tower would tell of a smoke: the chance that it finds it, and the information that its look is worth.

A look ends in one of two ways: no smoke is found, or it is found at an azimuth. What that tells of the fire's place is
the mutual information of place and outcome, the mean fall of the place's entropy [1]_: little where a hill hides the
place, little along a line of sight that is there already, much across it, and much between places far from each other.
To it comes what the look tells of whether there is a smoke at all, at even odds.

References
----------
.. [1] Lindley, D. V. (1956). On a measure of the information provided by an experiment. Ann. Math. Statist. 27,
   986-1005, definition 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_between
from firewatch.domain.geo import wrap_deg
from firewatch.errors import InvalidValue
from firewatch.fusion.patches import Patches
from firewatch.fusion.sight import SightRules
from firewatch.fusion.views import SQUARE_OF_UNIFORM, found_share, hidden_m, view_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.domain.geo import Fix, Position
    from firewatch.fusion.posterior import Posterior
    from firewatch.fusion.sight import Eye, Ground
    from firewatch.geodesy import LocalPlane

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Look", "Onlooker", "Places", "best_look", "places_around", "places_of"]

# What a posterior holds beyond this costs time and changes no order.
_KEPT = 0.98
# An ellipse is divided into squares of 3/8 of a standard deviation, out to three of them.
_STEPS = np.linspace(-3.0, 3.0, 17)
# Azimuths are told apart to a third of their standard deviation, but a picture has at most so many of them.
_PARTS_OF_SIGMA, _MOST_AZIMUTHS = 3.0, 4096
_KERNEL_SIGMAS = 5.0
# Of what a picture holds, this share on either side is its edge.
_EDGE = 0.05
_HALF_TURN_DEG, _TURN_DEG = 180.0, 360.0
_LEAST, _LEAST_M2 = 1e-300, 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where one fire may be.

    Parameters
    ----------
    plane : LocalPlane
        The map.
    patches : Patches
        Pieces of ground, at least one.
    mass : ndarray (n,)
        Their probabilities, which sum to 1.

    Raises
    ------
    InvalidValue
        If there is none, or a probability for each is missing.
    """

    plane: LocalPlane
    patches: Patches
    mass: Numbers

    def __post_init__(self) -> None:
        if not len(self.patches) or self.mass.shape != self.patches.east_m.shape:
            raise InvalidValue("places", f"{self.mass.shape} probabilities", f"one for each of {len(self.patches)}")

    def likely(self, share: float = 0.9) -> Places:
        """Return the densest of them, which together hold a share of the probability, 0 to 1."""
        require_between("share", share, 0.0, 1.0)
        order = np.argsort(-self.mass / np.maximum(self.patches.area_m2, _LEAST_M2), kind="stable")
        # Half of the last one lies within: as many as come nearest to the share.
        within = np.cumsum(self.mass[order]) - 0.5 * self.mass[order] <= share
        kept = order[: max(1, int(np.sum(within)))]
        return Places(self.plane, self.patches.take(kept), self.mass[kept] / np.sum(self.mass[kept]))


@dataclass(frozen=True, slots=True)
class Onlooker:
    """A camera that could look.

    Parameters
    ----------
    eye : Eye
        Where it stands and how far it sees.
    sigma_deg : float
        Standard deviation of the azimuth that it would tell, 0.001 to 90 [deg].
    hfov_deg : float
        How wide its picture is, 1 to 360 [deg].

    Raises
    ------
    InvalidValue
        If an angle is out of range.
    """

    eye: Eye
    sigma_deg: float = 0.5
    hfov_deg: float = 60.0

    def __post_init__(self) -> None:
        require_between("sigma of the look (deg)", self.sigma_deg, 1e-3, 90.0)
        require_between("width of the picture (deg)", self.hfov_deg, 1.0, _TURN_DEG)


@dataclass(frozen=True, slots=True)
class Look:
    """A look from one tower.

    Parameters
    ----------
    heading_deg : float
        True azimuth to look along, so that the picture holds most of what can be seen [deg].
    chance : float
        That it finds a young plume if there is one, 0 to 1.
    least_visible_m : float or None
        How high above the ground that plume must stand to be seen from there, in the mean of the chances over the
        places within the picture: 0 in plain sight [m]. None where nobody knows the ground between.
    bits_of_place : float
        What it tells of the place, if there is a plume [bit].
    bits : float
        What it tells of whether there is one, at even odds, and then of its place [bit].
    """

    heading_deg: float
    chance: float
    least_visible_m: float | None
    bits_of_place: float
    bits: float


def places_of(posterior: Posterior) -> Places:
    """Return where a posterior has the fire: its densest patches that together hold 98 %.

    Parameters
    ----------
    posterior : Posterior
        Of one fire.

    Returns
    -------
    Places
        On the posterior's plane.
    """
    return Places(posterior.plane, posterior.patches, posterior.mass).likely(_KEPT)


def places_around(plane: LocalPlane, fixes: Sequence[tuple[Fix, float]]) -> Places:
    """Return where a fire may be of which there are fixes.

    Parameters
    ----------
    plane : LocalPlane
        The map.
    fixes : sequence of Fix and float
        Where it may be with which error, and how likely it is that one; the chances need not sum to 1.

    Returns
    -------
    Places
        Each fix's Gaussian out to three standard deviations.

    Raises
    ------
    InvalidValue
        If there is none, or a chance is not above 0.
    """
    if not fixes:
        raise InvalidValue("fixes", "none", "at least one")
    for _, chance in fixes:
        require_between("chance of a place", chance, 1e-9, 1e9)
    pieces = [_gaussian(plane, fix) for fix, _ in fixes]
    mass = np.concatenate([of_one * chance for (_, of_one), (_, chance) in zip(pieces, fixes, strict=True)])
    return Places(plane, Patches.joined([patches for patches, _ in pieces]), mass / np.sum(mass))


def _gaussian(plane: LocalPlane, fix: Fix) -> tuple[Patches, Numbers]:
    middles = 0.5 * (_STEPS[:-1] + _STEPS[1:])
    along, across = (side.ravel() for side in np.meshgrid(middles, middles))
    at, ellipse = plane.project(fix.position), fix.ellipse
    axis = math.radians(plane.grid_azimuth_deg(fix.position, ellipse.azimuth_deg))
    sine, cosine = math.sin(axis), math.cos(axis)
    major_m, minor_m = along * ellipse.major_m, across * ellipse.minor_m
    nothing, ones, step = np.zeros_like(along), np.ones_like(along), float(_STEPS[1] - _STEPS[0])
    patches = Patches(
        *(nothing,) * 4,
        at.east_m + major_m * sine + minor_m * cosine,
        at.north_m + major_m * cosine - minor_m * sine,
        ones * step * ellipse.major_m,
        ones * step * ellipse.minor_m,
        ones * sine,
        ones * cosine,
        ones * step**2 * ellipse.major_m * ellipse.minor_m,
    )
    mass = np.exp(-0.5 * (along**2 + across**2))
    return patches, mass / np.sum(mass)


def best_look(
    places: Places,
    onlooker: Onlooker,
    ground: Ground | None = None,
    *,
    towards: Position | None = None,
    rules: SightRules | None = None,
) -> Look:
    """Return the best single look that a tower could take at a smoke.

    Parameters
    ----------
    places : Places
        Where the smoke may be.
    onlooker : Onlooker
        Who looks.
    ground : Ground, optional
        With what that tower sees of it, on any plane; without it, or beyond it, all is taken to be in plain sight.
    towards : Position, optional
        Where the middle of the picture must be; by default where it holds most of the chance to find the smoke.
    rules : SightRules, optional
        How sightings err.

    Returns
    -------
    Look
        What it would tell.
    """
    eye, sigma_deg, hfov_deg = onlooker.eye, onlooker.sigma_deg, onlooker.hfov_deg
    rules = rules or SightRules()
    at = places.plane.project(eye.position)
    view = view_from(at.east_m, at.north_m, places.patches)
    least_m = _least_visible(places, eye, ground)
    hides = np.exp(-np.nan_to_num(least_m, nan=0.0) / rules.rise_m)
    finds = found_share(eye.range_m, view.distance_m, rules) * hides
    if towards is None:
        middle_deg = _middle_deg(view.azimuth_deg, places.mass * np.maximum(finds, _LEAST), hfov_deg)
    else:
        to = places.plane.project(towards)
        middle_deg = math.degrees(math.atan2(to.east_m - at.east_m, to.north_m - at.north_m))
    turn_deg = _turned(view.azimuth_deg - middle_deg)
    is_inside = np.abs(turn_deg) <= 0.5 * hfov_deg
    finds = np.where(is_inside, finds, 0.0)
    chance = min(1.0, float(places.mass @ finds))
    # What a patch is wide, as a uniform distribution of that standard deviation.
    width_deg = view.across_deg / math.sqrt(SQUARE_OF_UNIFORM)
    nats = _nats_of_place(places.mass, finds, turn_deg, width_deg, sigma_deg)
    whether = _binary(0.5 * chance) - 0.5 * _binary(chance)
    bits = nats / math.log(2.0)
    heading_deg = wrap_deg(middle_deg - places.plane.grid_azimuth_deg(eye.position, 0.0))
    known = is_inside & np.isfinite(least_m)
    return Look(heading_deg, chance, _risen(places.mass[known], hides[known], rules), bits, whether + 0.5 * bits)


def _least_visible(places: Places, eye: Eye, ground: Ground | None) -> Numbers:
    """Return how high smoke must stand over each place, (n,) [m]; NaN where nobody knows."""
    east_m, north_m = places.patches.east_m, places.patches.north_m
    if ground is not None and ground.terrain.plane != places.plane:
        east_m, north_m = ground.terrain.plane.project_all(*places.plane.unproject_all(east_m, north_m))
    # The mean is over all places: each counts as the point in its middle, however large it is.
    found = None if ground is None else hidden_m(ground, eye.tower_id, Patches.points(east_m, north_m))
    return np.full(len(places.patches), np.nan) if found is None else found


def _risen(mass: Numbers, hides: Numbers, rules: SightRules) -> float | None:
    """Return the one height that is as likely to be reached as the heights over all places [m]."""
    whole = float(np.sum(mass))
    if whole <= 0.0:
        return None
    return max(0.0, -rules.rise_m * math.log(max(float(mass @ hides) / whole, _LEAST)))


def _middle_deg(azimuth_deg: Numbers, weight: Numbers, hfov_deg: float) -> float:
    """Return the middle of the picture that holds most [deg]."""
    turns = np.radians(azimuth_deg)
    towards = math.degrees(math.atan2(float(weight @ np.sin(turns)), float(weight @ np.cos(turns))))
    relative = _turned(azimuth_deg - towards)
    order = np.argsort(relative, kind="stable")
    sorted_deg, sums = relative[order], np.concatenate(([0.0], np.cumsum(weight[order])))
    ends = np.searchsorted(sorted_deg, sorted_deg + hfov_deg, side="right")
    first = int(np.argmax(sums[ends] - sums[:-1]))
    # What hardly counts at its edges does not move the picture.
    inside = sums[first : ends[first] + 1]
    edges = inside[0] + np.array([_EDGE, 1.0 - _EDGE]) * (inside[-1] - inside[0])
    left, right = sorted_deg[first + np.searchsorted(inside[1:], edges)]
    return towards + 0.5 * float(left + right)


def _nats_of_place(mass: Numbers, finds: Numbers, turn_deg: Numbers, width_deg: Numbers, sigma_deg: float) -> float:
    """Return the mutual information of place and outcome [nat]: the outcome's entropy less its mean at known places."""
    chance = float(mass @ finds)
    silent = max(0.0, 1.0 - chance)
    density, step_deg = _azimuths(mass * finds, turn_deg, width_deg, sigma_deg)
    outcome = -_log_times(np.array(silent)) - np.sum(_log_times(density)) * step_deg
    of_azimuth = 0.5 * math.log(2.0 * math.pi * math.e * sigma_deg**2)
    known = -_log_times(1.0 - finds) - _log_times(finds) + finds * of_azimuth
    return max(0.0, float(outcome - mass @ known))


def _azimuths(weight: Numbers, turn_deg: Numbers, width_deg: Numbers, sigma_deg: float) -> tuple[Numbers, float]:
    """Return the density of azimuths at which smoke is found [1/deg], and the step of its samples [deg]."""
    half = 0.5 * np.maximum(width_deg, 1e-6 * sigma_deg)
    left, right = turn_deg - half, turn_deg + half
    seen = weight > 0.0
    low, high = (float(np.min(left[seen])), float(np.max(right[seen]))) if seen.any() else (0.0, 0.0)
    step = max(sigma_deg / _PARTS_OF_SIGMA, (high - low) / _MOST_AZIMUTHS)
    reach = math.ceil(_KERNEL_SIGMAS * sigma_deg / step)
    edges: Numbers = low + step * (np.arange(math.ceil((high - low) / step) + 2, dtype=np.float64) - 0.5)
    shares = np.diff(_rising(weight / (right - left), left, right, edges))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / sigma_deg) ** 2)
    return np.convolve(np.maximum(shares, 0.0), kernel / np.sum(kernel)) / step, step


def _rising(slope: Numbers, left: Numbers, right: Numbers, at: Numbers) -> Numbers:
    """Return the sum of ramps, each rising by its slope between its two ends, at some points."""
    bends = np.concatenate((left, right))
    order = np.argsort(bends, kind="stable")
    turns = np.concatenate((slope, -slope))[order]
    slopes = np.concatenate(([0.0], np.cumsum(turns)))
    offsets = np.concatenate(([0.0], np.cumsum(turns * bends[order])))
    place = np.searchsorted(bends[order], at, side="right")
    return np.asarray(slopes[place] * at - offsets[place])


def _log_times(values: Numbers) -> Numbers:
    """Return p log p, 0 at 0."""
    return np.asarray(values * np.log(np.maximum(values, _LEAST)))


def _binary(chance: float) -> float:
    """Return the entropy of a yes or no [bit]."""
    return -float(np.sum(_log_times(np.array([chance, 1.0 - chance])))) / math.log(2.0)


def _turned(angle_deg: Numbers) -> Numbers:
    return np.asarray((angle_deg + _HALF_TURN_DEG) % _TURN_DEG - _HALF_TURN_DEG)
