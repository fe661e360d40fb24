"""How likely a pose is, of all that a skyline allows: generalised least squares, and how far to believe its figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.calibration.skyline_errors import FREEDOM, HeightErrors, Residuals
from firewatch.calibration.skyline_fit import correlated, known_sigmas, slopes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.calibration.pose import SeenLine
    from firewatch.calibration.skyline_search import Ring, Search

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["FAR_DEG", "Chance", "Peak", "chance_of", "distinct", "likely_peak", "shares_of", "within"]

FAR_DEG = 0.5  # an azimuth off by more is a wrong one: 90 m at 10 km
_ROW_PX = 0.7  # a clear ridge is found to that
_FACTOR = math.log(2.0)  # a stated error may be half or twice as large, standard deviation
_ROUNDS = 14
_SETTLED_DEG = 2e-4
_LONGEST_STEP = np.array([0.5, 0.5, 0.5, 0.02])
_LEAST_BELIEF = 0.05
# A tree or a cloud may be anywhere within a hundred rows: no column costs more than that [log of rows].
_LOST = math.log(100.0 / math.sqrt(2.0 * math.pi))
_SAME = np.array([0.05, 0.1, 0.1, 2e-3])  # peaks nearer than this in all four are one


@dataclass(frozen=True, slots=True, eq=False)
class Peak:
    """A pose at which the likelihood is highest around.

    Parameters
    ----------
    pose : ndarray, shape (4,)
        Azimuth, tilt, roll [deg] and zoom.
    covariance : ndarray, shape (4, 4)
        By the curvature of the likelihood [deg^2, share].
    log_density : float
        Of the residuals and of what was known, less a constant.
    sizes : ndarray, shape (3,)
        Errors of a row [px], of the terrain's heights and of the camera's [m], as they show themselves.
    excess : float
        By how many factors of two the row's or the heights' error is larger than was to be expected.
    together : float
        How many neighbouring residuals count as one, though they were made independent; at least 1. More than 1 shows
        that they do not err as they are thought to.
    """

    pose: Numbers
    covariance: Numbers
    log_density: float
    sizes: Numbers
    excess: float
    together: float


@dataclass(frozen=True, slots=True)
class Chance:
    """How probable it is that an azimuth is wrong by more than half a degree.

    Parameters
    ----------
    own : float
        Because it is vague.
    other : float
        Because another pose is the true one.
    """

    own: float
    other: float

    @property
    def wrong(self) -> float:
        """Both."""
        return self.own + self.other


def likely_peak(seen: SeenLine, ring: Ring, starts: tuple[Numbers, Numbers], search: Search, height_m: float) -> Peak:
    """Return the peak of the likelihood near a pose.

    A row is off by Student's t, or lost behind a tree; the terrain's heights are off together over a hundred metres,
    the camera's height for all points alike. The size of the first two is estimated with the pose, from what was
    expected; that of the heights only upward.

    Parameters
    ----------
    seen : SeenLine
        The columns that count, at most some hundreds.
    ring : Ring
        The predicted skyline.
    starts : tuple of ndarray, each of shape (4,)
        Where to begin, and the pose known beforehand.
    search : Search
        How far the truth may lie from that.
    height_m : float
        Expected error of the heights, and of the camera's [m].

    References
    ----------
    .. [1] Lange, K. L., Little, R. J. A. and Taylor, J. M. G. (1989), Robust statistical modeling using the t
       distribution, J. Am. Stat. Assoc. 84: the weights.
    """
    (pose, prior), known = starts, known_sigmas(search)
    expected = np.array([_ROW_PX, max(height_m, 1e-3), max(height_m, 1e-3)])
    sizes = expected.copy()
    rows = np.abs(seen.px_per_deg(pose))
    errors = HeightErrors.of(seen, ring, pose)
    given = np.maximum(seen.weight, _LEAST_BELIEF)
    apart = ring.apart(seen, pose, rows)
    weight = _weights(np.square(apart), given, sizes[0], sizes[1] ** 2 * np.diag(errors.together))
    for turn in range(_ROUNDS):
        slopes = slopes_of(seen, ring, pose, rows)
        here = Residuals.of(apart, weight * given, errors, sizes)
        covariance = _inverse(slopes.T @ here.inverse @ slopes + np.diag(known))
        if turn > 1:
            sizes = _resized(here, slopes, covariance, sizes, expected)
        step = -covariance @ (slopes.T @ here.inverse @ here.apart + known * (pose - prior))
        step = step / max(1.0, float((np.abs(step) / _LONGEST_STEP).max()))
        pose = pose + step
        apart = ring.apart(seen, pose, rows)
        weight = _weights(here.own_squares(), given, sizes[0])
        if turn > 5 and np.abs(step * (1.0, 1.0, 1.0, 50.0)).max() < _SETTLED_DEG:  # noqa: PLR2004 - sizes settle, too
            break
    here = Residuals.of(apart, weight * given, errors, sizes)
    off = np.log(sizes[:2] / expected[:2]) / _FACTOR
    is_lost = (weight == 0.0) | ~np.isfinite(apart)
    beliefs = 0.5 * FREEDOM * float((np.log(weight[~is_lost]) - weight[~is_lost]).sum())
    beliefs -= float(is_lost.sum()) * (_LOST + 0.5 * FREEDOM)
    before = -0.5 * float((known * np.square(pose - prior)).sum() + np.square(off).sum())
    density = here.log_density + beliefs + before
    return Peak(pose, covariance, density, sizes, float(off.max()), correlated(here.whitened))


def _inverse(matrix: Numbers) -> Numbers:
    return np.asarray(np.linalg.inv(matrix), np.float64)


def _weights(squares: Numbers, given: Numbers, row_px: float, besides: Numbers | float = 0.0) -> Numbers:
    """Return how far each column is believed, by the squares of its own errors [px^2]; 0 where it is lost."""
    known = np.where(np.isfinite(squares), squares, 0.0) * given
    far = (FREEDOM + known / (row_px**2 + besides)) / (FREEDOM + 1.0)
    is_lost = 0.5 * (FREEDOM + 1.0) * np.log(far) + math.log(row_px) > _LOST
    return np.where(is_lost, 0.0, 1.0 / far)


def _resized(here: Residuals, slopes: Numbers, covariance: Numbers, sizes: Numbers, expected: Numbers) -> Numbers:
    """Return the sizes of the errors after one step of scoring."""
    gradient, information = here.scored(slopes, covariance)
    # Of the logarithms of variances, which are twice those of the sizes.
    loose = (2.0 * _FACTOR) ** 2
    gradient -= 2.0 * np.log(sizes[:2] / expected[:2]) / loose
    step = np.linalg.solve(information + np.eye(2) / loose, gradient)
    row, height = sizes[:2] * np.exp(0.5 * np.clip(step, -1.0, 1.0))
    # A near ridge, drawn too smooth, is off as a whole: smooth residuals do not show that it is right.
    return np.array([row, max(height, expected[1]), sizes[2]])


def shares_of(peaks: Sequence[Peak]) -> Numbers:
    """Return the probability that the truth belongs to each peak, by the volume under it, shape (k,).

    The highest comes first. Where its residuals hang together in spite of all, the likelihoods of all count for as
    many times less: a composite likelihood.

    References
    ----------
    .. [1] Varin, C., Reid, N. and Firth, D. (2011), An overview of composite likelihood methods, Statistica Sinica 21.
    """
    volume = [0.5 * float(np.linalg.slogdet(each.covariance)[1]) for each in peaks]
    high = np.array([each.log_density for each in peaks]) / peaks[0].together + volume
    part = np.exp(high - high.max())
    return np.asarray(part / part.sum(), np.float64)


def distinct(peaks: Sequence[Peak]) -> list[Peak]:
    """Return the peaks, the highest first, without those that are another one over again."""
    kept: list[Peak] = []
    for peak in sorted(peaks, key=lambda each: -each.log_density):
        off = [np.abs(_off(peak.pose, other.pose)) for other in kept]
        if not any((each < _SAME).all() for each in off):
            kept.append(peak)
    return kept


def chance_of(peaks: Sequence[Peak]) -> Chance:
    """Return how probable it is that the azimuth of the first of some peaks is wrong."""
    shares, best = shares_of(peaks), peaks[0]
    outside = [
        1.0 - within(float(_off(each.pose, best.pose)[0]), math.sqrt(each.covariance[0, 0] * best.together))
        for each in peaks
    ]
    every = shares * np.array(outside)
    return Chance(float(every[0]), float(every[1:].sum()))


def within(middle: float, sigma: float) -> float:
    """Return the part of a normal distribution [deg] that lies within half a degree of 0."""
    root = math.sqrt(2.0) * max(sigma, 1e-9)
    return 0.5 * (math.erf((FAR_DEG - middle) / root) - math.erf((-FAR_DEG - middle) / root))


def _off(pose: Numbers, other: Numbers) -> Numbers:
    off = pose - other
    off[0] = (off[0] + 180.0) % 360.0 - 180.0
    return off
