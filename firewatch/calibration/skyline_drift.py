"""Whether a camera has turned since it was calibrated, by its skyline; fog is told from turning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.calibration.pose import SeenLine, pose_of
from firewatch.calibration.skyline_match import HEIGHT_SIGMA_M, Doubt, match_skyline
from firewatch.calibration.skyline_search import Search
from firewatch.domain.checks import require_between
from firewatch.errors import CalibrationError
from firewatch.terrain import Skyline

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.calibration.horizon import Horizon
    from firewatch.calibration.skyline_match import SkylineFit
    from firewatch.domain.optics import Calibration

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["DRIFT_SEARCH", "Motion", "SkylineDrift", "skyline_drift", "skyline_of_picture"]

# Mast and bracket turn by some degrees; a head that stands elsewhere is another pose. The lens is as it was.
DRIFT_SEARCH = Search(12.0, 6.0, 6.0, 0.0)
_LIMIT_DEG = 0.3
_SURE_SIGMAS = 3.0
_SHARP_DEG = 0.05  # no turn is known better: refraction alone moves a far ridge by this
_EXACT_M = 1e9  # distance of a skyline that was photographed: it does not hang on any height


class Motion(StrEnum):
    """What a new picture tells.

    STEADY: it looks where it looked. TURNED: it has turned by more than allowed, surely. HIDDEN: the skyline is not
    seen, or what is seen is not the skyline. UNSURE: it is seen, but tells too little.
    """

    STEADY = "steady"
    TURNED = "turned"
    HIDDEN = "hidden"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, eq=False)
class SkylineDrift:
    """By how much a camera has turned.

    Parameters
    ----------
    motion : Motion
        The verdict.
    turn_deg : ndarray, shape (3,)
        Azimuth, tilt and roll now, less those of the calibration [deg]; NaN where nothing can be told.
    sigma_deg : ndarray, shape (3,)
        Standard deviations [deg].
    limit_deg : float
        From which turn on it is one [deg].
    fit : SkylineFit or None
        Of the new picture; None where its skyline is hidden altogether.
    """

    motion: Motion
    turn_deg: Numbers
    sigma_deg: Numbers
    limit_deg: float
    fit: SkylineFit | None


def skyline_of_picture(horizon: Horizon, camera: Calibration) -> Skyline:
    """Return the skyline that a trusted picture shows, as true azimuths and elevations, for later ones to be held to.

    Parameters
    ----------
    horizon : Horizon
        Of the trusted picture.
    camera : Calibration
        How it was taken.

    Raises
    ------
    CalibrationError
        If less than half of its columns show the skyline.
    """
    if horizon.coverage < 0.5:  # noqa: PLR2004 - half
        why = f"the reference shows it in {horizon.coverage:.0%} of its columns, half are needed"
        raise CalibrationError("the skyline", why, "take a reference on a clear day")
    azimuth, elevation = SeenLine.of(horizon, camera).directions(pose_of(camera))
    return Skyline(azimuth, elevation, np.full(azimuth.shape, _EXACT_M))


def skyline_drift(
    horizon: Horizon,
    reference: Skyline,
    camera: Calibration,
    *,
    limit_deg: float = _LIMIT_DEG,
    height_sigma_m: float = HEIGHT_SIGMA_M,
    search: Search = DRIFT_SEARCH,
) -> SkylineDrift:
    """Tell by how much a camera has turned since its calibration.

    Parameters
    ----------
    horizon : Horizon
        Of the new picture.
    reference : Skyline
        Of the terrain, or of a trusted picture (`skyline_of_picture`).
    camera : Calibration
        What the camera is believed to be.
    limit_deg : float
        Turn of azimuth, tilt or roll from which on it is one, 0.05 to 10 [deg].
    height_sigma_m : float
        As of `match_skyline`; a photographed reference knows no such error.
    search : Search
        How far a turn is looked for.

    Returns
    -------
    SkylineDrift
        TURNED only where the new picture's skyline lies on the reference, without any doubt of the fit, and the turn
        is above the limit by three sigma.
    """
    require_between("turn allowed (deg)", limit_deg, 0.05, 10.0)
    nothing = np.full(3, np.nan)
    try:
        fit = match_skyline(horizon, reference, camera, search, height_sigma_m)
    except CalibrationError:
        return SkylineDrift(Motion.HIDDEN, nothing, nothing, limit_deg, None)
    turn = np.array([fit.azimuth_deg, fit.tilt_deg, fit.roll_deg]) - pose_of(camera)[:3]
    turn[0] = (turn[0] + 180.0) % 360.0 - 180.0
    sigma = np.hypot(fit.sigma_deg[:3], _SHARP_DEG)
    if not fit.is_trusted:
        is_hidden = bool({Doubt.HIDDEN, Doubt.MISFIT} & set(fit.doubts))
        motion = Motion.HIDDEN if is_hidden else Motion.UNSURE
    elif (np.abs(turn) > limit_deg + _SURE_SIGMAS * sigma).any():
        motion = Motion.TURNED
    else:
        motion = Motion.STEADY if (np.abs(turn) <= limit_deg).all() else Motion.UNSURE
    return SkylineDrift(motion, turn, sigma, limit_deg, fit)
