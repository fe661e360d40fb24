"""Where a camera really looks: from a chessboard, from landmarks, from the skyline."""

from firewatch.calibration.horizon import Horizon, find_horizon
from firewatch.calibration.skyline_drift import Motion, SkylineDrift, skyline_drift, skyline_of_picture
from firewatch.calibration.skyline_match import Doubt, SkylineFit, match_skyline
from firewatch.calibration.skyline_overlay import draw_skylines
from firewatch.calibration.skyline_search import Search

__all__ = [
    "Doubt",
    "Horizon",
    "Motion",
    "Search",
    "SkylineDrift",
    "SkylineFit",
    "draw_skylines",
    "find_horizon",
    "match_skyline",
    "skyline_drift",
    "skyline_of_picture",
]
