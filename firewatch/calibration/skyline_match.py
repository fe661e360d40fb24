"""Where a camera looks, by the skyline that the terrain predicts: the fit, and whether to trust it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.calibration.pose import SeenLine, pose_of
from firewatch.calibration.skyline_fit import fit_pose
from firewatch.calibration.skyline_search import Ring, Search, likely_poses
from firewatch.domain.checks import require_between
from firewatch.domain.geo import wrap_deg
from firewatch.domain.mounting import AngleErrors
from firewatch.errors import CalibrationError

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.calibration.horizon import Horizon
    from firewatch.calibration.skyline_fit import Fitted
    from firewatch.domain.optics import Calibration
    from firewatch.terrain import Skyline

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["HEIGHT_SIGMA_M", "Doubt", "SkylineFit", "match_skyline"]

# Copernicus GLO-30 is good to 4 m absolute (90 %); the tops of trees and the camera's own height come on top [m].
HEIGHT_SIGMA_M = 5.0

_WHAT = "the skyline"
_LEAST_COVERAGE = 0.15  # share of the columns without which nothing is tried
_GOOD_SHARE = 0.35  # of the picture's columns that must lie on the predicted skyline
_GOOD_FIT = 0.6  # of the columns that were seen
_GOOD_RELIEF = 2.0  # times the residual, and pixels: the shape must stand out from what does not fit
_GOOD_RMS = 0.01  # of the picture's width: 13 px of 1280
_GOOD_RIVAL = 1.5  # times the best cost
_GOOD_SIGMA_DEG = 0.15
_SAME_DEG = 1.0  # poses nearer than this are one
_MOST_POINTS = 640


class Doubt(StrEnum):
    """Why a fit is not to be trusted.

    HIDDEN: too little of the skyline is seen. FLAT: it has too little shape to tell one azimuth from another.
    MISFIT: what is seen does not lie on what the terrain predicts. RIVAL: another azimuth fits nearly as well.
    VAGUE: the azimuth is uncertain. EDGE: the best pose lies outside the range that was searched.
    """

    HIDDEN = "hidden"
    FLAT = "flat"
    MISFIT = "misfit"
    RIVAL = "rival"
    VAGUE = "vague"
    EDGE = "edge"


@dataclass(frozen=True, slots=True, eq=False)
class SkylineFit:
    """A camera's pose by the skyline.

    Parameters
    ----------
    azimuth_deg, tilt_deg, roll_deg, hfov_deg : float
        As of `Calibration` [deg].
    covariance_deg2 : ndarray, shape (4, 4)
        Of these four [deg^2].
    residual_px : float
        Root mean square of seen less predicted, over the columns that fit [px].
    used_share : float
        Share of the picture's columns that fit, 0 to 1.
    relief_px : float
        How much the predicted skyline stands out from a straight line there, rms; near ridges, whose angle the terrain
        does not know well, count less [px].
    rival : float
        Cost of the best other azimuth over that of this one; infinity without any.
    rival_azimuth_deg : float or None
        The best other azimuth [deg].
    doubts : tuple of Doubt
        Why it is not to be trusted; empty where it is.
    camera : Calibration
        What it was started from, with the lens and the mount.
    zoom : float
        By which share the focal length is longer than that camera's.
    """

    azimuth_deg: float
    tilt_deg: float
    roll_deg: float
    hfov_deg: float
    covariance_deg2: Numbers
    residual_px: float
    used_share: float
    relief_px: float
    rival: float
    rival_azimuth_deg: float | None
    doubts: tuple[Doubt, ...]
    camera: Calibration
    zoom: float

    @property
    def is_trusted(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.doubts

    @property
    def sigma_deg(self) -> Numbers:
        """Standard deviations of azimuth, tilt, roll and field of view, shape (4,) [deg]."""
        return np.sqrt(np.diag(self.covariance_deg2))

    def calibration(self, calibration_id: str) -> Calibration:
        """Return the calibration that it makes of the camera's, under a new name."""
        azimuth, tilt, roll, hfov = (float(each) for each in np.maximum(self.sigma_deg, 1e-3))
        matrix = self.covariance_deg2 / np.outer(self.sigma_deg, self.sigma_deg)
        pairs = tuple(float(each) for each in np.clip(matrix[np.triu_indices(4, 1)], -1.0, 1.0))
        errors = AngleErrors(min(tilt, 90.0), min(roll, 90.0), min(hfov, 90.0), _six(pairs))
        lens = None if self.camera.lens is None else self.camera.lens.zoomed(1.0 + self.zoom)
        return replace(
            self.camera,
            calibration_id=calibration_id,
            azimuth_deg=self.azimuth_deg,
            tilt_deg=self.tilt_deg,
            roll_deg=self.roll_deg,
            hfov_deg=self.hfov_deg,
            sigma_deg=min(azimuth, 90.0),
            lens=lens,
            errors=errors,
        )


def match_skyline(
    horizon: Horizon,
    skyline: Skyline,
    camera: Calibration,
    search: Search,
    height_sigma_m: float = HEIGHT_SIGMA_M,
) -> SkylineFit:
    """Recover azimuth, tilt, roll and field of view from a skyline.

    Parameters
    ----------
    horizon : Horizon
        The skyline of a photograph.
    skyline : Skyline
        What the terrain predicts at the camera, at most two degrees apart; the whole circle, or the part searched.
    camera : Calibration
        What is known: with a lens from a chessboard its distortion, with a mount the lean of its head.
    search : Search
        How far the truth may lie from that.
    height_sigma_m : float
        How far the model's heights are off, trees and the camera's own height included, standard deviation, 0 to 100
        [m].

    Returns
    -------
    SkylineFit
        The best pose. It may carry doubts; only one without any is to be taken.

    Raises
    ------
    CalibrationError
        If too little of the skyline is seen, or the terrain knows none where the camera may look.
    """
    require_between("sigma of the terrain's heights (m)", height_sigma_m, 0.0, 100.0)
    if horizon.coverage < _LEAST_COVERAGE:
        why = f"it is hidden: {horizon.coverage:.0%} of the columns show it, {_LEAST_COVERAGE:.0%} are needed"
        raise CalibrationError(_WHAT, why, "take a picture on a clear day, with sky over the whole width")
    ring, seen = Ring.of(skyline, height_sigma_m), SeenLine.of(horizon, camera).thinned(_MOST_POINTS)
    prior = pose_of(camera)
    starts = likely_poses(seen, ring, prior, search)
    if not len(starts):
        why = "the terrain knows no horizon where the camera may look"
        raise CalibrationError(_WHAT, why, "import the elevation tiles around the tower, at least 20 km each way")
    fits = [fit_pose(seen, ring, start, prior, search) for start in starts]
    return _judged(seen, horizon, fits, camera, search)


def _judged(seen: SeenLine, horizon: Horizon, fits: list[Fitted], camera: Calibration, search: Search) -> SkylineFit:
    """Return the best of some fits, with what speaks against it."""
    sigma = min(fit.sigma_px for fit in fits)
    costs = [fit.cost(sigma) for fit in fits]
    best = fits[int(np.argmin(costs))]
    others = [(cost, fit) for cost, fit in zip(costs, fits, strict=True) if _turn_deg(fit, best) > _SAME_DEG]
    rival_cost, rival = min(others, key=lambda each: each[0], default=(math.inf, None))
    azimuth, tilt, roll, zoom = (float(each) for each in best.pose)
    covariance = _in_degrees(seen, best)
    fit = SkylineFit(
        azimuth_deg=wrap_deg(azimuth),
        tilt_deg=tilt,
        roll_deg=roll,
        hfov_deg=seen.hfov_deg(zoom),
        covariance_deg2=covariance,
        residual_px=best.rms_px,
        used_share=horizon.coverage * float(best.is_near.mean()),
        relief_px=best.relief_px,
        rival=rival_cost / max(min(costs), 1e-12),
        rival_azimuth_deg=None if rival is None else wrap_deg(float(rival.pose[0])),
        doubts=(),
        camera=camera,
        zoom=zoom,
    )
    return replace(fit, doubts=_doubts(fit, best, horizon, search))


def _doubts(fit: SkylineFit, best: Fitted, horizon: Horizon, search: Search) -> tuple[Doubt, ...]:
    """Return what speaks against a fit."""
    off = best.pose - pose_of(fit.camera)
    off[0] = (off[0] + 180.0) % 360.0 - 180.0
    most = np.array([search.azimuth_deg, search.tilt_deg, search.roll_deg, max(search.hfov_share, 1e-4)])
    wrong = {
        Doubt.HIDDEN: fit.used_share < _GOOD_SHARE,
        Doubt.FLAT: fit.relief_px < _GOOD_RELIEF * max(1.0, best.weighed_px),
        Doubt.MISFIT: best.weighed_px > _GOOD_RMS * horizon.width_px or float(best.is_near.mean()) < _GOOD_FIT,
        Doubt.RIVAL: fit.rival < _GOOD_RIVAL,
        Doubt.VAGUE: float(fit.sigma_deg[0]) > _GOOD_SIGMA_DEG,
        Doubt.EDGE: bool((np.abs(off) > 1.05 * most).any()),
    }
    return tuple(doubt for doubt, is_so in wrong.items() if is_so)


def _in_degrees(seen: SeenLine, fit: Fitted) -> Numbers:
    """Return the covariance with the field of view in place of the zoom [deg^2]."""
    step = 1e-4
    zoom = float(fit.pose[3])
    per_zoom = (seen.hfov_deg(zoom + step) - seen.hfov_deg(zoom - step)) / (2.0 * step)
    scales = np.array([1.0, 1.0, 1.0, per_zoom])
    return np.asarray(fit.covariance * np.outer(scales, scales), np.float64)


def _turn_deg(first: Fitted, second: Fitted) -> float:
    return abs((float(first.pose[0] - second.pose[0]) + 180.0) % 360.0 - 180.0)


def _six(pairs: tuple[float, ...]) -> tuple[float, float, float, float, float, float]:
    first, second, third, fourth, fifth, sixth = pairs
    return first, second, third, fourth, fifth, sixth
