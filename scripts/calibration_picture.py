"""Draws docs/images/calibrate-landmarks.png: a view, landmarks clicked in it, one of them wrong, and the fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from firewatch.calibration.clicks import Landmark, click_on_place
from firewatch.calibration.landmarks import fit_pose
from firewatch.calibration.overlay import draw_directions, draw_landmarks
from firewatch.domain.geo import Position
from firewatch.domain.optics import Calibration
from firewatch.geodesy import direct

if TYPE_CHECKING:
    from firewatch.calibration.clicks import Click

__all__ = ["main"]

_OUT = Path(__file__).resolve().parents[1] / "docs" / "images" / "calibrate-landmarks.png"
_SIZE = _WIDTH, _HEIGHT = 1280, 720
_TRUE = Calibration("true", 62.4, -1.8, 58.0, 0.5, 1.6)
_EYE = Position(26.9, 112.6, 420.0)
# Name, azimuth [deg], distance [m], height [m].
_MASTS = (
    ("chimney", 44.0, 9000.0, 150.0),
    ("mast", 55.0, 4200.0, 330.0),
    ("summit", 63.0, 14000.0, 560.0),
    ("water tower", 73.0, 6100.0, 190.0),
    ("temple", 84.0, 3000.0, 380.0),
)
# Row of a ridge in the middle [px], its height [px], its colour.
_RIDGES = ((330, 40, (150, 140, 110)), (380, 30, (120, 120, 80)), (440, 25, (80, 100, 60)))


def main() -> None:
    """Draw it."""
    picture = _hills()
    clicks = _clicks()
    for click in clicks:
        cv2.line(
            picture,
            (round(click.x_px), round(click.y_px)),
            (round(click.x_px), round(click.y_px) + 40),
            (60, 60, 70),
            6,
        )
    # Somebody took another tower for the fourth.
    clicks[3] = replace(clicks[3], x_px=clicks[3].x_px + 60.0)
    fit = fit_pose(clicks, Calibration("start", 0.0, 0.0, 56.0, 1.0), *_SIZE)
    cv2.imwrite(str(_OUT), draw_landmarks(draw_directions(picture, fit.calibration), clicks, fit.residuals))
    print(f"{_OUT}: wrong is {', '.join(fit.wrong)}; azimuth {fit.calibration.azimuth_deg:.3f}")


def _hills() -> np.ndarray:
    picture = np.full((_HEIGHT, _WIDTH, 3), (200, 170, 140), np.uint8)
    columns = np.arange(_WIDTH)
    fall = np.tan(np.radians(_TRUE.roll_deg)) * (columns - _WIDTH / 2)
    rows = np.arange(_HEIGHT)[:, None]
    for number, (middle, height, colour) in enumerate(_RIDGES):
        rng = np.random.default_rng(number)
        waves = (np.sin(columns / _WIDTH * 8.2 * (n + 1) + rng.uniform(0.0, 6.0)) / (n + 1) for n in range(6))
        picture[rows >= middle + height * sum(waves) - fall] = colour
    return picture


def _clicks() -> list[Click]:
    rng = np.random.default_rng(4)
    clicks = []
    for name, azimuth, distance, height in _MASTS:
        place = replace(direct(_EYE, azimuth, distance), elevation_m=height)
        click = click_on_place(_EYE, Landmark(name, place, 0.0, 0.0))
        at = np.array([click.azimuth_deg]), np.array([click.elevation_deg or 0.0])
        x, y = _TRUE.pixels(*at, *_SIZE)[0] + rng.normal(0.0, 0.5, 2)
        clicks.append(replace(click, x_px=float(x), y_px=float(y)))
    return clicks


if __name__ == "__main__":
    main()
