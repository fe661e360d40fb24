"""Where rays agree on a plane: many sets of rays of one size at once, by least squares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from firewatch.fusion.sheet import Sheet

__all__ = ["Floats", "Ints", "PlaneFit", "fit", "wrap"]

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Ints = np.ndarray[tuple[int, ...], np.dtype[np.intp]]

# Nearer to a mast than this an azimuth means nothing [m].
_NEAREST_M = 1.0
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
        return np.sqrt(np.maximum(0.0, east * north - both * both))

    @property
    def major_m(self) -> Floats:
        """The longer semi-axis of the error, (m,) [m]."""
        east, both, north = self.variance.T
        return np.sqrt((east + north) / 2.0 + np.hypot((east - north) / 2.0, both))

    @property
    def is_bounded(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Whether the error has an end, (m,)."""
        bounded: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = self.variance[:, 0] < _BOUNDLESS_M2
        return bounded

    def only(self, kept: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> PlaneFit:
        """Return the sets that a mask of length m names."""
        return PlaneFit(self.at[kept], self.variance[kept], self.away_m[kept], self.turns[kept], self.chi_square[kept])


def wrap(angle: Floats) -> Floats:
    """Return the same angles in [-pi, pi) [rad]."""
    wrapped: Floats = (angle + math.pi) % (2.0 * math.pi) - math.pi
    return wrapped


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
    foot, azimuth, sigma = sheet.at[members], sheet.azimuth[members], sheet.sigma[members]
    at = start
    for _ in range(rounds):
        rows = _rows(at, foot, azimuth, sigma)
        at = at + _step(rows)
    leg_rows = _rows(at, foot, azimuth, sigma)
    slope_east, slope_north, standard, away_m = leg_rows
    ee, en, nn = _normal(slope_east, slope_north)
    determinant = ee * nn - en * en
    sound = determinant > _SINGULAR * (ee + nn) ** 2
    safe = np.where(sound, determinant, 1.0)
    variance = np.where(sound[:, None], np.column_stack([nn, -en, ee]) / safe[:, None], _BOUNDLESS_M2)
    return PlaneFit(at, variance, away_m, standard * sigma, np.sum(standard**2, axis=1))


def _rows(at: Floats, foot: Floats, azimuth: Floats, sigma: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return each ray's equation: slopes to the east and north, its turn in standard deviations, and its length."""
    leg = at[:, None, :] - foot
    away_m = np.maximum(_NEAREST_M, np.hypot(leg[..., 0], leg[..., 1]))
    towards = np.arctan2(leg[..., 0], leg[..., 1])
    slope = 1.0 / (away_m * sigma)
    return slope * np.cos(towards), -slope * np.sin(towards), wrap(azimuth - towards) / sigma, away_m


def _normal(slope_east: Floats, slope_north: Floats) -> tuple[Floats, Floats, Floats]:
    return (
        np.sum(slope_east * slope_east, axis=1),
        np.sum(slope_east * slope_north, axis=1),
        np.sum(slope_north * slope_north, axis=1),
    )


def _step(rows: tuple[Floats, Floats, Floats, Floats]) -> Floats:
    slope_east, slope_north, standard, away_m = rows
    ee, en, nn = _normal(slope_east, slope_north)
    east, north = np.sum(slope_east * standard, axis=1), np.sum(slope_north * standard, axis=1)
    determinant = ee * nn - en * en
    sound = determinant > _SINGULAR * (ee + nn) ** 2
    safe = np.where(sound, determinant, 1.0)
    move = np.column_stack([nn * east - en * north, ee * north - en * east]) / safe[:, None]
    # A first guess near a mast makes wild steps; a bounded one comes back.
    length_m = np.maximum(_NEAREST_M, np.hypot(move[:, 0], move[:, 1]))
    bound = np.minimum(1.0, 0.5 * away_m.max(axis=1) / length_m)
    stepped: Floats = np.where(sound[:, None], move * bound[:, None], 0.0)
    return stepped
