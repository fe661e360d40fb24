"""Where the bearings of several towers cross."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_at_least, require_text
from firewatch.domain.geo import Bearing, ErrorEllipse, Fix, Position, difference_deg
from firewatch.errors import NoFixError
from firewatch.fusion.chi_square import chi_square_tail
from firewatch.geodesy import LocalPlane, PlanePoint, direct, inverse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.ids import TowerId

__all__ = [
    "BELIEVABLE_CHANCE",
    "LEAST_CROSSING_SIGMAS",
    "SAME_MAST_M",
    "CrossedFix",
    "Residual",
    "TowerBearing",
    "cross",
    "intersect",
]

# Cameras closer together than this look from one place: their crossing says nothing about range (Pyronear's issue 629:
# a pair on one mast was "triangulated"). The distance is theirs too: a design choice.
SAME_MAST_M = 100.0
# Bearings that would disagree this much only once in 10,000 fires are not of one smoke. Generous on purpose: masts sway
# and stated sigmas are optimistic, and a fire split in two costs an alarm too many. A design choice.
BELIEVABLE_CHANCE = 1e-4
# Bearings that cross at less than this many of their common sigmas have no useful end to their error: parallel.
LEAST_CROSSING_SIGMAS = 3.0
# A determinant below this share of the squared trace is rounding (bearings within 0.0001 deg of each other).
_SINGULAR = 1e-12
_SIDEWAYS_DEG = 90.0
_MOST_ROUNDS = 40
_CLOSE_M = 1e-3
# At less than this from a tower an azimuth means nothing and its slope overflows.
_NEAREST_M = 1.0


@dataclass(frozen=True, slots=True)
class TowerBearing:
    """A direction in which one tower sees smoke.

    Parameters
    ----------
    tower_id : TowerId
        The tower, for reasons and residuals.
    position : Position
        Where its camera stands.
    bearing : Bearing
        True azimuth with its standard deviation.
    """

    tower_id: TowerId
    position: Position
    bearing: Bearing

    def __post_init__(self) -> None:
        require_text("tower", self.tower_id, 64)


@dataclass(frozen=True, slots=True)
class Residual:
    """By how much one tower disagrees with a fix.

    Parameters
    ----------
    tower_id : TowerId
        The tower.
    turn_deg : float
        Its bearing less the azimuth of the fix: positive where it points to the right of it [deg].
    distance_m : float
        From the tower to the fix [m].
    sigmas : float
        `turn_deg` in its standard deviations.
    """

    tower_id: TowerId
    turn_deg: float
    distance_m: float
    sigmas: float


@dataclass(frozen=True, slots=True)
class CrossedFix:
    """A fix that can be opened to see what it was made of.

    Parameters
    ----------
    fix : Fix
        Most likely position with its 1-sigma ellipse.
    chi_square : float
        Sum of the squared `sigmas` of the residuals.
    freedom : int
        Bearings less 2: with two bearings nothing is left over to disagree.
    residuals : tuple of Residual
        One for each bearing, in the order given.
    """

    fix: Fix
    chi_square: float
    freedom: int
    residuals: tuple[Residual, ...]


@dataclass(slots=True)
class _NormalEquations:
    """Least squares for two unknowns, east and north [m], one standardised row at a time."""

    ee: float = 0.0
    en: float = 0.0
    nn: float = 0.0
    east: float = 0.0
    north: float = 0.0

    def add(self, slope_east: float, slope_north: float, value: float) -> None:
        """Add a row: slopes times the unknowns should give the value."""
        self.ee += slope_east * slope_east
        self.en += slope_east * slope_north
        self.nn += slope_north * slope_north
        self.east += slope_east * value
        self.north += slope_north * value

    @property
    def determinant(self) -> float:
        return self.ee * self.nn - self.en * self.en

    @property
    def is_singular(self) -> bool:
        """Whether all rows look the same way to within rounding."""
        return self.determinant <= _SINGULAR * (self.ee + self.nn) ** 2

    def solve(self) -> PlanePoint:
        """Return the unknowns."""
        east = (self.nn * self.east - self.en * self.north) / self.determinant
        north = (self.ee * self.north - self.en * self.east) / self.determinant
        return PlanePoint(east, north)

    def ellipse(self) -> ErrorEllipse:
        """Return the covariance, the inverse of the normal matrix, as a 1-sigma ellipse."""
        east, north, both = self.nn / self.determinant, self.ee / self.determinant, -self.en / self.determinant
        middle, reach = (east + north) / 2.0, math.hypot((east - north) / 2.0, both)
        # Half the angle of the double-angle vector; clockwise from north, so north comes first.
        azimuth_deg = math.degrees(math.atan2(2.0 * both, north - east)) / 2.0 % 180.0
        minor_m = math.sqrt(max(0.0, middle - reach))
        return ErrorEllipse(math.sqrt(middle + reach), minor_m, azimuth_deg if azimuth_deg < 180.0 else 0.0)  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class _Step:
    """What the bearings say at one position."""

    equations: _NormalEquations
    residuals: tuple[Residual, ...]
    arrivals_deg: tuple[float, ...]


def intersect(bearings: Sequence[TowerBearing], at_most_m: float = 40_000.0) -> Fix:
    """Locate a smoke where the bearings from several towers cross.

    Parameters
    ----------
    bearings : sequence of TowerBearing, length n >= 2
        True azimuth [deg] and its standard deviation [deg], with the tower's position.
    at_most_m : float
        Longest believable range from any tower [m].

    Returns
    -------
    Fix
        Most likely position and its 1-sigma error ellipse.

    Raises
    ------
    NoFixError
        As `cross`.
    """
    return cross(bearings, at_most_m).fix


def cross(bearings: Sequence[TowerBearing], at_most_m: float = 40_000.0) -> CrossedFix:
    """Locate a smoke and keep the residuals.

    Gauss-Newton on the standardised differences between each bearing and the geodesic azimuth from its tower, on the
    WGS 84 ellipsoid. The ellipse is the inverse of the normal matrix: the bearings' own errors carried through, not
    enlarged by the residuals.

    Parameters
    ----------
    bearings : sequence of TowerBearing, length n >= 2
        True azimuth [deg] and its standard deviation [deg], with the tower's position.
    at_most_m : float
        Longest believable range from any tower [m].

    Returns
    -------
    CrossedFix
        Position, ellipse, chi-square and each tower's residual.

    Raises
    ------
    NoFixError
        If all bearings come from one place, are parallel within their error, cross behind a tower or beyond
        `at_most_m`, or disagree by more than chance allows (chi-square, 1 in 10,000).
    InvalidValue
        If `at_most_m` is not above 0.

    References
    ----------
    .. [1] Stansfield (1947), Statistical theory of D.F. fixing, J. IEE 94 (IIIA), 762-770.
    """
    require_at_least("longest range (m)", at_most_m, _NEAREST_M)
    _require_two_places(bearings)
    at, step = _converge(bearings, _start(bearings), at_most_m)
    _require_believable(bearings, step, at_most_m)
    freedom = len(bearings) - 2
    return CrossedFix(Fix(at, step.equations.ellipse()), _chi_square(step.residuals), freedom, step.residuals)


def _converge(bearings: Sequence[TowerBearing], start: Position, at_most_m: float) -> tuple[Position, _Step]:
    at, step = start, _look_from(bearings, start)
    first = step
    for _ in range(_MOST_ROUNDS):
        if step.equations.is_singular:
            raise NoFixError(_names(bearings), "the bearings are parallel")
        move = step.equations.solve()
        length_m = math.hypot(move.east_m, move.north_m)
        if length_m < _CLOSE_M:
            return at, step
        # A first guess near a tower makes wild steps; a bounded one comes back.
        azimuth_deg = math.degrees(math.atan2(move.east_m, move.north_m))
        at = direct(at, azimuth_deg, min(length_m, at_most_m / 4.0))
        step = _look_from(bearings, at)
    # Where lines meet behind a tower its azimuth is half a turn off and no position mends that.
    _require_ahead(bearings, first)
    raise NoFixError(_names(bearings), "the bearings pull the position to and fro: they are not of one smoke")


def _names(bearings: Sequence[TowerBearing]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(b.tower_id for b in bearings))


def _require_two_places(bearings: Sequence[TowerBearing]) -> None:
    first = bearings[0].position if bearings else None
    if first is None or all(inverse(first, b.position).distance_m < SAME_MAST_M for b in bearings):
        raise NoFixError(_names(bearings), f"two places at least {SAME_MAST_M:g} m apart are needed")


def _start(bearings: Sequence[TowerBearing]) -> Position:
    """Return the point nearest to all lines on a plane, the second time weighted by how far it lies."""
    plane = LocalPlane(bearings[0].position)
    feet = [plane.project(b.position) for b in bearings]
    grid = [math.radians(plane.grid_azimuth_deg(b.position, b.bearing.azimuth_deg)) for b in bearings]
    distances_m = [1.0] * len(bearings)
    for _ in range(2):
        equations = _NormalEquations()
        for b, foot, azimuth, distance_m in zip(bearings, feet, grid, distances_m, strict=True):
            error_m = b.bearing.sigma_deg * distance_m
            right_east, right_north = math.cos(azimuth) / error_m, -math.sin(azimuth) / error_m
            equations.add(right_east, right_north, right_east * foot.east_m + right_north * foot.north_m)
        if equations.is_singular:
            raise NoFixError(_names(bearings), "the bearings are parallel")
        point = equations.solve()
        distances_m = [_distance_m(point, foot) for foot in feet]
    return plane.unproject(point)


def _distance_m(point: PlanePoint, foot: PlanePoint) -> float:
    return max(_NEAREST_M, math.hypot(point.east_m - foot.east_m, point.north_m - foot.north_m))


def _look_from(bearings: Sequence[TowerBearing], at: Position) -> _Step:
    equations, residuals, arrivals = _NormalEquations(), [], []
    for b in bearings:
        leg = inverse(b.position, at)
        distance_m = max(_NEAREST_M, leg.distance_m)
        turn_deg = difference_deg(b.bearing.azimuth_deg, leg.azimuth_deg)
        sigmas = turn_deg / b.bearing.sigma_deg
        # Moving to the right of the line of sight turns the azimuth by one radian a distance: the reduced length,
        # which is shorter by s**2 / (6 R**2), 7 parts in a million at 40 km.
        right = math.radians(leg.arrival_azimuth_deg)
        slope = 1.0 / (distance_m * math.radians(b.bearing.sigma_deg))
        equations.add(slope * math.cos(right), -slope * math.sin(right), sigmas)
        residuals.append(Residual(b.tower_id, turn_deg, leg.distance_m, sigmas))
        arrivals.append(leg.arrival_azimuth_deg)
    return _Step(equations, tuple(residuals), tuple(arrivals))


def _require_ahead(bearings: Sequence[TowerBearing], step: _Step) -> None:
    for residual in step.residuals:
        if abs(residual.turn_deg) > _SIDEWAYS_DEG:
            raise NoFixError(_names(bearings), f"they cross behind {residual.tower_id}")


def _require_believable(bearings: Sequence[TowerBearing], step: _Step, at_most_m: float) -> None:
    names = _names(bearings)
    _require_ahead(bearings, step)
    for residual in step.residuals:
        if residual.distance_m > at_most_m:
            away_km, most_km = residual.distance_m / 1000.0, at_most_m / 1000.0
            why = f"they cross {away_km:.1f} km from {residual.tower_id}, beyond {most_km:g} km"
            raise NoFixError(names, why)
    if all(_crossing_sigmas(bearings, step, i, j) < LEAST_CROSSING_SIGMAS for i, j in _pairs(len(bearings))):
        raise NoFixError(names, "the bearings are parallel within their error")
    freedom, chi_square = len(bearings) - 2, _chi_square(step.residuals)
    if freedom and chi_square_tail(chi_square, freedom) < BELIEVABLE_CHANCE:
        worst = max(step.residuals, key=lambda residual: abs(residual.sigmas))
        why = f"they disagree (chi-square {chi_square:.1f}); {worst.tower_id} is {worst.turn_deg:+.1f} deg off"
        raise NoFixError(names, why)


def _pairs(count: int) -> combinations[tuple[int, int]]:
    return combinations(range(count), 2)


def _crossing_sigmas(bearings: Sequence[TowerBearing], step: _Step, i: int, j: int) -> float:
    """Return the angle at which two lines of sight meet, in their common standard deviation."""
    turn = math.radians(difference_deg(step.arrivals_deg[i], step.arrivals_deg[j]))
    angle_deg = math.degrees(math.asin(abs(math.sin(turn))))
    return angle_deg / math.hypot(bearings[i].bearing.sigma_deg, bearings[j].bearing.sigma_deg)


def _chi_square(residuals: Sequence[Residual]) -> float:
    return math.fsum(residual.sigmas**2 for residual in residuals)
