"""Where a camera really looks: from a chessboard, from landmarks, from the skyline."""

from firewatch.calibration.chessboard import Board, LensFit, calibrate_lens, find_corners
from firewatch.calibration.clicks import Click, Landmark, click_on_place, click_on_sun, eye_of
from firewatch.calibration.drift import Drift, find_patches, measure_drift
from firewatch.calibration.horizon import Horizon, find_horizon
from firewatch.calibration.landmarks import LandmarkResidual, PoseFit, fit_pose
from firewatch.calibration.skyline_drift import Motion, SkylineDrift, skyline_drift, skyline_of_picture
from firewatch.calibration.skyline_joint import Joint, join_skylines
from firewatch.calibration.skyline_match import Doubt, SkylineFit, match_skyline
from firewatch.calibration.skyline_overlay import draw_skylines
from firewatch.calibration.skyline_search import Search

__all__ = [
    "Board",
    "Click",
    "Doubt",
    "Drift",
    "Horizon",
    "Joint",
    "Landmark",
    "LandmarkResidual",
    "LensFit",
    "Motion",
    "PoseFit",
    "Search",
    "SkylineDrift",
    "SkylineFit",
    "calibrate_lens",
    "click_on_place",
    "click_on_sun",
    "draw_skylines",
    "eye_of",
    "find_corners",
    "find_horizon",
    "find_patches",
    "fit_pose",
    "join_skylines",
    "match_skyline",
    "measure_drift",
    "skyline_drift",
    "skyline_of_picture",
]
