"""By how much a camera has turned since a picture: in degrees of azimuth, tilt and roll."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from firewatch.calibration.clicks import Click
from firewatch.calibration.landmarks import fit_pose
from firewatch.domain.checks import require_between
from firewatch.domain.geo import difference_deg
from firewatch.domain.mounting import AngleErrors
from firewatch.errors import CalibrationError, InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.domain.optics import Calibration

    Grey: TypeAlias = npt.NDArray[np.uint8]
    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Drift", "find_patches", "measure_drift"]

_WHAT = "drift"
# Half the side of a patch, of the picture's width: a hill's shoulder, not a single tree in the wind.
_PATCH_SHARE = 1.0 / 60.0
# Correlation of a patch that is found again; weather and light change the rest.
_FOUND = 0.6
# A second place nearly as good as the first makes a patch useless: rows of trees, roofs.
_MOST_RIVAL = 0.9
_FEWEST = 4
_MOST = 24
# A patch is found to a quarter of a pixel; its land sways and shimmers by as much.
_MATCH_SIGMA_PX = 0.5
# The pose is compared with itself: roll may have changed as azimuth has, the lens has not [deg].
_UNKNOWN_DEG, _LENS_DEG = 5.0, 0.01


@dataclass(frozen=True, slots=True)
class Drift:
    """By how much a camera has turned.

    Parameters
    ----------
    azimuth_deg, tilt_deg, roll_deg : float
        Now less then: to the right, up, and clockwise positive [deg].
    azimuth_sigma_deg : float
        Standard deviation of the turn in azimuth, by the patches [deg].
    limit_deg : float
        From where the turn in azimuth matters: so many sigmas of the calibration [deg].
    found, sought : int
        Patches that were found again and agree, and all.
    """

    azimuth_deg: float
    tilt_deg: float
    roll_deg: float
    azimuth_sigma_deg: float
    limit_deg: float
    found: int
    sought: int

    @property
    def has_turned(self) -> bool:
        """Whether the bearings are wrong by more than the calibration admits, and that is no chance."""
        return abs(self.azimuth_deg) > max(self.limit_deg, 3.0 * self.azimuth_sigma_deg)


def find_patches(grey: Grey, keep: npt.NDArray[np.bool_] | None = None) -> Numbers:
    """Return places that can be found again in another picture of the same view.

    Parameters
    ----------
    grey : ndarray, shape (h, w), uint8
        The reference.
    keep : ndarray, shape (h, w), bool, optional
        Where they may lie: below the skyline, off masks. By default anywhere.

    Returns
    -------
    ndarray, shape (n, 2)
        x and y of at most 24 corners, apart from each other [px].
    """
    height, width = grey.shape
    half = _half_px(width)
    mask = np.zeros((height, width), np.uint8)
    mask[half : height - half, half : width - half] = 255
    if keep is not None:
        mask[~keep] = 0
    soft = cv2.GaussianBlur(grey, (0, 0), max(1.0, half / 6.0))
    corners = cv2.goodFeaturesToTrack(soft, _MOST, 0.02, width / 12.0, mask=mask, blockSize=half)
    return np.empty((0, 2)) if corners is None else np.asarray(corners.reshape(-1, 2), np.float64) + 0.5


def measure_drift(
    reference: Grey, now: Grey, calibration: Calibration, places: Numbers, *, limit_sigmas: float = 2.0
) -> Drift:
    """Measure by how much a camera has turned.

    Each place's patch is sought in the new picture; the pose that puts all of them where they are found is fitted as
    from landmarks, so that a patch in which a cloud or a car stands is left out.

    Parameters
    ----------
    reference, now : ndarray, shape (h, w), uint8
        The picture of which the calibration is known, and a new one.
    calibration : Calibration
        Of the reference.
    places : ndarray, shape (n, 2)
        Landmarks in the reference [px], n >= 4; as `find_patches` finds them.
    limit_sigmas : float
        So many standard deviations of the calibration's azimuth may it turn, 0.5 to 20.

    Returns
    -------
    Drift
        The turn and whether it matters.

    Raises
    ------
    CalibrationError
        If fewer than four patches are found again: fog, night, another view. That is no all-clear.
    InvalidValue
        If the pictures differ in size.

    References
    ----------
    .. [1] Lewis, J. P. (1995), Fast normalized cross-correlation, Vision Interface (by OpenCV).
    """
    require_between("sigmas of drift", limit_sigmas, 0.5, 20.0)
    if reference.shape != now.shape:
        raise InvalidValue("size of the new picture", now.shape, f"that of the reference, {reference.shape}")
    height, width = reference.shape
    matched = [(place, there) for place in places if (there := _sought(reference, now, place)) is not None]
    if len(matched) < _FEWEST:
        why = f"{len(matched)} of {len(places)} landmarks are found again, {_FEWEST} are needed"
        raise CalibrationError(_WHAT, why, "take a clear picture by day; if it is one, the view is another")
    seen = calibration.directions(np.array([place for place, _ in matched]), width, height)
    clicks = [
        Click(f"patch {n}", float(azimuth), float(elevation), float(x), float(y), _MATCH_SIGMA_PX)
        for n, (azimuth, elevation, (_, (x, y))) in enumerate(
            zip(seen.azimuth_deg, seen.elevation_deg, matched, strict=True), start=1
        )
    ]
    known = replace(calibration, errors=AngleErrors(_UNKNOWN_DEG, _UNKNOWN_DEG, _LENS_DEG))
    fit = fit_pose(clicks, known, width, height)
    return Drift(
        difference_deg(fit.calibration.azimuth_deg, calibration.azimuth_deg),
        fit.calibration.tilt_deg - calibration.tilt_deg,
        difference_deg(fit.calibration.roll_deg, calibration.roll_deg),
        fit.calibration.sigma_deg,
        limit_sigmas * calibration.sigma_deg,
        len(matched) - len(fit.wrong),
        len(places),
    )


def _half_px(width_px: int) -> int:
    return max(6, round(width_px * _PATCH_SHARE))


def _sought(reference: Grey, now: Grey, place: Numbers) -> tuple[float, float] | None:
    """Return where the patch around a place is found in the new picture [px]; None where it is not, or twice."""
    height, width = reference.shape
    half = _half_px(width)
    x, y = (math.floor(float(each)) for each in place)
    if not (half <= x < width - half and half <= y < height - half):
        return None
    patch = reference[y - half : y + half + 1, x - half : x + half + 1]
    if float(patch.std()) < 1.0:
        return None
    scores = np.asarray(cv2.matchTemplate(now, patch, cv2.TM_CCOEFF_NORMED), np.float32)
    _, best, _, (column, row) = cv2.minMaxLoc(scores)
    if best < _FOUND:
        return None
    across, down = _peak(scores[row, max(0, column - 1) : column + 2]), _peak(scores[max(0, row - 1) : row + 2, column])
    rest = scores.copy()
    rest[max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1] = -1.0
    if float(rest.max()) > _MOST_RIVAL * best:
        return None
    # From the whole pixel that the patch was cut around to the place itself.
    return column + half + float(place[0]) - x + across, row + half + float(place[1]) - y + down


def _peak(three: npt.NDArray[np.float32]) -> float:
    """Return how far the top of the parabola through three values lies from the middle one; 0 at the edge."""
    if three.size < 3:  # noqa: PLR2004 - a parabola has three points
        return 0.0
    left, middle, right = (float(each) for each in three)
    bend = left - 2.0 * middle + right
    return 0.0 if bend >= 0.0 else max(-0.5, min(0.5, 0.5 * (left - right) / bend))
