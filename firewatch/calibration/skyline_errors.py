"""How a seen skyline and the predicted one may differ: pixels, heights that hang together over the ground, outliers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.calibration.pose import SeenLine
    from firewatch.calibration.skyline_search import Ring

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["FREEDOM", "HeightErrors", "Residuals"]

# Elevation models err together over some hundred metres: their smoothing, a stand of trees.
_TOGETHER_M = 150.0
FREEDOM = 3.0  # of Student's t by which a column errs: a tree is no surprise
_NOTHING_PX2 = 1e6  # variance of a column that says nothing


@dataclass(frozen=True, slots=True, eq=False)
class HeightErrors:
    """What a metre of wrong height does to each point of a skyline, and to which others at the same time.

    Parameters
    ----------
    together : ndarray, shape (n, n)
        Covariance of the rows for heights off by 1 m rms, correlated over 150 m along the ground [px^2].
    common : ndarray, shape (n,)
        Rows for a camera that stands 1 m higher [px].
    """

    together: Numbers
    common: Numbers

    @classmethod
    def of(cls, seen: SeenLine, ring: Ring, pose: Numbers) -> HeightErrors:
        """Return those of the points of a skyline seen from a pose."""
        azimuth = seen.directions(pose)[0]
        distance = ring.distance_at(azimuth)
        east, north = distance * np.sin(np.radians(azimuth)), distance * np.cos(np.radians(azimuth))
        apart = np.hypot(east[:, None] - east[None], north[:, None] - north[None])
        rows = np.abs(seen.px_per_deg(pose)) * np.degrees(1.0 / distance)
        return cls(np.outer(rows, rows) * np.exp(-apart / _TOGETHER_M), rows)


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """Residuals of a skyline with their covariance, for one size of each error.

    Parameters
    ----------
    apart : ndarray, shape (n,)
        Seen less predicted [px]; 0 where nothing is known.
    noise : ndarray, shape (n,)
        Variance of each column's own error [px^2].
    heights : ndarray, shape (n, n)
        Covariance by the terrain's heights [px^2].
    common : ndarray, shape (n, n)
        Covariance by the height of the camera [px^2].
    inverse : ndarray, shape (n, n)
        Of the sum of the three.
    half_log_det : float
        Half the logarithm of the sum's determinant.
    whitened : ndarray, shape (n,)
        Residuals made independent, each of variance 1 if the errors are as large as they are said to be; NaN where a
        column says nothing.
    """

    apart: Numbers
    noise: Numbers
    heights: Numbers
    common: Numbers
    inverse: Numbers
    half_log_det: float
    whitened: Numbers

    @classmethod
    def of(cls, apart: Numbers, belief: Numbers, errors: HeightErrors, sizes: Numbers) -> Residuals:
        """Return the residuals (n,), NaN where unknown [px], for sizes of pixel, height and camera error [px, m, m].

        `belief` is by how much each column's variance is smaller than a plain one's, shape (n,); 0 where it is lost.
        """
        is_known = np.isfinite(apart) & (belief > 0.0)
        noise = np.where(is_known, sizes[0] ** 2 / np.where(is_known, belief, 1.0), _NOTHING_PX2)
        heights = sizes[1] ** 2 * errors.together
        common = sizes[2] ** 2 * np.outer(errors.common, errors.common)
        lower = np.linalg.cholesky(heights + common + np.diag(noise))
        inverse_lower = np.linalg.inv(lower)
        known = np.where(np.isfinite(apart), apart, 0.0)
        half = float(np.log(np.diag(lower)).sum()) - 0.5 * float((~is_known).sum()) * float(np.log(_NOTHING_PX2))
        whitened = np.where(is_known, inverse_lower @ known, np.nan)
        return cls(known, noise, heights, common, inverse_lower.T @ inverse_lower, half, whitened)

    @property
    def log_density(self) -> float:
        """Logarithm of the probability density of the residuals, less a constant."""
        return -0.5 * float(np.nansum(np.square(self.whitened))) - self.half_log_det

    def own_squares(self) -> Numbers:
        """Return the expected squares of the columns' own errors, given the residuals, shape (n,) [px^2]."""
        own = self.noise * (self.inverse @ self.apart)
        unsure = np.maximum(self.noise - np.square(self.noise) * np.diag(self.inverse), 0.0)
        return np.asarray(np.square(own) + unsure, np.float64)

    def scored(self, slopes: Numbers, covariance: Numbers) -> tuple[Numbers, Numbers]:
        """Return the gradient and the information of the logarithms of the first two variances, (2,) and (2, 2).

        Of the restricted likelihood, in which what the fit of the pose has taken away is no error.

        Parameters
        ----------
        slopes : ndarray, shape (n, p)
            Of the residuals by the pose.
        covariance : ndarray, shape (p, p)
            Of the pose.

        References
        ----------
        .. [1] Patterson, H. D. and Thompson, R. (1971), Recovery of inter-block information when block sizes are
           unequal, Biometrika 58.
        """
        seen = self.inverse @ slopes
        left = self.inverse - seen @ covariance @ seen.T
        pull = self.inverse @ self.apart
        by_noise, by_heights = left * self.noise[None], left @ self.heights
        gradient = 0.5 * np.array(
            [
                float((self.noise * np.square(pull)).sum() - np.trace(by_noise)),
                float(pull @ self.heights @ pull - np.trace(by_heights)),
            ]
        )
        crossed = float((by_noise * by_heights.T).sum())
        information = 0.5 * np.array(
            [[float((by_noise * by_noise.T).sum()), crossed], [crossed, float((by_heights * by_heights.T).sum())]]
        )
        return gradient, information
