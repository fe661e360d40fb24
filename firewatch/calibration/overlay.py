"""A picture with the directions that a calibration gives it, for people to judge."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from firewatch.calibration.clicks import Click
    from firewatch.calibration.landmarks import LandmarkResidual
    from firewatch.domain.optics import Calibration

    Picture: TypeAlias = npt.NDArray[np.uint8]
    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["draw_directions", "draw_landmarks"]

# Blue, green, red: told apart by people who see red and green alike, on sky and on forest.
_GRID, _LEVEL, _CLICK, _FIT, _WRONG = (220, 200, 120), (255, 255, 255), (60, 220, 255), (255, 160, 40), (60, 60, 255)
_DARK = (30, 30, 30)
_STEPS_DEG = (0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0)
# About so many lines of azimuth go through a picture.
_LINES = 8
_POINTS = 60


def draw_directions(picture: Picture, calibration: Calibration) -> Picture:
    """Return a picture with lines of equal azimuth and elevation; the level through the camera is the bold one.

    Parameters
    ----------
    picture : ndarray, shape (h, w, 3), uint8
        Blue, green, red.
    calibration : Calibration
        Of its pose.
    """
    drawn = picture.copy()
    height, width = picture.shape[:2]
    step = next((each for each in _STEPS_DEG if calibration.hfov_deg / each <= _LINES), _STEPS_DEG[-1])
    wide = min(170.0, 0.75 * calibration.hfov_deg)
    middle = calibration.azimuth_deg
    azimuths = np.arange(math.ceil((middle - wide) / step), math.floor((middle + wide) / step) + 1) * step
    elevations = np.arange(-math.floor(85.0 / step), math.floor(85.0 / step) + 1) * step
    near = elevations[np.abs(elevations - calibration.tilt_deg) <= max(wide, step)]
    for azimuth in azimuths:
        along = np.linspace(near.min(), near.max(), _POINTS)
        line = calibration.pixels(np.full(_POINTS, azimuth), along, width, height)
        _polyline(drawn, line, _GRID, 1)
        _label(drawn, line, f"{azimuth % 360.0:g}", at_bottom=True)
    for elevation in near:
        across = np.linspace(middle - wide, middle + wide, _POINTS)
        line = calibration.pixels(across, np.full(_POINTS, elevation), width, height)
        _polyline(drawn, line, _LEVEL if elevation == 0.0 else _GRID, 2 if elevation == 0.0 else 1)
        _label(drawn, line, f"{elevation:+g}" if elevation else "0", at_bottom=False)
    return drawn


def draw_landmarks(picture: Picture, clicks: Sequence[Click], residuals: Sequence[LandmarkResidual]) -> Picture:
    """Return a picture with each click as a cross, where the fit has it as a circle, and the click's number.

    Wrong clicks are red. The numbers are those of the clicks' order, from 1.
    """
    drawn = picture.copy()
    size = max(8, picture.shape[1] // 80)
    for number, (click, residual) in enumerate(zip(clicks, residuals, strict=True), start=1):
        at = round(click.x_px), round(click.y_px)
        colour = _WRONG if residual.is_wrong else _CLICK
        for tint, thick in ((_DARK, 4), (colour, 2)):
            cv2.drawMarker(drawn, at, tint, cv2.MARKER_CROSS, 2 * size, thick, cv2.LINE_AA)
        if math.isfinite(residual.across_px):
            down = 0.0 if math.isnan(residual.down_px) else residual.down_px
            there = round(click.x_px + residual.across_px), round(click.y_px + down)
            for tint, thick in ((_DARK, 4), (_FIT, 2)):
                cv2.circle(drawn, there, size, tint, thick, cv2.LINE_AA)
            cv2.line(drawn, at, there, colour, 1, cv2.LINE_AA)
        _write(drawn, str(number), (at[0] + size, at[1] - size))
    return drawn


def _polyline(drawn: Picture, line: Numbers, colour: tuple[int, int, int], thick: int) -> None:
    """Draw what of a line has pixels; a line that leaves the lens's field in the middle is drawn in parts."""
    # OpenCV counts pixels in few bits; far outside the picture there is nothing to draw.
    known = np.nan_to_num(np.abs(line), nan=np.inf).max(axis=1) < 1e4  # noqa: PLR2004 - as said
    for start, end in zip(range(_POINTS - 1), range(1, _POINTS), strict=True):
        if known[start] and known[end]:
            first, last = (tuple(round(float(each)) for each in line[place]) for place in (start, end))
            cv2.line(drawn, first, last, colour, thick, cv2.LINE_AA)


def _label(drawn: Picture, line: Numbers, text: str, *, at_bottom: bool) -> None:
    """Write a line's value where it leaves the picture: below, or on the left."""
    height, width = drawn.shape[:2]
    inside = np.isfinite(line).all(axis=1)
    inside &= (line[:, 0] > 4.0) & (line[:, 0] < width - 50.0) & (line[:, 1] > 16.0) & (line[:, 1] < height - 4.0)  # noqa: PLR2004
    if inside.any():
        places = line[inside]
        x, y = places[int(np.argmax(places[:, 1] if at_bottom else -places[:, 0]))]
        _write(drawn, text, (round(float(x)) + 3, round(float(y)) - 3))


def _write(drawn: Picture, text: str, at: tuple[int, int]) -> None:
    scale = max(0.4, drawn.shape[1] / 2400.0)
    for tint, thick in ((_DARK, 3), (_LEVEL, 1)):
        cv2.putText(drawn, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, tint, thick, cv2.LINE_AA)
