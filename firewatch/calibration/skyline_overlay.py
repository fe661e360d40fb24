"""A picture with its extracted skyline and the predicted one, for people to judge."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from firewatch.calibration.horizon import USABLE

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.calibration.horizon import Horizon
    from firewatch.domain.optics import Calibration
    from firewatch.terrain import Skyline

    Picture: TypeAlias = npt.NDArray[np.uint8]

__all__ = ["draw_skylines"]

# Blue, green, red: told apart by people who see red and green alike, on sky and on forest.
_SEEN, _DOUBTED, _PREDICTED, _DARK = (60, 220, 255), (150, 150, 150), (255, 90, 200), (30, 30, 30)
_DASH = 12  # px; the seen line shows between the dashes of the predicted one


def draw_skylines(picture: Picture, horizon: Horizon, skyline: Skyline, camera: Calibration) -> Picture:
    """Return a picture with the extracted skyline and the predicted one.

    The extracted one is yellow, grey where it is not believed; the predicted one is dashed and pink.

    Parameters
    ----------
    picture : ndarray, shape (h, w, 3), uint8
        Blue, green, red.
    horizon : Horizon
        Extracted from it.
    skyline : Skyline
        What the terrain predicts.
    camera : Calibration
        How the picture is taken to have been taken.
    """
    drawn = picture.copy()
    height, width = picture.shape[:2]
    thick = max(1, width // 640)
    for column in range(width - 1):
        pair = horizon.row_px[column : column + 2]
        if np.isfinite(pair).all() and abs(pair[1] - pair[0]) < height / 10.0:
            tint = _SEEN if horizon.confidence[column] >= USABLE else _DOUBTED
            cv2.line(drawn, (column, round(pair[0])), (column + 1, round(pair[1])), tint, 2 * thick, cv2.LINE_AA)
    apart = (skyline.azimuth_deg - camera.azimuth_deg + 180.0) % 360.0 - 180.0
    order = np.argsort(apart)
    places = camera.pixels(skyline.azimuth_deg[order], skyline.elevation_deg[order], width, height)
    is_near = np.isfinite(places).all(axis=1) & (np.abs(places - (width / 2, height / 2)) < 2 * width).all(axis=1)
    line = np.round(places[is_near]).astype(np.int32)
    for tint, wide in ((_DARK, thick + 3), (_PREDICTED, thick + 1)):
        for first, second in itertools.pairwise(line.tolist()):
            if first[0] // _DASH % 2 == 0:
                cv2.line(drawn, first, second, tint, wide, cv2.LINE_AA)
    return drawn
