"""Where a camera really looks: from a chessboard, from landmarks, from the skyline."""

from firewatch.calibration.horizon import Horizon, find_horizon
from firewatch.calibration.skyline_match import Doubt, SkylineFit, match_skyline
from firewatch.calibration.skyline_search import Search

__all__ = ["Doubt", "Horizon", "Search", "SkylineFit", "find_horizon", "match_skyline"]
