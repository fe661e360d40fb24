"""The pose that lays a seen skyline on the predicted one: robust least squares, with an error that knows its doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.calibration.pose import SeenLine
    from firewatch.calibration.skyline_search import Ring, Search

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Fitted", "correlated", "fit_pose", "known_sigmas", "slopes_of"]

_STEPS = np.array([0.02, 0.02, 0.02, 2e-4])  # of the differences: degrees, and a share of the focal length
_TUKEY = 4.685  # times sigma: 95 % efficient where nothing is wrong (Beaton and Tukey 1974)
_LEAST_SIGMA_PX = 0.5
_ROW_PX = 1.0  # how well a column's row is known; beside it stands what the terrain does not know
_ROUNDS = 15
_SETTLED_DEG = 1e-3
_BEYOND = 2.0  # the ranges that are searched count as so many sigmas
_LEAST_POINTS = 12
_LONGEST = 0.25  # of the line: correlations of residuals are looked at up to this distance


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """One pose, fitted.

    Parameters
    ----------
    pose : ndarray, shape (4,)
        Azimuth, tilt, roll [deg] and zoom.
    covariance : ndarray, shape (4, 4)
        Of the pose [deg^2, share]; residuals that hang together from column to column count as fewer.
    apart_px : ndarray, shape (n,)
        Seen less predicted, in rows, of every point [px], less by as much as the terrain is unsure there; NaN where it
        knows no skyline.
    sigma_px : float
        Robust standard deviation of them [px].
    is_near : ndarray, shape (n,), bool
        Which points fit: within the range of Tukey's weights.
    relief_px : float
        How much the predicted skyline stands out from a straight line over the points that fit, rms, weighed likewise
        [px].
    sure : ndarray, shape (n,)
        That weight, 0 to 1 where the terrain is as good as exact.
    """

    pose: Numbers
    covariance: Numbers
    apart_px: Numbers
    sigma_px: float
    is_near: npt.NDArray[np.bool_]
    relief_px: float
    sure: Numbers

    @property
    def rms_px(self) -> float:
        """Root mean square of the residuals of the points that fit, in whole rows [px]."""
        return _rms((self.apart_px / self.sure)[self.is_near])

    @property
    def weighed_px(self) -> float:
        """The same, less where the terrain is unsure [px]."""
        return _rms(self.apart_px[self.is_near])

    def cost(self, sigma_px: float) -> float:
        """Return the mean of what each point costs at a given sigma, at most 1, by how sure the terrain is there."""
        known = np.isfinite(self.apart_px)
        off = np.square(np.where(known, self.apart_px, 1e9) / (3.0 * sigma_px))
        weight = np.square(self.sure) + 1e-6
        return float((weight * off / (1.0 + off)).sum() / weight.sum())


def fit_pose(seen: SeenLine, ring: Ring, start: Numbers, prior: Numbers, search: Search) -> Fitted:
    """Return the pose of least squares near a start.

    Weights of Tukey, whose sigma is the median's of the residuals and shrinks from round to round; steps by Levenberg
    and Marquardt. What is known beforehand counts as one observation each: tilt and roll to half the searched range,
    the focal length likewise; the azimuth not at all.

    Parameters
    ----------
    seen : SeenLine
        The columns that count.
    ring : Ring
        The predicted skyline.
    start : ndarray, shape (4,)
        Where to begin.
    prior : ndarray, shape (4,)
        The pose known beforehand.
    search : Search
        How far the truth may lie from it.
    """
    scale = _scale(seen, ring, start)
    known = known_sigmas(search)
    pose, damping = start.astype(np.float64), 1e-3
    apart = ring.apart(seen, pose, scale)
    for _ in range(_ROUNDS):
        sigma = _sigma(apart, seen.weight)
        weight = _weights(apart, seen.weight, sigma)
        normal, gradient = _normal_equations(seen, ring, pose, scale, weight / sigma**2, apart)
        normal[np.diag_indices(4)] += known
        gradient -= known * (pose - prior)
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), gradient)
        tried = ring.apart(seen, pose + step, scale)
        if _loss(tried, seen.weight, sigma, known, pose + step - prior) <= _loss(
            apart, seen.weight, sigma, known, pose - prior
        ):
            pose, apart, damping = pose + step, tried, damping / 5.0
            if np.abs(step * (1.0, 1.0, 1.0, 50.0)).max() < _SETTLED_DEG:
                break
        else:
            damping = min(1e6, damping * 10.0)
    return _finished(seen, ring, pose, scale, known)


def _scale(seen: SeenLine, ring: Ring, pose: Numbers) -> Numbers:
    """Return what a degree of elevation weighs at each point: its rows, less where the terrain is unsure [px]."""
    rows = np.abs(seen.px_per_deg(pose))
    unsure = ring.spread_at(seen.directions(pose)[0]) * rows
    return np.asarray(rows / np.sqrt(1.0 + np.square(unsure / _ROW_PX)), np.float64)


def _finished(seen: SeenLine, ring: Ring, pose: Numbers, scale: Numbers, known: Numbers) -> Fitted:
    """Return the fitted pose with its covariance."""
    apart = ring.apart(seen, pose, scale)
    sigma = _sigma(apart, seen.weight)
    weight = _weights(apart, seen.weight, sigma)
    is_near = weight > 0.0
    together = correlated(np.where(is_near, apart, np.nan))
    normal, _ = _normal_equations(seen, ring, pose, scale, weight / sigma**2 / together, apart)
    normal[np.diag_indices(4)] += known
    covariance = np.asarray(np.linalg.inv(normal), np.float64)
    predicted = ring.at(seen.directions(pose)[0]) * scale
    relief = _relief(seen.points[is_near, 0], predicted[is_near])
    return Fitted(pose, covariance, apart, sigma, is_near, relief, scale / np.abs(seen.px_per_deg(pose)))


def _rms(values: Numbers) -> float:
    return float(np.sqrt(np.square(values).mean())) if values.size else float("inf")


def known_sigmas(search: Search) -> Numbers:
    """Return the inverse squares of what is known beforehand, shape (4,)."""
    zoom = max(search.hfov_share / _BEYOND, 1e-6)
    sigmas = np.array([np.inf, search.tilt_deg / _BEYOND, search.roll_deg / _BEYOND, zoom])
    return np.asarray(1.0 / np.square(sigmas), np.float64)


def slopes_of(seen: SeenLine, ring: Ring, pose: Numbers, scale: Numbers) -> Numbers:
    """Return how the residuals change with the pose, shape (n, 4) [px a degree, px a share]; 0 where unknown."""
    here = ring.apart(seen, pose, scale)
    moved = [ring.apart(seen, pose + each, scale) for each in np.diag(_STEPS)]
    slopes = (np.stack(moved, axis=1) - here[:, None]) / _STEPS
    return np.where(np.isfinite(slopes).all(axis=1)[:, None], slopes, 0.0)


def _normal_equations(
    seen: SeenLine, ring: Ring, pose: Numbers, scale: Numbers, weight: Numbers, apart: Numbers
) -> tuple[Numbers, Numbers]:
    slopes = slopes_of(seen, ring, pose, scale)
    is_known = np.isfinite(apart) & slopes.any(axis=1)
    slopes, apart = np.where(is_known[:, None], slopes, 0.0), np.where(is_known, apart, 0.0)
    weighted = slopes * np.where(is_known, weight, 0.0)[:, None]
    return weighted.T @ slopes, -weighted.T @ apart


def _sigma(apart: Numbers, weight: Numbers) -> float:
    """Return the standard deviation of residuals by their weighted median absolute value [px]."""
    known = np.isfinite(apart)
    size, weight = np.abs(apart[known]), weight[known]
    if not size.size:
        return float("inf")
    order = np.argsort(size)
    share = np.cumsum(weight[order])
    middle = size[order][int(np.searchsorted(share, share[-1] / 2.0))]
    return max(_LEAST_SIGMA_PX, 1.4826 * float(middle))


def _weights(apart: Numbers, given: Numbers, sigma: float) -> Numbers:
    part = np.clip(np.where(np.isfinite(apart), np.abs(apart) / (_TUKEY * sigma), 1.0), 0.0, 1.0)
    return np.asarray(given * np.square(1.0 - np.square(part)), np.float64)


def _loss(apart: Numbers, given: Numbers, sigma: float, known: Numbers, off: Numbers) -> float:
    part = np.clip(np.where(np.isfinite(apart), np.abs(apart) / (_TUKEY * sigma), 1.0), 0.0, 1.0)
    each = _TUKEY**2 / 6.0 * (1.0 - (1.0 - np.square(part)) ** 3)
    return float((given * each).sum() + 0.5 * (known * np.square(off)).sum())


def correlated(apart: Numbers) -> float:
    """Return how many neighbouring residuals count as one: one and twice the sum of their correlations, at least 1.

    The sum ends where it stops falling below zero, as for time series (Sokal 1997, Monte Carlo methods, sec. 3).
    """
    is_there = np.isfinite(apart)
    if is_there.sum() < _LEAST_POINTS:
        return float(max(1, is_there.sum()))
    filled = np.where(is_there, apart - apart[is_there].mean(), 0.0)
    variance = float(np.square(filled).sum()) / float(is_there.sum())
    total = 1.0
    for lag in range(1, max(2, int(_LONGEST * apart.size))):
        pairs = float((is_there[:-lag] & is_there[lag:]).sum())
        correlation = float(filled[:-lag] @ filled[lag:]) / max(pairs, 1.0) / max(variance, 1e-12)
        if correlation <= 0.0:
            break
        total += 2.0 * correlation
    return total


def _relief(across: Numbers, predicted: Numbers) -> float:
    """Return the rms of a line of rows about its straight line [px]."""
    if across.size < _LEAST_POINTS:
        return 0.0
    return float(np.std(predicted - np.polyval(np.polyfit(across, predicted, 1), across)))
