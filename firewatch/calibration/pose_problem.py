"""The least squares of a pose: four numbers by clicks and what is known beforehand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.domain.mounting import orientation
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.calibration.clicks import Click
    from firewatch.domain.lens import Lens
    from firewatch.domain.optics import Calibration

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["PoseProblem", "Solution"]

_MOST_ROUNDS = 60
# Radians, and shares of the focal length: a fiftieth of a second of arc.
_CLOSE = 1e-7
_STEP = 1e-6
_KEPT = 30
# A camera is mounted level by eye [rad].
_ROLL_SIGMA = math.radians(3.0)
# What a data sheet's field of view, and one from a chessboard without its error, are worth.
_FOCAL_SHARE, _LENS_SHARE = 0.05, 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A fitted pose.

    Parameters
    ----------
    at : ndarray, shape (4,)
        Azimuth, tilt, roll [rad] and the logarithm of the focal length over the given one.
    covariance : ndarray, shape (4, 4)
        Of these, by the stated errors of clicks and places.
    cost : float
        Sum of squares, in standard deviations, priors too.
    """

    at: Numbers
    covariance: Numbers
    cost: float


class PoseProblem:
    """Clicks in one picture, and the pose to begin with.

    Each click's ray is compared with the direction of what was clicked, as a turn in radians over its standard
    deviation: unlike a difference in pixels that has a meaning behind the camera, too.

    Parameters
    ----------
    clicks : sequence of Click, length n
        What was clicked.
    start : Calibration
        Lens and mount; its roll and field of view are priors.
    width_px, height_px : int
        Size of the picture.

    Raises
    ------
    InvalidValue
        If a click lies where the lens's distortion folds over.
    """

    def __init__(self, clicks: Sequence[Click], start: Calibration, width_px: int, height_px: int) -> None:
        self.count = len(clicks)
        self._size = (width_px, height_px)
        self._lens: Lens = start.effective_lens
        self._pixels = np.array([[click.x_px, click.y_px] for click in clicks])
        self.azimuths = np.radians([click.azimuth_deg for click in clicks])
        told = [click.elevation_deg for click in clicks]
        self.has_elevation = np.array([each is not None for each in told])
        self.elevations = np.radians([0.0 if each is None else each for each in told])
        self._level = np.eye(3) if start.mount is None else start.mount.levelling()
        self._rays: dict[float, Numbers] = {}
        self.rays = self._lens.rays(self._pixels, width_px, height_px)
        aside = self._lens.rays(self._pixels + np.array([0.5, 0.0]), width_px, height_px)
        pixel_rad = 2.0 * np.linalg.norm(aside - self.rays, axis=1)
        clicked = np.array([click.click_sigma_px for click in clicks]) * pixel_rad
        self.sigmas = np.hypot(clicked, np.radians([click.direction_sigma_deg for click in clicks]))
        self._prior_sigma = np.array([_ROLL_SIGMA, _focal_sigma(start)])
        self._prior_roll = 0.0 if start.errors is None else math.radians(start.roll_deg)

    def guess(self, of: Sequence[int]) -> Numbers:
        """Return a pose that most of some clicks agree with roughly, taking the camera as level."""
        chosen = list(of)
        rays = self.rays[chosen]
        azimuths = self.azimuths[chosen] - np.arctan2(rays[:, 0], rays[:, 2])
        # The one that the others are nearest to: a median that does not mind the north.
        apart = np.abs(np.angle(np.exp(1j * (azimuths[:, None] - azimuths[None, :]))))
        azimuth = float(azimuths[int(np.argmin(np.median(apart, axis=0)))])
        lifted = np.arctan2(-rays[:, 1], np.hypot(rays[:, 0], rays[:, 2]))
        known = self.has_elevation[chosen]
        tilt = float(np.median((self.elevations[chosen] - lifted)[known])) if known.any() else 0.0
        return np.array([azimuth, max(-1.5, min(1.5, tilt)), self._prior_roll, 0.0])

    def residuals(self, at: Numbers) -> Numbers:
        """Return by how much each click's ray misses, across and down, in its sigmas, (n, 2); inf without a ray."""
        return np.asarray(self._residuals_of(at[None])[0], np.float64)

    def _residuals_of(self, poses: Numbers) -> Numbers:
        """Return the residuals of several poses (m, 4) at once, shape (m, n, 2)."""
        axes = np.stack([self._level @ orientation(*np.degrees(at[:3])) for at in poses])
        rays = np.stack([self._rays_at(float(at[3])) for at in poses])
        seen = rays @ axes.transpose(0, 2, 1)
        elevations = np.arctan2(seen[..., 2], np.hypot(seen[..., 0], seen[..., 1]))
        meant = np.where(self.has_elevation, self.elevations, elevations)
        level = np.cos(meant)
        world = np.stack([level * np.sin(self.azimuths), level * np.cos(self.azimuths), np.sin(meant)], axis=-1)
        turned = _turns(rays, world @ axes)
        # Without an elevation all that is missing is across.
        signs = np.where(turned[..., 0] < 0.0, -1.0, 1.0)
        across = np.where(self.has_elevation, turned[..., 0], signs * np.hypot(turned[..., 0], turned[..., 1]))
        down = np.where(self.has_elevation, turned[..., 1], 0.0)
        misses = np.stack([across, down], axis=-1) / self.sigmas[:, None]
        return np.asarray(np.where(np.isnan(misses), np.inf, misses), np.float64)

    def slopes(self, at: Numbers) -> Numbers:
        """Return how the residuals change with the four numbers, shape (n, 2, 4), by differences."""
        steps = _STEP * np.eye(4)
        sides = self._residuals_of(np.concatenate([at + steps, at - steps]))
        return np.asarray(np.moveaxis(sides[:4] - sides[4:], 0, 2) / (2.0 * _STEP), np.float64)

    def solve(self, of: Sequence[int], start: Numbers) -> Solution:
        """Return the pose that some clicks tell, by Levenberg and Marquardt's method."""
        chosen = list(of)
        at, damping = start, 1e-3
        misses, cost = self._missed(at, chosen)
        for _ in range(_MOST_ROUNDS):
            slopes = self._sloped(at, chosen)
            normal, pull = slopes.T @ slopes, slopes.T @ misses
            step = -np.linalg.solve(normal + damping * np.diag(np.diag(normal)), pull)
            step = step / max(1.0, float(np.abs(step).max()) / 0.3)  # at most 17 degrees at once
            tried = at + step
            tried_misses, tried_cost = self._missed(tried, chosen)
            is_better = tried_cost <= cost
            if is_better:
                at, misses, cost = tried, tried_misses, tried_cost
            damping = max(1e-12, damping * 0.1) if is_better else damping * 10.0
            if float(np.abs(step).max()) < _CLOSE:
                break
        slopes = self._sloped(at, chosen)
        return Solution(at, np.asarray(np.linalg.inv(slopes.T @ slopes), np.float64), cost)

    def misfits(self, solution: Solution, of: Sequence[int]) -> Numbers:
        """Return each click's squared distance from a solution of some of them, in sigmas of both, shape (n,)."""
        residuals, slopes = self.residuals(solution.at), self.slopes(solution.at)
        used = np.isin(np.arange(self.count), list(of))
        spread = slopes @ solution.covariance @ slopes.transpose(0, 2, 1)
        whole = np.eye(2) + np.where(used[:, None, None], -1.0, 1.0) * spread
        # What a click pulled the solution to itself is taken from its own error; one that alone decides says 0.
        eigenvalues, vectors = np.linalg.eigh(whole)
        along = np.einsum("nji,nj->ni", vectors, np.where(np.isfinite(residuals), residuals, 1e6))
        return np.asarray(np.sum(np.where(eigenvalues > 1e-6, along**2 / np.maximum(eigenvalues, 1e-6), 0.0), axis=1))  # noqa: PLR2004

    def _rays_at(self, stretch: float) -> Numbers:
        """Return the clicks' rays through the lens with its focal length stretched; NaN where it has none."""
        # Three of the four numbers do not change them, and to straighten a distortion takes longest.
        if stretch not in self._rays:
            if len(self._rays) > _KEPT:
                self._rays.clear()
            try:
                self._rays[stretch] = self._lens.zoomed(math.exp(stretch)).rays(self._pixels, *self._size)
            except InvalidValue:
                self._rays[stretch] = np.full((self.count, 3), np.nan)
        return self._rays[stretch]

    def _missed(self, at: Numbers, chosen: list[int]) -> tuple[Numbers, float]:
        prior = np.array([at[2] - self._prior_roll, at[3]]) / self._prior_sigma
        misses = np.concatenate([self.residuals(at)[chosen].ravel(), prior])
        return misses, float(misses @ misses) if np.isfinite(misses).all() else math.inf

    def _sloped(self, at: Numbers, chosen: list[int]) -> Numbers:
        prior = np.zeros((2, 4))
        prior[0, 2], prior[1, 3] = 1.0 / self._prior_sigma
        return np.concatenate([self.slopes(at)[chosen].reshape(-1, 4), prior])


def _focal_sigma(start: Calibration) -> float:
    """Return the standard deviation of the focal length over itself before anything was clicked."""
    if start.errors is not None and start.errors.hfov_deg > 0.0:
        return max(1e-5, abs(start.effective_lens.focal_gain()) * math.radians(start.errors.hfov_deg))
    return _FOCAL_SHARE if start.lens is None else _LENS_SHARE


def _turns(rays: Numbers, seen: Numbers) -> Numbers:
    """Return the turns from unit rays to unit directions, right and down across the ray, shape (..., 2) [rad]."""
    right = np.stack([rays[..., 2], np.zeros(rays.shape[:-1]), -rays[..., 0]], axis=-1)
    right /= np.maximum(np.linalg.norm(right, axis=-1), 1e-12)[..., None]
    down = np.cross(rays, right)
    across = np.stack([np.sum(seen * right, axis=-1), np.sum(seen * down, axis=-1)], axis=-1)
    length = np.linalg.norm(across, axis=-1)
    angle = np.arctan2(length, np.sum(seen * rays, axis=-1))
    return np.asarray(across * (angle / np.maximum(length, 1e-300))[..., None], np.float64)
