"""Where a camera looks, by the skyline that the terrain predicts: the fit, and whether to trust it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.calibration.pose import SeenLine, pose_of
from firewatch.calibration.skyline_fit import fit_pose
from firewatch.calibration.skyline_likelihood import FAR_DEG, Chance, chance_of, distinct, likely_peak, shares_of
from firewatch.calibration.skyline_search import Ring, Search, likely_poses
from firewatch.domain.checks import require_between
from firewatch.domain.geo import wrap_deg
from firewatch.domain.mounting import AngleErrors
from firewatch.errors import CalibrationError

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.calibration.horizon import Horizon
    from firewatch.calibration.skyline_fit import Fitted
    from firewatch.calibration.skyline_likelihood import Peak
    from firewatch.domain.optics import Calibration
    from firewatch.terrain import Skyline

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["GOOD_CHANCE", "HEIGHT_SIGMA_M", "Doubt", "SkylineFit", "in_degrees", "match_skyline"]

# Copernicus GLO-30 is good to 4 m absolute (90 %); the tops of trees and the camera's own height come on top [m].
HEIGHT_SIGMA_M = 5.0

_WHAT = "the skyline"
_LEAST_COVERAGE = 0.15  # share of the columns without which nothing is tried
_GOOD_SHARE = 0.35  # of the picture's columns that must lie on the predicted skyline
_GOOD_FIT = 0.6  # of the columns that were seen
_GOOD_RELIEF = 2.0  # times the residual, and pixels: the shape must stand out from what does not fit
_GOOD_RMS = 0.01  # of the picture's width: 13 px of 1280
GOOD_CHANCE = 1e-3  # of an azimuth that is wrong by more than half a degree
_MOST_EXCESS = 3.0  # factors of two by which rows or heights may err more than was to be expected
_MOST_POINTS = 320
_FINE_POINTS = 160  # more tell no more: a skyline's errors hang together
_LIKELY = 3.0  # times the best cost: what fits worse is no rival
_BESIDE_DEG = (-1.4, -0.7, 0.7, 1.4)  # from the highest peak: another may hide behind it
_FEWEST, _MOST_PEAKS = 3, 6


class Doubt(StrEnum):
    """Why a fit is not to be trusted.

    HIDDEN: too little of the skyline is seen. FLAT: it has too little shape to tell one azimuth from another.
    MISFIT: what is seen does not lie on what the terrain predicts. RIVAL: another azimuth may be the true one.
    VAGUE: the azimuth may be off by half a degree all the same. EDGE: the best pose lies outside of what was searched.
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
    chance_wrong : float
        Probability that the azimuth is off by more than half a degree, by the likelihoods of all poses that were found.
    rival_azimuth_deg : float or None
        The likeliest azimuth that is more than half a degree away [deg].
    doubts : tuple of Doubt
        Why it is not to be trusted; empty where it is.
    camera : Calibration
        What it was started from, with the lens and the mount.
    zoom : float
        By which share the focal length is longer than that camera's.
    peaks : tuple of Peak
        All poses that were found, the likeliest, which is this one, first.
    """

    azimuth_deg: float
    tilt_deg: float
    roll_deg: float
    hfov_deg: float
    covariance_deg2: Numbers
    residual_px: float
    used_share: float
    relief_px: float
    chance_wrong: float
    rival_azimuth_deg: float | None
    doubts: tuple[Doubt, ...]
    camera: Calibration
    zoom: float
    peaks: tuple[Peak, ...]

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
    fine = seen.thinned(_FINE_POINTS)
    found = [likely_peak(fine, ring, (each.pose, prior), search, height_sigma_m) for each in _likely(fits)]
    highest = max(found, key=lambda each: each.log_density)
    beside = [highest.pose + np.array([turn, 0.0, 0.0, 0.0]) for turn in _BESIDE_DEG]
    found += [likely_peak(fine, ring, (pose, prior), search, height_sigma_m) for pose in beside]
    peaks = distinct(found)
    best = fit_pose(seen, ring, peaks[0].pose, prior, search)
    return _judged(horizon, best, peaks, camera, search)


def _likely(fits: list[Fitted]) -> list[Fitted]:
    """Return the fits that may be the true one, the best first."""
    sigma = min(fit.sigma_px for fit in fits)
    costs = np.array([fit.cost(sigma) for fit in fits])
    order = np.argsort(costs, kind="stable")[:_MOST_PEAKS]
    return [fits[place] for rank, place in enumerate(order) if rank < _FEWEST or costs[place] < _LIKELY * costs.min()]


def _judged(horizon: Horizon, rough: Fitted, peaks: list[Peak], camera: Calibration, search: Search) -> SkylineFit:
    """Return the likeliest of some peaks, with what speaks against it."""
    best = peaks[0]
    chance = chance_of(peaks)
    azimuth, tilt, roll, zoom = (float(each) for each in best.pose)
    hfov, covariance = in_degrees(camera, best)
    fit = SkylineFit(
        azimuth_deg=wrap_deg(azimuth),
        tilt_deg=tilt,
        roll_deg=roll,
        hfov_deg=hfov,
        covariance_deg2=covariance,
        residual_px=rough.rms_px,
        used_share=horizon.coverage * float(rough.is_near.mean()),
        relief_px=rough.relief_px,
        chance_wrong=chance.wrong,
        rival_azimuth_deg=_rival_deg(peaks),
        doubts=(),
        camera=camera,
        zoom=zoom,
        peaks=tuple(peaks),
    )
    return replace(fit, doubts=_doubts(fit, rough, chance, horizon, search))


def _rival_deg(peaks: list[Peak]) -> float | None:
    """Return the likeliest azimuth that is not the first's [deg]."""
    shares = shares_of(peaks)
    others = [place for place, peak in enumerate(peaks) if _turn_deg(peak, peaks[0]) > FAR_DEG]
    return wrap_deg(float(peaks[max(others, key=lambda place: shares[place])].pose[0])) if others else None


def _doubts(fit: SkylineFit, rough: Fitted, chance: Chance, horizon: Horizon, search: Search) -> tuple[Doubt, ...]:
    """Return what speaks against a fit."""
    best = fit.peaks[0]
    off = best.pose - pose_of(fit.camera)
    off[0] = (off[0] + 180.0) % 360.0 - 180.0
    most = np.array([search.azimuth_deg, search.tilt_deg, search.roll_deg, max(search.hfov_share, 1e-4)])
    is_off = rough.weighed_px > _GOOD_RMS * horizon.width_px or float(rough.is_near.mean()) < _GOOD_FIT
    is_flat = fit.relief_px < _GOOD_RELIEF * max(1.0, rough.weighed_px)
    wrong = {
        Doubt.HIDDEN: fit.used_share < _GOOD_SHARE,
        Doubt.FLAT: is_flat and chance.wrong > GOOD_CHANCE,
        Doubt.MISFIT: is_off or best.excess > _MOST_EXCESS,
        Doubt.RIVAL: chance.other > GOOD_CHANCE / 2.0,
        Doubt.VAGUE: chance.own > GOOD_CHANCE / 2.0,
        Doubt.EDGE: bool((np.abs(off) > 1.05 * most).any()),
    }
    return tuple(doubt for doubt, is_so in wrong.items() if is_so)


def in_degrees(camera: Calibration, peak: Peak) -> tuple[float, Numbers]:
    """Return the field of view of a peak [deg], and its covariance with that in place of the zoom (4, 4) [deg^2]."""
    step, zoom, lens = 1e-4, float(peak.pose[3]), camera.effective_lens
    wider, narrower = (lens.zoomed(1.0 + zoom + side).hfov_deg() for side in (step, -step))
    scales = np.array([1.0, 1.0, 1.0, (wider - narrower) / (2.0 * step)])
    hfov = lens.zoomed(1.0 + zoom).hfov_deg()
    return hfov, np.asarray(peak.covariance * peak.together * np.outer(scales, scales), np.float64)


def _turn_deg(first: Peak, second: Peak) -> float:
    return abs((float(first.pose[0] - second.pose[0]) + 180.0) % 360.0 - 180.0)


def _six(pairs: tuple[float, ...]) -> tuple[float, float, float, float, float, float]:
    first, second, third, fourth, fifth, sixth = pairs
    return first, second, third, fourth, fifth, sixth
