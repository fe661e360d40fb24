"""Where rays agree on a plane: many sets of rays of one size at once, by least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from firewatch.fusion.sheet import Sheet

__all__ = ["Flags", "Floats", "Ints", "PlaneFit", "first_guess", "fit", "turn_to"]

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
Ints = np.ndarray[tuple[int, ...], np.dtype[np.intp]]

# Nearer to a mast than this an azimuth means nothing [m].
_NEAREST_M = 1.0
# Keeps a length of nothing from dividing [m].
_LEAST_M = 1e-9
# Gauss-Newton from a crossing settles to metres in three steps.
_ROUNDS = 3
# A determinant below this share of the squared trace is rounding.
_SINGULAR = 1e-12
# Stands for a variance without end: finite, so that arithmetic with it is no error.
_BOUNDLESS_M2 = 1e24


@dataclass(frozen=True, slots=True)
class PlaneFit:
    """Where m sets of k rays agree.

    Parameters
    ----------
    at : array (m, 2)
        East and north [m].
    variance : array (m, 3)
        Of that place: east, both, north [m2].
    away_m : array (m, k)
        From each mast to it [m].
    turns : array (m, k)
        Each ray's direction less that of the place [rad].
    chi_square : array (m,)
        Sum of the squared turns in their standard deviations.
    """

    at: Floats
    variance: Floats
    away_m: Floats
    turns: Floats
    chi_square: Floats

    @property
    def root_determinant_m2(self) -> Floats:
        """The area of the error, (m,): the root of the variance's determinant [m2]."""
        east, both, north = self.variance.T
        area: Floats = np.sqrt(np.maximum(0.0, east * north - both * both))
        return area

    @property
    def major_m(self) -> Floats:
        """The longer semi-axis of the error, (m,) [m]."""
        east, both, north = self.variance.T
        major: Floats = np.sqrt((east + north) / 2.0 + np.hypot((east - north) / 2.0, both))
        return major

    @property
    def is_bounded(self) -> Flags:
        """Whether the error has an end, (m,)."""
        bounded: Flags = self.variance[:, 0] < _BOUNDLESS_M2
        return bounded

    def only(self, kept: Flags) -> PlaneFit:
        """Return the sets that a mask of length m names."""
        return PlaneFit(self.at[kept], self.variance[kept], self.away_m[kept], self.turns[kept], self.chi_square[kept])


def fit(sheet: Sheet, members: Ints, start: Floats, rounds: int = _ROUNDS) -> PlaneFit:
    """Return where sets of rays agree.

    Parameters
    ----------
    sheet : Sheet
        The rays.
    members : array (m, k)
        Places of the rays on it.
    start : array (m, 2)
        A first guess: east and north [m].
    rounds : int
        Steps of Gauss and Newton on the turns, each weighted by its standard deviation.

    Returns
    -------
    PlaneFit
        Where the rays are parallel its `is_bounded` is false.

    Notes
    -----
    A plane, not the ellipsoid: within the reach of cameras they differ by metres. `firewatch.fusion.cross` has the last
    word on every position that is shown.
    """
    bundle = _Bundle.of(sheet, members)
    east, north = start.T
    for _ in range(rounds):
        move_east, move_north = _step(bundle.rows(east, north))
        east, north = east + move_east, north + move_north
    rows = bundle.rows(east, north)
    ee, en, nn = rows.normal()
    determinant = ee * nn - en * en
    sound = determinant > _SINGULAR * (ee + nn) ** 2
    safe = np.where(sound, determinant, 1.0)
    variance = np.where(sound[:, None], np.column_stack([nn, -en, ee]) / safe[:, None], _BOUNDLESS_M2)
    turns, chi_square = rows.standard * bundle.sigma, np.sum(rows.standard**2, axis=0)
    return PlaneFit(np.column_stack([east, north]), variance, rows.away_m.T, turns.T, chi_square)


def turn_to(ahead: tuple[Floats, Floats], leg: tuple[Floats, Floats]) -> Floats:
    """Return by how much directions, as unit vectors (east, north), turn beyond others, [-pi, pi] [rad]."""
    turn: Floats = np.arctan2(ahead[0] * leg[1] - ahead[1] * leg[0], ahead[0] * leg[0] + ahead[1] * leg[1])
    return turn


def first_guess(sheet: Sheet, members: Ints) -> Floats:
    """Return the points nearest to all lines of sets (m, k), the second time weighted by how far they lie, (m, 2)."""
    bundle = _Bundle.of(sheet, members)
    right_east, right_north = bundle.ahead_north, -bundle.ahead_east
    offset_m = right_east * bundle.east_m + right_north * bundle.north_m
    weight = bundle.sigma**-2
    for _ in range(2):
        weighted_east, weighted_north = weight * right_east, weight * right_north
        ee, nn = np.sum(weighted_east * right_east, axis=0), np.sum(weighted_north * right_north, axis=0)
        en = np.sum(weighted_east * right_north, axis=0)
        e, n = np.sum(weighted_east * offset_m, axis=0), np.sum(weighted_north * offset_m, axis=0)
        determinant = np.maximum(1e-300, ee * nn - en * en)
        east, north = (nn * e - en * n) / determinant, (ee * n - en * e) / determinant
        away_m2 = np.maximum(_NEAREST_M, (east - bundle.east_m) ** 2 + (north - bundle.north_m) ** 2)
        weight = 1.0 / (bundle.sigma**2 * away_m2)
    return np.column_stack([east, north])


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Each ray's equation, (k, m): slopes to the east and north, its turn in standard deviations, and its length."""

    slope_east: Floats
    slope_north: Floats
    standard: Floats
    away_m: Floats

    def normal(self) -> tuple[Floats, Floats, Floats]:
        """Return the normal matrices, (m,) each: east, both, north."""
        return (
            np.sum(self.slope_east * self.slope_east, axis=0),
            np.sum(self.slope_east * self.slope_north, axis=0),
            np.sum(self.slope_north * self.slope_north, axis=0),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Bundle:
    """Sets of rays as arrays (k, m): sums over a set then run along the long axis."""

    east_m: Floats
    north_m: Floats
    ahead_east: Floats
    ahead_north: Floats
    sigma: Floats

    @classmethod
    def of(cls, sheet: Sheet, members: Ints) -> _Bundle:
        which = np.ascontiguousarray(members.T)
        ahead_east, ahead_north = np.sin(sheet.azimuth), np.cos(sheet.azimuth)
        each = (sheet.at[:, 0], sheet.at[:, 1], ahead_east, ahead_north, sheet.sigma)
        return cls(*(of_rays[which] for of_rays in each))

    def rows(self, east_m: Floats, north_m: Floats) -> _Rows:
        """Return the equations at places (m,)."""
        leg_east, leg_north = east_m - self.east_m, north_m - self.north_m
        length_m = np.sqrt(leg_east * leg_east + leg_north * leg_north)
        away_m = np.maximum(_NEAREST_M, length_m)
        standard = turn_to((self.ahead_east, self.ahead_north), (leg_east, leg_north)) / self.sigma
        # A place on the mast itself lies in no direction.
        slope = 1.0 / (away_m * self.sigma * np.maximum(_LEAST_M, length_m))
        return _Rows(slope * leg_north, -slope * leg_east, standard, away_m)


def _step(rows: _Rows) -> tuple[Floats, Floats]:
    """Return how far to the east and north the equations move each place [m]."""
    ee, en, nn = rows.normal()
    east, north = np.sum(rows.slope_east * rows.standard, axis=0), np.sum(rows.slope_north * rows.standard, axis=0)
    determinant = ee * nn - en * en
    sound = determinant > _SINGULAR * (ee + nn) ** 2
    safe = np.where(sound, determinant, 1.0)
    move_east, move_north = (nn * east - en * north) / safe, (ee * north - en * east) / safe
    # A first guess near a mast makes wild steps; a bounded one comes back.
    length_m = np.maximum(_NEAREST_M, np.hypot(move_east, move_north))
    bound = np.where(sound, np.minimum(1.0, 0.5 * rows.away_m.max(axis=0) / length_m), 0.0)
    return move_east * bound, move_north * bound
