"""Where a camera really looks: from a chessboard, from landmarks, from the skyline."""

from firewatch.calibration.chessboard import Board, LensFit, calibrate_lens, find_corners
from firewatch.calibration.clicks import Click, Landmark, click_on_place, click_on_sun, eye_of
from firewatch.calibration.drift import Drift, find_patches, measure_drift
from firewatch.calibration.landmarks import LandmarkResidual, PoseFit, fit_pose

__all__ = [
    "Board",
    "Click",
    "Drift",
    "Landmark",
    "LandmarkResidual",
    "LensFit",
    "PoseFit",
    "calibrate_lens",
    "click_on_place",
    "click_on_sun",
    "eye_of",
    "find_corners",
    "find_patches",
    "fit_pose",
    "measure_drift",
]
