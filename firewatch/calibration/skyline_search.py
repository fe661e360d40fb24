"""Where round the whole circle a seen skyline may belong: the coarse search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.checks import require_between
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.calibration.pose import SeenLine
    from firewatch.terrain import Skyline

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Ring", "Search", "likely_poses"]

_STEP_DEG = 0.05  # of the ring of the predicted skyline: a wide lens shows a pixel as large
_TURN_DEG = 0.25  # of the coarse search: the valleys of its cost are a degree wide
_ZOOM_STEP = 0.025
_POINTS = 160
_AT_ONCE = 256
_SOFT_DEG = 0.4  # a column this far off counts half: trees and clouds are farther
_SURE_DEG = 0.1  # elevations uncertain by this count half
_ROUNDS = 3  # of weighing down what does not fit
_LEAST_KNOWN = 0.6  # share of the columns for which the terrain knows a skyline
_APART_DEG = 2.0
_CANDIDATES = 6


@dataclass(frozen=True, slots=True)
class Search:
    """How far the true pose may lie from the one that is known.

    Parameters
    ----------
    azimuth_deg : float
        To either side, above 0 to 180 (nothing known) [deg].
    tilt_deg, roll_deg : float
        To either side, above 0 to 45 [deg].
    hfov_share : float
        Share of the focal length to either side, 0 (known, from a chessboard) to 0.4.
    """

    azimuth_deg: float = 180.0
    tilt_deg: float = 15.0
    roll_deg: float = 8.0
    hfov_share: float = 0.15

    def __post_init__(self) -> None:
        require_between("azimuth searched to either side (deg)", self.azimuth_deg, 0.01, 180.0)
        require_between("tilt searched to either side (deg)", self.tilt_deg, 0.01, 45.0)
        require_between("roll searched to either side (deg)", self.roll_deg, 0.01, 45.0)
        require_between("share of the focal length searched", self.hfov_share, 0.0, 0.4)


@dataclass(frozen=True, slots=True, eq=False)
class Ring:
    """A predicted skyline at even steps round the circle.

    Parameters
    ----------
    elevation_deg : ndarray, shape (n,)
        From north eastward [deg]; NaN where the terrain does not know.
    spread_deg : ndarray, shape (n,)
        How far each elevation may be off, standard deviation [deg].
    """

    elevation_deg: Numbers
    spread_deg: Numbers

    @classmethod
    def of(cls, skyline: Skyline, height_sigma_m: float) -> Ring:
        """Return the ring of a skyline; between azimuths more than two degrees apart nothing is known.

        Parameters
        ----------
        skyline : Skyline
            What the terrain predicts.
        height_sigma_m : float
            How far its heights are off, trees and the camera's own height included, standard deviation [m]: a ridge at
            300 m then counts little beside one at 10 km.

        Raises
        ------
        InvalidValue
            If no two of its elevations are known.
        """
        order = np.argsort(np.mod(skyline.azimuth_deg, 360.0), kind="stable")
        azimuth, elevation = np.mod(skyline.azimuth_deg, 360.0)[order], skyline.elevation_deg[order]
        is_known = np.isfinite(elevation)
        if is_known.sum() < 2:  # noqa: PLR2004
            raise InvalidValue("predicted skyline", f"{int(is_known.sum())} known elevations", "at least two")
        azimuth, elevation = azimuth[is_known], elevation[is_known]
        round_azimuth = np.concatenate([azimuth[-1:] - 360.0, azimuth, azimuth[:1] + 360.0])
        round_elevation = np.concatenate([elevation[-1:], elevation, elevation[:1]])
        at = np.arange(0.0, 360.0, _STEP_DEG)
        after = np.clip(np.searchsorted(round_azimuth, at, side="left"), 1, round_azimuth.size - 1)
        is_between = round_azimuth[after] - round_azimuth[after - 1] <= _APART_DEG
        near = np.interp(at, azimuth, np.maximum(skyline.distance_m[order][is_known], 1.0), period=360.0)
        spread = np.degrees(np.arctan(height_sigma_m / near))
        return cls(np.where(is_between, np.interp(at, round_azimuth, round_elevation), np.nan), spread)

    def at(self, azimuth_deg: Numbers) -> Numbers:
        """Return the elevations at azimuths, in their shape [deg]; NaN where the terrain does not know."""
        place = np.mod(azimuth_deg, 360.0) / _STEP_DEG
        before = np.floor(place).astype(np.intp)
        part = place - before
        size = self.elevation_deg.size
        lower, upper = self.elevation_deg[before % size], self.elevation_deg[(before + 1) % size]
        return np.asarray(lower + part * (upper - lower), np.float64)

    def spread_at(self, azimuth_deg: Numbers) -> Numbers:
        """Return how far the elevations at azimuths may be off, standard deviation, in their shape [deg]."""
        place = np.round(np.mod(azimuth_deg, 360.0) / _STEP_DEG).astype(np.intp)
        return self.spread_deg[place % self.spread_deg.size]


def likely_poses(seen: SeenLine, ring: Ring, start: Numbers, search: Search) -> Numbers:
    """Return poses from which the seen skyline may have been taken, the most likely first, shape (k, 4).

    For every azimuth and some zooms the seen line is laid on the predicted one; tilt and roll shift and tilt it, which
    to first order is a straight line in the picture, fitted and weighed anew so that trees and clouds do not count.

    Parameters
    ----------
    seen : SeenLine
        The columns that count.
    ring : Ring
        The predicted skyline.
    start : ndarray, shape (4,)
        The pose that is known, and about which is searched.
    search : Search
        How far.
    """
    thin = seen.thinned(_POINTS)
    turns = np.arange(-search.azimuth_deg, search.azimuth_deg + 1e-9, min(_TURN_DEG, search.azimuth_deg / 8.0))
    zooms = np.unique(np.append(np.arange(-search.hfov_share, search.hfov_share + 1e-9, _ZOOM_STEP), 0.0))
    costs, lines = [], []
    for zoom in zooms:
        pose = np.array([start[0], start[1], start[2], zoom])
        azimuth, elevation = thin.directions(pose)
        cost, line = _laid_on(ring, azimuth, elevation, thin, turns, search)
        costs.append(cost)
        lines.append(line)
    cost, line = np.stack(costs), np.stack(lines)
    best = cost.argmin(axis=0)
    each = np.arange(turns.size)
    lowest, fitted = cost[best, each], line[best, each]
    poses = np.column_stack(
        [start[0] + turns, start[1] + fitted[:, 0], start[2] - np.degrees(np.arctan(fitted[:, 1])), zooms[best]]
    )
    return poses[_valleys(lowest, turns)]


def _laid_on(
    ring: Ring, azimuth: Numbers, elevation: Numbers, thin: SeenLine, turns: Numbers, search: Search
) -> tuple[Numbers, Numbers]:
    """Return the cost (turns,) and the fitted shift [deg] and slope (turns, 2) of a seen line at each turn."""
    along = np.degrees(np.arctan((thin.points[:, 0] - thin.width_px / 2.0) / (thin.lens.focal * thin.width_px)))
    cost, line = np.empty(turns.size), np.empty((turns.size, 2))
    for first in range(0, turns.size, _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        looked = azimuth[None, :] + turns[part, None]
        apart = ring.at(looked) - elevation[None, :]
        is_known = np.isfinite(apart)
        sure = thin.weight[None, :] / (1.0 + np.square(ring.spread_at(looked) / _SURE_DEG))
        apart, given = np.where(is_known, apart, 0.0), np.where(is_known, sure, 0.0)
        shift, slope = np.zeros(len(apart)), np.zeros(len(apart))
        weight = given
        for _ in range(_ROUNDS):
            shift, slope = _straight(apart, weight, along, search)
            off = np.square((apart - shift[:, None] - slope[:, None] * along[None, :]) / _SOFT_DEG)
            weight = given / np.square(1.0 + off)
        total = given.sum(axis=1)
        is_enough = is_known.mean(axis=1) >= _LEAST_KNOWN
        cost[part] = np.where(is_enough, (given * off / (1.0 + off)).sum(axis=1) / np.maximum(total, 1e-9), np.inf)
        line[part] = np.stack([shift, slope], axis=1)
    return cost, line


def _straight(apart: Numbers, weight: Numbers, along: Numbers, search: Search) -> tuple[Numbers, Numbers]:
    """Return the weighted straight lines through rows of differences: shift [deg] and slope, within the search."""
    total = np.maximum(weight.sum(axis=1), 1e-9)
    middle, mean = weight @ along / total, (weight * apart).sum(axis=1) / total
    spread = np.maximum(weight @ np.square(along) / total - np.square(middle), 1e-9)
    joint = ((weight * apart) @ along) / total - middle * mean
    most = np.tan(np.radians(search.roll_deg))
    slope = np.clip(joint / spread, -most, most)
    return np.clip(mean - slope * middle, -search.tilt_deg, search.tilt_deg), slope


def _valleys(cost: Numbers, turns: Numbers) -> npt.NDArray[np.intp]:
    """Return the places of the lowest costs, at least two degrees apart (a tenth of a short search), lowest first."""
    apart = min(_APART_DEG, (turns[-1] - turns[0]) / 20.0)
    found: list[int] = []
    for place in np.argsort(cost, kind="stable"):
        if not np.isfinite(cost[place]) or len(found) == _CANDIDATES:
            break
        if all(_gap_deg(turns[place], turns[other]) >= apart for other in found):
            found.append(int(place))
    return np.asarray(found, np.intp)


def _gap_deg(first: float, second: float) -> float:
    return abs((first - second + 180.0) % 360.0 - 180.0)
