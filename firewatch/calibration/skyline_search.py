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
_EDGE_DEG = 0.4  # from one zoom to the next a point at the picture's side turns by twice as much
_POINTS = 160
_AT_ONCE = 256
_SOFT_DEG = 0.4  # a column this far off counts half: trees and clouds are farther
_SURE_DEG = 0.1  # elevations uncertain by this count half
_ROUNDS = 3  # of weighing down what does not fit
_LEAST_KNOWN = 0.6  # share of the columns for which the terrain knows a skyline
_APART_DEG = 2.0
_CANDIDATES = 10


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
    distance_m : ndarray, shape (n,)
        How far the ground that makes it is [m].
    """

    elevation_deg: Numbers
    spread_deg: Numbers
    distance_m: Numbers

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
        distance = np.maximum(skyline.distance_m[order][is_known], 1.0)
        # Where one ridge hides behind the next there is no ground between the two.
        nearest = np.where(at - round_azimuth[after - 1] < round_azimuth[after] - at, after - 2, after - 1)
        far = distance[nearest % distance.size]
        spread = np.degrees(np.arctan(height_sigma_m / far))
        return cls(np.where(is_between, np.interp(at, round_azimuth, round_elevation), np.nan), spread, far)

    def at(self, azimuth_deg: Numbers) -> Numbers:
        """Return the elevations at azimuths, in their shape [deg]; NaN where the terrain does not know."""
        place = np.mod(azimuth_deg, 360.0) / _STEP_DEG
        before = np.floor(place).astype(np.intp)
        part = place - before
        size = self.elevation_deg.size
        lower, upper = self.elevation_deg[before % size], self.elevation_deg[(before + 1) % size]
        return np.asarray(lower + part * (upper - lower), np.float64)

    def apart(self, seen: SeenLine, pose: Numbers, scale: Numbers) -> Numbers:
        """Return how far the seen points lie above this skyline, shape (n,), a degree being `scale` rows [px]."""
        azimuth, elevation = seen.directions(pose)
        return np.asarray((elevation - self.at(azimuth)) * scale, np.float64)

    def distance_at(self, azimuth_deg: Numbers) -> Numbers:
        """Return how far the ground at azimuths is, in their shape [m]."""
        place = np.round(np.mod(azimuth_deg, 360.0) / _STEP_DEG).astype(np.intp)
        return self.distance_m[place % self.distance_m.size]

    def spread_at(self, azimuth_deg: Numbers) -> Numbers:
        """Return how far the elevations at azimuths may be off, standard deviation, in their shape [deg]."""
        place = np.round(np.mod(azimuth_deg, 360.0) / _STEP_DEG).astype(np.intp)
        return self.spread_deg[place % self.spread_deg.size]


def likely_poses(seen: SeenLine, ring: Ring, start: Numbers, search: Search) -> Numbers:
    """Return poses from which the seen skyline may have been taken, the most likely first, shape (k, 4).

    For every azimuth and some zooms the seen line is laid on the predicted one; tilt and roll are fitted to first
    order, and weighed anew so that trees and clouds do not count. Each pose is a valley of the cost over azimuth and
    zoom together: with a wide lens a wrong zoom and a wrong azimuth make up for each other.

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
    level = _levelled(thin, ring, start, search)
    half = np.radians(seen.hfov_deg(0.0)) / 2.0
    step = np.radians(_EDGE_DEG) / max(float(np.sin(half) * np.cos(half)), 0.1)
    zooms = np.unique(np.append(np.arange(-search.hfov_share, search.hfov_share + 1e-9, step), 0.0))
    laid = [_laid_on(ring, np.append(level[:3], zoom), thin, turns, search) for zoom in zooms]
    cost, line = np.stack([each[0] for each in laid]), np.stack([each[1] for each in laid])
    zoom_of, turn_of = _valleys(cost, is_round=search.azimuth_deg > 180.0 - _TURN_DEG)
    shift = line[zoom_of, turn_of]
    poses = level + np.column_stack([turns[turn_of], shift[:, 0], -shift[:, 1], zooms[zoom_of]])
    poses[:, 1] = start[1] + np.clip(poses[:, 1] - start[1], -search.tilt_deg, search.tilt_deg)
    return np.asarray(poses, np.float64)


def _levelled(thin: SeenLine, ring: Ring, start: Numbers, search: Search) -> Numbers:
    """Return the start tilted so that the seen skyline is about as high as the predicted one: what is left is small."""
    off = float(np.nanmedian(ring.elevation_deg)) - float(np.median(thin.directions(start)[1]))
    most = search.tilt_deg
    return np.asarray(start + np.array([0.0, min(max(off, -most), most), 0.0, 0.0]), np.float64)


def _laid_on(ring: Ring, pose: Numbers, thin: SeenLine, turns: Numbers, search: Search) -> tuple[Numbers, Numbers]:
    """Return the cost (turns,) and the fitted tilt and roll (turns, 2) [deg] of a seen line at each turn."""
    azimuth, elevation = thin.directions(pose)
    aside = np.radians(azimuth - pose[0])
    forms = np.stack([np.cos(aside), np.sin(aside)])
    cost, line = np.empty(turns.size), np.empty((turns.size, 2))
    for first in range(0, turns.size, _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        looked = azimuth[None, :] + turns[part, None]
        apart = ring.at(looked) - elevation[None, :]
        is_known = np.isfinite(apart)
        sure = thin.weight[None, :] / (1.0 + np.square(ring.spread_at(looked) / _SURE_DEG))
        apart, given = np.where(is_known, apart, 0.0), np.where(is_known, sure, 0.0)
        weight, fitted = given, np.zeros((len(apart), 2))
        for _ in range(_ROUNDS):
            fitted = _tilted(apart, weight, forms, search)
            off = np.square((apart - fitted @ forms) / _SOFT_DEG)
            weight = given / np.square(1.0 + off)
        total = given.sum(axis=1)
        is_enough = is_known.mean(axis=1) >= _LEAST_KNOWN
        cost[part] = np.where(is_enough, (given * off / (1.0 + off)).sum(axis=1) / np.maximum(total, 1e-9), np.inf)
        line[part] = fitted
    return cost, line


def _tilted(apart: Numbers, weight: Numbers, forms: Numbers, search: Search) -> Numbers:
    """Return the tilt and roll, shape (turns, 2) [deg], that take rows of differences away, within the search.

    A camera tilted by an angle raises what is seen ahead by it, and what is seen aside by its cosine; rolled, by its
    sine.
    """
    ahead, aside = forms
    one, both, other = weight @ np.square(ahead), weight @ (ahead * aside), weight @ np.square(aside)
    first, second = (weight * apart) @ ahead, (weight * apart) @ aside
    whole = np.maximum(one * other - np.square(both), 1e-12)
    roll = np.clip((one * second - both * first) / whole, -search.roll_deg, search.roll_deg)
    tilt = (first - both * roll) / np.maximum(one, 1e-9)
    return np.stack([np.clip(tilt, -2.0 * search.tilt_deg, 2.0 * search.tilt_deg), roll], axis=1)


def _valleys(cost: Numbers, *, is_round: bool) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the places (zoom, turn) whose cost is not above that of any neighbour, the lowest first."""
    padded = np.pad(cost, ((1, 1), (0, 0)), constant_values=np.inf)
    padded = (
        np.pad(padded, ((0, 0), (1, 1)), mode="wrap")
        if is_round
        else np.pad(padded, ((0, 0), (1, 1)), constant_values=np.inf)
    )
    around = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).min(axis=(2, 3))
    zoom, turn = np.nonzero(np.isfinite(cost) & (cost <= around))
    order = np.argsort(cost[zoom, turn], kind="stable")[:_CANDIDATES]
    return zoom[order], turn[order]
